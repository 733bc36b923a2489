/**
 * Half precision: DeepConvNet with its numbers rounded to float16 is as good as with float32.
 *
 * 반정밀도: 수를 float16으로 반올림한 DeepConvNet도 float32만큼 잘 맞힙니다.
 * 半精度: 数値を float16 に丸めた DeepConvNet の認識精度は float32 と変わらない。
 *
 * A float32 has 24 binary digits, a float16 has 11 and nothing above 65504: half of the memory, and half of the time for what is
 * bounded by it. A weight w changes by 2^-11 |w| at most. A network that tells noisy images apart has few decisions that hang on the
 * fourth decimal.
 *
 * Rounded are the weights; then the inputs, too; then what each layer gives, as if the network ran in float16 with its sums in
 * float32. Last, the weights get fewer and fewer digits. With c = w (2^(24 - d) + 1), computed in float32, c - (c - w) is w with d
 * digits (Dekker, 1971).
 *
 * Takes the weights that ch08/deep-conv-net has left in the folder; where there are none, it trains for some steps itself.
 */
import { join } from "node:path";
import { Random, roundToFloat16, type Tensor } from "@chainrule/core";
import { accuracy, type Layer, loadParameters } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { saveChart } from "../support/chart.js";
import { deepConvNet, planes } from "../support/conv-nets.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";
import { loadOrTrain, scoresOf } from "../support/trained.js";

const { images, steps, batch, seed, out } = readOptions({
  images: 10_000,
  steps: 1200,
  batch: 100,
  seed: 1,
  out: "out",
});

const digits = readDigits(null, "float32");
const network = deepConvNet({ random: new Random(seed) });
loadOrTrain(network, join(out, "deep-conv-net.safetensors"), planes(digits.train), { steps, batch, seed });
const test = planes(digits.test, Math.min(images, 10_000));
const trained = network.state();

/** The trained weights, each changed by a function. */
function useWeights(change: (weights: Tensor) => Tensor): void {
  loadParameters(network, Object.fromEntries(Object.entries(trained).map(([name, w]) => [name, change(w)])));
}

const plain = (images: Tensor) => network.forward(images);
/** Inputs, and what each layer gives, rounded. */
const layers: readonly Layer[] = Object.values(network.layers);
const rounded = (images: Tensor) =>
  layers.reduce((x, layer) => layer.forward(x).roundToFloat16(), images.roundToFloat16());

section("What rounding does to the weights");
// Below 2^-14 the digits of float16 end at 2^-24.
const changeOf = (w: Tensor) =>
  w
    .roundToFloat16()
    .sub(w)
    .abs()
    .div(w.abs().maximum(2 ** -14))
    .max()
    .item();
const change = Math.max(...Object.values(trained).map(changeOf));
check("largest change of a weight w, in |w|", change.toExponential(2), "at most 2^-11, 4.88e-4", change <= 2 ** -11);
const size = Object.values(trained).reduce((sum, { size }) => sum + size, 0);
console.log(`  ${size} weights and biases: ${4 * size} bytes in float32, ${2 * size} in float16`);

section(`Accuracy on ${test.labels.size} test images`);
const scores = scoresOf(plain, test);
const exact = accuracy(scores, test.labels);
console.log(`  float32                                            ${exact.toFixed(4)}`);
useWeights(roundToFloat16);
const classes = scores.argMax({ axis: 1 });
for (const [name, predict] of [
  ["weights in float16", plain],
  ["weights and inputs in float16", (images: Tensor) => network.forward(images.roundToFloat16())],
  ["weights, inputs and each layer's output in float16", rounded],
] as const) {
  const half = scoresOf(predict, test);
  const share = accuracy(half, test.labels);
  const changed = half.argMax({ axis: 1 }).notEqual(classes).count().item();
  check(
    name,
    `${share.toFixed(4)}, ${changed} changed`,
    `${exact.toFixed(4)} by at most 0.001`,
    Math.abs(share - exact) <= 0.001,
  );
}

section("Weights with fewer digits");
const withDigits = (digits: number) => (w: Tensor) => {
  // Of the weights of a layer only the signs: all of them become as large as they are in the mean.
  if (digits === 0) return w.sign().mul(w.abs().mean());
  const c = w.mul(2 ** (24 - digits) + 1);
  return c.sub(c.sub(w));
};
const curve = [0, 1, 2, 3, 4, 6, 8, 11].map((digits) => {
  useWeights(withDigits(digits));
  const share = accuracy(scoresOf(plain, test), test.labels);
  console.log(`  ${String(digits).padStart(2)} binary digits   ${share.toFixed(4)}`);
  return [digits, share] as const;
});
const enough = curve.find(([, share]) => Math.abs(share - exact) <= 0.001)?.[0] ?? 24;
check("digits that are enough for the accuracy, to 0.001", enough, "at most 11, those of float16", enough <= 11);
saveChart(join(out, "half-float.svg"), {
  title: "Accuracy of weights with few binary digits",
  x: { name: "binary digits of a weight (0: its sign only)", min: 0, max: 12, step: 1 },
  y: { name: "accuracy on the test images", max: 1 },
  series: [
    { name: "rounded", points: curve, marks: true },
    {
      name: "float32, 24 digits",
      points: [
        [0, exact],
        [12, exact],
      ],
      dashed: true,
    },
  ],
});
note(`The book finds the same: no accuracy is lost in half precision. Far fewer digits would do; with one each weight is a power of
  two. Training is another matter: a step that is smaller than 2^-12 of a weight is lost when the sum is rounded to 11 digits, so that weights
  stay in float32 while they learn.`);
