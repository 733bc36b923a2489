import { checkNoMore, checkOptions } from "@chainrule/core";
import { checkChoice, checkSetting } from "../checks.js";
import { uniformly } from "./distributions.js";
import { drawn, type Fans, fansOf, type Initializer } from "./initializer.js";

export interface DistributionOption {
  /** Normally distributed numbers, the default, or uniformly distributed ones of the same standard deviation. */
  readonly distribution?: "normal" | "uniform" | undefined;
}

export interface XavierOptions extends DistributionOption {
  /**
   * Whose formula it is: the textbook's (and Caffe's) standard deviation sqrt(1 / fan-in), the default, or PyTorch's, which is
   * that of the paper, sqrt(2 / (fan-in + fan-out)).
   */
  readonly form?: "book" | "pytorch" | undefined;
  /** What the standard deviation is multiplied by, such as 5 / 3 for tanh; 1 by default. */
  readonly gain?: number | undefined;
}

/**
 * Random numbers with standard deviation sqrt(1 / fan-in): for sigmoid and tanh. X. Glorot and Y. Bengio, "Understanding the
 * difficulty of training deep feedforward neural networks", AISTATS 2010; PyTorch's xavier_normal_ and xavier_uniform_ with
 * `form: "pytorch"`. The fan-in is the first axis of a matrix [in, out], and the product of all axes but the first for filters
 * [out, in, height, width]; the fan-out the other way round.
 *
 * @example
 * const w = xavier()([100, 50], { random: new Random(1) });
 * Math.abs(w.std().item() - Math.sqrt(1 / 100)) < 0.01; // true
 *
 * @throws ShapeError when it is called with a shape of less than two axes
 */
export function xavier(options: XavierOptions = {}, ...none: []): Initializer {
  checkNoMore("xavier", none);
  checkOptions("xavier", options, ["distribution", "form", "gain"]);
  const { form = "book", gain = 1 } = options;
  checkChoice("xavier", "form", form, ["book", "pytorch"]);
  checkSetting("xavier", "gain", gain, () => gain > 0 && gain < Number.POSITIVE_INFINITY, "a finite number above 0");
  const variance = ({ fanIn, fanOut }: Fans) => (form === "book" ? 1 / fanIn : 2 / (fanIn + fanOut));
  return scaled("xavier", options, (fans) => gain * Math.sqrt(variance(fans)));
}

export interface HeOptions extends DistributionOption {
  /** Whether signals keep their size on the way forward, by the fan-in, the default, or gradients on the way back, by the fan-out. */
  readonly mode?: "fanIn" | "fanOut" | undefined;
  /** The slope a of a leaky relu on the negative side: the variance is 2 / ((1 + a^2) fan). Default 0, relu itself. */
  readonly negativeSlope?: number | undefined;
}

/**
 * Random numbers with standard deviation sqrt(2 / fan-in): for relu (K. He et al., "Delving deep into rectifiers", ICCV 2015).
 * PyTorch's kaiming_normal_ and kaiming_uniform_. The fans are as for `xavier`.
 *
 * @example
 * const w = he()([100, 50], { random: new Random(1) });
 * Math.abs(w.std().item() - Math.sqrt(2 / 100)) < 0.01; // true
 *
 * @throws ShapeError when it is called with a shape of less than two axes
 */
export function he(options: HeOptions = {}, ...none: []): Initializer {
  checkNoMore("he", none);
  checkOptions("he", options, ["distribution", "mode", "negativeSlope"]);
  const { mode = "fanIn", negativeSlope = 0 } = options;
  checkChoice("he", "mode", mode, ["fanIn", "fanOut"]);
  checkSetting("he", "negativeSlope", negativeSlope, Number.isFinite, "a finite number");
  return scaled("he", options, (fans) => Math.sqrt(2 / ((1 + negativeSlope ** 2) * fans[mode])));
}

/**
 * Random numbers with standard deviation sqrt(1 / fan-in): for SELU, which keeps them so from layer to layer (G. Klambauer et
 * al., "Self-normalizing neural networks", NIPS 2017; Y. LeCun et al., "Efficient BackProp", 1998). The fan-in is as for
 * `xavier`, whose form in the textbook is this one.
 *
 * @example
 * new Affine(100, 50, { initializer: lecun(), random: new Random(1) }).W.shape; // [100, 50]
 *
 * @throws ShapeError when it is called with a shape of less than two axes
 */
export function lecun(options: DistributionOption = {}, ...none: []): Initializer {
  checkNoMore("lecun", none);
  checkOptions("lecun", options, ["distribution"]);
  return scaled("lecun", options, ({ fanIn }) => Math.sqrt(1 / fanIn));
}

function scaled(name: string, options: DistributionOption, deviation: (fans: Fans) => number): Initializer {
  const { distribution = "normal" } = options;
  checkChoice(name, "distribution", distribution, ["normal", "uniform"]);
  return drawn(name, (random, shape, dtype) => {
    const std = deviation(fansOf(name, shape));
    return distribution === "normal"
      ? random.normal(shape, { std, dtype })
      : uniformly(random, shape, Math.sqrt(3) * std, dtype);
  });
}
