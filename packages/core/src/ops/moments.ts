import { ternary } from "../graph/elementwise.js";
import type { Tensor } from "../graph/tensor.js";
import type { Dispersion } from "../loops/moments.js";
import { sizeOf } from "../shape/shape.js";
import type { Over } from "./reduction.js";

/*
 * The moments of `loops/moments.ts` as ops. Of float32 they are taken in doubles, which nothing leaves the range of. Of
 * float64 what is done only for rows that need it is a sum of zeros for the others, whose loops a program leaves out.
 */

/**
 * x scale - shift: computed again wherever it is used, out of x and a number or two for each row, which costs less than to
 * write it down and read it again.
 */
export class Shifted extends ternary("Shifted", {
  takes: "float",
  forward: (k, x, scale, shift) => k.sub(k.mul(x, scale), shift),
  backward: "it is only made where there are no gradients any more",
}) {}

function shifted(x: Tensor, scale: Tensor | number, shift: Tensor | number): Tensor {
  const operand = (value: Tensor | number) => (typeof value === "number" ? x.constant(value) : value);
  return new Shifted().apply(x, operand(scale), operand(shift));
}

const isWide = (x: Tensor) => x.dtype === "float64";

const count = (x: Tensor, { axis }: Over) => sizeOf(axis.map((i) => x.shape[i] as number));

/** Whether the first element is so near to the mean that all may be alike, and rounding of the mean may count. */
function isClose(x: Tensor, mean: Tensor, { axis }: Over, scale: Tensor | number = 1): Tensor {
  const first: Tensor = x.slice(x.shape.map((size, i) => [0, axis.includes(i) ? Math.min(1, size) : size]));
  return first
    .mul(scale)
    .sub(mean)
    .abs()
    .less(mean.abs().mul(2 ** -10));
}

/** The mean over the axes, which stay; of float32 in float64. */
export function meanOf(x: Tensor, over: Over): Tensor {
  const n = count(x, over);
  if (!isWide(x)) return x.cast("float64").sum(over).div(n);
  const mean = x.sum(over).div(n);
  if (n === 0) return mean;
  const isOut = mean.abs().less(Infinity).logicalNot();
  const scale = isOut.where(mean.constant(2 ** -600), 1) as Tensor;
  const scaled = isOut
    .where(shifted(x, scale, 0), 0)
    .sum(over)
    .div(n);
  const shift = isOut.where(scaled, mean) as Tensor;
  const rest = isClose(x, shift, over, scale)
    .where(shifted(x, scale, shift), 0)
    .sum(over)
    .div(n);
  return shift.add(rest).div(scale);
}

/** The deviations from the mean and the sum of their squares, both times a scale: `null` for 1. */
interface TracedMoments {
  readonly deviations: Tensor;
  readonly squares: Tensor;
  readonly scale: Tensor | null;
}

export function momentsOf(x: Tensor, over: Over, center: boolean): TracedMoments {
  const n = count(x, over);
  const wide = x.cast("float64") as Tensor;
  const mean = center ? wide.sum(over).div(n) : null;
  // From an infinite mean nothing deviates by a number: where there is no second look, it becomes NaN here.
  const from = mean === null || isWide(x) ? mean : mean.add(mean.mul(0));
  const deviations = from === null ? wide : shifted(wide, 1, from);
  const squares = deviations.square().sum(over);
  if (!isWide(x) || n === 0) return { deviations, squares, scale: null };

  const isLarge = squares.less(Infinity).logicalNot();
  // Above 1e-120 the spacing of doubles has a square that counts; below 1e-280 others than those may have been lost.
  const isLost = squares.less(1e-280);
  const isSmall = mean === null ? isLost : isLost.logicalAnd(mean.abs().less(1e-120));
  const isOut = isLarge.logicalOr(isSmall);
  const again = mean === null ? isOut : isOut.logicalOr(isClose(x, mean, over));
  const scale = isLarge.where(2 ** -600, isSmall.where(squares.constant(2 ** 600), 1)) as Tensor;
  const scaled = shifted(x, scale, 0);
  if (mean === null) {
    return { deviations: scaled, squares: again.where(again.where(scaled.square(), 0).sum(over), squares), scale };
  }
  const first = again.where(scaled, 0).sum(over).div(n);
  const rest = again
    .where(shifted(x, scale, first), 0)
    .sum(over)
    .div(n);
  const exact = again.where(shifted(shifted(x, scale, first), 1, rest).square(), 0).sum(over);
  return {
    deviations: shifted(shifted(x, scale, again.where(first, mean)), 1, rest),
    squares: again.where(exact, squares),
    scale,
  };
}

/** sqrt(squares / freedom + eps), times the scale. */
function scaledDeviation({ squares, scale }: TracedMoments, { freedom, eps }: Dispersion): Tensor {
  const variance = squares.div(freedom);
  if (eps === 0) return variance.sqrt();
  return scale === null ? variance.add(eps).sqrt() : variance.sqrt().hypot(scale.mul(Math.sqrt(eps)));
}

export function deviationOf(moments: TracedMoments, dispersion: Dispersion): Tensor {
  const deviation = scaledDeviation(moments, dispersion);
  return moments.scale === null ? deviation : deviation.div(moments.scale);
}

/** The deviations in units of `deviationOf`, with the limits that `standardizeAlong` gives. */
export function standardized(x: Tensor, moments: TracedMoments, dispersion: Dispersion): Tensor {
  const deviation = scaledDeviation(moments, dispersion);
  const divisor = dispersion.eps === 0 ? deviation.equal(0).where(1, deviation) : deviation;
  // One quotient a row; what is lost by it is a unit in the last place of a double.
  const scores = moments.deviations.mul(divisor.reciprocal());
  if (dispersion.center) return scores;
  const isInfinite = x.abs().equal(Infinity).logicalAnd(deviation.equal(Infinity));
  return isInfinite.where(x.sign().cast("float64"), scores);
}
