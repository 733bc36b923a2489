import { isFloat } from "../../dtype.js";
import { CompileError, GraphError } from "../../errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { type Block, traceBlock } from "../../trace/block.js";
import { type GeneratorUse, movedBy, replayed } from "../../trace/positions.js";
import { zerosLike } from "../arguments.js";
import { type Again, again } from "./again.js";
import { BlockNode, partOf } from "./block-node.js";
import { type Flat, onEdges, pulled, wantedOnce } from "./pull.js";

/** A step over flat lists: from the carries and this step's elements (and its number, where that is known) to the new carries and what the step gives. */
export type Step = (
  carry: readonly Tensor[],
  x: readonly Tensor[],
  number?: number,
) => { readonly carry: readonly Tensor[]; readonly y: readonly Tensor[] };

/** A loop of a known number of steps, or of at most so many. */
export interface Loop {
  /** What errors call it. */
  readonly op: string;
  readonly step: Step;
  readonly init: readonly Tensor[];
  /** Each has the elements of the steps along its first axis. */
  readonly xs: readonly Tensor[];
  readonly length: number;
  /** The number of the first element, where that is not 0. */
  readonly offset?: number;
  /** Whether the last element comes first. */
  readonly reverse: boolean;
  /** Whether there is to be another step; without it there are as many as `length` says, or `count`. */
  readonly condition?: (carry: readonly Tensor[]) => Tensor;
  /** The error for a condition that still holds after `length` steps. */
  readonly tooMany?: () => Error;
  /** How many of the elements are gone through, the first ones of all. */
  readonly count?: Tensor;
}

export interface LoopResult {
  readonly carry: readonly Tensor[];
  /** With the steps along the first axis, each where its element stood. */
  readonly ys: readonly Tensor[];
}

/** The number of the part that says how many steps there were, of a loop with a condition. */
export const countPart = -1;

/**
 * The loop as one node of the function that is traced: its step is traced once.
 *
 * @param again what the steps of another loop drew, which these draw again, from the last one back
 */
export function tracedScan(loop: Loop, again: readonly GeneratorUse[] = []): LoopResult {
  const { op, step, init, xs, length, condition, count } = loop;
  const elements = xs.map(({ shape, dtype, name }) => ({ shape: shape.slice(1), dtype, name }));
  const body = traceBlock(
    op,
    [...init, ...elements],
    (...given) => onEdges(given, flatStep(step, init.length)).results,
    again,
  );
  const test = condition === undefined ? null : traceBlock(op, init, (...carry) => [condition(carry)]);
  if (condition !== undefined && [...body.draws, ...(test?.draws ?? [])].length > 0) {
    throw new CompileError(
      `${op}: it draws random numbers in each step, and how many steps there are is not known when the function is compiled; draw outside, ` +
        "or loop by scan, which knows",
    );
  }
  const node = new Scan(loop, { body, test });
  const counts = count === undefined ? [] : [count];
  const whole = node.apply(...init, ...xs, ...body.operands, ...(test?.operands ?? []), ...counts);
  const isNew = ({ generator }: GeneratorUse) => again.every((use) => use.generator !== generator);
  movedBy({ draws: body.draws.filter(isNew) }, rowsOf(length));
  const given = body.trace.outputs.slice(init.length);
  return {
    carry: init.map((form, j) => partOf(whole, j, form)),
    ys: given.map(({ shape, dtype }, i) =>
      partOf(whole, 2 * init.length + i, { shape: [rowsOf(length), ...shape], dtype }),
    ),
  };
}

/**
 * A loop whose step was traced once. The inputs are the first carries, the elements of all steps, what the step closes over, what its
 * condition does, and the number of steps where that is a value. The parts are the last carries, the carries before each step, and
 * what the steps give; behind them, of a loop with a condition, the number of its steps.
 */
export class Scan extends BlockNode {
  override readonly name = "Scan";
  readonly length: number;
  readonly reverse: boolean;
  /** How many carries there are, and how many inputs have an element for each step. */
  readonly carries: number;
  readonly elements: number;
  readonly body: Block;
  /** The condition, a function of the carries. */
  readonly test: Block | null;
  readonly hasCount: boolean;
  readonly tooMany: Loop["tooMany"];
  readonly op: string;
  readonly step: Step;
  readonly condition: Loop["condition"];

  constructor(loop: Loop, { body, test }: { readonly body: Block; readonly test: Block | null }) {
    super();
    this.op = loop.op;
    this.step = loop.step;
    this.condition = loop.condition;
    this.length = loop.length;
    this.reverse = loop.reverse;
    this.carries = loop.init.length;
    this.elements = loop.xs.length;
    this.hasCount = loop.count !== undefined;
    this.tooMany = loop.tooMany;
    this.body = body;
    this.test = test;
  }

  get blocks(): readonly Block[] {
    return this.test === null ? [this.body] : [this.body, this.test];
  }

  override withBlocks([body, test]: readonly Block[]): Scan {
    return this.withLess({ body: body as Block, test: test ?? null });
  }

  /** The same loop with other blocks, and perhaps fewer carries and elements. */
  withLess(less: Partial<Pick<Scan, "body" | "test" | "carries" | "elements">>): Scan {
    return Object.assign(this.again(), less);
  }

