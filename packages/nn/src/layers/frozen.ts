import { ChainruleError, checkNoMore, show, type Tensor } from "@chainrule/core";
import { checkForward, type ForwardOptions, Layer, type NamedTensors, tensorsOf } from "./layer.js";

/**
 * A layer that is not trained, such as the body of a network under a new head: it has no parameters, and runs as in an evaluation
 * also while the others are trained. Its tensors are buffers, saved and loaded under the names that they had without it; the
 * gradient goes through it to what stands before.
 *
 * @example
 * const body = new Affine(2, 2, { initializer: constant(1) });
 * const network = new Sequential({ body: new Frozen(body), head: new Affine(2, 1, { initializer: constant(1) }) });
 * Object.keys(network.parameters()); // ["head.W", "head.b"]
 * Object.keys(network.buffers()); // ["body.W", "body.b"]
 */
export class Frozen<const L extends Layer = Layer> extends Layer {
  readonly layer: L;

  constructor(layer: L, ...none: []) {
    super();
    checkNoMore("Frozen", none);
    if (!(layer instanceof Layer)) throw new ChainruleError(`Frozen: takes a layer, got ${show(layer)}`);
    this.layer = layer;
  }

  override forward(x: Tensor, options?: ForwardOptions, ...none: []): Tensor {
    checkForward("Frozen", options, none);
    return this.layer.forward(x);
  }

  override parameters(...none: []): NamedTensors {
    checkNoMore("Frozen.parameters", none);
    return {};
  }

  override buffers(...none: []): NamedTensors {
    checkNoMore("Frozen.buffers", none);
    return tensorsOf(this.layer);
  }

  override parts(...none: []): Readonly<Record<string, Layer>> {
    checkNoMore("Frozen.parts", none);
    return this.layer.parts();
  }
}
