import { checkNoMore, checkOptions, erf, full, type Random, type Shape, type Tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { checked, drawn, type FloatDType, type Initializer } from "./initializer.js";

/**
 * Normally distributed numbers, mean 0; standard deviation 0.01, the textbook's choice, unless said otherwise.
 *
 * @example
 * normal({ std: 2 })([1000], { random: new Random(1) }).std().item() > 1.8; // true
 */
export function normal(
  options: { readonly std?: number | undefined; readonly mean?: number | undefined } = {},
  ...none: []
): Initializer {
  checkNoMore("normal", none);
  checkOptions("normal", options, ["std", "mean"]);
  const { std = 0.01, mean = 0 } = options;
  checkDeviation("normal", std, mean);
  return drawn("normal", (random, shape, dtype) => random.normal(shape, { mean, std, dtype }));
}

/**
 * Normally distributed numbers that lie within `cut` standard deviations of the mean, as if those outside had been drawn again:
 * 2 unless said otherwise, a number above 0, at most 8. `std` (0.01 by default) is that of the distribution that is cut; what is
 * left of it has 0.88 of that for a cut of 2. PyTorch's trunc_normal_. One number is drawn for each element, and taken through
 * the inverse distribution function.
 *
 * @example
 * const w = truncatedNormal({ std: 1 })([1000], { random: new Random(1) });
 * w.abs().max().item() <= 2; // true
 */
export function truncatedNormal(
  options: {
    readonly std?: number | undefined;
    readonly mean?: number | undefined;
    readonly cut?: number | undefined;
  } = {},
  ...none: []
): Initializer {
  const name = "truncatedNormal";
  checkNoMore(name, none);
  checkOptions(name, options, ["std", "mean", "cut"]);
  const { std = 0.01, mean = 0, cut = 2 } = options;
  checkDeviation(name, std, mean);
  checkSetting(name, "cut", cut, () => cut > 0 && cut <= 8, "a number above 0, at most 8,");
  return drawn(name, (random, shape, dtype) => {
    const within = inverseErf(uniformly(random, shape, erf(cut / Math.SQRT2).item(), "float64")).mul(Math.SQRT2);
    return within.clamp(-cut, cut).mul(std).add(mean).cast(dtype) as Tensor;
  });
}

/**
 * The inverse of the error function: S. Winitzki's formula, "A handy approximation for the error function and its inverse"
 * (2008), right to 0.2%, and three steps of Newton's method, each of which squares the error.
 */
function inverseErf(y: Tensor): Tensor {
  const a = 0.147;
  const log = y.square().neg().log1p();
  const half = log.div(2).add(2 / (Math.PI * a));
  let x: Tensor = half.square().sub(log.div(a)).sqrt().sub(half).maximum(0).sqrt().mul(y.sign());
  for (let step = 0; step < 3; step++) {
    x = x.sub(x.erf().sub(y).mul(x.square().exp()).mul(Math.sqrt(Math.PI) / 2)); // biome-ignore format: a formula
  }
  return x;
}

/**
 * Uniformly distributed numbers from `low` to less than `high`: 0 and 1 unless said otherwise.
 *
 * @example
 * const w = uniform({ low: -1, high: 1 })([1000], { random: new Random(1) });
 * w.min().item() >= -1 && w.max().item() < 1; // true
 */
export function uniform(
  options: { readonly low?: number | undefined; readonly high?: number | undefined } = {},
  ...none: []
): Initializer {
  checkNoMore("uniform", none);
  checkOptions("uniform", options, ["low", "high"]);
  const { low = 0, high = 1 } = options;
  checkSetting("uniform", "low", low, Number.isFinite, "a finite number");
  checkSetting("uniform", "high", high, () => high > low && Number.isFinite(high - low), "a finite number above low");
  return drawn("uniform", (random, shape, dtype) => random.uniform(shape, { low, high, dtype }));
}

/** Uniformly distributed numbers around 0. */
export function uniformly(random: Random, shape: Shape, bound: number, dtype: FloatDType): Tensor {
  return random.uniform(shape, { low: -bound, high: bound, dtype });
}

/**
 * The same value everywhere: `constant(1)` for the factors of normalisations.
 *
 * @example
 * constant(1)([2], {}).toArray(); // [1, 1]
 */
export function constant(value: number, ...none: []): Initializer {
  checkNoMore("constant", none);
  checkSetting("constant", "the value", value, () => true, "a number");
  return (shape, options = {}) => full(shape, value, { dtype: checked("constant", options).dtype ?? "float64" });
}

/**
 * Zeros, as biases begin.
 *
 * @example
 * zeros()([2], {}).toArray(); // [0, 0]
 */
export function zeros(...none: []): Initializer {
  checkNoMore("zeros", none);
  return constant(0);
}

function checkDeviation(name: string, std: number, mean: number): void {
  checkSetting(name, "std", std, () => std >= 0 && std < Number.POSITIVE_INFINITY, "a finite number of at least 0");
  checkSetting(name, "mean", mean, Number.isFinite, "a finite number");
}