  override attributes() {
    const { length, reverse } = this;
    return { ...(length === Number.POSITIVE_INFINITY ? {} : { length }), ...(reverse ? { reverse } : {}) };
  }

  /**
   * A loop in the other direction: it goes through the carries before each step, and pulls the gradients of what the step gave back
   * through the step, which is traced again. The gradients of what the step closes over are added up from step to step.
   */
  override backwardOfParts(douts: readonly (Tensor | undefined)[], whole: Tensor): readonly (Tensor | null)[] {
    const { carries, elements, length, inputs } = this;
    const init = inputs.slice(0, carries);
    const xs = inputs.slice(carries, carries + elements);
    const operands = inputs.slice(carries + elements, carries + elements + this.body.operands.length);
    const again = this.stepAgain;
    const body: Flat = (given) => again(given, operands);
    const floats = indicesOf(init, ({ dtype }) => isFloat(dtype));
    const wantedXs = indicesOf(xs, ({ requiresGrad }) => requiresGrad);
    const isWanted = wantedOnce(operands);
    const wanted = operands.filter((_, i) => isWanted(i));
    const before = init.map(({ shape, dtype }, j) =>
      partOf(whole, carries + j, { shape: [rowsOf(length), ...shape], dtype }),
    );
    const doutsBefore = douts.slice(carries, 2 * carries);
    const doutsY = douts.slice(2 * carries);
    const step: Step = (state, given) => {
      const next = reader(given);
      const at = next(carries + elements);
      const dBefore = doutsBefore.map((dout) => (dout === undefined ? undefined : next(1)[0]));
      const dY = doutsY.map((dout) => (dout === undefined ? undefined : next(1)[0]));
      const dCarry = new Array<Tensor | undefined>(carries).fill(undefined);
      floats.forEach((j, k) => {
        dCarry[j] = state[k];
      });
      const gradients = pulled(body, at, [...dCarry, ...dY], wanted);
      const own = floats.map((j) => {
        const through = gradients.given[j] as Tensor;
        const direct = dBefore[j];
        return direct === undefined ? through : through.add(direct);
      });
      const sums = gradients.captured.map((part, k) => {
        const sum = state[floats.length + k] as Tensor;
        return part === undefined ? sum : sum.add(part);
      });
      return { carry: [...own, ...sums], y: wantedXs.map((i) => gradients.given[carries + i] as Tensor) };
    };
    const zeros = floats.map((j) => douts[j] ?? zerosLike(init[j] as Tensor));
    const count = this.hasCount
      ? inputs[inputs.length - 1]
      : this.test === null
        ? undefined
        : partOf(whole, countPart, { shape: [], dtype: "int32" });
    const result = replayed(this.body, Math.max(0, rowsOf(length) - 1), () =>
      tracedScan(
        {
          op: this.op,
          step,
          init: [...zeros, ...wanted.map(zerosLike)],
          xs: [...before, ...xs, ...present(doutsBefore), ...present(doutsY)],
          length,
          reverse: !this.reverse,
          ...(count === undefined ? {} : { count }),
        },
        this.body.draws,
      ),
    );
    const gradients = new Array<Tensor | null>(inputs.length).fill(null);
    floats.forEach((j, k) => {
      gradients[j] = result.carry[k] as Tensor;
    });
    wantedXs.forEach((i, k) => {
      gradients[carries + i] = result.ys[k] as Tensor;
    });
    let next = floats.length;
    operands.forEach((_, i) => {
      if (isWanted(i)) gradients[carries + elements + i] = result.carry[next++] as Tensor;
    });
    return gradients;
  }

  /** The step over one flat list, to be run again. */
  get stepAgain(): Again {
    return again(this.op, this.body, flatStep(this.step, this.carries));
  }

  /** The condition, where there is one. */
  get conditionAgain(): Again | null {
    const { condition, test } = this;
    return condition === undefined || test === null ? null : again(this.op, test, (carry) => [condition(carry)]);
  }

  /** The error for steps that are to be kept, and nobody knows how many. */
  withoutLimit(): GraphError {
    return new GraphError(
      `${this.op}: a derivative goes through the steps of a loop in a program, or under vmap, which have to be kept: say how many there are at most, by ` +
        "{ limit: 100 }; or use fixedPoint, whose gradient needs no steps",
    );
  }
}

/** A step over one list. */
function flatStep(step: Step, carries: number): Flat {
  return (given) => {
    const { carry, y } = step(given.slice(0, carries), given.slice(carries));
    return [...carry, ...y];
  };
}

/** How many rows there are for the steps: of a loop without a limit more than any program has, so that none is made. */
function rowsOf(length: number): number {
  return Math.min(length, 2 ** 31 - 1);
}

function indicesOf<T>(list: readonly T[], test: (element: T) => boolean): number[] {
  return list.flatMap((element, i) => (test(element) ? [i] : []));
}

function present<T>(list: readonly (T | undefined)[]): T[] {
  return list.filter((element) => element !== undefined);
}

/** Takes so many elements of a list at a time. */
function reader<T>(list: readonly T[]): (count: number) => readonly T[] {
  let at = 0;
  return (count) => {
    at += count;
    return list.slice(at - count, at);
  };
}
