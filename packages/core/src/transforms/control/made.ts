import type { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { deferredIn } from "../../graph/tracer.js";
import type { Block } from "../../trace/block.js";
import { Traced } from "../../trace/traced.js";
import { BlockNode, Solved } from "./block-node.js";

/** What a function did when it ran: see `BlockRun`. */
export interface Made {
  readonly given: readonly Tensor[];
  readonly operands: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly isHooked: boolean;
  /** Whether an edge was made in it. */
  readonly isOwn: (edge: Tensor) => boolean;
}

export function madeBy({ made, operands }: Block): Made {
  if (made === null) throw new Error("the block of a compiled program is not run again");
  const isOwn = ({ values }: Tensor) => {
    const value = deferredIn(values);
    return value instanceof Traced && made.owns(value);
  };
  return { ...made, operands, isOwn };
}

/** What a node is made of again. */
export function neededBy(node: Node): readonly Tensor[] {
  return node instanceof Solved ? node.needs : node.inputs;
}

/** What a node runs by itself. */
export function blocksOf(node: Node): readonly Block[] {
  if (node instanceof BlockNode) return node.blocks;
  return node instanceof Solved && node.block !== null ? [node.block] : [];
}

/**
 * Visits what stands behind a root, each behind what it is made of, but for what is known. Without recursion: a function may be a chain of
 * any length.
 */
export function inputsFirst<T>(
  root: T,
  isKnown: (each: T) => boolean,
  inputsOf: (each: T) => readonly T[],
  visit: (each: T) => void,
): void {
  const open = [root];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const missing = isKnown(last) ? [] : inputsOf(last).filter((input) => !isKnown(input));
    if (missing.length > 0) {
      open.push(...missing);
      continue;
    }
    if (!isKnown(last)) visit(last);
    open.pop();
  }
}

export function withoutGraph(tensor: Tensor): Tensor {
  return tensor.requiresGrad ? tensor.detach() : tensor;
}
