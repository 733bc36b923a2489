import { isFloat } from "../../dtype.js";
import { GraphError } from "../../errors.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, withTracer } from "../../graph/tracer.js";
import { formatShape } from "../../shape/shape.js";
import { type Block, checkRedrawn, traceBlock } from "../../trace/block.js";
import { movedBy, replayed } from "../../trace/positions.js";
import { BlockNode, partOf } from "./block-node.js";
import { edgesOf, type Flat, pulled } from "./pull.js";

/** A function that is traced once for each set of forms, and called from many places. */
export class Callee {
  readonly op: string;
  readonly f: Flat;
  /** By what traces now: the traces of the function, by the forms of its arguments. */
  private readonly traced = new WeakMap<object, Map<string, Called>>();
  /** The forms that it is being traced for. */
  private readonly begun = new Set<string>();

  constructor(op: string, f: Flat) {
    this.op = op;
    this.f = f;
  }

  /**
   * Its trace for arguments like these; made now if there is none.
   *
   * @throws GraphError where tracing it comes back to itself with such arguments, which would never end
   */
  called(given: readonly Tensor[]): Called {
    const current = tracer() as object;
    const known = this.traced.get(current) ?? new Map<string, Called>();
    this.traced.set(current, known);
    const key = `${isRecording()} ${given.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(" ")}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (this.begun.has(key)) throw callsItself(this.op, given);
    this.begun.add(key);
    try {
      const block = traceBlock(this.op, given, (...own) => {
        const { edges, close } = edgesOf(own);
        const results = this.f(edges);
        close();
        return results;
      });
      const made = { block, pullbacks: new Map<string, Callee>() };
      known.set(key, made);
      // Tracing it has moved on what it draws from, as a call does.
      movedBy(block, 0);
      return made;
    } finally {
      this.begun.delete(key);
    }
  }
}

interface Called {
  readonly block: Block;
  /** By which results have gradients, and what they are wanted of: the functions that pull them back. */
  readonly pullbacks: Map<string, Callee>;
}

/** A call as one node of the function that is traced. */
export function tracedCall(
  callee: Callee,
  given: readonly Tensor[],
): { readonly called: Called; readonly results: readonly Tensor[] } {
  const called = callee.called(given);
  const { block } = called;
  const moved = block.draws.map(({ generator, begin }) => withTracer(null, () => generator.position) - begin);
  const whole = new Call(callee, called, given.length, moved).apply(...given, ...block.operands);
  movedBy({ draws: block.draws.map((use, i) => ({ ...use, begin: use.begin + (moved[i] as number) })) }, 1);
  return { called, results: block.trace.outputs.map((form, i) => partOf(whole, i, form)) };
}

/** A call of a function that was traced once. The inputs are its arguments, and what it closes over; the parts are its results. */
export class Call extends BlockNode {
  override readonly name = "Call";
  readonly given: number;
  readonly block: Block;
  /** By how much what it draws from has moved on since the trace, by the order of the block's draws. */
  readonly moved: readonly number[];
  readonly callee: Callee;
  private readonly called: Called;

  constructor(callee: Callee, called: Called, given: number, moved: readonly number[]) {
    super();
    this.callee = callee;
    this.called = called;
    this.block = called.block;
    this.given = given;
    this.moved = moved;
  }

  get blocks(): readonly Block[] {
    return [this.block];
  }

  override withBlocks([block]: readonly Block[]): Call {
    return this.withLess({ block: block as Block });
  }

  /** The same call with another block, and perhaps fewer arguments. */
  withLess(less: Partial<Pick<Call, "block" | "given">>): Call {
    return Object.assign(this.again(), less);
  }

  /** A call of the function that pulls back, which is traced once as well. */
  override backwardOfParts(douts: readonly (Tensor | undefined)[]): readonly (Tensor | null)[] {
    const { inputs, given: count, block, callee } = this;
    const given = inputs.slice(0, count);
    const captured = inputs.slice(count);
    const wanted = given.flatMap(({ dtype, requiresGrad }, i) => (requiresGrad && isFloat(dtype) ? [i] : []));
    const wantedCaptured = captured.flatMap(({ requiresGrad }, i) => (requiresGrad ? [i] : []));
    const present = douts.flatMap((dout, i) => (dout === undefined ? [] : [i]));
    const key = [present, wanted, wantedCaptured].map((list) => list.join()).join(";");
    let pullback = this.called.pullbacks.get(key);
    if (pullback === undefined) {
      const by = wantedCaptured.map((i) => captured[i] as Tensor);
      pullback = new Callee(callee.op, (all) => {
        const seeds = new Array<Tensor | undefined>(block.trace.outputs.length).fill(undefined);
        present.forEach((i, k) => {
          seeds[i] = all[count + k];
        });
        const gradients = pulled(callee.f, all.slice(0, count), seeds, by);
        return [
          ...wanted.map((i) => gradients.given[i] as Tensor),
          ...gradients.captured.map((gradient, k) => gradient ?? zerosOf(by[k] as Tensor)),
        ];
      });
      this.called.pullbacks.set(key, pullback);
    }
    const { called, results } = replayed(
      { draws: block.draws.map((use, i) => ({ ...use, begin: use.begin + (this.moved[i] as number) })) },
      0,
      () => tracedCall(pullback as Callee, [...given, ...present.map((i) => douts[i] as Tensor)]),
    );
    for (const use of called.block.draws) checkRedrawn(callee.op, block.draws, use);
    const gradients = new Array<Tensor | null>(inputs.length).fill(null);
    [...wanted, ...wantedCaptured.map((i) => count + i)].forEach((i, k) => {
      gradients[i] = results[k] as Tensor;
    });
    return gradients;
  }
}

function callsItself(op: string, given: readonly Tensor[]): GraphError {
  const forms = given.map(({ dtype, shape }) => `${formatShape(shape)} ${dtype}`).join(", ");
  return new GraphError(
    `${op}: the function calls itself with arguments of the same shapes and dtypes (${forms}); nothing in a program would end that, as ` +
      "both branches of a cond are traced: write the repetition as scan or whileLoop",
  );
}

function zerosOf(x: Tensor): Tensor {
  return x.constant(0).broadcastTo(x.shape);
}
