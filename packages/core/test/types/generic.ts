import type { Tensor } from "../../src/graph/tensor.js";
import { concat, expectShape, n, stack, zeros } from "./declared.js";

/** A layer whose sizes are type parameters: its forward pass is checked once, for all sizes. */
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

  /** What a textbook writes by hand. */
  backward<N extends number>(x: Tensor<[N, I]>, dout: Tensor<[N, O]>) {
    const dW: Tensor<[I, O]> = x.transpose().matmul(dout);
    const db: Tensor<[O]> = dout.sum(0);
    const dx: Tensor<[N, I]> = dout.matmul(this.W.transpose());
    return [dW, db, dx] as const;
  }
}

class Normalize<const F extends number> {
  readonly gain: Tensor<[F]>;

  constructor(features: F) {
    this.gain = zeros([features]);
  }

  forward<N extends number>(x: Tensor<[N, F]>): Tensor<[N, F]> {
    const centred = x.sub(x.mean({ axis: -1, keepDims: true }));
    const deviation = centred.square().mean({ axis: -1, keepDims: true }).add(1e-5).sqrt();
    return centred.div(deviation).mul(this.gain).relu().softmax(-1);
  }
}

function attention<N extends number, D extends number>(
  q: Tensor<[N, D]>,
  k: Tensor<[N, D]>,
  v: Tensor<[N, D]>,
): Tensor<[N, D]> {
  return q.matmul(k.transpose()).softmax().matmul(v);
}

function matrixVector<M extends number, K extends number>(a: Tensor<[M, K]>, x: Tensor<[K]>): Tensor<[M]> {
  return a.matmul(x);
}

function flatten<N extends number>(x: Tensor<[N, 28, 28]>): Tensor<[N, 784]> {
  return x.reshape([x.shape[0], 784]);
}
function flattenRest<N extends number>(x: Tensor<[N, 28, 28]>): Tensor<[N, 784]> {
  return x.reshape([x.shape[0], -1]);
}
function column<N extends number>(x: Tensor<[N]>): Tensor<[N, 1]> {
  return x.expandDims(1);
}
function recurrent<N extends number, H extends number, I extends number>(
  h: Tensor<[N, H]>,
  x: Tensor<[N, I]>,
): Tensor<[N, number]> {
  return concat([h, x], 1);
}
function pair<N extends number>(a: Tensor<[N]>, b: Tensor<[N]>): Tensor<[2, N]> {
  return stack([a, b]);
}
function embed<V extends number, E extends number, N extends number>(
  table: Tensor<[V, E]>,
  words: Tensor<[N]>,
): Tensor<[N, E]> {
  return table.take(words);
}
function loss<S extends readonly number[]>(y: Tensor<S>, t: Tensor<S>): Tensor<[]> {
  return y.sub(t).square().mean();
}

const layer1 = new Affine(784, 50);
const layer2 = new Affine(50, 10);
const x = zeros([100, 784]);
const y = layer2.forward(layer1.forward(x).relu());
expectShape<[100, 10]>()(y);
expectShape<[number, 10]>()(layer2.forward(layer1.forward(zeros([n, 784]))));
expectShape<[784, 50]>()(layer1.backward(x, layer1.forward(x))[0]);
expectShape<[100, 10]>()(new Normalize(10).forward(y));
expectShape<[3, 4]>()(attention(zeros([3, 4]), zeros([3, 4]), zeros([3, 4])));
expectShape<[3]>()(matrixVector(zeros([3, 4]), zeros([4])));
expectShape<[5, 784]>()(flatten(zeros([5, 28, 28])));
expectShape<[5, 784]>()(flattenRest(zeros([5, 28, 28])));
expectShape<[3, 1]>()(column(zeros([3])));
expectShape<[]>()(loss(y, y));
expectShape<[5, number]>()(recurrent(zeros([5, 3]), zeros([5, 4])));
expectShape<[2, 3]>()(pair(zeros([3]), zeros([3])));
expectShape<[7, 8]>()(embed(zeros([100, 8]), zeros([7], { dtype: "int32" })));
