import { ones, Random, zeros } from "@chainrule/core";
import { Affine, BatchNorm, Sequential, SGD, softmaxWithLoss, Trainer } from "../../src/index.js";

const random = new Random(1);
const network = new Sequential([new BatchNorm(2), new Affine(12, 2, { random })]);
const rows = <const N extends number>(n: N) => ({ x: ones([n, 2, 6]), t: zeros([n], { dtype: "int32" }) });

async function* source() {
  yield rows(10 as number);
}

const common = { network, optimizer: new SGD(network), random, epochs: 1 };

/** What is evaluated has another number of rows, and may be a source where training has rows, or rows where it has a source. */
const ofRows = new Trainer({
  ...common,
  data: rows(100),
  predict: ({ x }, options) => network.forward(x, options),
  loss: (scores, { t }) => softmaxWithLoss(scores, t),
  evaluations: { test: rows(30), source },
});
expectPromise(ofRows.evaluate(rows(7)));
const ofSource = new Trainer({
  ...common,
  data: source,
  predict: ({ x }, options) => network.forward(x, options),
  loss: (scores, { t }) => softmaxWithLoss(scores, t),
  evaluations: { test: rows(30), source },
});
expectPromise(ofSource.evaluate(source));

declare function expectPromise(promise: Promise<Readonly<Record<string, number>> | null>): void;
