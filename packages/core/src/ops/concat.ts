import { allocate, type DType, type Values } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { commonDType, Node, type NodeSettings } from "../graph/node.js";
import type { ConcatFunction, StackFunction } from "../graph/signatures/joining.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisOr, axisOf } from "../options.js";
import { formatShape, normalizeAxis, sameShape, sizeOf, sizesFrom } from "../shape/shape.js";
import type { Range, Shape } from "../shape/types.js";
import { show } from "../show.js";
import { constantLike } from "./functions.js";

/** Puts the inputs one behind the other: block by block, a block being all that stands behind one index before `axis`. */
function join(inputs: readonly Tensor[], shape: Shape, dtype: DType, outer: number): Values {
  const out = allocate(dtype, sizeOf(shape));
  let at = 0;
  const arrays = inputs.map((input) => input.array);
  for (let o = 0; o < outer; o++) {
    for (const array of arrays) {
      const block = array.length / outer;
      out.set(array.subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  }
  return out;
}

abstract class Joining extends Node {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  readonly axis: number;

  constructor(axis = 0) {
    super();
    this.axis = axis;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis };
  }

  override dtypeRule(...inputs: Tensor[]): DType {
    return commonDType(this.name, inputs);
  }

  /** All of the axes before `axis`, and of that axis the range. */
  protected part(axis: number, range: Range): Range[] {
    return [...new Array<null>(axis).fill(null), range];
  }
}

export class Concat extends Joining {
  override readonly name = "Concat";
  /** Where each input begins along the axis, and where the last one ends. */
  private starts: readonly number[] = Object.freeze([]);

  override shapeRule(...inputs: Tensor[]): Shape {
    const [first, ...others] = inputs as [Tensor, ...Tensor[]];
    if (first.rank === 0)
      throw new ShapeError("Concat: scalars have no axis to stand one behind the other on; use stack");
    const axis = normalizeAxis(this.name, this.axis, first.shape);
    for (const { shape } of others) {
      const differing = shape.flatMap((size, i) => (size === first.shape[i] ? [] : [i]));
      if (shape.length === first.rank && differing.every((i) => i === axis)) continue;
      const repair =
        differing.length === 1 && shape.length === first.rank
          ? `; did you mean axis ${differing[0]}?`
          : "; reshape or slice one";
      throw new ShapeError(
        `Concat: ${formatShape(first.shape)} and ${formatShape(shape)}: sizes must be equal on every axis but axis ${axis}${repair}`,
      );
    }
    const starts = [0];
    let end = 0;
    for (const t of inputs) {
      end += t.shape[axis] as number;
      starts.push(end);
    }
    this.starts = Object.freeze(starts);
    return first.shape.map((size, i) => (i === axis ? end : size));
  }

  override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    return join(inputs, shape, dtype, sizeOf(shape, 0, normalizeAxis(this.name, this.axis, shape)));
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const range = [this.starts[i] as number, this.starts[i + 1] as number] as const;
    return dout.slice(this.part(normalizeAxis(this.name, this.axis, dout.shape), range));
  }
}

/**
 * The tensors one behind the other along `axis` (the first by default); equal sizes on all other axes. Any dtype.
 *
 * @example
 * concat([tensor([[1, 2]]), tensor([[3, 4], [5, 6]])]).toArray(); // [[1, 2], [3, 4], [5, 6]]
 * concat([tensor([[1], [2]]), tensor([[3], [4]])], 1).toArray(); // [[1, 3], [2, 4]]
 */
export const concat = ((tensors: readonly Tensor[], axis?: AxisOr<number>, none?: unknown) => {
  const list = listOf("concat", tensors);
  const along = axisOf("concat", axis, none);
  return joined(list, (some) => new Concat(along).apply(...some), along);
}) as ConcatFunction;

export class Stack extends Joining {
  override readonly name = "Stack";

  override shapeRule(...inputs: Tensor[]): Shape {
    const { shape } = inputs[0] as Tensor;
    for (const other of inputs) {
      if (!sameShape(other.shape, shape)) {
        throw new ShapeError(
          `Stack: ${formatShape(shape)} and ${formatShape(other.shape)}: shapes must be equal; use concat for others`,
        );
      }
    }
    const axis = this.position(shape.length + 1, shape);
    return [...sizesFrom(shape, 0, axis), inputs.length, ...sizesFrom(shape, axis)];
  }

  override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    return join(inputs, shape, dtype, sizeOf(shape, 0, this.position(shape.length, shape)));
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    return dout.slice(this.part(this.position(dout.rank, dout.shape), i));
  }

  private position(rank: number, shape: Shape): number {
    if (!Number.isInteger(this.axis) || this.axis < -rank || this.axis >= rank) {
      throw new ShapeError(
        `Stack: axis ${show(this.axis)} is out of range for ${formatShape(shape)}: the new axis can stand from ${-rank} to ${rank - 1}`,
      );
    }
    return this.axis < 0 ? this.axis + rank : this.axis;
  }
}

/**
 * The tensors, of one shape, along a new axis (the first by default). Numbers count as scalars. Any dtype.
 *
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])]).toArray(); // [[1, 2], [3, 4]]
 * stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(); // [[1, 3], [2, 4]]
 */
export const stack = ((tensors: readonly (Tensor | number)[], axis?: AxisOr<number>, none?: unknown) => {
  const list = listOf("stack", tensors);
  const along = axisOf("stack", axis, none);
  return joined(list, (some) => new Stack(along).apply(...some), along);
}) as StackFunction;

/** The list that was given, if it is one and has tensors in it; numbers are scalars of the dtype of the tensors. */
function listOf(op: string, tensors: readonly (Tensor | number)[]): readonly Tensor[] {
  if (!Array.isArray(tensors)) {
    throw new DTypeError(`${op}: takes a list of tensors, ${op}([a, b]), got ${show(tensors)}`);
  }
  if (tensors.length === 0) throw new ShapeError(`${op}: an empty list of tensors has no shape; give at least one`);
  const like = tensors.find((t) => typeof t !== "number") ?? 0;
  const list: Tensor[] = [];
  // Not map, which leaves out the holes of a sparse array.
  for (const t of tensors) list.push(typeof t === "number" ? constantLike(op, t, like) : operand(op, t));
  return list;
}

/** How many inputs a node is given: JavaScript passes them on the stack, which has no room for a million. */
const MOST_INPUTS = 4096;

/** All of them joined, by one node if it can be, or else in parts that are joined in turn. */
function joined(list: readonly Tensor[], join: (some: readonly Tensor[]) => Tensor, axis?: number): Tensor {
  if (list.length <= MOST_INPUTS) return join(list);
  const parts: Tensor[] = [];
  for (let at = 0; at < list.length; at += MOST_INPUTS) parts.push(join(list.slice(at, at + MOST_INPUTS)));
  return concat(parts, axis);
}
