// What recording for a report costs a run of `npm start`: pairs of runs with and without it, whose losses are the same to the bit.
// `node --conditions @chainrule/modules --import ./packages/bench/engine-hook.mjs packages/bench/report-cost.mjs [--pairs N] [--iterations N]`
import { parseArgs } from "node:util";
import { Random } from "@chainrule/core";
import { accuracy, ReportRecorder, SGD, softmaxWithLoss, Trainer } from "@chainrule/nn";
import { readDigits } from "../examples/dist/src/mnist/data.js";
import { TwoLayerNet } from "../examples/dist/src/mnist/network.js";

const { values } = parseArgs({ options: { pairs: { type: "string" }, iterations: { type: "string" } } });
const { train, test } = readDigits(null, "float32");
const rows = Array.from({ length: 100 }, (_, i) => i);

/** A run; its seconds, those that the recorder took of them, and its losses. */
async function run(isRecorded) {
  const network = new TwoLayerNet({ inputs: 784, hidden: 50, classes: 10 }, 123, "float32");
  const { callback } = new ReportRecorder({
    probe: { images: test.images.take(rows), labels: test.labels.take(rows) },
    classification: {
      evaluation: "test",
      labels: ({ labels }) => labels,
      show: ({ images }, row) => images.slice([row]).reshape([28, 28]),
    },
  });
  let own = 0;
  const timed = Object.fromEntries(
    Object.entries(callback).map(([event, f]) => [
      event,
      async (...given) => {
        const start = performance.now();
        await f(...given);
        own += (performance.now() - start) / 1000;
      },
    ]),
  );
  const trainer = new Trainer({
    network,
    optimizer: new SGD(network, { lr: 0.1 }),
    data: train,
    predict: ({ images }) => network.forward(images),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
    evaluations: { train, test },
    evaluateFirst: true,
    replace: true,
    random: new Random(123),
    iterations: Number(values.iterations ?? 10_000),
    callbacks: isRecorded ? [timed] : [],
  });
  const start = performance.now();
  const { losses } = await trainer.run();
  return { seconds: (performance.now() - start) / 1000, own, losses };
}

for (let pair = 0; pair < Number(values.pairs ?? 5); pair++) {
  // Which one is first changes: the first one warms the engine up for the other.
  const first = await run(pair % 2 === 1);
  const second = await run(pair % 2 === 0);
  const [without, recorded] = pair % 2 === 1 ? [second, first] : [first, second];
  const isSame = recorded.losses.every((loss, i) => loss === without.losses[i]);
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  console.log(
    `${without.seconds.toFixed(2)} s without, ${recorded.seconds.toFixed(2)} s recorded (${percent(recorded.seconds / without.seconds - 1)}), ` +
      `of which the recorder's own ${recorded.own.toFixed(3)} s, ${percent(recorded.own / recorded.seconds)}; losses ${isSame ? "the same" : "DIFFER"}`,
  );
}
