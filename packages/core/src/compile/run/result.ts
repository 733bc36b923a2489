import type { DType, Values } from "../../dtype.js";
import { GraphError } from "../../errors.js";
import { Node } from "../../graph/node.js";
import type { Shape } from "../../shape/types.js";

/**
 * Marks a result of a program that depends on something that gradients are wanted of. It has no inputs: the gradient
 * ends here, and not in silence.
 */
export class CompiledResult extends Node {
  override readonly name = "Compiled";

  override shapeRule(): Shape {
    throw this.noGraph();
  }

  override localForward(_shape: Shape, _dtype: DType): Values {
    throw this.noGraph();
  }

  override countUses(): void {
    throw this.noGraph();
  }

  override localBackward(): never {
    throw this.noGraph();
  }

  private noGraph(): GraphError {
    return new GraphError(
      "Compiled: the result of a compiled function belongs to no graph: compile the function that computes the gradient, as in " +
        "compile(grad(f)), or take its values with detach()",
    );
  }
}
