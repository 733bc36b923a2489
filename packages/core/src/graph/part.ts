import { type DType, isFloat, type Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import { Node } from "./node.js";
import { isRecording } from "./recording.js";
import type { Tensor } from "./tensor.js";
import { tracer, valuesOf } from "./tracer.js";

/**
 * One of several results of a node. That node has one output, a scalar without meaning which stands for all of them: the walk keeps a
 * gradient for each part of it, and hands them all at once to the node's `backwardOfParts`.
 */
export class Part extends Node {
  override readonly name = "Part";
  /** Which of the results. */
  readonly index: number;
  private readonly form: { readonly shape: Shape; readonly dtype: DType };
  /** The result itself, where the node has computed it already. */
  private readonly made: Tensor | null;

  constructor(index: number, { shape, dtype }: { readonly shape: Shape; readonly dtype: DType }, made: Tensor | null) {
    super();
    this.index = index;
    this.form = { shape, dtype };
    this.made = made;
  }

  override apply(whole: Tensor): Tensor {
    if (this.made === null) return super.apply(whole);
    const { shape, dtype } = this.form;
    if (isFloat(dtype) && isRecording()) this.connect(whole, null, null);
    const values = tracer()?.madeBy(this, this.made, [whole]) ?? valuesOf(this.made);
    return whole.derive(shape, dtype, values, this.arity === 0 ? null : this);
  }

  override attributes() {
    return { index: this.index };
  }

  override shapeRule(_whole: Tensor): Shape {
    return this.form.shape;
  }

  override dtypeRule(_whole: Tensor): DType {
    return this.form.dtype;
  }

  override localForward(): Values {
    throw new Error("the parts of what is traced have no values");
  }

  override localBackward(): Tensor {
    throw new Error("gradients of parts are kept by the walk");
  }
}
