import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, numberDType } from "../graph/node.js";
import type { GatherFunction, ScatterAddFunction } from "../graph/signatures/indexing.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { rowLoops } from "../loops/generated.js";
import { forEachRow } from "../loops/loop.js";
import { partialTerms } from "../loops/scatter.js";
import { type AxisOr, axisOf } from "../options.js";
import { checkShape, formatShape, kept, normalizeAxis, sameShape, sizeOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { checkIndices, type IndexLike, indexTensor, rowsOf } from "./take.js";

type RowLoop = (
  out: TypedArray,
  x: TypedArray,
  indices: Int32Array,
  at: number,
  n: number,
  place: number,
  step: number,
  stride: number,
) => void;

/** Each element has an index of its own, which takes the place of its position along the axis. */
abstract class AlongAxis extends Node {
  readonly axis: number;

  constructor(axis: number) {
    super();
    this.axis = axis;
  }

  override dtypeRule(x: Tensor, indices: Tensor): DType {
    checkIndices(this.name, indices);
    return x.dtype;
  }

  /** `shape` is that of the tensor which the indices point into. */
  protected checkShapes(shape: Shape, indices: Shape): void {
    const axis = normalizeAxis(this.name, this.axis, shape);
    if (indices.length !== shape.length) {
      throw new ShapeError(
        `${this.name}: indices ${formatShape(indices)} for ${formatShape(shape)}: as many axes are needed, one index for each ` +
          "element of the result; reshape the indices, or use take to pick whole rows",
      );
    }
    indices.forEach((size, i) => {
      if (i !== axis && size > (shape[i] as number)) {
        throw new ShapeError(
          `${this.name}: indices ${formatShape(indices)} for ${formatShape(shape)} along axis ${axis}: on axis ${i} there are ` +
            `${shape[i]} elements, not ${size}; slice the indices, or broadcast the other`,
        );
      }
    });
  }

  protected rows(shape: Shape, indices: Tensor): Int32Array {
    const axis = normalizeAxis(this.name, this.axis, shape);
    return rowsOf(this.name, indices, shape[axis] as number, `axis ${axis} of ${formatShape(shape)}`);
  }

  /** Runs a loop over the rows of the indices, with where they begin in the tensor that they point into. */
  protected visit(loop: RowLoop, out: TypedArray, x: TypedArray, shape: Shape, indices: Tensor): void {
    const axis = normalizeAxis(this.name, this.axis, shape);
    const rows = this.rows(shape, indices);
    const own = stridesOf(shape);
    const strides = own.map((stride, i) => (i === axis ? 0 : stride));
    const last = shape.length - 1;
    forEachRow(indices.shape, [strides], ([place], at) => {
      const [n, step] = [indices.shape[last] as number, strides[last] as number];
      loop(out, x, rows, at, n, place as number, step, own[axis] as number);
    });
  }
}

/** The axis, for which there is no default. */
function requiredAxis(op: string, axis: AxisOr<number>, none?: unknown): number {
  const along = axisOf(op, axis, none);
  if (along !== undefined) return along;
  throw new ShapeError(
    `${op}: name the axis that the indices count along, as in ${op === "gather" ? "gather(x, indices, 0)" : "scatterAdd(x, indices, source, 0)"}`,
  );
}

export class Gather extends AlongAxis {
  static override get settings(): NodeSettings {
    return ["axis"];
  }

  override readonly name = "Gather";

  override attributes(): Record<string, unknown> {
    return { axis: this.axis };
  }

  override shapeRule(x: Tensor, indices: Tensor): Shape {
    this.checkShapes(x.shape, indices.shape);
    return indices.shape;
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor, indices: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    this.visit(rowLoops[dtype].gatherRow as RowLoop, out, x.array, x.shape, indices);
    return out;
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    const [x, indices] = [this.input(0), this.input(1)];
    return i === 0 ? new ScatterAdd(x.shape, this.axis).apply(dout, indices) : null;
  }
}

/**
 * For each index the element of x in the same place but for the axis, where the index says: along axis 0 of a matrix
 * result[i, j] = x[indices[i, j], j] (PyTorch's `gather`; NumPy's `take_along_axis`). Whole rows are picked by `take`. Any
 * dtype; gradients of an element read twice add up.
 *
 * @param indices int32, with as many axes as x, of no larger size but along the axis; a negative index counts from the end
 * @returns a tensor of the shape of the indices
 *
 * @example
 * gather(tensor([[1, 2, 3], [4, 5, 6]]), [[2], [0]], 1).toArray(); // [[3], [4]]
 *
 * @throws ShapeError for an index out of range, or indices of another rank or of a larger size.
 */
export const gather = ((x: Tensor, indices: IndexLike, axis: AxisOr<number>, none?: unknown) =>
  new Gather(requiredAxis("gather", axis, none)).apply(
    operand("gather", x),
    indexTensor("gather", indices),
  )) as GatherFunction;

/** The adjoint of Gather: zeros of `shape`, with each element of the input added where its index says. */
export class ScatterAdd extends AlongAxis {
  static override get settings(): NodeSettings {
    return ["shape", "axis"];
  }

  override readonly name = "ScatterAdd";
  readonly shape: Shape;

  constructor(shape: Shape, axis: number) {
    super(axis);
    this.shape = kept(shape);
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, axis: this.axis };
  }

  override dtypeRule(x: Tensor, indices: Tensor): DType {
    numberDType(this.name, x);
    return super.dtypeRule(x, indices);
  }

  override shapeRule(x: Tensor, indices: Tensor): Shape {
    checkShape(this.name, this.shape);
    this.checkShapes(this.shape, indices.shape);
    if (!sameShape(x.shape, indices.shape)) {
      throw new ShapeError(
        `${this.name}: ${formatShape(x.shape)} with indices ${formatShape(indices.shape)}: each element needs an index; shapes must be equal`,
      );
    }
    return this.shape;
  }

  protected override checkInputs(_x: Tensor, indices: Tensor): void {
    this.rows(this.shape, indices);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor, indices: Tensor): Values {
    const out = allocate(dtype, sizeOf(shape));
    const along = indices.shape[normalizeAxis(this.name, this.axis, shape)] as number;
    // Only those along the axis may be for one place.
    const sums = dtype === "float32" && along > partialTerms ? new Float64Array(out.length) : out;
    this.visit(rowLoops[dtype].scatterAddRow as RowLoop, sums, x.array, shape, indices);
    if (sums !== out) out.set(sums);
    return out;
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    return i === 0 ? new Gather(this.axis).apply(dout, this.input(1)) : null;
  }
}

