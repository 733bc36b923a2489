import { orderOf, resultsOf } from "../../../src/compile/graph/graph.js";
import { allocate, isFloat, type TypedArray } from "../../../src/dtype.js";
import { Elementwise } from "../../../src/graph/elementwise.js";
import type { Node } from "../../../src/graph/node.js";
import { Part } from "../../../src/graph/part.js";
import {
  Abs,
  ArgMax,
  ArgMin,
  ArgSort,
  Bincount,
  BroadcastTo,
  Cast,
  Ceil,
  Clamp,
  Concat,
  Conv,
  ConvTranspose,
  ConvWeights,
  Equal,
  ExpandDims,
  Floor,
  Gather,
  Gelu,
  GeluTanh,
  Greater,
  GreaterEqual,
  Im2col,
  IsFinite,
  IsNaN,
  Less,
  LessEqual,
  Max,
  Maximum,
  MaxPool,
  MaxUnpool,
  Min,
  Minimum,
  Neg,
  NotEqual,
  OneHot,
  Pad,
  Relu,
  Reshape,
  Round,
  Sign,
  Slice,
  Squeeze,
  Stack,
  Take,
  Transpose,
  Unslice,
  Where,
} from "../../../src/ops/index.js";
import { sizeOf } from "../../../src/shape/shape.js";
import type { Block } from "../../../src/trace/block.js";
import type { Trace } from "../../../src/trace/trace.js";
import type { Traced } from "../../../src/trace/traced.js";
import { BlockNode } from "../../../src/transforms/control/block-node.js";
import { Branch } from "../../../src/transforms/control/branch-node.js";
import { Call } from "../../../src/transforms/control/call-node.js";
import { countPart, Scan } from "../../../src/transforms/control/scan-node.js";
import { movedOn } from "./kernels.js";
import { arrayOf, resultOf } from "./routines.js";

/** What the values that no op computes are: inputs, captures, and the words of the generators. */
export interface Given {
  readonly inputs: readonly TypedArray[];
  readonly captures: readonly TypedArray[];
  readonly generators: readonly (TypedArray | null)[];
}

/** Ops that compute nothing that is rounded: they move elements, choose among them, or compare them. */
const unrounded: ReadonlySet<unknown> = new Set<unknown>([
  Abs,
  ArgMax,
  ArgMin,
  ArgSort,
  Bincount,
  BroadcastTo,
  Cast,
  Ceil,
  Clamp,
  Concat,
  Equal,
  ExpandDims,
  Floor,
  Gather,
  Greater,
  GreaterEqual,
  Im2col,
  IsFinite,
  IsNaN,
  Less,
  LessEqual,
  Max,
  Maximum,
  MaxPool,
  MaxUnpool,
  Min,
  Minimum,
  Neg,
  NotEqual,
  OneHot,
  Pad,
  Relu,
  Reshape,
  Round,
  Sign,
  Slice,
  Squeeze,
  Stack,
  Take,
  Transpose,
  Unslice,
  Where,
]);

/**
 * Ops whose operands are to be thought of as rounded, too: an order of additions of its own, or a factor that float32
 * rounds and doubles do not, is as good as another operand nearby.
 */
const roundsOperands = (node: Node) =>
  !(node instanceof Elementwise) || node instanceof Gelu || node instanceof GeluTanh;

/** Convolutions by filters of 3 x 3, which have Winograd's form: it rounds in the scale of the largest results, and zeros, too. */
const roundsInScale = ({ source, shape, inputs }: Traced) =>
  source.kind === "node" &&
  (source.node instanceof Conv || source.node instanceof ConvTranspose || source.node instanceof ConvWeights) &&
  [shape, ...inputs.map((input) => input.shape)].some((each) => each.at(-2) === 3 && each.at(-1) === 3);

/** All results wrong by a little of the largest. */
function changedInScale(values: TypedArray, noise: Noise): TypedArray {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const changed = values.slice();
  noise(values.slice().fill(largest)).forEach((noisy, i) => {
    changed[i] = (values[i] as number) + noisy - largest;
  });
  return changed;
}

/** Changes numbers a little, at random. */
export type Noise = (values: TypedArray) => TypedArray;

/**
 * The results of a trace as eager mode computes them, value by value by the ops' own forward: those of the outputs, of the
 * assignments, and of the gradients that there are.
 *
 * @param noise what each op that rounds may add to its results, and to the operands of sums
 * @param visit sees each value
 */
