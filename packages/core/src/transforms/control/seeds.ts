import type { DType, Values } from "../../dtype.js";
import { Argument } from "../../graph/argument.js";
import { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Shape } from "../../shape/types.js";

/** A root for several results, each with a gradient of its own: what a walk that begins there hands them first. */
export class Seeds extends Node {
  override readonly name = "Seeds";
  private readonly seeds: readonly Tensor[];

  private constructor(seeds: readonly Tensor[]) {
    super();
    this.seeds = seeds;
  }

  /** The root of those results that have a graph and a gradient; `null` for none. */
  static of(results: readonly Tensor[], gradients: readonly (Tensor | undefined)[]): Tensor | null {
    const linked = results.flatMap((result, i) => (result.requiresGrad && gradients[i] !== undefined ? [i] : []));
    if (linked.length === 0) return null;
    return new Seeds(linked.map((i) => gradients[i] as Tensor)).apply(...linked.map((i) => results[i] as Tensor));
  }

  override get isUnique(): boolean {
    return true;
  }

  override shapeRule(..._results: Tensor[]): Shape {
    return [];
  }

  override dtypeRule(..._results: Tensor[]): DType {
    return "float64";
  }

  override localForward(): Values {
    return 0;
  }

  override localBackward(_dout: Tensor, i: number): Tensor {
    return this.seeds[i] as Tensor;
  }
}

/** Runs `f` with what it closes over counted as wanted, as it was when it ran the first time. */
export function whileLive<R>(captured: readonly Tensor[], f: () => R): R {
  const sleeping = captured.flatMap(({ node }) => (node instanceof Argument && !node.live ? [node] : []));
  for (const node of sleeping) node.live = true;
  try {
    return f();
  } finally {
    for (const node of sleeping) node.live = false;
  }
}
