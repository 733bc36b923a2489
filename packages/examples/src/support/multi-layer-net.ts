import type { Random, Tensor } from "@chainrule/core";
import {
  Affine,
  accuracy,
  BatchNorm,
  Dropout,
  type ForwardOptions,
  he,
  type Initializer,
  type Layer,
  ReLU,
  Sequential,
  softmaxWithLoss,
} from "@chainrule/nn";
import type { ImageSet } from "@chainrule/nn/node";

export interface MultiLayerNetOptions {
  /** The outputs of each hidden layer. */
  readonly hidden: readonly number[];
  /** Draws the weights. */
  readonly random: Random;
  /** Of the weights; `he()` by default, which is for ReLU. Biases begin as 0. */
  readonly initializer?: Initializer;
  /** ReLU by default. */
  readonly activation?: new () => Layer;
  /** Whether each hidden layer normalises its batches before the activation. */
  readonly batchNorm?: boolean;
  /** Which share of the activations of each hidden layer training drops. */
  readonly dropout?: number;
}

/**
 * The textbook's MultiLayerNet and MultiLayerNetExtend, from 784 pixels to the scores of 10 classes, float32. A hidden layer is affine,
 * batch normalisation, activation, dropout, the second and the last one only where they are asked for, in the book's forms; the
 * last layer is affine alone.
 */
export function multiLayerNet(options: MultiLayerNetOptions): Sequential {
  const { hidden, random, initializer = he(), activation: Activation = ReLU, batchNorm = false, dropout = 0 } = options;
  const dtype = "float32";
  const layers: Record<string, Layer> = {};
  let inputs = 784;
  hidden.forEach((outputs, i) => {
    layers[`affine${i + 1}`] = new Affine(inputs, outputs, { initializer, random, dtype });
    if (batchNorm) {
      layers[`norm${i + 1}`] = new BatchNorm(outputs, { eps: 1e-6, unbiased: false, initialVariance: 0, dtype });
    }
    layers[`activation${i + 1}`] = new Activation();
    if (dropout > 0) layers[`dropout${i + 1}`] = new Dropout({ ratio: dropout, inverted: false });
    inputs = outputs;
  });
  layers[`affine${hidden.length + 1}`] = new Affine(inputs, 10, { initializer, random, dtype });
  return new Sequential(layers);
}

/** Images, [N, 784], and the class of each, [N]. */
type Batch = { readonly images: Tensor; readonly labels: Tensor };

/** What a `Trainer` is told of a network that classifies images: scores, loss and accuracy. */
export function classifier(network: Layer) {
  return {
    network,
    predict: ({ images }: Batch, options: ForwardOptions) => network.forward(images, options),
    loss: (scores: Tensor, { labels }: Batch) => softmaxWithLoss(scores, labels),
    metrics: { accuracy: (scores: Tensor, { labels }: Batch) => accuracy(scores, labels) },
  };
}

/** The images of a set from one place to before another, by default all, as tensors. */
export function rowsOf({ images, labels }: ImageSet, start = 0, stop = labels.size): Batch {
  return { images: images.slice([[start, stop]]), labels: labels.slice([[start, stop]]) };
}
