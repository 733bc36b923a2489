import { tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";

// ReLU: a switch, closed where x <= 0.
const x = variable([1, -0.5, -2, 3]);
const relu = x.relu();
relu.backward({ seed: tensor([1, 1, 1, 1]) });
show(relu);

// Sigmoid, written out in its nodes: 1 / (1 + exp(-u)).
const u = variable(0.5);
const sigmoid = tensor(1).div(u.neg().exp().add(1));
sigmoid.backward();
show(sigmoid);

// Affine: Y = X W + B, for a batch of two.
const X = variable([
  [1, 2],
  [3, 4],
]);
const W = variable([
  [1, 0, -1],
  [2, 1, 0],
]);
const B = variable([1, 2, 3]);
const Y = X.matmul(W).add(B);
Y.sum().backward();
show(Y);

// Softmax with loss: what comes back is y - t.
const scores = variable([[0.3, 2.9, 4]]);
const loss = softmaxWithLoss(scores, tensor([2], { dtype: "int32" }));
loss.backward();
show(loss);
show(scores.grad);
