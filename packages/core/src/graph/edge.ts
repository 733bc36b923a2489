import type { DType, Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";

/*
 * What the scopes, which tensors and nodes ask (who traces, who looks on, who notes reads), know of the two themselves: so much,
 * so that they stand below them. Who opens a scope knows more.
 */

/** A tensor, seen from below. */
export interface Edge {
  readonly shape: Shape;
  readonly dtype: DType;
  values: Values;
  readonly node: Vertex | null;
}

/** A node, seen from below. */
export interface Vertex {
  readonly name: string;
}
