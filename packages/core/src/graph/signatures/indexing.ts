import type { DType, DTypes } from "../../dtype.js";
import type { OneHot, Slice, Take, WithAxis } from "../../shape/axis-types.js";
import type { Diagonal, Gathered, Matrices, MatrixTrace } from "../../shape/indexing-types.js";
import type { Fits, Range, Shape } from "../../shape/types.js";
import type { Literal } from "../literal.js";
import type { Tensor } from "../tensor.js";
import type { AxisOption, IndexFits, IndexShape, Indices, IndicesShape, Known, Of, Operand } from "./operands.js";

/* The signatures of ops that pick elements, or add to some. */

/** `slice(x, [0, null, [1, 5], [null, null, -1]])`: an index, all of the axis, start and stop, and a step. */
export interface SliceFunction {
  <S extends Shape, D extends DType, const R extends readonly Range[]>(
    x: Tensor<S, D>,
    ranges: R & Fits<Slice<S, R>>,
  ): Of<Slice<S, R>, D>;
}

/** `take(x, indices, axis = 0)`, `take(x, indices, { axis })`: the axis is replaced by those of the indices. */
export interface TakeFunction {
  <S extends Shape, D extends DType, const I extends Indices, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"take", I>,
    options: AxisOption<Axis & Fits<Take<S, IndicesShape<I>, Axis>, Axis>>,
  ): Of<Take<S, IndicesShape<I>, Axis>, D>;
  <S extends Shape, D extends DType, const I extends Indices, Axis extends number = 0>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"take", I>,
    axis?: Axis & Fits<Take<S, IndicesShape<I>, Axis>, Axis>,
  ): Of<Take<S, IndicesShape<I>, Axis>, D>;
}

/** `oneHot(indices, classes)`: a new last axis. */
export interface OneHotFunction {
  <const I extends Indices, Classes extends number, To extends DType = "float64">(
    indices: I & IndexFits<"oneHot", I>,
    classes: Classes,
    options?: { readonly dtype?: To | DTypes[To] | undefined },
  ): Tensor<OneHot<IndicesShape<I>, Classes>, Known<To>>;
}

/** `bincount(x, length)`: one count for each number. */
export interface BincountFunction {
  <const I extends Indices, Length extends number>(
    x: I & IndexFits<"bincount", I>,
    length: Length,
  ): Tensor<[Length], "int32">;
}

/** `gather(x, indices, axis)`: the shape of the indices. */
export interface GatherFunction {
  <S extends Shape, D extends DType, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"gather", I, Fits<Gathered<"gather", S, IndexShape<I>, Axis>, I>>,
    options: AxisOption<Axis>,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>, D>;
  <S extends Shape, D extends DType, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"gather", I, Fits<Gathered<"gather", S, IndexShape<I>, Axis>, I>>,
    axis: Axis,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>, D>;
}

/** `scatterAdd(x, indices, source, axis)`: the shape stays. */
export interface ScatterAddFunction {
  <S extends Shape, D extends DType, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"scatterAdd", I, Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>, I>>,
    source: Operand,
    options: AxisOption<Axis>,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"scatterAdd", I, Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>, I>>,
    source: Operand,
    axis: Axis,
  ): Tensor<S, D>;
}

/** `indexAdd(x, indices, source, axis = 0)`: the shape stays. */
export interface IndexAddFunction {
  <S extends Shape, D extends DType, I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"indexAdd", I>,
    source: Operand,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>>,
  ): Tensor<S, D>;
  <S extends Shape, D extends DType, I extends Tensor | Literal, Axis extends number = 0>(
    x: Tensor<S, D>,
    indices: I & IndexFits<"indexAdd", I>,
    source: Operand,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
  ): Tensor<S, D>;
}

/** Which diagonal, for `tril` and `triu`. */
export interface OffsetOption {
  readonly offset?: number | undefined;
}

/** Which diagonal of which matrices `diagonal` and `trace` read. */
export interface DiagonalOptions {
  /** How far above the main diagonal (below it, if negative). Default 0. */
  readonly offset?: number | undefined;
  /** The rows. Default 0. */
  readonly axis1?: number | undefined;
  /** The columns. Default 1. */
  readonly axis2?: number | undefined;
}

/** `diagonal(x, { offset = 0, axis1 = 0, axis2 = 1 })`: the diagonal is the last axis. */
export interface DiagonalFunction {
  <S extends Shape, D extends DType, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S, D> & Fits<Diagonal<S, O>>,
    options?: O,
  ): Of<Diagonal<S, O>, D>;
}

/** `trace(x, { offset = 0, axis1 = 0, axis2 = 1 })`. */
export interface TraceFunction {
  <S extends Shape, D extends DType, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S, D> & Fits<MatrixTrace<S, O>>,
    options?: O,
  ): Of<MatrixTrace<S, O>, D>;
}

/** `tril(x, offset = 0)`, `triu(x, offset = 0)`: the shape stays. */
export interface TriangleFunction<Op extends string> {
  <S extends Shape, D extends DType>(
    x: Tensor<S, D> & Fits<Matrices<Op, S>>,
    offset?: number | OffsetOption,
  ): Tensor<S, D>;
}
