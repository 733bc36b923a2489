import { checkFunction } from "../checks.js";
import { isFloat, type Values } from "../dtype.js";
import { ChainruleError } from "../errors.js";
import type { Node } from "../graph/node.js";
import { inScope } from "../graph/recording.js";
import { stepOf } from "../graph/steps.js";
import type { Tape } from "../graph/tape.js";
import type { Tensor } from "../graph/tensor.js";
import { type Watcher, withWatcher } from "../graph/watch.js";
import { checkNoMore, checkOptions } from "../options.js";
import { explainBackward, explainForward, explainGiven, type Finding } from "./explain.js";
import { captureStack, placeOf } from "./place.js";

export interface AnomalyOptions {
  /** Whether an infinity stops the run as a NaN does. Default true. */
  readonly infinities?: boolean;
}

/**
 * What `detectAnomaly` stops with: the first NaN or infinity, and where it came from.
 *
 * @example
 * let found;
 * try {
 *   detectAnomaly(() => log(sub(variable(1), 2)));
 * } catch (error) {
 *   found = error;
 * }
 * found instanceof AnomalyError && found.op; // "Log"
 */
export class AnomalyError extends ChainruleError {
  override readonly name = "AnomalyError";
  /** The op whose output, or whose gradient for an input, holds the value. */
  readonly op: string;
  /** Whether the value is one of the output or one of a gradient. */
  readonly pass: "forward" | "backward";
  /** NaN, Infinity or -Infinity. */
  readonly value: number;
  /** The element that holds it, of the output or of the gradient; `[]` for a scalar. */
  readonly index: readonly number[];
  /** The place in the user's code that applied the op; `null` if it was made outside of the scope. */
  readonly place: string | null;

  constructor({ op, pass, value, index }: Finding, place: string | null, message: string) {
    super(message);
    this.op = op;
    this.pass = pass;
    this.value = value;
    this.index = index;
    this.place = place;
  }
}

/** Where a node was made; for one that the gradient of another node is made of, also where that was. */
interface Origin {
  readonly stack: Error;
  readonly gradientOf: Node | null;
}

/** The origins of the nodes made in a scope: in here, so that a node costs nothing more elsewhere. */
const origins = new WeakMap<Node, Origin>();

/**
 * Runs `f` and stops at the first NaN or infinity: in the output of an op, or in a gradient during `backward`, `grad` or any
 * other walk. The error names the op and the element, shows its inputs and says whether one of them was bad already, and
 * gives the place in your code that applied the op. Where the NaN is that of 0 times an infinite derivative, in a branch
 * that `where` does not take, it says how to repair it.
 *
 * A graph has to be made in the scope for its places to be known. Values that are made elsewhere (data, parameters) are not
 * looked at until an op makes another bad value of them. Outside of the scope nothing is recorded and nothing is slower.
 *
 * @param f what to run, synchronous
 * @param options `infinities: false` where infinities are meant, as in log(0) or a mask: then only NaN stops the run
 * @returns what `f` gives
 * @throws AnomalyError for the first bad value; GraphError when `f` is asynchronous or a generator
 *
 * @example
 * const x = variable([1, 4]);
 * detectAnomaly(() => x.sqrt().sum().backward());
 * x.grad?.toArray(); // [0.5, 0.25]
 * detectAnomaly(() => tensor(0).log(), { infinities: false }).item(); // -Infinity
 */
export function detectAnomaly<R>(f: () => R, options: AnomalyOptions = {}, ...none: []): R {
  checkFunction("detectAnomaly", f);
  checkNoMore("detectAnomaly", none);
  checkOptions("detectAnomaly", options, ["infinities"], ["infinities"]);
  const { infinities = true } = options;
  return inScope("detectAnomaly", f, (f) => withWatcher(new Detector(infinities), f));
}

class Detector implements Watcher {
  private readonly isBad: (value: number) => boolean;
  /** The node whose local backward is under way: its gradient is looked at when it is done, not what it is made of. */
  private passing: Node | null = null;

  constructor(infinities: boolean) {
    this.isBad = infinities ? (value) => !Number.isFinite(value) : Number.isNaN;
  }

  applied(node: Node, output: Tensor, inputs: readonly Tensor[]): void {
    if (output.node !== null) origins.set(output.node, { stack: captureStack(), gradientOf: this.passing });
    if (this.passing !== null) return;
    const at = this.firstBad(output);
    if (at === null) return;
    const place = placeOf(captureStack());
    const bad = inputs.flatMap((input, i) => {
      const element = this.firstBad(input);
      return element === null ? [] : [{ i, element, origin: describeOrigin(input.node) }];
    });
    const { finding, message } = explainForward(node, output, inputs, at, bad);
    throw new AnomalyError(finding, place, withPlace(message, place));
  }

  given(from: "seed" | "hook", edge: Tensor, gradient: Tensor): void {
    if (this.passing !== null) return;
    const at = this.firstBad(gradient);
    if (at === null) return;
    const { finding, message } = explainGiven(from, edge, gradient, at);
    const origin = describeOrigin(edge.node);
    throw new AnomalyError(
      finding,
      placeOfNode(edge.node),
      `${message}${origin === null ? "" : `\n  its output was made at ${origin}`}`,
    );
  }

  walked(edge: Tensor, node: Node, tape: Tape, pass: () => void): void {
    const outer = this.passing;
    this.passing = node;
    try {
      pass();
      for (let i = 0; i < node.arity; i++) {
        const input = node.input(i);
        const gradient = tape.has(input) ? gradientIn(tape, input) : undefined;
        const at = gradient === undefined || !isFloat(input.dtype) ? -1 : firstWhere(gradient, this.isBad);
        if (gradient === undefined || at < 0) continue;
        const { finding, message } = explainBackward(edge, node, i, tape, gradient, at, describeOrigin);
        const origin = describeOrigin(node) ?? "a place that is not known; apply it inside detectAnomaly, too";
        const step = stepOf(node);
        const where = step === null ? "" : `\n  in ${step}`;
        throw new AnomalyError(finding, placeOfNode(node), `${message}\n  made at ${origin}${where}`);
      }
    } finally {
      this.passing = outer;
    }
  }

  private firstBad({ dtype, values }: Tensor): number | null {
    const at = isFloat(dtype) ? firstWhere(values, this.isBad) : -1;
    return at < 0 ? null : at;
  }
}

/** The gradient that a walk has so far found, without making anything. */
function gradientIn(tape: Tape, edge: Tensor): Values | undefined {
  return tape.isNumber(edge) ? tape.numbers[edge.slot] : tape.tensors[edge.slot]?.values;
}

function firstWhere(values: Values, isBad: (value: number) => boolean): number {
  return typeof values === "number" ? (isBad(values) ? 0 : -1) : values.findIndex(isBad);
}

function placeOfNode(node: Node | null): string | null {
  const origin = node === null ? undefined : origins.get(node);
  return origin === undefined ? null : placeOf(origin.stack);
}

/** The place of a node; of one in a gradient, with the op that it is the gradient of and its place, and so on. */
function describeOrigin(node: Node | null): string | null {
  const origin = node === null ? undefined : origins.get(node);
  if (origin === undefined) return null;
  const { stack, gradientOf } = origin;
  const place = placeOf(stack) ?? "a place that this engine does not tell";
  if (gradientOf === null) return place;
  return `${place}, in the gradient of ${gradientOf.name}, made at ${describeOrigin(gradientOf) ?? "a place that is not known"}`;
}

function withPlace(message: string, place: string | null): string {
  return place === null ? message : `${message}\n  made at ${place}`;
}
