import type { Tensor } from "../../src/graph/tensor.js";
import {
  add,
  argMax,
  broadcastTo,
  clamp,
  concat,
  cumsum,
  exp,
  matmul,
  mul,
  norm,
  oneHot,
  reshape,
  slice,
  softmax,
  stack,
  sum,
  take,
  tensor,
  transpose,
  variable,
  where,
  zeros,
} from "./declared.js";

declare const unknown: Tensor;
const x = zeros([100, 784]);
const y = zeros([100, 10]);
const cube = zeros([2, 3, 4]);

// Broadcasting
y.add(zeros([11])); // error: 10 and 11 do not broadcast
y.add(zeros([101, 10])); // error: 100 and 101 do not broadcast
add(y, zeros([11])); // error: 10 and 11 do not broadcast
mul(zeros([2, 1, 3]), zeros([4, 2])); // error: 3 and 2 do not broadcast
zeros([3]).sub(zeros([0])); // error: 3 and 0 do not broadcast
y.less(zeros([9])); // error: 10 and 9 do not broadcast
where(y.less(0), zeros([11]), 0); // error: 10 and 11 do not broadcast
where(y.less(0), 0, zeros([12])); // error: 10 and 12 do not broadcast
y.less(0).where(0, zeros([13])); // error: 10 and 13 do not broadcast
clamp(y, zeros([2])); // error: 10 and 2 do not broadcast
y.clamp(0, zeros([3])); // error: 10 and 3 do not broadcast
exp("1"); // error: Argument of type 'string' is not assignable to parameter of type 'Operand'
y.add([1, 2]); // error: not assignable

// Matrix products
x.matmul(zeros([785, 2])); // error: matmul: inner sizes 784 and 785 differ
matmul(x, x); // error: matmul: inner sizes 784 and 100 differ
x.matmul(zeros([5])); // error: matmul: inner sizes 784 and 5 differ
zeros([3]).matmul(zeros([4])); // error: matmul: inner sizes 3 and 4 differ
zeros([2, 3, 4]).matmul(zeros([5, 4, 6])); // error: 2 and 5 do not broadcast
x.matmul(zeros([])); // error: matmul: [100, 784] x []: a scalar has no inner size; use mul

// Axes
cube.sum(3); // error: axis 3 is out of range for [2, 3, 4]
cube.sum([0, -4]); // error: axis -4 is out of range for [2, 3, 4]
sum(y, 2); // error: axis 2 is out of range for [100, 10]
sum(y, { axis: [0, 5] }); // error: axis 5 is out of range for [100, 10]
y.max({ axis: 7, keepDims: true }); // error: axis 7 is out of range for [100, 10]
y.max({ axis: 1, keepdims: true }); // error: 'keepdims' does not exist
argMax(y, 2); // error: axis 2 is out of range for [100, 10]
y.argMax(-3); // error: axis -3 is out of range for [100, 10]
cumsum(y, 2); // error: axis 2 is out of range for [100, 10]
y.cumprod(-3); // error: axis -3 is out of range for [100, 10]
norm(y, 2); // error: axis 2 is out of range for [100, 10]
y.norm({ axis: 2, ord: 1 }); // error: axis 2 is out of range for [100, 10]
y.norm({ axis: 1, order: 1 }); // error: 'order' does not exist
y.elu(zeros([3])); // error: 10 and 3 do not broadcast
y.gelu({ approximate: "erf" }); // error: Type '"erf"' is not assignable to type '"none" | "tanh" | undefined'
softmax(y, 2); // error: axis 2 is out of range for [100, 10]
y.softmax(2); // error: axis 2 is out of range for [100, 10]

// The same elements in other shapes
cube.transpose([0, 1]); // error: transpose: [0, 1] is not an order of the 3 axes of [2, 3, 4]
cube.transpose([0, 1, 1]); // error: transpose: [0, 1, 1] is not an order of the 3 axes of [2, 3, 4]
transpose(cube, [0, 1, 3]); // error: transpose: [0, 1, 3] is not an order of the 3 axes of [2, 3, 4]
cube.reshape([5, 5]); // error: reshape: [2, 3, 4] has 24 elements, [5, 5] has 25
reshape(x, [28, 28]); // error: reshape: [100, 784] has 78400 elements, [28, 28] has 784
cube.broadcastTo([2, 3, 5]); // error: broadcastTo: [2, 3, 4] does not broadcast to [2, 3, 5]: sizes 4 and 5 differ
broadcastTo(cube, [3, 4]); // error: broadcastTo: [2, 3, 4] has more axes than [3, 4]
cube.expandDims(4); // error: axis 4 is out of range for [2, 3, 4]
cube.squeeze(1); // error: squeeze: axis 1 of [2, 3, 4] has size 3, not 1
cube.squeeze(3); // error: axis 3 is out of range for [2, 3, 4]

// Parts and joins
cube.slice([0, 0, 0, 0]); // error: slice: 4 ranges for the 3 axes of [2, 3, 4]
slice(y, [null, [0]]); // error: not assignable
take(y, [0], 2); // error: axis 2 is out of range for [100, 10]
y.take([0], -3); // error: axis -3 is out of range for [100, 10]
oneHot([5], "10"); // error: 'string' is not assignable to parameter of type 'number'
concat([y, zeros([100, 11])]); // error: concat: [100, 10] and [100, 11] differ in axis 1
concat([y, cube]); // error: concat: [100, 10] and [2, 3, 4] have 2 and 3 axes
concat([y, y], 2); // error: axis 2 is out of range for [100, 10]
concat([]); // error: takes one tensor at least, got 0
stack([y, zeros([100, 11])]); // error: stack: [100, 10] and [100, 11] differ in axis 1
stack([y, 1]); // error: stack: [100, 10] and [] have 2 and 0 axes
stack([y, y], 3); // error: axis 3 is out of range for [100, 10] with one more axis

// Values
tensor([[1, 2], [3]]); // error: ragged: rows of [2] and of [1]
variable([[[1], [2]], [[1]]]); // error: ragged: rows of [2, 1] and of [1, 1]
tensor([1, [2]]); // error: ragged: rows of [] and of [1]
tensor(["1"]); // error: Type 'string' is not assignable to type

// Assignments
const wrongRank: Tensor<[3]> = y; // error: Source has 2 element(s) but target allows only 1
const wrongSize: Tensor<[100, 11]> = y; // error: Type '10' is not assignable to type '11'
const wrongKnowledge: Tensor<[100, 10]> = unknown; // error: cannot be assigned to the mutable type

export { wrongKnowledge, wrongRank, wrongSize };
