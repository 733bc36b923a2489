import type { Tensor } from "../../src/graph/tensor.js";
import { concat, expectShape, n, stack, zeros } from "./declared.js";

/** A layer whose sizes are type parameters: its forward pass is checked once, for all sizes. */
class Affine<const I extends number, const O extends number> {
  readonly W: Tensor<readonly [I, O]>;
  readonly b: Tensor<readonly [O]>;

  constructor(inputs: I, outputs: O) {
    this.W = zeros([inputs, outputs]);
    this.b = zeros([outputs]);
  }

  forward<N extends number>(x: Tensor<readonly [N, I]>): Tensor<readonly [N, O]> {
    return x.matmul(this.W).add(this.b);
  }

  /** What a textbook writes by hand. */
  backward<N extends number>(x: Tensor<readonly [N, I]>, dout: Tensor<readonly [N, O]>) {
    const dW: Tensor<readonly [I, O]> = x.transpose().matmul(dout);
    const db: Tensor<readonly [O]> = dout.sum(0);
    const dx: Tensor<readonly [N, I]> = dout.matmul(this.W.transpose());
    return [dW, db, dx] as const;
  }
}

class Normalize<const F extends number> {
  readonly gain: Tensor<readonly [F]>;

  constructor(features: F) {
    this.gain = zeros([features]);
  }

  forward<N extends number>(x: Tensor<readonly [N, F]>): Tensor<readonly [N, F]> {
    const centred = x.sub(x.mean({ axis: -1, keepDims: true }));
    const deviation = centred.square().mean({ axis: -1, keepDims: true }).add(1e-5).sqrt();
    return centred.div(deviation).mul(this.gain).relu().softmax(-1);
  }
}

function attention<N extends number, D extends number>(
  q: Tensor<readonly [N, D]>,
  k: Tensor<readonly [N, D]>,
  v: Tensor<readonly [N, D]>,
): Tensor<readonly [N, D]> {
  return q.matmul(k.transpose()).softmax().matmul(v);
}

function matrixVector<M extends number, K extends number>(
  a: Tensor<readonly [M, K]>,
  x: Tensor<readonly [K]>,
): Tensor<readonly [M]> {
  return a.matmul(x);
}

function flatten<N extends number>(x: Tensor<readonly [N, 28, 28]>): Tensor<readonly [N, 784]> {
  return x.reshape([x.shape[0], 784]);
}
function flattenRest<N extends number>(x: Tensor<readonly [N, 28, 28]>): Tensor<readonly [N, 784]> {
  return x.reshape([x.shape[0], -1]);
}
function column<N extends number>(x: Tensor<readonly [N]>): Tensor<readonly [N, 1]> {
  return x.expandDims(1);
}
function recurrent<N extends number, H extends number, I extends number>(
  h: Tensor<readonly [N, H]>,
  x: Tensor<readonly [N, I]>,
): Tensor<readonly [N, number]> {
  return concat([h, x], 1);
}
function pair<N extends number>(a: Tensor<readonly [N]>, b: Tensor<readonly [N]>): Tensor<readonly [2, N]> {
  return stack([a, b]);
}
function embed<V extends number, E extends number, N extends number>(
  table: Tensor<readonly [V, E]>,
  words: Tensor<readonly [N]>,
): Tensor<readonly [N, E]> {
  return table.take(words);
}
function loss<S extends readonly number[]>(y: Tensor<S>, t: Tensor<S>): Tensor<readonly []> {
  return y.sub(t).square().mean();
}

const layer1 = new Affine(784, 50);
const layer2 = new Affine(50, 10);
const x = zeros([100, 784]);
const y = layer2.forward(layer1.forward(x).relu());
expectShape<readonly [100, 10]>()(y);
expectShape<readonly [number, 10]>()(layer2.forward(layer1.forward(zeros([n, 784]))));
expectShape<readonly [784, 50]>()(layer1.backward(x, layer1.forward(x))[0]);
expectShape<readonly [100, 10]>()(new Normalize(10).forward(y));
expectShape<readonly [3, 4]>()(attention(zeros([3, 4]), zeros([3, 4]), zeros([3, 4])));
expectShape<readonly [3]>()(matrixVector(zeros([3, 4]), zeros([4])));
expectShape<readonly [5, 784]>()(flatten(zeros([5, 28, 28])));
expectShape<readonly [5, 784]>()(flattenRest(zeros([5, 28, 28])));
expectShape<readonly [3, 1]>()(column(zeros([3])));
expectShape<readonly []>()(loss(y, y));
expectShape<readonly [5, number]>()(recurrent(zeros([5, 3]), zeros([5, 4])));
expectShape<readonly [2, 3]>()(pair(zeros([3]), zeros([3])));
expectShape<readonly [7, 8]>()(embed(zeros([100, 8]), zeros([7])));
