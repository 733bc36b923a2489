import type { Node } from "../graph/node.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/**
 * What a gradient check comes to.
 *
 * - "right": every derivative is right.
 * - "wrong gradient": one differs from the slope of the function, beyond rounding and on both sides.
 * - "kink": the slopes to the left and right differ, and the gradient is one of those between; or the values do, a jump, where
 *   no gradient is right or wrong.
 * - "precision": rounding (or curvature, within eps) hides the derivative: the differences say nothing against it.
 * - "not deterministic": the function gives different values for the same inputs.
 * - "not finite": a value or a gradient is NaN or infinite.
 */
export type GradcheckKind = "right" | "wrong gradient" | "kink" | "precision" | "not deterministic" | "not finite";

/** One derivative, found both ways. */
export interface GradcheckDerivative {
  /** 1 for a derivative of the function, 2 for one of its gradient, and so on. */
  readonly order: number;
  /** What is differentiated: `y`, or `gradient by x`. */
  readonly of: string;
  /** The element of it; `[]` for a scalar, `null` for a random combination of all elements. */
  readonly output: readonly number[] | null;
  /** The element of the input that it is differentiated by; `[]` for a scalar, `null` for a random direction. */
  readonly index: readonly number[] | null;
  /** From the graph's backward pass. */
  readonly analytic: number;
  /** From central differences. */
  readonly numerical: number;
  /** |analytic - numerical|. */
  readonly error: number;
  /** The error that is allowed: atol + rtol |numerical|; in a random direction, atol + rtol |gradient|; more for noise. */
  readonly tolerance: number;
  /** How far rounding and curvature may put the difference off, as estimated; `null` where nothing asked for that. */
  readonly noise: number | null;
  /** The slopes to the left and to the right; of a wrong derivative as good as the function lets them be known. */
  readonly slopes: readonly [left: number, right: number];
  /** Of a kink: whether the values to the left and to the right do not meet. */
  readonly jumps: boolean;
  readonly kind: Exclude<GradcheckKind, "not deterministic">;
}

/** A node whose local backward is not the derivative of its local forward. */
export interface GradcheckCulprit {
  /** The name of the op. */
  readonly op: string;
  readonly node: Node;
  /** The node as `print` shows it: `t2: Cube(t1) [3]`. */
  readonly text: string;
  /** Its place among the nodes of the graph in forward order, counted from 1, and how many there are. */
  readonly position: number;
  readonly nodes: number;
  /** In which step of a loop it is, as `step 3 of scan`, or in `the equations of fixedPoint`; `null` for none. */
  readonly step: string | null;
  /** The input whose gradient is wrong, and where: `null` for a derivative in a random direction. */
  readonly input: number;
  readonly index: readonly number[] | null;
  /** The derivative of the node alone, in the input, of the sum of its output times the gradient that reaches it. */
  readonly analytic: number;
  readonly numerical: number;
}

/** What was found for one input. */
export interface GradcheckInput {
  /** Its name, or `input0`, `input1`, ... */
  readonly name: string;
  readonly shape: Shape;
  readonly ok: boolean;
  readonly kind: GradcheckDerivative["kind"];
  /** How many derivatives were compared, and how many of them are not right. */
  readonly checked: number;
  readonly wrong: number;
  /** The one that says most: of the gravest kind, the one farthest off; `null` where there was none to compare. */
  readonly worst: GradcheckDerivative | null;
}

export interface GradcheckFindings {
  readonly kind: GradcheckKind;
  readonly inputs: readonly GradcheckInput[];
  /** The shape of the function's result. */
  readonly shape: Shape;
  /** The step that was taken to either side. */
  readonly eps: number;
  /** The nodes that are wrong by themselves, in forward order; the first one is the most likely culprit. */
  readonly culprits: readonly GradcheckCulprit[];
  /** The name of the op that made the first NaN or infinity; `null` where there is none, or where it was given. */
  readonly origin: string | null;
  /** What to do, or what else is known. */
  readonly explanation: string;
}

/** What `gradcheck` found. */
export class GradcheckReport implements GradcheckFindings {
  /** Whether every derivative is right. */
  readonly ok: boolean;
  readonly kind: GradcheckKind;
  readonly inputs: readonly GradcheckInput[];
  readonly shape: Shape;
  readonly eps: number;
  readonly culprits: readonly GradcheckCulprit[];
  readonly origin: string | null;
  readonly explanation: string;

  constructor({ kind, inputs, shape, eps, culprits, origin, explanation }: GradcheckFindings) {
    this.ok = kind === "right";
    this.kind = kind;
    this.inputs = inputs;
    this.shape = shape;
    this.eps = eps;
    this.culprits = culprits;
    this.origin = origin;
    this.explanation = explanation;
  }

  /** The verdict, a line for each input with its worst derivative (for a wrong one both values), the culprit, and the repair. */
  toString(): string {
    const verdict = this.ok ? "passed" : `failed: ${this.kind}`;
    const title = `gradcheck ${verdict} (result ${formatShape(this.shape)}, eps ${this.eps})`;
    const explanation = this.explanation === "" ? [] : [this.explanation];
    return [
      title,
      ...[...this.inputs.map(formatInput), ...this.culprits.slice(0, 3).map(formatCulprit), ...explanation].map(
        (line) => `  ${line}`,
      ),
    ].join("\n");
  }
}

function formatInput({ name, shape, ok, checked, wrong, worst }: GradcheckInput): string {
  const subject = `${name} ${formatShape(shape)}`;
  if (worst === null) return `${subject}: nothing to compare`;
  const { order, of, output, index, analytic, numerical, error, tolerance, slopes, jumps, kind } = worst;
  const size = `error ${short(error)}, tolerance ${short(tolerance)}`;
  if (ok) return `${subject}: all ${checked} derivatives right, the worst with ${size}`;
  const values = `analytic ${long(analytic)}, numerical ${long(numerical)}, ${size}`;
  const which = `d${element(of, output)}/d${element(name, index)}`;
  const sides = kind === "kink" ? `; slopes ${short(slopes[0])} on the left, ${short(slopes[1])} on the right` : "";
  const level = order === 1 ? "derivatives" : `derivatives up to order ${order}`;
  return `${subject}: ${wrong} of ${checked} ${level} not right; ${jumps ? "jump" : kind}: ${which}: ${values}${sides}`;
}

function formatCulprit(culprit: GradcheckCulprit, at: number, { length }: readonly GradcheckCulprit[]): string {
  const { op, text, position, nodes, step, input, index, analytic, numerical } = culprit;
  const where = index === null ? "in a random direction" : index.length === 0 ? "" : `at [${index.join(", ")}]`;
  const others = at === 0 && length > 1 ? `; ${length - 1} more` : "";
  const place = `node ${position} of ${nodes}, ${text}${step === null ? "" : `, in ${step}`}`;
  return `${at === 0 ? "the likely culprit is" : "also wrong by itself:"} ${op}, ${place}: its gradient by input ${input} ${where}${where === "" ? "" : " "}is ${long(analytic)}, its own forward says ${long(numerical)}${others}`;
}

function element(name: string, index: readonly number[] | null): string {
  if (index === null) return `(${name}, in a random direction)`;
  return index.length === 0 ? `(${name})` : `(${name}[${index.join(", ")}])`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function long(value: number): string {
  return String(Number(value.toPrecision(10)));
}
