import { readFileSync } from "node:fs";
import { ChainruleError, Random, type Tensor, tensor, variable } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  BatchNorm,
  Conv2d,
  constant,
  DivergenceError,
  Dropout,
  Flatten,
  Layer,
  type RecorderOptions,
  ReLU,
  ReportRecorder,
  type ReportTarget,
  Sequential,
  SGD,
  softmaxWithLoss,
  type TensorFile,
  Trainer,
  type TrainerOptions,
} from "../src/index.js";
import { histogramOf } from "../src/report/histogram.js";
import { Looks } from "../src/report/looks.js";
import { version } from "../src/version.js";

type Data = { readonly x: Tensor; readonly labels: Tensor };

/** x -> relu(x W1) W2 with weights that can be followed by hand; unit 1 is 0 for all rows of `rows`. */
class ByHand extends Layer {
  readonly first = new Affine(2, 2, { initializer: constant(0) });
  readonly second = new Affine(2, 2, { initializer: constant(0) });

  constructor() {
    super();
    this.first.W.assign([
      [1, -1],
      [0, -1],
    ]);
    this.second.W.assign([
      [1, 0],
      [0, 1],
    ]);
  }

  override forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x).relu());
  }
}

const rows: Data = {
  x: tensor([
    [Math.log(3), 0],
    [Math.log(9), 1],
    [Math.log(1.5), 2],
  ]),
  labels: tensor([0, 1, 1], { dtype: "int32" }),
};

function byHand(options: RecorderOptions<Data> = {}) {
  const network = new ByHand();
  const report = new ReportRecorder<Data>({
    probe: rows,
    classification: { evaluation: "all", labels: ({ labels }) => labels },
    ...options,
  });
  const settings: TrainerOptions<Data, Tensor> = {
    network,
    optimizer: new SGD(network, { lr: 1e-300 }),
    data: rows,
    predict: ({ x }) => network.forward(x),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    evaluations: { all: rows },
    evaluateFirst: true,
    evaluationBatchSize: 2,
    batchSize: 3,
    epochs: 2,
    random: new Random(1),
    callbacks: [report.callback],
  };
  return { network, report, settings, trainer: new Trainer(settings) };
}

test("a histogram counts by hand: ends, bins, moments, zeros, what is not finite", () => {
  const { low, high, counts, ...rest } = histogramOf([0, 48, 1.5, 47.5, Number.NaN, Number.POSITIVE_INFINITY]);
  assert.equal([low, high], [0, 48]);
  assert.equal([counts[0], counts[1], counts[47]], [1, 1, 2]);
  assert.is(
    counts.reduce((a, b) => a + b),
    4,
  );
  assert.equal(rest, { mean: 24.25, std: 23.5066, zeros: 0.1667, bad: 2 });
  assert.equal(histogramOf([2, 2]), { low: 2, high: 2, counts: [2], mean: 2, std: 0, zeros: 0, bad: 0 });
  assert.equal(histogramOf([Number.NaN]), {
    low: null,
    high: null,
    counts: [],
    mean: null,
    std: null,
    zeros: 0,
    bad: 1,
  });
  assert.is(histogramOf([]).low, null);
  const many = histogramOf(Float32Array.from({ length: 1_000_000 }, (_, i) => i % 2));
  assert.equal([many.low, many.high, many.mean, many.std], [0, 1, 0.5, 0.5]);
});

