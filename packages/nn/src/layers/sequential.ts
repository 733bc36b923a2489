import {
  type Box,
  ChainruleError,
  checkNoMore,
  type Fits,
  type ShapeTypeError,
  show,
  type Tensor,
} from "@chainrule/core";
import { checkTensor, isRecord } from "../checks.js";
import type { Activation } from "./activation.js";
import type { Affine } from "./affine.js";
import { checkForward, type ForwardOptions, Layer, type NamedTensors, prefixed } from "./layer.js";

/** A layer, or a function without parameters in its place, such as `(x) => x.relu()`. */
type Step = Layer | ((x: Tensor) => Tensor);

type Layers = readonly Step[] | Readonly<Record<string, Step>>;

/**
 * What is known of a list of layers at compile time: an error where the outputs of an affine layer are not as many as
 * the next one takes. K is the number of values a row so far, `number` where it is not known.
 */
type Chain<L, K extends number = number> = L extends readonly [infer First, ...infer Rest]
  ? First extends Affine<infer I, infer O, boolean>
    ? Box<K> extends Box<I>
      ? Chain<Rest, O>
      : number extends K
        ? Chain<Rest, O>
        : ShapeTypeError<`Sequential: an Affine that takes ${I} inputs follows ${K} outputs`>
    : Chain<Rest, First extends Activation ? K : number>
  : readonly [];

/**
 * Layers one behind the other: the output of each is the input of the next. A function does for a layer without parameters.
 *
 * Its parameters are named after the layers, `"0.W"` for a list, `"affine1.W"` for a record of layers by name, which
 * are used in the order in which they are written; the variables get these names, too. In a list, an affine layer that
 * does not take as many values as the one before it gives is a compile error.
 *
 * @example
 * const network = new Sequential([new Affine(2, 3, { initializer: constant(1) }), new ReLU()]);
 * network.forward(tensor([[1, -2], [2, 2]])).toArray(); // [[0, 0, 0], [4, 4, 4]]
 * Object.keys(network.parameters()); // ["0.W", "0.b"]
 * network.layers[0].W.name; // "0.W"
 * new Sequential([(x) => x.mul(2), relu]).forward(tensor([-1, 1])).toArray(); // [0, 2]
 */
export class Sequential<const L extends Layers = Layers> extends Layer {
  readonly layers: L;

  /**
   * @throws ChainruleError for a layer name that is a number (JavaScript would not keep its place) or has a dot in it, and for
   * what is neither a layer nor a function
   */
  constructor(layers: L & Fits<Chain<L>>, ...none: []) {
    super();
    // Layers that stand one behind the other in the call are to be told how, and not that they are too many.
    const isLayer = (layers as unknown) instanceof Layer;
    if (!isLayer) checkNoMore("Sequential", none);
    if (!isRecord(layers) || isLayer) {
      throw new ChainruleError(
        `Sequential: takes a list of layers, as in new Sequential([affine, relu]), or a record of them, got ${show(layers)}`,
      );
    }
    if (!Array.isArray(layers)) {
      for (const name of Object.keys(layers)) {
        if (/^\d+$|\./.test(name)) {
          throw new ChainruleError(
            `Sequential: "${name}" cannot name a layer: it is a number or has a dot; use a name like "affine1"`,
          );
        }
      }
    }
    for (const [name, layer] of Object.entries(layers)) checkStep(name, layer);
    // Of its own: what is done to the list afterwards has not been checked.
    this.layers = Object.freeze(Array.isArray(layers) ? [...layers] : { ...layers }) as L;
    for (const [name, parameter] of Object.entries(this.parameters())) parameter.name = name;
  }

  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("Sequential", options, none);
    let out = x;
    for (const [name, step] of Object.entries<Step>(this.layers)) {
      checkTensor("Sequential", `the input of layer ${name}`, out);
      // A function such as `relu` takes the tensor alone.
      out = step instanceof Layer ? step.forward(out, options) : step(out);
    }
    checkTensor("Sequential", "the output", out);
    return out;
  }

  override parameters(...none: []): NamedTensors {
    checkNoMore("Sequential.parameters", none);
    return named(this.layers, "parameters");
  }

  override buffers(...none: []): NamedTensors {
    checkNoMore("Sequential.buffers", none);
    return named(this.layers, "buffers");
  }

  override parts(...none: []): Readonly<Record<string, Layer>> {
    checkNoMore("Sequential.parts", none);
    const steps = Object.entries<Step>(this.layers);
    return Object.fromEntries(steps.filter((step): step is [string, Layer] => step[1] instanceof Layer));
  }
}

/** Named after the layers, without the name of the field that holds these. */
function named(layers: Layers, what: "parameters" | "buffers"): NamedTensors {
  const steps = Object.entries<Step>(layers);
  return Object.assign(
    {},
    ...steps.map(([name, step]) => (step instanceof Layer ? prefixed("Sequential", name, step, what) : {})),
  );
}

function checkStep(name: string, step: unknown): void {
  if (step instanceof Layer) return;
  if (typeof step !== "function") {
    throw new ChainruleError(`Sequential: layer ${name} is ${show(step)}; layers and functions of a tensor are meant`);
  }
  if (step.prototype instanceof Layer) {
    throw new ChainruleError(
      `Sequential: layer ${name} is the class ${step.name}; make a layer of it with new ${step.name}()`,
    );
  }
}
