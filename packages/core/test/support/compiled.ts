import fc from "fast-check";
import * as assert from "uvu/assert";
import { type DType, type Tensor, variable } from "../../src/index.js";
import type { Case } from "./draw.js";
import type { Row } from "./row.js";
import { like, weights } from "./tensors.js";

// How near the results of compiled kernels are to those of eager mode, and the gradients by which they are compared.

/**
 * How far a compiled result may be from the eager one, in units in the last place of the largest element of the result: exp and
 * its kin are computed by vectors of their own (each to 2 units of its own, see the tests of the vector functions), float32 in
 * float32, sums in another order.
 */
const units = 4;

/** For negative inputs these are a small factor whose argument float32 has rounded; eager mode computes it in doubles. */
const sensitive: ReadonlySet<string> = new Set(["gelu", "GeluTanh"]);
export const unitsOf = (name: string) => (exact.has(name) ? 0 : sensitive.has(name) ? 16 : units);

/** A unit in the last place of a number, as a part of it, at most. */
const epsilon: Readonly<Record<DType, number>> = { float64: 2 ** -52, float32: 2 ** -23, int32: 0, bool: 0 };

/** How far gradients may be, as a part of the larger of them and 1: several ops one after the other. */
export const tolerance = { float64: 1e-12, float32: 1e-4 } as const;

export function agrees(actual: Tensor, expected: Tensor, most: number, what: string): void {
  let largest = 0;
  for (const value of expected.data) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const allowed = most * Math.max(largest * epsilon[expected.dtype], 5e-324);
  expected.data.forEach((value: number, i: number) => {
    const got = actual.data[i] as number;
    const isNear = Object.is(got, value) || got === value || Math.abs(got - value) <= allowed;
    assert.ok(isNear, `${what}, element ${i}: ${got}, eager ${value}: more than ${most} units of ${largest}`);
  });
}

/** Ops that do no arithmetic, or one operation that IEEE 754 defines to the bit. */
const exact = new Set(
  (
    "abs add argMax argMin argSort bincount broadcastTo cast ceil clamp concat count diagonal div equal expandDims eye flip floor gather " +
    "greater greaterEqual im2col isFinite isNaN leakyRelu less lessEqual logicalAnd logicalNot logicalOr max maxPool1d maxPool2d " +
    "maximum min minimum mul neg notEqual oneHot pad reciprocal relu reshape roll round sign slice sort split sqrt square squeeze " +
    "stack sub take tile topK transpose tril triu unstack where"
  ).split(" "),
);

export function inAnyDType(row: Row): fc.Arbitrary<{ dtype: DType; drawn: Case<unknown> }> {
  return fc.record({ dtype: fc.constantFrom(...row.dtypes), drawn: row.cases });
}

/** The gradients by all float inputs, of the sum of `f` times fixed weights. */
export function gradientsOf(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  which: readonly number[],
): Tensor[] {
  const leaves = inputs.map((input, i) => (which.includes(i) ? variable(input) : input));
  const output = f(...leaves);
  if (!output.requiresGrad) return [];
  output
    .mul(like(output, weights(output.size)).reshape(output.shape))
    .sum()
    .backward({ createGraph: true });
  return which.flatMap((i) => leaves[i]?.grad ?? []);
}
