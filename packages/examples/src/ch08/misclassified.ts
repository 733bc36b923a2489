/**
 * The test digits that DeepConvNet gets wrong, with label and prediction.
 *
 * DeepConvNet이 틀린 시험 숫자들을 정답 레이블, 예측과 함께 봅니다.
 * DeepConvNet が間違えたテスト画像を、正解ラベルと予測とともに。
 *
 * Takes the weights that ch08/deep-conv-net has left in the folder; where there are none, it trains for some steps itself. The
 * picture begins with the mistakes that the network is surest of: softmax makes probabilities of its scores.
 */
import { join } from "node:path";
import { Random } from "@chainrule/core";
import { confusionMatrix } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { deepConvNet, planes } from "../support/conv-nets.js";
import { saveImages } from "../support/images.js";
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
const isLoaded = loadOrTrain(network, join(out, "deep-conv-net.safetensors"), planes(digits.train), {
  steps,
  batch,
  seed,
});
const test = planes(digits.test, Math.min(images, 10_000));
const labels = test.labels.toArray();
const scores = scoresOf((images) => network.forward(images), test);

section("What is wrong");
const predictions = scores.argMax({ axis: 1 }).toArray() as number[];
const probabilities = scores.softmax().max({ axis: 1 }).toArray() as number[];
const wrong = labels
  .map((label, row) => ({ row, label, prediction: predictions[row] as number, sure: probabilities[row] as number }))
  .filter(({ label, prediction }) => label !== prediction)
  .sort((a, b) => b.sure - a.sure);
const most = labels.length * (steps < 1200 ? 0.95 : isLoaded ? 0.01 : 0.03);
check(`wrong of ${labels.length}`, wrong.length, `at most ${most}`, wrong.length <= most);
const confusion = confusionMatrix(scores, test.labels).toArray() as number[][];
const kinds = confusion
  .flatMap((row, label) => row.map((count, prediction) => ({ label, prediction, count })))
  .filter(({ label, prediction }) => label !== prediction)
  .sort((a, b) => b.count - a.count);
for (const { label, prediction, count } of kinds.slice(0, 5)) {
  console.log(`  ${String(count).padStart(4)} times a ${label} is taken for a ${prediction}`);
}
const doubtful = wrong.filter(({ sure }) => sure < 0.9).length / wrong.length;
const doubtfulOfAll = probabilities.filter((sure) => sure < 0.9).length / probabilities.length;
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
console.log(
  `  it was less than 90% sure of ${percent(doubtful)} of its mistakes, and of ${percent(doubtfulOfAll)} of all digits`,
);

section("Picture");
const shown = wrong.slice(0, 100);
saveImages(join(out, "misclassified.svg"), {
  title: `${shown.length === wrong.length ? "" : `${shown.length} of `}${wrong.length} mistakes on ${labels.length} digits: label → prediction`,
  description: `Test digits that the network gets wrong, the surest mistakes first: ${shown.map(({ label, prediction }) => `a ${label} taken for a ${prediction}`).join(", ")}.`,
  images: shown.map(({ row, label, prediction, sure }) => ({
    pixels: test.images.take([row]).reshape([28, 28]).toArray() as number[][],
    label: `${label} → ${prediction}, ${(100 * sure).toFixed(0)}%`,
  })),
  columns: 10,
  scale: 3,
});
note(`Many of these are hard for people, too: strokes that are missing or run together, a 4 that is closed as a 9 is, a 7 with the
  bend of a 2; and some labels may be wrong. Of most mistakes the network itself is in doubt, of all digits more than it need be:
  the book's form of dropout halves its scores in evaluation.`);
