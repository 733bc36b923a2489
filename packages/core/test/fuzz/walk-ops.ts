import type { Shape, Tensor } from "../../src/index.js";

/** The engine under test: this checkout's index, or that of another one. */
export type Engine = typeof import("../../src/index.js");

/** An op of a random program, with all its settings: how it is written, and what it does to its operands. */
export interface Move {
  /** With x and y in the places of the operands. */
  readonly text: string;
  readonly run: (e: Engine, x: Tensor, y: Tensor) => Tensor | readonly Tensor[];
}

/** Makes an op out of the shapes of two operands and two drawn numbers; `null` where it does not take them. */
export type Maker = (x: Shape, y: Shape, a: number, b: number) => Move | null;

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const list = (values: readonly number[]) => `[${values.join(", ")}]`;
const size = (shape: Shape) => shape.reduce((product, n) => product * n, 1);
const equal = (x: Shape, y: Shape) => x.length === y.length && x.every((n, axis) => n === y[axis]);

export function broadcasts(x: Shape, y: Shape): boolean {
  return range(Math.min(x.length, y.length)).every((i) => {
    const [m, n] = [x[x.length - 1 - i], y[y.length - 1 - i]];
    return m === n || m === 1 || n === 1;
  });
}

export const both =
  (text: string, run: (x: Tensor, y: Tensor) => Tensor): Maker =>
  (x, y) =>
    broadcasts(x, y) ? { text, run: (_, x, y) => run(x, y) } : null;

export const one =
  (text: string, run: (x: Tensor) => Tensor): Maker =>
  () => ({ text, run: (_, x) => run(x) });

/** An op along an axis, with the size of that axis. */
const along =
  (make: (axis: number, n: number, a: number, shape: Shape) => Move | null): Maker =>
  (x, _, a, b) =>
    x.length === 0 ? null : make(b % x.length, x[b % x.length] as number, a, x);

/** Positions along an axis of size n: some twice, some not at all, in any order, negative ones among them; perhaps none. */
function positions(n: number, a: number): number[] {
  if (n === 0) return [];
  return range(a % 5).map((i) => {
    const at = (a + i * (1 + (a % 3))) % n;
    return (a + i) % 4 === 3 ? at - n : at;
  });
}

/** Ranges of an axis of size n, empty ones and steps of both signs among them. */
function rangeOf(n: number, a: number): number | readonly (number | null)[] | null {
  const [from, to] = [a % (n + 1), (a >> 2) % (n + 1)];
  switch (a % 6) {
    case 0:
      return n === 0 ? null : from % n;
    case 1:
      return [Math.min(from, to), Math.max(from, to)];
    case 2:
      return [null, null, -1];
    case 3:
      return [null, null, 2];
    case 4:
      return [Math.min(1, n), null];
    default:
      return [null, -1];
  }
}

function factors(n: number): Shape[] {
  const shapes: Shape[] = [[n], [1, n], [n, 1]];
  for (const d of [2, 3, 5, 7]) if (n > d && n % d === 0) shapes.push([d, n / d], [n / d, d], [n / d, 1, d]);
  return n === 1 ? [[], ...shapes] : shapes;
}

