/** The book's two convolutional networks, and MNIST in the form that they take. */
import type { Random } from "@chainrule/core";
import {
  Affine,
  ByteRows,
  Conv2d,
  Dropout,
  Flatten,
  type FloatDType,
  he,
  MaxPool2d,
  normal,
  ReLU,
  Sequential,
} from "@chainrule/nn";
import type { ImageSet } from "@chainrule/nn/node";

export interface SimpleConvNetOptions {
  readonly random: Random;
  readonly dtype?: FloatDType;
  /** Height and width of an image. */
  readonly size?: number;
  readonly filters?: number;
  readonly kernel?: number;
  readonly hidden?: number;
}

/** Chapter 7: conv, ReLU, pool, affine, ReLU, affine; weights 0.01 times normal, biases 0. Takes [N, 1, size, size]. */
export function simpleConvNet(options: SimpleConvNetOptions) {
  const { random, dtype = "float32", size = 28, filters = 30, kernel = 5, hidden = 100 } = options;
  const layer = { initializer: normal({ std: 0.01 }), random, dtype };
  const pooled = (size - kernel + 1) / 2;
  return new Sequential({
    conv1: new Conv2d(1, filters, kernel, layer),
    relu1: new ReLU(),
    pool1: new MaxPool2d(2),
    flatten: new Flatten(),
    affine1: new Affine(filters * pooled * pooled, hidden, layer),
    relu2: new ReLU(),
    affine2: new Affine(hidden, 10, layer),
  });
}

/**
 * Chapter 8: six convolutions of 3x3 in three pairs, a pool behind each, then affine 50 and affine 10; weights by He. The padding of 2
 * in the fourth convolution makes 14 rows 16, which two more pools can halve. Takes [N, 1, 28, 28].
 */
export function deepConvNet({ random, dtype = "float32" }: { readonly random: Random; readonly dtype?: FloatDType }) {
  const layer = { initializer: he(), random, dtype };
  const conv = (inputs: number, outputs: number, padding = 1) => new Conv2d(inputs, outputs, 3, { ...layer, padding });
  // The book's form: unscaled in training, half of everything in evaluation.
  const dropout = () => new Dropout({ ratio: 0.5, inverted: false });
  return new Sequential({
    conv1: conv(1, 16),
    relu1: new ReLU(),
    conv2: conv(16, 16),
    relu2: new ReLU(),
    pool1: new MaxPool2d(2),
    conv3: conv(16, 32),
    relu3: new ReLU(),
    conv4: conv(32, 32, 2),
    relu4: new ReLU(),
    pool2: new MaxPool2d(2),
    conv5: conv(32, 64),
    relu5: new ReLU(),
    conv6: conv(64, 64),
    relu6: new ReLU(),
    pool3: new MaxPool2d(2),
    flatten: new Flatten(),
    affine1: new Affine(64 * 4 * 4, 50, layer),
    relu7: new ReLU(),
    dropout1: dropout(),
    affine2: new Affine(50, 10, layer),
    dropout2: dropout(),
  });
}

/** The first `count` digits as planes, [N, 1, 28, 28]. */
export function planes({ images, labels }: ImageSet, count = labels.size) {
  const [, pixels] = images.shape;
  const side = Math.sqrt(pixels);
  const bytes = images.bytes.subarray(0, count * pixels);
  return {
    images: new ByteRows(bytes, [count, 1, side, side], { dtype: images.dtype }),
    labels: labels.slice([[0, count]]),
  };
}

export type Planes = ReturnType<typeof planes>;
