import { allocate, type TypedArray } from "../dtype.js";
import { ChainruleError, GraphError, ShapeError } from "../errors.js";
import { walk } from "../graph/backward.js";
import { variable } from "../graph/factory.js";
import { afterHooks } from "../graph/hooks.js";
import { withRecording } from "../graph/recording.js";
import type { Tape } from "../graph/tape.js";
import { Tensor } from "../graph/tensor.js";
import { graphFrom } from "../inspect/graph.js";
import { Generator } from "../random/generator.js";
import { formatShape, sameShape, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { formOfTensor } from "../show.js";
import { Checkpoint } from "../transforms/checkpoint.js";
import { Segment, withSegmentsOpen } from "../transforms/control/segment.js";
import { grad } from "../transforms/grad.js";

type TensorList = readonly Tensor[];

/** How many points nearby are looked at: three numbers that are equal come into a certain order once in 6 times. */
const NEARBY = 32;
const ACROSS = 4;

/** One call of a function: the variables that it got, what it gave, and all elements of that in one row. */
export interface Evaluation {
  readonly variables: TensorList;
  readonly outputs: TensorList;
  readonly values: Float64Array;
}

/** The function on a line through an input: its values after a step, and the step that rounding let it take. */
export interface Sample {
  readonly t: number;
  readonly evaluation: Evaluation;
}

/** The function on a line: its values after a step. */
export type SampledLine = (t: number) => Sample;

export interface Precision {
  /**
   * A bound on the error that rounding makes, to first order: half a unit in the last place of each value on the way, times
   * the derivative by that value.
   */
  readonly rounding: number;
  /** The same if what a node computes in between is as large as its inputs, and cancels in its result. */
  readonly hidden: number;
  /** Derivatives below it have lost digits: the least normal number. */
  readonly least: number;
}

/** A function under check: float inputs, and outputs whose elements, one after the other, are called rows. */
export class Subject {
  readonly inputs: TensorList;
  readonly names: readonly string[];
  /** 1 for the function itself, 2 for its gradients, and so on. */
  readonly order: number;
  readonly here: Evaluation;
  private readonly f: (inputs: TensorList) => TensorList;
  private readonly starts: readonly number[];
  private readonly precisions = new Map<number, Precision>();
  private seenInside: Evaluation | null = null;

  constructor(f: (inputs: TensorList) => TensorList, inputs: TensorList, names: readonly string[], order = 1) {
    this.f = f;
    this.inputs = inputs;
    this.names = names;
    this.order = order;
    const outputs = this.call(inputs);
    let rows = 0;
    this.starts = outputs.outputs.map(({ size }) => {
      rows += size;
      return rows - size;
    });
    this.here = outputs;
  }

  /** `here` with what is in checkpoints as nodes of the graph, for what is told of the nodes on the way. */
  get inside(): Evaluation {
    if (this.seenInside === null) {
      const isClosed = graphFrom("gradcheck", this.here.outputs, {}).nodes.some(
        ({ node }) => node instanceof Checkpoint || node instanceof Segment,
      );
      this.seenInside = isClosed ? withSegmentsOpen(() => this.evaluate(this.inputs)) : this.here;
    }
    return this.seenInside;
  }

  /** The gradients of the sum of the rows, each times a number of its own, as a function of the same inputs. */
  gradients(random: Generator): Subject {
    const seeds = this.here.outputs.map((output) => likewise(output, signs(random, output.size, true)));
    const scalar = (...inputs: Tensor[]): Tensor =>
      this.f(inputs)
        .map((output, k) =>
          output
            .mul(seeds[k] as Tensor)
            .sum()
            .cast("float64"),
        )
        .reduce((sum, next) => sum.add(next));
    const gradient = grad(scalar, { argument: this.inputs.map((_, i) => i) }) as (...inputs: Tensor[]) => TensorList;
    return new Subject((inputs) => gradient(...inputs), this.inputs, this.names, this.order + 1);
  }

  get rows(): number {
    return this.here.values.length;
  }

  /** What a row is called, and where in its output it stands. */
  row(row: number): { readonly name: string; readonly index: readonly number[] } {
    const k = this.starts.findLastIndex((start) => start <= row);
    const output = this.here.outputs[k] as Tensor;
    const name = this.order === 1 ? "y" : `${"gradient of ".repeat(this.order - 2)}gradient by ${this.names[k]}`;
    return { name, index: indexOf(row - (this.starts[k] as number), output.shape) };
  }

  /** Calls the function with variables of its own; one input may be another than at `here`. */
  at(i: number, array: TypedArray): Evaluation {
    return this.evaluate(this.inputs.map((input, k) => (k === i ? likewise(input, array) : input)));
  }

  private evaluate(inputs: TensorList): Evaluation {
    const made = this.call(inputs);
    this.here.outputs.forEach((output, k) => {
      checkSameKind(output, made.outputs[k]);
    });
    return made;
  }

  again(): Evaluation {
    return this.at(-1, new Float64Array(0));
  }

  /** The function with one element of an input moved by t, with the inputs as they are or others. */
  element(i: number, element: number, inputs = this.inputs): SampledLine {
    const input = inputs[i] as Tensor;
    const x = input.array[element] as number;
    return (t) => {
      // An array of its own for each call: a result may share it.
      const array = input.array.slice();
      array[element] = x + t;
      return { t: (array[element] as number) - x, evaluation: this.evaluate(inputs.with(i, over(input, array))) };
    };
  }

  /** The function with an input moved by t times a direction. */
  direction(i: number, direction: ArrayLike<number>, inputs = this.inputs): SampledLine {
    const input = inputs[i] as Tensor;
    return (t) => {
      const array = input.array.slice();
      for (let k = 0; k < array.length; k++) array[k] = (array[k] as number) + t * (direction[k] as number);
      return { t, evaluation: this.evaluate(inputs.with(i, over(input, array))) };
    };
  }

  /** The inputs, each element moved by up to h in either direction, at random but the same each time. */
  nearby(h: number): TensorList[] {
    const random = new Generator(0);
    return Array.from({ length: NEARBY }, () => this.inputs.map((input) => movedBy(input, h, random)));
  }

  /** The function on a few lines through such points, on which each element changes in a direction of its own. */
  across(h: number): SampledLine[] {
    const random = new Generator(1);
    return this.nearby(h)
      .slice(0, ACROSS)
      .map((inputs) => {
        const directions = inputs.map(({ size }) => signs(random, size, true));
        return (t) => {
          const moved = inputs.map((input, i) => {
            const direction = directions[i] as Float64Array;
            return likewise(
              input,
              Float64Array.from(input.array, (x, k) => x + t * (direction[k] as number)),
            );
          });
          return { t, evaluation: this.evaluate(moved) };
        };
      });
  }

  /** The gradient, by each input, of the sum of the rows at `here`, each times its element of the seed. */
  pull(seed: Float64Array, createGraph: boolean): Float64Array[] {
    const sums = this.inputs.map(({ size }) => new Float64Array(size));
    for (const tape of this.walks(seed, createGraph)) {
      this.here.variables.forEach((input, i) => {
        const gradient = tape.gradient(input);
        if (gradient === undefined) return;
        const sum = sums[i] as Float64Array;
        afterHooks(input, gradient).array.forEach((value, k) => {
          sum[k] = (sum[k] as number) + value;
        });
      });
    }
    return sums;
  }

  /** The walks behind `pull`, one for each output that the seed is not zero on; only to the inputs, nowhere else. */
  walks(seed: Float64Array, createGraph: boolean, { outputs, variables } = this.here): Tape[] {
    return outputs.flatMap((output, k) => {
      const start = this.starts[k] as number;
      const part = seed.subarray(start, start + output.size);
      // A result that depends on no input has derivatives of 0, as far as the graph knows: that is compared, too.
      if (!output.requiresGrad || part.every((value) => value === 0)) return [];
      return [walk(output, likewise(output, part), createGraph, new Set(variables))];
    });
  }

  /** How precise a row is, and its derivatives are, as far as can be told from the graph. */
  precision(row: number): Precision {
    const known = this.precisions.get(row) ?? this.precisionOf(unit(this.rows, row));
    this.precisions.set(row, known);
    return known;
  }

  /** The same for the sum of all rows, each times its element of the seed. */
  precisionOf(seed: Float64Array): Precision {
    let [rounding, hidden, least] = [0, 0, 2 ** -1022];
    for (const tape of this.walks(seed, false, this.inside)) {
      for (const [at, edge] of tape.edges.entries()) {
        const isShort = edge.dtype === "float32";
        const half = isShort ? 2 ** -24 : 2 ** -53;
        if (isShort) least = 2 ** -126;
        const gradient = tape.gradientAt(at).array;
        edge.array.forEach((value, k) => {
          const part = half * Math.abs(value * (gradient[k] as number));
          if (Number.isFinite(part)) rounding += part;
        });
        const inner =
          half * largestOf(gradient) * Math.max(0, ...(edge.node?.inputs ?? []).map(({ array }) => largestOf(array)));
        if (Number.isFinite(inner)) hidden += inner;
      }
    }
    return { rounding, hidden, least };
  }

  private call(inputs: TensorList): Evaluation {
    const variables = inputs.map((input, i) => variable(input, { name: this.names[i] as string }));
    // Recorded for differences as well: the function may differentiate something inside.
    const outputs = withRecording(true, () => this.f(variables));
    const values = new Float64Array(outputs.reduce((size, output) => size + output.size, 0));
    let at = 0;
    for (const output of outputs) {
      values.set(output.array, at);
      at += output.size;
    }
    return { variables, outputs, values };
  }
}

/** A tensor of the shape and dtype of `t`, with elements of its own. */
export function likewise(t: Tensor, array: ArrayLike<number>): Tensor {
  const own = allocate(t.dtype, array.length);
  own.set(array);
  return over(t, own);
}

/** A tensor of the shape and dtype of `t`, over an array of that dtype which nobody else has. */
function over(t: Tensor, array: TypedArray): Tensor {
  return t.derive(t.shape, t.dtype, t.rank === 0 ? (array[0] as number) : array, null);
}

/** A tensor with each element moved by up to h in either direction. */
function movedBy(t: Tensor, h: number, random: Generator): Tensor {
  const moves = random.uniform(t.size);
  return likewise(
    t,
    Float64Array.from(t.array, (x, k) => x + h * (2 * (moves[k] as number) - 1)),
  );
}

export function largestOf(x: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < x.length; k++) most = Math.max(most, Math.abs(x[k] as number));
  return most;
}

