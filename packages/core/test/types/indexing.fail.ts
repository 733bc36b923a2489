import { zeros } from "./declared.js";
import {
  arange,
  diagonal,
  dot,
  einsum,
  flip,
  gather,
  indexAdd,
  outer,
  roll,
  scatterAdd,
  sort,
  split,
  topK,
  tril,
  unstack,
} from "./indexing.js";

const x = zeros([100, 784]);
const v = zeros([3]);

dot(v, zeros([4])); // error: dot: sizes 3 and 4 differ
v.dot(x); // error: dot: takes two vectors, got [3] and [100, 784]
outer(v, x); // error: outer: takes two vectors, got [3] and [100, 784]
einsum("ij,jk->ik", x, x); // error: einsum ij,jk->ik: j is both 784 and 100
einsum("ii->i", x); // error: einsum ii->i: i is both 100 and 784
einsum("ij,jk->ik", x); // error: einsum ij,jk->ik: there are fewer operands than terms
einsum("ij->i", x, x); // error: einsum ij->i: there are more operands than terms
einsum("ijk->i", x); // error: einsum ijk->i: ijk does not name the 2 axes of [100, 784]
einsum("i->i", x); // error: einsum i->i: i does not name the 2 axes of [100, 784]
einsum("ij->ik", x); // error: einsum ij->ik: no operand has the k of the result
diagonal(v); // error: diagonal: takes a matrix, or several, got [3]
v.trace(); // error: trace: takes a matrix, or several, got [3]
tril(v); // error: tril: takes a matrix, or several, got [3]
flip(x, 2); // error: axis 2 is out of range for [100, 784]
roll(x, 1, -3); // error: axis -3 is out of range for [100, 784]
split(x, 2, 2); // error: axis 2 is out of range for [100, 784]
unstack(x, 2); // error: axis 2 is out of range for [100, 784]
gather(x, [0, 1], 0); // error: gather: indices [2] have not as many axes as [100, 784]
x.gather(zeros([5, 5], { dtype: "int32" }), 2); // error: axis 2 is out of range for [100, 784]
scatterAdd(x, v.cast("int32"), 1, 0); // error: scatterAdd: indices [3] have not as many axes as [100, 784]
indexAdd(x, [0], 1, 2); // error: axis 2 is out of range for [100, 784]
sort(x, 2); // error: axis 2 is out of range for [100, 784]
topK(x, 2, 2); // error: axis 2 is out of range for [100, 784]
arange("3"); // error: not assignable
