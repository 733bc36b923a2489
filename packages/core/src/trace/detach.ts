import type { DType } from "../dtype.js";
import { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import type { Shape } from "../shape/types.js";

/** Where the graph ends, though its value goes on. */
export class Detach extends Node {
  override readonly name = "Detach";

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localBackward(): null {
    return null;
  }
}
