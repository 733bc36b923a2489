import { sharedEdge } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, valuesOf } from "../../graph/tracer.js";
import { type Block, traceBlock } from "../../trace/block.js";
import { zerosLike } from "../arguments.js";
import { again, againOfValues } from "./again.js";
import { Solved, samePart } from "./block-node.js";
import { withoutGraph } from "./made.js";
import { type Flat, onEdges } from "./pull.js";

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
    const { edges, results } = onEdges(solution, equations);
    const { f, captured, check } = againOfValues(name, edges, results, equations);
    if (captured.length === 0) return solution;
    const checked: Solve = (...of) => {
      check();
      return solve(f, ...of);
    };
    return new Implicit(name, solution, checked, { results }).record(captured);
  }
  const block = traceBlock(name, solution, (...own) => onEdges(own, equations).results);
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

/** What is known of the equations of a solution. */
interface Known {
  /** As they were traced, and what they close over; `null` where there are values. */
  readonly by: Equations | null;
  readonly operands: readonly Tensor[];
  /** What they gave at the solution, with the graph of that, where there are values. */
  readonly results: readonly Tensor[];
}

export class Implicit extends Solved {
  override readonly name: string;
  readonly solution: readonly Tensor[];
  readonly solve: Solve;
  /** What the equations gave at the solution, where there are values, for who wants to look at the nodes in them. */
  readonly results: readonly Tensor[];
  private readonly by: Equations | null;
  private readonly operands: readonly Tensor[];

  constructor(
    name: string,
    solution: readonly Tensor[],
    solve: Solve,
    { by = null, operands = [], results = [] }: Partial<Known> = {},
  ) {
    super();
    this.name = name;
    this.solution = solution;
    this.solve = solve;
    this.by = by;
    this.operands = operands;
    this.results = results;
  }

  get block(): Block | null {
    return this.by?.block ?? null;
  }

  get needs(): readonly Tensor[] {
    return this.by === null ? this.inputs : [...this.operands, ...this.solution];
  }

  onceMore(needs: readonly Tensor[]): readonly Tensor[] {
    const { by, operands } = this;
    if (by === null) throw new Error("equations on values are not run again for another solution");
    return solvedBy(by, needs.slice(0, operands.length), needs.slice(operands.length).map(withoutGraph));
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
