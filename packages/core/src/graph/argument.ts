import type { DType, Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import { Node, type Walk } from "./node.js";
import type { Tensor } from "./tensor.js";
import { valuesOf } from "./tracer.js";

/** Runs `f` as if the transforms of these arguments were running their functions still: somebody is going to ask for the gradients. */
export function awake<R>(nodes: readonly Argument[], f: () => R): R {
  const sleeping = nodes.filter(({ live }) => !live);
  for (const node of sleeping) node.live = true;
  try {
    return f();
  } finally {
    for (const node of sleeping) node.live = false;
  }
}

/**
 * What a transform such as `grad` puts in the place of an argument: the same value as an edge of its own. A walk that asks
 * for the gradient of this edge stops here, so that transforms inside one another never take one argument for the other;
 * any other walk goes on to what the argument was made of.
 */
export class Argument extends Node {
  override readonly name = "Argument";
  /** Whether the transform is still running its function: then somebody is going to ask for this gradient. */
  live = true;

  override apply(x: Tensor): Tensor {
    // Recorded for a constant as well, whether or not there is recording: the gradient of this edge is wanted.
    this.connect(x, null, null);
    const made = x.derive(x.shape, x.dtype, valuesOf(x), this);
    made.name = x.name;
    return made;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(_shape: Shape, _dtype: DType, x: Tensor): Values {
    return valuesOf(x);
  }

  override countUses(walk: Walk): void {
    if (this.live) walk.dependsOnOthers = true;
    super.countUses(walk);
  }

  override localBackward(dout: Tensor): Tensor {
    return dout;
  }
}
