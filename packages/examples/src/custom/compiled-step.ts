/**
 * A training step as one WebAssembly program: its stages printed, its numbers beside those of eager mode, and its speed.
 *
 * WebAssembly 프로그램 하나가 된 학습의 한 단계: 컴파일 과정을 출력하고, 수치를 즉시 실행과 견주고, 속도를 잽니다.
 * 一つの WebAssembly プログラムになった学習の 1 ステップ: 各段階を表示し、即時実行の数値と並べ、速さを測る。
 *
 * The network is the textbook's 784-50-10, scores = sigmoid(x W1 + b1) W2 + b2, with random images. Both ways begin with the same weights and take the same batches;
 * in float64 they agree to rounding over 100 steps.
 */
import { compile, compileSupport, Random, type Tensor, tensor, variable } from "@chainrule/core";
import { check, note, section } from "../support/report.js";

const random = new Random(1);
const images = random.uniform([1000, 784]);
const labels = random.integers([1000], { high: 10 });

/** Parameters and a step of their own, both made anew. */
function training() {
  const weights = new Random(2);
  const [W1, W2] = [
    variable(weights.normal([784, 50], { std: 0.01 })),
    variable(weights.normal([50, 10], { std: 0.01 })),
  ];
  const [b1, b2] = [variable(new Float64Array(50)), variable(new Float64Array(10))];
  const parameters: readonly Tensor[] = [W1, b1, W2, b2];
  const rate = tensor(0.1);
  const step = (rows: Tensor): Tensor => {
    const hidden = images.take(rows).matmul(W1).add(b1).sigmoid();
    const scores = hidden.matmul(W2).add(b2).logSoftmax();
    const loss = scores.mul(labels.take(rows).oneHot(10)).sum().div(-rows.size);
    for (const parameter of parameters) parameter.zeroGrad();
    loss.backward();
    for (const parameter of parameters) parameter.assign(parameter.sub((parameter.grad as Tensor).mul(rate)));
    return loss;
  };
  return { parameters, step };
}

const { missing } = compileSupport();
if (missing !== null) {
  console.log(missing);
} else {
  const [eager, compiled] = [training(), training()];
  const step = compile(compiled.step);
  const batches = Array.from({ length: 100 }, (_, i) => random.fork(i).choice(1000, 100));
  const program = step.program(batches[0] as Tensor);

  section("Stages");
  for (const stage of ["simplified", "kernels", "module"] as const) console.log(`${stage}\n${program.print(stage)}\n`);
  const { bytes, bytesWithoutReuse } = program.memory;
  check("bytes of memory", bytes, `less than ${bytesWithoutReuse}, without reuse`, bytes < bytesWithoutReuse);

  section("100 steps");
  let furthest = 0;
  for (const rows of batches) {
    const [expected, actual] = [eager.step(rows).item(), step(rows).item()];
    furthest = Math.max(furthest, Math.abs(actual - expected) / expected);
  }
  check("largest difference of the losses", furthest.toExponential(1), "at most 1e-12 of the loss", furthest <= 1e-12);
  const distance = Math.max(
    ...eager.parameters.map((parameter, i) =>
      parameter
        .sub(compiled.parameters[i] as Tensor)
        .abs()
        .max()
        .item(),
    ),
  );
  check("largest difference of a parameter", distance.toExponential(1), "at most 1e-12", distance <= 1e-12);

  section("Speed");
  const time = (f: (rows: Tensor) => Tensor) => {
    const start = performance.now();
    for (const rows of batches) f(rows);
    return (performance.now() - start) / batches.length;
  };
  note("The same numbers from the same program: compiled, the loops are joined and nothing is allocated between them.");
  console.log(`  eager ${time(eager.step).toFixed(2)} ms a step, compiled ${time(step).toFixed(2)} ms`);
}
