import {
  arange,
  checkNoMore,
  checkOptions,
  formatShape,
  pad,
  type Random,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { checkChoice, checkFloat, checkRandom, checkSetting } from "../checks.js";

/*
 * Each takes a batch of images, [N, height, width] or [N, C, height, width] (any axes may stand between the first and the last
 * two), and does to each image what it draws for it: ops, so that a step that augments its batch is compiled as a whole. With
 * `random.fork(step)` a step draws the same whenever it is run.
 */

export interface FlipOptions {
  /** The probability of an image to be flipped, from 0 to 1. Default 0.5. */
  readonly probability?: number | undefined;
  /** What is turned round: "horizontal", left and right, the default, or "vertical", top and bottom. */
  readonly direction?: "horizontal" | "vertical" | undefined;
}

/**
 * Images, each of which is flipped or not. PyTorch's RandomHorizontalFlip and RandomVerticalFlip, for each image by itself.
 *
 * @param x [N, ..., height, width]. float64, float32
 *
 * @example
 * const image = tensor([[[1, 2], [3, 4]]]);
 * randomFlip(image, new Random(1), { probability: 1 }).toArray(); // [[[2, 1], [4, 3]]]
 *
 * @throws ShapeError for what are no images; DTypeError for integers; ChainruleError for a probability that is none.
 */
export function randomFlip<S extends Shape>(
  x: Tensor<S>,
  random: Random,
  options: FlipOptions = {},
  ...none: []
): Tensor<S> {
  const op = "randomFlip";
  checkNoMore(op, none);
  checkOptions(op, options, ["probability", "direction"]);
  const { probability = 0.5, direction = "horizontal" } = options;
  const images = checkImages(op, x, random);
  checkProbability(op, probability);
  checkChoice(op, "direction", direction, ["horizontal", "vertical"]);
  const flipped: Tensor = images.flip(direction === "horizontal" ? -1 : -2);
  const isFlipped: Tensor = random.uniform(eachOf(images)).less(probability);
  return isFlipped.where(flipped, images) as Tensor<S>;
}

export interface CropOptions {
  /** Height and width of what is left, in pixels; those of the images unless given. */
  readonly size?: readonly [height: number, width: number] | undefined;
  /** How many pixels of 0 are put around the images before: whole numbers of at least 0. Default 0. */
  readonly padding?: number | undefined;
}

/**
 * A window of each image, anywhere in it. With a padding and no other size it is a shift by at most so many pixels, which moves
 * in zeros. PyTorch's RandomCrop, for each image by itself.
 *
 * @param x [N, ..., height, width]. float64, float32
 * @returns [N, ..., height, width] of the window
 *
 * @example
 * randomCrop(tensor([[[1, 2], [3, 4]]]), new Random(1), { size: [2, 1] }).shape; // [1, 2, 1]
 *
 * @throws ShapeError for what are no images, or a window that is larger than they are; DTypeError for integers;
 * ChainruleError for a padding that is none.
 */
export function randomCrop(x: Tensor, random: Random, options: CropOptions = {}, ...none: []): Tensor {
  const op = "randomCrop";
  checkNoMore(op, none);
  checkOptions(op, options, ["size", "padding"]);
  const images = checkImages(op, x, random);
  const { padding = 0, size = images.shape.slice(-2) as unknown as readonly [number, number] } = options;
  checkSetting(op, "padding", padding, () => Number.isInteger(padding) && padding >= 0, "a whole number of at least 0");
  const widths = images.shape.map((_, axis) =>
    axis < images.rank - 2 ? ([0, 0] as const) : ([padding, padding] as const),
  );
  let cut: Tensor = padding === 0 ? images : pad(images, widths);
  for (const [i, axis] of [images.rank - 2, images.rank - 1].entries()) {
    const [whole, part] = [cut.shape[axis] as number, Array.isArray(size) ? (size[i] as number) : Number.NaN];
    if (!Number.isInteger(part) || part < 0 || part > whole) {
      throw new ShapeError(
        `${op}: a window of ${Array.isArray(size) ? size.join(" x ") : String(size)} of images ${formatShape(images.shape)} with a ` +
          `padding of ${padding}: give size as [height, width], no larger than they are`,
      );
    }
    const start: Tensor = random.integers(eachOf(images), { high: whole - part + 1 });
    const places = along(arange(part, { dtype: "int32" }), axis, images.rank).add(start) as Tensor;
    cut = cut.gather(places.broadcastTo(cut.shape.with(axis, part)), axis);
  }
  return cut;
}

export interface EraseOptions {
  /** Height and width of what is erased, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** The probability of an image to be erased in, from 0 to 1. Default 0.5. */
  readonly probability?: number | undefined;
  /** What is put there. Default 0. */
  readonly value?: number | undefined;
}

/**
 * Images in each of which a rectangle is erased, or not. Z. Zhong et al., "Random erasing data augmentation", AAAI 2020, with
 * rectangles of one size; T. DeVries and G. W. Taylor, "Cutout", 2017, for a probability of 1.
 *
 * @param x [N, ..., height, width]. float64, float32
 *
 * @example
 * const erased = randomErase(ones([1, 1, 4, 4]), new Random(1), { size: [2, 2], probability: 1 });
 * erased.count().item() < 16; // true
 *
 * @throws ShapeError for what are no images, or a rectangle that is larger than they are; DTypeError for integers;
 * ChainruleError for a probability that is none.
 */
export function randomErase<S extends Shape>(
  x: Tensor<S>,
  random: Random,
  options: EraseOptions,
  ...none: []
): Tensor<S> {
  const op = "randomErase";
  checkNoMore(op, none);
  checkOptions(op, options, ["size", "probability", "value"]);
  const { size, probability = 0.5, value = 0 } = options ?? {};
  const images = checkImages(op, x, random);
  checkProbability(op, probability);
  checkSetting(op, "value", value, () => true, "a number");
  let erased: Tensor = random.uniform(eachOf(images)).less(probability);
  for (const [i, axis] of [images.rank - 2, images.rank - 1].entries()) {
    const [whole, part] = [images.shape[axis] as number, Array.isArray(size) ? (size[i] as number) : Number.NaN];
    if (!Number.isInteger(part) || part < 0 || part > whole) {
      throw new ShapeError(
        `${op}: a rectangle of ${Array.isArray(size) ? size.join(" x ") : String(size)} in images ${formatShape(images.shape)}: give ` +
          "size as [height, width], no larger than they are",
      );
    }
    const start: Tensor = random.integers(eachOf(images), { high: whole - part + 1 });
    const places = along(arange(whole, { dtype: "int32" }), axis, images.rank);
    erased = erased.logicalAnd(places.greaterEqual(start)).logicalAnd(places.less(start.add(part)));
  }
  return erased.where(value, images) as Tensor<S>;
}

/**
 * x and normally distributed numbers of mean 0.
 *
 * @param x any shape. float64, float32
 *
 * @example
 * randomNoise(ones([2, 3]), new Random(1), { std: 0.1 }).shape; // [2, 3]
 *
 * @throws DTypeError for integers; ChainruleError for a standard deviation that is none.
 */
export function randomNoise<S extends Shape>(
  x: Tensor<S>,
  random: Random,
  options: { readonly std: number },
  ...none: []
): Tensor<S> {
  const op = "randomNoise";
  checkNoMore(op, none);
  checkOptions(op, options, ["std"]);
  const { std } = options ?? {};
  const values: Tensor = x;
  checkFloat(op, "x", values);
  checkRandom(op, random, `${op}(x, new Random(42))`);
  checkSetting(op, "std", std, () => std >= 0 && std < Number.POSITIVE_INFINITY, "a finite number of at least 0");
  return values.add(random.normal(values.shape, { std, dtype: values.dtype as "float64" })) as Tensor<S>;
}

export interface NormalizeOptions {
  /** The mean of each channel, or of all. */
  readonly mean: number | readonly number[];
  /** The standard deviation of each channel, or of all: numbers above 0. */
  readonly std: number | readonly number[];
}

/**
 * (x - mean) / std, channel by channel. PyTorch's Normalize.
 *
 * @param x images, [N, C, height, width]; any shape for a mean and a deviation of all. float64, float32
 *
 * @example
 * normalizeChannels(tensor([[[[1, 3]], [[10, 20]]]]), { mean: [2, 15], std: [1, 5] }).toArray(); // [[[[-1, 1]], [[-1, 1]]]]
 *
 * @throws ShapeError for lists that are no channels of x; DTypeError for integers; ChainruleError for a std that is not above 0.
 */
export function normalizeChannels<S extends Shape>(x: Tensor<S>, options: NormalizeOptions, ...none: []): Tensor<S> {
  const op = "normalizeChannels";
  checkNoMore(op, none);
  checkOptions(op, options, ["mean", "std"]);
  const values: Tensor = x;
  checkFloat(op, "x", values);
  const [mean, std] = (["mean", "std"] as const).map((name) => {
    const given: unknown = options?.[name];
    const list: readonly number[] = Array.isArray(given) ? given : [given];
    for (const value of list) {
      const holds = (value: number) => Number.isFinite(value) && (name === "mean" || value > 0);
      checkSetting(op, name, value, holds, name === "mean" ? "a finite number" : "a finite number above 0");
    }
    if (!Array.isArray(given)) return tensor(list[0] as number, { dtype: values.dtype });
    if (values.rank !== 4 || list.length !== values.shape[1]) {
      throw new ShapeError(
        `${op}: ${name} of ${list.length} channels for x ${formatShape(values.shape)}: takes images, [N, C, height, width], and a ` +
          "number for each channel",
      );
    }
    return tensor(list as number[], { dtype: values.dtype }).reshape([list.length, 1, 1]);
  }) as readonly Tensor[] as readonly [Tensor, Tensor];
  return values.sub(mean).div(std) as Tensor<S>;
}

function checkImages(op: string, x: Tensor, random: unknown): Tensor {
  checkFloat(op, "x", x);
  checkRandom(op, random, `${op}(x, new Random(42))`);
  if (x.rank >= 3) return x;
  throw new ShapeError(
    `${op}: x ${formatShape(x.shape)}: takes images, [N, height, width] or [N, C, height, width]; reshape it, as in x.reshape([-1, 1, 28, 28])`,
  );
}

function checkProbability(op: string, probability: number): void {
  checkSetting(op, "probability", probability, () => probability >= 0 && probability <= 1, "a number from 0 to 1");
}

/** The shape of one number an image. */
function eachOf(images: Tensor): Shape {
  return images.shape.map((size, axis) => (axis === 0 ? size : 1));
}

/** A vector that runs along an axis. */
function along(vector: Tensor, axis: number, rank: number): Tensor {
  return vector.reshape(Array.from({ length: rank }, (_, i) => (i === axis ? vector.size : 1)));
}
