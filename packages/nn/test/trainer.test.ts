import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChainruleError,
  CompileError,
  compile,
  compileSupport,
  configureKernels,
  Random,
  type Tensor,
  tensor,
  variable,
} from "@chainrule/core";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  AveragedWeights,
  accuracy,
  batches,
  DataError,
  DivergenceError,
  Dropout,
  decodeSafetensors,
  type Evaluation,
  encodeSafetensors,
  LBFGS,
  Momentum,
  type MonitorOptions,
  ReduceOnPlateau,
  ReLU,
  Sequential,
  SGD,
  softmaxWithLoss,
  type TensorFile,
  Trainer,
  type TrainerCallback,
} from "../src/index.js";
import { CheckpointFile, showProgress } from "../src/node.js";
import { firstBadValue } from "../src/training/bad-value.js";
import { assertThrows } from "./support.js";

/** 23 points, which no batch size divides, in two classes. */
function points() {
  const random = new Random(5);
  const x = random.normal([23, 2]);
  const { data } = x;
  const labels = Int32Array.from({ length: 23 }, (_, i) =>
    (data[2 * i] as number) > (data[2 * i + 1] as number) ? 1 : 0,
  );
  return { x, labels: tensor(labels, { dtype: "int32" }) };
}

interface Wanted {
  readonly epochs?: number;
  readonly iterations?: number;
  readonly replace?: boolean;
  readonly isSource?: boolean;
  readonly compiled?: boolean;
  readonly evaluateEvery?: "epoch" | number;
  readonly monitor?: MonitorOptions;
  readonly callbacks?: readonly TrainerCallback[];
  readonly signal?: AbortSignal;
  readonly lr?: number;
  readonly schedule?: (step: number) => number;
  readonly checkpoint?: CheckpointFile;
  /** Whether sums of gradients, averages and a schedule on plateau have a state, too. */
  readonly remembers?: boolean;
}

function make({ isSource = false, compiled = true, lr = 0.1, remembers = false, ...options }: Wanted = {}) {
  const random = new Random(1);
  const network = new Sequential([
    new Affine(2, 6, { random }),
    new ReLU(),
    new Dropout({ ratio: 0.2 }),
    new Affine(6, 2, { random }),
  ]);
  const rows = points();
  async function* source(epoch: number) {
    const order = new Random(9).fork(epoch).permutation(23);
    yield* batches({ x: rows.x.take(order), labels: rows.labels.take(order) }, 5);
  }
  const data = isSource ? source : rows;
  const trainer = new Trainer({
    network,
    optimizer: new Momentum(network, { lr }),
    data: data as typeof rows,
    predict: ({ x }, mode) => network.forward(x, mode),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
    evaluations: { all: rows },
    evaluationBatchSize: 10,
    batchSize: 5,
    random: new Random(2),
    step: {
      compiled,
      ...(remembers && { accumulate: 3, average: new AveragedWeights(network, { decay: 0.5 }), clipNorm: 0.5 }),
    },
    ...(remembers && {
      plateau: { schedule: new ReduceOnPlateau({ patience: 0, threshold: 0.5, factor: 0.5 }), value: "all.loss" },
    }),
    ...(options.iterations === undefined && { epochs: 4 }),
    ...options,
  });
  return { trainer, network, rows };
}

/** A snapshot as a file has it. */
const filed = (snapshot: TensorFile) => decodeSafetensors(encodeSafetensors(snapshot.tensors, snapshot.metadata));

const values = (network: Sequential) => Object.entries(network.state()).map(([name, x]) => [name, [...x.data]]);

test("an evaluation is the mean over all rows, in the form of evaluation, whatever the batches", async () => {
  for (const compiled of [true, false]) {
    const { trainer, network, rows } = make({ compiled });
    const found = await trainer.evaluate(rows);
    const scores = network.forward(rows.x);
    assert.ok(Math.abs((found?.["loss"] as number) - softmaxWithLoss(scores, rows.labels).item()) < 1e-14);
    assert.ok(Math.abs((found?.["accuracy"] as number) - accuracy(scores, rows.labels)) < 1e-14);
  }
});