test("activations, dead units, confusion and wrong rows are those computed by hand", async () => {
  const { report, trainer } = byHand({
    classification: {
      evaluation: "all",
      labels: ({ labels }) => labels,
      names: ["a", "b"],
      show: ({ x }, row) => `row ${String(x.slice([row]).toArray())}`,
    },
  });
  await trainer.run();
  const data = report.data();
  assert.is(data.state, "done");
  assert.equal(data.looks, [0, 1, 2]);
  const of = (kind: string, name: string) =>
    data.distributions.find((each) => each.kind === kind && each.name === name);
  assert.equal(
    data.distributions.map(({ kind, name }) => `${kind} ${name}`),
    [
      ...["first.W", "first.b", "second.W", "second.b"].map((name) => `weight ${name}`),
      ...["first.W", "first.b", "second.W", "second.b"].map((name) => `gradient ${name}`),
      "activation first: Affine",
      "activation relu(first)",
      "activation second: Affine",
    ],
  );
  const relu = of("activation", "relu(first)");
  assert.equal(relu?.shape, [3, 2]);
  // ln 3, ln 9 and ln 1.5 in the first column, nothing in the second.
  const [at0] = relu?.histograms ?? [];
  assert.equal([at0?.low, at0?.high, at0?.zeros], [0, 2.19722, 0.5]);
  assert.is(at0?.mean, Number((Math.log(40.5) / 6).toPrecision(6)));
  assert.equal(data.units, [{ name: "relu(first)", count: 2, dead: [1, 1, 1], active: [1, 0] }]);
  // Scores [ln 3, 0], [ln 9, 0], [ln 1.5, 0]: probabilities 3/4, 9/10, 3/5 of class 0.
  const { confusion, wrong, mistakes, classes } = data.predictions ?? {};
  assert.equal(classes, ["a", "b"]);
  assert.equal(confusion, [
    [1, 0, 2, 0],
    [1, 0, 2, 0],
    [1, 0, 2, 0],
  ]);
  assert.is(wrong, 2);
  assert.equal(mistakes, [
    { row: 1, label: 1, predicted: 0, probabilities: [0.9, 0.1], shown: `row ${Math.log(9)},1` },
    { row: 2, label: 1, predicted: 0, probabilities: [0.6, 0.4], shown: `row ${Math.log(1.5)},2` },
  ]);
  // dloss/db2 = mean of p - t: [(3/4 - 1 + 9/10 + 3/5) / 3, -that].
  const gradient = of("gradient", "second.b")?.histograms[0];
  assert.equal([gradient?.low, gradient?.high], [-0.416667, 0.416667]);
  assert.equal(
    data.layers.map(({ name, kind, output, parameters }) => [name, kind, output, parameters]),
    [
      ["", "ByHand", [3, 2], 0],
      ["first", "Affine", [3, 2], 6],
      ["second", "Affine", [3, 2], 6],
    ],
  );
  assert.equal(JSON.parse(JSON.stringify(data)), data);
});

test("gradients and layers are as they were, the field forward of a layer included", async () => {
  class Own extends Layer {
    readonly w = variable([2, 3]);
    override forward = (x: Tensor) => x.mul(this.w);
  }
  const network = new Own();
  const { forward } = network;
  network.w.grad = tensor([5, 7]);
  let seen: unknown;
  const probe = { x: tensor([[1, 2]]) };
  const report = new ReportRecorder({ probe });
  const trainer = new Trainer({
    network,
    optimizer: new SGD(network, { lr: 0.1 }),
    data: probe,
    predict: ({ x }) => network.forward(x),
    loss: (y) => y.sum(),
    evaluateFirst: true,
    batchSize: 1,
    epochs: 1,
    random: new Random(0),
    callbacks: [
      report.callback,
      {
        onEvaluation: ({ iteration }) => {
          if (iteration === 0) seen = network.w.grad?.toArray();
        },
      },
    ],
  });
  await trainer.run();
  assert.equal(seen, [5, 7]);
  assert.is(network.forward, forward);
  const gradient = report.data().distributions.find(({ kind }) => kind === "gradient")?.histograms[0];
  assert.equal([gradient?.low, gradient?.high], [1, 2]);
});

