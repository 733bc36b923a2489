import fc from "fast-check";
import { assertGradcheck } from "../check/gradcheck.js";
import { GRADCHECK, type GradcheckOptions } from "../check/gradcheck-options.js";
import { checkFunction } from "../checks.js";
import { ChainruleError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkNumbers, checkOptions } from "../options.js";
import { show } from "../show.js";

export interface AssertGradientsOptions extends GradcheckOptions {
  /** How many lists of inputs. Default 50. */
  readonly runs?: number;
  /** Of what is drawn; the same numbers each time unless it is another. Default 1. */
  readonly seed?: number;
}

/**
 * Checks the gradients of `f` at inputs drawn from arbitraries, one for each argument; what fails is shrunk to small inputs.
 *
 * @example
 * assertGradients((x) => x.sin(), [tensors()]);
 * assertGradients((x, y) => x.div(y), [tensors({ shape: [3] }), tensors({ shape: [2, 3], awayFrom: [0] })], { order: 2 });
 *
 * @throws Error of fast-check, with the seed, the inputs that are left, and the report of `gradcheck`
 */
export function assertGradients<const T extends readonly fc.Arbitrary<Tensor>[]>(
  f: (...inputs: { [K in keyof T]: Tensor }) => Tensor,
  arbitraries: T,
  options: AssertGradientsOptions = {},
  ...none: []
): void {
  checkFunction("assertGradients", f);
  // Another copy of fast-check has another class of the same form.
  const isArbitrary = (x: unknown) => typeof x === "object" && x !== null && "generate" in x && "shrink" in x;
  if (!Array.isArray(arbitraries as unknown) || !Array.from(arbitraries).every(isArbitrary)) {
    throw new ChainruleError(`assertGradients: takes a list of arbitraries, [tensors()], got ${show(arbitraries)}`);
  }
  checkNoMore("assertGradients", none);
  checkOptions("assertGradients", options, ["runs", ...GRADCHECK], ["allowFloat32", "allowIntegers"]);
  checkNumbers("assertGradients", options, ["runs", "seed"]);
  const { runs: numRuns = 50, seed = 1, ...others } = options;
  const call = f as unknown as (...inputs: readonly Tensor[]) => Tensor;
  const property = fc.property(fc.tuple(...arbitraries), (inputs) => assertGradcheck(call, inputs, others));
  fc.assert(property, { numRuns, seed, includeErrorInReport: true });
}
