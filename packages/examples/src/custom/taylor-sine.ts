/**
 * The Taylor series of the sine, its coefficients found by repeated `grad`, and the sine by that series.
 *
 * 사인의 테일러 급수: 계수를 `grad`를 되풀이해 구하고, 그 급수로 사인을 계산합니다.
 * サインのテイラー級数: 係数を `grad` の繰り返しで求め、その級数でサインを計算する。
 *
 * The derivative of order n of a function at 0, divided by n!, is the coefficient of x^n. `grad` of `grad` of ... gives them
 * one after the other; the same program then finds the series of exp(x) and of tan(x), whose coefficients are known as well.
 */
import { join } from "node:path";
import { grad, type Tensor, tensor } from "@chainrule/core";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

type Scalar = (x: Tensor) => Tensor;

/** The coefficients of x^0, x^1, ... up to x^order. */
function taylor(f: Scalar, order: number): number[] {
  const coefficients: number[] = [];
  let derivative = f;
  let factorial = 1;
  for (let n = 0; n <= order; n++) {
    if (n > 0) factorial *= n;
    coefficients.push(derivative(tensor(0)).item() / factorial);
    const before = derivative;
    derivative = (x) => grad(before)(x);
  }
  return coefficients;
}

const order = 9;
section(`Coefficients of sin x up to x^${order}`);
const sine = taylor((x) => x.sin(), order);
[0, 1, 0, -1 / 6, 0, 1 / 120, 0, -1 / 5040, 0, 1 / 362880].forEach((source, n) => {
  compare(`x^${n}`, sine[n], source, 1e-18);
});

section("sin x by the series");
const evaluate = (coefficients: readonly number[], x: number) => coefficients.reduceRight((sum, c) => sum * x + c, 0);
for (const x of [0.1, 0.5, 1, Math.PI / 2]) {
  // What is left out is at most the next term, x^11 / 11!.
  const bound = x ** 11 / 39916800 + 1e-16;
  const error = Math.abs(evaluate(sine, x) - Math.sin(x));
  check(`error at ${x.toFixed(4)}`, error.toExponential(2), `at most ${bound.toExponential(2)}`, error <= bound);
}

section("Coefficients of exp x, 1 / n!, and of tan x");
taylor((x) => x.exp(), 6).forEach((coefficient, n) => {
  compare(`exp: x^${n}`, coefficient, 1 / ([1, 1, 2, 6, 24, 120, 720][n] as number), 1e-15);
});
taylor((x) => x.sin().div(x.cos()), 7).forEach((coefficient, n) => {
  compare(`tan: x^${n}`, coefficient, [0, 1, 0, 1 / 3, 0, 2 / 15, 0, 17 / 315][n] as number, 1e-13);
});
note(
  "Nine derivatives deep the coefficients are exact to rounding. Differences of differences with h = 1e-4 would have lost all digits",
  "at the fourth, where rounding, 1e-16, is divided by h^4.",
);

section("Picture");
const xs = Array.from({ length: 141 }, (_, i) => -7 + i / 10);
saveChart(join(out, "taylor-sine.svg"), {
  title: "The sine, and its series up to x, x³, x⁵, x⁷ and x⁹",
  description: "A sine wave, and five polynomials that follow it from 0 outward, each farther than the one before.",
  x: { name: "x", min: -7, max: 7, step: 1 },
  y: { name: "y", min: -2, max: 2, step: 1 },
  series: [
    ...[1, 3, 5, 7, 9].map((last) => ({
      name: `up to ${["x", "x³", "x⁵", "x⁷", "x⁹"][(last - 1) / 2]}`,
      points: xs.map((x): Point => [x, evaluate(sine.slice(0, last + 1), x)]),
      dashed: true,
    })),
    { name: "sin x", points: xs.map((x): Point => [x, Math.sin(x)]) },
  ],
});
