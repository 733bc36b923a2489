/*
 * What the elementwise ops and the reductions of the op table are at the edges of floating point: what their docstrings
 * say, and else the limits of the mathematical function. `unsaid` stands where there is no such limit.
 */

export const unsaid = null;
export type Said = number | typeof unsaid;

/** The points at which each op of one number is tested; `tiny` is the least number above 0 that the dtype has. */
export function extremePoints(tiny: number): readonly number[] {
  return [0, -0, tiny, -tiny, 1000, -1000, Infinity, -Infinity];
}

/** Value, first and second derivative at each of those points; one number stands for all of them. */
export interface UnaryExtremes {
  readonly value: readonly Said[];
  readonly first: readonly Said[] | number;
  readonly second: readonly Said[] | number;
  /** More points: the bounds of a domain. */
  readonly also?: readonly (readonly [x: number, value: Said, first: Said, second: Said])[];
}

const I = Infinity;
const N = Number.NaN;
const u = unsaid;
const { PI: pi, LN2: ln2 } = Math;
const [sin, cos, tan] = [Math.sin(1000), Math.cos(1000), Math.tan(1000)];
const erfSlope = 2 / Math.sqrt(pi);
const bell0 = 1 / Math.sqrt(2 * pi);
/** x of a large x and 0 of a small one, through 0 with the slope 1/2. */
const gated = (t: number, curvature: number): UnaryExtremes => ({
  value: [0, -0, t / 2, -t / 2, 1000, 0, I, 0],
  first: [0.5, 0.5, 0.5, 0.5, 1, 0, 1, 0],
  second: [curvature, curvature, curvature, curvature, 0, 0, 0, 0],
});

