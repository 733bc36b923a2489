import { allocate, checkDType, checkNumber, type DType, isFloat, type Values } from "../dtype.js";
import { Node, type NodeSettings } from "../graph/node.js";
import type { CastFunction } from "../graph/signatures/elementwise.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore } from "../options.js";
import type { Shape } from "../shape/types.js";

export class Cast extends Node {
  static override get settings(): NodeSettings {
    return ["dtype"];
  }

  override readonly name = "Cast";
  readonly dtype: DType;

  constructor(dtype: DType) {
    super();
    this.dtype = dtype;
  }

  override attributes(): Record<string, unknown> {
    return { dtype: this.dtype };
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override dtypeRule(): DType {
    return checkDType(this.name, this.dtype);
  }

  override localForward(_shape: Shape, dtype: DType, x: Tensor): Values {
    const convert = (value: number) =>
      dtype === "bool"
        ? value !== 0
          ? 1
          : 0
        : dtype === "int32"
          ? Math.trunc(value) | 0
          : checkNumber("Cast", value, dtype);
    if (x.rank === 0) return convert(x.item());
    const { array } = x;
    const out = allocate(dtype, array.length);
    if (isFloat(dtype) || (dtype === "int32" && x.dtype === "bool")) out.set(array);
    else for (let i = 0; i < out.length; i++) out[i] = convert(array[i] as number);
    return out;
  }

  override localBackward(dout: Tensor): Tensor {
    const x = this.input(0);
    if (!isFloat(this.dtype)) throw this.notDifferentiable(`${this.dtype} values change in steps`);
    return dout.cast(x.dtype);
  }
}

/**
 * The same values in another dtype; x itself where it has that dtype. To float32 values are rounded, to int32 cut off at the
 * point (NaN becomes 0, and of what is beyond 32 bits the last 32 are kept), to bool anything but 0 is true. The gradient goes back in the dtype of x; through int32 and bool there is none.
 *
 * @example
 * cast(tensor([1.7, -1.7, 0]), "int32").toArray(); // [1, -1, 0]
 * tensor([0.1]).cast("float32").dtype; // "float32"
 */
export const cast = ((x: Tensor, dtype: DType, ...none: []) => {
  checkNoMore("Cast", none);
  const tensor = operand("Cast", x);
  return tensor.dtype === dtype ? tensor : new Cast(dtype).apply(tensor);
}) as CastFunction;
