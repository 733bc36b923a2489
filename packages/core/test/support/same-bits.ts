import * as assert from "uvu/assert";
import type { Tensor } from "../../src/graph/tensor.js";

/** Asserts that two tensors have one shape, dtype and the same values to the bit; any NaN is the same as any other. */
export function assertBits(actual: Tensor, expected: Tensor, what: string): void {
  assert.equal(actual.shape, expected.shape, what);
  assert.is(actual.dtype, expected.dtype, what);
  const [a, b] = [actual.data, expected.data];
  const differs = Array.from(b, (value, i) => (Object.is(value, a[i]) ? -1 : i)).filter((i) => i >= 0);
  assert.equal(
    differs.map((i) => `${i}: ${a[i]} for ${b[i]}`),
    [],
    what,
  );
}
