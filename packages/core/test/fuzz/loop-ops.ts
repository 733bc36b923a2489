import type { Random, Tensor } from "../../src/index.js";
import type { Control, Settings } from "./loop-control.js";
import type { Engine } from "./walk-ops.js";

/** One value of a body, out of those before it. */
export interface Gene {
  readonly op: number;
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly inner: readonly Gene[];
}

/** Products of as many terms are worth handing from loop to loop. */
export const WIDTH = 5;

export interface Scope {
  readonly e: Engine;
  readonly k: Control;
  readonly w: Tensor;
  /** The same values, in the tensor itself or in another one. */
  readonly twin: Tensor;
  readonly random: Random;
  /** What ends a graph, in the programs that have that. */
  readonly end: (x: Tensor) => Tensor;
}

/** What an op is made of: its operands, a drawn number, and a body of its own. */
interface Given extends Scope {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly a: number;
  /** The body, of these values and those that it closes over. */
  readonly inside: (...own: Tensor[]) => Tensor;
  /** The same without draws. */
  readonly quiet: (...own: Tensor[]) => Tensor;
}

type Op = (given: Given) => Tensor;

/** What is compared is not made equal but for rounding, which a program may do in another order. */
const APART = 0.0123456789;

const settingsOf = (a: number): Settings => ({
  reverse: a % 2 === 1,
  unroll: 1 + (a % 3),
  checkpoint: a % 5 === 0 ? 2 : undefined,
});

const noise = ({ random, x }: Given): Tensor =>
  random.normal([WIDTH], { dtype: x.dtype === "float32" ? "float32" : "float64" }).mul(0.1);

const less = (x: Tensor, y: Tensor): Tensor => x.sum().less(y.sum().mul(0.3).add(APART));

/** The rows of a loop's results, or its last carry. */
const either = ([carry, ys]: readonly [Tensor, Tensor], a: number): Tensor =>
  (a % 2 === 0 ? carry : ys).reshape([-1, WIDTH]).sum({ axis: 0 }) as Tensor;

/** Ops that draw. */
const drawing: readonly Op[] = [
  (given) => given.x.add(noise(given)) as Tensor,
  ({ random, x, a }) =>
    x.mul(
      random
        .fork(a)
        .uniform([WIDTH])
        .add(a % 2 === 0 ? 0.5 : random.uniform([]))
        .cast(x.dtype),
    ) as Tensor,
  ({ random, x, a }) => x.mul(x.take(a % 2 === 0 ? random.permutation(WIDTH) : random.choice(WIDTH, WIDTH))) as Tensor,
  (given) =>
    given.k.cond(
      less(given.x, given.y),
      (z) => z.add(noise(given)) as Tensor,
      (z) => z.mul(noise(given)) as Tensor,
      given.x,
    ),
];

const plain: readonly Op[] = [
  ({ x, y }) => x.add(y) as Tensor,
  ({ x, y }) => x.mul(y) as Tensor,
  ({ x, y }) => x.sub(y.mul(0.5)).sin() as Tensor,
  ({ x, w }) => w.matmul(x),
  ({ x, y, w }) => x.matmul(w.mul(y.sum().sin())) as Tensor,
  ({ x }) => x.cumsum() as Tensor,
  ({ x }) => x.softmax() as Tensor,
  ({ x, y }) =>
    x
      .slice([[1, WIDTH]])
      .pad([[0, 1]])
      .add(y.slice([0])) as Tensor,
  ({ x, y }) => x.less(y.add(APART)).where(x.square(), y) as Tensor,
  ({ x, y, end }) => x.mul(end(y.cos() as Tensor)) as Tensor,
  // Ties that are no matter of rounding, and what is exactly 0.
  ({ e, x, y, a }) =>
    [
      () => e.stack([x, y, x]).max({ axis: 0 }),
      () => x.maximum(x).add(y.sub(y).relu()),
      () => e.stack([x, x]).sort({ axis: 0 }).slice([1]).add(x.sub(x).abs()),
      () => y.greater(APART).where(x.div(y.greater(APART).where(y, 1).add(1)), x),
    ][a % 4]?.() as Tensor,
];

