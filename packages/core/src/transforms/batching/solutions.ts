import { zerosLike } from "../arguments.js";
import { Implicit, type Solve } from "../control/implicit.js";
import { type Batched, expanded } from "./batched.js";
import type { Run } from "./run.js";

/** The solutions of equations for a batch: the gradients of each are those of its own equations. The inputs end in the solution. */
export function batchedSolution(node: Implicit, inputs: readonly Batched[], run: Run): readonly Batched[] {
  const captured = inputs.slice(0, node.arity);
  const isBatched = inputs.some((input) => input.isBatched);
  const whole = (x: Batched) => (isBatched ? expanded(x, run.size) : x.tensor);
  const solve: Solve = (douts, solution) => {
    const given = [...douts, ...solution].map((tensor) => ({ tensor, isBatched }));
    const gradients = run.forBatch(node.name, given, (...elements) => {
      // What the equations close over is what stood there when they were traced.
      const made = node.solve(elements.slice(0, douts.length), elements.slice(douts.length), node.inputs);
      return node.inputs.map((input, i) => made[i] ?? zerosLike(input));
    });
    return gradients.map((gradient, i) => {
      if (captured[i]?.isBatched === true) return expanded(gradient, run.size);
      return isBatched ? expanded(gradient, run.size).sum(0) : gradient.tensor;
    });
  };
  const solution = inputs.slice(node.arity).map(whole);
  const parts = new Implicit(node.name, solution, solve).record(captured.map(({ tensor }) => tensor));
  return parts.map((tensor) => ({ tensor, isBatched }));
}
