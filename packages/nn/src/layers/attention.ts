import {
  checkNoMore,
  checkOptions,
  formatShape,
  gelu,
  relu,
  type Shape,
  ShapeError,
  type Tensor,
} from "@chainrule/core";
import { checkChoice, checkDType, checkTensor } from "../checks.js";
import { scaledDotProductAttention } from "../functions/attention.js";
import { checkRatio } from "../functions/dropout.js";
import { xavier } from "../initializers/scaled.js";
import { dropped } from "./dropout.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";
import { Linear } from "./linear.js";
import { LayerNorm } from "./normalization.js";
import { checkSize, PARAMETER, type ParameterOptions } from "./parameter.js";
import type { SequenceShape } from "./recurrent.js";

export interface MultiHeadAttentionOptions extends ParameterOptions {
  /** Whether the four projections have biases. Default true. */
  readonly bias?: boolean | undefined;
  /** Whether place i of a sequence sees the places 0 to i only. Default false. */
  readonly causal?: boolean | undefined;
  /** The probability of a weight of attention to be dropped, in training. Default 0. */
  readonly dropout?: number | undefined;
}

export interface AttendOptions extends ForwardOptions {
  /**
   * Which places of the keys a query may see: bool, true where it may, broadcast to [N, heads, L, S]; as [L, S], or [N, 1, 1, S] for
   * keys of a sequence that are padding.
   */
  readonly mask?: Tensor | undefined;
}

const ATTEND = ["mask", "training", "random"] as const;

/** Options of a call that has a mask, parted into it and how the call is. */
function attending(op: string, options: AttendOptions): readonly [mask: Tensor | undefined, how: ForwardOptions] {
  checkOptions(op, options, ATTEND, ["training"]);
  const { mask, ...how } = options;
  checkForward(op, how);
  return [mask, how];
}

/**
 * Attention with several heads: queries, keys and values are projected, cut into heads of size / heads numbers each, which attend
 * for themselves (`scaledDotProductAttention`), and what they give, side by side, is projected again. A. Vaswani et al., "Attention
 * is all you need", NeurIPS 2017. (PyTorch's MultiheadAttention with `batch_first`, whose weights of query, key and value stand one
 * below the other in one matrix.)
 *
 * `forward` is self-attention, `attend` takes queries, keys and values of their own. Its parameters are "query.W", "query.b",
 * "key.W", "value.W" and "output.W"; the weights begin with `xavier()`.
 *
 * @example
 * const attention = new MultiHeadAttention(8, 2, { random: new Random(1), causal: true });
 * attention.forward(ones([3, 5, 8])).shape; // [3, 5, 8]
 * attention.attend(ones([3, 5, 8]), ones([3, 7, 8]), ones([3, 7, 8])).shape; // [3, 5, 8]
 */
export class MultiHeadAttention extends Layer {
  readonly query: Linear<number, number, boolean>;
  readonly key: Linear<number, number, boolean>;
  readonly value: Linear<number, number, boolean>;
  readonly output: Linear<number, number, boolean>;
  readonly heads: number;
  readonly causal: boolean;
  readonly dropout: number;

  /**
   * @param size the length of the vectors of a sequence
   * @param heads a number that divides it
   */
  constructor(size: number, heads: number, options: MultiHeadAttentionOptions = {}, ...none: []) {
    super();
    const op = "MultiHeadAttention";
    checkNoMore(op, none);
    checkOptions(op, options, [...PARAMETER, "bias", "causal", "dropout"], ["bias", "causal"]);
    const { causal = false, dropout = 0, ...parameters } = options;
    checkHeads(op, size, heads);
    checkRatio(op, dropout, "dropout");
    const make = () => new Linear(size, size, { initializer: xavier(), ...parameters });
    this.query = make();
    this.key = make();
    this.value = make();
    this.output = make();
    this.heads = heads;
    this.causal = causal;
    this.dropout = dropout;
  }

