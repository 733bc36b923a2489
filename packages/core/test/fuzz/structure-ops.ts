import type { Tensor } from "../../src/index.js";
import { list, range, sizeOf } from "./kind.js";
import { both, broadcasts, type Maker, type Move, one } from "./walk-ops.js";

/** A reduction over any axes, often several of them. */
const over =
  (name: "sum" | "mean" | "max" | "min" | "prod"): Maker =>
  (x, _, a, b) => {
    const axis = range(x.length).filter((i) => ((a >> i) & 1) === 1 || (b === 0 && i < 2));
    const keepDims = a % 3 === 0;
    return {
      text: `x.${name}({ axis: ${list(axis)}, keepDims: ${keepDims} })`,
      run: (_, x) => x[name]({ axis, keepDims }),
    };
  };

/** Two operands that are combined where they are reduced: one of them often stands still along some of the axes. */
const combined =
  (name: "mul" | "add" | "maximum", reduction: "sum" | "max" | "min"): Maker =>
  (x, y, a) => {
    if (!broadcasts(x, y)) return null;
    const rank = Math.max(x.length, y.length);
    const axis = range(rank).filter((i) => ((a >> i) & 1) === 1);
    return {
      text: `x.${name}(y).${reduction}({ axis: ${list(axis)} })`,
      run: (_, x, y) => x[name](y)[reduction]({ axis }),
    };
  };

const along =
  (make: (axis: number, n: number, a: number) => Move | null): Maker =>
  (x, _, a, b) =>
    x.length === 0 ? null : make(b % x.length, x[b % x.length] as number, a);

/** Numbers of a tensor as indices below n, each as often as it comes. */
function indices(y: Tensor, n: number, count: number): Tensor {
  const whole = y.cast("int32").reshape([-1]);
  return whole.slice([[0, Math.min(count, whole.size)]]).mod(n);
}

/** Ops that reduce what they make of their operands. */
export const reductionMakers: readonly Maker[] = [
  combined("mul", "sum"),
  combined("mul", "sum"),
  combined("add", "max"),
  combined("maximum", "min"),
  // Rows as an index says, and at once added up over that axis and others.
  along((axis, n, a) =>
    n === 0
      ? null
      : {
          text: `x.take(indices(y, ${n}), ${axis}).sum({ axis: ${list(range((a % 3) + 1))} })`,
          run: (_, x, y) => {
            const axes = range((a % 3) + 1).filter((i) => i < x.rank);
            return x.take(indices(y, n, 1 + (a % 5)), axis).sum({ axis: axes });
          },
        },
  ),
];

const nothing = (rank: number, axis: number) =>
  range(rank).map((i) => (i === axis ? ([0, 0] as const) : null)) as never;

/** What is joined with parts of size 0. */
const emptyMakers: readonly Maker[] = [
  along((axis) => ({
    text: `concat([x, x.slice(nothing)], ${axis})`,
    run: (e, x) => e.concat([x, x.slice(nothing(x.rank, axis))], axis),
  })),
  along((axis) => ({
    text: `concat([x.slice(nothing), y.reshape(x.shape)], ${axis})`,
    run: (e, x, y) => e.concat([x.slice(nothing(x.rank, axis)), y.reshape(x.shape)], axis),
  })),
  along((axis) => ({
    text: `concat([y.reshape(x.shape), x.slice(nothing)], ${axis})`,
    run: (e, x, y) => e.concat([y.reshape(x.shape), x.slice(nothing(x.rank, axis))], axis),
  })),
];

const diagonalMakers: readonly Maker[] = [
  (x) => (x.length === 2 ? { text: "trace(x)", run: (e, x) => e.trace(x) as Tensor } : null),
  (x, _, a) => (x.length < 2 ? null : { text: `x.tril(${(a % 5) - 2})`, run: (_, x) => x.tril((a % 5) - 2) }),
  (x, _, a) =>
    x.length < 2 ? null : { text: `diagonal(x, ${(a % 5) - 2})`, run: (e, x) => e.diagonal(x, (a % 5) - 2) as Tensor },
];

/** Copies, fills and loops over nothing, of a few elements. */
export const partMakers: readonly Maker[] = [
  ...emptyMakers,
  ...emptyMakers,
  ...emptyMakers,
  ...diagonalMakers,
  (x, y) => (sizeOf(x) === sizeOf(y) ? { text: "y.reshape(x.shape)", run: (_, x, y) => y.reshape(x.shape) } : null),
  one("x.reshape([...x.shape, 1])", (x) => x.reshape([...x.shape, 1])),
  one("x.reshape([-1])", (x) => x.reshape([-1])),
  one("x.squeeze()", (x) => x.squeeze()),
  one("x.flip()", (x) => x.flip()),
  one("x.transpose()", (x) => x.transpose()),
  one("x.sum()", (x) => x.sum()),
  along((axis, n, a) => ({
    text: `x.slice(from ${a % (n + 1)})`,
    run: (_, x) => x.slice([...range(axis).map(() => null), [a % (n + 1), null]] as never),
  })),
  along((axis, _, a) => {
    const widths = (rank: number) =>
      range(rank).map((i) => (i === axis ? ([a % 2, (a >> 1) % 2] as const) : ([0, 0] as const)));
    return {
      text: `x.pad(${a % 2} before, ${(a >> 1) % 2} behind, axis ${axis})`,
      run: (_, x) => x.pad(widths(x.rank)),
    };
  }),
  along((axis, n) => ({ text: `split(x, [${n}, 0], ${axis})`, run: (e, x) => [...e.split(x, [n, 0], axis)] })),
  along((axis) => ({ text: `unstack(x, ${axis})`, run: (e, x) => [...e.unstack(x, axis)] })),
  (x, y) =>
    sizeOf(x) === sizeOf(y) ? { text: "stack([x, y])", run: (e, x, y) => e.stack([x, y.reshape(x.shape)]) } : null,
  both("x.add(y)", (x, y) => x.add(y)),
  one("x.mul(2)", (x) => x.mul(2)),
];