/** Ops with functions of their own. */
const nested: readonly Op[] = [
  ({ k, x, y, quiet }) =>
    k.cond(
      less(x, y),
      (x) => quiet(x),
      (x) => x.cos().mul(y) as Tensor,
      x,
    ),
  ({ k, x, y, w, a, inside }) =>
    either(
      k.scan((c: Tensor, z) => [inside(c, z), c.mul(z) as Tensor], x, y.mul(w) as Tensor, settingsOf(a)),
      a,
    ),
  // None, one or two steps, over what is a part of a value.
  ({ k, x, y, w, a, inside }) =>
    either(
      k.scan(
        (c: Tensor, z) => [inside(c, z, x), c.add(z) as Tensor],
        y,
        x
          .expandDims(1)
          .mul(w)
          .slice([[a % 3, 2]]) as Tensor,
        settingsOf(a >> 1),
      ),
      a,
    ),
  ({ k, x, y, quiet }) =>
    k.whileLoop(
      (z) => z.square().sum().less(4),
      (z) => z.mul(1.5).add(y.square().add(0.1)).add(quiet(y).square()) as Tensor,
      x,
    ),
  ({ k, x, inside }) => k.fn((z) => inside(z))(x),
  // Two calls of one function.
  ({ k, x, y, inside }) => {
    const f = k.fn((z) => inside(z));
    return f(x).add(f(y.sin() as Tensor)) as Tensor;
  },
  ({ k, x, y, w, a, inside }) =>
    k.vmap((z) => inside(z).mul(y) as Tensor, w.add(x) as Tensor, a % 2).sum({ axis: a % 2 }) as Tensor,
  ({ k, x, y, quiet }) =>
    k.switchCase(
      x.sum().less(APART).cast("int32").add(y.sum().less(0.3).cast("int32")) as Tensor,
      [(z) => quiet(z), (z) => z.mul(y).cos() as Tensor, () => y.sin() as Tensor],
      x,
    ),
  ({ k, x, y, quiet }) => k.checkpoint((z) => quiet(z, y).mul(y) as Tensor, x),
  ({ k, x, y, w, quiet }) => {
    const toward = quiet(y);
    return k.fixedPoint((z) => w.matmul(z).mul(0.05).add(toward).sin() as Tensor, x);
  },
  ({ k, x, y, w }) => k.rootOf((z) => w.matmul(z).mul(0.05).add(y).sin() as Tensor, x),
  // Carries of all dtypes, integers as elements, and a largest value so far that begins at -Infinity.
  ({ e, k, x, y, w, a, inside }) => {
    const zero = x.sum().mul(0);
    const rows = e.arange(a, { dtype: "int32" }) as Tensor;
    const [last, ys] = k.scan(
      ({ z, n, b, top, sum }: { z: Tensor; n: Tensor; b: Tensor; top: Tensor; sum: Tensor }, i) => {
        const row = w.take(i.minimum(n)).mul(z) as Tensor;
        const next = top.maximum(row.max());
        return [
          {
            z: b.where(inside(z, row), row.add(n.cast(z.dtype).mul(0.1))) as Tensor,
            n: z.sum().less(APART).cast("int32").add(n) as Tensor,
            b: b.logicalNot() as Tensor,
            top: next as Tensor,
            sum: sum.mul(top.sub(next).exp()).add(row.sub(next).exp().sum()) as Tensor,
          },
          i,
        ];
      },
      {
        z: x,
        n: e.tensor(0, { dtype: "int32" }) as Tensor,
        b: y.sum().less(APART) as Tensor,
        top: zero.constant(Number.NEGATIVE_INFINITY) as Tensor,
        sum: zero,
      },
      rows,
      settingsOf(a),
    );
    const whole = last.sum.greater(0).where(last.top.add(last.sum.greater(0).where(last.sum, 1).log()), 0);
    return last.z.add(last.n.cast(x.dtype)).add(whole).add(ys.sum().cast(x.dtype).mul(0.1)) as Tensor;
  },
  // The true gradient of a sine, of its own: by a loop.
  ({ e, k, x, y, w, inside }) =>
    e
      .customGradient(
        (z: Tensor) => z.sin() as Tensor,
        [
          (dout, z) => {
            const factors = e.stack([
              z.cos(),
              z.constant(2).broadcastTo(z.shape),
              z.constant(0.5).broadcastTo(z.shape),
            ]);
            return k.scan((c: Tensor, q) => [c.mul(q) as Tensor, q], dout, factors as Tensor)[0];
          },
        ],
      )(inside(x, y))
      .add(w.slice([0])) as Tensor,
  ({ e, x, y, inside }) => {
    const cube = e.elementwise("Cube", {
      forward: (k, x) => k.mul(x, k.mul(x, x)),
      backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
    });
    return (cube as (x: Tensor) => Tensor)(inside(x)).add(y) as Tensor;
  },
];

/** What a function closes over is given another value between its calls, and when they are over. */
const rebinding: readonly Op[] = [
  ({ k, x, y, w, a }) => {
    const cell = { v: y };
    const call = k.fn((z) => w.matmul(z).mul(0.1).sin().mul(cell.v).add(z) as Tensor);
    const first = call(x);
    cell.v = x.cos() as Tensor;
    const loop = settingsOf(a % 5 === 0 ? 1 : a);
    const [last] = k.scan((c: Tensor, q) => [call(c).add(cell.v).sin() as Tensor, q], first, w, loop);
    cell.v = first.sin() as Tensor;
    return call(last).add(first) as Tensor;
  },
  ({ k, x, y, w, a }) => {
    const cell = { v: y };
    const loop = settingsOf(a % 5 === 0 ? 1 : a);
    const [last] = k.scan((c: Tensor, q) => [c.sin().mul(cell.v).add(q) as Tensor, c], x, w, loop);
    cell.v = last.sin() as Tensor;
    const chosen = k.cond(
      less(x, cell.v),
      (z) => z.cos().mul(cell.v) as Tensor,
      (z) => z.sub(cell.v) as Tensor,
      x,
    );
    cell.v = chosen.cos() as Tensor;
    const point = k.fixedPoint((z) => w.matmul(z).mul(0.05).add(cell.v).sin() as Tensor, x);
    cell.v = y.mul(100) as Tensor;
    return point.add(chosen) as Tensor;
  },
];

