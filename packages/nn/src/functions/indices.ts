import {
  type DType,
  DTypeError,
  Node,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  tensor,
  type Values,
} from "@chainrule/core";

/** Positions as plain numbers: one, or a list. */
export type PlainIndices = number | readonly number[] | Int32Array;

/** Plain numbers as an int32 tensor: a scalar for one number. `what` and `hint` are of the error for what is no int32. */
export function indexTensor(op: string, what: string, indices: PlainIndices, hint: string): Tensor {
  if (typeof indices !== "number" && !Array.isArray(indices) && !ArrayBuffer.isView(indices)) {
    throw new DTypeError(`${op}: ${what}s are an int32 tensor, or plain numbers, got ${show(indices)}; ${hint}`);
  }
  const list = typeof indices === "number" ? [indices] : Array.from(indices as ArrayLike<number>);
  const bad = list.findIndex((index) => typeof index !== "number" || (index | 0) !== index);
  if (bad >= 0) {
    throw new DTypeError(
      `${op}: ${what} ${show(list[bad])} (element ${bad}) is no int32 (a whole number from -2147483648 to 2147483647); ${hint}`,
    );
  }
  return tensor(indices as number | Int32Array, { dtype: "int32" });
}

/** Throws unless all indices are from 0 to `size` - 1; for negative ones, too, which `take` would count from the end. */
export function checkRange(op: string, what: string, indices: Tensor, size: number, of: string): void {
  const bad = indices.data.findIndex((index) => index < 0 || index >= size);
  if (bad < 0) return;
  throw new ShapeError(
    `${op}: ${what} ${indices.data[bad]} (element ${bad}) is out of range for ${of}: from 0 to ${size - 1}`,
  );
}

/**
 * The check as an op, for a function that may be compiled, where there are no values yet: it gives the indices themselves.
 * A program leaves the check to the op that uses them, `take` or `oneHot`, and has negative ones refused there.
 */
class IndicesInRange extends Node {
  override readonly name: string;
  private readonly what: string;
  private readonly size: number;
  private readonly of: string;

  constructor(op: string, what: string, size: number, of: string) {
    super();
    this.name = op;
    this.what = what;
    this.size = size;
    this.of = of;
  }

  override shapeRule(indices: Tensor): Shape {
    return indices.shape;
  }

  override dtypeRule(): DType {
    return "int32";
  }

  override localForward(_shape: Shape, _dtype: DType, indices: Tensor): Values {
    checkRange(this.name, this.what, indices, this.size, this.of);
    return indices.rank === 0 ? indices.item() : indices.array;
  }

  override composed(indices: Tensor): Tensor {
    return indices.less(0).where(this.size, indices) as Tensor;
  }

  override localBackward(): never {
    throw this.notDifferentiable("its input are indices");
  }
}

/** The indices, all of which are from 0 to `size` - 1, in eager mode and in a compiled program. */
export function inRange(op: string, what: string, indices: Tensor, size: number, of: string): Tensor {
  const checked = new IndicesInRange(op, what, size, of).apply(indices);
  checked.name = indices.name;
  return checked;
}
