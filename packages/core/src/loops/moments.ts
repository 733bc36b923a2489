import type { DType, TypedArray } from "../dtype.js";
import { rowLoops } from "../loops/generated.js";
import { hypot } from "./math.js";
import type { Moments } from "./rows.js";

/** In which a loop along an axis sees an array. */
export type Sizes = readonly [outer: number, n: number, inner: number];
type MomentsLoop = (moments: Moments, x: TypedArray, ...rest: [...Sizes, center: boolean]) => void;
type DeviationsLoop = (out: TypedArray, x: TypedArray, ...rest: [...Sizes, moments: Moments]) => void;

/** How elements deviate along an axis: from their mean or from 0, squares divided by `freedom`, `eps` added to their mean. */
export interface Dispersion {
  readonly center: boolean;
  readonly freedom: number;
  readonly eps: number;
}

function momentsOf(dtype: DType, x: TypedArray, sizes: Sizes, center: boolean): Moments {
  const rows = sizes[0] * sizes[2];
  const make = () => new Float64Array(rows);
  const moments = { means: make(), rests: make(), squares: make(), scales: make(), divisors: make() };
  (rowLoops[dtype].momentsAxis as MomentsLoop)(moments, x, ...sizes, center);
  return moments;
}

/** sqrt(squares / freedom + eps) of a row, in its scale. */
function scaledDeviation({ squares, scales }: Moments, row: number, { freedom, eps }: Dispersion): number {
  const variance = (squares[row] as number) / freedom;
  const scale = scales[row] as number;
  if (eps === 0) return Math.sqrt(variance);
  return scale === 1 ? Math.sqrt(variance + eps) : hypot(Math.sqrt(variance), Math.sqrt(eps) * scale);
}

/** out[outer, inner] = the variance along the axis. */
export function varianceAlong(out: TypedArray, dtype: DType, x: TypedArray, sizes: Sizes, freedom: number): void {
  const { squares, scales } = momentsOf(dtype, x, sizes, true);
  for (let row = 0; row < squares.length; row++) {
    const scale = scales[row] as number;
    out[row] = (squares[row] as number) / freedom / scale / scale;
  }
}

/** out[outer, inner] = the standard deviation along the axis, or the root mean square if nothing is centred. */
export function deviationAlong(
  out: TypedArray,
  dtype: DType,
  x: TypedArray,
  sizes: Sizes,
  dispersion: Dispersion,
): void {
  const moments = momentsOf(dtype, x, sizes, dispersion.center);
  for (let row = 0; row < moments.scales.length; row++) {
    out[row] = scaledDeviation(moments, row, dispersion) / (moments.scales[row] as number);
  }
}

/** out = (x - mean) / divisor along the axis. */
export function centerAlong(out: TypedArray, dtype: DType, x: TypedArray, sizes: Sizes, divisor: number): void {
  const moments = momentsOf(dtype, x, sizes, true);
  for (let row = 0; row < moments.scales.length; row++) {
    moments.divisors[row] = divisor * (moments.scales[row] as number);
  }
  (rowLoops[dtype].deviationsAxis as DeviationsLoop)(out, x, ...sizes, moments);
}

/**
 * out = (x - mean) / sqrt(variance + eps) along the axis. Where that root is 0, so is the result. Of a vector that is not
 * centred and infinitely long the infinite elements are 1 or -1, the others 0.
 */
export function standardizeAlong(
  out: TypedArray,
  dtype: DType,
  x: TypedArray,
  sizes: Sizes,
  dispersion: Dispersion,
): void {
  const moments = momentsOf(dtype, x, sizes, dispersion.center);
  let isInfinite = false;
  for (let row = 0; row < moments.scales.length; row++) {
    const deviation = scaledDeviation(moments, row, dispersion);
    moments.divisors[row] = deviation === 0 ? 1 : deviation;
    isInfinite ||= deviation === Infinity;
  }
  (rowLoops[dtype].deviationsAxis as DeviationsLoop)(out, x, ...sizes, moments);
  if (!isInfinite) return;
  const [, n, inner] = sizes;
  for (let at = 0; at < out.length; at++) {
    if (Math.abs(x[at] as number) !== Infinity) continue;
    const row = Math.floor(at / (n * inner)) * inner + (at % inner);
    if (moments.divisors[row] === Infinity) out[at] = Math.sign(x[at] as number);
  }
}
