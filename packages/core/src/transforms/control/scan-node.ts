import { isFloat } from "../../dtype.js";
import { Argument } from "../../graph/argument.js";
import { walk } from "../../graph/backward.js";
import { afterHooks } from "../../graph/hooks.js";
import { isRecording, withRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { withTracer } from "../../graph/tracer.js";
import { type Block, type GeneratorUse, traceBlock } from "../../trace/block.js";
import { zerosLike } from "../arguments.js";
import { BlockNode, partOf } from "./block-node.js";
import { Seeds, whileLive } from "./seeds.js";

/** A step over flat lists: from the carries and this step's elements to the new carries and what the step gives. */
export type Step = (
  carry: readonly Tensor[],
  x: readonly Tensor[],
) => { readonly carry: readonly Tensor[]; readonly y: readonly Tensor[] };

/** A loop of a known number of steps. */
export interface Loop {
  /** What errors call it. */
  readonly op: string;
  readonly step: Step;
  readonly init: readonly Tensor[];
  /** Each has the elements of the steps along its first axis. */
  readonly xs: readonly Tensor[];
  readonly length: number;
  /** Whether the last element comes first. */
  readonly reverse: boolean;
}

export interface LoopResult {
  readonly carry: readonly Tensor[];
  /** With the steps along the first axis, each where its element stood. */
  readonly ys: readonly Tensor[];
}

/**
 * The loop as one node of the function that is traced: its step is traced once.
 *
 * @param draws whether the steps draw new numbers, or those of another loop's steps, in their order or from the last one back
 */
export function tracedScan(loop: Loop, draws: "new" | "again, backward" | "again, forward" = "new"): LoopResult {
  const { op, step, init, xs, length } = loop;
  const elements = xs.map(({ shape, dtype, name }) => ({ shape: shape.slice(1), dtype, name }));
  const isBackward = draws === "again, backward";
  const block = traceBlock(
    op,
    [...init, ...elements],
    (...given) => {
      const { edges, close } = edgesOf(given);
      const { carry, y } = step(edges.slice(0, init.length), edges.slice(init.length));
      close();
      return [...carry, ...y];
    },
    isBackward,
  );
  const node = new Scan(loop, block, isBackward);
  const whole = node.apply(...init, ...xs, ...block.operands);
  if (draws === "new")
    for (const { generator, begin, blocks } of block.draws) moveTo(generator, begin + length * blocks);
  const given = block.trace.outputs.slice(init.length);
  return {
    carry: init.map((form, j) => partOf(whole, j, form)),
    ys: given.map(({ shape, dtype }, i) => partOf(whole, 2 * init.length + i, { shape: [length, ...shape], dtype })),
  };
}

/** What stands in the places of the floats among a step's tensors, so that a gradient may be wanted of it. */
function edgesOf(given: readonly Tensor[]): { readonly edges: readonly Tensor[]; readonly close: () => void } {
  if (!isRecording()) return { edges: given, close: () => {} };
  const nodes: Argument[] = [];
  const edges = given.map((tensor) => {
    if (!isFloat(tensor.dtype)) return tensor;
    const node = new Argument();
    nodes.push(node);
    return node.apply(tensor);
  });
  const close = () => {
    for (const node of nodes) node.live = false;
  };
  return { edges, close };
}

function moveTo(generator: GeneratorUse["generator"], position: number): void {
  withTracer(null, () => generator.moveTo(position));
}

/**
 * A loop whose step was traced once. The inputs are the first carries, the elements of all steps, and what the step closes over;
 * the parts are the last carries, the carries before each step, and what the steps give.
 */
export class Scan extends BlockNode {
  override readonly name = "Scan";
  readonly length: number;
  readonly reverse: boolean;
  /** How many carries there are, and how many inputs have an element for each step. */
  carries: number;
  elements: number;
  block: Block;
  private readonly op: string;
  private readonly step: Step;
  private readonly isBackward: boolean;

  constructor({ op, step, init, xs, length, reverse }: Loop, block: Block, isBackward: boolean) {
    super();
    this.op = op;
    this.step = step;
    this.length = length;
    this.reverse = reverse;
    this.carries = init.length;
    this.elements = xs.length;
    this.block = block;
    this.isBackward = isBackward;
  }

  get blocks(): readonly Block[] {
    return [this.block];
  }

  /** The same loop with another block, of so many carries and inputs with elements. */
  withBlock(block: Block, carries = this.carries, elements = this.elements): Scan {
    return Object.assign(this.again(), { block, carries, elements });
  }

  override withBlocks([block]: readonly [Block]): Scan {
    return this.withBlock(block);
  }

  override attributes() {
    return { length: this.length, ...(this.reverse ? { reverse: true } : {}) };
  }

  /**
   * A loop in the other direction: it goes through the carries before each step, and pulls the gradients of what the step gave back
   * through the step, which is traced again. The gradients of what the step closes over are added up from step to step.
   */
  override backwardOfParts(douts: readonly (Tensor | undefined)[], whole: Tensor): readonly (Tensor | null)[] {
    const { carries, elements, length } = this;
    const { inputs } = this;
    const init = inputs.slice(0, carries);
    const xs = inputs.slice(carries, carries + elements);
    const operands = inputs.slice(carries + elements);
    const floats = indicesOf(init, ({ dtype }) => isFloat(dtype));
    const wantedXs = indicesOf(xs, ({ requiresGrad }) => requiresGrad);
    const wanted = operands.filter(({ requiresGrad }) => requiresGrad);
    const before = init.map(({ shape, dtype }, j) => partOf(whole, carries + j, { shape: [length, ...shape], dtype }));
    const doutsBefore = douts.slice(carries, 2 * carries);
    const doutsY = douts.slice(2 * carries);
    const step: Step = (state, given) => {
      const next = reader(given);
      const [carry, x] = [next(carries), next(elements)];
      const dBefore = doutsBefore.map((dout) => (dout === undefined ? undefined : next(1)[0]));
      const dY = doutsY.map((dout) => (dout === undefined ? undefined : next(1)[0]));
      const dCarry = new Array<Tensor | undefined>(carries).fill(undefined);
      floats.forEach((j, k) => {
        dCarry[j] = state[k];
      });
      const { edges, close } = withRecording(true, () => edgesOf([...carry, ...x]));
      const gradients = whileLive(operands, () =>
        withRecording(true, () => {
          const made = this.step(edges.slice(0, carries), edges.slice(carries));
          close();
          return Seeds.of([...made.carry, ...made.y], [...dCarry, ...dY]);
        }),
      );
      const targets = new Set([...edges.filter((_, i) => edges[i] !== [...carry, ...x][i]), ...wanted]);
      const tape = gradients === null ? null : walk(gradients, gradients.constant(1), isRecording(), targets);
      const gradient = (edge: Tensor) => afterHooks(edge, tape?.gradient(edge) ?? zerosLike(edge));
      const own = floats.map((j) => {
        const through = gradient(edges[j] as Tensor);
        const direct = dBefore[j];
        return direct === undefined ? through : through.add(direct);
      });
      const sums = wanted.map((operand, k) => {
        const sum = state[floats.length + k] as Tensor;
        const part = tape?.gradient(operand);
        return part === undefined ? sum : sum.add(part);
      });
      return { carry: [...own, ...sums], y: wantedXs.map((i) => gradient(edges[carries + i] as Tensor)) };
    };
    const zeros = floats.map((j) => douts[j] ?? zerosLike(init[j] as Tensor));
    const result = this.replayed(() =>
      tracedScan(
        {
          op: this.op,
          step,
          init: [...zeros, ...wanted.map(zerosLike)],
          xs: [...before, ...xs, ...present(doutsBefore), ...present(doutsY)],
          length,
          reverse: !this.reverse,
        },
        this.isBackward ? "again, forward" : "again, backward",
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
    operands.forEach((operand, i) => {
      if (operand.requiresGrad) gradients[carries + elements + i] = result.carry[next++] as Tensor;
    });
    return gradients;
  }

  /** Runs what draws the same numbers again, from the last step back to the first; nobody's generator is moved by that. */
  private replayed<R>(f: () => R): R {
    const { draws } = this.block;
    const positions = draws.map(({ generator }) => withTracer(null, () => generator.position));
    for (const { generator, begin, blocks } of draws) moveTo(generator, begin + (this.length - 1) * blocks);
    try {
      return f();
    } finally {
      draws.forEach(({ generator }, i) => {
        moveTo(generator, positions[i] as number);
      });
    }
  }
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
