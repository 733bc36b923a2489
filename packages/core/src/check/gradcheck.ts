import { checkFunction } from "../checks.js";
import { isFloat } from "../dtype.js";
import { ChainruleError, DTypeError } from "../errors.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkOptions } from "../options.js";
import { Generator } from "../random/generator.js";
import { show } from "../show.js";
import { compareBothWays } from "./comparison.js";
import { findCulprits } from "./culprit.js";
import { compareRandomly } from "./directions.js";
import {
  type GradcheckDerivative,
  type GradcheckFindings,
  type GradcheckInput,
  GradcheckReport,
} from "./gradcheck-report.js";
import { backwardOrigin, forwardOrigin, type GradcheckOrigin } from "./not-finite.js";
import type { Settings } from "./settle.js";
import { indexOf, resultOf, Subject } from "./subject.js";
import { type Comparison, GRAVITY } from "./tally.js";

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

/** The inputs as the function gets them: tensors of their shapes, numbers as scalars. */
export type GradcheckArguments<T extends readonly (Tensor | number)[]> = {
  readonly [K in keyof T]: T[K] extends Tensor ? T[K] : Tensor<readonly []>;
};

type Precision = Pick<Settings, "eps" | "atol" | "rtol" | "coarse">;

/** A central difference is off by about eps^2, and by the rounding of f divided by eps: float32 needs a wide step. */
const DEFAULTS: Readonly<Record<"float64" | "float32", Precision>> = {
  float64: { eps: 1e-6, atol: 0, rtol: 1e-4, coarse: { atol: 1e-5, rtol: 1e-3 } },
  float32: { eps: 1e-2, atol: 1e-3, rtol: 1e-2, coarse: { atol: 1e-3, rtol: 1e-2 } },
};

/**
 * Compares the gradients of the graph with central differences, (f(x + eps) - f(x - eps)) / 2 eps: every derivative of an
 * element of the result by an element of an input. One is right if |analytic - numerical| <= atol + rtol |numerical|.
 *
 * What is not right is looked into: the report says of which `kind` it is (see `GradcheckKind`), and for a wrong gradient
 * which node is wrong by itself, its local backward unlike its own local forward. Both walks are checked, the one that makes
 * graph and the one that does not.
 *
 * `f` gets variables of its own, made of the inputs: neither the inputs nor the `.grad` of any tensor change, and other
 * variables that `f` reads count as constants. In the mode "random" all derivatives are checked at once in a few random
 * directions: a handful of calls of `f` whatever the size, but an error far smaller than the whole gradient times `rtol`
 * may pass.
 *
 * @param f from tensors like the inputs to a float tensor of any shape
 * @param inputs tensors or numbers; float64, or others if allowed
 * @returns a report: `ok`, `kind`, for each input the worst derivative with its place and its value both ways, `culprits`
 *
 * @example
 * gradcheck((x, y) => x.mul(y).sin(), [tensor([1, 2, 3]), 0.5]).ok; // true
 * gradcheck((x) => x.detach().square(), [3]).kind; // "wrong gradient"
 * gradcheck((x) => x.relu(), [0]).kind; // "kink"
 * gradcheck((x) => x.tanh().exp(), [tensor([1, 2])], { order: 3 }).ok; // true
 *
 * @throws DTypeError for integer inputs or results, and for float32, unless allowed; GraphError when `f` gives no tensor;
 * ShapeError when its shape changes; ChainruleError for impossible options or a step too small for a value
 */
export function gradcheck<const T extends readonly (Tensor | number)[]>(
  f: (...inputs: GradcheckArguments<T>) => Tensor,
  inputs: T,
  options: GradcheckOptions = {},
): GradcheckReport {
  checkArguments("gradcheck", f, inputs, options);
  const { order = 1, seed = 0 } = options;
  const first = subjectOf(f as unknown as (...inputs: readonly Tensor[]) => Tensor, inputs, options);
  const [output] = first.here.outputs as readonly [Tensor];
  checkDType("the result", output, options);
  const settings = settingsOf([...first.inputs, output], options);
  const random = new Generator(seed);
  const shape = { shape: output.shape, eps: settings.eps };

  const unsteady = difference(first);
  if (unsteady !== null) return new GradcheckReport({ ...nothing(first), ...shape, ...unsteady });
  let inputsSoFar: readonly GradcheckInput[] | null = null;
  for (let subject = first; ; subject = subject.gradients(random)) {
    const compare = settings.mode === "random" ? compareRandomly : compareBothWays;
    const compared = compare(subject, settings, random);
    // A mask may agree with the next one and differ from the one after that.
    const later = difference(first);
    if (later !== null) return new GradcheckReport({ ...nothing(first), ...shape, ...later });
    inputsSoFar = join(subject, compared, inputsSoFar);
    const findings = explain(subject, compared, settings, random);
    if (findings.kind !== "right" || subject.order >= order || subject.inputs.length === 0) {
      return new GradcheckReport({ ...findings, inputs: inputsSoFar, ...shape });
    }
  }
}

