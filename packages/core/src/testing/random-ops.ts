import type { Tensor } from "../graph/tensor.js";
import { concat } from "../ops/concat.js";
import { matmul } from "../ops/matmul.js";
import { where } from "../ops/where.js";
import { sameShape } from "../shape/shape.js";

/** A tensor of a random graph as the rules of the ops see it. */
export interface RandomOperand {
  readonly tensor: Tensor;
  /** Its least, greatest, and greatest absolute element, and the least absolute one. */
  readonly min: number;
  readonly max: number;
  readonly most: number;
  readonly least: number;
}

/** An op that a random graph may apply. */
export interface RandomOp {
  /** For the steps of a graph; that of the function, as a rule. */
  readonly name: string;
  /** 1 or 2 operands. */
  readonly arity: 1 | 2;
  readonly apply: (x: Tensor, y: Tensor) => Tensor;
  /**
   * How much an error of an operand may grow here, at most: the greatest absolute derivative (the greatest sum of them over
   * the elements of the operand, where an element depends on several); NaN or Infinity where the op does not take the
   * operands, being on a kink or outside of the domain. A graph only takes steps that keep its errors in bounds.
   */
  readonly growth: (x: RandomOperand, y: RandomOperand) => number;
}

const unary = (name: string, apply: (x: Tensor) => Tensor, growth: (x: RandomOperand) => number): RandomOp => ({
  name,
  arity: 1,
  apply,
  growth,
});

const binary = (
  name: string,
  apply: (x: Tensor, y: Tensor) => Tensor,
  growth: (x: RandomOperand, y: RandomOperand) => number,
): RandomOp => ({ name, arity: 2, apply, growth });

const NEVER = Number.POSITIVE_INFINITY;
/** How far from a kink or a tie operands have to be. */
const CLEAR = 0.01;

const when = (condition: boolean, growth: number): number => (condition ? growth : NEVER);

/** Whether two tensors that have one shape (so that no broadcast hides a tie) differ everywhere. */
function apart(x: RandomOperand, y: RandomOperand): boolean {
  const [a, b] = [x.tensor.array, y.tensor.array];
  return sameShape(x.tensor.shape, y.tensor.shape) && a.every((value, i) => Math.abs(value - (b[i] as number)) > CLEAR);
}

/** Whether no two elements are nearly equal, in any row or column. */
function distinct({ tensor }: RandomOperand): boolean {
  const sorted = [...tensor.data].sort((a, b) => a - b);
  return sorted.every((value, i) => i === 0 || value - (sorted[i - 1] as number) > CLEAR);
}

const rankOf = ({ tensor }: RandomOperand): number => tensor.rank;
const lastOf = ({ tensor }: RandomOperand): number => tensor.shape.at(-1) ?? 0;

/**
 * The ops of random graphs: elementwise ones, broadcasts, sums, products of matrices, and those that move elements.
 *
 * @example
 * randomOps.some(({ name }) => name === "softmax"); // true
 */
export const randomOps: readonly RandomOp[] = [
  unary(
    "sin",
    (x) => x.sin(),
    () => 1,
  ),
  unary(
    "cos",
    (x) => x.cos(),
    () => 1,
  ),
  unary(
    "tanh",
    (x) => x.tanh(),
    () => 1,
  ),
  unary(
    "sigmoid",
    (x) => x.sigmoid(),
    () => 0.25,
  ),
  unary(
    "softplus",
    (x) => x.softplus(),
    () => 1,
  ),
  unary(
    "atan",
    (x) => x.atan(),
    () => 1,
  ),
  unary(
    "erf",
    (x) => x.erf(),
    () => 1.13,
  ),
  unary(
    "neg",
    (x) => x.neg(),
    () => 1,
  ),
  unary(
    "exp",
    (x) => x.exp(),
    ({ max }) => Math.exp(max),
  ),
  unary(
    "log",
    (x) => x.log(),
    ({ min }) => when(min > 0.3, 1 / min),
  ),
  unary(
    "sqrt",
    (x) => x.sqrt(),
    ({ min }) => when(min > 0.2, 0.5 / Math.sqrt(min)),
  ),
  unary(
    "square",
    (x) => x.square(),
    ({ most }) => 2 * most,
  ),
  unary(
    "reciprocal",
    (x) => x.reciprocal(),
    ({ least }) => when(least > 0.4, 1 / least ** 2),
  ),
  unary(
    "abs",
    (x) => x.abs(),
    ({ least }) => when(least > CLEAR, 1),
  ),
  unary(
    "relu",
    (x) => x.relu(),
    ({ least }) => when(least > CLEAR, 1),
  ),
  binary(
    "add",
    (x, y) => x.add(y),
    () => 2,
  ),
  binary(
    "sub",
    (x, y) => x.sub(y),
    () => 2,
  ),
  binary(
    "mul",
    (x, y) => x.mul(y),
    (x, y) => x.most + y.most,
  ),
  binary(
    "div",
    (x, y) => x.div(y),
    (x, y) => when(y.least > 0.4, 1 / y.least + x.most / y.least ** 2),
  ),
  binary(
    "maximum",
    (x, y) => x.maximum(y),
    (x, y) => when(apart(x, y), 1),
  ),
  binary(
    "minimum",
    (x, y) => x.minimum(y),
    (x, y) => when(apart(x, y), 1),
  ),
  binary(
    "where",
    (x, y) => where(x.greater(y), x.sin(), y),
    (x, y) => when(apart(x, y), 1),
  ),
  unary(
    "sum",
    (x) => x.sum(),
    ({ tensor }) => tensor.size,
  ),
  unary(
    "sumLast",
    (x) => x.sum({ axis: -1, keepDims: true }),
    (x) => when(rankOf(x) > 0, lastOf(x)),
  ),
  unary(
    "mean",
    (x) => x.mean(),
    () => 1,
  ),
  unary(
    "meanFirst",
    (x) => x.mean({ axis: 0 }),
    (x) => when(rankOf(x) > 0, 1),
  ),
  unary(
    "maxLast",
    (x) => x.max({ axis: -1 }),
    (x) => when(rankOf(x) > 0 && distinct(x), 1),
  ),
  unary(
    "logSumExp",
    (x) => x.logSumExp(),
    () => 1,
  ),
  unary(
    "softmax",
    (x) => x.softmax(-1),
    (x) => when(rankOf(x) > 0, 0.5),
  ),
  unary(
    "logSoftmax",
    (x) => x.logSoftmax(-1),
    (x) => when(rankOf(x) > 0, 2),
  ),
  unary(
    "transpose",
    (x) => x.transpose(),
    (x) => when(rankOf(x) > 1, 1),
  ),
  unary(
    "flatten",
    (x) => x.reshape([-1]),
    () => 1,
  ),
  unary(
    "firstRow",
    (x) => x.slice([0]),
    (x) => when(rankOf(x) > 0, 1),
  ),
  unary(
    "twice",
    (x) => concat([x, x.mul(0.5)], 0),
    (x) => when(rankOf(x) > 0 && x.tensor.size <= 12, 1),
  ),
  unary(
    "cumsum",
    (x) => x.cumsum(-1),
    (x) => when(rankOf(x) > 0, lastOf(x)),
  ),
  unary(
    "outer",
    (x) => x.reshape([-1, 1]).mul(x.reshape([1, -1])),
    ({ tensor, most }) => when(tensor.size > 1 && tensor.size <= 4, 2 * most),
  ),
  unary(
    "gram",
    (x) => matmul(x, x.transpose()),
    (x) => when(rankOf(x) === 2, 2 * lastOf(x) * x.most),
  ),
];
