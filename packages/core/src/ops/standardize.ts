import { allocate, type DType, type TypedArray, type Values } from "../dtype.js";
import { ChainruleError } from "../errors.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { gatherView } from "../loops/copy.js";
import { centerAlong, type Dispersion, deviationAlong, type Sizes, standardizeAlong } from "../loops/moments.js";
import { checkNoMore, checkNumbers, checkOptions } from "../options.js";
import { kept, normalizeAxes, sizeOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { deviationOf, momentsOf, standardized } from "./moments.js";
import { gathered, type Over, Reduction } from "./reduction.js";

/*
 * The parts that variance, standard deviation, norm and all normalisations have in common, as nodes that are each other's
 * derivatives: none squares what overflows, rounds a mean before it is subtracted, or divides 0 by 0.
 */

/** A map of the elements along some axes, of the shape of its input. */
abstract class AlongAxes extends Node {
  readonly axis: number | readonly number[] | undefined;

  constructor(axis: number | readonly number[] | undefined) {
    super();
    this.axis = kept(axis);
  }

  override attributes(): Record<string, unknown> {
    return this.axis === undefined ? {} : { axis: this.axis };
  }

  override shapeRule(x: Tensor): Shape {
    this.axesOf(x);
    return x.shape;
  }

  protected axesOf(x: Tensor): number[] {
    return normalizeAxes(this.name, this.axis, x.shape);
  }

  protected over(x: Tensor): Over {
    return { axis: this.axesOf(x), keepDims: true };
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const axes = this.axesOf(x);
    const [array, ...sizes] = gathered(x, axes);
    const out = allocate(dtype, x.size);
    this.fill(out, dtype, array, sizes);
    if (shape.length === 0) return out[0] as number;
    if (array === x.array) return out;
    // Back from the order in which the axes are the last ones.
    const order = [...x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis])), ...axes];
    const strides = stridesOf(order.map((axis) => x.shape[axis] as number));
    return gatherView(
      dtype,
      out,
      x.shape,
      0,
      x.shape.map((_, axis) => strides[order.indexOf(axis)] as number),
    );
  }

  /** Computes `out` of x, seen as [outer, n, inner]. */
  protected abstract fill(out: TypedArray, dtype: DType, x: TypedArray, sizes: Sizes): void;
}

/** (x - mean) / divisor over the axes: symmetric as a matrix, and so its own derivative. */
export class Center extends AlongAxes {
  static override get settings(): NodeSettings {
    return ["axis", "divisor"];
  }

  override get name() {
    return "Center";
  }

  readonly divisor: number;

  constructor(axis?: number | readonly number[], divisor = 1) {
    super(axis);
    checkNumbers("Center", { divisor }, ["divisor"]);
    this.divisor = divisor;
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), ...(this.divisor !== 1 && { divisor: this.divisor }) };
  }

  protected override fill(out: TypedArray, dtype: DType, x: TypedArray, sizes: Sizes): void {
    centerAlong(out, dtype, x, sizes, this.divisor);
  }

  override composed(x: Tensor): Tensor {
    const { deviations, scale } = momentsOf(x, this.over(x), true);
    return deviations.mul(scale === null ? 1 / this.divisor : scale.mul(this.divisor).reciprocal()).cast(x.dtype);
  }

  override localBackward(dout: Tensor): Tensor {
    return new Center(this.axis, this.divisor).apply(dout);
  }
}

interface StandardizeOptions extends Dispersion {
  readonly axis?: number | readonly number[] | undefined;
}

const needed = ["center", "freedom", "eps"] as const;

function checked(op: string, options: StandardizeOptions): StandardizeOptions {
  checkOptions(op, options, ["axis", ...needed], ["center"]);
  checkNumbers(op, options ?? {}, ["freedom", "eps"]);
  for (const name of needed) {
    if (options?.[name] === undefined) {
      throw new ChainruleError(
        `${op}: ${name} is missing; give { center, freedom, eps }, such as { center: true, freedom: n, eps: 0 }`,
      );
    }
  }
  return options;
}

/** Those of a node, for its gradient. */
function settingsOf({ axis, center, freedom, eps }: StandardizeOptions): StandardizeOptions {
  return { axis, center, freedom, eps };
}

/**
 * (x - mean) / sqrt(sum of (x - mean)^2 / freedom + eps) over the axes; or with 0 in the place of the mean, if `center` is
 * false. 0 where the root is 0.
 */
export class Standardize extends AlongAxes implements StandardizeOptions {
  static override get settings(): NodeSettings {
    return [["axis", "center", "freedom", "eps"]];
  }

  override get name() {
    return "Standardize";
  }

  readonly center: boolean;
  readonly freedom: number;
  readonly eps: number;

  constructor(options: StandardizeOptions, ...none: []) {
    checkNoMore("Standardize", none);
    const { axis, center, freedom, eps } = checked("Standardize", options);
    super(axis);
    this.center = center;
    this.freedom = freedom;
    this.eps = eps;
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), center: this.center, freedom: this.freedom, eps: this.eps };
  }

  protected override fill(out: TypedArray, dtype: DType, x: TypedArray, sizes: Sizes): void {
    standardizeAlong(out, dtype, x, sizes, this);
  }

  override composed(x: Tensor): Tensor {
    return standardized(x, momentsOf(x, this.over(x), this.center), this).cast(x.dtype);
  }

  override localBackward(dout: Tensor, _i: number, output: Tensor): Tensor {
    const x = this.input(0);
    const axis = this.axesOf(x);
    const deviation = new Deviation(settingsOf(this)).apply(x);
    const constant = deviation.equal(0);
    const along = (t: Tensor) => output.mul(t.mul(output).sum({ axis, keepDims: true }).div(this.freedom));
    const centered = this.center ? new Center(axis).apply(dout) : dout;
    const across = centered.sub(along(dout));
    // Where the output has a length of its own, what is across it has nothing along it: the second time rounding is taken out.
    const exact = this.eps === 0 ? across.sub(along(across)) : across;
    return constant.where(0, exact).div(constant.where(1, deviation));
  }
}

/** What `Standardize` divides by, with size 1 in the place of the axes. */
export class Deviation extends Reduction implements StandardizeOptions {
  static override get settings(): NodeSettings {
    return [["axis", "center", "freedom", "eps"]];
  }

  override get name() {
    return "Deviation";
  }

  protected override readonly ofNothing = true;
  readonly center: boolean;
  readonly freedom: number;
  readonly eps: number;

  constructor(options: StandardizeOptions, ...none: []) {
    checkNoMore("Deviation", none);
    const { axis, center, freedom, eps } = checked("Deviation", options);
    super({ axis, keepDims: true });
    this.center = center;
    this.freedom = freedom;
    this.eps = eps;
  }

  override attributes(): Record<string, unknown> {
    return { ...super.attributes(), center: this.center, freedom: this.freedom, eps: this.eps };
  }

  override localForward(shape: Shape, dtype: DType, x: Tensor): Values {
    const [array, ...sizes] = this.gathered(x);
    const out = allocate(dtype, sizeOf(shape));
    deviationAlong(out, dtype, array, sizes, this);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override composed(x: Tensor): Tensor {
    return deviationOf(momentsOf(x, this.over(x), this.center), this).cast(x.dtype);
  }

  override localBackward(dout: Tensor): Tensor {
    return new Standardize(settingsOf(this)).apply(this.input(0)).mul(dout.div(this.freedom));
  }
}