  /** @param x [N, T, size], of the dtype of the weights */
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<SequenceShape<S>> {
    checkForward("MultiHeadAttention", options, none);
    return this.attended([x, x, x], undefined, options ?? {}) as Tensor<SequenceShape<S>>;
  }

  /**
   * @param query [N, L, size]
   * @param key [N, S, size], and `value` of the same shape: for cross-attention both are the other sequence
   * @returns [N, L, size]
   * @throws ShapeError for other shapes; DTypeError for other dtypes, or a mask that is not bool
   */
  attend<Q extends Shape>(
    query: Tensor<Q>,
    key: Tensor,
    value: Tensor,
    options: AttendOptions = {},
    ...none: []
  ): Tensor<SequenceShape<Q>> {
    checkNoMore("MultiHeadAttention.attend", none);
    const [mask, how] = attending("MultiHeadAttention.attend", options);
    return this.attended([query, key, value], mask, how) as Tensor<SequenceShape<Q>>;
  }

  private attended(inputs: readonly [Tensor, Tensor, Tensor], mask: Tensor | undefined, how: ForwardOptions): Tensor {
    const op = "MultiHeadAttention";
    const { heads, causal } = this;
    const size = this.query.inputs;
    const parts = [this.query, this.key, this.value] as const;
    const [q, k, v] = inputs.map((x, i) => {
      const what = ["the queries", "the keys", "the values"][i] as string;
      checkTensor(op, what, x);
      if (x.rank !== 3 || x.shape[2] !== size) {
        throw new ShapeError(
          `${op}: ${what} are [N, T, ${size}], got ${formatShape(x.shape)}; reshape them, or project them with a Linear`,
        );
      }
      checkDType(op, what, x, "the weights", this.query.W);
      const [rows, steps] = x.shape as readonly [number, number];
      const projected = (parts[i] as Linear).forward(x) as Tensor;
      return projected.reshape([rows, steps, heads, size / heads]).transpose([0, 2, 1, 3]) as Tensor;
    }) as [Tensor, Tensor, Tensor];
    const { training = false, random } = how;
    const dropped = training && this.dropout > 0 ? { dropout: this.dropout, random } : {};
    const out: Tensor = scaledDotProductAttention(q, k, v, { mask, causal, ...dropped });
    const [rows, , steps] = out.shape as readonly [number, number, number];
    return this.output.forward(out.transpose([0, 2, 1, 3]).reshape([rows, steps, size])) as Tensor;
  }
}

function checkHeads(op: string, size: number, heads: number): void {
  checkSize(op, "size", size, `new ${op}(64, 4)`, 1);
  checkSize(op, "heads", heads, `new ${op}(64, 4)`, 1);
  if (size % heads === 0) return;
  throw new ShapeError(`${op}: ${heads} heads do not divide the size ${size}; give a number that does`);
}

export interface TransformerBlockOptions extends Omit<MultiHeadAttentionOptions, "bias"> {
  /** The width of the layer between the two linear ones; 4 times the size unless given. */
  readonly hidden?: number | undefined;
  /** "gelu" (the default) or "relu", PyTorch's default. */
  readonly activation?: "gelu" | "relu" | undefined;
  /** Whether each part is normalised in front of it (the default) or behind its sum, PyTorch's default and the first publication's. */
  readonly normFirst?: boolean | undefined;
  /** Of the two layer normalisations; 1e-5 unless given. */
  readonly eps?: number | undefined;
}