for (const compiled of [true, false]) {
  test(`training has the same bits with and without, ${compiled ? "compiled" : "eager"}`, async () => {
    const random = new Random(3);
    const data = { x: random.normal([30, 1, 6, 6]), labels: random.integers([30], { high: 3 }) };
    const run = async (isRecorded: boolean) => {
      const random = new Random(7);
      const network = new Sequential([
        new Conv2d(1, 4, 3, { random }),
        new BatchNorm(4),
        new ReLU(),
        new Flatten(),
        new Dropout({ ratio: 0.3 }),
        new Affine(64, 3, { random }),
      ]);
      const report = new ReportRecorder({
        probe: data,
        classification: { evaluation: "train", labels: ({ labels }: typeof data) => labels },
      });
      const trainer = new Trainer({
        network,
        optimizer: new SGD(network, { lr: 0.1 }),
        data,
        predict: ({ x }, options) => network.forward(x, options),
        loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
        evaluations: { train: data },
        evaluateEvery: 2,
        batchSize: 10,
        epochs: 4,
        random,
        callbacks: isRecorded ? [report.callback] : [],
        step: { compiled },
      });
      const { losses, evaluations } = await trainer.run();
      const state = Object.entries(network.state()).map(([name, { data }]) => [name, ...data]);
      return { report, numbers: { losses, evaluations, state } };
    };
    const [without, recorded] = [await run(false), await run(true)];
    assert.equal(recorded.numbers, without.numbers);
    // Channels behind a convolution, not the pixels of its last axis.
    assert.equal(
      recorded.report.data().units.map(({ name, count }) => [name, count]),
      [["2: ReLU", 4]],
    );
  });
}

test("looks are thinned out evenly, and the last one is there", () => {
  const looks = new Looks(8);
  const at = () => looks.kept.map(({ iteration }) => iteration);
  const add = (iteration: number) => looks.add({ iteration, weights: new Map(), probed: null, confusion: null });
  for (let i = 0; i <= 20; i++) add(i);
  assert.equal(at(), [0, 4, 8, 12, 16, 20]);
  add(21);
  assert.equal(at(), [0, 4, 8, 12, 16, 20, 21]);
  add(21);
  assert.equal(at(), [0, 4, 8, 12, 16, 20, 21]);
  for (let i = 22; i <= 24; i++) add(i);
  assert.equal(at(), [0, 4, 8, 12, 16, 20, 24]);
});

test("targets hear of each event, and how a run ended is told", async () => {
  const events: string[] = [];
  const target: ReportTarget = { update: (report, event) => void events.push(`${event} ${report.data().state}`) };
  const { trainer, report } = byHand({
    targets: [target],
    seed: 12n,
    command: "npm start",
    settings: { hidden: 2, dtype: "float64" },
  });
  assert.is(report.data().state, "waiting");
  await trainer.run();
  const one = ["step running", "evaluation running"];
  assert.equal(events, ["start running", "evaluation running", ...one, ...one, "end done"]);
  const { seed, command, settings, versions } = report.data();
  assert.equal([seed, command, settings["hidden"], settings["optimizer"]], ["12", "npm start", 2, "SGD"]);
  assert.is(versions["Node"], process.versions.node);

  const failing = byHand();
  failing.network.second.b.assign([Number.NaN, 0]);
  let thrown: unknown;
  await failing.trainer.run().catch((error: unknown) => {
    thrown = error;
  });
  assert.instance(thrown, DivergenceError);
  const { state, reason } = failing.report.data();
  assert.equal([state, reason], ["failed", (thrown as DivergenceError).message]);
  assert.match(reason ?? "", "the loss is NaN");
  // With what was wrong mended it goes on, and is no failure any more.
  failing.network.second.b.assign([0, 0]);
  await failing.trainer.run();
  assert.equal([failing.report.data().state, failing.report.data().reason], ["done", null]);
});

test("a run that is resumed says where; a recorder that is given another run does not mix the two", async () => {
  const whole = byHand();
  const snapshots: TensorFile[] = [];
  await whole.trainer.run();
  assert.equal([whole.report.data().resumedAt, whole.report.data().looks], [0, [0, 1, 2]]);

  const first = byHand({ classification: undefined });
  const keep = { onEvaluation: (trainer: Trainer) => void snapshots.push(trainer.snapshot()) };
  const half = new Trainer({ ...first.settings, callbacks: [keep, first.report.callback] });
  await half.run();
  const second = byHand({ classification: undefined });
  second.trainer.restore(snapshots[1] as TensorFile);
  await second.trainer.run();
  const { resumedAt, looks, evaluations, losses, iteration, wallSeconds } = second.report.data();
  assert.equal([resumedAt, looks, iteration, losses.values.length], [1, [2], 2, 2]);
  assert.equal(evaluations.map((each) => each.iteration), [0, 1, 2]); // biome-ignore format: one line
  assert.ok(wallSeconds > 0);

  // The same recorder, first with a run that goes on from an earlier place, then with one from the beginning.
  const again = new Trainer({ ...first.settings, callbacks: [first.report.callback] });
  again.restore(snapshots[1] as TensorFile);
  await again.run();
  assert.equal([first.report.data().resumedAt, first.report.data().looks], [0, [0, 1, 2]]);
  const anew = new Trainer({ ...first.settings, evaluateFirst: false, callbacks: [first.report.callback] });
  await anew.run();
  assert.equal([first.report.data().resumedAt, first.report.data().looks], [0, [1, 2]]);
});