test("epochs and steps: where evaluations stand, and what the callbacks are told", async () => {
  const told: string[] = [];
  const callback: TrainerCallback = {
    onStart: () => void told.push("start"),
    onStep: ({ iteration }) => void told.push(`${iteration}`),
    onEvaluation: async (_, { iteration, epoch }) => void told.push(`evaluation ${iteration} ${epoch}`),
    onEnd: () => void told.push("end"),
  };
  const { trainer } = make({ compiled: false, epochs: 2, callbacks: [callback] });
  assert.is(trainer.iterationsPerEpoch, 5);
  assert.is(trainer.iterations, 10);
  const { losses, evaluations, ended } = await trainer.run();
  assert.is(told.join(", "), "start, 1, 2, 3, 4, 5, evaluation 5 1, 6, 7, 8, 9, 10, evaluation 10 2, end");
  assert.is(ended, "done");
  assert.is(losses.length, 10);
  const [first] = evaluations;
  const mean = losses.slice(0, 5).reduce((sum, loss) => sum + loss, 0) / 5;
  assert.is(first?.values["loss"], mean);
  assert.equal(Object.keys(first?.values ?? {}), ["loss", "all.loss", "all.accuracy"]);

  const places = async (wanted: Wanted) =>
    (await make({ ...wanted, compiled: false }).trainer.run()).evaluations.map(({ iteration }) => iteration);
  assert.equal(await places({ iterations: 7 }), [5, 7]);
  assert.equal(await places({ iterations: 7, evaluateEvery: 3 }), [3, 6, 7]);
  assert.equal(await places({ epochs: 2, evaluateEvery: 4 }), [4, 8, 10]);
  assert.equal(await places({ epochs: 2, isSource: true }), [5, 10]);
  assert.equal(await places({ iterations: 6, isSource: true }), [5, 6]);
  assert.equal(await places({ iterations: 5, replace: true }), [5]);
});

test("compiled and eager runs give the same numbers, to rounding", async () => {
  const [compiled, eager] = [make(), make({ compiled: false })];
  const [a, b] = [await compiled.trainer.run(), await eager.trainer.run()];
  a.losses.forEach((loss, i) => {
    assert.ok(Math.abs(loss - (b.losses[i] as number)) < 1e-12, `step ${i}`);
  });
});

test("a run that is resumed from a snapshot of any step gives the numbers of one that was not interrupted", async () => {
  const kinds: readonly Wanted[] = [
    { remembers: true },
    {},
    { replace: true },
    { isSource: true },
    { evaluateEvery: 3 },
    { iterations: 17 },
  ];
  for (const kind of kinds) {
    // Eager, since each trainer would compile programs of its own.
    const wanted = { ...kind, compiled: false };
    const straight = make(wanted);
    const snapshots: TensorFile[] = [];
    const keep: TrainerCallback = {
      onStep: (trainer) => void snapshots.push(filed(trainer.snapshot())),
    };
    const whole = await make({ ...wanted, callbacks: [keep] }).trainer.run();
    const history = await straight.trainer.run();
    assert.equal(whole.losses, history.losses);
    for (const snapshot of snapshots) {
      const resumed = make(wanted);
      resumed.trainer.restore(snapshot);
      const { losses, evaluations } = await resumed.trainer.run();
      assert.equal(losses, history.losses, JSON.stringify(wanted));
      assert.equal(evaluations, history.evaluations, JSON.stringify(wanted));
      assert.equal(values(resumed.network), values(straight.network));
      // Averages, sums and the schedule, too.
      const [a, b] = [resumed, straight].map(({ trainer }) => {
        const { tensors } = trainer.snapshot();
        return Object.entries(tensors).map(([name, x]) => [name, [...x.data]]);
      });
      assert.equal(a, b);
    }
    if (kind.remembers) assert.ok(straight.trainer.optimizer.lrFactor < 1);
  }
});

