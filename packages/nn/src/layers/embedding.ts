import { checkNoMore, checkOptions, type Shape, type Tensor } from "@chainrule/core";
import { embedding } from "../functions/embedding.js";
import { normal } from "../initializers/distributions.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";
import { checkSize, type ParameterOptions, parametersBy } from "./parameter.js";

export type EmbeddingOptions = Omit<ParameterOptions, "biasInitializer">;

/**
 * A vector for each of V words (letters, users, ...): the rows of W [V, D] at indices, int32 of any shape [...], as [..., D]. See
 * `embedding`. The vectors begin as normal numbers of standard deviation 1, as in PyTorch.
 *
 * Of places in a sequence it makes learned positional encodings: `new Embedding(T, D).forward(arange(T, { dtype: "int32" }))`.
 *
 * @example
 * const words = new Embedding(3, 2, { random: new Random(1) });
 * words.forward(tensor([[0, 2, 1]], { dtype: "int32" })).shape; // [1, 3, 2]
 *
 * @throws ShapeError for an index that is not from 0 to V - 1; DTypeError for indices that are not int32
 */
export class Embedding<const D extends number = number> extends Layer {
  readonly W: Tensor<[number, D]>;

  /**
   * @param words V: how many there are
   * @param size D: how many numbers stand for each
   */
  constructor(words: number, size: D, options: EmbeddingOptions = {}, ...none: []) {
    super();
    checkNoMore("Embedding", none);
    checkOptions("Embedding", options, ["initializer", "random", "dtype"]);
    checkSize("Embedding", "words", words, "new Embedding(100, 16)");
    checkSize("Embedding", "size", size, "new Embedding(100, 16)");
    this.W = parametersBy("Embedding", options, normal({ std: 1 })).weight("W", [words, size] as [number, D]);
  }

  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<[...S, D]> {
    checkForward("Embedding", options, none);
    return embedding(this.W, x) as Tensor as Tensor<[...S, D]>;
  }
}
