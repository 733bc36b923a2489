import type { Said } from "./extremes.js";

/**
 * A list of numbers, reduced over its one axis: the values, the gradient of 1, 2, 3 ... times those, and the gradient of
 * 1, 2, 3 ... times that.
 */
export interface ListExtreme {
  readonly list: readonly number[];
  readonly values: readonly Said[];
  readonly first?: readonly Said[];
  readonly second?: readonly Said[];
  /** The precision of the derivatives in float32, where it is less than usual: that of the value, which they are made of. */
  readonly float32?: number;
  /** The settings of the row where they matter. */
  readonly options?: Readonly<Record<string, unknown>>;
}

const I = Infinity;
const N = Number.NaN;
const { LN2: ln2 } = Math;

const deviation = { center: true, freedom: 2, eps: 0 };

/** By the names of the nodes. */
export const reductionExtremes: Readonly<Record<string, (tiny: number) => readonly ListExtreme[]>> = {
  Sum: (t) => [
    { list: [I, -I], values: [N], first: [1, 1], second: [0, 0] },
    { list: [1000, -1000, t], values: [t], first: [1, 1, 1], second: [0, 0, 0] },
    { list: [N, 1], values: [N], first: [1, 1] },
  ],
  Mean: (t) => [
    { list: [I, 1], values: [I], first: [0.5, 0.5], second: [0, 0] },
    { list: [t, t], values: [t], first: [0.5, 0.5], second: [0, 0] },
  ],
  Max: (t) => [
    { list: [I, 1], values: [I], first: [1, 0], second: [0, 0] },
    { list: [-I, -I], values: [-I], first: [0.5, 0.5], second: [0, 0] },
    { list: [0, -0], values: [0], first: [0.5, 0.5], second: [0, 0] },
    { list: [t, 0, -t], values: [t], first: [1, 0, 0], second: [0, 0, 0] },
    { list: [1, N], values: [N] },
  ],
  Min: (t) => [
    { list: [-I, 1], values: [-I], first: [1, 0], second: [0, 0] },
    { list: [I, I], values: [I], first: [0.5, 0.5], second: [0, 0] },
    { list: [0, -0], values: [-0], first: [0.5, 0.5], second: [0, 0] },
    { list: [t, 0, -t], values: [-t], first: [0, 0, 1], second: [0, 0, 0] },
    { list: [N, 1], values: [N] },
  ],
  LogSumExp: (t) => [
    { list: [1000, 0], values: [1000], first: [1, 0], second: [0, 0] },
    { list: [-1000, -1000], values: [ln2 - 1000], first: [0.5, 0.5], second: [-0.25, 0.25], float32: 2e-4 },
    { list: [t, -0], values: [ln2], first: [0.5, 0.5], second: [-0.25, 0.25] },
    { list: [I, 0], values: [I], first: [1, 0], second: [0, 0] },
    { list: [I, -I], values: [I], first: [1, 0], second: [0, 0] },
    { list: [0, -I], values: [0], first: [1, 0], second: [0, 0] },
    { list: [-I, -I], values: [-I], first: [0, 0], second: [0, 0] },
    { list: [0, N], values: [N] },
  ],
  // The second derivatives of 1 p + 2 q, where p + q = 1.
  Softmax: () => [
    { list: [1000, 0], values: [1, 0], first: [0, 0], second: [0, 0] },
    { list: [-1000, -1000], values: [0.5, 0.5], first: [-0.25, 0.25], second: [0, 0] },
    { list: [0, -I], values: [1, 0], first: [0, 0], second: [0, 0] },
    { list: [I, 0], values: [N, N] },
    { list: [-I, -I], values: [N, N] },
    { list: [0, N], values: [N, N] },
  ],
  LogSoftmax: () => [
    { list: [1000, 0], values: [0, -1000], first: [-2, 2], second: [0, 0] },
    { list: [-1000, -1000], values: [-ln2, -ln2], first: [-0.5, 0.5], second: [0.75, -0.75] },
    { list: [0, -I], values: [0, -I], first: [-2, 2], second: [0, 0] },
    { list: [I, 0], values: [N, N] },
    { list: [-I, -I], values: [N, N] },
  ],
  Prod: (t) => [
    { list: [0, -0], values: [-0], first: [-0, 0], second: [2, 1] },
    { list: [I, 0], values: [N], first: [0, I] },
    { list: [I, -1000], values: [-I], first: [-1000, I] },
    { list: [t, t], values: [0], first: [t, t], second: [2, 1] },
    { list: [0, 0, 0], values: [0], first: [0, 0, 0], second: [0, 0, 0] },
  ],
  Variance: (t) => [
    { list: [-1000, 1000], values: [I], options: { correction: 2 } },
    { list: [-1000, 1000], values: [I], options: { correction: 3 } },
    { list: [1000, 1000], values: [N], options: { correction: 2 } },
    { list: [1000, 1000], values: [0], first: [0, 0], second: [-0.5, 0.5] },
    { list: [-1000, 1000], values: [1e6], first: [-1000, 1000], second: [-0.5, 0.5] },
    { list: [t, -t], values: [0], first: [t, -t], second: [-0.5, 0.5] },
    { list: [I, 0], values: [N] },
  ],
  Std: (t) => [
    { list: [-1000, 1000], values: [I], options: { correction: 2 } },
    { list: [-1000, 1000], values: [I], options: { correction: 3 } },
    { list: [1000, 1000], values: [N], options: { correction: 2 } },
    { list: [1000, 1000], values: [0], first: [0, 0], second: [0, 0] },
    { list: [0, -0], values: [0], first: [0, 0], second: [0, 0] },
    { list: [-1000, 1000], values: [1000], first: [-0.5, 0.5], second: [0, 0] },
    { list: [t, -t], values: [t], first: [0.5, -0.5] },
    { list: [I, 0], values: [N] },
  ],
  Deviation: (t) => [
    { list: [1000, 1000], values: [0], first: [0, 0], second: [0, 0], options: deviation },
    { list: [-1000, 1000], values: [1000], first: [-0.5, 0.5], second: [0, 0], options: deviation },
    { list: [t, -t], values: [t], first: [0.5, -0.5], options: deviation },
    { list: [I, 0], values: [N], options: deviation },
    {
      list: [I, 1000],
      values: [I],
      first: [1, 0],
      second: [0, 0],
      options: { ...deviation, center: false, freedom: 1 },
    },
    { list: [t, -t], values: [1], first: [t / 2, -t / 2], second: [-0.25, 0.25], options: { ...deviation, eps: 1 } },
  ],
  Norm: (t) => [
    { list: [0, -0], values: [0], first: [0, 0], second: [0, 0], options: { ord: 2 } },
    { list: [I, 1000], values: [I], first: [1, 0], second: [0, 0], options: { ord: 2 } },
    { list: [0, t], values: [t], first: [0, 1], options: { ord: 2 } },
    { list: [-1000, 0], values: [1000], first: [-1, 0], second: [0, 0.002], options: { ord: 2 } },
    { list: [N, 1], values: [N], options: { ord: 2 } },
    { list: [0, -I], values: [I], first: [0, -1], second: [0, 0], options: { ord: 1 } },
    { list: [t, -1000], values: [1000], first: [1, -1], second: [0, 0], options: { ord: 1 } },
    { list: [1, -I], values: [I], first: [0, -1], second: [0, 0], options: { ord: I } },
    { list: [t, -t], values: [t], first: [0.5, -0.5], second: [0, 0], options: { ord: I } },
    { list: [0, 0], values: [0], first: [0, 0], second: [0, 0], options: { ord: I } },
  ],
  Cumsum: (t) => [
    { list: [I, -I], values: [I, N], first: [3, 2], second: [0, 0] },
    { list: [1000, t], values: [1000, 1000], first: [3, 2], second: [0, 0] },
  ],
  Cumprod: (t) => [
    { list: [0, 0], values: [0, 0], first: [1, 0], second: [4, 2] },
    { list: [1000, I], values: [1000, I], first: [I, 2000] },
    { list: [t, -0], values: [t, -0], first: [1, 2 * t], second: [4, 2] },
  ],
  Count: (t) => [
    { list: [N, 0, -0, t, I], values: [3] },
    { list: [0, -0], values: [0] },
  ],
  Any: (t) => [
    { list: [0, -0], values: [0] },
    { list: [0, N], values: [1] },
    { list: [0, t], values: [1] },
  ],
  All: (t) => [
    { list: [N, t, I], values: [1] },
    { list: [-0, 1], values: [0] },
  ],
  ArgMax: (t) => [
    { list: [0, N, I, N], values: [1] },
    { list: [-I, -I], values: [0] },
    { list: [-0, 0, t], values: [2] },
  ],
  ArgMin: (t) => [
    { list: [-I, N, 0], values: [1] },
    { list: [I, I], values: [0] },
    { list: [0, -0, -t], values: [2] },
  ],
};
