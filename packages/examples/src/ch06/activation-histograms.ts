/**
 * How the activations of five layers are distributed, by the standard deviation of the weights: sigmoid, tanh and ReLU.
 *
 * 다섯 계층의 활성화값 분포를 가중치의 표준편차별로 봅니다: 시그모이드, tanh, ReLU.
 * 五つの層のアクティベーションの分布を、重みの標準偏差ごとに: シグモイド、tanh、ReLU。
 *
 * 1,000 samples of 100 normal numbers go through five layers of 100: z = x W, then the activation; the weights are normal with std 1,
 * 0.01, sqrt(1 / 100) (Xavier) or sqrt(2 / 100) (He). A layer multiplies the mean square of its input by 100 std^2, and ReLU
 * halves it: it keeps its size where 100 std^2 / 2 = 1, which is He's rule; for tanh near 0, where 100 std^2 = 1, Xavier's.
 */
import { join } from "node:path";
import { Random, relu, sigmoid, type Tensor, tanh } from "@chainrule/core";
import { histogram, savePanels } from "../support/chart.js";
import { mean } from "../support/curves.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { samples, seed, out } = readOptions({ samples: 1000, seed: 1, out: "out" });

const width = 100;
const depth = 5;

const deviations = { "std 1": 1, "std 0.01": 0.01, Xavier: Math.sqrt(1 / width), He: Math.sqrt(2 / width) };
type Initial = keyof typeof deviations;
const initials = Object.keys(deviations) as Initial[];

const activations = {
  sigmoid: { f: sigmoid, range: { min: 0, max: 1 }, step: 0.5 },
  tanh: { f: tanh, range: { min: -1, max: 1 }, step: 1 },
  ReLU: { f: relu, range: { min: 0, max: 3 }, step: 1 },
} as const;
type Name = keyof typeof activations;
const names = Object.keys(activations) as Name[];

/** The activations of each layer, all samples in one list; other numbers for each standard deviation. */
function layersOf(f: (z: Tensor) => Tensor, initial: Initial): readonly number[][] {
  const std = deviations[initial];
  const random = new Random(seed).fork(initials.indexOf(initial));
  let x: Tensor = random.normal([samples, width]);
  return Array.from({ length: depth }, () => {
    x = f(x.matmul(random.normal([width, width], { std })));
    return [...x.data] as number[];
  });
}

const found = Object.fromEntries(
  names.map((name) => [
    name,
    Object.fromEntries(initials.map((initial) => [initial, layersOf(activations[name].f, initial)])),
  ]),
) as Record<Name, Record<Initial, readonly number[][]>>;

const meanSquare = (values: readonly number[]): number => mean(values.map((value) => value * value));
const std = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};
/** The share of the values for which something holds, from 0 to 1. */
const share = (values: readonly number[], holds: (value: number) => boolean): number =>
  values.filter(holds).length / values.length;

for (const name of names) {
  section(`${name}: standard deviation of the activations, layers 1 to ${depth}`);
  for (const initial of initials) {
    const row = found[name][initial].map((layer) => std(layer).toExponential(2).padStart(11));
    console.log(`  ${initial.padEnd(10)}${row.join("")}`);
  }
}

/** The activations of the last layer. */
const last = (name: Name, initial: Initial): readonly number[] => found[name][initial].at(-1) as number[];

section("Sigmoid and tanh: gradients vanish, or all neurons say the same (layer 5)");
const ends = share(last("sigmoid", "std 1"), (y) => y < 0.05 || y > 0.95);
check("sigmoid, std 1: within 0.05 of 0 or 1", ends.toFixed(3), "at least 0.5", ends >= 0.5);
const alike = std(last("sigmoid", "std 0.01"));
check("sigmoid, std 0.01: standard deviation", alike.toFixed(4), "at most 0.05", alike <= 0.05);
const spread = std(last("sigmoid", "Xavier"));
check("sigmoid, Xavier: standard deviation", spread.toFixed(4), "at least 0.1", spread >= 0.1);
const tanhEnds = share(last("tanh", "std 1"), (y) => Math.abs(y) > 0.95);
check("tanh, std 1: within 0.05 of -1 or 1", tanhEnds.toFixed(3), "at least 0.5", tanhEnds >= 0.5);
const tanhSpread = std(last("tanh", "Xavier"));
check(
  "tanh, Xavier: standard deviation",
  tanhSpread.toFixed(4),
  "from 0.2 to 0.6",
  tanhSpread >= 0.2 && tanhSpread <= 0.6,
);

section("ReLU: mean square of layer 5, as a multiple of (100 std^2 / 2)^5");
for (const initial of initials) {
  const factor = (width * deviations[initial] ** 2) / 2;
  const rule = factor ** depth;
  const ratio = meanSquare(last("ReLU", initial)) / rule;
  check(`${initial}: found / ${rule.toExponential(1)}`, ratio.toFixed(3), "from 0.2 to 5", ratio >= 0.2 && ratio <= 5);
}
note(`As in the book: with std 1 sigmoid and tanh are at their ends, where their slopes are 0; with 0.01 all neurons give nearly the
  same, and one would do; Xavier's spread stays. For ReLU Xavier's values gather near 0 from layer to layer, and He's keep their size;
  with std 1 they grow without bound, and lie to the right of the picture.`);

section("Pictures");
for (const name of names) {
  const { range, step } = activations[name];
  savePanels(join(out, `activations-${name.toLowerCase()}.svg`), {
    title: `Activations of five layers: ${name}${name === "ReLU" ? " (bars are cut off at 10%)" : ""}`,
    description:
      `Histograms of the activations of ${name} in layers 1 to 5, one row for each of the standard deviations of the weights: ` +
      `${initials.join(", ")}.`,
    columns: depth,
    size: [130, 100],
    panels: initials.flatMap((initial) =>
      found[name][initial].map((layer, i) => ({
        title: `${initial}, layer ${i + 1}`,
        x: { name: "activation", ...range, step },
        // Zeros of ReLU are half of all, and more: cut off, so that the others show.
        y: { name: "% of values", min: 0, ...(name === "ReLU" && { max: 10, step: 5 }) },
        series: [
          {
            name: "activations",
            bars: histogram(layer, { ...range, bins: 30 }).map(
              ([from, to, count]) => [from, to, (100 * count) / layer.length] as const,
            ),
          },
        ],
      })),
    ),
  });
}
