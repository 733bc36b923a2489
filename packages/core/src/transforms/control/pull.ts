import { type DType, isFloat, type Values } from "../../dtype.js";
import { Argument, awake } from "../../graph/argument.js";
import { walk, whileAwaited } from "../../graph/backward.js";
import { afterHooks } from "../../graph/hooks.js";
import { Node } from "../../graph/node.js";
import { isRecording, withRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Shape } from "../../shape/types.js";
import { zerosLike } from "../arguments.js";

/** A root for several results, each with a gradient of its own: what a walk that begins there hands them first. */
class Seeds extends Node {
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

/** A function over flat lists of tensors. */
export type Flat = (given: readonly Tensor[]) => readonly Tensor[];

/**
 * Runs a function and pulls the gradients of its results, as far as there are any, back to its arguments and to what it closes over.
 * Where there is recording, the gradients have a graph themselves.
 *
 * @param captured what it closes over that gradients are wanted of
 * @returns the gradients of the arguments (`undefined` for one that is no float), and of what it closes over where there is any
 */
export function pulled(
  f: Flat,
  given: readonly Tensor[],
  douts: readonly (Tensor | undefined)[],
  captured: readonly Tensor[],
): { readonly given: readonly (Tensor | undefined)[]; readonly captured: readonly (Tensor | undefined)[] } {
  const { edges, root } = whileLive(captured, () =>
    withRecording(true, () => {
      const { edges, results } = onEdges(given, f);
      return { edges, root: Seeds.of(results, douts) };
    }),
  );
  const isWanted = (i: number) => edges[i] !== given[i];
  const targets = new Set([...edges.filter((_, i) => isWanted(i)), ...captured]);
  const tape = root === null ? null : walk(root, root.constant(1), isRecording(), targets);
  return {
    given: edges.map((edge, i) =>
      isWanted(i) ? afterHooks(edge, tape?.gradient(edge) ?? zerosLike(edge)) : undefined,
    ),
    captured: captured.map((edge) => tape?.gradient(edge)),
  };
}

/**
 * By its place, whether gradients are wanted of what a function closes over: of an edge that stands in several places in the first one, as
 * it is the whole gradient.
 */
export function wantedOnce(operands: readonly Tensor[]): (place: number) => boolean {
  const first = new Map<Tensor, number>();
  operands.forEach((operand, i) => {
    if (!first.has(operand)) first.set(operand, i);
  });
  return (place) => {
    const operand = operands[place] as Tensor;
    return operand.requiresGrad && first.get(operand) === place;
  };
}

/**
 * Runs a function on edges of its own, where there is recording: they stand in the places of the floats that it is given, so that a gradient
 * may be wanted of these, until that is over.
 */
export function onEdges(
  given: readonly Tensor[],
  f: Flat,
): { readonly edges: readonly Tensor[]; readonly results: readonly Tensor[] } {
  if (!isRecording()) return { edges: given, results: f(given) };
  const nodes: Argument[] = [];
  const edges = given.map((tensor) => {
    if (!isFloat(tensor.dtype)) return tensor;
    const node = new Argument();
    nodes.push(node);
    return node.apply(tensor);
  });
  const results = f(edges);
  for (const node of nodes) node.live = false;
  return { edges, results };
}

/** Runs `f` with what it closes over counted as wanted, as it was when it ran the first time. */
export function whileLive<R>(captured: readonly Tensor[], f: () => R): R {
  const nodes = captured.flatMap(({ node }) => (node instanceof Argument ? [node] : []));
  return awake(nodes, () => whileAwaited(captured, f));
}
