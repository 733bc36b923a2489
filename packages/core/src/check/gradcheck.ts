import { isFloat } from "../dtype.js";
import { ChainruleError, CompileError } from "../errors.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import { Generator } from "../random/generator.js";
import { compareBothWays } from "./comparison.js";
import { findCulprits } from "./culprit.js";
import { compareRandomly } from "./directions.js";
import { checkArguments, checkDType, type GradcheckOptions, settingsOf } from "./gradcheck-options.js";
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

/** The inputs as the function gets them: tensors of their shapes, numbers as scalars. */
export type GradcheckArguments<T extends readonly (Tensor | number)[]> = {
  readonly [K in keyof T]: T[K] extends Tensor ? T[K] : Tensor<readonly []>;
};

/**
 * Compares the gradients of the graph with central differences, (f(x + eps) - f(x - eps)) / 2 eps: every derivative of an
 * element of the result by an element of an input. One is right if |analytic - numerical| <= atol + rtol |numerical|, or if
 * it is off by no more than noise may be, the rounding of the values divided by eps, as long as that is small.
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
 * @throws DTypeError for integer inputs or results, and for float32, unless allowed; GraphError when `f` gives no tensor; CompileError for a compiled function, which has no graph;
 * ShapeError when its shape changes; ChainruleError for impossible options or a step too small for a value
 */
export function gradcheck<const T extends readonly (Tensor | number)[]>(
  f: (...inputs: GradcheckArguments<T>) => Tensor,
  inputs: T,
  options: GradcheckOptions = {},
  ...none: []
): GradcheckReport {
  checkNoMore("gradcheck", none);
  checkArguments("gradcheck", f, inputs, options);
  const { order = 1, seed = 0 } = options;
  // The tensors that are given to f are made of T one by one, which a list of any length cannot say.
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
  ...none: []
): void {
  checkNoMore("assertGradcheck", none);
  checkArguments("assertGradcheck", f, inputs, options);
  const report = gradcheck(f, inputs, options);
  if (!report.ok) throw new ChainruleError(report.toString());
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
      return { ...none, explanation: at.worst?.jumps === true ? jump : kink };
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

const kink =
  "the function has a kink here, where there is no derivative, and the gradient is a slope that it may have: move the input away " +
  "from it, by more than eps";
const jump =
  "the function has a jump here, where there is no derivative, and nothing can be said of the gradient: move the input away " +
  "from it, by more than eps";
const unconnected =
  "every node on the way is right by itself: something leaves the graph (detach, stopGradient, noGrad, item() or data), " +
  "or a hook changes the gradient";

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
  const here = forwardOrigin(subject.inside.outputs);
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

/** What a program gives has no graph. */
function uncompiled<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new CompileError(
      `gradcheck: the function threw "${error.message}"; what a compiled function gives has no graph, and so no gradients to check: give ` +
        "gradcheck the function that is compiled",
      { cause: error },
    );
  }
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
    return [resultOf(uncompiled(() => f(...args)))];
  };
  return new Subject(
    all,
    chosen.map((i) => given[i] as Tensor),
    chosen.map((i) => names[i] as string),
  );
}