/** Linear ops foremost, and those that hand a gradient on as it is, or read a part: it is the walk that is looked at. */
export const makers: readonly Maker[] = [
  both("x.add(y)", (x, y) => x.add(y)),
  both("x.add(y)", (x, y) => x.add(y)),
  both("y.add(x)", (x, y) => y.add(x)),
  both("x.sub(y)", (x, y) => x.sub(y)),
  both("x.mul(y).mul(0.5)", (x, y) => x.mul(y).mul(0.5)),
  one("x.add(1)", (x) => x.add(1)),
  one("x.neg()", (x) => x.neg()),
  one("x.tanh()", (x) => x.tanh()),
  (x, y) =>
    broadcasts(x, y)
      ? {
          text: "where(x.greater(9), x, y)",
          run: (e, x, y) => e.where(x.greater(9), x, y),
        }
      : null,
  (x, _, a) => {
    const ranges = x.map((n, axis) => rangeOf(n, a + 5 * axis)).slice(0, 1 + (a % 4));
    return { text: `x.slice(${JSON.stringify(ranges)})`, run: (_, x) => x.slice(ranges as never) };
  },
  along((axis, n, a) => {
    const at = positions(n, a);
    return { text: `x.take(${list(at)}, ${axis})`, run: (_, x) => x.take(at, axis) };
  }),
  along((axis, n, a) => (n === 0 ? null : { text: `x.take(${a % n}, ${axis})`, run: (_, x) => x.take(a % n, axis) })),
  along((axis, n, a) => {
    const cut = a % (n + 1);
    const parts = a % 3 === 0 ? [cut, 0, n - cut] : [cut, n - cut];
    return { text: `split(x, ${list(parts)}, ${axis})`, run: (e, x) => [...e.split(x, parts, axis)] };
  }),
  along((axis, n) => (n > 5 ? null : { text: `unstack(x, ${axis})`, run: (e, x) => [...e.unstack(x, axis)] })),
  along((axis, n, a, shape) => {
    if (size(shape) === 0) return null;
    const indices = shape.reduceRight<unknown>(
      (inner, m, i) => range(i === axis ? 1 + (a % 3) : m).map((k) => (typeof inner === "number" ? inner + k : inner)),
      a,
    );
    const wrap = (value: unknown): unknown => (Array.isArray(value) ? value.map(wrap) : (value as number) % n);
    const at = wrap(indices) as number[];
    return {
      text: `gather(x, ${JSON.stringify(at)}, ${axis})`,
      run: (e, x) => e.gather(x, at, axis),
    };
  }),
  along((axis, n, a) => {
    if (n === 0) return null;
    const at = range(2).map((i) => (a + i * (a % 3)) % n);
    return {
      text: `indexAdd(x, ${list(at)}, x.take(${list(at)}, ${axis}), ${axis})`,
      run: (e, x) => e.indexAdd(x, at, x.take(at, axis), axis),
    };
  }),
  (x, y, _, b) => {
    const axis = b % Math.max(1, x.length);
    if (x.length === 0 || x.length !== y.length || !x.every((n, i) => i === axis || n === y[i])) return null;
    return { text: `concat([x, y, x], ${axis})`, run: (e, x, y) => e.concat([x, y, x], axis) };
  },
  (x, y, _, b) => {
    const axis = b % (x.length + 1);
    return equal(x, y) ? { text: `stack([x, y], ${axis})`, run: (e, x, y) => e.stack([x, y], axis) } : null;
  },
  (x, _, a) => {
    const shapes = factors(size(x));
    const shape = shapes[a % shapes.length] as Shape;
    return { text: `x.reshape(${list(shape)})`, run: (_, x) => x.reshape(shape) };
  },
  one("x.reshape(x.shape)", (x) => x.reshape(x.shape)),
  (x, _, a) => {
    const order = range(x.length).map((i) => (i + a) % Math.max(1, x.length));
    return { text: `x.transpose(${list(order)})`, run: (_, x) => x.transpose(order) };
  },
  (x, _, a) => {
    const axis = a % (x.length + 1);
    return x.length > 3 ? null : { text: `x.expandDims(${axis})`, run: (_, x) => x.expandDims(axis) };
  },
  one("x.squeeze()", (x) => x.squeeze()),
  (x, _, a) => {
    const shape = [...(a % 2 === 0 ? [1 + (a % 3)] : []), ...x.map((n) => (n === 1 ? 1 + (a % 4) : n))];
    return { text: `x.broadcastTo(${list(shape)})`, run: (_, x) => x.broadcastTo(shape) };
  },
  one("flip(x)", (x) => x.flip()),
  along((axis, _, a) => ({ text: `roll(x, ${a % 3}, ${axis})`, run: (_, x) => x.roll(a % 3, axis) })),
  along((axis, _n, a, shape) => {
    const times = shape.map((_, i) => (i === axis ? a % 3 : 1));
    return { text: `x.tile(${list(times)})`, run: (_, x) => x.tile(times) };
  }),
  along((axis, _n, a, shape) => {
    const widths = shape.map((_, i) => (i === axis ? ([a % 2, (a >> 1) % 3] as const) : ([0, 0] as const)));
    return { text: `x.pad(${JSON.stringify(widths)})`, run: (_, x) => x.pad(widths) };
  }),
  along((axis, _, a) => ({
    text: `x.sum({ axis: ${axis}, keepDims: ${a % 2 === 0} })`,
    run: (_, x) => x.sum({ axis, keepDims: a % 2 === 0 }),
  })),
  one("x.sum()", (x) => x.sum()),
  along((axis, n) => (n === 0 ? null : { text: `x.mean({ axis: ${axis} })`, run: (_, x) => x.mean({ axis }) })),
  along((axis, _, a) => ({
    text: `x.cumsum(${axis}, { reverse: ${a % 2 === 0} })`,
    run: (_, x) => x.cumsum(axis, { reverse: a % 2 === 0 }),
  })),
  along((axis, n) => (n === 0 ? null : { text: `x.softmax(${axis})`, run: (_, x) => x.softmax(axis) })),
  (x, y) =>
    x.length === 2 && y.length === 2 && x[1] === y[0]
      ? { text: "x.matmul(y)", run: (_, x, y) => x.matmul(y).mul(0.25) }
      : x.length === 2
        ? { text: "x.matmul(x.transpose())", run: (_, x) => x.matmul(x.transpose()).mul(0.25) }
        : null,
  (x, _, a) =>
    x.length === 2 && size(x) > 0 ? { text: `x.triu(${(a % 3) - 1})`, run: (_, x) => x.triu((a % 3) - 1) } : null,
  (x) => (x.length === 2 && size(x) > 0 ? { text: "x.diagonal()", run: (_, x) => x.diagonal() } : null),
  // Nodes of the consumer's, which hand dout on.
  () => ({
    text: "passed(x)",
    run: (e, x) => e.customGradient((x: Tensor) => x.mul(1), [(dout: Tensor) => dout], { name: "passed" })(x),
  }),
  (x, y) =>
    equal(x, y)
      ? {
          text: "passedBoth(x, y)",
          run: (e, x, y) => {
            const pass = (dout: Tensor) => dout;
            return e.customGradient((x: Tensor, y: Tensor) => x.add(y), [pass, pass], { name: "passedBoth" })(x, y);
          },
        }
      : null,
  () => ({
    text: "checkpoint((x) => x.add(x.slice([])), x)",
    run: (e, x) => e.checkpoint((x: Tensor) => x.add(x.slice([])), x) as Tensor,
  }),
  (x, y) =>
    broadcasts(x, y)
      ? { text: "stopGradient(x).mul(y)", run: (e, x, y) => (e.stopGradient(x) as Tensor).mul(y).mul(0.5) }
      : null,
];
