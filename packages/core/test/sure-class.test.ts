import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, fromArray, grad, logSoftmax, logSumExp, softmax, type Tensor } from "../src/index.js";
import { toNumber } from "./support/big-float.js";
import { type Derivatives, derivatives, type Jet, type Jets, variableJet } from "./support/jets.js";

/*
 * softmax and its kin where one class is all but sure, so that what is right is a small difference, and where the scores are
 * large: against hundreds of digits, along each axis of the scores, eager and compiled.
 */

const weights = [1, -2, 3, 0.5];
const rows = [
  [18, 0, -1, 2],
  [0, 40, -3, 1],
  [-1, -2, 90, 0],
  [1, 0.5, 2, -1],
  [3, 0, 0, 3],
  [0, -30, -31, -29],
  // So large that float32, or even float64, has few digits for the sum.
  [1000, 1000.5, 999, 1001],
  [1e5, 1e5, 99999, 1e5],
  [1e8, 1e8, 1e8, 1e8],
  [-1e15, -1e15, -1e15, -1e15],
];

const vector = (values: readonly number[], dtype: "float64" | "float32") =>
  fromArray((dtype === "float32" ? Float32Array : Float64Array).from(values), [values.length]);

const sum = (k: Jets, terms: readonly Jet[]) => terms.reduce((a, b) => k.add(a, b));
const total = (k: Jets, xs: readonly Jet[]) =>
  sum(
    k,
    xs.map((x) => k.exp(x)),
  );
const weighed = (k: Jets, terms: readonly Jet[]) =>
  sum(
    k,
    terms.map((x, i) => k.mul(k.number(weights[i] as number), x)),
  );

const cases: readonly (readonly [string, (x: Tensor) => Tensor, (k: Jets, xs: readonly Jet[]) => Jet])[] = [
  [
    "softmax",
    (x) => softmax(x).slice([0]),
    (k, [x, ...others]) => k.div(k.exp(x as Jet), total(k, [x as Jet, ...others])),
  ],
  [
    "weighed softmax",
    (x) =>
      softmax(x)
        .mul(vector(weights, x.dtype as "float64"))
        .sum(),
    (k, xs) =>
      k.div(
        weighed(
          k,
          xs.map((x) => k.exp(x)),
        ),
        total(k, xs),
      ),
  ],
  ["logSoftmax", (x) => logSoftmax(x).slice([1]), (k, xs) => k.sub(xs[1] as Jet, k.log(total(k, xs)))],
  ["the other logSoftmax", (x) => logSoftmax(x).slice([0]), (k, xs) => k.sub(xs[0] as Jet, k.log(total(k, xs)))],
  ["logSumExp", (x) => logSumExp(x), (k, xs) => k.log(total(k, xs))],
];

type Function1 = (x: Tensor) => Tensor;
const axes = [0, 1, 2, 3];

for (const [name, f, formula] of cases) {
  test(`${name}: value, first and second derivatives at a sure class`, () => {
    const first = grad(f) as Function1;
    const eager = [f, first, ...axes.map((axis) => grad((x: Tensor) => first(x).slice([axis])) as Function1)];
    const ways = { eager, compiled: eager.map((g) => compile(g) as Function1) };
    for (const dtype of ["float64", "float32"] as const) {
      const [relative, least] = dtype === "float32" ? [1e-5, 2 ** -149] : [1e-13, 2 ** -1074];
      for (const [row, x] of rows.map((row) => [row, vector(row, dtype)] as const)) {
        // Where no class is sure what cancels are terms of the size of 1.
        const [most, next] = row.toSorted((a, b) => b - a) as [number, number];
        const floor = most - next < 3 ? 1 : 0;
        for (const [way, functions] of Object.entries(ways)) {
          const [values, gradient, ...hessian] = functions.map((g) => g(x).data);
          for (const axis of axes) {
            // The reference takes no exponential of what is so large; the scores may all be shifted.
            const shift = Math.abs(most) > 900 ? most : 0;
            const exact = exactly(
              formula,
              row.map((score) => score - shift),
              axis,
            );
            if (name === "logSumExp") exact[0] = (exact[0] as number) + shift;
            const found = [values?.[0], gradient?.[axis], hessian[axis]?.[axis]];
            exact.forEach((wanted, order) => {
              // Where x itself has no more digits, its value has none either.
              const size = Math.max(Math.abs(wanted), floor * (order === 0 ? Math.max(1, Math.abs(most)) : 1));
              const error = Math.abs((found[order] as number) - wanted);
              const where = `derivative ${order} by ${axis} of ${row}, ${dtype}, ${way}`;
              assert.ok(error <= relative * size + least, `${name}, ${where}: ${found[order]} is not ${wanted}`);
            });
          }
        }
      }
    }
  });
}

function exactly(formula: (k: Jets, xs: readonly Jet[]) => Jet, row: readonly number[], axis: number): number[] {
  const jets = row.map((value, i) => variableJet(value, i === axis ? 1 : 0));
  return (derivatives((k) => formula(k, jets)) as Derivatives).map((value) => toNumber(value));
}

test.run();
