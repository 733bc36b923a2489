import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** One derivative, found both ways. */
export interface GradcheckDerivative {
  /** The element of the result that is differentiated; `[]` for a scalar. */
  readonly output: readonly number[];
  /** The element of the input that it is differentiated by; `[]` for a scalar. */
  readonly index: readonly number[];
  /** From the graph's backward pass. */
  readonly analytic: number;
  /** From central differences. */
  readonly numerical: number;
  /** |analytic - numerical|. */
  readonly error: number;
  /** The error that is allowed: atol + rtol |numerical|. */
  readonly tolerance: number;
  /** The slopes on the way from x - eps to x and from x to x + eps: they differ where x is on a kink or a jump. */
  readonly slopes: readonly [left: number, right: number];
}

/** What was found for one input. */
export interface GradcheckInput {
  /** Its name, or `input0`, `input1`, ... */
  readonly name: string;
  readonly shape: Shape;
  readonly ok: boolean;
  /** How many derivatives were compared, and how many of them are wrong. */
  readonly checked: number;
  readonly wrong: number;
  /** The derivative whose error is the largest part of its tolerance (or NaN); `null` where there was none to compare. */
  readonly worst: GradcheckDerivative | null;
}

/** What `gradcheck` found. */
export class GradcheckReport {
  /** Whether every derivative is right. */
  readonly ok: boolean;
  readonly inputs: readonly GradcheckInput[];
  /** The shape of the function's result. */
  readonly shape: Shape;
  /** The step that was taken to either side. */
  readonly eps: number;

  constructor(shape: Shape, inputs: readonly GradcheckInput[], eps: number) {
    this.ok = inputs.every((input) => input.ok);
    this.inputs = inputs;
    this.shape = shape;
    this.eps = eps;
  }

  /** A line for each input; for one with a wrong derivative also the worst of them, with both values. */
  toString(): string {
    const title = `gradcheck ${this.ok ? "passed" : "failed"}: result ${formatShape(this.shape)}, eps ${short(this.eps)}`;
    return [title, ...this.inputs.flatMap(describe).map((line) => `  ${line}`)].join("\n");
  }
}

function describe({ name, shape, ok, checked, wrong, worst }: GradcheckInput): string[] {
  const subject = `${name} ${formatShape(shape)}`;
  if (worst === null) return [`${subject}: nothing to compare`];
  const { analytic, numerical, error, tolerance } = worst;
  const size = `error ${short(error)}, tolerance ${short(tolerance)}`;
  if (ok) return [`${subject}: ${checked} of ${checked} derivatives right, the worst: ${size}`];
  return [
    `${subject}: ${wrong} of ${checked} derivatives wrong, the worst: d ${element("f", worst.output)} / d ${element(name, worst.index)}`,
    `  analytic ${long(analytic)}, numerical ${long(numerical)}, ${size}`,
    ...hints(worst),
  ];
}

function element(name: string, index: readonly number[]): string {
  return index.length === 0 ? name : `${name}[${index.join(", ")}]`;
}

/** Where the slopes to either side differ, it may be the numerical value that is of no use. */
function hints({ numerical, tolerance, slopes: [left, right] }: GradcheckDerivative): string[] {
  if (!Number.isFinite(numerical)) return ["  f is not finite here, or eps away from here"];
  if (!(Math.abs(right - left) > 2 * tolerance)) return [];
  return [`  the slopes to the left and right are ${short(left)} and ${short(right)}: a kink or a jump, or an eps that does not suit f`];
}

function short(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

function long(value: number): string {
  return String(Number(value.toPrecision(10)));
}