/** Ops beside those of the walk: what a compiled program reduces, indexes, compares, casts, sorts; parts of size 0. */
export const structureMakers: readonly Maker[] = [
  over("sum"),
  over("sum"),
  over("mean"),
  over("max"),
  over("min"),
  over("prod"),
  both("x.mul(y)", (x, y) => x.mul(y)),
  both("x.mul(y)", (x, y) => x.mul(y)),
  both("x.maximum(y)", (x, y) => x.maximum(y)),
  both("x.minimum(y)", (x, y) => x.minimum(y)),
  both("x.div(y.abs().add(1))", (x, y) => x.div(y.abs().add(1))),
  both("x.greater(y)", (x, y) => x.greater(y)),
  both("x.equal(y)", (x, y) => x.equal(y)),
  both("x.notEqual(0).where(y, y.neg())", (x, y) => x.notEqual(0).where(y, y.neg())),
  both("x.mod(y.abs().add(1))", (x, y) => x.mod(y.abs().add(1))),
  one("x.relu()", (x) => x.relu()),
  one("x.abs()", (x) => x.abs()),
  one("x.sign()", (x) => x.sign()),
  one("x.floor()", (x) => x.floor()),
  one("x.square()", (x) => x.square()),
  one("x.sigmoid()", (x) => x.sigmoid()),
  one("x.tanh().exp()", (x) => x.tanh().exp()),
  one("x.clamp(-1, 2)", (x) => x.clamp(-1, 2)),
  one('x.cast("float64")', (x) => x.cast("float64")),
  one('x.cast("float32")', (x) => x.cast("float32")),
  one('x.cast("int32")', (x) => x.cast("int32")),
  one('x.cast("bool")', (x) => x.cast("bool")),
  along((axis, n) => (n === 0 ? null : { text: `x.argMax(${axis})`, run: (_, x) => x.argMax(axis) })),
  along((axis) => ({ text: `x.sort(${axis})`, run: (_, x) => x.sort(axis) })),
  along((axis) => ({ text: `x.argSort(${axis})`, run: (_, x) => x.argSort(axis) })),
  along((axis) => ({ text: `x.count(${axis})`, run: (_, x) => x.count(axis) })),
  along((axis) => ({ text: `x.logSoftmax(${axis})`, run: (_, x) => x.logSoftmax(axis) })),
  along((axis, _, a) => ({
    text: `x.cumsum(${axis}, { exclusive: ${a % 2 === 0}, reverse: ${a % 3 === 0} })`,
    run: (_, x) => x.cumsum(axis, { exclusive: a % 2 === 0, reverse: a % 3 === 0 }),
  })),
  along((axis, n, a) =>
    n === 0
      ? null
      : { text: `x.take(indices(y, ${n}), ${axis})`, run: (_, x, y) => x.take(indices(y, n, 1 + (a % 5)), axis) },
  ),
  (x, y, _, b) => {
    const axis = b % Math.max(1, x.length);
    const n = x[axis] ?? 0;
    if (n === 0 || x.length !== y.length || !x.every((m, i) => i === axis || (y[i] as number) <= m)) return null;
    return { text: `gather(x, y mod ${n}, ${axis})`, run: (e, x, y) => e.gather(x, y.cast("int32").mod(n), axis) };
  },
  along((axis, n, a) =>
    n === 0
      ? null
      : {
          text: `indexAdd(x, indices(y, ${n}), x.take(indices(y, ${n}), ${axis}), ${axis})`,
          run: (e, x, y) => {
            const at = indices(y, n, 1 + (a % 5));
            return e.indexAdd(x, at, x.take(at, axis), axis);
          },
        },
  ),
  along((axis, n) =>
    n === 0
      ? null
      : {
          text: `scatterAdd(x, x.cast("int32").mod(${n}), x, ${axis})`,
          run: (e, x) => e.scatterAdd(x, x.cast("int32").mod(n), x, axis),
        },
  ),
  one("x.cast('int32').mod(3).oneHot(3)", (x) => x.cast("int32").mod(3).oneHot(3)),
  ...emptyMakers,
  (x, y) => (sizeOf(x) === sizeOf(y) ? { text: "y.reshape(x.shape)", run: (_, x, y) => y.reshape(x.shape) } : null),
  ...diagonalMakers,
  (x, y) =>
    x.length >= 2 && y.length >= 2 && x[x.length - 1] === y[y.length - 2]
      ? { text: "x.matmul(y)", run: (_, x, y) => x.matmul(y) }
      : null,
  (x) =>
    x.length < 2
      ? null
      : { text: "x.matmul(x.transpose(last two))", run: (e, x) => e.einsum("...ij,...kj->...ik", x, x) as Tensor },
];
