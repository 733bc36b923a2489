import { checkFlag } from "../checks.js";
import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { DTypeError, ShapeError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { gatherView } from "../loops/copy.js";
import { forEachRow } from "../loops/loop.js";
import { broadcastShapes, broadcastStrides, formatShape, sameShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { MatMul } from "./matmul.js";

/*
 * Matrix products of which a mask leaves out terms or results: 0 times what stands there would be NaN, where that is infinite
 * or NaN itself. The two are each other's derivatives. A mask is bool and broadcasts to the matrix that it masks.
 */

/** The batch that two operands broadcast to, and the sizes of their matrices. */
function sizesOf(op: string, a: Tensor, b: Tensor) {
  if (a.rank < 2 || b.rank < 2) {
    throw new ShapeError(
      `${op}: ${formatShape(a.shape)} and ${formatShape(b.shape)}: takes matrices; reshape the vector`,
    );
  }
  const batch = broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { batch, a: a.shape.slice(-2) as [number, number], b: b.shape.slice(-2) as [number, number] };
}

function checkInner(op: string, a: Tensor, b: Tensor, inner: number, other: number): void {
  if (inner === other) return;
  throw new ShapeError(
    `${op}: ${formatShape(a.shape)} and ${formatShape(b.shape)}: inner sizes ${inner} and ${other} differ; transpose one`,
  );
}

function checkMask(op: string, mask: Tensor, shape: Shape): void {
  if (mask.dtype !== "bool")
    throw new DTypeError(`${op}: the mask is bool, got ${mask.dtype}; compare with notEqual(0)`);
  if (sameShape(broadcastShapes(op, mask.shape, shape), shape)) return;
  throw new ShapeError(
    `${op}: the mask ${formatShape(mask.shape)} does not broadcast to ${formatShape(shape)}; reshape it`,
  );
}

/** A copy of a matrix, as large as the mask, with 0 where the mask does not hold; and the mask as large as that. */
function masked(x: Tensor, mask: Tensor, shape: Shape): readonly [values: TypedArray, mask: TypedArray] {
  const broadcast = (t: Tensor) => gatherView(t.dtype, t.array, shape, 0, broadcastStrides(t.shape, shape));
  const [values, holds] = [broadcast(x), broadcast(mask)];
  for (let i = 0; i < values.length; i++) if (holds[i] === 0) values[i] = 0;
  return [values, holds];
}

function transposed(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** The product of a and b, a transposed first if its flag says so, of the terms where the mask on a holds. */
export class MaskedMatMul extends Node {
  static override get settings(): NodeSettings {
    return ["transposeA"];
  }

  override get name() {
    return "MaskedMatMul";
  }

  readonly transposeA: boolean;

  constructor(transposeA = false) {
    super();
    checkFlag("MaskedMatMul", "transposeA", transposeA);
    this.transposeA = transposeA;
  }

  override attributes(): Record<string, unknown> {
    return this.transposeA ? { transposeA: true } : {};
  }

  override shapeRule(a: Tensor, b: Tensor, mask: Tensor): Shape {
    const sizes = sizesOf(this.name, a, b);
    const [m, k] = this.transposeA ? [sizes.a[1], sizes.a[0]] : sizes.a;
    checkInner(this.name, a, b, k, sizes.b[0]);
    checkMask(this.name, mask, [...sizes.batch, ...sizes.a]);
    return [...sizes.batch, m, sizes.b[1]];
  }

  override dtypeRule(a: Tensor, b: Tensor): DType {
    return super.dtypeRule(a, b);
  }

  override localForward(shape: Shape, dtype: DType, a: Tensor, b: Tensor, mask: Tensor): Values {
    const { batch, a: own } = sizesOf(this.name, a, b);
    const whole = [...batch, ...own];
    const [values, holds] = masked(a, mask, whole);
    const right = b.array;
    if (right.every(Number.isFinite)) {
      return new MatMul(this.transposeA).localForward(shape, dtype, a.derive(whole, dtype, values, null), b);
    }
    // Term by term, where 0 is not nothing.
    const [m, n] = shape.slice(-2) as [number, number];
    const k = this.transposeA ? own[0] : own[1];
    const [row, step] = this.transposeA ? [1, own[1]] : [own[1], 1];
    const out = allocate(dtype, sizeOf(shape));
    const sums = new Float64Array(n);
    const strides = broadcastStrides(b.shape.slice(0, -2), batch).map((stride) => stride * k * n);
    forEachRow([...batch, 1], [strides], ([atB], matrix) => {
      for (let i = 0; i < m; i++) {
        sums.fill(0);
        for (let l = 0; l < k; l++) {
          const at = matrix * m * k + i * row + l * step;
          if (holds[at] === 0) continue;
          const from = (atB as number) + l * n;
          for (let j = 0; j < n; j++)
            sums[j] = (sums[j] as number) + (values[at] as number) * (right[from + j] as number);
        }
        out.set(sums, (matrix * m + i) * n);
      }
    });
    return out;
  }

  override composed(a: Tensor, b: Tensor, mask: Tensor): Tensor {
    const finite: Tensor = b.isFinite();
    const plain: Tensor = finite.all();
    const product = new MatMul(this.transposeA).apply(mask.where(a, 0), finite.where(b, 0));
    if (product.size === 0) return product;
    const [left, holds] = this.transposeA
      ? [transposed(a), transposed(mask.rank < 2 ? mask.reshape([1, mask.size]) : mask)]
      : [a, mask.rank < 1 ? mask.reshape([1]) : mask];
    // Term by term, in a program only where one is not finite: the loops of a sum of zeros are left out.
    const terms = holds.expandDims(-1).where(left.expandDims(-1).mul(b.expandDims(-3)), 0);
    return plain.where(product, plain.logicalNot().where(terms, 0).sum(-2));
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    const [a, b, mask] = [this.input(0), this.input(1), this.input(2)];
    if (i === 0) return new SampledMatMul().apply(...(this.transposeA ? [b, dout] : [dout, b]), mask);
    return i === 1 ? new MaskedMatMul(!this.transposeA).apply(a, dout, mask) : null;
  }
}

/** The product of a and the transpose of b where the mask on it holds, and 0 elsewhere. */
export class SampledMatMul extends Node {
  override get name() {
    return "SampledMatMul";
  }

  override shapeRule(a: Tensor, b: Tensor, mask: Tensor): Shape {
    const sizes = sizesOf(this.name, a, b);
    checkInner(this.name, a, b, sizes.a[1], sizes.b[1]);
    const shape = [...sizes.batch, sizes.a[0], sizes.b[0]];
    checkMask(this.name, mask, shape);
    return shape;
  }

  override dtypeRule(a: Tensor, b: Tensor): DType {
    return super.dtypeRule(a, b);
  }

  override localForward(shape: Shape, dtype: DType, a: Tensor, b: Tensor, mask: Tensor): Values {
    const product = new MatMul(false, true).localForward(shape, dtype, a, b);
    return masked(a.derive(shape, dtype, product, null), mask, shape)[0];
  }

  override composed(a: Tensor, b: Tensor, mask: Tensor): Tensor {
    return mask.where(new MatMul(false, true).apply(a, b), 0);
  }

  override localBackward(dout: Tensor, i: number): Tensor | null {
    const [a, b, mask] = [this.input(0), this.input(1), this.input(2)];
    if (i === 2) return null;
    return i === 0 ? new MaskedMatMul().apply(dout, b, mask) : new MaskedMatMul(true).apply(dout, a, mask);
  }
}
