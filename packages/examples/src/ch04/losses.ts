/**
 * Two losses: the sum of squared errors and the cross-entropy error, for a right and for a wrong answer.
 *
 * 손실 함수 두 가지: 오차제곱합과 교차 엔트로피 오차를 정답과 오답에 대해 계산합니다.
 * 損失関数を二つ: 2 乗和誤差と交差エントロピー誤差を、正解と不正解について計算する。
 *
 * E = 1/2 sum of (y_k - t_k)^2 and E = -sum of t_k log y_k, for probabilities y and a one-hot label t. The book adds 1e-7 inside of
 * the logarithm, so that log 0 does not come up; traps/log-epsilon shows what that does.
 */
import { oneHot, tensor } from "@chainrule/core";
import { crossEntropyError, sumOfSquaredErrors } from "@chainrule/nn";
import { compare, note, section } from "../support/report.js";

const t = oneHot(2, 10);
const right = tensor([0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]);
const wrong = tensor([0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0]);

section("Label 2, to which the network gives the greatest probability, 0.6");
compare("says 2: sum of squared errors", sumOfSquaredErrors(right, t).item(), 0.09750000000000003);
compare("says 2: cross-entropy error", crossEntropyError(right, t).item(), 0.510825457099338);

section("Label 2, but the network says 7");
compare("says 7: sum of squared errors", sumOfSquaredErrors(wrong, t).item(), 0.5975);
compare("says 7: cross-entropy error", crossEntropyError(wrong, t).item(), 2.302584092994546);
note("Both losses are smaller for the right answer. The cross-entropy looks at the probability of the label alone.");

section("A batch: the mean of the two");
const batch = tensor([right.toArray() as number[], wrong.toArray() as number[]]);
compare(
  "both: mean cross-entropy, one-hot labels",
  crossEntropyError(batch, oneHot([2, 2], 10)).item(),
  (0.510825457099338 + 2.302584092994546) / 2,
);
compare(
  "both: mean cross-entropy, indices as labels",
  crossEntropyError(batch, [2, 2]).item(),
  (0.510825457099338 + 2.302584092994546) / 2,
);
