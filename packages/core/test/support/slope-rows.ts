import type { Node } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { elementwiseRow } from "./elementwise-rows.js";
import type { UnaryExtremes } from "./extremes.js";
import type { Extreme } from "./multivariate-extremes.js";
import type { Row } from "./row.js";

/*
 * Derivatives that are nodes of their own, and no functions. How near they are to the derivatives of the textbook's formulas
 * shows elementwise-accuracy.test; here they are ops like all others.
 */

function slopeRow(Class: new () => Node, f: (...numbers: number[]) => number, ...domain: [number, number]): Row {
  const { method: _, ...row } = elementwiseRow(Class, () => {}, f, [draw.grid(...domain)]);
  return { ...row, fn: null, call: (inputs) => new Class().apply(...inputs) };
}

/** Of x and the result at x, which is no variable of its own. */
function resultRow(Class: new () => Node, f: (...numbers: number[]) => number, result: [number, number]): Row {
  const { method: _, ...row } = elementwiseRow(Class, () => {}, f, [draw.grid(-2, 2), draw.grid(...result)]);
  // The second derivatives of the op itself show its gradients: those by one input alone are none that matter.
  return { ...row, fn: null, gradient: () => false, call: (inputs) => new Class().apply(...inputs) };
}

function hypotSlopeRow(): Row {
  const { method: _, ...row } = elementwiseRow(
    ops.HypotSlope,
    () => {},
    (x, y) => x / Math.sqrt(x * x + y * y),
    [draw.awayFrom0(0.5, 3), draw.grid(-2, 2)],
  );
  return { ...row, fn: null, call: (inputs) => new ops.HypotSlope().apply(...inputs) };
}

