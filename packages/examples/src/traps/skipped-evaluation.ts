/**
 * A trainer that evaluates when iteration % (size / batch) is 0: for most batch sizes that is hardly ever.
 *
 * 반복 횟수 % (데이터 수 / 배치 크기)가 0일 때 평가하는 학습: 대부분의 배치 크기에서는 거의 평가하지 않습니다.
 * 繰り返し回数 % (データ数 / バッチサイズ) が 0 のときに評価する学習: たいていのバッチサイズではほとんど評価されない。
 *
 * An epoch of 60,000 images in batches of 100 has 600 iterations, and iteration % 600 is 0 once an epoch. Batches of 128 make it
 * 468.75: the remainder is exactly 0 only when the iteration is a multiple of 1,875, every fourth epoch. No error; the curve just has
 * fewer points. Count whole iterations, or ask whether an iteration begins a new epoch.
 */
import { Random } from "@chainrule/core";
import { Affine, BatchSampler, SGD, softmaxWithLoss, Trainer } from "@chainrule/nn";
import { check, note, section } from "../support/report.js";

const size = 60_000;
const epochs = 8;

/** The iterations of some epochs at which a rule says to evaluate. */
function evaluations(batch: number, rule: (iteration: number, perEpoch: number) => boolean): number[] {
  const perEpoch = size / batch;
  const iterations = Array.from({ length: Math.ceil(epochs * perEpoch) }, (_, i) => i);
  return iterations.filter((i) => rule(i, perEpoch));
}

const remainder = (i: number, perEpoch: number) => i % perEpoch === 0;
/** Whether the share of the data that was seen passes a whole number with this iteration. */
const newEpoch = (i: number, perEpoch: number) => i === 0 || Math.floor(i / perEpoch) > Math.floor((i - 1) / perEpoch);

section(`iteration % (size / batch) === 0, ${epochs} epochs of ${size.toLocaleString("en")} images`);
for (const [batch, source] of [
  [100, 8],
  [128, 2],
  [64, 4],
  [70, 1],
  [256, 1],
] as const) {
  const found = evaluations(batch, remainder);
  check(
    `batch ${batch}: ${(size / batch).toFixed(2)} iterations an epoch`,
    `${found.length} at ${found.slice(0, 4).join(", ")}`,
    `${source} of ${epochs}`,
    found.length === source,
  );
}

note(
  "Batches of 70 should meet 0 a second time, at iteration 6,000, the end of epoch 7; but 60,000 / 70 is no number of the machine's,",
  "and what the remainder leaves of it is not exactly 0.",
);

section("Evaluating at the first iteration of each epoch");
for (const batch of [100, 128, 64, 70, 256]) {
  const found = evaluations(batch, newEpoch);
  check(
    `batch ${batch}`,
    `${found.length} at ${found.slice(0, 4).join(", ")}`,
    `${epochs} of ${epochs}`,
    found.length === epochs,
  );
}

section("What the engine does");
const { iterationsPerEpoch } = new BatchSampler(size, 128, { random: new Random(1) });
check(
  "iterations in an epoch of batches of 128",
  iterationsPerEpoch,
  "469, a whole number",
  iterationsPerEpoch === 469,
);
const random = new Random(2);
const network = new Affine(2, 2, { random });
const labels = random.integers([60], { high: 2 });
const data = { x: random.normal([60, 2]), labels };
const trainer = new Trainer({
  network,
  optimizer: new SGD(network, { lr: 0.1 }),
  data,
  predict: ({ x }) => network.forward(x),
  loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
  evaluations: { train: data },
  batchSize: 16,
  epochs: 8,
  random,
});
const history = await trainer.run();
const at = history.evaluations.map(({ iteration }) => iteration).join(", ");
check(
  "a Trainer on 60 rows, batches of 16, 8 epochs",
  at,
  "4, 8, ..., 32: each epoch",
  at === "4, 8, 12, 16, 20, 24, 28, 32",
);
note(
  "Sampler and Trainer count iterations in whole numbers: an epoch ends with the iteration that has seen as many rows as there are.",
);
