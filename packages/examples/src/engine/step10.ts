/**
 * Step 10: the same program with core's own names: the same numbers, and derivatives of derivatives.
 *
 * 10단계: core의 이름으로 쓴 같은 프로그램: 수치는 같고, 미분의 미분도 구합니다.
 * ステップ 10: core の名前で書いた同じプログラム: 同じ数値、そして微分の微分。
 *
 * What the steps built is there under the same names: a tensor has `shape`, `data` and `grad`, and is made by a node with its inputs
 * and a `localBackward`. One thing differs. The steps' `localBackward` computes with arrays, so that a gradient is the end of the
 * road; core's is written in ops: a gradient is a tensor with a graph of its own, and can be differentiated again.
 */
import { compile, grad, type Tensor, tensor, variable } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";
import { scalar } from "./lib/engine.js";
import { classes, hidden, initialWeights, perClass, spiral, train } from "./lib/spiral.js";

const steps = 200;
const n = classes * perClass;
const { points, labels } = spiral();
const x = tensor(points).reshape([n, 2]);
const t = tensor(labels).reshape([n, classes]);

/** The program of lib/spiral.ts. */
function program() {
  const initial = initialWeights();
  const W1 = variable(initial.W1);
  const b1 = variable(new Float64Array(hidden));
  const W2 = variable(initial.W2);
  const b2 = variable(new Float64Array(classes));
  const parameters: readonly Tensor[] = [W1, b1, W2, b2];
  return () => {
    const scores = x.matmul(W1).add(b1).tanh().matmul(W2).add(b2);
    const logSumExp = scores.exp().sum({ axis: 1, keepDims: true }).log();
    const loss = logSumExp.sub(scores).mul(t).sum().div(n);
    for (const parameter of parameters) parameter.zeroGrad();
    loss.backward();
    for (const parameter of parameters) parameter.assign(parameter.sub(parameter.grad as Tensor));
    return loss;
  };
}

section(`The spiral of step 8, ${steps} steps with lr 1`);
const ours = train(steps, 1).losses;
const step = program();
const losses = Array.from({ length: steps }, () => step().item());
for (const i of [0, 9, 99, steps - 1]) compare(`loss in step ${i + 1}`, losses[i], ours[i] as number, 1e-12);

section("The same as one compiled program");
const compiled = compile(program());
const compiledLosses = Array.from({ length: steps }, () => compiled().item());
compare(`compiled: loss in step ${steps}`, compiledLosses.at(-1), ours.at(-1) as number, 1e-10);
const milliseconds = (work: () => unknown) => {
  const start = performance.now();
  work();
  return (performance.now() - start) / steps;
};
console.log(`  ms for a step: the steps' engine ${milliseconds(() => train(steps, 1)).toFixed(2)},`);
console.log(`    core ${milliseconds(() => Array.from({ length: steps }, () => step().item())).toFixed(2)},`);
console.log(`    compiled ${milliseconds(() => Array.from({ length: steps }, () => compiled().item())).toFixed(2)}`);

section("Derivatives of derivatives: x^3 at 2, then 3 x^2, 6 x, 6");
const cube = (x: Tensor) => x.mul(x).mul(x);
compare("x^3", cube(tensor(2)).item(), 8);
compare("first derivative", grad(cube)(2).item(), 12);
compare("second", grad(grad(cube))(2).item(), 12);
compare("third", grad(grad(grad(cube)))(2).item(), 6);
const own = scalar(2);
own.mul(own).mul(own).backward();
compare("the steps' engine: first derivative", own.grad[0], 12);
const kind = own.grad.constructor.name;
check("and what that is", kind, "Float64Array, no graph", kind === "Float64Array");
note(
  "Also in core: shapes that are checked when compiling, errors that say what to do, stable forms of softmax and log, graphs",
  "of a million values, ops of one's own, pictures, and a gradient check that tells a mistake from a kink.",
);
