/**
 * A numerical gradient of an array of integers: x + h is cut off, and what comes out is no derivative.
 *
 * 정수 배열의 수치 미분: x + h의 소수점 아래가 잘려 나가므로, 나온 값은 미분이 아닙니다.
 * 整数の配列の数値微分: x + h が切り捨てられ、出てくるものは微分ではない。
 *
 * numerical_gradient(f, np.array([3, 4])) writes x[i] + h back into an array of integers, which keeps 3; x[i] - h becomes 2. The
 * "central difference" of x0^2 + x1^2 is then (9 - 4) / 2e-4 = 25,000 in the place of 6. With 3.0, 4.0 all is well, so that the
 * mistake is a missing point.
 */
import { DTypeError, numericalGradient, type Tensor, tensor, variable } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";

type Values = Int32Array | Float64Array;
const sumOfSquares = ([x0 = 0, x1 = 0]: Values): number => x0 ** 2 + x1 ** 2;

/** The textbook's function over the arrays of JavaScript, which cut off what they cannot hold, too. */
function gradientOf(f: (x: Values) => number, x: Values, h = 1e-4): number[] {
  return Array.from(x, (value, i) => {
    x[i] = value + h;
    const above = f(x);
    x[i] = value - h;
    const below = f(x);
    x[i] = value;
    return (above - below) / (2 * h);
  });
}

section("x0^2 + x1^2 at (3, 4): 6 and 8");
gradientOf(sumOfSquares, Float64Array.of(3, 4)).forEach((slope, i) => {
  compare(`floats: d/dx${i}`, slope, [6, 8][i] as number, 1e-9);
});
gradientOf(sumOfSquares, Int32Array.of(3, 4)).forEach((slope, i) => {
  const source = [25_000, 35_000][i] as number;
  check(`integers: d/dx${i}`, slope, `${source}, which is nothing`, Math.abs(slope - source) < 1e-6);
});

section("What the engine says");
const bowl = (x: Tensor): Tensor => x.square().sum();
const integers = tensor([3, 4], { dtype: "int32" });
for (const [name, work] of Object.entries({
  numericalGradient: () => numericalGradient(bowl, integers),
  variable: () => variable(integers),
})) {
  let refusal = "none";
  try {
    work();
  } catch (error) {
    if (!(error instanceof DTypeError)) throw error;
    refusal = error.name;
    note(error.message);
  }
  check(`${name} of int32`, refusal, "DTypeError", refusal === "DTypeError");
}

section("Whole numbers that are written down are float64, as every number of JavaScript is");
const point = tensor([3, 4]);
numericalGradient(bowl, point).data.forEach((slope, i) => {
  compare(`d/dx${i}`, slope, [6, 8][i] as number, 1e-9);
});
check("and the point is as it was", String(point.toArray()), "3,4", String(point.toArray()) === "3,4");
