import { type DType, isFloat, type Values } from "../../dtype.js";
import { GraphError } from "../../errors.js";
import { Argument } from "../../graph/argument.js";
import type { Node } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { asValues, deferredIn, tracer } from "../../graph/tracer.js";
import type { Generator } from "../../random/generator.js";
import { formatShape } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { type Block, BlockRecorder } from "../../trace/block.js";
import { Detach } from "../../trace/detach.js";
import { movedBy } from "../../trace/positions.js";
import { type KnownGenerator, Recorder } from "../../trace/trace.js";
import { Traced } from "../../trace/traced.js";
import { BlockNode } from "../control/block-node.js";
import { Implicit } from "../control/implicit.js";
import { FunctionNode } from "../function-node.js";
import { type Batched, elementShape } from "./batched.js";

/** A function of one element wants to read a value, which is not the same for all. */
export class ValueWanted extends GraphError {}

/** What a function did for one element, to be done for all of a batch at once. */
export interface Program {
  readonly recorder: BatchRecorder;
  readonly block: Block;
  /** What the function closes over, behind the inputs of the trace that are given. */
  readonly operands: readonly Batched[];
  /** The values that the results are made of, each behind those that it is made of itself. */
  readonly order: readonly Traced[];
  /** What stood in the places of the inputs: gradients of these are wanted while it is done for the batch. */
  readonly arguments: readonly Argument[];
}

/** Where values of older traces, which a function that is traced later may close over, are found. */
export interface Scope {
  owns(value: Traced): boolean;
  find(value: Traced): Batched;
}

/**
 * By which inputs a function may be differentiated: those that have a graph, or all, as others are going to stand in their places; "inside": all,
 * but by the function itself alone.
 */
export type Wanted = "linked" | "all" | "inside";

/** That of a function which a node runs, with these inputs, what it closes over among them. */
export function wantedOf(inputs: readonly Batched[]): Wanted {
  return inputs.some(({ tensor }) => tensor.requiresGrad) ? "all" : "inside";
}

/** Traces a function of one element of each input. */
export function traceElement(
  op: string,
  inputs: readonly Batched[],
  f: (...elements: readonly Tensor[]) => readonly Tensor[],
  scope: Scope | null = null,
  wanted: Wanted = "linked",
): Program {
  const current = tracer();
  const recorder = new BatchRecorder(op, inputs, current instanceof Recorder ? current : null, scope, wanted);
  return recorder.program(f);
}

/**
 * Records nodes as they are, so that each keeps its own backward: what is composed of other ops, and what is a function with a gradient of
 * its own, stays one node. It also records where graphs end (`stopGradient`, `noGrad`), which values alone do not tell.
 */
export class BatchRecorder extends BlockRecorder {
  /** The values that have a graph. */
  readonly linked = new Set<Traced>();
  /** Those that would have one, if all that led to them had been recorded. */
  private readonly linkable = new Set<Traced>();
  /** Those that depend on what is differentiated outside of the function. */
  private readonly outer = new Set<Traced>();
  /** Which results of nodes with several are used. */
  readonly parts = new Map<Traced, Set<number>>();
  private readonly solutions = new Map<Implicit, Traced>();
  private readonly scope: Scope | null;
  /** The forms of what stands in older traces. */
  private readonly found = new Map<Tensor, Traced>();
  private readonly wanted: readonly boolean[];
  private readonly isInside: boolean;

  constructor(op: string, inputs: readonly Batched[], parent: Recorder | null, scope: Scope | null, wanted: Wanted) {
    const forms = inputs.map((input) => ({
      shape: elementShape(input),
      dtype: input.tensor.dtype,
      name: input.tensor.name,
    }));
    super(op, forms, parent, []);
    this.scope = scope;
    this.isInside = wanted === "inside";
    this.wanted = inputs.map(
      ({ tensor }) => isRecording() && (wanted !== "linked" || tensor.requiresGrad) && isFloat(tensor.dtype),
    );
  }

  program(f: (...elements: readonly Tensor[]) => readonly Tensor[]): Program {
    const nodes: Argument[] = [];
    const block = this.block((...placeholders) => {
      const edges = placeholders.map((placeholder, i) => {
        if (this.wanted[i] !== true) return placeholder;
        const node = new Argument();
        nodes.push(node);
        return node.apply(placeholder);
      });
      for (const edge of edges) if (edge.requiresGrad) this.mark(deferredIn(edge.values) as Traced);
      try {
        return f(...edges);
      } finally {
        for (const node of nodes) node.live = false;
      }
    });
    // Tracing draws nothing; a run does, from where the generators stand then.
    movedBy(block, 0);
    const operands = block.operands.map((tensor) => {
      const older = this.found.get(tensor);
      if (older === undefined) return { tensor, isBatched: false };
      const { tensor: now, isBatched } = (this.scope as Scope).find(older);
      return { tensor: tensor.requiresGrad ? now : now.detach(), isBatched };
    });
    return { recorder: this, block, operands, order: orderOf(block.trace.outputs), arguments: nodes };
  }

  private mark(value: Traced): void {
    this.linked.add(value);
    this.linkable.add(value);
    if (!this.isInside) this.outer.add(value);
  }

