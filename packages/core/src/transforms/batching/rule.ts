import type { DType } from "../../dtype.js";
import type { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Shape } from "../../shape/types.js";
import type { Batched } from "./batched.js";

/** What a node gives for one element, and of how many there are results. */
export interface Form {
  readonly size: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The results of a node for all elements of a batch, some of its inputs being batched. */
export type BatchRule<N extends Node = Node> = (node: N, inputs: readonly Batched[], form: Form) => Tensor;

type Entry = readonly [Op: unknown, rule: BatchRule<never>];

export function ruleFor<N extends Node>(Op: abstract new (...args: never[]) => N, rule: BatchRule<N>): Entry {
  return [Op, rule];
}

/** A node with other settings. */
export function withSettings<N extends Node>(node: N, settings: { readonly [K in keyof N]?: unknown }): N {
  return Object.assign(node.again(), settings);
}
