/**
 * log(y + 1e-7): a loss that is finite everywhere, and a gradient that is wrong when the answer is confidently wrong.
 *
 * log(y + 1e-7): 손실은 어디서나 유한하지만, 확신을 갖고 틀렸을 때 기울기가 틀립니다.
 * log(y + 1e-7): 損失はどこでも有限だが、自信を持って間違えたときの勾配が誤っている。
 *
 * The textbook adds 1e-7 inside of the logarithm of the cross-entropy, so that log 0 does not come up, and keeps the gradient
 * y - t of the loss without it. The loss -log(y + e) has the gradient (y - t) y_k / (y_k + e), for the label k: the two agree while
 * y_k is large, and part where it comes near e. A gradient check then fails, rightly.
 */
import { customGradient, gradcheck, oneHot, softmax, type Tensor, variable } from "@chainrule/core";
import { crossEntropyError, softmaxWithLoss } from "@chainrule/nn";
import { check, compare, note, section } from "../support/report.js";

/** The textbook's layer: the loss with 1e-7, the gradient without. */
const textbookLoss = customGradient(
  (scores: Tensor) => crossEntropyError(softmax(scores), 1),
  [(dout, scores) => softmax(scores).sub(oneHot(1, 2)).mul(dout)],
  { name: "TextbookLoss" },
);

section("Scores (s, 0), label 1: the greater s, the more confident and the more wrong");
console.log("   s   probability of the label   loss with 1e-7   loss   gradient by s: with 1e-7   y - t");
const gradients: (readonly [s: number, ours: number | undefined, formula: number])[] = [];
for (const s of [0, 5, 10, 15, 20, 30]) {
  const [plain, exact] = [variable([s, 0]), variable([s, 0])];
  const withEpsilon = crossEntropyError(plain.softmax(), 1);
  const loss = softmaxWithLoss(exact, 1);
  withEpsilon.backward();
  loss.backward();
  const y = exact.softmax().data[1] as number;
  const columns = [
    y.toExponential(2).padStart(26),
    withEpsilon.item().toFixed(4).padStart(16),
    loss.item().toFixed(4).padStart(9),
    (plain.grad?.data[0] ?? Number.NaN).toFixed(6).padStart(24),
    (exact.grad?.data[0] ?? Number.NaN).toFixed(6).padStart(12),
  ];
  console.log(`  ${String(s).padStart(2)} ${columns.join("")}`);
  gradients.push([s, plain.grad?.data[0], ((1 - y) * y) / (y + 1e-7)]);
}
note("The loss with 1e-7 never exceeds 16.12, -log 1e-7, and its gradient goes to 0 where the network is most wrong.");

section("The gradient with 1e-7, and (y - t) y / (y + 1e-7)");
for (const [s, ours, formula] of gradients) compare(`gradient at s = ${s}`, ours, formula, 1e-9);

section("A gradient check of the textbook's layer");
const near = gradcheck(textbookLoss, [variable([2, 0])]);
check("check of the textbook's layer at s = 2", near.kind, "right", near.ok);
const far = gradcheck(textbookLoss, [variable([20, 0])]);
console.log(far.toString());
check("check of the textbook's layer at s = 20", far.kind, "wrong gradient", far.kind === "wrong gradient");

section("The engine's loss: log-sum-exp of the scores, no 1e-7");
const scores = variable([1000, 0]);
const loss = softmaxWithLoss(scores, 1);
loss.backward();
compare("loss at s = 1000", loss.item(), 1000);
compare("gradient by s", scores.grad?.data[0], 1);
const checked = gradcheck((x: Tensor) => softmaxWithLoss(x, 1), [variable([20, 0])]);
check("gradient check at s = 20", checked.kind, "right", checked.ok);
