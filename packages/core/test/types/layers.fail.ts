import type { Tensor } from "../../src/graph/tensor.js";
import { zeros } from "./declared.js";

class Affine<const I extends number, const O extends number> {
  readonly W: Tensor<[I, O]>;
  readonly b: Tensor<[O]>;

  constructor(inputs: I, outputs: O) {
    this.W = zeros([inputs, outputs]);
    this.b = zeros([outputs]);
  }

  forward<N extends number>(x: Tensor<[N, I]>): Tensor<[N, O]> {
    return x.matmul(this.W).add(this.b);
  }

  forgotTranspose<N extends number>(dout: Tensor<[N, O]>): Tensor<[N, I]> {
    return dout.matmul(this.W); // error: matmul: inner sizes ${O} and ${I} differ
  }

  wrongBias<N extends number>(x: Tensor<[N, I]>) {
    return x.add(this.b); // error: ${I} and ${O} do not broadcast
  }
}

const layer1 = new Affine(784, 50);
const layer2 = new Affine(50, 10);
const x = zeros([100, 784]);
layer2.forward(x); // error: '784' is not assignable to type '50'
layer1.forward(layer1.forward(x).relu()); // error: '50' is not assignable to type '784'
layer2.forward(layer1.forward(x).relu()).sub(zeros([100, 9])); // error: 10 and 9 do not broadcast
layer2.forward(layer1.forward(x).relu()).sum(1).matmul(layer2.W); // error: matmul: inner sizes 100 and 50 differ
