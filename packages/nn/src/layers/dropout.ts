import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  formatShape,
  type Shape,
  ShapeError,
  type Tensor,
} from "@chainrule/core";
import { checkRatio, dropout, dropoutMask } from "../functions/dropout.js";
import { Activation } from "./activation.js";
import { checkForward, type ForwardOptions } from "./layer.js";

export interface DropoutLayerOptions {
  /** The probability of an element to be dropped, from 0 to less than 1. Default 0.5. */
  readonly ratio?: number | undefined;
  /** Whether training makes up for what is dropped (the default), or evaluation does (the textbook's form). */
  readonly inverted?: boolean | undefined;
  /**
   * Whether a channel of [N, C, ...] is dropped as a whole, or none of it: neighbours in an image say nearly the same. (PyTorch's
   * Dropout1d, 2d and 3d.) Default false.
   */
  readonly channels?: boolean | undefined;
}

/**
 * `dropout` as a layer: in training each element is 0 with probability `ratio`, by numbers from the `random` of the call; in
 * evaluation nothing is dropped.
 *
 * @example
 * const layer = new Dropout({ ratio: 0.5 });
 * layer.forward(tensor([1, 2, 3])).toArray(); // [1, 2, 3]
 * layer.forward(ones([3]), { training: true, random: new Random(1) }).shape; // [3]
 * new Dropout({ inverted: false }).forward(tensor([1, 2, 3])).toArray(); // [0.5, 1, 1.5]
 *
 * @throws ChainruleError for a ratio that is not from 0 to less than 1, or where a training call has no `random`.
 */
export class Dropout extends Activation {
  readonly ratio: number;
  readonly inverted: boolean;
  readonly channels: boolean;

  constructor(options: DropoutLayerOptions = {}, ...none: []) {
    super();
    checkNoMore("Dropout", none);
    checkOptions("Dropout", options, ["ratio", "inverted", "channels"], ["inverted", "channels"]);
    const { ratio = 0.5, inverted = true, channels = false } = options;
    checkRatio("Dropout", ratio);
    this.ratio = ratio;
    this.inverted = inverted;
    this.channels = channels;
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<S> {
    checkForward("Dropout", options, none);
    const { ratio, inverted } = this;
    const { training = false, random } = options ?? {};
    if (!training) return dropout(x, { ratio, inverted, training });
    if (random === undefined) {
      throw new ChainruleError(
        "Dropout: draws random numbers in training: give their source to the call, as in " +
          "network.forward(x, { training: true, random: random.fork(step) })",
      );
    }
    if (!this.channels) return dropout(x, { ratio, inverted, random });
    const { shape }: Tensor = x;
    if (shape.length < 2) {
      throw new ShapeError(`Dropout: the input ${formatShape(shape)} has no channels; reshape it to [N, C, ...]`);
    }
    const mask = dropoutMask(
      shape.map((size, axis) => (axis < 2 ? size : 1)),
      { random, ratio },
    );
    return dropout(x, { ratio, inverted, mask });
  }
}

/** What a part of another layer makes of its values: dropout, where there is any. */
export function dropped(x: Tensor, ratio: number, how: ForwardOptions): Tensor {
  return ratio > 0 ? new Dropout({ ratio }).forward(x, how) : x;
}
