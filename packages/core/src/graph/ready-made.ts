import type { DType } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import type { Node, Values } from "./node.js";
import type { Tensor } from "./tensor.js";

/** Computes the values of a node by a kernel that is made for its shapes; `null` where its own local forward does it. */
export type ReadyMade = (node: Node, shape: Shape, dtype: DType, inputs: readonly Tensor[]) => Values | null;

/**
 * What eager ops run in the place of their local forward, where they may: nothing, unless the entry `fast`, which the graph
 * does not know, has put it here.
 */
export const readyMade: { run: ReadyMade | null } = { run: null };
