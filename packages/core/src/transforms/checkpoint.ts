import { isFloat } from "../dtype.js";
import { GraphError } from "../errors.js";
import { Argument } from "../graph/argument.js";
import { walk } from "../graph/backward.js";
import { afterHooks } from "../graph/hooks.js";
import { isRecording } from "../graph/recording.js";
import { asTensor, type Tensor } from "../graph/tensor.js";
import { tracer, withTracer } from "../graph/tracer.js";
import type { Shape } from "../shape/types.js";
import { Arguments, checkResult, zerosLike } from "./arguments.js";
import { whileLive } from "./control/pull.js";
import { keepsSegments, leavesBehind, sameValues } from "./control/segment.js";
import { digestOf } from "./digest.js";
import { FunctionNode, type TensorFunction } from "./function-node.js";
import type { Tensors } from "./structure.js";

/**
 * `f(...inputs)` as one node that keeps the inputs and the output, and nothing in between: the backward pass computes the
 * segment a second time, for its graph. It trades the time of one more forward for the memory of the segment.
 *
 * Gradients go to the inputs, and to all variables that `f` closes over. A tensor that `f` closes over and that was itself
 * computed passes its gradient on to the variables that it was computed from, but has no `.grad` of its own from this
 * segment, and its hooks see this segment's part by itself: give it as an input where that matters.
 *
 * Derivatives of higher order are right as well; under `createGraph` the second computation is kept, as it is then part of the
 * graph of the gradient. In `noGrad` this is no more than a call of `f`.
 *
 * @param f from tensors to a tensor; it must give the same values each time, so draw random masks outside of it
 * @param inputs tensors of any dtype, or numbers (scalars); those that are float64 or float32 get gradients
 * @throws GraphError when `f` gives no tensor, and from `backward` when it gave other values or computed something else (other
 * ops, settings or constants, as by what it closes over) the second time. What functions inside of it do with gradients is not
 * seen where the values are the same: hooks, and what the backwards of `customGradient` and `customOp` close over, must not change
 *
 * @example
 * const w = variable([1, 2]);
 * checkpoint((x) => x.square().mul(w), tensor([3, 4])).sum().backward();
 * w.grad?.toArray(); // [9, 16]
 */
export function checkpoint<const Inputs extends readonly (Tensor | number)[], S extends Shape>(
  f: (...inputs: Tensors<Inputs>) => Tensor<S>,
  ...inputs: Inputs
): Tensor<S> {
  const segment = f as unknown as TensorFunction;
  const tensors = inputs.map((input) => asTensor(input));
  if (tensors.length === 0) throw new GraphError("checkpoint: give at least one input, after the function");
  if (!keepsSegments()) {
    const result: unknown = segment(...tensors);
    checkResult("checkpoint", result);
    return result as Tensor<S>;
  }
  const args = argumentsOf(tensors);
  const result = args.run(segment);
  const captured = leavesBehind([result], new Set(args.edges));
  // The argument of a transform that has run inside is another one each time.
  const outer = captured.map((edge) => (edge.node instanceof Argument && !edge.node.live ? null : edge));
  const digest = digestOf(result, [...args.edges, ...outer]);
  return new Checkpoint(segment, tensors.length, outer, digest).record(result, [...tensors, ...captured]) as Tensor<S>;
}

function argumentsOf(tensors: readonly Tensor[]): Arguments {
  return new Arguments(
    "checkpoint",
    tensors,
    tensors.flatMap((tensor, i) => (isFloat(tensor.dtype) ? [i] : [])),
  );
}

export class Checkpoint extends FunctionNode {
  override readonly name = "Checkpoint";
  /** How many of the inputs are those of the segment; the rest is what it closes over. */
  private readonly given: number;
  /** What the segment computed the first time, of its inputs and of these leaves: see `digestOf`. */
  private readonly made: string;
  private readonly outer: readonly (Tensor | null)[];
  private readonly isTraced = tracer() !== null;
  /** A segment has all its gradients at once; the walk asks for one after the other, with the same `dout`. */
  private readonly pulled = new WeakMap<Tensor, { readonly graph: boolean; readonly gradients: (Tensor | null)[] }>();

  constructor(segment: TensorFunction, given: number, outer: readonly (Tensor | null)[], digest: string) {
    super(segment);
    this.given = given;
    this.outer = outer;
    this.made = digest;
  }

  override get digest(): string {
    return this.made;
  }

  override get isTransparent(): boolean {
    return true;
  }

  protected override evaluate(...inputs: Tensor[]): Tensor {
    return super.evaluate(...inputs.slice(0, this.given));
  }

  override localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
    const graph = isRecording();
    const known = this.pulled.get(dout);
    if (known?.graph === graph) return known.gradients[i] ?? null;
    const gradients = this.pull(dout, output, graph);
    this.pulled.set(dout, { graph, gradients });
    return gradients[i] ?? null;
  }

  /** Computes the segment again and walks it: the gradient of each input, `null` for one that has none. */
  private pull(dout: Tensor, output: Tensor, graph: boolean): (Tensor | null)[] {
    const given = this.inputs.slice(0, this.given);
    const captured = this.inputs.slice(this.given);
    const run = () => {
      const args = argumentsOf(given);
      return { args, result: args.run(this.f) };
    };
    // Of values it is computed on values, whatever is traced now, such as a gradient for a batch.
    const { args, result } = whileLive(captured, () => (this.isTraced ? run() : withTracer(null, run)));
    if (!this.isTraced && !sameValues(result, output)) throw changed("gave other values");
    if (digestOf(result, [...args.edges, ...this.outer]) !== this.digest) throw changed("did something else");
    const targets = new Set([...args.edges, ...captured]);
    const tape = result.requiresGrad ? walk(result, dout, graph, targets) : null;
    const own = args.edges.map((edge) => afterHooks(edge, tape?.gradient(edge) ?? zerosLike(edge)));
    let next = 0;
    return [
      ...given.map((input) => (isFloat(input.dtype) ? (own[next++] as Tensor) : null)),
      ...captured.map((edge) => tape?.gradient(edge) ?? null),
    ];
  }
}

function changed(what: string): GraphError {
  return new GraphError(
    `Checkpoint: the function ${what} when it was computed again for the backward pass; it must depend on nothing but its ` +
      "inputs: draw random numbers outside of it, and change nothing in between",
  );
}