/** Numbers of random sign: 1 and -1, or from 0.5 to 1.5 where they are not all to be of one size. */
export function signs(random: Generator, n: number, vary = false): Float64Array {
  const drawn = random.uniform(n);
  return Float64Array.from(drawn, (r) => (r < 0.5 ? -1 : 1) * (vary ? 0.5 + ((2 * r) % 1) : 1));
}

/** 1 in one place of many, and else 0. */
export function unit(size: number, at: number): Float64Array {
  const array = new Float64Array(size);
  array[at] = 1;
  return array;
}

export function indexOf(element: number, shape: Shape): number[] {
  const strides = stridesOf(shape);
  return shape.map((size, axis) => Math.floor(element / (strides[axis] as number)) % size);
}

/** The one result of a function as a list. */
export function resultOf(result: unknown): Tensor {
  if (result instanceof Tensor) return result;
  const what =
    formOfTensor(result) ?? (result === null || result === undefined ? String(result) : `a ${typeof result}`);
  throw new GraphError(`gradcheck: the function gave ${what}, not a tensor; return the result of ops on its arguments`);
}

function checkSameKind(output: Tensor, other: Tensor | undefined): void {
  if (other !== undefined && sameShape(output.shape, other.shape) && output.dtype === other.dtype) return;
  const found = other === undefined ? "nothing" : `${other.dtype} ${formatShape(other.shape)}`;
  throw new ShapeError(
    `gradcheck: the function gave ${output.dtype} ${formatShape(output.shape)} and then ${found}; ` +
      "the shape of what it gives must not depend on the values of its arguments, or on how often it is called",
  );
}

/** Where a step is lost to rounding there is no difference. */
export function checkStep(name: string, x: number, eps: number, taken: number): void {
  if (taken !== 0) return;
  throw new ChainruleError(
    `gradcheck: ${name} has the value ${x}, which ${eps} more or less does not change; give a larger eps`,
  );
}