test("the loss curve of a long run is of means", async () => {
  const { curveOf } = await import("../src/report/curve.js");
  assert.equal(curveOf([1, 2, 4]), { every: 1, values: [1, 2, 4] });
  const { every, values } = curveOf(Array.from({ length: 40_001 }, (_, i) => i));
  assert.equal([every, values.length, values[0], values.at(-1)], [4, 10_001, 1.5, 40_000]);
  assert.equal(curveOf([Number.NaN]).values, [null]);
});

test("what is no option, and what cannot be shown, is refused", async () => {
  const make = (options: unknown) => () => new ReportRecorder(options as RecorderOptions);
  const labels = () => [0];
  for (const [options, message] of [
    [{ tilte: "x" }, /ReportRecorder: .*tilte.*title/],
    [{ title: 3 }, /title is a text, got 3/],
    [{ graph: "x" }, /graph is an SVG, such as toSvg\(loss\), got "x"/],
    [{ looks: 1 }, /looks.*whole number of at least 2/],
    [{ settings: [1] }, /settings is a record/],
    [{ targets: {} }, /targets are a list/],
    [{ targets: ["report.html"] }, /a target has update, as new ReportFile\("report.html"\).* got "report.html"/],
    [{ classification: { evaluation: 1, labels } }, /evaluation is the name of one/],
    [{ classification: { evaluation: "all" } }, /labels is a function of a batch, got undefined/],
    [{ classification: { evaluation: "all", labels, names: [1] } }, /names are a list of texts/],
  ] as const) {
    assert.throws(
      make(options),
      (error: unknown) => error instanceof ChainruleError && message.test(error.message),
      String(message),
    );
  }
  const refused = async (classification: object, message: RegExp) => {
    const { trainer } = byHand({
      classification: { evaluation: "all", labels: ({ labels }) => labels, ...classification },
    });
    let thrown: unknown;
    await trainer.run().catch((error: unknown) => {
      thrown = error;
    });
    assert.instance(thrown, ChainruleError);
    assert.match((thrown as Error).message, message);
  };
  await refused({ evaluation: "al" }, /no evaluation is called "al"; there are all$/);
  await refused({ names: ["a"] }, /1 names for 2 classes/);
  await refused({ show: () => 3 }, /show gives a text or a tensor, got 3/);
  await refused({ show: ({ x }: Data) => x.reshape([1, -1, 1, 1]) }, /tensor of shape \[1, 4, 1, 1\]; an image is/);
  await refused({ scores: () => rows.x.sum(1) }, /scores of shape \[3\]; \[N, classes\] is needed/);
});

test("images are bytes, channels behind each other pixel by pixel", async () => {
  const { report, trainer } = byHand({
    classification: {
      evaluation: "all",
      labels: ({ labels }) => labels,
      show: () => tensor([[[0, 2]], [[0.5, 1]], [[-1, 0.2]]]),
      mistakes: 1,
    },
  });
  await trainer.run();
  const [{ shown } = { shown: null }, ...more] = report.data().predictions?.mistakes ?? [];
  assert.equal(more, []);
  assert.equal(shown, { width: 2, height: 1, channels: 3, bytes: btoa("\x00\x80\x00\xff\xff\x33") });
});

test("the version is that of the package", () => {
  const { version: published } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.is(version, published);
});

test.run();
