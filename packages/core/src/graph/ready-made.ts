import type { Values } from "../dtype.js";
import type { Shape } from "../shape/types.js";
import type { Edge, Vertex } from "./edge.js";

/** Kernels that are made for the shapes of what they are given; `null` where the plain loops do it. */
export interface ReadyMade {
  /** The values of a node. */
  forward(node: Vertex, shape: Shape, inputs: readonly Edge[]): Values | null;
  /** The values of the gradient of input `i` of an elementwise node, in the shape of the output, where no graph of it is wanted. */
  backward(node: Vertex, i: number, dout: Edge, output: Edge): Values | null;
}

/**
 * What eager ops run in the place of their loops, where they may: nothing, unless the entry `fast`, which the graph does not know, has
 * put it here.
 */
export const readyMade: { kernels: ReadyMade | null } = { kernels: null };
