import type { Tensor } from "../../src/graph/tensor.js";
import {
  add,
  clamp,
  div,
  elu,
  exp,
  expectShape,
  gelu,
  less,
  mul,
  n,
  neg,
  sub,
  tensor,
  variable,
  where,
  zeros,
} from "./declared.js";

const matrix = zeros([100, 10]);
const scalar = zeros([]);
const unknownRows = zeros([n, 10]);
declare const unknown: Tensor;
declare const numberOrVector: number | Tensor<[3]>;

// One operand
expectShape<[100, 10]>()(exp(matrix));
expectShape<[100, 10]>()(matrix.exp());
expectShape<[]>()(exp(2));
expectShape<readonly number[]>()(exp(unknown));
expectShape<readonly number[]>()(unknown.exp());
expectShape<[number, 10]>()(unknownRows.relu());
expectShape<[100, 10]>()(matrix.clamp(0));
expectShape<[100, 10]>()(matrix.clamp(0, zeros([10])));
expectShape<[100, 10]>()(clamp(matrix, 0, 1));
expectShape<[]>()(clamp(5));

expectShape<[100, 10]>()(gelu(matrix, { approximate: "tanh" }));
expectShape<[number, 10]>()(unknownRows.gelu());
expectShape<[100, 10]>()(matrix.elu());
expectShape<[100, 10]>()(zeros([10]).elu(matrix));
expectShape<[100, 10]>()(elu(matrix, zeros([10])));
expectShape<[]>()(elu(2));
expectShape<[100, 10]>()(matrix.isNaN().logicalNot());
expectShape<[100, 10]>()(matrix.less(0).logicalAnd(zeros([10], { dtype: "bool" })));

// Numbers
expectShape<[100, 10]>()(matrix.add(1));
expectShape<[100, 10]>()(add(matrix, 1));
expectShape<[100, 10]>()(sub(1, matrix));
expectShape<[]>()(add(1, 2));
expectShape<readonly number[]>()(unknown.add(1));
expectShape<readonly number[]>()(sub(1, unknown));
expectShape<[3] | []>()(exp(numberOrVector));
expectShape<[100, 3]>()(zeros([100, 3]).add(numberOrVector));

// Broadcasting
expectShape<[100, 10]>()(matrix.add(matrix));
expectShape<[100, 10]>()(matrix.add(zeros([10])));
expectShape<[100, 10]>()(zeros([10]).add(matrix));
expectShape<[100, 10]>()(matrix.mul(zeros([100, 1])));
expectShape<[100, 10]>()(mul(zeros([100, 1]), matrix));
expectShape<[3, 4]>()(zeros([3, 1]).add(zeros([1, 4])));
expectShape<[3]>()(scalar.add(zeros([3])));
expectShape<[3]>()(zeros([3]).add(scalar));
expectShape<[]>()(scalar.add(scalar));
expectShape<[5, 3, 4]>()(add(zeros([3, 1]), zeros([5, 1, 4])));
expectShape<[0, 3]>()(zeros([0, 3]).add(zeros([1, 3])));

// Unknown sizes
expectShape<[number, 10]>()(unknownRows.add(zeros([10])));
expectShape<[number, 10]>()(unknownRows.add(unknownRows));
expectShape<[100, 10]>()(matrix.add(unknownRows));
expectShape<[number, 10]>()(zeros([1, 10]).add(unknownRows));
expectShape<[5, 10]>()(zeros([5, n]).add(zeros([10])));
expectShape<readonly number[]>()(matrix.add(unknown));
expectShape<readonly number[]>()(unknown.add(matrix));
expectShape<readonly number[]>()(add(unknown, unknown));

// Comparisons and choices
expectShape<[100, 10]>()(matrix.less(zeros([10])));
expectShape<[100, 10]>()(less(0, matrix));
expectShape<[100, 10]>()(where(matrix.greater(0), matrix, 0));
expectShape<[100, 10]>()(where(zeros([100, 1]).less(0), 1, zeros([10])));
expectShape<[100, 10]>()(matrix.greater(0).where(0, zeros([10])));
expectShape<[]>()(scalar.less(0).where(1, 2));

// Shapes that are type parameters
type Shape = readonly number[];
function sigmoid<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return div(1, add(exp(neg(x)), 1));
}
function swish<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return x.mul(sigmoid(x)).add(x).add(zeros([])).sub(1);
}
function clipped<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return x.greater(0).where(x.clamp(-1, 1), 0).softmax();
}
expectShape<[2]>()(clipped(tensor([1, 2])));
expectShape<[2]>()(swish(tensor([1, 2])));
expectShape<[2]>()(variable([1, 2]).named("x"));

// As values
expectShape<[2]>()([zeros([2])].map(exp)[0] ?? zeros([2]));
const binary: (x: Tensor<[2]>, y: Tensor<[2]>) => Tensor<[2]> = add;
const general: (x: Tensor, y: Tensor) => Tensor = add;

export { binary, general };