/**
 * `gradcheck` for tests: throws the report where a gradient is not right.
 *
 * @example
 * assertGradcheck((x) => x.exp().sum(), [tensor([0, 1])]);
 *
 * @throws ChainruleError with the report as its message; and all that `gradcheck` throws
 */
export function assertGradcheck<const T extends readonly (Tensor | number)[]>(
  f: (...inputs: GradcheckArguments<T>) => Tensor,
  inputs: T,
  options: GradcheckOptions = {},
): void {
  checkArguments("assertGradcheck", f, inputs, options);
  const report = gradcheck(f, inputs, options);
  if (!report.ok) throw new ChainruleError(report.toString());
}

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

function checkArguments(op: string, f: unknown, inputs: unknown, options: unknown): void {
  checkFunction(op, f);
  if (!Array.isArray(inputs)) {
    throw new ChainruleError(`${op}: takes the list of the inputs of f, ${op}(f, [x, y]), got ${show(inputs)}`);
  }
  checkOptions(op, options, GRADCHECK);
}

type Findings = Pick<GradcheckFindings, "kind" | "culprits" | "origin" | "explanation">;

/** What the gravest of the derivatives means. */
function explain(subject: Subject, compared: readonly Comparison[], settings: Settings, random: Generator): Findings {
  const kind = GRAVITY.find((kind) => compared.some(({ worst }) => worst?.kind === kind)) ?? "right";
  const none: Findings = { kind, culprits: [], origin: null, explanation: "" };
  const at = compared.find(({ worst }) => worst?.kind === kind);
  if (kind === "right" || at === undefined) return none;
  switch (kind) {
    case "not finite": {
      const origin = originOf(subject, at, settings.eps);
      return { ...none, origin: origin?.op ?? null, explanation: origin?.text ?? "no node of the graph made it" };
    }
    case "kink":
      return {
        ...none,
        explanation:
          "the function has a kink or a jump here, where there is no derivative, and the gradient is a slope that it may " +
          "have: move the input away from it, by more than eps",
      };
    case "wrong gradient":
    case "precision": {
      const culprits = findCulprits(subject, at.seed, settings, random);
      if (kind === "wrong gradient" && culprits.length === 0) return { ...none, explanation: unconnected };
      if (kind === "wrong gradient" || culprits.some(({ analytic }) => analytic !== 0)) {
        return { ...none, kind: "wrong gradient", culprits };
      }
      return { ...none, explanation: imprecise(settings, at.worst) };
    }
    default:
      return kind satisfies never;
  }
}

const unconnected =
  "every node on the way is right by itself: something leaves the graph (detach, stopGradient, noGrad, item() or data), " +
  "or a hook or a checkpoint changes the gradient";

function imprecise({ eps }: Settings, worst: GradcheckDerivative | null): string {
  const { noise = null } = worst ?? {};
  const size = noise === null || !Number.isFinite(noise) ? "large" : `estimated at ${Number(noise.toPrecision(2))}`;
  return (
    `the differences are not precise enough to judge by: their noise, of the rounding of the values and of the curvature at ` +
    `eps ${eps}, is ${size}; give another eps (a larger one against rounding), or check in float64`
  );
}

/** Where the NaN or infinity behind a derivative began: in the values, in the backward pass, or a step away. */
function originOf(subject: Subject, { worst, seed }: Comparison, eps: number): GradcheckOrigin | null {
  const here = forwardOrigin(subject.here.outputs);
  const backward = worst !== null && !Number.isFinite(worst.analytic) ? backwardOrigin(subject, seed) : null;
  if (subject.here.values.some((value) => !Number.isFinite(value))) return here;
  if (backward !== null) return backward;
  for (const [i, input] of subject.inputs.entries()) {
    for (let element = 0; element < input.size; element++) {
      for (const t of [-eps, eps]) {
        const { evaluation } = subject.element(i, element)(t);
        if (evaluation.values.every(Number.isFinite)) continue;
        const found = forwardOrigin(evaluation.outputs);
        const place = `${subject.names[i]}[${indexOf(element, input.shape).join(", ")}] ${t < 0 ? "less" : "plus"} eps`;
        if (found !== null) return { op: found.op, text: `at ${place}, a step away: ${found.text}` };
      }
    }
  }
  return here;
}

