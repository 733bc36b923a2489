import * as assert from "uvu/assert";
import type { Tensor } from "../../src/index.js";

/** Asserts that numbers agree, element by element, to `tolerance` relative to the expected one (absolute below 1). */
export function close(actual: Tensor | number, expected: Tensor | readonly number[] | number, tolerance = 1e-12): void {
  const found = elements(actual);
  const wanted = elements(expected);
  assert.is(found.length, wanted.length, `${found} against ${wanted}`);
  found.forEach((value, i) => {
    const other = wanted[i] as number;
    const error = Math.abs(value - other);
    assert.ok(error <= tolerance * Math.max(1, Math.abs(other)), `element ${i}: ${value}, not ${other}`);
  });
}

function elements(x: Tensor | readonly number[] | number): readonly number[] {
  return typeof x === "number" ? [x] : "data" in x ? [...x.data] : x;
}

/** The kind and the message of the error that `f` throws. */
export function thrownBy(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "nothing thrown";
}
