import { allocate, checkNumber, type DType, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { PadFunction } from "../graph/signatures/joining.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { scatterView } from "../loops/copy.js";
import { checkNoMore } from "../options.js";
import { formatShape, kept, sizeOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";

/** How many elements to put before and after those of each axis. */
export type PadWidths = readonly (readonly [before: number, after: number])[];

export class Pad extends Node {
  static override get settings(): NodeSettings {
    return ["widths", "value"];
  }

  override readonly name = "Pad";
  readonly widths: PadWidths;
  readonly value: number;

  constructor(widths: PadWidths, value = 0) {
    super();
    this.widths = kept(widths);
    this.value = value;
  }

  override attributes(): Record<string, unknown> {
    return { widths: this.show(), ...(!Object.is(this.value, 0) && { value: this.value }) };
  }

  override shapeRule(x: Tensor): Shape {
    if (!Array.isArray(this.widths) || !this.widths.every(Array.isArray)) {
      throw new ShapeError(
        `Pad: widths are a pair [before, after] for each axis, such as [[1, 1], [0, 2]], got ${show(this.widths)} for ` +
          formatShape(x.shape),
      );
    }
    if (this.widths.length !== x.rank) {
      throw new ShapeError(
        `Pad: ${this.show()} has ${this.widths.length} pairs for the ${x.rank} axes of ${formatShape(x.shape)}; give a pair ` +
          "[before, after] for each axis, [0, 0] where nothing is added",
      );
    }
    if (
      this.widths.some((pair) => pair.length !== 2 || pair.some((width) => !Number.isSafeInteger(width) || width < 0))
    ) {
      throw new ShapeError(
        `Pad: ${this.show()}: widths are pairs of whole numbers, 0 or more; use slice to take elements away`,
      );
    }
    return this.widths.map(([before, after], axis) => before + (x.shape[axis] as number) + after);
  }

  override dtypeRule(x: Tensor): DType {
    checkNumber("Pad", this.value, x.dtype);
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    if (!Object.is(this.value, 0)) out.fill(this.value);
    const strides = stridesOf(shape);
    const start = this.widths.reduce((sum, [before], axis) => sum + before * (strides[axis] as number), 0);
    scatterView(dtype, out, x.array, x.shape, start, strides);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(dout: Tensor): Tensor {
    const { shape } = this.input(0);
    return dout.slice(this.widths.map(([before], axis) => [before, before + (shape[axis] as number)] as const));
  }

  private show(): string {
    return `[${this.widths.map((pair) => formatShape(pair)).join(", ")}]`;
  }
}

/**
 * x with `value` (0 by default) around it: for each axis, how many elements to put before and after its own. Any dtype.
 *
 * @example
 * pad(tensor([[1, 2]]), [[1, 0], [0, 2]], 9).toArray(); // [[9, 9, 9, 9], [1, 2, 9, 9]]
 *
 * @throws ShapeError when there is no pair for each axis, or a width is negative; DTypeError for a value that is none of the dtype.
 */
export const pad = ((x: Tensor, widths: PadWidths, value?: number, ...none: []) => {
  checkNoMore("Pad", none);
  return new Pad(widths, value).apply(operand("Pad", x));
}) as PadFunction;
