import type fc from "fast-check";
import type { DType, Shape, Tensor } from "../../src/index.js";
import type { Engine } from "./walk-ops.js";

/** A kind of random programs, and how one is checked in an engine. */
export interface Kind<P = unknown> {
  readonly name: string;
  /** How often it is drawn, against the other kinds, unless the command says otherwise. */
  readonly weight: number;
  readonly programs: fc.Arbitrary<P>;
  /** What is wrong; undefined where all agrees. What the engine throws is wrong as well. */
  readonly check: (e: Engine, program: P) => string | undefined;
}

/** For a list of kinds whose programs are of many types. */
export function kind<P>(made: Kind<P>): Kind {
  return { ...made, programs: made.programs, check: (e, program) => made.check(e, program as P) };
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const list = (values: readonly unknown[]): string => `[${values.join(", ")}]`;
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** A tensor of a shape and dtype with element i out of `value`, as the dtype holds it. */
export function made(e: Engine, shape: Shape, dtype: DType, value: (i: number) => number): Tensor {
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
  return (e.fromArray(values, shape) as Tensor).cast(dtype);
}

/** What is allowed besides rounding of the last digits. */
export interface Tolerance {
  /** A part of the largest finite element, or of 1 if that is larger; of each element where `perElement`. */
  readonly float64: number;
  readonly float32: number;
  readonly perElement?: boolean;
}

/** How a tensor differs from the expected one: shape, dtype, or an element that is off by more than is allowed. */
export function difference(actual: Tensor, expected: Tensor, tolerance: Tolerance): string | undefined {
  if (actual.dtype !== expected.dtype || String(actual.shape) !== String(expected.shape)) {
    return `${actual.dtype} ${list(actual.shape)}, not ${expected.dtype} ${list(expected.shape)}`;
  }
  const { dtype, data } = expected;
  const part = dtype === "float64" || dtype === "float32" ? tolerance[dtype] : 0;
  const [largest, least] = dtype === "float32" ? [2 ** 128, 2 ** -149] : [Number.MAX_VALUE, 2 ** -1074];
  const scale = tolerance.perElement === true ? 0 : Math.max(1, ...data.map(Math.abs).filter(Number.isFinite));
  for (let i = 0; i < data.length; i++) {
    const [a, b] = [actual.data[i] as number, data[i] as number];
    if (Object.is(a, b) || a === b) continue;
    // What overflows in the last step only is as good as what just does not.
    const isEdge =
      part > 0 && Math.min(Math.abs(a), Math.abs(b)) >= largest * (1 - part) && Math.sign(a) === Math.sign(b);
    const allowed = part * Math.max(scale, Math.abs(b)) + (part === 0 ? 0 : 8 * least);
    if (!isEdge && !(Math.abs(a - b) <= allowed && Number.isFinite(b))) return `element ${i} is ${a}, not ${b}`;
  }
  return undefined;
}

/** The first difference of two lists of tensors. */
export function firstDifference(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
  tolerance: Tolerance,
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} results, not ${expected.length}`;
  for (const [i, own] of expected.entries()) {
    const found = difference(actual[i] as Tensor, own, tolerance);
    if (found !== undefined) return `result ${i}: ${found}`;
  }
  return undefined;
}
