import { isFloat } from "../../dtype.js";
import { GraphError } from "../../errors.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, withTracer } from "../../graph/tracer.js";
import { formatShape } from "../../shape/shape.js";
import { type Block, checkRedrawn, traceBlock } from "../../trace/block.js";
import { movedBy, replayed } from "../../trace/positions.js";
import { type Again, again } from "./again.js";
import { BlockNode, partOf } from "./block-node.js";
import { type Flat, onEdges, pulled, wantedOnce } from "./pull.js";
import { doTheSame } from "./same-run.js";

/**
 * A function that a program has once for each set of forms, and that is called from many places.
 *
 * What it closes over may be another tensor with each call: it is traced for each, and where it does the same it is one function, given
 * that.
 */
export class Callee {
  readonly op: string;
  readonly f: Flat;
  /** By what traces now: the traces of the function, by the forms of its arguments. */
  private readonly traced = new WeakMap<object, Map<string, Called[]>>();
  /** The forms that it is being traced for. */
  private readonly begun = new Set<string>();
  private readonly isPure: boolean;

  /** @param isPure whether it is a function of its arguments alone, and needs one trace for all calls */
  constructor(op: string, f: Flat, isPure = false) {
    this.op = op;
    this.f = f;
    this.isPure = isPure;
  }

  /**
   * Its trace for arguments like these, and what it closes over in this call.
   *
   * @throws GraphError where tracing it comes back to itself with such arguments, which would never end
   */
  called(given: readonly Tensor[]): ThisCall {
    const current = tracer() as object;
    const own = this.traced.get(current) ?? new Map<string, Called[]>();
    this.traced.set(current, own);
    const key = `${isRecording()} ${given.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(" ")}`;
    const known = own.get(key) ?? [];
    own.set(key, known);
    const [only] = known;
    if (this.isPure && only !== undefined) return { called: only, operands: only.block.operands, isTraced: false };
    if (this.begun.has(key)) throw callsItself(this.op, given);
    this.begun.add(key);
    try {
      const block = this.trace(given);
      const alike = known.find((other) => doTheSame(other.block, block));
      const called = alike ?? { block, pullbacks: new WeakMap() };
      if (alike === undefined) known.push(called);
      return { called, operands: block.operands, isTraced: true };
    } finally {
      this.begun.delete(key);
    }
  }

  private trace(given: readonly Tensor[]): Block {
    const block = traceBlock(this.op, given, (...own) => onEdges(own, this.f).results);
    // Tracing it has moved on what it draws from, as a call does.
    movedBy(block, 0);
    return block;
  }
}

export interface Called {
  readonly block: Block;
  /** By what traces now: the functions that pull back, by which results have gradients, and what they are wanted of. */
  readonly pullbacks: WeakMap<object, Map<string, Pullback>>;
}

/** A function that pulls gradients back. */
interface Pullback {
  readonly callee: Callee;
  /** What the call closed over for which it was made: another one has others in their places. */
  readonly closedOver: readonly Tensor[];
}

interface ThisCall {
  readonly called: Called;
  readonly operands: readonly Tensor[];
  /** Whether the function has run for it. */
  readonly isTraced: boolean;
}

/**
 * A call as one node of the function that is traced.
 *
 * @param standIn for an operand of the trace, where this call has another one
 */
export function tracedCall(
  callee: Callee,
  given: readonly Tensor[],
  standIn: (operand: Tensor) => Tensor = (operand) => operand,
): Pick<ThisCall, "called" | "isTraced"> & { readonly results: readonly Tensor[] } {
  const { called, operands, isTraced } = callee.called(given);
  const { block } = called;
  const moved = block.draws.map(({ generator, begin }) => withTracer(null, () => generator.position) - begin);
  const whole = new Call(callee, called, given.length, moved).apply(...given, ...operands.map(standIn));
  movedBy({ draws: block.draws.map((use, i) => ({ ...use, begin: use.begin + (moved[i] as number) })) }, 1);
  return { called, isTraced, results: block.trace.outputs.map((form, i) => partOf(whole, i, form)) };
}

/** A call of a function that was traced once. The inputs are its arguments, and what it closes over; the parts are its results. */
export class Call extends BlockNode {
  override readonly name = "Call";
  readonly given: number;
  readonly block: Block;
  /** By how much what it draws from has moved on since the trace, by the order of the block's draws. */
  readonly moved: readonly number[];
  readonly callee: Callee;
  readonly called: Called;

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

  /** The function, given what it is given and what it closes over. */
  get calledAgain(): Again {
    return again(this.callee.op, this.called.block, this.callee.f);
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
    const { inputs, given: count, callee } = this;
    const { block } = this.called;
    const given = inputs.slice(0, count);
    const captured = inputs.slice(count);
    const wanted = given.flatMap(({ dtype, requiresGrad }, i) => (requiresGrad && isFloat(dtype) ? [i] : []));
    const isWanted = wantedOnce(captured);
    const wantedCaptured = captured.flatMap((_, i) => (isWanted(i) ? [i] : []));
    const present = douts.flatMap((dout, i) => (dout === undefined ? [] : [i]));
    const places = captured.map((operand) => captured.indexOf(operand));
    const key = [present, wanted, wantedCaptured, places].map((list) => list.join()).join(";");
    const current = tracer() as object;
    const known = this.called.pullbacks.get(current) ?? new Map<string, Pullback>();
    this.called.pullbacks.set(current, known);
    let pullback = known.get(key);
    if (pullback === undefined) {
      const by = wantedCaptured.map((i) => captured[i] as Tensor);
      const f = this.calledAgain;
      const pull: Flat = (all) => {
        const seeds = new Array<Tensor | undefined>(block.trace.outputs.length).fill(undefined);
        present.forEach((i, k) => {
          seeds[i] = all[count + k];
        });
        const gradients = pulled((own) => f(own, captured), all.slice(0, count), seeds, by);
        return [
          ...wanted.map((i) => gradients.given[i] as Tensor),
          ...gradients.captured.map((gradient, k) => gradient ?? zerosOf(by[k] as Tensor)),
        ];
      };
      pullback = { callee: new Callee(callee.op, pull, true), closedOver: captured };
      known.set(key, pullback);
    }
    const { callee: own, closedOver } = pullback;
    const { called, results } = replayed(
      { draws: block.draws.map((use, i) => ({ ...use, begin: use.begin + (this.moved[i] as number) })) },
      0,
      () =>
        tracedCall(
          own,
          [...given, ...present.map((i) => douts[i] as Tensor)],
          (operand) => captured[closedOver.indexOf(operand)] ?? operand,
        ),
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