/**
 * x with the elements of `source` added where the indices say: what `gather` reads, written (PyTorch's `scatter_add`). Along
 * axis 0 of a matrix result[indices[i, j], j] += source[i, j]; elements for one place add up. Gradients go to x and to the
 * source. float64, float32, int32.
 *
 * @param indices int32, with as many axes as x, of no larger size but along the axis; a negative index counts from the end
 * @param source a number, or of the shape of the indices, or one that broadcasts to it
 *
 * @example
 * scatterAdd(tensor([[0, 0, 1]]), [[0, 0, 2]], tensor([[10, 20, 30]]), 1).toArray(); // [[30, 0, 31]]
 *
 * @throws ShapeError for an index out of range, or indices of another rank or of a larger size.
 */
export const scatterAdd = ((
  x: Tensor,
  indices: IndexLike,
  source: Tensor | number,
  axis: AxisOr<number>,
  none?: unknown,
) => {
  const into = operand("scatterAdd", x);
  const at = indexTensor("scatterAdd", indices);
  const elements = typeof source === "number" ? into.constant(source, "scatterAdd") : operand("scatterAdd", source);
  const along = requiredAxis("scatterAdd", axis, none);
  return into.add(new ScatterAdd(into.shape, along).apply(elements.broadcastTo(at.shape), at));
}) as ScatterAddFunction;