/** Ops that differentiate. */
const differentiating: readonly Op[] = [
  ({ e, x, y, inside }) => e.grad((z: Tensor) => inside(z).mul(y).sum() as Tensor)(x) as Tensor,
  // A loop of which the results are nobody's, and the gradients are.
  ({ e, k, x, y, w, a, inside }) =>
    e.grad((z: Tensor) =>
      either(
        k.scan((c: Tensor, q) => [inside(c, q), q.mul(z) as Tensor], z, w, settingsOf(a)),
        a,
      )
        .mul(y)
        .sum(),
    )(x) as Tensor,
  ({ e, k, x, y, w, a, inside }) =>
    e
      .jvp((z: Tensor) => k.scan((c: Tensor, q) => [inside(c, q), c], z, w, settingsOf(a))[0], x, y)
      .tangent.tanh() as Tensor,
];

/** Those that take the longest. */
const longest: readonly Op[] = [
  // What is pulled back in the steps of one loop goes back through another one.
  ({ e, k, x, y, w, a, inside }) => {
    const { pullback } = e.vjp((z: Tensor) => k.scan((c: Tensor, q) => [inside(c, q), c], z, w, settingsOf(a))[0])(x);
    return k.scan((c: Tensor, q) => [c.add(pullback(q)[0] as Tensor) as Tensor, c], y, w)[0].tanh() as Tensor;
  },
  ({ e, k, x, y, w, a, inside }) =>
    e
      .jacobian((z: Tensor) => k.scan((c: Tensor, q) => [inside(c, q), c], z, w, settingsOf(a))[0])(x)
      .matmul(y)
      .tanh() as Tensor,
  ({ e, x, y, inside }) =>
    e
      .hessian((z: Tensor) => inside(z).mul(y).sum())(x)
      .matmul(y)
      .tanh() as Tensor,
  // A gradient in a loop in a map in a Jacobian.
  ({ e, k, x, y, w, a, inside }) => {
    const slope = (c: Tensor, q: Tensor) => e.grad((u: Tensor) => inside(u, q).mul(q).sum() as Tensor)(c) as Tensor;
    const rows = w.slice([[0, 2]]) as Tensor;
    return e
      .jacobian((z: Tensor) => {
        const f = (row: Tensor) =>
          k.scan(
            (c: Tensor, q) => [slope(c, q).add(c).tanh() as Tensor, c],
            row,
            rows.mul(z) as Tensor,
            settingsOf(a),
          )[0];
        return k.vmap(f, rows.add(z) as Tensor).sum({ axis: 0 }) as Tensor;
      })(x)
      .matmul(y)
      .tanh() as Tensor;
  },
];

const quick = [...plain, ...drawing];
const others = [...nested, ...differentiating, ...longest, ...rebinding];
export const QUICK = quick.length;
export const OPS = QUICK + others.length;

/** The ops at a depth; branches do not draw. */
function opsAt(depth: number, draws: boolean): readonly Op[] {
  const few = draws ? quick : plain;
  if (depth === 0) return few;
  return [...few, ...(depth > 1 ? others : others.slice(0, others.length - longest.length))];
}

/** The last value of a body, bounded, so that loops do not run away. */
export function bodyOf(
  scope: Scope,
  genes: readonly Gene[],
  given: readonly Tensor[],
  depth: number,
  draws = true,
): Tensor {
  const values = [...given];
  const pick = (at: number) => values[at % values.length] as Tensor;
  const ops = opsAt(depth, draws);
  for (const { op, x, y, a, inner } of genes) {
    const body =
      (draws: boolean) =>
      (...own: Tensor[]) =>
        bodyOf(scope, inner, [...own, ...values.slice(0, 2)], depth - 1, draws);
    const operands = { x: pick(x), y: pick(y), a, w: (x + y) % 2 === 0 ? scope.w : scope.twin };
    const made = (ops[op % ops.length] as Op)({ ...scope, ...operands, inside: body(draws), quiet: body(false) });
    values.push(made.mul(0.9) as Tensor);
  }
  const last = values[values.length - 1] as Tensor;
  return last.add(values[0] as Tensor).tanh() as Tensor;
}
