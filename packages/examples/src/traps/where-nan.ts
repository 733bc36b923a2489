/**
 * The NaN behind `where`: 0 times an infinite derivative, found by the anomaly mode, explained and repaired.
 *
 * `where` 뒤의 NaN: 0 곱하기 무한대가 된 미분을 이상 탐지 모드로 찾아 원인을 알아보고, 고칩니다.
 * `where` の裏の NaN: 0 × 無限大になる微分を異常検出モードが見つけ、説明し、直す。
 *
 * f(x) = x log(x) with f(0) = 0, the term of an entropy. Written as where(x > 0, x log(x), 0) its value is right and its
 * gradient is NaN at 0: the branch that is not taken is computed as well, and hands its gradient of 0 on to a logarithm
 * whose derivative there is infinite.
 */
import { AnomalyError, detectAnomaly, type Tensor, variable, where } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";

const probabilities = [0.5, 0, 0.25, 0.25];

function plainTerms(p: Tensor): Tensor {
  return where(p.greater(0), p.mul(p.log()), 0);
}

/** A second `where` keeps 0 away from the logarithm; where p > 0 nothing changes. */
function safeTerms(p: Tensor): Tensor {
  const safe = where(p.greater(0), p, 1);
  return where(p.greater(0), safe.mul(safe.log()), 0);
}

const entropy = (terms: (p: Tensor) => Tensor, p: Tensor): Tensor => terms(p).sum().neg();

/** What the anomaly mode stops with. */
function anomalyOf(work: () => unknown, infinities: boolean): AnomalyError | null {
  try {
    detectAnomaly(work, { infinities });
    return null;
  } catch (error) {
    if (!(error instanceof AnomalyError)) throw error;
    console.log(`  ${error.message.replaceAll("\n", "\n  ")}`);
    return error;
  }
}

section("1. where(p > 0, p log p, 0), forward and backward");
{
  const p = variable(probabilities, { name: "p" });
  const value = entropy(plainTerms, p);
  value.backward();
  compare("entropy of [1/2, 0, 1/4, 1/4]", value.item(), 1.5 * Math.log(2));
  const gradient = p.grad?.toArray() ?? [];
  check(
    "its gradient",
    `[${gradient.map((each) => each.toFixed(3)).join(", ")}]`,
    "NaN at 0",
    Number.isNaN(gradient[1]),
  );
}

section("2. The anomaly mode: the first infinity or NaN");
{
  const p = variable(probabilities, { name: "p" });
  const first = anomalyOf(() => entropy(plainTerms, p), true);
  check(
    "the first infinity",
    `${first?.op}, element ${first?.index}`,
    "Log, element 1",
    first?.op === "Log" && first.index[0] === 1,
  );
  check("its value", String(first?.value), "-Infinity", first?.value === Number.NEGATIVE_INFINITY);
}
{
  // log(0) may be meant. The product 0 log(0) is NaN already in the forward pass; with the logarithm alone it is the gradient.
  const p = variable(probabilities, { name: "p" });
  const nan = anomalyOf(() => where(p.greater(0), p.log(), 0).sum().backward(), false);
  check(
    "with log(0) let pass, in the gradient",
    `${nan?.op} ${nan?.pass}`,
    "Log backward",
    nan?.op === "Log" && nan.pass === "backward",
  );
  const names = nan?.message.includes("where(condition, p, 1) in the place of p") ?? false;
  check("the repair that it names", names ? "where(condition, p, 1)" : "none", "where(condition, p, 1)", names);
  const inThisFile = nan?.place?.includes("where-nan") ?? false;
  check("the place that it names", inThisFile ? "this file" : String(nan?.place), "this file", inThisFile);
}

section("3. Repaired: a safe input in the branch not taken");
{
  const p = variable(probabilities, { name: "p" });
  const value = detectAnomaly(() => {
    const result = entropy(safeTerms, p);
    result.backward();
    return result;
  });
  compare("entropy", value.item(), 1.5 * Math.log(2));
  // -(log p + 1) where p > 0, and 0 for the constant branch.
  const gradient = p.grad?.toArray() ?? [];
  [Math.log(2) - 1, 0, Math.log(4) - 1, Math.log(4) - 1].forEach((expected, i) => {
    compare(`d entropy / d p[${i}]`, gradient[i], expected);
  });
}
note("The rule: keep bad values away from the function, and not its results away from the answer.");
