import type { Tensor } from "@chainrule/core";
import { at, build, erf, mean, type Naive, type Parameters, sum } from "./naive.js";

/** Recurrent networks and attention, written out. */

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A step over plain numbers: `x` and `h` give the sums of a gate's unit, with their biases. */
type Step = (state: readonly number[], x: (gate: number) => number, h: (gate: number) => number) => number[];

const steps: Readonly<Record<string, Step>> = {
  tanh: (_, x, h) => [Math.tanh(x(0) + h(0))],
  relu: (_, x, h) => [Math.max(0, x(0) + h(0))],
  LSTM: ([, c = 0], x, h) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => x(gate) + h(gate)) as [number, number, number, number];
    const next = sigmoid(f) * c + sigmoid(i) * Math.tanh(g);
    return [sigmoid(o) * Math.tanh(next), next];
  },
  GRU: ([own = 0], x, h) => {
    const [r, z] = [sigmoid(x(0) + h(0)), sigmoid(x(1) + h(1))];
    return [(1 - z) * Math.tanh(x(2) + r * h(2)) + z * own];
  },
};

interface RecurrentForm {
  readonly layers?: number;
  readonly bidirectional?: boolean;
}

export const recurrent =
  (kind: string, { layers = 1, bidirectional = false }: RecurrentForm = {}): Naive =>
  (x, parameters) => {
    let out = x;
    for (let layer = 0; layer < layers; layer++) {
      const forward = direction(kind, out, parameters, `cells.${layer}.`, false);
      if (!bidirectional) out = forward;
      else {
        const backward = direction(kind, out, parameters, `reversed.${layer}.`, true);
        const [a, b] = [at(forward), at(backward)];
        const [N, T, H] = forward.shape as readonly [number, number, number];
        out = build([N, T, 2 * H], (n, t, i) =>
          (i as number) < H ? a(n as number, t as number, i as number) : b(n as number, t as number, (i as number) - H),
        );
      }
    }
    return out;
  };

function direction(kind: string, x: Tensor, parameters: Parameters, prefix: string, fromEnd: boolean): Tensor {
  const of = (name: string) => parameters[`${prefix}${name}`];
  const [Wx, Wh] = [of("Wx") as Tensor, of("Wh") as Tensor];
  const [N, T, I] = x.shape as readonly [number, number, number];
  const H = Wh.shape[0] as number;
  const [xs, wx, wh] = [at(x), at(Wx), at(Wh)];
  const [b, bh] = [of("b"), of("bh")];
  const results = new Map<string, number>();
  for (let n = 0; n < N; n++) {
    // For each unit its part of the state.
    let state = Array.from({ length: H }, () => [0, 0]);
    for (let s = 0; s < T; s++) {
      const t = fromEnd ? T - 1 - s : s;
      const before = state;
      state = before.map((own, j) =>
        (steps[kind] as Step)(
          own,
          (gate) => Number(b?.data[gate * H + j] ?? 0) + sum(I, (i) => xs(n, t, i) * wx(i, gate * H + j)),
          (gate) =>
            sum(H, (i) => (before[i]?.[0] as number) * wh(i, gate * H + j)) +
            (gate === 2 ? Number(bh?.data[j] ?? 0) : 0),
        ),
      );
      state.forEach((own, j) => {
        results.set(`${n},${t},${j}`, own[0] as number);
      });
    }
  }
  return build([N, T, H], (...index) => results.get(index.join()) as number);
}

/** x W + b at each place. */
const linear = (x: Tensor, parameters: Parameters, prefix: string): Tensor => {
  const W = parameters[`${prefix}W`] as Tensor;
  const [xs, w, b] = [at(x), at(W), parameters[`${prefix}b`]];
  const [N, T, I] = x.shape as readonly [number, number, number];
  return build(
    [N, T, W.shape[1] as number],
    (n, t, o) => Number(b?.data[o as number] ?? 0) + sum(I, (i) => xs(n as number, t as number, i) * w(i, o as number)),
  );
};

export const selfAttention =
  (heads: number, causal = false, prefix = ""): Naive =>
  (x, parameters) => {
    const [N, T, E] = x.shape as readonly [number, number, number];
    const D = E / heads;
    const [q, k, v] = ["query", "key", "value"].map((part) => at(linear(x, parameters, `${prefix}${part}.`))) as [
      ReturnType<typeof at>,
      ReturnType<typeof at>,
      ReturnType<typeof at>,
    ];
    const out = build([N, T, E], (...index) => {
      const [n, t, e] = index as [number, number, number];
      const first = e - (e % D);
      const weight = (s: number) =>
        causal && s > t ? 0 : Math.exp(sum(D, (d) => q(n, t, first + d) * k(n, s, first + d)) / Math.sqrt(D));
      return sum(T, (s) => weight(s) * v(n, s, e)) / sum(T, weight);
    });
    return linear(out, parameters, `${prefix}output.`);
  };

const layerNorm = (x: Tensor, parameters: Parameters, prefix: string, eps: number): Tensor => {
  const [weight, bias] = [at(parameters[`${prefix}weight`] as Tensor), at(parameters[`${prefix}bias`] as Tensor)];
  const [xs, E] = [at(x), x.shape[2] as number];
  return build(x.shape, (...index) => {
    const [n, t, e] = index as [number, number, number];
    const m = mean(E, (i) => xs(n, t, i));
    const variance = mean(E, (i) => (xs(n, t, i) - m) ** 2);
    return ((xs(n, t, e) - m) / Math.sqrt(variance + eps)) * weight(e) + bias(e);
  });
};

interface BlockForm {
  readonly heads: number;
  readonly causal?: boolean;
  readonly normFirst?: boolean;
  readonly activation?: "gelu" | "relu";
}

export const transformerBlock =
  ({ heads, causal = false, normFirst = true, activation = "gelu" }: BlockForm): Naive =>
  (x, parameters) => {
    const f =
      activation === "relu" ? (x: number) => Math.max(x, 0) : (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));
    const attend = (y: Tensor) => selfAttention(heads, causal, "attention.")(y, parameters);
    const think = (y: Tensor) => {
      const hidden = linear(y, parameters, "linear1.");
      const activated = at(hidden);
      return linear(
        build(hidden.shape, (...index) => f(activated(...index))),
        parameters,
        "linear2.",
      );
    };
    const norm = (y: Tensor, i: 1 | 2) => layerNorm(y, parameters, `norm${i}.`, 1e-5);
    const plus = (a: Tensor, b: Tensor) => build(a.shape, (...index) => at(a)(...index) + at(b)(...index));
    if (!normFirst) {
      const seen = norm(plus(x, attend(x)), 1);
      return norm(plus(seen, think(seen)), 2);
    }
    const seen = plus(x, attend(norm(x, 1)));
    return plus(seen, think(norm(seen, 2)));
  };