  /** By its number here; with where it stood when the trace met it. */
  generatorAt(index: number): { readonly generator: Generator; readonly start: number; readonly isMade: boolean } {
    const [generator, known] = [...this.generators][index] as [Generator, KnownGenerator];
    return { generator, start: known.start, isMade: this.made.has(generator) };
  }

  protected override composition(): null {
    return null;
  }

  override tracedOf(tensor: Tensor): Traced {
    const value = super.tracedOf(tensor);
    if (tensor.requiresGrad || !this.linkable.has(value)) return value;
    const { shape, dtype, source } = value;
    // Of this one the parts are.
    if (source.kind === "node" && source.node instanceof BlockNode) return value;
    const node = new Detach();
    return this.results.of(node, [value], () => this.traced(shape, dtype, { kind: "node", node }, [value]));
  }

  override apply(node: Node, inputs: readonly Tensor[], shape: Shape, dtype: DType): Values {
    const values = super.apply(node, inputs, shape, dtype);
    const value = deferredIn(values) as Traced;
    if (isFloat(dtype) && value.inputs.some((input) => this.linkable.has(input))) this.linkable.add(value);
    if (isRecording() && isFloat(dtype) && inputs.some((input) => input.requiresGrad)) this.record(value);
    if (node instanceof Part) {
      const whole = value.inputs[0] as Traced;
      this.parts.set(whole, (this.parts.get(whole) ?? new Set()).add(node.index));
    }
    return values;
  }

  private record(value: Traced): void {
    this.linked.add(value);
    this.linkable.add(value);
    if (value.inputs.some((input) => this.outer.has(input))) this.outer.add(value);
  }

  override madeBy(node: Node, result: Tensor, inputs: readonly Tensor[]): Values {
    if (node instanceof Part) return this.solutionPart(node, result, inputs[0] as Tensor);
    if (!(node instanceof FunctionNode) || node.isTransparent) return super.madeBy(node, result, inputs);
    // What the function made stands first among the inputs.
    const operands = [this.tracedOf(result), ...inputs.map((input) => this.tracedOf(input))];
    const value = this.traced(result.shape, result.dtype, { kind: "node", node }, operands);
    this.record(value);
    return asValues(value);
  }

  /** A part of a solution, whose gradient is that of its equations: see `Implicit`. */
  private solutionPart(part: Part, result: Tensor, { node }: Tensor): Values {
    if (!(node instanceof Implicit) || part.arity === 0) return super.madeBy(part, result, []);
    let whole = this.solutions.get(node);
    if (whole === undefined) {
      const operands = [...node.inputs, ...node.solution].map((tensor) => this.tracedOf(tensor));
      whole = this.traced([], "float64", { kind: "node", node }, operands);
      this.solutions.set(node, whole);
      this.record(whole);
    }
    const value = this.traced(result.shape, result.dtype, { kind: "node", node: part }, [whole]);
    this.record(value);
    return asValues(value);
  }

  protected override get caller(): string {
    return "vmap";
  }

  override unknown(what: string): Error {
    return new ValueWanted(
      `vmap: the value of ${what}, is not known in the function, which runs once for all elements of the batch: item(), data, ` +
        "toArray() and branches on values have no one value there. Choose by where(...), return the tensor and read it outside, or " +
        "call the function in a loop",
    );
  }

  override hooked(tensor: Tensor, remove: () => void): void {
    const value = deferredIn(tensor.values);
    if (!(value instanceof Traced && this.outer.has(value))) {
      super.hooked(tensor, remove);
      return;
    }
    remove();
    throw new GraphError(
      `vmap: onGradient of a tensor ${formatShape(tensor.shape)} in the function: its gradients for all elements come at once, when the ` +
        "derivative is taken outside; take it inside, as in vmap(grad(f)), write customGradient, or add the hook to what goes in or comes out",
    );
  }

  /** What a gradient from outside is can be read; a new one would be put back when the trace is over. */
  override gradient(tensor: Tensor, use: "read" | "replace"): void {
    if (this.local.has(tensor) || this.parent !== null) super.gradient(tensor, use);
    else if (use === "replace") {
      throw new GraphError(
        `vmap: the gradient of ${tensor.name ?? "a variable"} ${formatShape(tensor.shape)} is to be replaced in the function, which runs ` +
          "once for all elements; call zeroGrad() or set .grad outside of it",
      );
    }
  }

  protected override outside(tensor: Tensor): Traced {
    const older = deferredIn(tensor.values);
    const known = this.operands.get(tensor);
    if (known !== undefined || !(older instanceof Traced) || !this.scope?.owns(older)) {
      const made = super.outside(tensor);
      if (tensor.requiresGrad && made.source.kind === "input") this.mark(made);
      return made;
    }
    const made = this.input(tensor.shape, tensor.dtype);
    this.operands.set(tensor, made);
    this.found.set(tensor, older);
    if (tensor.requiresGrad) this.mark(made);
    return made;
  }
}

/** Values and what they are made of, each behind that. */
export function orderOf(outputs: readonly Traced[]): readonly Traced[] {
  const needed = new Set(outputs);
  for (const value of needed) for (const input of value.inputs) needed.add(input);
  return [...needed].sort((a, b) => a.id - b.id);
}
