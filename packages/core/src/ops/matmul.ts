import { checkFlag } from "../checks.js";
import { allocate, type DType, type Values } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { commonDType, Node, type NodeSettings } from "../graph/node.js";
import type { MatMulFunction } from "../graph/signatures/products.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { forEachRow } from "../loops/loop.js";
import { type GemmArray, gemm } from "../loops/matmul.js";
import { checkNoMore } from "../options.js";
import { broadcastShapes, broadcastStrides, formatShape, sizeOf, sizesFrom } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/**
 * The matrix product of a and b, each transposed first (in its last two axes) if its flag says so. With the flags the op
 * is its own derivative, and no transposed copy is made.
 */
export class MatMul extends Node {
  static override get settings(): NodeSettings {
    return ["transposeA", "transposeB"];
  }

  override readonly name = "MatMul";
  readonly transposeA: boolean;
  readonly transposeB: boolean;

  constructor(transposeA = false, transposeB = false) {
    super();
    checkFlag("MatMul", "transposeA", transposeA);
    checkFlag("MatMul", "transposeB", transposeB);
    this.transposeA = transposeA;
    this.transposeB = transposeB;
  }

  override attributes(): Record<string, unknown> {
    return { ...(this.transposeA && { transposeA: true }), ...(this.transposeB && { transposeB: true }) };
  }

  override shapeRule(a: Tensor, b: Tensor): Shape {
    const { m, k, l, n } = this.sizes(a, b);
    if (k !== l) {
      const flag = this.transposeA || this.transposeB ? " with its transpose flags" : "";
      throw new ShapeError(
        `MatMul: ${formatShape(a.shape)} x ${formatShape(b.shape)}${flag}: inner sizes ${k} and ${l} differ; ${repair(a.shape, b.shape, k)}`,
      );
    }
    const shape = a.rank > 2 || b.rank > 2 ? [...batchesOf(a, b)] : [];
    if (a.rank > 1) shape.push(m);
    if (b.rank > 1) shape.push(n);
    return shape;
  }

  override dtypeRule(a: Tensor, b: Tensor): DType {
    const dtype = commonDType(this.name, [a, b]);
    if (dtype === "bool") throw new DTypeError(`MatMul: takes numbers, got bool; convert with cast("float64")`);
    return dtype;
  }

  override localForward(shape: Shape, dtype: DType, a: Tensor, b: Tensor): Values {
    const { m, k, n } = this.sizes(a, b);
    const [out, x, y] = [allocate(dtype, sizeOf(shape)), a.array, b.array] as [GemmArray, GemmArray, GemmArray];
    const [batchA, batchB] = [batchOf(a), batchOf(b)];
    if (sizeOf(batchB) === 1 && !this.transposeA) {
      // One matrix on the right: the batches on the left are more rows.
      gemm(out, x, y, sizeOf(batchA) * m, n, k, false, this.transposeB);
    } else {
      const batch = broadcastShapes(this.name, batchA, batchB);
      const strides = [
        broadcastStrides(batchA, batch).map((s) => s * m * k),
        broadcastStrides(batchB, batch).map((s) => s * k * n),
      ];
      forEachRow([...batch, 1], strides, ([atA, atB], i) => {
        gemm(out, x, y, m, n, k, this.transposeA, this.transposeB, i * m * n, atA as number, atB as number);
      });
    }
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const [a, b] = [this.input(0), this.input(1)];
    const [ta, tb] = [this.transposeA, this.transposeB];
    const { m, n } = this.sizes(a, b);
    // Vectors as the matrices that they stand for.
    const A = a.rank === 1 ? a.reshape([1, a.size]) : a;
    const B = b.rank === 1 ? b.reshape([b.size, 1]) : b;
    const batch = sizesFrom(dout.shape, 0, dout.rank - (a.rank === 1 ? 0 : 1) - (b.rank === 1 ? 0 : 1));
    const G = a.rank === 1 || b.rank === 1 ? dout.reshape([...batch, m, n]) : dout;
    if (i === 0) {
      const gradient = ta ? product(B, G, tb, true) : product(G, B, false, !tb);
      return a.rank === 1 ? sumBatch(gradient).reshape(a.shape) : gradient;
    }
    if (B.rank === 2 && A.rank > 2 && !ta && A.size > 0 && G.size > 0) {
      // The batches on the left are more rows, so that their gradients are added up by the product itself.
      const rows = A.reshape([-1, A.shape[A.rank - 1] as number]);
      const flat = G.reshape([-1, n]);
      const gradient = tb ? product(flat, rows, true, false) : product(rows, flat, true, false);
      return b.rank === 1 ? gradient.reshape(b.shape) : gradient;
    }
    const gradient = tb ? product(G, A, true, ta) : product(A, G, !ta, false);
    return b.rank === 1 ? sumBatch(gradient).reshape(b.shape) : gradient;
  }

