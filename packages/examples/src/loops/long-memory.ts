/**
 * An LSTM that remembers over 1,000 steps: the adding problem.
 *
 * 1,000단계를 기억하는 LSTM: 덧셈 문제.
 * 1,000 ステップにわたって記憶する LSTM: 加算問題。
 *
 * Of a sequence of random numbers two are marked, one in each half, and their sum is wanted at the end: what was read must be kept for
 * hundreds of steps, and gradients must come back as far. S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997), experiment 4,
 * with steps from 0 to 1. The gates begin by remembering for 1 to 1,000 steps: forget biases of log u, input biases of -log u, with u drawn
 * evenly from 1 to the length (C. Tallec and Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018). The steps of the network
 * are one loop, forward and back, so that the program is the same for any length.
 */
import { join } from "node:path";
import { compile, concat, noGrad, oneHot, Random, stack, type Tensor, zeros } from "@chainrule/core";
import { Adam, Affine, Layer, LSTM, meanSquaredError, trainStep } from "@chainrule/nn";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { length, steps, seed, out } = readOptions({ length: 1000, steps: 300, seed: 1, out: "out" });

const [batch, hidden, dtype] = [32, 32, "float32"] as const;
const random = new Random(seed);

class Adder extends Layer {
  readonly lstm = new LSTM(2, hidden, { random, dtype });
  readonly head = new Affine(hidden, 1, { random, dtype });

  constructor() {
    super();
    const memory: Tensor = random.uniform([hidden], { low: 1, high: length, dtype }).log();
    // Gates i, f, g, o.
    this.lstm.cells[0]?.b?.assign(concat([memory.neg(), memory, zeros([2 * hidden], { dtype })]) as Tensor<[number]>);
  }

  override forward(x: Tensor): Tensor {
    const { state } = this.lstm.run(x);
    return this.head.forward(state.h.reshape([-1, hidden])).reshape([-1]);
  }
}

/** Sequences of numbers and marks, [batch, n, 2], and their sums. */
function sequences(source: Random, n = length): [Tensor, Tensor] {
  const numbers: Tensor = source.uniform([batch, n], { dtype });
  const half = Math.floor(n / 2);
  const hot = (low: number, high: number): Tensor => oneHot(source.integers([batch], { low, high }), n, { dtype });
  const marks = hot(0, half).add(hot(half, n));
  return [stack([numbers, marks], 2), numbers.mul(marks).sum(1)];
}

const adder = new Adder();
const lossOf = (x: Tensor, sum: Tensor): Tensor => meanSquaredError(adder.forward(x), sum);

section("The loss and its gradients as a program");
const programs = [50, 200, 800].map((n) => {
  const program = compile((x: Tensor, sum: Tensor) => lossOf(x, sum).backward()).program(...sequences(random, n));
  const { trace, compile: made, instantiate } = program.times;
  const kernels = program.print("kernels").split("\n").length;
  const time = (trace + made + instantiate).toFixed(0);
  const size = (program.module.length / 1000).toFixed(1);
  console.log(
    `  ${String(n).padStart(4)} steps: ${kernels} lines of kernels, a module of ${size} kB, made in ${time} ms`,
  );
  return kernels;
});
check("lines of kernels for 50, 200 and 800 steps", programs.join(", "), "the same", new Set(programs).size === 1);

section(`Learning, ${steps} steps of ${batch} sequences of ${length} numbers`);
const step = trainStep(lossOf, new Adam(adder, { lr: 0.03 }), { clipNorm: 1 });
const losses: Point[] = [];
let mean = 0;
for (let i = 0; i < steps; i++) {
  const loss = step(...sequences(random.fork(i)));
  mean += (loss - mean) / Math.min(i + 1, 20);
  losses.push([i + 1, mean]);
  if ((i + 1) % Math.ceil(steps / 6) === 0)
    console.log(`  after ${i + 1} steps: a mean squared error of ${mean.toFixed(4)}`);
}

section("What it has learned");
const [x, sums] = sequences(random.fork(steps));
const found = noGrad(() => adder.forward(x));
const right = found.sub(sums).abs().less(0.1).cast("float64").mean().item();
check("mean squared error (1/6 by always saying 1)", mean.toFixed(4), "at most 0.02", mean <= 0.02);
check("share of new sums within 0.1", right.toFixed(2), "at least 0.7", right >= 0.7);
note(
  "At first the network says 1, the mean, whatever it reads. Then it finds out what the marks are for, and the gradient that told it so came",
  `back through up to ${length} steps.`,
);

saveChart(join(out, "long-memory.svg"), {
  title: `Two of ${length} numbers are added`,
  x: { name: "step", min: 0 },
  y: { name: "mean squared error", min: 0, max: 0.5 },
  series: [
    { name: "mean of 20 steps", points: losses },
    { name: "always 1", points: [[0, 1 / 6], [steps, 1 / 6]], dashed: true }, // biome-ignore format: two points
  ],
});