/** What is wrong with a function that gives different values for the same inputs; `null` for one that does not. */
function difference(subject: Subject): Findings | null {
  const [first, second] = [subject.here.values, subject.again().values];
  const at = first.findIndex((value, k) => !Object.is(value, second[k]));
  if (at === -1) return null;
  const index = subject.row(at).index.join(", ");
  return {
    kind: "not deterministic",
    culprits: [],
    origin: null,
    explanation:
      `the function gave ${first[at]} and then ${second[at]} (element [${index}]) for the same inputs, so differences mean ` +
      "nothing: fix the seed, as in new Random(1) inside of the function, or draw random numbers (a dropout mask) once, outside of it",
  };
}

// --- small parts -----------------------------------------------------------------------------------------------------

/** The inputs of a check that has compared nothing. */
function nothing(subject: Subject): { readonly inputs: readonly GradcheckInput[] } {
  return {
    inputs: subject.inputs.map(({ shape }, i) => {
      const name = subject.names[i] as string;
      return { name, shape, ok: false, kind: "right", checked: 0, wrong: 0, worst: null };
    }),
  };
}

/** Adds what was found of one order to what was found of those before, all of which was right. */
function join(
  subject: Subject,
  compared: readonly Comparison[],
  before: readonly GradcheckInput[] | null,
): GradcheckInput[] {
  return compared.map(({ checked, wrong, worst }, i) => {
    const old = before?.[i];
    const part = (one: GradcheckInput["worst"]) => (one === null ? -1 : one.error / one.tolerance);
    const keep = wrong === 0 && old !== undefined && part(old.worst) > part(worst) ? old.worst : worst;
    return {
      name: subject.names[i] as string,
      shape: (subject.inputs[i] as Tensor).shape,
      ok: wrong === 0,
      kind: worst?.kind ?? "right",
      checked: checked + (old?.checked ?? 0),
      wrong,
      worst: keep,
    };
  });
}

function subjectOf(
  f: (...inputs: readonly Tensor[]) => Tensor,
  inputs: readonly (Tensor | number)[],
  options: GradcheckOptions,
): Subject {
  const given = inputs.map((input) => operand("gradcheck", input));
  const names = given.map((input, i) => input.name ?? `input${i}`);
  given.forEach((input, i) => {
    if (!(options.allowIntegers === true && !isFloat(input.dtype))) checkDType(names[i] as string, input, options);
  });
  const chosen = given.flatMap((input, i) => (isFloat(input.dtype) ? [i] : []));
  const all = (floats: readonly Tensor[]) => {
    const args = [...given];
    for (const [k, i] of chosen.entries()) args[i] = floats[k] as Tensor;
    return [resultOf(f(...args))];
  };
  return new Subject(
    all,
    chosen.map((i) => given[i] as Tensor),
    chosen.map((i) => names[i] as string),
  );
}

function settingsOf(tensors: readonly Tensor[], options: GradcheckOptions): Settings {
  const defaults = DEFAULTS[tensors.some((t) => t.dtype === "float32") ? "float32" : "float64"];
  const {
    eps = defaults.eps,
    atol = defaults.atol,
    rtol = defaults.rtol,
    order = 1,
    mode = "full",
    projections = 4,
  } = options;
  if (!(eps > 0 && Number.isFinite(eps)))
    throw new ChainruleError(`gradcheck: eps ${eps} is no step: a number above 0 is needed`);
  if (!(atol >= 0 && rtol >= 0))
    throw new ChainruleError(`gradcheck: atol ${atol}, rtol ${rtol}: numbers of at least 0 are needed`);
  for (const [name, value] of Object.entries({ order, projections })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new ChainruleError(`gradcheck: ${name} ${value}: a whole number of at least 1 is needed`);
    }
  }
  if (mode !== "full" && mode !== "random") {
    throw new ChainruleError(`gradcheck: there is no mode ${show(mode)}; there are "full" and "random"`);
  }
  // What a user asks for is meant for noise as well.
  const coarse = { atol: options.atol ?? defaults.coarse.atol, rtol: options.rtol ?? defaults.coarse.rtol };
  return { eps, atol, rtol, coarse, mode, projections };
}

function checkDType(what: string, t: Tensor, { allowFloat32 = false }: GradcheckOptions): void {
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
