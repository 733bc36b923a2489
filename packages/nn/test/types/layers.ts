import { type Tensor, zeros } from "@chainrule/core";
import {
  Affine,
  AvgPool1d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  DepthwiseConv2d,
  Embedding,
  Flatten,
  GlobalAvgPool,
  Layer,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool2d,
  MultiHeadAttention,
  ReLU,
  SeparableConv2d,
  Sequential,
  Sigmoid,
  sumOfSquaredErrors,
  takeRows,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** A call that compiles if the tensor has exactly the shape S. */
declare function expectShape<S extends readonly number[]>(): <T extends readonly number[]>(
  x: Tensor<T> & (Same<T, S> extends true ? unknown : { readonly expected: S; readonly got: T }),
) => void;
declare const n: number;
declare const shape: readonly number[];

const affine1 = new Affine(784, 50);
const affine2 = new Affine(50, 10);
expectShape<[784, 50]>()(affine1.W);
expectShape<[50]>()(affine1.parameters().b);
expectShape<[100, 50]>()(affine1.forward(zeros([100, 784])));
expectShape<[number, 50]>()(affine1.forward(zeros([n, 784])));
expectShape<[100, 50]>()(affine1.forward(zeros([100, n])));
expectShape<[50]>()(affine1.forward(zeros([784])));
expectShape<[100, 50]>()(affine1.forward(zeros([100, 28, 28])));
expectShape<readonly number[]>()(affine1.forward(zeros(shape)));
expectShape<[100, 10]>()(affine2.forward(new ReLU().forward(affine1.forward(zeros([100, 784])))));

/** A network whose sizes are type parameters: its forward pass is checked once, for all sizes. */
class TwoLayerNet<const I extends number, const H extends number, const O extends number> {
  readonly affine1: Affine<I, H>;
  readonly relu = new ReLU();
  readonly affine2: Affine<H, O>;

  constructor(inputs: I, hidden: H, outputs: O) {
    this.affine1 = new Affine(inputs, hidden);
    this.affine2 = new Affine(hidden, outputs);
  }

  forward<N extends number>(x: Tensor<[N, I]>): Tensor<[N, O]> {
    return this.affine2.forward(this.relu.forward(this.affine1.forward(x)));
  }

  vector(x: Tensor<[I]>): Tensor<[O]> {
    return this.affine2.forward(this.affine1.forward(x).sigmoid());
  }
}
expectShape<[3, 10]>()(new TwoLayerNet(784, 50, 10).forward(zeros([3, 784])));
expectShape<[10]>()(new TwoLayerNet(784, 50, 10).vector(zeros([784])));

class Custom extends Layer {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
const list = new Sequential([affine1, new ReLU(), affine2, new Sigmoid(), new Affine(10, 2)]);
expectShape<[50, 10]>()(list.layers[2].W);
const record = new Sequential({ affine1, relu: new ReLU(), affine2 });
expectShape<[50, 10]>()(record.layers.affine2.W);
// What a layer of one's own gives is not known: anything may follow it.
const custom = new Sequential([affine1, new Custom(), new Affine(7, 3)]);
// A list of layers that is not known at compile time.
const layers: Layer[] = [affine1, affine2];
const computed = new Sequential(layers);
const nested: Layer = new Sequential([list, custom, record, computed]);
expectShape<readonly number[]>()(nested.forward(zeros([100, 784])));

const data: { images: Tensor<[60, 784]>; labels: Tensor<[60]> } = {
  images: zeros([60, 784]),
  labels: zeros([60]),
};
expectShape<[number, 784]>()(takeRows(data, [1, 2]).images);
expectShape<[]>()(sumOfSquaredErrors(zeros([2, 3]), zeros([2, 3])));

// Of images and sequences batch and channels are known, sizes of planes are not.
const images = zeros([8, 3, 28, 28]);
const conv = new Conv2d(3, 16, 5, { stride: 2 });
expectShape<[8, 16, number, number]>()(conv.forward(images));
expectShape<[number, 16, number, number]>()(conv.forward(zeros([n, n, 28, 28])));
expectShape<[number, 16, number, number]>()(conv.forward(zeros(shape)));
expectShape<[16]>()(conv.b);
expectShape<[8, 5, number]>()(new Conv1d(2, 5, 3).forward(zeros([8, 2, 9])));
expectShape<[8, 7, number, number]>()(new ConvTranspose2d(3, 7, 2).forward(images));
expectShape<[8, number, number, number]>()(new DepthwiseConv2d(3, 3).forward(images));
expectShape<[8, 7, number, number]>()(new SeparableConv2d(3, 7, 3).forward(images));
expectShape<[8, 16, number, number]>()(new MaxPool2d(2).forward(conv.forward(images)));
expectShape<[8, 3, number]>()(new AvgPool1d(2).forward(zeros([8, 3, 10])));
expectShape<[8, 3]>()(new GlobalAvgPool().forward(images));
expectShape<[8, number]>()(new Flatten().forward(images));
expectShape<[8, 5]>()(new Flatten().forward(zeros([8, 5])));
expectShape<[8, 10]>()(new Affine(400, 10).forward(new Flatten().forward(conv.forward(images))));
expectShape<[8, 7, 5]>()(new Linear(3, 5).forward(zeros([8, 7, 3])));
expectShape<[8, 3, 28, 28]>()(new LayerNorm(28).forward(images));
expectShape<[8, 7, 16]>()(new Embedding(100, 16).forward(zeros([8, 7], { dtype: "int32" })));
expectShape<[8, 7, number]>()(new LSTM(16, 32).forward(zeros([8, 7, 16])));
expectShape<[8, 7, number]>()(new LSTM(16, 32).run(zeros([8, 7, 16])).output);
expectShape<[8, 7, number]>()(new MultiHeadAttention(16, 2).forward(zeros([8, 7, 16])));
const none: undefined[] = [new Affine(3, 2, { bias: false }).b, new LayerNorm(3, { affine: false }).weight];
new LayerNorm(3).weight.zeroGrad();
expectShape<[3, 2]>()(new Affine(3, 2, { bias: false }).parameters().W);
new Sequential([conv, new ReLU(), new MaxPool2d(2), new Flatten(), new Affine(400, 10), (x) => x.mul(2)]);

// Layers say nothing of the dtype: what begins with a known one goes through them and comes back.
let h = zeros([1, 8]);
const linear = new Linear(8, 8);
for (let i = 0; i < 2; i++) h = new ReLU().forward(linear.forward(h)).add(h);
h = new LayerNorm(8).forward(h);
let float32 = zeros([1, 8], { dtype: "float32" });
float32 = float32.add(linear.forward(float32));
expectShape<[1, 8]>()(float32);
let total = zeros([]);
total = total.add(sumOfSquaredErrors(h, linear.forward(h)));
expectShape<[]>()(total);

export { none };
