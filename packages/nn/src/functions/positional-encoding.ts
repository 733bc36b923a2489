import { checkNoMore, checkOptions, fromArray, type Tensor } from "@chainrule/core";
import { checkFloatDType, checkSetting } from "../checks.js";
import type { FloatDType } from "../initializers/initializer.js";

/**
 * What is added to the vectors of a sequence to tell its places apart: sines and cosines of wavelengths from 2 pi to 10000 times
 * that, sin(t / 10000^(2i / D)) at 2i and cos of the same at 2i + 1. A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
 *
 * @param steps T, how many places there are
 * @param size D, how many numbers a vector has
 * @returns [T, D], which broadcasts to a batch [N, T, D]
 *
 * @example
 * positionalEncoding(2, 4).toArray(); // about [[0, 1, 0, 1], [0.841471, 0.540302, 0.00999983, 0.99995]]
 *
 * @throws ChainruleError for sizes that are no whole numbers
 */
export function positionalEncoding(
  steps: number,
  size: number,
  options: { readonly dtype?: FloatDType | undefined } = {},
  ...none: []
): Tensor<[number, number]> {
  const op = "positionalEncoding";
  checkNoMore(op, none);
  checkOptions(op, options, ["dtype"]);
  const { dtype = "float64" } = options;
  checkFloatDType(op, dtype);
  for (const [name, value] of Object.entries({ steps, size })) {
    checkSetting(op, name, value, () => Number.isSafeInteger(value) && value >= 0, "a whole number");
  }
  const values = Float64Array.from({ length: steps * size }, (_, place) => {
    const [t, i] = [Math.floor(place / size), place % size];
    const angle = t / 10000 ** ((i - (i % 2)) / size);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return fromArray(values, [steps, size]).cast(dtype) as Tensor<[number, number]>;
}
