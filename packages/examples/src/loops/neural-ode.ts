/**
 * A neural ordinary differential equation, fitted to a spiral: a network says how fast a point moves, from where it is.
 *
 * 나선에 맞춘 신경 상미분방정식: 점이 그 자리에서 어떤 속도로 움직이는지를 신경망이 알려 줍니다.
 * 渦巻きに合わせたニューラル常微分方程式: 点がいる場所での速度をネットワークが与える。
 *
 * The spiral solves y' = A y^3 (element by element) from (2, 0). R. T. Q. Chen et al., "Neural ordinary differential equations", NeurIPS
 * 2018, and the first example of their torchdiffeq. A network of two layers takes the place of the right side, and is integrated by the
 * classical Runge-Kutta method, each step of it one of a `scan`. It learns from short pieces of the curve, 10 points each, by Adam; and then,
 * by L-BFGS, from the whole spiral as it draws it from the first point, with gradients through 1,000 steps. Both are one loop, and compile
 * in the same time.
 */
import { join } from "node:path";
import { compile, Random, scan, stack, type Tensor, tensor } from "@chainrule/core";
import { Adam, Affine, cosineDecay, Layer, LBFGS, l1Loss, meanSquaredError, trainStep } from "@chainrule/nn";
import { saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { steps, rounds, seed, out } = readOptions({ steps: 1000, rounds: 15, seed: 1, out: "out" });

const [dt, points, piece, batch] = [0.025, 1000, 10, 20] as const;
const random = new Random(seed);

type Field = (y: Tensor) => Tensor;

/** Where points [N, 2] are after each of `count` steps, [count, N, 2], by the classical Runge-Kutta method. */
function path(field: Field, begin: Tensor, count: number): Tensor {
  const step = (y: Tensor) => {
    const k1 = field(y);
    const k2 = field(y.add(k1.mul(dt / 2)));
    const k3 = field(y.add(k2.mul(dt / 2)));
    const k4 = field(y.add(k3.mul(dt)));
    const next = y.add(
      k1
        .add(k2.add(k3).mul(2))
        .add(k4)
        .mul(dt / 6),
    ) as Tensor;
    return [next, next] as const;
  };
  return scan(step, begin, undefined, { length: count })[1];
}

class RightSide extends Layer {
  readonly first = new Affine(2, 50, { random });
  readonly second = new Affine(50, 2, { random });

  override forward(y: Tensor): Tensor {
    return this.second.forward(this.first.forward(y.pow(3)).tanh() as Tensor);
  }
}

const A = tensor([[-0.1, -2], [2, -0.1]]) as Tensor; // biome-ignore format: a matrix
const begin = tensor([[2, 0]]) as Tensor;
const spiral = compile(() => path((y) => y.pow(3).matmul(A.transpose()), begin, points))();

const network = new RightSide();
const field: Field = (y) => network.forward(y);

/** Points of the spiral, [batch, 2], and the `piece` points after each. */
function pieces(source: Random): [Tensor, Tensor] {
  const starts = source.integers([batch], { high: points - piece });
  const after = (k: number): Tensor => spiral.take(starts.add(k)).reshape([batch, 2]);
  return [after(0), stack(Array.from({ length: piece }, (_, k) => after(k + 1)))];
}

/** What the network draws from the first point, and how far it is from the spiral, in the mean. */
const draw = compile((begin: Tensor) => path(field, begin, points));
const distance = (): number => draw(begin).sub(spiral).square().sum(2).sqrt().mean().item();
const before = distance();

section(`${steps} steps of Adam, ${batch} pieces of ${piece} points each`);
const optimizer = new Adam(network, { lr: 0.01 });
const step = trainStep((from: Tensor, to: Tensor) => l1Loss(path(field, from, piece), to), optimizer);
const factor = cosineDecay({ steps });
for (let i = 0; i < steps; i++) {
  optimizer.lrFactor = factor(i);
  const loss = step(...pieces(random.fork(i)));
  if ((i + 1) % Math.ceil(steps / 5) === 0) report(`step ${i + 1}`, loss);
}

section(`${rounds} rounds of L-BFGS, through all ${points} steps`);
const whole = new LBFGS(network);
for (let i = 0; i < rounds; i++) {
  const loss = whole.step(() => meanSquaredError(path(field, begin, points), spiral));
  if ((i + 1) % Math.ceil(rounds / 5) === 0) report(`round ${i + 1}`, loss);
}

function report(when: string, loss: number): void {
  console.log(`  ${when}: a loss of ${loss.toExponential(2)}, ${distance().toFixed(3)} from the spiral`);
}

section("What it has learned");
const bound = steps >= 1000 && rounds >= 15 ? 0.05 : before;
check(
  `distance from the spiral, mean of ${points} points`,
  distance().toFixed(3),
  `below ${bound.toFixed(3)}`,
  distance() < bound,
);
const [few, all] = [piece, points].map(
  (count) =>
    compile((begin: Tensor) => path(field, begin, count))
      .program(begin)
      .print("kernels")
      .split("\n").length,
);
check(`lines of kernels for ${piece} and for ${points} steps`, `${few}, ${all}`, "the same", few === all);
note(
  "Pieces teach it the speed nearly everywhere, but small errors add up on a long way; only a gradient through the whole way sees those.",
);

const curve = (y: Tensor) => y.reshape([points, 2]).toArray() as [number, number][];
saveChart(join(out, "neural-ode.svg"), {
  title: "A spiral, and what a network draws from its first point",
  x: { name: "y0", min: -2, max: 2 },
  y: { name: "y1", min: -2, max: 2 },
  square: true,
  series: [
    { name: "network", points: curve(draw(begin)) },
    { name: "spiral", scatter: curve(spiral).filter((_, i) => i % 5 === 0), size: 4 },
  ],
});