function mulDivRow(): Row {
  const domains = [draw.grid(-2, 2, 0), draw.grid(-2, 2, 2), draw.awayFrom0(0.5, 3)];
  const { method: _, ...row } = elementwiseRow(
    ops.MulDiv,
    () => {},
    (x, y, z) => (x * y) / z,
    domains,
  );
  return { ...row, fn: null, call: (inputs) => new ops.MulDiv().apply(...inputs) };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const gatedSlope = (u: number, lift: number) => sigmoid(u) * (1 + lift * sigmoid(-u));
const a = Math.sqrt(2 / Math.PI);
const c = 0.044715;

/** Phi(x), as x Phi(x) over x. */
const normalCdf = (x: number) => (x === 0 ? 0.5 : ops.gelu(x).item() / x);

export const slopeRows: readonly Row[] = [
  resultRow(ops.SigmoidSlope, (x, z) => z * (z < 31 / 32 ? 1 - z : sigmoid(-x)), [0, 1]),
  resultRow(ops.TanhSlope, (x, z) => (Math.abs(z) < 31 / 32 ? 1 - z * z : 1 / Math.cosh(x) ** 2), [-1, 1]),
  slopeRow(ops.SiluSlope, (x) => gatedSlope(x, x), -6, 6),
  slopeRow(ops.GeluSlope, (x) => normalCdf(x) + x * density(x), -4, 4),
  slopeRow(ops.GeluTanhSlope, (x) => gatedSlope(2 * a * (x + c * x ** 3), 2 * a * (x + 3 * c * x ** 3)), -4, 4),
  slopeRow(ops.AsinSlope, (x) => (1 - x * x) ** -0.5, -0.75, 0.75),
  slopeRow(ops.AcoshSlope, (x) => (x * x - 1) ** -0.5, 1.25, 4),
  slopeRow(ops.AtanhSlope, (x) => 1 / (1 - x * x), -0.75, 0.75),
  mulDivRow(),
  hypotSlopeRow(),
  slopeRow(ops.ErfSlope, (x) => 2 * Math.SQRT2 * density(Math.SQRT2 * x), -3, 3),
];

const [I, N, u] = [Infinity, Number.NaN, null];
const erfSlope = 2 / Math.sqrt(Math.PI);
/** The derivatives of gelu and its kin: 1/2 at 0, from 0 to 1. */
const gate = (curvature: number, bend: number): UnaryExtremes => ({
  value: [0.5, 0.5, 0.5, 0.5, 1, 0, 1, 0],
  first: [curvature, curvature, curvature, curvature, 0, 0, 0, 0],
  second: [0, 0, bend, -bend, 0, 0, 0, 0],
});

/** See extremes.ts. */
export const slopeExtremes: Readonly<Record<string, (tiny: number) => UnaryExtremes>> = {
  SiluSlope: (t) => gate(0.5, -t / 2),
  GeluSlope: (t) => gate(a, -2 * a * t),
  GeluTanhSlope: (t) => gate(a, 12 * a * (c - (a * a) / 3) * t),
  AsinSlope: (t) => ({
    value: [1, 1, 1, 1, N, N, N, N],
    first: [0, 0, t, -t, u, u, u, u],
    second: [1, 1, 1, 1, u, u, u, u],
    also: [
      [1, I, I, u],
      [-1, I, -I, u],
    ],
  }),
  AcoshSlope: () => ({
    value: [N, N, N, N, 999999 ** -0.5, N, 0, N],
    first: [u, u, u, u, -1000 * 999999 ** -1.5, u, 0, u],
    second: [u, u, u, u, 2000001 * 999999 ** -2.5, u, 0, u],
    also: [[1, I, -I, u]],
  }),
  AtanhSlope: (t) => ({
    value: [1, 1, 1, 1, -1 / 999999, -1 / 999999, 0, 0],
    first: [0, 0, 2 * t, -2 * t, 2000 / 999999 ** 2, -2000 / 999999 ** 2, u, u],
    second: [2, 2, 2, 2, -6000002 / 999999 ** 3, -6000002 / 999999 ** 3, u, u],
    also: [
      [1, I, I, u],
      [-1, I, -I, u],
    ],
  }),
  ErfSlope: (t) => ({
    value: [erfSlope, erfSlope, erfSlope, erfSlope, 0, 0, 0, 0],
    first: [0, 0, -2 * erfSlope * t, 2 * erfSlope * t, 0, 0, 0, 0],
    second: [-2 * erfSlope, -2 * erfSlope, -2 * erfSlope, -2 * erfSlope, 0, 0, 0, 0],
  }),
};

/** See multivariate-extremes.ts. */
export const resultExtremes: Readonly<Record<string, (tiny: number) => readonly Extreme[]>> = {
  HypotSlope: (t) => [
    [[0, 0], 0, [0, 0]],
    [[1, 0], 1, [0, 0], [0, 0, -1]],
    [[0, -1000], 0, [1e-3, 0], [0, 1e-6, 0]],
    [[t, t], Math.SQRT1_2, [I, -I]],
    [[I, 1], 1, [0, 0], [0, 0, 0]],
    [[1000, -I], 0, [0, 0], [0, 0, 0]],
    [[N, 1], N],
  ],
  MulDiv: (t) => [
    [[2, 3, 4], 1.5, [0.75, 0.5, -0.375], [0, 0.25, -0.1875, 0, -0.125, 0.1875]],
    [[1 / t, 1 / t, 1 / t], u],
    [[2 ** 127, 4, 8], 2 ** 126],
    [[t, 0.5, 0.5], t],
    [[I, 0, 2], 0],
    [[1, 0, t], 0, [0, I]],
  ],
  SigmoidSlope: (t) => [
    [[0, 0.5], 0.25, [0, 0]],
    [[t, 0.5], 0.25, [0, 0]],
    [[1000, 1], 0, [0, 0]],
    [[I, 1], 0, [0, 0]],
    [[-1000, 0], 0, [0, 1]],
    [[-I, 0], 0, [0, 1]],
    [[N, N], N],
  ],
  TanhSlope: (t) => [
    [[0, 0], 1, [0, 0]],
    [[t, t], 1, [0, -2 * t]],
    [[1000, 1], 0, [0, 0]],
    [[I, 1], 0, [0, 0]],
    [[-I, -1], 0, [0, 0]],
    [[N, N], N],
  ],
};
