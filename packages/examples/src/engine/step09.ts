/**
 * Step 9: a gradient check of every op; then the whole engine, in less than 200 lines.
 *
 * 9단계: 모든 연산의 기울기 확인, 그리고 200줄이 안 되는 엔진 전체.
 * ステップ 9: すべての演算の勾配確認、そして 200 行に満たないエンジンの全体。
 *
 * A backward with a mistake still trains, only worse, and no output tells. The central difference (f(x + h) - f(x - h)) / 2h knows
 * nothing of backward, so that it can judge it: the relative difference of the two should be about 1e-9 with h = 1e-5.
 */
import { readFileSync } from "node:fs";
import { Random } from "@chainrule/core";
import { check, note, section } from "../support/report.js";
import { Tensor, tensor } from "./lib/engine.js";

type Op = (x: Tensor, y: Tensor) => Tensor;

/** The largest difference of the gradients and central differences, over that of the gradients. */
function gradientError(op: Op, x: Tensor, y: Tensor, h = 1e-5): number {
  // Weights for the elements of the output, so that no mistake is lost in a sum.
  const weight = new Random(7).uniform([op(x, y).data.length], { low: 0.5, high: 1.5 }).data;
  const f = () => {
    const output = op(x, y);
    return output.mul(tensor(weight, output.shape)).sumTo([]);
  };
  f().backward();
  const gradients = [x.grad, y.grad];
  let [difference, largest] = [0, 0];
  [x, y].forEach(({ data }, which) => {
    data.forEach((value, i) => {
      data[i] = value + h;
      const above = f().item();
      data[i] = value - h;
      const below = f().item();
      data[i] = value;
      const gradient = gradients[which]?.[i] as number;
      difference = Math.max(difference, Math.abs((above - below) / (2 * h) - gradient));
      largest = Math.max(largest, Math.abs(gradient));
    });
  });
  return difference / largest;
}

const ops: Readonly<Record<string, Op>> = {
  add: (x, y) => x.add(y),
  sub: (x, y) => x.sub(y),
  mul: (x, y) => x.mul(y),
  div: (x, y) => x.div(y),
  exp: (x) => x.exp(),
  log: (x) => x.log(),
  tanh: (x) => x.tanh(),
  relu: (x, y) => x.sub(y).relu(),
  sumTo: (x) => x.sumTo([2, 1]),
  matmul: (x, y) => x.matmul(y),
};

section("Each op, on random arrays");
for (const [name, op] of Object.entries(ops)) {
  const random = new Random(3);
  const positive = (shape: readonly number[]) => {
    const size = shape.reduce((size, n) => size * n, 1);
    return tensor(random.uniform([size], { low: 0.5, high: 2 }).data, shape);
  };
  // The second one is broadcast, but in a product of matrices.
  const error = gradientError(op, positive([2, 3]), positive(name === "matmul" ? [3, 4] : [3]));
  check(name, error.toExponential(1), "at most 1e-8", error <= 1e-8);
}

section("A mistake is found: tanh with the slope 1 - y in the place of 1 - y^2");
const wrong: Op = (x) => {
  const data = x.data.map(Math.tanh);
  return new Tensor(data, x.shape, [x], (dout) => [dout.map((d, i) => d * (1 - (data[i] as number)))]);
};
const error = gradientError(wrong, tensor([0.3, -0.8, 1.2], [3]), tensor([1], []));
check("relative difference", error.toFixed(2), "above 0.1", error > 0.1);

section("The engine: lib/engine.ts");
const source = readFileSync(new URL("../../../src/engine/lib/engine.ts", import.meta.url), "utf8");
console.log(source.replaceAll(/^(?=.)/gm, "  "));
const lines = source.trimEnd().split("\n").length;
check("its lines", lines, "at most 200", lines <= 200);
note("What it leaves out, step 10 finds in core.");
