import fc from "fast-check";
import { ChainruleError } from "../errors.js";
import { variable } from "../graph/factory.js";
import type { Tensor } from "../graph/tensor.js";
import { print } from "../inspect/print.js";
import { checkNoMore, checkNumbers, checkOptions } from "../options.js";
import { broadcastableShapes, tensors } from "./arbitraries.js";
import { type RandomOp, type RandomOperand, randomOps } from "./random-ops.js";

/** One op of a random graph, applied to tensors that were there before: inputs first, then the results of earlier steps. */
interface Step {
  readonly op: RandomOp;
  readonly operands: readonly number[];
}

/** How large values, and how much larger errors of the inputs, may become in a random graph. */
const MOST_VALUE = 20;
const MOST_GROWTH = 50;
const MOST_ELEMENTS = 24;

/**
 * A random function: a list of steps from inputs to a scalar, the sum of the means of all results that no step uses, so
 * that every step counts.
 *
 * @example
 * const [graph] = fc.sample(graphs(), { numRuns: 1, seed: 1 });
 * graph instanceof RandomGraph; // true
 * gradcheck(graph.f, graph.inputs).ok; // true
 */
export class RandomGraph {
  readonly inputs: readonly Tensor[];
  readonly steps: readonly Step[];

  constructor(inputs: readonly Tensor[], steps: readonly Step[]) {
    this.inputs = inputs;
    this.steps = steps;
  }

  /** The function of the graph, at other inputs of the same shapes; an arrow, to be passed to `gradcheck`. */
  readonly f = (...inputs: readonly Tensor[]): Tensor => {
    const all = [...inputs];
    for (const { op, operands } of this.steps)
      all.push(
        apply(
          op,
          operands.map((i) => all[i] as Tensor),
        ),
      );
    const used = new Set(this.steps.flatMap(({ operands }) => operands));
    const ends = all.filter((_, i) => !used.has(i) && (i >= inputs.length || this.steps.length === 0));
    return ends.map((end) => end.mean()).reduce((sum, next) => sum.add(next));
  };

  /** The graph as `print` shows it: a line for each tensor, with its values. */
  toString(): string {
    const inputs = this.inputs.map((input, i) => variable(input, { name: `x${i}` }));
    const count = this.steps.length;
    return `${count} ${count === 1 ? "step" : "steps"}\n${print(this.f(...inputs), { maxNodes: 200 })}\n`;
  }

  /** What fast-check prints of a graph that is left when all that is not needed to fail has been taken away. */
  [fc.toStringMethod](): string {
    return this.toString();
  }
}

export interface GraphsOptions {
  /** How many ops, at least. Default 1. */
  readonly minOps?: number;
  /** How many ops, at most. Default 60. */
  readonly maxOps?: number;
  /** Ops of one's own, which are drawn as often as all others together. */
  readonly ops?: readonly RandomOp[];
}

/**
 * Random graphs of random ops on one to three inputs that broadcast. Each is smooth around its inputs and has bounded values
 * and derivatives: a step that would lead to a kink, a pole or an overflow is replaced by the next op that does not. They
 * shrink to few steps.
 *
 * @example
 * fc.assert(fc.property(graphs({ maxOps: 10 }), ({ f, inputs }) => assertGradcheck(f, inputs)), { numRuns: 20, seed: 1 });
 * const op = { name: "cube", arity: 1, apply: (x: Tensor) => x.pow(3), growth: ({ most }) => 3 * most ** 2 };
 * fc.assert(fc.property(graphs({ maxOps: 5, ops: [op] }), ({ f, inputs }) => assertGradcheck(f, inputs)), { numRuns: 20, seed: 1 });
 */
export function graphs(options: GraphsOptions = {}, ...none: []): fc.Arbitrary<RandomGraph> {
  checkNoMore("graphs", none);
  checkOptions("graphs", options, ["minOps", "maxOps", "ops"]);
  checkNumbers("graphs", options, ["minOps", "maxOps"]);
  const { minOps = 1, maxOps = 60, ops: own = [] } = options;
  const gene = fc.record({
    own: own.length === 0 ? fc.constant(false) : fc.boolean(),
    op: fc.nat(10_000),
    // How far back the operands are: 0 is the last result.
    x: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(8)),
    y: fc.nat(8),
  });
  // The longest graphs are as likely as the shortest.
  const genes = fc
    .integer({ min: minOps, max: maxOps })
    .chain((n) => fc.array(gene, { minLength: minOps, maxLength: n, size: "max" }));
  const shapes = fc
    .integer({ min: 1, max: 3 })
    .chain((count) => broadcastableShapes(count, { minRank: 1, maxElements: 12 }));
  const inputs = shapes.chain((list) =>
    fc.tuple(...list.map((shape) => tensors({ shape, awayFrom: [0], distinct: true }))),
  );
  return fc.tuple(inputs, genes).map(([drawn, steps]) => {
    const known = drawn.map((tensor) => ({ ...operandOf(tensor), growth: 1 }));
    const taken = steps.map(({ own: isOwn, op, x, y }) => {
      const { step, result } = nextStep(
        isOwn ? [...own, ...randomOps] : randomOps,
        isOwn ? op % own.length : op,
        x,
        y,
        known,
      );
      known.push(result);
      return step;
    });
    return new RandomGraph(drawn, taken);
  });
}

interface Known extends RandomOperand {
  /** How much an error of the inputs may have grown until here. */
  readonly growth: number;
}

/** The first op, from number `at` on, that takes the operands and stays in bounds: tanh, if not before. */
function nextStep(
  ops: readonly RandomOp[],
  at: number,
  backX: number,
  backY: number,
  known: readonly Known[],
): { step: Step; result: Known } {
  const i = known.length - 1 - (backX % known.length);
  const j = known.length - 1 - (backY % known.length);
  const [x, y] = [known[i] as Known, known[j] as Known];
  for (let k = 0; k < ops.length; k++) {
    const op = ops[(at + k) % ops.length] as RandomOp;
    const growth = op.growth(x, y) * (op.arity === 1 ? x.growth : Math.max(x.growth, y.growth));
    if (!(growth <= MOST_GROWTH) || (op.arity === 2 && !broadcast(x.tensor, y.tensor))) continue;
    const operands = op.arity === 1 ? [i] : [i, j];
    const tensor = apply(
      op,
      operands.map((place) => (known[place] as Known).tensor),
    );
    const result = { ...operandOf(tensor), growth };
    if (tensor.size <= MOST_ELEMENTS && result.most <= MOST_VALUE) return { step: { op, operands }, result };
  }
  throw new ChainruleError("graphs: none of the ops takes the operands, not even those that take any");
}

function apply(op: RandomOp, [x, y = x]: readonly Tensor[]): Tensor {
  return op.apply(x as Tensor, y as Tensor);
}

function operandOf(tensor: Tensor): RandomOperand {
  const values = [...tensor.data];
  const sizes = values.map(Math.abs);
  return {
    tensor,
    min: Math.min(...values),
    max: Math.max(...values),
    most: Math.max(...sizes),
    least: Math.min(...sizes),
  };
}

function broadcast(x: Tensor, y: Tensor): boolean {
  return x.shape.every((size, axis) => {
    const other = y.shape[axis - x.rank + y.rank] ?? 1;
    return size === other || size === 1 || other === 1;
  });
}
