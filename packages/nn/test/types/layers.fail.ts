import { type Tensor, zeros } from "@chainrule/core";
import { Affine, Conv2d, Flatten, Linear, meanSquaredError, ReLU, Sequential, Sigmoid } from "../../src/index.js";

const affine1 = new Affine(784, 50);
const affine2 = new Affine(50, 10);
const x = zeros([100, 784]);
affine2.forward(x); // error: Affine: takes 50 inputs, got 784
affine1.forward(affine1.forward(x)); // error: Affine: takes 784 inputs, got 50
affine2.forward(zeros([784])); // error: Affine: takes 50 inputs, got 784
affine1.forward(zeros([])); // error: Affine: a scalar is no input
affine2.forward(affine1.forward(x).relu()).sub(zeros([100, 9])); // error: 10 and 9 do not broadcast
new Sequential([affine2, affine1]); // error: Sequential: an Affine that takes 784 inputs follows 10 outputs
new Sequential([affine1, new ReLU(), new Sigmoid(), new Affine(40, 10)]); // error: takes 40 inputs follows 50 outputs
meanSquaredError(zeros([2, 3]), zeros([2, 4])); // error: '4' is not assignable to type '3'
new Conv2d(3, 16, 5).forward(zeros([8, 1, 28, 28])); // error: Conv: takes 3 channels, got 1
new Conv2d(3, 16, 5).forward(zeros([8, 3, 28])); // error: Conv: takes [batch, channels, height, width]
new Conv2d(3, 16, 5, { bias: false }).b.toArray(); // error: 'undefined'
new Linear(4, 2).forward(zeros([8, 3])); // error: Linear: takes 4 inputs, got 3
new Flatten().forward(zeros([])); // error: Flatten: a scalar has no batch

class Network<const I extends number, const H extends number, const O extends number> {
  declare readonly affine1: Affine<I, H>;
  declare readonly affine2: Affine<H, O>;

  forgotTheSecond<N extends number>(input: Tensor<readonly [N, I]>): Tensor<readonly [N, O]> {
    return this.affine1.forward(input); // error: 'H' is not assignable to type 'O'
  }

  // The slip of feeding the second layer x instead of the hidden activations.
  fedInputTwice<N extends number>(input: Tensor<readonly [N, I]>) {
    return this.affine2.forward(input); // error: Fits<AffineOf<I, H,
  }
}
new Network();
