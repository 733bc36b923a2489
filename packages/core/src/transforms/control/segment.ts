import type { Values } from "../../dtype.js";
import { GraphError } from "../../errors.js";
import { Argument } from "../../graph/argument.js";
import { Part, Parted } from "../../graph/part.js";
import { withReads } from "../../graph/reads.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { type Draws, withDraws } from "../../random/draws.js";
import { sameShape } from "../../shape/shape.js";
import { standingAt } from "../../trace/positions.js";
import { type Flat, onEdges, pulled } from "./pull.js";

let opened = false;

/** Runs `f` with segments and checkpoints as the ops in them, for who wants to see these. */
export function withSegmentsOpen<R>(f: () => R): R {
  const before = opened;
  opened = true;
  try {
    return f();
  } finally {
    opened = before;
  }
}

/** Whether what is recorded now is kept in segments: not in `noGrad`, and not where they are open. */
export function keepsSegments(): boolean {
  return isRecording() && !opened;
}

/**
 * What a function over flat lists gives, as parts of one node that keeps the inputs and these results, and nothing in between: the
 * backward pass runs the function a second time. Its draws are the same then.
 */
export function segment(op: string, given: readonly Tensor[], f: Flat): readonly Tensor[] {
  if (!keepsSegments()) return f(given);
  const draws: Draws = new Map();
  const { edges, results } = withDraws(draws, () => onEdges(given, f));
  const captured = leavesBehind(results, new Set(edges));
  if (![...given, ...captured].some(({ requiresGrad }) => requiresGrad))
    return results.map((result) => result.detach());
  const made = results.map((result) => result.detach());
  const whole = new Segment(op, f, given.length, made, draws).apply(...given, ...captured);
  return made.map((result, i) => new Part(i, result, result).apply(whole));
}

/**
 * The variables behind some tensors, and the arguments of transforms under way: of one that has run inside there is another argument each
 * time. `known` ones are not gone through.
 */
export function leavesBehind(roots: readonly Tensor[], known: ReadonlySet<Tensor>): Tensor[] {
  const met = new Set(roots.filter(({ requiresGrad }) => requiresGrad));
  const leaves: Tensor[] = [];
  for (const edge of met) {
    if (known.has(edge)) continue;
    if (edge.node === null || (edge.node instanceof Argument && edge.node.live)) leaves.push(edge);
    else for (const input of edge.node.inputs) if (input.requiresGrad) met.add(input);
  }
  return leaves;
}

export class Segment extends Parted {
  override readonly name = "Segment";
  private readonly op: string;
  private readonly f: Flat;
  private readonly given: number;
  private readonly made: readonly Tensor[];
  private readonly draws: Draws;

  constructor(op: string, f: Flat, given: number, made: readonly Tensor[], draws: Draws) {
    super();
    this.op = op;
    this.f = f;
    this.given = given;
    this.made = made;
    this.draws = draws;
  }

  override localForward(): Values {
    return 0;
  }

  override backwardOfParts(douts: readonly (Tensor | undefined)[]): readonly (Tensor | null)[] {
    const { inputs } = this;
    const given = inputs.slice(0, this.given);
    const again: Flat = (edges) => {
      const results = standingAt(this.draws, () => this.f(edges));
      if (!results.every((result, i) => sameValues(result, this.made[i] as Tensor))) throw this.changed();
      return results;
    };
    const gradients = pulled(again, given, douts, inputs.slice(this.given));
    return [...gradients.given, ...gradients.captured].map((gradient) => gradient ?? null);
  }

  private changed(): GraphError {
    return new GraphError(
      `${this.op}: a step gave other values when it was computed again for the backward pass; it must depend on nothing but its carry, its ` +
        "element and what it closes over, and that must not change in between",
    );
  }
}

/** NaN is the same as NaN here. Nobody's gradient is lost by such a read. */
export function sameValues(x: Tensor, y: Tensor): boolean {
  if (x.dtype !== y.dtype || !sameShape(x.shape, y.shape)) return false;
  const [a, b] = withReads(null, () => [x.array, y.array] as const);
  return a.every((value, i) => Object.is(value, b[i]) || value === b[i]);
}