test("a signal ends the run between two steps, in an evaluation, at the end of an epoch; nothing is lost", async () => {
  const straight = make({ compiled: false });
  const history = await straight.trainer.run();
  for (let at = 1; at <= 19; at++) {
    for (const during of ["onStep", "onEvaluation"] as const) {
      const controller = new AbortController();
      const abort = ({ iteration }: { iteration: number }) => {
        if (iteration >= at) controller.abort();
      };
      const first = make({ compiled: false, signal: controller.signal, callbacks: [{ [during]: abort }] });
      const { ended, losses } = await first.trainer.run();
      if (losses.length === 20) continue;
      assert.is(ended, "aborted");
      const second = make({ compiled: false });
      second.trainer.restore(filed(first.trainer.snapshot()));
      const resumed = await second.trainer.run();
      assert.equal(resumed.evaluations, history.evaluations, `${during} ${at}`);
      assert.equal(values(second.network), values(straight.network), `${during} ${at}`);
    }
  }
  // Before it has begun.
  const { ended, losses } = await make({ signal: AbortSignal.abort() }).trainer.run();
  assert.equal([ended, losses.length], ["aborted", 0]);
});

test("a longer run goes on from the end of a shorter one", async () => {
  const short = make({ iterations: 8 });
  await short.trainer.run();
  const [resumed, straight] = [make({ iterations: 13 }), make({ iterations: 13 })];
  const checkpoint = filed(short.trainer.snapshot());
  resumed.trainer.restore(checkpoint);
  const [a, b] = [await resumed.trainer.run(), await straight.trainer.run()];
  assert.equal(a.losses, b.losses);
  assert.equal(values(resumed.network), values(straight.network));
});

test("the monitor keeps the best network, stops when nothing is better, and puts the best back", async () => {
  // A rate that grows makes it worse after a while.
  const schedule = (step: number) => (step < 15 ? 1 : 60);
  const monitor = { value: "all.loss", patience: 3, restoreBest: true };
  const { trainer, network, rows } = make({ epochs: 40, schedule, monitor });
  const { evaluations, ended } = await trainer.run();
  const losses = evaluations.map(({ values }) => values["all.loss"] as number);
  const best = Math.min(...losses);
  assert.is(ended, "stopped");
  assert.is(trainer.best?.value, best);
  assert.is(losses.indexOf(best), losses.length - 4);
  assert.ok(Math.abs(softmaxWithLoss(network.forward(rows.x), rows.labels).item() - best) < 1e-12);
  // It is saved with the rest.
  const again = make({ epochs: 40, schedule, monitor });
  again.trainer.restore(filed(trainer.snapshot()));
  assert.is(again.trainer.best?.value, best);
  // Whether it goes on from there or is asked again: no step is missing.
  for (const over of [again, { trainer, network }]) {
    const { losses, ended } = await over.trainer.run();
    assert.equal([losses.length, ended], [evaluations.length * 5, "stopped"]);
    assert.equal(values(over.network), values(network));
  }
  const up = make({ compiled: false, epochs: 2, monitor: { value: "all.accuracy", minDelta: 2 } });
  assert.is((await up.trainer.run()).ended, "done");
  assert.is(up.trainer.best?.iteration, 5);
});

test("batches that a function makes to train on, rows in memory to evaluate, and the other way round", async () => {
  const rows = points();
  const network = new Sequential([new Affine(2, 2, { random: new Random(1) })]);
  const source = () => batches(rows, 8);
  const common = {
    network,
    optimizer: new SGD(network),
    random: new Random(1),
    epochs: 1,
    step: { compiled: false },
  };
  const first = new Trainer({
    ...common,
    data: source,
    predict: ({ x }) => network.forward(x),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    evaluations: { rows, source },
  });
  const before = (await first.run()).evaluations;
  const second = new Trainer({
    ...common,
    data: rows,
    predict: ({ x }) => network.forward(x),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    evaluations: { rows, source },
  });
  for (const { values } of [...before, ...(await second.run()).evaluations]) {
    assert.ok(Math.abs((values["rows.loss"] as number) - (values["source.loss"] as number)) < 1e-14);
  }
});

