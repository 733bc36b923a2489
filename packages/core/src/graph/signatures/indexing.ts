import type { DType } from "../../dtype.js";
import type { OneHot, Slice, Take, WithAxis } from "../../shape/axis-types.js";
import type { Diagonal, Gathered, Matrices, MatrixTrace } from "../../shape/indexing-types.js";
import type { Fits, Range, Shape } from "../../shape/types.js";
import type { Literal } from "../literal.js";
import type { Tensor } from "../tensor.js";
import type { AxisOption, IndexShape, Indices, IndicesShape, Of, Operand } from "./operands.js";

/* The signatures of ops that pick elements, or add to some. */

/** `slice(x, [0, null, [1, 5], [null, null, -1]])`: an index, all of the axis, start and stop, and a step. */
export interface SliceFunction {
  <S extends Shape, const R extends readonly Range[]>(x: Tensor<S>, ranges: R & Fits<Slice<S, R>>): Of<Slice<S, R>>;
}

/** `take(x, indices, axis = 0)`, `take(x, indices, { axis })`: the axis is replaced by those of the indices. */
export interface TakeFunction {
  <S extends Shape, const I extends Indices, Axis extends number>(
    x: Tensor<S>,
    indices: I,
    options: AxisOption<Axis & Fits<Take<S, IndicesShape<I>, Axis>, Axis>>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
  <S extends Shape, const I extends Indices, Axis extends number = 0>(
    x: Tensor<S>,
    indices: I,
    axis?: Axis & Fits<Take<S, IndicesShape<I>, Axis>, Axis>,
  ): Of<Take<S, IndicesShape<I>, Axis>>;
}

/** `oneHot(indices, classes)`: a new last axis. */
export interface OneHotFunction {
  <const I extends Indices, Classes extends number>(
    indices: I,
    classes: Classes,
    options?: { readonly dtype?: DType | undefined },
  ): Tensor<OneHot<IndicesShape<I>, Classes>>;
}

/** `bincount(x, length)`: one count for each number. */
export interface BincountFunction {
  <const I extends Indices, Length extends number>(x: I, length: Length): Tensor<[Length]>;
}

/** `gather(x, indices, axis)`: the shape of the indices. */
export interface GatherFunction {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>, I>,
    options: AxisOption<Axis>,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"gather", S, IndexShape<I>, Axis>, I>,
    axis: Axis,
  ): Of<Gathered<"gather", S, IndexShape<I>, Axis>>;
}

/** `scatterAdd(x, indices, source, axis)`: the shape stays. */
export interface ScatterAddFunction {
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>, I>,
    source: Operand,
    options: AxisOption<Axis>,
  ): Tensor<S>;
  <S extends Shape, const I extends Tensor | Literal, Axis extends number>(
    x: Tensor<S>,
    indices: I & Fits<Gathered<"scatterAdd", S, IndexShape<I>, Axis>, I>,
    source: Operand,
    axis: Axis,
  ): Tensor<S>;
}

/** `indexAdd(x, indices, source, axis = 0)`: the shape stays. */
export interface IndexAddFunction {
  <S extends Shape, Axis extends number>(
    x: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    options: AxisOption<Axis & Fits<WithAxis<S, Axis>, Axis>>,
  ): Tensor<S>;
  <S extends Shape, Axis extends number = 0>(
    x: Tensor<S>,
    indices: Tensor | Literal,
    source: Operand,
    axis?: Axis & Fits<WithAxis<S, Axis>, Axis>,
  ): Tensor<S>;
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
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S> & Fits<Diagonal<S, O>>,
    options?: O,
  ): Of<Diagonal<S, O>>;
}

/** `trace(x, { offset = 0, axis1 = 0, axis2 = 1 })`. */
export interface TraceFunction {
  <S extends Shape, O extends DiagonalOptions | number | undefined = undefined>(
    x: Tensor<S> & Fits<MatrixTrace<S, O>>,
    options?: O,
  ): Of<MatrixTrace<S, O>>;
}

/** `tril(x, offset = 0)`, `triu(x, offset = 0)`: the shape stays. */
export interface TriangleFunction<Op extends string> {
  <S extends Shape>(x: Tensor<S> & Fits<Matrices<Op, S>>, offset?: number | OffsetOption): Tensor<S>;
}
