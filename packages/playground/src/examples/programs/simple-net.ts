import { tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";

const W = variable([
  [0.47355232, 0.9977393, 0.84668094],
  [0.85557411, 0.03563661, 0.69422093],
]);
const x = tensor([0.6, 0.9]);
const t = tensor([0, 0, 1]);

const scores = x.matmul(W);
scores.argMax().item(); // 2, the right answer
const loss = softmaxWithLoss(scores, t);
loss.backward();

loss;
W.grad; // the first row 0.219, 0.144, -0.363