test("a callback can stop the run; it can be run on", async () => {
  const stop: TrainerCallback = {
    onStep: (running) => {
      if (running.iteration === 3) running.stop();
    },
  };
  const { trainer } = make({ compiled: false, callbacks: [stop] });
  assert.is((await trainer.run()).ended, "stopped");
  assert.is(trainer.iteration, 3);
  assert.is((await trainer.run()).losses.length, 20);
});

test("the schedule gives the factor of the learning rate at each step", async () => {
  const rates: number[] = [];
  const { trainer } = make({
    iterations: 4,
    schedule: (step) => 1 / (step + 1),
    callbacks: [{ onStep: ({ optimizer }) => void rates.push(optimizer.lr * optimizer.lrFactor) }],
  });
  await trainer.run();
  assert.equal(rates, [0.1, 0.05, 0.1 / 3, 0.025]);
});

test("a loss or a parameter that is no longer finite ends the run, and names the first bad value", async () => {
  for (const compiled of [true, false]) {
    const { trainer } = make({ lr: 1e200, compiled });
    try {
      await trainer.run();
      assert.unreachable();
    } catch (error) {
      assert.instance(error, DivergenceError);
      assert.match(
        (error as Error).message,
        /^Trainer: training stopped at step \d+: .*; the first bad value is (NaN|-?Infinity) in/,
      );
    }
  }
  const x = variable([1, 0, 2], { name: "x" });
  assert.is(firstBadValue(x.exp().sum()), null);
  assert.match(firstBadValue(x.log().mul(2).sum()) ?? "", /^-Infinity in the output of node 1, Log of x \[3\]/);
  const bad = variable([1, Number.NaN], { name: "bad" });
  assert.match(firstBadValue(bad.exp().sum()) ?? "", /^NaN in bad \[2\], before any node/);
});

test("what cannot be is refused before anything is done", () => {
  const w = variable([1, 2]);
  const network = new Sequential([new Affine(2, 2, { random: new Random(1) })]);
  const good = {
    network,
    optimizer: new SGD(network),
    data: points(),
    predict: ({ x }: { x: Tensor }) => network.forward(x),
    loss: (scores: Tensor, { labels }: { labels: Tensor }) => softmaxWithLoss(scores, labels),
    random: new Random(1),
    epochs: 1,
  };
  const cases: readonly (readonly [changed: object, ...parts: string[]])[] = [
    [{ epoch: 3 }, "unknown option epoch", "epochs"],
    [{ epochs: undefined }, "epochs or iterations, got neither"],
    [{ iterations: 5 }, "got both"],
    [{ epochs: 1.5 }, "epochs 1.5"],
    [{ batchSize: 0 }, "batchSize 0"],
    [{ evaluateEvery: 0 }, "evaluateEvery 0"],
    [{ evaluateEvery: "step" }, 'evaluateEvery "step"'],
    [{ network: { w } }, "network is a layer"],
    [{ optimizer: "sgd" }, "optimizer is an Optimizer"],
    [{ optimizer: new LBFGS(network) }, "not compiled as a whole"],
    [{ predict: network }, "predict is a function"],
    [{ metrics: { accuracy: 1 } }, "accuracy is a function"],
    [{ random: 1 }, "new Random(42)"],
    [{ data: [1, 2] }, "data is a record of tensors, or a function"],
    [{ evaluations: { test: 5 } }, "test is a record of tensors"],
    [{ callbacks: {} }, "callbacks are a list"],
    [{ callbacks: [{ onEpoch: () => 0 }] }, "unknown option onEpoch"],
    [{ monitor: { value: "test.loss", mode: "best" } }, 'mode "best"'],
    [{ monitor: { patience: 3 } }, "value is a name"],
    [{ schedule: 0.5 }, "schedule is a function"],
    [{ plateau: { schedule: () => 1, value: "test.loss" } }, "schedule is a ReduceOnPlateau"],
    [{ plateau: { schedule: new ReduceOnPlateau() } }, "value is a name"],
    [{ plateau: { schedule: new ReduceOnPlateau(), value: "loss" }, schedule: () => 1 }, "both set the same factor"],
    [{ step: { compile: false } }, "unknown option compile"],
    [{ checkpoint: "run.safetensors" }, "checkpoint is a store with save and load"],
    [{ checkpoint: { save: () => undefined } }, "checkpoint is a store with save and load"],
    [{ signal: 3 }, "signal is an AbortSignal"],
    [{ evaluations: { test: batches(points(), 5) } }, "test is a record", "an iterator, which is spent"],
  ];
  for (const [changed, ...parts] of cases) {
    assertThrows(() => new Trainer({ ...good, ...changed } as never), ChainruleError, ...parts);
  }
  assertThrows(() => new Trainer(undefined as never), ChainruleError, "Trainer");
});