export function evaluate(
  trace: Trace,
  given: Given,
  noise: Noise | null = null,
  visit: (value: Traced, array: TypedArray) => void = () => {},
): TypedArray[] {
  const { order, inputs, results, uses } = orderIn(trace);
  /** By place in the order. */
  const arrays: (TypedArray | null)[] = new Array(order.length).fill(null);
  const parts = new Map<Traced, readonly TypedArray[]>();
  /** How many uses are left. A value without any is forgotten. */
  const left = uses.slice();
  for (const [at, value] of order.entries()) {
    const from = inputs[at] as readonly number[];
    let operands = from.map((input) => arrays[input] as TypedArray);
    const node = value.source.kind === "node" ? value.source.node : null;
    const rounds =
      noise !== null &&
      node !== null &&
      !(node instanceof Part) &&
      isFloat(value.dtype) &&
      !unrounded.has(node.constructor);
    if (rounds && roundsOperands(node)) {
      operands = operands.map((operand, i) => (isFloat(value.inputs[i]?.dtype ?? "bool") ? noise(operand) : operand));
    }
    if (node instanceof BlockNode) {
      // Its results are its parts.
      parts.set(value, runBlocks(node, operands, given, noise));
      arrays[at] = new Float64Array(1);
      continue;
    }
    const part = node instanceof Part ? parts.get(value.inputs[0] as Traced)?.[node.index] : undefined;
    const result = part ?? compute(value, operands, given);
    const changed = () => (roundsInScale(value) ? changedInScale(result, noise as Noise) : (noise as Noise)(result));
    const array = rounds ? changed() : result;
    arrays[at] = array;
    visit(value, array);
    for (const input of from) if (--(left[input] as number) === 0) arrays[input] = null;
  }
  return results.map((result) => arrays[result] as TypedArray);
}

/** All values of a trace, one behind those that it is made of, which are given by their places, as the results are. */
interface Order {
  readonly order: readonly Traced[];
  readonly inputs: readonly (readonly number[])[];
  readonly results: readonly number[];
  /** By value: in how many places it is an input or a result. */
  readonly uses: readonly number[];
}

/** Found once a trace: the body of a loop is evaluated in every step. */
const known = new WeakMap<Trace, Order>();

function orderIn(trace: Trace): Order {
  const found = known.get(trace);
  if (found !== undefined) return found;
  const ends = resultsOf(trace);
  const order = orderOf(ends);
  const places = new Map(order.map((value, at) => [value, at]));
  const placeOf = (value: Traced) => places.get(value) as number;
  const inputs = order.map((value) => value.inputs.map(placeOf));
  const results = ends.map(placeOf);
  const uses = order.map(() => 0);
  for (const at of [...inputs.flat(), ...results]) (uses[at] as number)++;
  const made = { order, inputs, results, uses };
  known.set(trace, made);
  return made;
}

/** All results of a block node, step by step. */
function runBlocks(
  node: BlockNode,
  operands: readonly TypedArray[],
  given: Given,
  noise: Noise | null,
): readonly TypedArray[] {
  if (node instanceof Scan) return runScan(node, operands, given, noise);
  if (node instanceof Branch) return runBranch(node, operands, given, noise);
  if (node instanceof Call) {
    const { block, moved } = node;
    const generators = generatorsOf(block.trace, given, 0).map((words, i) => {
      const use = block.draws.findIndex(({ index }) => index === i);
      return words === null || use === -1 ? words : movedOn(words as Int32Array, moved[use] as number);
    });
    return evaluate(block.trace, { inputs: operands, captures: [], generators }, noise);
  }
  throw new Error(`nobody runs ${node.name}`);
}

/** The words of a block's generators, in run number `run`. */
function generatorsOf({ generators }: Trace, given: Given, run: number): Given["generators"] {
  return generators.map(({ source, blocks }) => {
    if (source.kind !== "enclosing") throw new Error("a block draws from what is around it");
    const words = given.generators[source.index];
    return words ? movedOn(words as Int32Array, source.start + run * blocks) : null;
  });
}

function runBranch(
  { blocks, operands: shared }: Branch,
  [index, ...operands]: readonly TypedArray[],
  given: Given,
  noise: Noise | null,
): readonly TypedArray[] {
  const chosen = index?.[0] as number;
  const { trace } = blocks[chosen] as Block;
  const before = blocks.slice(0, chosen).reduce((sum, block) => sum + block.trace.inputs.length - shared, shared);
  const own = operands.slice(before, before + trace.inputs.length - shared);
  const inputs = [...operands.slice(0, shared), ...own];
  return evaluate(trace, { inputs, captures: [], generators: generatorsOf(trace, given, 0) }, noise);
}