  /** a stands for m x k and b for l x n, flags applied; a vector is a row on the left and a column on the right. */
  private sizes(a: Tensor, b: Tensor): { m: number; k: number; l: number; n: number } {
    if (a.rank === 0 || b.rank === 0) {
      throw new ShapeError(
        `MatMul: ${formatShape(a.shape)} x ${formatShape(b.shape)}: a scalar is no matrix; use mul for scalars`,
      );
    }
    if ((this.transposeA && a.rank === 1) || (this.transposeB && b.rank === 1)) {
      throw new ShapeError(
        `MatMul: ${formatShape(a.shape)} x ${formatShape(b.shape)}: a vector has no transpose; leave out its flag`,
      );
    }
    const columns = a.shape[a.rank - 1] as number;
    const rows = a.rank === 1 ? 1 : (a.shape[a.rank - 2] as number);
    const l = b.shape[Math.max(0, b.rank - 2)] as number;
    const n = b.rank === 1 ? 1 : (b.shape[b.rank - 1] as number);
    return {
      m: this.transposeA ? columns : rows,
      k: this.transposeA ? rows : columns,
      l: this.transposeB ? n : l,
      n: this.transposeB ? l : n,
    };
  }
}

/** The axes before the last two, broadcast. */
function batchesOf(a: Tensor, b: Tensor): Shape {
  const op = `MatMul: ${formatShape(a.shape)} x ${formatShape(b.shape)}: batches`;
  return broadcastShapes(op, batchOf(a), batchOf(b));
}

const batchOf = ({ shape }: Tensor) => sizesFrom(shape, 0, shape.length - 2);

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return new MatMul(transposeA, transposeB).apply(a, b);
}

/** A gradient of a vector that met batches: one matrix, the sum over them. */
function sumBatch(gradient: Tensor): Tensor {
  return gradient.rank === 2 ? gradient : gradient.sum({ axis: gradient.shape.slice(0, -2).map((_, axis) => axis) });
}

function repair(a: Shape, b: Shape, k: number): string {
  if (b.length >= 2 && b[b.length - 1] === k) return `did you mean a.matmul(b.transpose(${order(b)}))?`;
  if (a.length >= 2 && a[a.length - 2] === b[Math.max(0, b.length - 2)])
    return `did you mean a.transpose(${order(a)}).matmul(b)?`;
  return "the last axis of a and the second to last of b (its only one, if a vector) must have the same size";
}

/** The axes of a batch with the last two exchanged, as an argument of transpose; of a matrix, all that there are. */
function order(shape: Shape): string {
  const axes = shape.map((_, axis) => axis);
  return axes.length === 2 ? "" : `[${[...axes.slice(0, -2), axes.length - 1, axes.length - 2].join(", ")}]`;
}

/**
 * The matrix product, by NumPy's rules: [.., m, k] x [.., k, n] is [.., m, n], leading axes broadcast; a vector is a row
 * on the left and a column on the right, and leaves no axis in the result. float64, float32, int32.
 *
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])).toArray(); // [[19, 22], [43, 50]]
 * tensor([[1, 2], [3, 4]]).matmul(tensor([1, 1])).toArray(); // [3, 7]
 *
 * @throws ShapeError when the inner sizes differ.
 */
export const matmul = ((a: Tensor, b: Tensor, ...none: []) => {
  checkNoMore("MatMul", none);
  return new MatMul().apply(operand("MatMul", a), operand("MatMul", b));
}) as MatMulFunction;
