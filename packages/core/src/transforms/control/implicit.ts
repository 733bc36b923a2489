import { sharedEdge } from "../../graph/node.js";
import { Part, Parted } from "../../graph/part.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, valuesOf } from "../../graph/tracer.js";
import { traceBlock } from "../../trace/block.js";
import { zerosLike } from "../arguments.js";
import { again, againOfValues } from "./again.js";
import { samePart } from "./block-node.js";
import { edgesOf, type Flat } from "./pull.js";

/**
 * From the gradients of a solution, and the solution as a part of the graph, to those of what the equations close over.
 *
 * @param equations the functions that are in balance, as they were when the solution was found
 */
type SolveBy = (equations: Flat, ...of: Parameters<Solve>) => ReturnType<Solve>;

/** The same, of certain equations. */
export type Solve = (
  douts: readonly Tensor[],
  solution: readonly Tensor[],
  captured: readonly Tensor[],
) => readonly (Tensor | undefined)[];

/**
 * The solution of equations as a part of the graph, by the implicit function theorem: how it was found does not matter.
 *
 * @param equations the functions that are in balance at the solution: what they close over gets gradients, by `solve`
 *
 * @see A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., chapter 15
 */
export function implicit(
  name: string,
  equations: Flat,
  solution: readonly Tensor[],
  solve: SolveBy,
): readonly Tensor[] {
  if (!isRecording()) return solution;
  const { captured, f, results } = closedOver(name, equations, solution);
  if (captured.length === 0) return solution;
  return new Implicit(name, solution, (...of) => solve(f, ...of), results).record(captured);
}

/**
 * What a function closes over that gradients are wanted of: where there are values, the variables and arguments behind that. With the
 * function to be run again.
 */
function closedOver(name: string, f: Flat, given: readonly Tensor[]): Closed {
  const tracing = tracer();
  if (tracing === null) {
    const { edges, close } = edgesOf(given);
    const results = f(edges);
    close();
    return { ...againOfValues(name, edges, results, f), results };
  }
  const block = traceBlock(name, given, (...own) => {
    const { edges, close } = edgesOf(own);
    const results = f(edges);
    close();
    return results;
  });
  // As the ops in the function take them, so that its gradients arrive there.
  const operands = block.operands.map((edge) => (edge.requiresGrad ? sharedEdge(tracing, edge) : edge));
  const run = again(name, block, f);
  return {
    captured: [...new Set(operands.filter(({ requiresGrad }) => requiresGrad))],
    f: (own) => run(own, operands),
    results: [],
  };
}

/** Equations, and what they close over that gradients are wanted of. */
interface Closed {
  readonly captured: readonly Tensor[];
  readonly f: Flat;
  /** What they gave at the solution, with the graph of that, where there are values. */
  readonly results: readonly Tensor[];
}

export class Implicit extends Parted {
  override readonly name: string;
  readonly solution: readonly Tensor[];
  readonly solve: Solve;
  /** What the equations give at the solution, for who wants to look at the nodes in them. */
  readonly results: readonly Tensor[];

  constructor(name: string, solution: readonly Tensor[], solve: Solve, results: readonly Tensor[] = []) {
    super();
    this.name = name;
    this.solution = solution;
    this.solve = solve;
    this.results = results;
  }

  record(captured: readonly Tensor[]): readonly Tensor[] {
    const [first, second, ...others] = captured as readonly [Tensor, ...Tensor[]];
    this.connect(first, second ?? null, others.length === 0 ? null : others);
    return this.parts(first.derive([], first.dtype, valuesOf(first.constant(0)), this));
  }

  private parts(whole: Tensor): readonly Tensor[] {
    return this.solution.map((value, j) => samePart(whole, j, () => new Part(j, value, value).apply(whole)));
  }

  override backwardOfParts(douts: readonly (Tensor | undefined)[], whole: Tensor): readonly (Tensor | null)[] {
    const seeds = this.solution.map((value, j) => douts[j] ?? zerosLike(value));
    return this.solve(seeds, this.parts(whole), this.inputs).map((gradient) => gradient ?? null);
  }
}