function runScan(
  { length, reverse, carries, elements, body: { trace }, test, hasCount }: Scan,
  operands: readonly TypedArray[],
  given: Given,
  noise: Noise | null,
): readonly TypedArray[] {
  const results = trace.outputs.slice(carries);
  /** By result: what each step left, and in which row; as many as there are of a loop that nobody has limited. */
  const stacked = [...trace.inputs.slice(0, carries), ...results].map(() => new Map<number, TypedArray>());
  const most = hasCount ? (operands[operands.length - 1]?.[0] as number) : length;
  const inTest = operands.slice(
    trace.inputs.length,
    trace.inputs.length + (test?.trace.inputs.length ?? carries) - carries,
  );
  let carry = operands.slice(0, carries);
  let step = 0;
  for (; test !== null || step < most; step++) {
    if (test !== null) {
      const [holds] = evaluate(test.trace, { inputs: [...carry, ...inTest], captures: [], generators: [] }, null);
      if (holds?.[0] === 0) break;
      if (step === most) {
        // Changed in each step, an iteration need not come to rest.
        if (noise !== null) break;
        throw new Error("the condition still holds");
      }
    }
    const row = reverse ? most - 1 - step : step;
    const rows = operands.slice(carries, carries + elements).map((all, i) => {
      const size = sizeOf(trace.inputs[carries + i]?.shape ?? []);
      return all.slice(row * size, (row + 1) * size);
    });
    const inputs = [...carry, ...rows, ...operands.slice(carries + elements, trace.inputs.length)];
    const made = evaluate(trace, { inputs, captures: [], generators: generatorsOf(trace, given, step) }, noise);
    [...carry, ...made.slice(carries)].forEach((array, i) => {
      stacked[i]?.set(row, array);
    });
    carry = made.slice(0, carries);
  }
  const rowCount = length < Number.POSITIVE_INFINITY ? length : step;
  const whole = [...trace.inputs.slice(0, carries), ...results].map(({ shape, dtype }, i) => {
    const all = allocate(dtype, rowCount * sizeOf(shape));
    for (const [row, array] of stacked[i] as Map<number, TypedArray>) all.set(array, row * array.length);
    return all;
  });
  return Object.assign([...carry, ...whole], { [countPart]: Int32Array.of(step) });
}

function compute(value: Traced, operands: readonly TypedArray[], given: Given): TypedArray {
  const { source, dtype } = value;
  switch (source.kind) {
    case "literal":
      return arrayOf(source.value, dtype);
    case "input":
      return given.inputs[source.index] as TypedArray;
    case "capture":
      return given.captures[source.index] as TypedArray;
    case "draw": {
      const words = given.generators[source.draw.generator];
      // What is drawn for nobody is left out of the program, and of what it is given.
      if (words === null || words === undefined) return allocate(dtype, sizeOf(value.shape));
      return resultOf(value, [words]) as TypedArray;
    }
    case "node":
      return arrayOf(resultOf(value, operands), dtype);
    default:
      return source satisfies never;
  }
}

/** Units in the last place by which an op may be wrong. */
const units = 8;
const noisyRuns = 4;
/** How much more than the noisy runs show. */
const margin = 4;

/**
 * How far each element of the results may be from the eager one: the results of runs in which each op is wrong by a few
 * units in the last place, up or down at random, say how much of it comes through to the end. 0 where nothing is rounded;
 * Infinity where noise decides about an infinity, a branch or an integer. A run more allows more, never less: who finds
 * everything within the bounds of the first needs no others.
 */
export class Bounds {
  private readonly expected: readonly TypedArray[];
  private readonly evaluateWith: (noise: Noise) => readonly TypedArray[];
  private readonly most: readonly Float64Array[];
  private runs = 0;

  constructor(expected: readonly TypedArray[], evaluateWith: (noise: Noise) => readonly TypedArray[]) {
    this.expected = expected;
    this.evaluateWith = evaluateWith;
    this.most = expected.map((array) => new Float64Array(array.length));
  }

  /** Those of a result after the runs so far. */
  of(result: number): Float64Array {
    return this.most[result] as Float64Array;
  }

  /** Runs once more; false when all runs have been. */
  widen(): boolean {
    if (this.runs === noisyRuns) return false;
    this.evaluateWith(noiseOf(++this.runs)).forEach((noisy, r) => {
      const [exact, bound] = [this.expected[r] as TypedArray, this.of(r)];
      const isInteger = exact instanceof Int32Array || exact instanceof Uint8Array;
      noisy.forEach((value, i) => {
        const own = exact[i] as number;
        if (Object.is(value, own)) return;
        const difference = Math.abs(value - own);
        bound[i] =
          Number.isFinite(difference) && !isInteger ? Math.max(bound[i] as number, margin * difference) : Infinity;
      });
    });
    return true;
  }
}

function noiseOf(seed: number): Noise {
  let state = Math.imul(seed, 0x9e3779b9);
  /** From -1 to 1, and at least 1/2 in size, so that an error shows; never twice the same, so that two do not cancel. */
  const error = () => {
    // Mulberry32 of T. Ettinger.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const fraction = (t ^ (t >>> 14)) / 2 ** 32;
    return fraction < 0 ? fraction - 0.5 : fraction + 0.5;
  };
  return (values) => {
    if (!(values instanceof Float32Array || values instanceof Float64Array)) return values;
    const isSingle = values instanceof Float32Array;
    const [part, tiny] = isSingle ? [units * 2 ** -23, 2 ** -149] : [units * 2 ** -52, 2 ** -1074];
    const changed = allocate(isSingle ? "float32" : "float64", values.length);
    values.forEach((value: number, i: number) => {
      // An exact 0 stays one: it is one in the program as well.
      changed[i] = value === 0 ? value : value + error() * Math.max(Math.abs(value) * part, 2 * tiny);
    });
    return changed;
  };
}
