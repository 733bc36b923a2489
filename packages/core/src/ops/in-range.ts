import { checkName } from "../checks.js";
import type { DType, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { checkIndices } from "./take.js";

/**
 * The indices as they are, all of which have to be from 0 to size - 1: negative ones, which `take` counts from the end, are
 * refused as well. An op, so that a compiled function checks them at each call, before anything has changed.
 */
export class InRange extends Node {
  static override get settings(): NodeSettings {
    return ["name", "size", "what", "of"];
  }

  /** What errors call the op that the indices are for. */
  override readonly name: string;
  readonly size: number;
  /** What one of them is called: an index, a label. */
  readonly what: string;
  /** What they are of: `3 classes`, `a table of [3, 2]`. */
  readonly of: string;

  constructor(op: string, size: number, what = "index", of?: string) {
    super();
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`InRange: size ${show(size)}: a whole number of at least 0 is needed`);
    }
    for (const text of [op, what, of ?? ""]) checkName("InRange", text);
    this.name = op;
    this.size = size;
    this.what = what;
    this.of = of ?? String(size);
  }

  override attributes(): Record<string, unknown> {
    return { op: this.name, what: this.what, size: this.size };
  }

  override shapeRule(indices: Tensor): Shape {
    return indices.shape;
  }

  override dtypeRule(indices: Tensor): DType {
    checkIndices(this.name, indices);
    return "int32";
  }

  override localForward(_shape: Shape, _dtype: DType, indices: Tensor): Values {
    const { array } = indices;
    for (let i = 0; i < array.length; i++) {
      const index = array[i] as number;
      if (index < 0 || index >= this.size) throw this.outOfRange(index, i);
    }
    return indices.rank === 0 ? indices.item() : array;
  }

  override localBackward(): never {
    throw this.notDifferentiable("its inputs are indices");
  }

  /** The error for an element that is not in the range. */
  outOfRange(index: number, element: number): ShapeError {
    return new ShapeError(
      `${this.name}: ${this.what} ${index} (element ${element}) is out of range for ${this.of}: from 0 to ${this.size - 1}`,
    );
  }
}

/**
 * The indices themselves, where all are from 0 to size - 1, in eager mode and in a compiled program; for an op of one's own
 * that takes some.
 *
 * @param op what errors call the op that the indices are for
 * @param what what they call one of the indices, `"index"` unless said otherwise
 * @param of what they say that the indices are of, the size unless said otherwise
 * @throws ShapeError for an index out of range, DTypeError for indices that are not int32
 *
 * @example
 * inRange("embedding", tensor([2, 0], { dtype: "int32" }), 3).toArray(); // [2, 0]
 */
export function inRange<S extends Shape>(
  op: string,
  indices: Tensor<S>,
  size: number,
  what?: string,
  of?: string,
  ...none: []
): Tensor<S, "int32"> {
  checkNoMore("inRange", none);
  const given = operand(op, indices) as Tensor;
  const checked = new InRange(op, size, what, of).apply(given);
  checked.name = given.name;
  return checked as Tensor<S, "int32">;
}
