import { checkFlag } from "../checks.js";
import type { DType, Values } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { commonDType, Node, type NodeSettings, nameOf } from "../graph/node.js";
import type { ArgMaxFunction } from "../graph/signatures/axes.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { type AxisLoop, around } from "../loops/along.js";
import { rowLoops } from "../loops/generated.js";
import { type AxisOr, checkNoMore, withAxis } from "../options.js";
import { formatShape, normalizeAxes, normalizeAxis, reducedShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import type { KeepDims } from "./reduction.js";

abstract class ArgExtreme extends Node {
  static override get settings(): NodeSettings {
    return ["axis", "keepDims"];
  }

  protected abstract readonly loop: "argMaxAxis" | "argMinAxis";
  readonly axis: number | undefined;
  readonly keepDims: boolean;

  constructor(axis?: number, keepDims = false) {
    super();
    checkFlag(nameOf(this), "keepDims", keepDims);
    this.axis = axis;
    this.keepDims = keepDims;
  }

  override attributes(): Record<string, unknown> {
    return { ...(this.axis !== undefined && { axis: this.axis }), ...(this.keepDims && { keepDims: true }) };
  }

  override shapeRule(x: Tensor): Shape {
    const axes = normalizeAxes(this.name, this.axis, x.shape);
    const shape = reducedShape(x.shape, axes, this.keepDims);
    if (x.size === 0 && sizeOf(shape) > 0) {
      throw new ShapeError(
        `${this.name}: ${formatShape(x.shape)} has no elements to choose from; check that the input is not empty`,
      );
    }
    return shape;
  }

  override dtypeRule(x: Tensor): DType {
    commonDType(this.name, [x]);
    return "int32";
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor): Values {
    const sizes =
      this.axis === undefined
        ? ([1, x.size, 1] as const)
        : around(x.shape, normalizeAxis(this.name, this.axis, x.shape));
    const out = new Int32Array(sizes[0] * sizes[2]);
    (rowLoops[x.dtype][this.loop] as AxisLoop)(out, x.array, ...sizes);
    return shape.length === 0 ? (out[0] as number) : out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("the result is a position, which does not change with small changes of the input");
  }
}

export class ArgMax extends ArgExtreme {
  override readonly name = "ArgMax";
  protected override readonly loop = "argMaxAxis";
}

/**
 * Where the first maximum along `axis` stands (in the flattened tensor when no axis is named), as int32; the first NaN counts as one.
 *
 * @example
 * argMax(tensor([[1, 5, 2], [7, 3, 4]]), 1).toArray(); // [1, 0]
 * argMax(tensor([[1, 5, 2], [7, 3, 4]])).item(); // 3
 */
export const argMax = argFunction("ArgMax", ArgMax);

export class ArgMin extends ArgExtreme {
  override readonly name = "ArgMin";
  protected override readonly loop = "argMinAxis";
}

/**
 * Where the first minimum along `axis` stands (in the flattened tensor when no axis is named), as int32; the first NaN counts as one.
 *
 * @example
 * argMin(tensor([[1, 5, 2], [7, 3, 4]]), 1).toArray(); // [0, 1]
 */
export const argMin = argFunction("ArgMin", ArgMin);

function argFunction(name: string, Op: new (axis?: number, keepDims?: boolean) => ArgExtreme): ArgMaxFunction {
  return ((x: Tensor | number, axis?: AxisOr<number, KeepDims>, options?: KeepDims, ...none: []) => {
    checkNoMore(name, none);
    const [along, { keepDims }] = withAxis<number, KeepDims>(name, axis, options, ["keepDims"], ["keepDims"]);
    return new Op(along, keepDims).apply(operand(name, x));
  }) as ArgMaxFunction;
}