/**
 * A block of a transformer: self-attention and a network of two layers for each place, each added to what it was given. With
 * `normFirst`, the default, which trains without a warm-up, x + attention(norm1(x)), then x + linear2(f(linear1(norm2(x))))
 * (R. Xiong et al., "On layer normalization in the transformer architecture", ICML 2020): a network of such blocks ends in a
 * `LayerNorm` of its own. Without, norm1(x + attention(x)) and norm2(x + linear2(f(linear1(x)))), as A. Vaswani et al. have it.
 * (PyTorch's TransformerEncoderLayer with `batch_first`; there `norm_first` is false, the activation relu and dropout 0.1.)
 *
 * With `causal` it is the block of a language model. Dropout acts on the weights of attention, behind the activation, and on what is
 * added. Its parameters are "norm1.weight", "attention.query.W", "linear1.W" and so on.
 *
 * @example
 * const block = new TransformerBlock(8, 2, { random: new Random(1), causal: true });
 * block.forward(ones([3, 5, 8])).shape; // [3, 5, 8]
 */
export class TransformerBlock extends Layer {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly dropout: number;
  readonly activation: "gelu" | "relu";
  readonly normFirst: boolean;

  /**
   * @param size the length of the vectors of a sequence
   * @param heads a number that divides it
   */
  constructor(size: number, heads: number, options: TransformerBlockOptions = {}, ...none: []) {
    super();
    const op = "TransformerBlock";
    checkNoMore(op, none);
    const own = ["hidden", "activation", "normFirst", "eps"] as const;
    checkOptions(op, options, [...PARAMETER, "causal", "dropout", ...own], ["causal", "normFirst"]);
    const { hidden: width, activation = "gelu", normFirst = true, eps = 1e-5, ...attention } = options;
    const { causal: _, dropout = 0, ...parameters } = attention;
    checkHeads(op, size, heads);
    const hidden = width ?? 4 * size;
    checkSize(op, "hidden", hidden, "new TransformerBlock(64, 4, { hidden: 256 })", 1);
    checkChoice(op, "activation", activation, ["gelu", "relu"]);
    const norm = { eps, dtype: options.dtype };
    this.norm1 = new LayerNorm(size, norm);
    this.attention = new MultiHeadAttention(size, heads, attention);
    this.norm2 = new LayerNorm(size, norm);
    this.linear1 = new Linear(size, hidden, parameters);
    this.linear2 = new Linear(hidden, size, { initializer: xavier(), ...parameters });
    this.dropout = dropout;
    this.activation = activation;
    this.normFirst = normFirst;
  }

  /** @param x [N, T, size], of the dtype of the weights */
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<SequenceShape<S>> {
    checkForward("TransformerBlock", options, none);
    return this.passed(x, undefined, options ?? {}) as Tensor<SequenceShape<S>>;
  }

  /** `forward` with a mask. */
  run<S extends Shape>(x: Tensor<S>, options: AttendOptions = {}, ...none: []): Tensor<SequenceShape<S>> {
    checkNoMore("TransformerBlock.run", none);
    const [mask, how] = attending("TransformerBlock.run", options);
    return this.passed(x, mask, how) as Tensor<SequenceShape<S>>;
  }

  private passed(x: Tensor, mask: Tensor | undefined, how: ForwardOptions): Tensor {
    checkTensor("TransformerBlock", "the input", x);
    const { norm1, norm2, normFirst } = this;
    const drop = (y: Tensor): Tensor => dropped(y, this.dropout, how);
    const { attention } = this;
    const seeing = (y: Tensor): Tensor =>
      mask === undefined ? attention.forward(y, how) : attention.attend(y, y, y, { mask, ...how });
    const attend = (y: Tensor) => drop(seeing(y));
    const think = (y: Tensor) => {
      const hidden = this.linear1.forward(y as never) as Tensor;
      const activated = (this.activation === "gelu" ? gelu(hidden) : relu(hidden)) as Tensor;
      return drop(this.linear2.forward(drop(activated) as never) as Tensor);
    };
    if (!normFirst) {
      const seen = norm1.forward(x.add(attend(x)) as Tensor);
      return norm2.forward(seen.add(think(seen)) as Tensor);
    }
    const seen = x.add(attend(norm1.forward(x))) as Tensor;
    return seen.add(think(norm2.forward(seen))) as Tensor;
  }
}
