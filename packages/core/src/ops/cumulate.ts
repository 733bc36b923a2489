import { checkFlag } from "../checks.js";
import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { Node, type NodeSettings, nameOf, numberDType } from "../graph/node.js";
import type { CumulateFunction, CumulateOptions } from "../graph/signatures/axes.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { around } from "../loops/along.js";
import { rowLoops } from "../loops/generated.js";
import { type AxisOr, checkNoMore, withAxis } from "../options.js";
import { formatShape, normalizeAxis, sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

const FLAGS = ["reverse", "exclusive"] as const;

abstract class Cumulation extends Node {
  static override get settings(): NodeSettings {
    return [["axis", "reverse", "exclusive"]];
  }

  readonly axis: number;
  readonly reverse: boolean;
  readonly exclusive: boolean;
  protected abstract readonly loop: "cumsumAxis" | "cumprodAxis";

  constructor(axis?: AxisOr<number, CumulateOptions>, options?: CumulateOptions, ...none: []) {
    super();
    checkNoMore(nameOf(this), none);
    const [along, given] = withAxis<number, CumulateOptions>(nameOf(this), axis, options, FLAGS, FLAGS);
    this.axis = along ?? -1;
    this.reverse = given.reverse ?? false;
    this.exclusive = given.exclusive ?? false;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis, ...(this.reverse && { reverse: true }), ...(this.exclusive && { exclusive: true }) };
  }

  override shapeRule(x: Tensor): Shape {
    normalizeAxis(this.name, this.axis, x.shape);
    return x.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return numberDType(this.name, x);
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const out = allocate(dtype, x.size);
    const sizes = around(shape, normalizeAxis(this.name, this.axis, shape));
    (rowLoops[dtype][this.loop] as CumulateLoop)(out, x.array, ...sizes, this.reverse, this.exclusive);
    return out;
  }
}

type Sizes = [outer: number, n: number, inner: number];
type CumulateLoop = (out: TypedArray, x: TypedArray, ...rest: [...Sizes, reverse: boolean, exclusive: boolean]) => void;
type ScanLoop = (out: TypedArray, a: TypedArray, b: TypedArray, ...rest: [...Sizes, reverse: boolean]) => void;

function cumulateFunction(
  Op: new (axis?: AxisOr<number, CumulateOptions>, options?: CumulateOptions) => Cumulation,
): CumulateFunction {
  return ((x: Tensor | number, axis?: AxisOr<number, CumulateOptions>, options?: CumulateOptions, ...none: []) => {
    const node = new Op(axis, options);
    checkNoMore(node.name, none);
    return node.apply(operand(node.name, x));
  }) as CumulateFunction;
}

export class Cumsum extends Cumulation {
  override get name() {
    return "Cumsum";
  }

  protected override readonly loop = "cumsumAxis";

  override localBackward(dout: Tensor): Tensor {
    return dout.cumsum(this.axis, { reverse: !this.reverse, exclusive: this.exclusive });
  }
}

/**
 * The sums of all elements up to each one, along `axis` (the last by default). float64, float32 (added up in double
 * precision), int32.
 *
 * @param options.reverse whether to begin at the last element
 * @param options.exclusive whether each sum leaves out the element in its own place
 *
 * @example
 * tensor([1, 2, 3]).cumsum().toArray(); // [1, 3, 6]
 * tensor([1, 2, 3]).cumsum(0, { reverse: true, exclusive: true }).toArray(); // [5, 3, 0]
 */
export const cumsum = cumulateFunction(Cumsum);

export class Cumprod extends Cumulation {
  override get name() {
    return "Cumprod";
  }

  protected override readonly loop = "cumprodAxis";

  /**
   * An element multiplies what stands before it, and all that comes behind it is linear in that: a scan back adds up the
   * gradients of those products. Nothing is divided by, so that a 0 is nothing special.
   */
  override localBackward(dout: Tensor): Tensor {
    const { dtype } = this.input(0);
    // A product of some elements may leave the range of float32 where those that are wanted do not.
    const [x, own] = [this.input(0).cast("float64"), dout.cast("float64")];
    const before = x.cumprod(this.axis, { reverse: this.reverse, exclusive: true });
    const back = new LinearScan(this.axis, !this.reverse);
    return before.mul(this.exclusive ? back.apply(x, own) : own.add(back.apply(x, own.mul(x)))).cast(dtype);
  }
}

/**
 * The products of all elements up to each one, along `axis` (the last by default). Its gradients are those of the
 * polynomials that they are, to any order, also where elements are 0; only where one is infinite the second may be NaN.
 * float64, float32 (in double precision), int32.
 *
 * @param options.reverse whether to begin at the last element
 * @param options.exclusive whether each product leaves out the element in its own place
 *
 * @example
 * tensor([2, 3, 4]).cumprod().toArray(); // [2, 6, 24]
 */
export const cumprod = cumulateFunction(Cumprod);

/** y_0 = 0, y_(i+1) = a_i y_i + b_i along an axis, or the same from its end: what its own derivative is as well. */
export class LinearScan extends Node {
  static override get settings(): NodeSettings {
    return ["axis", "reverse"];
  }

  override get name() {
    return "LinearScan";
  }

  readonly axis: number;
  readonly reverse: boolean;

  constructor(axis: number, reverse = false) {
    super();
    checkFlag("LinearScan", "reverse", reverse);
    this.axis = axis;
    this.reverse = reverse;
  }

  override attributes(): Record<string, unknown> {
    return { axis: this.axis, ...(this.reverse && { reverse: true }) };
  }

  override shapeRule(a: Tensor, b: Tensor): Shape {
    if (!sameShape(a.shape, b.shape)) {
      throw new ShapeError(
        `LinearScan: ${formatShape(a.shape)} and ${formatShape(b.shape)}: factors and summands must have one shape; ` +
          "broadcastTo it",
      );
    }
    normalizeAxis(this.name, this.axis, a.shape);
    return a.shape;
  }

  override localForward(shape: Shape, dtype: DType, a: Tensor, b: Tensor): Values {
    const out = allocate(dtype, a.size);
    const sizes = around(shape, normalizeAxis(this.name, this.axis, shape));
    (rowLoops[dtype].linearScanAxis as ScanLoop)(out, a.array, b.array, ...sizes, this.reverse);
    return out;
  }

  override localBackward(dout: Tensor, i: number, output: Tensor): Tensor {
    const back = new LinearScan(this.axis, !this.reverse).apply(this.input(0), dout);
    return i === 0 ? back.mul(output) : back;
  }
}
