import type { DType, Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import type { Edge, Vertex } from "./edge.js";

/** Computes the values of a node by a kernel that is made for its shapes; `null` where its own local forward does it. */
export interface ReadyMade {
  run(node: Vertex, shape: Shape, dtype: DType, inputs: readonly Edge[]): Values | null;
}

/**
 * What eager ops run in the place of their local forward, where they may: nothing, unless the entry `fast`, which the graph
 * does not know, has put it here.
 */
export const readyMade: { run: ReadyMade["run"] | null } = { run: null };
