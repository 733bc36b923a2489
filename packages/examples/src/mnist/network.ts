import { Random, type Tensor } from "@chainrule/core";
import { Affine, type FloatDType, type Labels, Layer, normal, softmaxWithLoss } from "@chainrule/nn";

/** The textbook's names for the parameters, in the order of the forward pass. */
export type ParameterName = "W1" | "b1" | "W2" | "b2";

export interface NetworkSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

/** Affine, ReLU, Affine: weights begin as 0.01 times a normal number, biases as 0. */
export class TwoLayerNet extends Layer {
  readonly affine1: Affine;
  readonly affine2: Affine;

  /** The same seed gives the same weights in either dtype, but for rounding. */
  constructor({ inputs, hidden, classes }: NetworkSizes, seed: number, dtype: FloatDType) {
    super();
    const options = { initializer: normal({ std: 0.01 }), random: new Random(seed), dtype };
    this.affine1 = new Affine(inputs, hidden, options);
    this.affine2 = new Affine(hidden, classes, options);
    for (const [name, parameter] of Object.entries(this.parameters())) parameter.name = name;
  }

  /** The scores, [N, classes], of images, [N, inputs]. */
  override forward(x: Tensor): Tensor {
    return this.affine2.forward(this.affine1.forward(x).relu());
  }

  loss(x: Tensor, labels: Labels): Tensor {
    return softmaxWithLoss(this.forward(x), labels);
  }

  override parameters(): Readonly<Record<ParameterName, Tensor>> {
    const [first, second] = [this.affine1, this.affine2];
    return { W1: first.W, b1: first.b, W2: second.W, b2: second.b };
  }
}
