import { checkFunction } from "../checks.js";
import { isFloat } from "../dtype.js";
import { ChainruleError, DTypeError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { checkOptions } from "../options.js";
import { show } from "../show.js";
import type { Settings } from "./settle.js";

export interface GradcheckOptions {
  /** The step to either side of each element. Default 1e-6; 1e-2 where float32 takes part. */
  readonly eps?: number;
  /**
   * The absolute part of the tolerance. Default 0 and the noise of the values, as far as that is below 1e-5; 1e-3 where
   * float32 takes part.
   */
  readonly atol?: number;
  /**
   * The part of the tolerance that grows with the derivative. Default 1e-4, and up to 1e-3 for noise; 1e-2 where float32
   * takes part.
   */
  readonly rtol?: number;
  /**
   * Up to which order: 1 (the default) checks the gradient of `f`, 2 also the gradient of that gradient (of the sum of the
   * result, each element times a random number), and so on.
   */
  readonly order?: number;
  /** "full" (the default): every derivative, 2 calls of `f` an element; "random": random directions, for large inputs. */
  readonly mode?: "full" | "random";
  /** How many random directions for each input, in the mode "random". Default 4. */
  readonly projections?: number;
  /** Of the random numbers that the check draws itself. Default 0. */
  readonly seed?: number;
  /** Checks float32 too, as well as it can be. Default false. */
  readonly allowFloat32?: boolean;
  /** Passes int32 and bool inputs to `f` as they are, and does not differentiate by them. Default false. */
  readonly allowIntegers?: boolean;
}

type Differences = Pick<Settings, "eps" | "atol" | "rtol" | "coarse">;

/** A central difference is off by about eps^2, and by the rounding of f divided by eps: float32 needs a wide step. */
const DEFAULTS: Readonly<Record<"float64" | "float32", Differences>> = {
  float64: { eps: 1e-6, atol: 0, rtol: 1e-4, coarse: { atol: 1e-5, rtol: 1e-3 } },
  float32: { eps: 1e-2, atol: 1e-3, rtol: 1e-2, coarse: { atol: 1e-3, rtol: 1e-2 } },
};

/** The names of `GradcheckOptions`. */
export const GRADCHECK = [
  "eps",
  "atol",
  "rtol",
  "order",
  "mode",
  "projections",
  "seed",
  "allowFloat32",
  "allowIntegers",
] as const satisfies readonly (keyof GradcheckOptions)[];

export function checkArguments(op: string, f: unknown, inputs: unknown, options: unknown): void {
  checkFunction(op, f);
  if (!Array.isArray(inputs)) {
    throw new ChainruleError(`${op}: takes the list of the inputs of f, ${op}(f, [x, y]), got ${show(inputs)}`);
  }
  checkOptions(op, options, GRADCHECK, ["allowFloat32", "allowIntegers"]);
}

export function settingsOf(tensors: readonly Tensor[], options: GradcheckOptions): Settings {
  const defaults = DEFAULTS[tensors.some((t) => t.dtype === "float32") ? "float32" : "float64"];
  const {
    eps = defaults.eps,
    atol = defaults.atol,
    rtol = defaults.rtol,
    order = 1,
    mode = "full",
    projections = 4,
  } = options;
  if (!(typeof eps === "number" && eps > 0 && Number.isFinite(eps)))
    throw new ChainruleError(`gradcheck: eps ${show(eps)} is no step: a number above 0 is needed`);
  for (const [name, value] of Object.entries({ atol, rtol })) {
    if (!(typeof value === "number" && value >= 0)) {
      throw new ChainruleError(`gradcheck: ${name} ${show(value)}: a number of at least 0 is needed`);
    }
  }
  for (const [name, value] of Object.entries({ order, projections })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new ChainruleError(`gradcheck: ${name} ${show(value)}: a whole number of at least 1 is needed`);
    }
  }
  if (mode !== "full" && mode !== "random") {
    throw new ChainruleError(`gradcheck: there is no mode ${show(mode)}; there are "full" and "random"`);
  }
  // What a user asks for is meant for noise as well.
  const coarse = { atol: options.atol ?? defaults.coarse.atol, rtol: options.rtol ?? defaults.coarse.rtol };
  return { eps, atol, rtol, coarse, mode, projections };
}

export function checkDType(what: string, t: Tensor, { allowFloat32 = false }: GradcheckOptions): void {
  if (!isFloat(t.dtype)) {
    const repair =
      what === "the result"
        ? 'convert it with cast("float64")'
        : 'pass { allowIntegers: true } to hold it fixed, or convert with cast("float64")';
    throw new DTypeError(
      `gradcheck: ${what} is ${t.dtype}: integers and bools have no gradient and no small changes; ${repair}`,
    );
  }
  if (t.dtype === "float32" && !allowFloat32) {
    throw new DTypeError(
      `gradcheck: ${what} is float32, whose seven digits do not tell a wrong derivative from rounding; convert with ` +
        'cast("float64"), or pass { allowFloat32: true } for a coarse check',
    );
  }
}
