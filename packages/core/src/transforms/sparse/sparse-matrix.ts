import { DTypeError, ShapeError } from "../../errors.js";
import { fromArray } from "../../graph/factory.js";
import { operand, type Tensor } from "../../graph/tensor.js";
import { IndexAdd } from "../../ops/take.js";
import { checkNoMore } from "../../options.js";
import { formatShape } from "../../shape/shape.js";

/** A matrix of which most elements are 0: the others with their places, in the order of the rows. */
export class SparseMatrix {
  /** The row of each value. */
  readonly rows: Int32Array;
  /** The column of each value. */
  readonly columns: Int32Array;
  /** Of shape [number of values]. A part of the graph, as any result of ops is. */
  readonly values: Tensor;
  readonly shape: readonly [rows: number, columns: number];

  /** @internal */
  constructor(
    places: { readonly rows: Int32Array; readonly columns: Int32Array },
    values: Tensor,
    shape: readonly [number, number],
  ) {
    this.rows = places.rows;
    this.columns = places.columns;
    this.values = values;
    this.shape = shape;
  }

  /**
   * The product with a vector [columns], or with a matrix [columns, k]: [rows], or [rows, k]. Differentiable by both.
   *
   * @throws ShapeError for another number of rows, DTypeError for another dtype
   */
  matmul(x: Tensor, ...none: []): Tensor {
    checkNoMore("SparseMatrix.matmul", none);
    const right = operand("SparseMatrix.matmul", x);
    const [m, n] = this.shape;
    if ((right.rank !== 1 && right.rank !== 2) || right.shape[0] !== n) {
      throw new ShapeError(
        `SparseMatrix.matmul: ${formatShape(this.shape)} x ${formatShape(right.shape)}: takes a vector [${n}], or a matrix [${n}, k]`,
      );
    }
    if (right.dtype !== this.values.dtype) {
      throw new DTypeError(
        `SparseMatrix.matmul: ${this.values.dtype} and ${right.dtype} do not mix; convert one with cast`,
      );
    }
    const values = right.rank === 1 ? this.values : this.values.expandDims(1);
    const products = right.take(indices(this.columns)).mul(values);
    return new IndexAdd([m, ...right.shape.slice(1)]).apply(products, indices(this.rows));
  }

  /** The matrix with rows and columns exchanged. Its values are in the order of this one's. */
  transpose(...none: []): SparseMatrix {
    checkNoMore("SparseMatrix.transpose", none);
    const [m, n] = this.shape;
    return new SparseMatrix({ rows: this.columns, columns: this.rows }, this.values, [n, m]);
  }

  /** All elements, zeros included: [rows, columns]. */
  toDense(...none: []): Tensor {
    checkNoMore("SparseMatrix.toDense", none);
    const [m, n] = this.shape;
    const places = this.rows.map((row, i) => row * n + (this.columns[i] as number));
    return new IndexAdd([m * n]).apply(this.values, indices(places)).reshape([m, n]);
  }
}

function indices(places: Int32Array): Tensor {
  return fromArray(places, [places.length]);
}
