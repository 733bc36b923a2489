import { type DType, isFloat, type Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import { Node } from "./node.js";
import { isRecording } from "./recording.js";
import type { Tensor } from "./tensor.js";
import { tracer, valuesOf } from "./tracer.js";

/**
 * A node with several results. Its one output, a scalar without meaning, stands for all of them: each is a `Part` of it. The walk keeps a
 * gradient for each part, and hands them all over at once.
 */
export abstract class Parted extends Node {
  override get isUnique(): boolean {
    return true;
  }

  override shapeRule(..._inputs: Tensor[]): Shape {
    return [];
  }

  override dtypeRule(..._inputs: Tensor[]): DType {
    return "float64";
  }

  override get closesOver(): boolean {
    return true;
  }

  override localBackward(): Tensor | null {
    throw new Error("a node with parts has its gradients from backwardOfParts");
  }

  /** The gradients of all inputs, given those of the results, as far as there are any. */
  abstract backwardOfParts(douts: readonly (Tensor | undefined)[], whole: Tensor): readonly (Tensor | null)[];
}

/** One of several results of a node. */
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
