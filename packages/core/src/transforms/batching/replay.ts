import { awake } from "../../graph/argument.js";
import { Part } from "../../graph/part.js";
import { withRecording } from "../../graph/recording.js";
import { asTensor, type Tensor } from "../../graph/tensor.js";
import { Detach } from "../../trace/detach.js";
import type { Traced } from "../../trace/traced.js";
import { BlockNode } from "../control/block-node.js";
import { Implicit } from "../control/implicit.js";
import { FunctionNode } from "../function-node.js";
import type { Batched } from "./batched.js";
import { batchedBlock } from "./blocks.js";
import { BatchDraws, type Randomness } from "./draws.js";
import { batchedFunction } from "./function.js";
import { orderOf, type Program, type Scope, traceElement } from "./record.js";
import { batchedNode } from "./rules.js";
import type { Run } from "./run.js";
import { batchedSolution } from "./solutions.js";

/** What is known in a run: values, and the parts of those that have several. */
interface Known {
  readonly values: Map<Traced, Batched>;
  readonly wholes: Map<Traced, readonly (Batched | undefined)[]>;
}

/** One run of a program for a batch: the ops that it is made of, on tensors with the batch as their first axis. */
export class Replay implements Run {
  readonly size: number;
  readonly randomness: Randomness;
  readonly callees: Run["callees"] = new WeakMap();
  private readonly program: Program;
  private readonly outer: Scope | null;
  private readonly known: Known = { values: new Map(), wholes: new Map() };
  private readonly draws: BatchDraws;

  constructor(
    program: Program,
    inputs: readonly Batched[],
    size: number,
    randomness: Randomness,
    outer: Scope | null = null,
  ) {
    this.program = program;
    this.size = size;
    this.randomness = randomness;
    this.outer = outer;
    this.draws = new BatchDraws(program, size, randomness);
    const given = [...inputs, ...program.operands];
    program.block.trace.inputs.forEach((input, i) => {
      this.known.values.set(input, given[i] as Batched);
    });
  }

  /** The results, for all elements. */
  run(): Batched[] {
    awake(this.program.arguments, () => {
      for (const value of this.program.order) this.compute(value, this.known);
    });
    this.draws.close();
    return this.program.block.trace.outputs.map((output) => this.known.values.get(output) as Batched);
  }

  owns(value: Traced): boolean {
    return this.program.recorder.owns(value) || this.outer?.owns(value) === true;
  }

  /**
   * What a function closes over need not be what the results are made of. It is computed for the one who asks, and not kept: that may be
   * in a part of what is traced.
   */
  find(value: Traced): Batched {
    if (!this.program.recorder.owns(value)) return (this.outer as Scope).find(value);
    const known = this.known.values.get(value);
    if (known !== undefined) return known;
    const own = { values: new Map(this.known.values), wholes: new Map(this.known.wholes) };
    for (const each of orderOf([value])) this.compute(each, own);
    return own.values.get(value) as Batched;
  }

  replay(program: Program, inputs: readonly Batched[]): Batched[] {
    return new Replay(program, inputs, this.size, this.randomness, this).run();
  }

  forBatch(
    op: string,
    inputs: readonly Batched[],
    f: (...elements: readonly Tensor[]) => readonly Tensor[],
  ): Batched[] {
    return this.replay(traceElement(op, inputs, f, this), inputs);
  }

  private compute(value: Traced, known: Known): void {
    if (known.values.has(value) || known.wholes.has(value)) return;
    const isLinked = this.program.recorder.linked.has(value);
    const made = withRecording(isLinked, () => this.made(value, known));
    if (made !== null) known.values.set(value, made);
  }

  private made(value: Traced, { values, wholes }: Known): Batched | null {
    const { source, shape, dtype } = value;
    switch (source.kind) {
      case "literal":
        return { tensor: asTensor(0).cast(dtype).constant(source.value), isBatched: false };
      case "draw":
        return this.draws.of(value, source.draw);
      case "input":
      case "capture":
        throw new Error("what is given has its value");
      case "node": {
        const { node } = source;
        if (node instanceof Part) {
          return wholes.get(value.inputs[0] as Traced)?.at(node.index) as Batched;
        }
        const inputs = value.inputs.map((input) => values.get(input) as Batched);
        if (node instanceof BlockNode) {
          wholes.set(value, batchedBlock(node, inputs, this, this.program.recorder.parts.get(value) ?? new Set()));
          return null;
        }
        if (node instanceof Implicit) {
          wholes.set(value, batchedSolution(node, inputs, this));
          return null;
        }
        if (node instanceof Detach) {
          const [x] = inputs as [Batched];
          return { tensor: x.tensor.detach(), isBatched: x.isBatched };
        }
        if (node instanceof FunctionNode) return batchedFunction(node, inputs, this);
        return batchedNode(node, inputs, { size: this.size, shape, dtype }, this);
      }
      default:
        return source satisfies never;
    }
  }
}
