/**
 * A gradient check of batch normalisation on a batch of one: it passes, and says nothing.
 *
 * 데이터가 하나뿐인 배치에서 배치 정규화의 기울기 확인: 통과하지만, 아무것도 말해 주지 않습니다.
 * データ一つだけのバッチでのバッチ正規化の勾配確認: 通るが、何も確かめていない。
 *
 * y = (x - mean) / sqrt(variance + eps), both over the batch. Of one row the mean is the row: y is 0 whatever x is, every gradient is
 * 0, and each ReLU behind it sits on its kink at 0. A backward that is wrong by a factor gives 0, too.
 */
import { customGradient, grad, gradcheck, Random, type Tensor } from "@chainrule/core";
import { batchNorm } from "@chainrule/nn";
import { check, compare, note, section } from "../support/report.js";

const random = new Random(1);
const W = random.normal([4, 3]).named("W");
const rows = (n: number) => random.normal([n, 4]).named("x");

const right = (x: Tensor): Tensor => batchNorm(x).output;
/** A backward that is twice what it should be. */
const wrong = customGradient(right, [(dout, x) => grad((x: Tensor) => right(x).mul(dout).sum())(x).mul(2)]);

/** Weights for the outputs: their plain sum is 0 for any x. */
const lossOf = (norm: (x: Tensor) => Tensor) => (x: Tensor, W: Tensor) =>
  norm(x.matmul(W)).add(0.1).relu().square().sum();

section("One row");
const one = rows(1);
check(
  "the largest output, whatever x is",
  right(one.matmul(W)).abs().max().item(),
  0,
  right(one.matmul(W)).abs().max().item() === 0,
);
const passed = gradcheck(lossOf(right), [one, W]);
console.log(passed.toString());
const blind = gradcheck(lossOf(wrong), [one, W]);
check("one row: the right backward", passed.kind, "right", passed.ok);
check("one row: a backward that is wrong by a factor of 2", blind.kind, "right, as 2 x 0 = 0", blind.ok);
note("The report shows it: the worst error is 0 and the tolerance 0, so only zeros were compared.");

section("Two rows: every output is nearly +-1");
const pair = right(rows(2).matmul(W)).abs();
check("two rows: the least |y|", pair.min().item().toFixed(4), "above 0.99", pair.min().item() > 0.99);
note("With two rows the gradients are nearly 0 as well. Three are the least that say something.");

section("Five rows");
const five = rows(5);
const honest = gradcheck(lossOf(right), [five, W]);
const found = gradcheck(lossOf(wrong), [five, W]);
check("five rows: the right backward", honest.kind, "right", honest.ok);
check("five rows: the wrong one", found.kind, "wrong gradient", found.kind === "wrong gradient");
const worst = found.inputs[0]?.worst;
compare("its gradient / the numerical one", worst ? worst.analytic / worst.numerical : undefined, 2, 1e-4);