test("a name that the monitor does not find, sources without batches, and runs beside each other are errors", async () => {
  const rejected = async (f: () => Promise<unknown>, ...parts: string[]) => {
    try {
      await f();
    } catch (error) {
      for (const part of parts) assert.ok((error as Error).message.includes(part), (error as Error).message);
      return;
    }
    assert.unreachable(parts.join());
  };
  await rejected(
    () => make({ compiled: false, monitor: { value: "test.loss" } }).trainer.run(),
    '"test.loss"',
    "all.loss, all.accuracy",
  );
  const { trainer } = make();
  const first = trainer.run();
  await rejected(() => trainer.run(), "running already");
  await first;
  await rejected(() => trainer.resume(), "there is no checkpoint");
  const w = variable([0, 0]);
  const network = new Sequential([new Affine(2, 2, { random: new Random(1) })]);
  const empty = (given: unknown) =>
    new Trainer({
      network,
      optimizer: new SGD({ w }),
      data: (() => given) as () => Iterable<Tensor>,
      predict: (x) => x.mul(w),
      loss: (y) => y.sum(),
      random: new Random(1),
      epochs: 1,
    });
  await rejected(() => empty([]).run(), "gave no batch for epoch 0");
  const { trainer: other } = make({ compiled: false });
  await rejected(() => other.evaluate(() => []), "no rows to evaluate on");
  const badMetric = new Trainer({
    network,
    optimizer: new SGD(network),
    data: points(),
    predict: ({ x }) => network.forward(x),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    metrics: { share: (scores) => scores.mean() as unknown as number },
    evaluations: { all: points() },
    random: new Random(1),
    epochs: 1,
  });
  await rejected(() => badMetric.run(), "metric share a Tensor", "item()");
  await rejected(() => empty(5).run(), "gave 5; it gives what can be iterated over");
});

test("a snapshot says how products were rounded, and a run goes on so, or not at all", async () => {
  const { relaxed } = compileSupport();
  const { trainer } = make({ compiled: false });
  await trainer.run();
  const snapshot = filed(trainer.snapshot());
  assert.equal(JSON.parse(snapshot.metadata["kernels"] ?? ""), { relaxed });
  const other = { ...snapshot, metadata: { ...snapshot.metadata, kernels: JSON.stringify({ relaxed: !relaxed }) } };
  const again = make({ compiled: false });
  const before = values(again.network);
  try {
    compile((x: Tensor) => x.mul(2), { relaxed: !relaxed })(tensor(1));
    again.trainer.restore(other);
    assert.is(compileSupport().relaxed, !relaxed);
  } catch (error) {
    // Where there is no fused multiply-add.
    if (!(error instanceof CompileError)) throw error;
    assertThrows(() => again.trainer.restore(other), DataError, "was trained with fused multiply-add, and cannot");
    assert.equal(values(again.network), before);
  } finally {
    configureKernels({ relaxed: "auto" });
  }
  const wrong = { ...snapshot, metadata: { ...snapshot.metadata, kernels: "{}" } };
  assertThrows(() => again.trainer.restore(wrong), DataError, "does not say whether products were fused");
});

