import { sharedEdge } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, valuesOf } from "../../graph/tracer.js";
import { type Block, traceBlock } from "../../trace/block.js";
import { zerosLike } from "../arguments.js";
import { again, againOfValues } from "./again.js";
import { Solved, samePart } from "./block-node.js";
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
  if (tracer() === null) {
    const { edges, close } = edgesOf(solution);
    const results = equations(edges);
    close();
    const { f, captured } = againOfValues(name, edges, results, equations);
    if (captured.length === 0) return solution;
    return new Implicit(name, solution, (...of) => solve(f, ...of), { results }).record(captured);
  }
  const block = traceBlock(name, solution, (...own) => {
    const { edges, close } = edgesOf(own);
    const results = equations(edges);
    close();
    return results;
  });
  return solvedBy({ name, equations, solve, block }, block.operands, solution);
}

/** Equations as they were traced. */
interface Equations {
  readonly name: string;
  readonly equations: Flat;
  readonly solve: SolveBy;
  readonly block: Block;
}

function solvedBy(by: Equations, operands: readonly Tensor[], solution: readonly Tensor[]): readonly Tensor[] {
  const tracing = tracer();
  // As the ops in the function take them, so that its gradients arrive there.
  const edges = operands.map((edge) => (edge.requiresGrad && tracing !== null ? sharedEdge(tracing, edge) : edge));
  const captured = [...new Set(edges.filter(({ requiresGrad }) => requiresGrad))];
  if (!isRecording() || captured.length === 0) return solution;
  const run = again(by.name, by.block, by.equations);
  const solve: Solve = (...of) => by.solve((own) => run(own, edges), ...of);
  return new Implicit(by.name, solution, solve, { by, operands: edges }).record(captured);
}

/** What is known of the equations: as they were traced, and what they close over; or what they gave at the solution, with the graph of that. */
type Known =
  | { readonly by: Equations; readonly operands: readonly Tensor[] }
  | { readonly results?: readonly Tensor[] };

export class Implicit extends Solved {
  override readonly name: string;
  readonly solution: readonly Tensor[];
  readonly solve: Solve;
  private readonly known: Known;

  constructor(name: string, solution: readonly Tensor[], solve: Solve, known: Known = {}) {
    super();
    this.name = name;
    this.solution = solution;
    this.solve = solve;
    this.known = known;
  }

  /** What the equations give at the solution, where there are values, for who wants to look at the nodes in them. */
  get results(): readonly Tensor[] {
    return "results" in this.known ? (this.known.results ?? []) : [];
  }

  get block(): Block | null {
    return "by" in this.known ? this.known.by.block : null;
  }

  get needs(): readonly Tensor[] {
    return "by" in this.known ? [...this.known.operands, ...this.solution] : this.inputs;
  }

  onceMore(needs: readonly Tensor[]): readonly Tensor[] {
    if (!("by" in this.known)) throw new Error("equations on values are not run again for another solution");
    const { by, operands } = this.known;
    const solution = needs.slice(operands.length).map((x) => (x.requiresGrad ? x.detach() : x));
    return solvedBy(by, needs.slice(0, operands.length), solution);
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