/** By the names of the nodes. */
export const unaryExtremes: Readonly<Record<string, (tiny: number) => UnaryExtremes>> = {
  Neg: (t) => ({ value: [-0, 0, -t, t, -1000, 1000, -I, I], first: -1, second: 0 }),
  Square: (t) => ({
    value: [0, 0, 0, 0, 1e6, 1e6, I, I],
    first: [0, 0, 2 * t, -2 * t, 2000, -2000, I, -I],
    second: 2,
  }),
  Sqrt: (t) => ({
    value: [0, -0, Math.sqrt(t), N, Math.sqrt(1000), N, I, N],
    first: [I, u, 0.5 / Math.sqrt(t), u, 0.5 / Math.sqrt(1000), u, 0, u],
    second: [-I, u, -I, u, -0.25 * 1000 ** -1.5, u, 0, u],
  }),
  Rsqrt: (t) => ({
    value: [I, u, 1 / Math.sqrt(t), N, 1000 ** -0.5, N, 0, N],
    first: [-I, u, -I, u, -0.5 * 1000 ** -1.5, u, 0, u],
    second: [I, u, I, u, 0.75 * 1000 ** -2.5, u, 0, u],
  }),
  Reciprocal: () => ({
    value: [I, -I, I, -I, 0.001, -0.001, 0, -0],
    first: [-I, -I, -I, -I, -1e-6, -1e-6, 0, 0],
    second: [I, -I, I, -I, 2e-9, -2e-9, 0, 0],
  }),
  Exp: () => ({ value: [1, 1, 1, 1, I, 0, I, 0], first: [1, 1, 1, 1, I, 0, I, 0], second: [1, 1, 1, 1, I, 0, I, 0] }),
  Expm1: (t) => ({
    value: [0, -0, t, -t, I, -1, I, -1],
    first: [1, 1, 1, 1, I, 0, I, 0],
    second: [1, 1, 1, 1, I, 0, I, 0],
  }),
  Log: (t) => ({
    value: [-I, -I, Math.log(t), N, Math.log(1000), N, I, N],
    first: [I, u, I, u, 0.001, u, 0, u],
    second: [-I, u, -I, u, -1e-6, u, 0, u],
  }),
  Log1p: (t) => ({
    value: [0, -0, t, -t, Math.log(1001), N, I, N],
    first: [1, 1, 1, 1, 1 / 1001, u, 0, u],
    second: [-1, -1, -1, -1, -1 / 1001 ** 2, u, 0, u],
    also: [[-1, -I, I, -I]],
  }),
  Abs: (t) => ({ value: [0, 0, t, t, 1000, 1000, I, I], first: [0, 0, 1, -1, 1, -1, 1, -1], second: 0 }),
  Sign: () => ({ value: [0, -0, 1, -1, 1, -1, 1, -1], first: 0, second: 0 }),
  Sin: (t) => ({
    value: [0, -0, t, -t, sin, -sin, N, N],
    first: [1, 1, 1, 1, cos, cos, u, u],
    second: [0, 0, -t, t, -sin, sin, u, u],
  }),
  Cos: (t) => ({
    value: [1, 1, 1, 1, cos, cos, N, N],
    first: [0, 0, -t, t, -sin, sin, u, u],
    second: [-1, -1, -1, -1, -cos, -cos, u, u],
  }),
  Tan: (t) => ({
    value: [0, -0, t, -t, tan, -tan, N, N],
    first: [1, 1, 1, 1, 1 / cos ** 2, 1 / cos ** 2, u, u],
    second: [0, 0, 2 * t, -2 * t, (2 * tan) / cos ** 2, (-2 * tan) / cos ** 2, u, u],
  }),
  Asin: (t) => ({
    value: [0, -0, t, -t, N, N, N, N],
    first: [1, 1, 1, 1, u, u, u, u],
    second: [0, 0, t, -t, u, u, u, u],
    also: [
      [1, pi / 2, I, u],
      [-1, -pi / 2, I, u],
    ],
  }),
  Acos: (t) => ({
    value: [pi / 2, pi / 2, pi / 2, pi / 2, N, N, N, N],
    first: [-1, -1, -1, -1, u, u, u, u],
    second: [0, 0, -t, t, u, u, u, u],
    also: [
      [1, 0, -I, u],
      [-1, pi, -I, u],
    ],
  }),
  Atan: (t) => ({
    value: [0, -0, t, -t, pi / 2 - Math.atan(0.001), Math.atan(0.001) - pi / 2, pi / 2, -pi / 2],
    first: [1, 1, 1, 1, 1 / 1000001, 1 / 1000001, 0, 0],
    second: [0, 0, -2 * t, 2 * t, -2000 / 1000001 ** 2, 2000 / 1000001 ** 2, 0, 0],
  }),
  Sinh: (t) => ({
    value: [0, -0, t, -t, I, -I, I, -I],
    first: [1, 1, 1, 1, I, I, I, I],
    second: [0, 0, t, -t, I, -I, I, -I],
  }),
  Cosh: (t) => ({
    value: [1, 1, 1, 1, I, I, I, I],
    first: [0, 0, t, -t, I, -I, I, -I],
    second: [1, 1, 1, 1, I, I, I, I],
  }),
  Tanh: (t) => ({
    value: [0, -0, t, -t, 1, -1, 1, -1],
    first: [1, 1, 1, 1, 0, 0, 0, 0],
    second: [0, 0, -2 * t, 2 * t, 0, 0, 0, 0],
  }),
  Asinh: (t) => ({
    value: [0, -0, t, -t, Math.log(1000 + Math.sqrt(1000001)), -Math.log(1000 + Math.sqrt(1000001)), I, -I],
    first: [1, 1, 1, 1, 1000001 ** -0.5, 1000001 ** -0.5, 0, 0],
    second: [0, 0, -t, t, -1000 * 1000001 ** -1.5, 1000 * 1000001 ** -1.5, 0, 0],
  }),
  Acosh: () => ({
    value: [N, N, N, N, Math.log(1000 + Math.sqrt(999999)), N, I, N],
    first: [u, u, u, u, 999999 ** -0.5, u, 0, u],
    second: [u, u, u, u, -1000 * 999999 ** -1.5, u, 0, u],
    also: [[1, 0, I, -I]],
  }),
  Atanh: (t) => ({
    value: [0, -0, t, -t, N, N, N, N],
    first: [1, 1, 1, 1, u, u, u, u],
    second: [0, 0, 2 * t, -2 * t, u, u, u, u],
    also: [
      [1, I, I, u],
      [-1, -I, I, u],
    ],
  }),
  Erf: (t) => ({
    value: [0, -0, t, -t, 1, -1, 1, -1],
    first: [erfSlope, erfSlope, erfSlope, erfSlope, 0, 0, 0, 0],
    second: [0, 0, -2 * t, 2 * t, 0, 0, 0, 0],
  }),
  Erfc: (t) => ({
    value: [1, 1, 1, 1, 0, 2, 0, 2],
    first: [-erfSlope, -erfSlope, -erfSlope, -erfSlope, 0, 0, 0, 0],
    second: [0, 0, 2 * t, -2 * t, 0, 0, 0, 0],
  }),
  Sigmoid: () => ({
    value: [0.5, 0.5, 0.5, 0.5, 1, 0, 1, 0],
    first: [0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0],
    second: 0,
  }),
  LogSigmoid: () => ({
    value: [-ln2, -ln2, -ln2, -ln2, 0, -1000, 0, -I],
    first: [0.5, 0.5, 0.5, 0.5, 0, 1, 0, 1],
    second: [-0.25, -0.25, -0.25, -0.25, 0, 0, 0, 0],
  }),
  Softplus: () => ({
    value: [ln2, ln2, ln2, ln2, 1000, 0, I, 0],
    first: [0.5, 0.5, 0.5, 0.5, 1, 0, 1, 0],
    second: [0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0],
  }),
  Relu: (t) => ({ value: [0, 0, t, 0, 1000, 0, I, 0], first: [0, 0, 1, 0, 1, 0, 1, 0], second: 0 }),
  Silu: (t) => gated(t, 0.5),
  HardSwish: (t) => ({
    ...gated(t, 1 / 3),
    also: [
      [3, 3, 3 / 2, 1 / 3],
      [-3, -0, -1 / 2, 1 / 3],
    ],
  }),
  Gelu: (t) => gated(t, 2 * bell0),
  GeluTanh: (t) => gated(t, 2 * bell0),
  Floor: () => ({ value: [0, -0, 0, -1, 1000, -1000, I, -I], first: 0, second: 0 }),
  Ceil: () => ({ value: [0, -0, 1, -0, 1000, -1000, I, -I], first: 0, second: 0 }),
  RoundToFloat16: () => ({ value: [0, -0, 0, -0, 1000, -1000, I, -I], first: 1, second: 0 }),
  Round: () => ({ value: [0, -0, 0, -0, 1000, -1000, I, -I], first: 0, second: 0 }),
};
