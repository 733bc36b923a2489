import { ChainruleError, checkNoMore, checkOptions, type Random, type Shape, type Tensor } from "@chainrule/core";
import { checkFloat, checkMask, checkRandom, checkSetting } from "../checks.js";

export interface DropoutMaskOptions {
  /** Where the random numbers come from, one for each element. */
  readonly random: Random;
  /** The probability of an element to be dropped, from 0 to less than 1. Default 0.5. */
  readonly ratio?: number | undefined;
}

export interface DropoutOptions {
  /** The probability of an element to be dropped, from 0 to less than 1. Default 0.5. */
  readonly ratio?: number | undefined;
  /** Where the mask is drawn from, in training; each call draws another one. */
  readonly random?: Random | undefined;
  /** The mask, in place of one that is drawn: bool, broadcast to x, true where an element is kept; see `dropoutMask`. */
  readonly mask?: Tensor | undefined;
  /** Whether elements are dropped. Default true; false for the evaluation form, which needs neither random nor mask. */
  readonly training?: boolean | undefined;
  /** Whether training makes up for what is dropped (the default), or evaluation does (the textbook's form). */
  readonly inverted?: boolean | undefined;
}

/**
 * A mask for `dropout`: bool, true with probability 1 - ratio. A shape with axes of size 1 drops whole rows or channels.
 *
 * @example
 * const mask = dropoutMask([1000], { ratio: 0.5, random: new Random(1) });
 * mask.dtype; // "bool"
 * mask.count().item() > 400 && mask.count().item() < 600; // true
 *
 * @throws ChainruleError for a ratio that is not from 0 to less than 1.
 */
export function dropoutMask<const S extends Shape>(shape: S, options: DropoutMaskOptions, ...none: []): Tensor<S> {
  const op = "dropoutMask";
  checkNoMore(op, none);
  checkOptions(op, options, ["random", "ratio"]);
  const { random, ratio = 0.5 } = options ?? {};
  checkRandom(op, random);
  checkRatio(op, ratio);
  return (random.uniform(shape) as Tensor).greaterEqual(ratio) as Tensor<S>;
}

/**
 * Dropout: each element is 0 with probability `ratio`. N. Srivastava et al., "Dropout: a simple way to prevent neural
 * networks from overfitting", JMLR 15 (2014).
 *
 * Inverted, the default and PyTorch's form: in training what is kept is divided by 1 - ratio, so that evaluation gives x
 * itself. Not inverted, the textbook's form: training leaves what is kept as it is, and evaluation gives x (1 - ratio).
 *
 * With `random`, each call draws a mask of its own: the function is another one each time, and its numerical gradient
 * means nothing. For a gradient check hold the mask: draw it once with `dropoutMask`, and pass it as `mask`; or make the
 * source inside of the function, as in `random.fork(iteration)`, which gives the same numbers each time.
 *
 * @param x any shape. float64, float32
 *
 * @example
 * const mask = tensor([true, false, true, false]);
 * dropout(tensor([1, 2, 3, 4]), { mask }).toArray(); // [2, 0, 6, 0]
 * dropout(tensor([1, 2, 3, 4]), { mask, inverted: false }).toArray(); // [1, 0, 3, 0]
 * dropout(tensor([1, 2, 3, 4]), { training: false, inverted: false }).toArray(); // [0.5, 1, 1.5, 2]
 *
 * @throws ChainruleError for a ratio that is not from 0 to less than 1, or not exactly one of random and mask in
 * training; ShapeError or DTypeError for a mask that is not bool or does not broadcast to x.
 */
export function dropout<S extends Shape>(x: Tensor<S>, options: DropoutOptions = {}, ...none: []): Tensor<S> {
  const op = "dropout";
  checkNoMore(op, none);
  checkOptions(op, options, ["ratio", "random", "mask", "training", "inverted"], ["training", "inverted"]);
  const { ratio = 0.5, random, mask, training = true, inverted = true } = options;
  const values: Tensor = x;
  checkFloat(op, "x", values);
  checkRatio(op, ratio);
  if (!training) return (inverted ? values : values.mul(1 - ratio)) as Tensor<S>;
  const kept = mask ?? (random && dropoutMask(x.shape as Shape, { random, ratio }));
  if (kept === undefined || (mask !== undefined && random !== undefined)) {
    const got = kept === undefined ? "neither" : "both";
    throw new ChainruleError(
      `${op}: in training the mask is given or drawn, got ${got}: pass { random: new Random(42) } or { mask }, or ` +
        "{ training: false } to evaluate",
    );
  }
  checkMask(op, kept, x.shape, "x");
  // Not a product with the mask: what is dropped is 0, whatever it was.
  const dropped = kept.where(values, 0);
  return (inverted ? dropped.div(1 - ratio) : dropped) as Tensor<S>;
}

/** Throws for what is no part of elements to be dropped. */
export function checkRatio(op: string, ratio: number, name = "ratio"): void {
  checkSetting(op, name, ratio, () => ratio >= 0 && ratio < 1, "a number from 0 to less than 1");
}