test("snapshots of other runs are refused, and change nothing", async () => {
  const { trainer } = make({ compiled: false });
  await trainer.run();
  const snapshot = filed(trainer.snapshot());
  const other = make({ compiled: false, lr: 0.2 });
  const before = values(other.network);
  assertThrows(() => other.trainer.restore(snapshot), DataError, "lr is 0.2, but 0.1 in the snapshot");
  const { optimizer } = trainer;
  const { "optimizer.0.W.velocity": _, ...tensors } = snapshot.tensors;
  const same = make({ compiled: false });
  const untouched = values(same.network);
  assertThrows(() => same.trainer.restore({ ...snapshot, tensors }), ChainruleError, "0.W.velocity");
  assertThrows(() => same.trainer.restore({ tensors: {}, metadata: {} }), DataError, "no snapshot");
  const { losses: __, ...without } = snapshot.tensors;
  assertThrows(() => same.trainer.restore({ ...snapshot, tensors: without }), DataError, "no history");
  assert.equal(values(same.network), untouched);
  assert.equal(values(other.network), before);
  assert.is(optimizer.lr, 0.1);
});

const files = suite<{ folder: string }>("files", { folder: "" });
files.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "chainrule-trainer-"));
});
files.after.each(({ folder }) => {
  rmSync(folder, { recursive: true, force: true });
});

files("a checkpoint file: resumed, damaged, set aside", async ({ folder }) => {
  const file = new CheckpointFile(join(folder, "checkpoint.safetensors"));
  const first = make({ epochs: 2, checkpoint: file });
  assert.is(await first.trainer.resume(), false);
  await first.trainer.run();
  const second = make({ epochs: 4, checkpoint: file });
  assert.is(await second.trainer.resume(), true);
  await second.trainer.run();
  const straight = make({ epochs: 4 });
  await straight.trainer.run();
  assert.equal(values(second.network), values(straight.network));

  const bytes = readFileSync(file.path);
  for (let i = 1; i < 40; i++) {
    const damaged = Buffer.from(bytes);
    const at = Math.floor((i * bytes.length) / 40);
    damaged[at] = (damaged[at] as number) ^ 1;
    writeFileSync(file.path, damaged);
    try {
      file.load();
      assert.unreachable(`byte ${at}`);
    } catch (error) {
      assert.instance(error, DataError, `byte ${at}: ${String(error)}`);
    }
  }
  writeFileSync(file.path, encodeSafetensors({ w: tensor(1) }));
  assertThrows(() => file.load(), DataError, "is no checkpoint");
  writeFileSync(file.path, bytes);
  assert.is(file.setAside(join(folder, "earlier")), true);
  assert.is(file.setAside(join(folder, "earlier")), false);
  assert.is(file.load(), null);
  assert.equal(readdirSync(folder), ["earlier"]);
});

files("a checkpoint file makes its folder, and names what is in the way", ({ folder }) => {
  const snapshot = { tensors: { w: tensor(1) }, metadata: {} };
  const file = new CheckpointFile(join(folder, "a", "b", "checkpoint.safetensors"));
  file.save(snapshot);
  assert.is(file.load()?.tensors["w"]?.item(), 1);
  writeFileSync(join(folder, "file"), "");
  const inFile = new CheckpointFile(join(folder, "file", "sub", "checkpoint.safetensors"));
  assertThrows(() => inFile.save(snapshot), DataError, "cannot be made");
});

files("progress without a terminal is a line for each evaluation", async () => {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    await make({ compiled: false, epochs: 2, callbacks: [showProgress()] }).trainer.run();
    await make({
      compiled: false,
      epochs: 5,
      callbacks: [showProgress({ every: 2, line: ({ epoch }) => `${epoch}` })],
    }).trainer.run();
    await make({
      compiled: false,
      epochs: 1,
      callbacks: [showProgress({ line: ({ epoch }: Evaluation, { iteration }) => `${epoch} ${iteration}` })],
    }).trainer.run();
  } finally {
    console.log = log;
  }
  assert.equal(lines.slice(2, 5), ["2", "4", "5"]);
  assert.is(lines.length, 6);
  assert.match(
    lines[1] as string,
    /^ {2}epoch {3}2 {3}iteration {5}10 {3}loss 0\.\d{4} {3}all\.loss 0\.\d{4} {3}all\.accuracy [01]\.\d{4}$/,
  );
  assert.is(lines[5], "1 5");
});

files.run();
test.run();
