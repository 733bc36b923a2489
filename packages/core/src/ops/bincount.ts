import { allocate, type DType, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { BincountFunction } from "../graph/signatures/indexing.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { checkIndices, type IndexLike, indexTensor } from "./take.js";

/** The error for a number that has no count, in eager mode and compiled. */
export function notCounted(index: number, element: number, length: number): ShapeError {
  const range = length === 0 ? "there is nothing to count" : `from 0 to ${length - 1}`;
  return new ShapeError(
    `Bincount: index ${index} (element ${element} of the indices) is out of range for a length of ${length}: ${range}`,
  );
}

export class Bincount extends Node {
  static override get settings(): NodeSettings {
    return ["length"];
  }

  override readonly name = "Bincount";
  readonly length: number;

  constructor(length: number) {
    super();
    this.length = length;
  }

  override attributes(): Record<string, unknown> {
    return { length: this.length };
  }

  override shapeRule(_x: Tensor): Shape {
    if (!Number.isInteger(this.length) || this.length < 0) {
      throw new ShapeError(`Bincount: length ${show(this.length)}: a whole number of at least 0 is needed`);
    }
    return [this.length];
  }

  override dtypeRule(x: Tensor): DType {
    checkIndices(this.name, x);
    return "int32";
  }

  protected override checkInputs(x: Tensor): void {
    // Not from the end: -1 is how data sets mark a label that is missing.
    const element = x.array.findIndex((index: number) => index < 0 || index >= this.length);
    if (element >= 0) throw notCounted(x.array[element] as number, element, this.length);
  }

  override localForward(_shape: Shape, _dtype: DType, x: Tensor): Values {
    this.checkInputs(x);
    const out = allocate("int32", this.length) as Int32Array;
    const { array } = x;
    for (let i = 0; i < array.length; i++) (out[array[i] as number] as number)++;
    return out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("its inputs are indices, and the counts change in steps");
  }
}

/**
 * How often each of the numbers 0 to `length` - 1 stands in x, as int32 of the shape [length]; zeros for an x without elements.
 * Not differentiable.
 *
 * @param x int32, of any shape, or a list of whole numbers
 *
 * @example
 * bincount(tensor([[0, 2], [2, 2]], { dtype: "int32" }), 4).toArray(); // [1, 0, 3, 0]
 *
 * @throws ShapeError for a number that is not among them (a negative one, too), and a length that is no whole number.
 */
export const bincount = ((x: IndexLike, length: number, ...none: []) => {
  checkNoMore("bincount", none);
  return new Bincount(length).apply(indexTensor("bincount", x));
}) as BincountFunction;
