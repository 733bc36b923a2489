import { type Box, ChainruleError, type Fits, type ShapeTypeError, type Tensor } from "@chainrule/core";
import type { Activation } from "./activation.js";
import type { Affine } from "./affine.js";
import { Layer, type NamedTensors } from "./layer.js";

type Layers = readonly Layer[] | Readonly<Record<string, Layer>>;

/**
 * What is known of a list of layers at compile time: an error where the outputs of an affine layer are not as many as
 * the next one takes. K is the number of values a row so far, `number` where it is not known.
 */
type Chain<L, K extends number = number> = L extends readonly [infer First, ...infer Rest]
  ? First extends Affine<infer I, infer O>
    ? Box<K> extends Box<I>
      ? Chain<Rest, O>
      : number extends K
        ? Chain<Rest, O>
        : ShapeTypeError<`Sequential: an Affine that takes ${I} inputs follows ${K} outputs`>
    : Chain<Rest, First extends Activation ? K : number>
  : readonly [];

/**
 * Layers one behind the other: the output of each is the input of the next.
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
 */
export class Sequential<const L extends Layers = Layers> extends Layer {
  readonly layers: L;

  /**
   * @throws ChainruleError for a layer name that is a number (JavaScript would not keep its place) or has a dot in it.
   */
  constructor(layers: L & Fits<Chain<L>>) {
    super();
    if (!Array.isArray(layers)) {
      for (const name of Object.keys(layers)) {
        if (/^\d+$|\./.test(name)) {
          throw new ChainruleError(
            `Sequential: "${name}" cannot name a layer: it is a number or has a dot; use a name like "affine1"`,
          );
        }
      }
    }
    this.layers = layers;
    for (const [name, parameter] of Object.entries(this.parameters())) parameter.name = name;
  }

  override forward(x: Tensor): Tensor {
    return Object.values<Layer>(this.layers).reduce((out, layer) => layer.forward(out), x);
  }

  override parameters(): NamedTensors {
    return Object.fromEntries(
      Object.entries<Layer>(this.layers).flatMap(([layerName, layer]) =>
        Object.entries(layer.parameters()).map(([name, parameter]) => [`${layerName}.${name}`, parameter]),
      ),
    );
  }
}
