import type { Values } from "../dtype.js";
import { GraphError } from "../errors.js";
import { Node, type Walk } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import type { Shape } from "../shape/types.js";

/** In a graph out of JSON what JSON could not hold: it shows what was there, with the values that it had, and computes nothing. */
export class ClosureNode extends Node {
  override readonly name: string;
  /** Why it cannot be computed. */
  readonly closure: string;
  private readonly settings: Readonly<Record<string, unknown>>;

  constructor(name: string, closure: string, settings: Readonly<Record<string, unknown>>) {
    super();
    this.name = name;
    this.closure = closure;
    this.settings = settings;
  }

  override attributes(): Readonly<Record<string, unknown>> {
    return this.settings;
  }

  override get isUnique(): boolean {
    return true;
  }

  override shapeRule(..._inputs: Tensor[]): Shape {
    throw this.refused("computed again");
  }

  override localForward(): Values {
    throw this.refused("computed again");
  }

  override countUses(walk: Walk): void {
    // Without inputs nobody would ask for its gradient, and that of what lies behind it would be missing in silence.
    if (this.arity === 0) throw this.refused("walked backward");
    super.countUses(walk);
  }

  override localBackward(): Tensor {
    throw this.refused("walked backward");
  }

  private refused(what: string): GraphError {
    return new GraphError(
      `${this.name}: it came out of JSON, which cannot hold ${this.closure}; it shows the values that it had, and cannot be ${what}: ` +
        "make the graph again by the code that made it",
    );
  }
}
