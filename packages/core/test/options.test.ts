import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as fast from "../src/fast/index.js";
import * as core from "../src/index.js";
import { ChainruleError, compile, Generator, grad, Random, show, type Tensor, tensor, variable } from "../src/index.js";
import * as testing from "../src/testing/index.js";
import { type DeclaredRecord, declarations } from "./support/declared-options.js";
import { sameNames } from "./support/names.js";

/*
 * Every function, method and constructor of the packages that takes options refuses those that it does not have. Which ones
 * there are, and which options, is read out of the built declarations; the table says how each is called. One that is not in
 * the table fails, and so does one whose error lists other options than its type.
 */

const test = suite("options");

type Loose = Record<string, (...args: unknown[]) => unknown>;
const nn = (await import(new URL("../../../nn/dist/src/index.js", import.meta.url).href)) as Loose;
const node = (await import(new URL("../../../nn/dist/src/node.js", import.meta.url).href)) as Loose;
const pictures = (await import(new URL("../../../pictures/dist/src/index.js", import.meta.url).href)) as Loose;
const ops = core as unknown as Loose;
const drawn = testing as unknown as Loose;
const kernels = fast as unknown as Loose;

/** A call with options as its last argument, and perhaps with one more behind them. */
type Call = (options: unknown, ...more: readonly unknown[]) => unknown;

const x = tensor([[1, 2], [3, 4]]) as Tensor; // biome-ignore format: a matrix
const image = core.zeros([1, 1, 4, 4]) as Tensor;
const line = core.zeros([1, 1, 4]) as Tensor;
const at = tensor([[0, 0]], { dtype: "int32" }) as Tensor;
const w = variable([1, 2]);
const f = (t: Tensor) => t.sum();

const table = new Map<string, Call[]>();
const row = (callable: string, ...calls: Call[]) => table.set(callable, [...(table.get(callable) ?? []), ...calls]);
const method = (t: Tensor, name: string) => (t as unknown as Loose)[name]?.bind(t) as (...args: unknown[]) => unknown;
const construct = (from: Loose, name: string, ...args: unknown[]): unknown =>
  Reflect.construct(from[name] as unknown as new () => unknown, args);

/** An op as function and method, with what stands before the options. */
function op(name: string, of: Tensor, ...before: readonly (readonly unknown[])[]): void {
  for (const args of before) {
    row(name, (...o) => ops[name]?.(of, ...args, ...o));
    row(`Tensor.${name}`, (...o) => method(of, name)(...args, ...o));
  }
}

for (const Class of [
  "Sum",
  "Mean",
  "Max",
  "Min",
  "LogSumExp",
  "Prod",
  "Any",
  "All",
  "Count",
  "Variance",
  "Std",
  "Norm",
]) {
  op(Class.charAt(0).toLowerCase() + Class.slice(1), x, [], [0]);
  row(
    `new ${Class}`,
    (...o) => construct(ops, Class, ...o),
    (...o) => construct(ops, Class, 0, ...o),
  );
}
for (const name of ["argMax", "argMin", "cumsum", "cumprod", "sort", "argSort"]) op(name, x, [], [0]);
for (const Class of ["Cumsum", "Cumprod", "ArgSort"]) {
  row(
    `new ${Class}`,
    (...o) => construct(ops, Class, ...o),
    (...o) => construct(ops, Class, 0, ...o),
  );
}
for (const name of ["softmax", "logSoftmax", "unstack", "flip", "squeeze", "expandDims"]) op(name, x, []);
for (const name of ["diagonal", "trace", "tril", "triu", "gelu"]) op(name, x, []);
op("topK", x, [1], [1, 0]);
op("split", x, [2]);
op("roll", x, [1]);
op("take", x, [[0]]);
op("gather", x, [at]);
op("scatterAdd", x, [at, 1]);
op("indexAdd", x, [[0], 1]);
op("oneHot", at, [3]);
for (const name of ["concat", "stack"]) row(name, (...o) => ops[name]?.([x, x], ...o));

for (const name of ["maxPool", "avgPool"]) {
  for (const [rank, planes] of [
    [1, line],
    [2, image],
  ] as const) {
    // biome-ignore format: pairs
    row(`${name}${rank}d`, (...o) => ops[`${name}${rank}d`]?.(planes, ...o), (...o) => ops[`${name}${rank}d`]?.(planes, 2, ...o));
  }
}
row("globalMaxPool", (...o) => ops["globalMaxPool"]?.(image, ...o));
row("globalAvgPool", (...o) => ops["globalAvgPool"]?.(image, ...o));
for (const name of ["conv", "convTranspose"]) {
  for (const [rank, planes] of [
    [1, line],
    [2, image],
  ] as const) {
    // biome-ignore format: pairs
    row(`${name}${rank}d`, (...o) => ops[`${name}${rank}d`]?.(planes, planes, ...o), (...o) => ops[`${name}${rank}d`]?.(planes, planes, null, ...o));
  }
}
row(
  "im2col",
  (...o) => ops["im2col"]?.(image, ...o),
  (...o) => ops["im2col"]?.(image, 2, ...o),
);
row(
  "col2im",
  (...o) => ops["col2im"]?.(x, [1, 1, 2, 2], ...o),
  (...o) => ops["col2im"]?.(x, [1, 1, 2, 2], 2, ...o),
);
for (const Class of ["Conv", "ConvTranspose"]) row(`new ${Class}`, (...o) => construct(ops, Class, 2, ...o));
/** Options beside the one that makes a pool adaptive. */
const adaptive = (o: readonly unknown[]) =>
  o.map((each) =>
    typeof each === "object" && each !== null && Object.getPrototypeOf(each) === Object.prototype
      ? { outputSize: 2, ...each }
      : each,
  );
for (const Class of ["MaxPool", "ArgMaxPool", "AvgPool"])
  row(
    `new ${Class}`,
    (...o) => construct(ops, Class, 2, ...o),
    (...o) => construct(ops, Class, 2, ...adaptive(o)),
  );
row("new ConvWeights", (...o) => construct(ops, "ConvWeights", 2, 3, ...o));
row(
  "new AvgUnpool",
  (...o) => construct(ops, "AvgUnpool", 2, [1, 1, 4, 4], ...o),
  (...o) => construct(ops, "AvgUnpool", 2, [1, 1, 4, 4], ...adaptive(o)),
);
row("new Im2col", (...o) => construct(ops, "Im2col", ...o));
row("new Col2im", (...o) => construct(ops, "Col2im", [1, 1, 4, 4], ...o));
row("new Standardize", (...o) => construct(ops, "Standardize", ...o));
row("new Deviation", (...o) => construct(ops, "Deviation", ...o));

// Factories and random numbers
for (const name of ["tensor", "variable"]) row(name, (...o) => ops[name]?.([1], ...o));
for (const name of ["zeros", "ones"])
  row(
    name,
    (...o) => ops[name]?.([2], ...o),
    (...o) => ops[name]?.(2, ...o),
  );
row("full", (...o) => ops["full"]?.([2], 1, ...o));
row("fromArray", (...o) => ops["fromArray"]?.(new Float64Array(2), [2], ...o));
row(
  "eye",
  (...o) => ops["eye"]?.(2, ...o),
  (...o) => ops["eye"]?.(2, 3, ...o),
);
row("linspace", (...o) => ops["linspace"]?.(0, 1, 3, ...o));
row(
  "arange",
  (...o) => ops["arange"]?.(3, ...o),
  (...o) => ops["arange"]?.(0, 3, 1, ...o),
);
const source = (from: object) => from as unknown as Loose;
for (const name of ["uniform", "normal", "integers"]) {
  row(`Generator.${name}`, (...o) => source(new Generator(1))[name]?.(2, ...o));
  row(
    `Random.${name}`,
    (...o) => source(new Random(1))[name]?.([2], ...o),
    (...o) => source(new Random(1))[name]?.(2, ...o),
  );
}
row("Generator.choice", (...o) => source(new Generator(1))["choice"]?.(3, 2, ...o));
row("Random.choice", (...o) => source(new Random(1))["choice"]?.(3, 2, ...o));

// Transforms, checks and pictures
row("fixedPoint", (...o) => ops["fixedPoint"]?.((c: Tensor) => c, x, ...o));
row("rootOf", (...o) => ops["rootOf"]?.((c: Tensor) => c, x, ...o));
row("whileLoop", (...o) =>
  ops["whileLoop"]?.(
    (c: Tensor) => c.sum().less(0),
    (c: Tensor) => c,
    x,
    ...o,
  ),
);
for (const name of ["sparseJacobian", "sparseHessian"]) row(name, (...o) => ops[name]?.(f, ...o));
row("vmap", (...o) => ops["vmap"]?.(f, ...o));
row("scan", (...o) => ops["scan"]?.((c: Tensor) => [c], x, x, ...o));
for (const name of ["grad", "valueAndGrad", "numericalGradient", "compile", "detectAnomaly"]) {
  row(name, (...o) => (name === "numericalGradient" ? ops[name]?.(f, x, ...o) : ops[name]?.(f, ...o)));
}
for (const name of ["gradcheck", "assertGradcheck"]) row(name, (...o) => ops[name]?.(f, [x], ...o));
for (const name of ["print", "toDot", "graphOf", "graphToJson", "toMermaid"]) row(name, (...o) => ops[name]?.(x, ...o));
row("graphFromJson", (...o) => ops["graphFromJson"]?.(core.graphToJson(x), ...o));
for (const name of ["toSvg", "display"]) row(name, (...o) => pictures[name]?.(x, ...o));
row("programToSvg", (...o) => pictures["programToSvg"]?.(core.compile(f).program(x), ...o));
row("Tensor.backward", (...o) => method(w.sum(), "backward")(...o));
row("customGradient", (...o) => ops["customGradient"]?.(f, [null], ...o));
row("customOp", (...o) => ops["customOp"]?.("Own", ...o));
row("elementwise", (...o) => ops["elementwise"]?.("Own", ...o));

// For tests
for (const name of ["shapes", "tensors", "graphs"]) row(name, (...o) => drawn[name]?.(...o));
row("broadcastableShapes", (...o) => drawn["broadcastableShapes"]?.(2, ...o));
row("useFastKernels", (...o) => kernels["useFastKernels"]?.(...o));
row("configureKernels", (...o) => ops["configureKernels"]?.(...o));
row("assertGradients", (...o) => drawn["assertGradients"]?.(f, [testing.tensors()], ...o));

// Networks
row("scaledDotProductAttention", (...o) => nn["scaledDotProductAttention"]?.(x, x, x, ...o));
for (const name of ["crossEntropy", "softmaxWithLoss", "nllLoss", "binaryCrossEntropyWithLogits", "sigmoidWithLoss"])
  row(name, (...o) => nn[name]?.(x, x, ...o));
for (const name of [
  "meanSquaredError",
  "l1Loss",
  "smoothL1Loss",
  "huberLoss",
  "klDivergence",
  "hingeLoss",
  "poissonNllLoss",
])
  row(name, (...o) => nn[name]?.(x, x, ...o));
for (const name of ["cosineSimilarity", "cosineSimilarityLoss"]) row(name, (...o) => nn[name]?.(x, x, ...o));
for (const name of ["accuracy", "confusionMatrix", "classificationReport"])
  row(name, (...o) => nn[name]?.(x, [0, 1], ...o));
row("topKAccuracy", (...o) => nn["topKAccuracy"]?.(x, [0, 1], 1, ...o));
row("multiMarginLoss", (...o) => nn["multiMarginLoss"]?.(x, [0, 1], ...o));
row("cosineEmbeddingLoss", (...o) => nn["cosineEmbeddingLoss"]?.(x, x, tensor([1, -1]), ...o));
for (const name of ["tripletMarginLoss", "gaussianNllLoss"]) row(name, (...o) => nn[name]?.(x, x, x, ...o));
row("ctcLoss", (...o) => nn["ctcLoss"]?.(x, [1], 2, 1, ...o));
row("dropout", (...o) => nn["dropout"]?.(x, ...o));
row("dropoutMask", (...o) => nn["dropoutMask"]?.([2], ...o));
for (const name of ["batchNorm", "layerNorm"]) row(name, (...o) => nn[name]?.(x, ...o));
row("positionalEncoding", (...o) => nn["positionalEncoding"]?.(2, 2, ...o));
row("rmsNorm", (...o) => nn["rmsNorm"]?.(x, ...o));
row("groupNorm", (...o) => nn["groupNorm"]?.(x, 1, ...o));
row("batchNormInference", (...o) =>
  nn["batchNormInference"]?.(x, { mean: tensor([0, 0]), variance: tensor([1, 1]) }, ...o),
);
for (const name of ["normal", "uniform", "truncatedNormal", "xavier", "he", "lecun", "orthogonal", "dirac"])
  row(name, (...o) => nn[name]?.(...o));
row("new BatchSampler", (...o) => construct(nn, "BatchSampler", 3, 2, ...o));
row("new ByteRows", (...o) => construct(nn, "ByteRows", new Uint8Array(4), [2, 2], ...o));
row("loadParameters", (...o) => nn["loadParameters"]?.({ w }, { w }, ...o));
const layerRows = new URL("../../../nn/dist/test/support/layer-rows.js", import.meta.url).href;
const { callsOf } = (await import(layerRows)) as { callsOf: (settings: object) => [callable: string, call: Call][] };
for (const [callable, call] of callsOf({ random: new Random(1), dtype: "float64" })) row(callable, call);
for (const name of [
  "SGD",
  "Momentum",
  "Nesterov",
  "AdaGrad",
  "RMSprop",
  "Adam",
  "AdamW",
  "Adadelta",
  "Lion",
  "NAdam",
  "LBFGS",
  "AveragedWeights",
])
  row(`new ${name}`, (...o) => construct(nn, name, { w }, ...o));
row("AveragedWeights.update", (...o) => source(construct(nn, "AveragedWeights", { w }) as object)["update"]?.(...o));
for (const name of [
  "stepDecay",
  "multiStepDecay",
  "exponentialDecay",
  "polynomialDecay",
  "linearDecay",
  "cosineDecay",
  "cosineRestarts",
  "oneCycle",
])
  row(name, (...o) => nn[name]?.(...o));
row("warmUp", (...o) => nn["warmUp"]?.(() => 1, ...o));
row("new ReduceOnPlateau", (...o) => construct(nn, "ReduceOnPlateau", ...o));
row("Optimizer.step", (...o) => source(construct(nn, "SGD", { w }) as object)["step"]?.(...o));
const affine = construct(nn, "Affine", 2, 2, { initializer: nn["constant"]?.(1) });
row("showProgress", (...o) => node["showProgress"]?.(...o));
row("summary", (...o) => nn["summary"]?.(affine, [1, 2], ...o));
row("new ReportRecorder", (...o) => construct(nn, "ReportRecorder", ...o));
row("new Trainer", (...o) => construct(nn, "Trainer", ...o));
row("trainStep", (...o) => nn["trainStep"]?.(f, construct(nn, "SGD", { w }), ...o));
for (const name of ["randomFlip", "randomCrop", "randomErase", "randomNoise"]) {
  row(name, (...o) => nn[name]?.(x.reshape([1, 2, 2]), new Random(1), ...o));
}
row("normalizeChannels", (...o) => nn["normalizeChannels"]?.(x, ...o));
row("splitRows", (...o) => nn["splitRows"]?.(3, { a: 1 }, ...o));
row("parseCsv", (...o) => nn["parseCsv"]?.("a\n1\n", ...o));
row("CsvTable.numbers", (...o) => source(nn["parseCsv"]?.("a\n1\n") as object)["numbers"]?.("a", ...o));
row("imagesFromBytes", (...o) => nn["imagesFromBytes"]?.(new Uint8Array(1), [1, 1, 1, 1], ...o));
row("readCsv", (...o) => node["readCsv"]?.("/", ...o));
row("csvBatches", (...o) => node["csvBatches"]?.("/", { a: "a" }, ...o));
row("idxBatches", (...o) => node["idxBatches"]?.({ images: "/", labels: "/" }, ...o));
row("readIdxFolder", (...o) => node["readIdxFolder"]?.("/", ...o));

/** Records that are no options. */
const others: Readonly<Record<string, string>> = {
  "Generator.fromState": "the state of a generator, as it was saved",
  "Random.fromState": "the state of a generator, as it was saved",
  fromJSON: "a tensor, as toJSON gave it",
  fromTransfer: "a tensor, as toTransfer gave it",
  "Activation.forward": "abstract",
  "Layer.forward": "abstract",
  "CheckpointFile.save": "a snapshot, as a trainer gave it",
  "Trainer.restore": "a snapshot, as it was saved",
  "Transpose.orderOf": "a tensor, or what has its shape",
  "new AnomalyError": "what was found, given by the engine",
  "batchNormInference mean,variance": "statistics, as batchNorm gives them: nn's functions.test",
  jacobian: "options, or the point: products.test",
  hessian: "options, or the point: products.test",
  "idxBatches images,labels": "two paths: nn's batch-sources.test",
  "new ChainruleError": "what any Error of JavaScript takes",
  "new CompileError": "what any Error of JavaScript takes",
  "new DTypeError": "what any Error of JavaScript takes",
  "new DivergenceError": "what any Error of JavaScript takes",
  "new DataError": "what any Error of JavaScript takes",
  "new GraphError": "what any Error of JavaScript takes",
  "new ShapeError": "what any Error of JavaScript takes",
};

/** The error of a call: its class, and the options that it lists. */
function refusal(call: Call, options: unknown): Error {
  try {
    call(options);
  } catch (error) {
    assert.instance(error, ChainruleError, String(error));
    return error as Error;
  }
  return assert.unreachable(`${String(call)} takes ${typeof options}`) as never;
}

/** The error of a call as a text: that there is none, or that it is a bare one, is one, too. */
function said(call: Call | (() => unknown)): string {
  try {
    (call as () => unknown)();
  } catch (error) {
    return error instanceof ChainruleError ? error.message : `bare ${String(error)}`;
  }
  return "taken";
}

function listed(message: string): string {
  const [, names = ""] = /there (?:is|are) ([\w, ]+)$/.exec(message) ?? [];
  return sorted(names.split(", "));
}

const sorted = (names: readonly string[]) => names.toSorted().join();
/** What its step gives to an optimizer: state and settings, which have been looked at. */
const given = /^(?!Averaged)\w+\.(update|initialState)$/;
const isOther = ({ callable, names }: DeclaredRecord) =>
  callable in others || given.test(callable) || `${callable} ${sorted(names)}` in others;

const { records, positional } = await declarations();
const declared = records.filter((record) => !isOther(record));
const callables = [...new Set(declared.map(({ callable }) => callable))];

test("whatever takes options is in the table, and nothing else", () => {
  assert.ok(callables.length > 150, `${callables.length}`);
  sameNames(table.keys(), callables, {
    missing: "takes options, and has no row here",
    excess: "has a row, and takes no options",
  });
});

test("an option that is not declared is refused, and those that are declared are listed", () => {
  for (const [callable, calls] of table) {
    const types = declared.filter((record) => record.callable === callable).map(({ names }) => sorted(names));
    const found = calls.map((call) => {
      const { message } = refusal(call, { zzzzz: 1 });
      assert.match(message, /unknown option zzzzz; there (is|are) /, callable);
      return listed(message);
    });
    assert.equal([...new Set(found)].toSorted(), [...new Set(types)].toSorted(), callable);
  }
});

test("a misspelt option is told the right one", () => {
  for (const [callable, calls] of table) {
    for (const call of calls) {
      for (const name of listed(refusal(call, { zzzzz: 1 }).message).split(",")) {
        if (name.length < 3) continue;
        const last = name.length - 1;
        const misspelt = [
          `${name}s`,
          name.toUpperCase(),
          name.slice(0, last) + name.slice(last).repeat(2),
          `${name.slice(0, 1)}${name.charAt(2)}${name.charAt(1)}${name.slice(3)}`,
        ];
        for (const slip of misspelt) {
          if (slip === name) continue;
          const { message } = refusal(call, { [slip]: 1 });
          if (listed(message).split(",").includes(slip)) continue;
          assert.match(message, `unknown option ${slip}; did you mean ${name}? there `, callable);
        }
      }
    }
  }
});

test("what is no record of options is refused, and what inherits is no record", () => {
  const foreign: unknown[] = [
    5n,
    Symbol("a"),
    () => 0,
    new Map([["axis", 0]]),
    new Date(),
    tensor(1),
    Object.create({ axis: 0 }),
  ];
  for (const [callable, calls] of table) {
    for (const call of calls) for (const options of foreign) refusal(call, options as never);
    assert.ok(calls.length > 0, callable);
  }
});

/** What an option needs beside it, to be looked at. */
const beside: Readonly<Record<string, object>> = {
  stepDecay: { stepSize: 2 },
  multiStepDecay: { milestones: [2] },
  polynomialDecay: { steps: 2 },
  linearDecay: { steps: 2 },
  cosineDecay: { steps: 2 },
  cosineRestarts: { steps: 2 },
  warmUp: { steps: 2 },
  oneCycle: { steps: 2 },
  avgPool1d: { kernel: 2 },
  avgPool2d: { kernel: 2 },
  maxPool1d: { kernel: 2 },
  maxPool2d: { kernel: 2 },
  csvBatches: { batchSize: 2 },
  idxBatches: { batchSize: 2 },
  dropoutMask: { random: new Random(1) },
  "new Trainer": {
    network: affine,
    optimizer: construct(nn, "SGD", { w }),
    data: { x },
    predict: () => x,
    loss: () => w,
    random: new Random(1),
  },
  elementwise: { forward: (_k: unknown, x: unknown) => x, backward: [null] },
};

/** What is said of values of an option that it cannot have, where it is not said that it is that option. */
function wrongly(
  kind: (record: DeclaredRecord) => readonly string[],
  values: readonly unknown[],
  expected: (name: string) => RegExp,
): { readonly count: number; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  let count = 0;
  for (const record of declared) {
    for (const name of kind(record)) {
      for (const [i, call] of (table.get(record.callable) ?? []).entries()) {
        count++;
        for (const value of values) {
          const message = said(() => call({ ...beside[record.callable], [name]: value }));
          // A call with some of the arguments has not all of the options.
          if (!expected(name).test(message) && !/unknown option/.test(message))
            wrong.push(`${record.callable} (${i}), ${name}: ${show(value)}: ${message}`);
        }
      }
    }
  }
  return { count, wrong };
}

test("an option that is true or false is no text and no number", () => {
  const values = ["false", "true", 0, 1, null, [true]];
  const { count, wrong } = wrongly(({ flags }) => flags, values, (name) => new RegExp(`: ${name} `)); // biome-ignore format: a line
  assert.equal(wrong, []);
  assert.ok(count > 60, `${count}`);
});

/** The axis of a node is looked at when it is applied. */
const numbersOf = ({ callable, numbers }: DeclaredRecord) =>
  callable.startsWith("new ") ? numbers.filter((name) => name !== "axis") : numbers;

test("an option that is a number is no text, no list and no tensor", () => {
  const values = ["1", [1], tensor(1)];
  const { count, wrong } = wrongly(numbersOf, values, (name) => new RegExp(`\\b${name.replace(/^axis\d/, "axis")}\\b`)); // biome-ignore format: a line
  assert.equal(wrong, []);
  assert.ok(count > 60, `${count}`);
});

test("an option that is one of some texts is no other", () => {
  const values = ["foo", "", 1, null, true, ["full"]];
  const choices = ({ choices }: DeclaredRecord) => choices.filter((name) => name !== "dtype");
  const { count, wrong } = wrongly(choices, values, (name) => new RegExp(`\\b${name}\\b`));
  assert.equal(wrong, []);
  assert.ok(count >= 11, `${count}`);
});

test("a dtype is one of those that there are", () => {
  const values = ["foo", "float16", 64, ["float64"]];
  const dtype = ({ callable, names }: DeclaredRecord) =>
    names.includes("dtype") && callable !== "customOp" ? ["dtype"] : [];
  const { count, wrong } = wrongly(dtype, values, () => /dtype/);
  assert.equal(wrong, []);
  assert.ok(count > 20, `${count}`);
});

/** What is called by the engine, or by everything in it, and is no function that a user gives options. */
const internal = new RegExp(
  [
    "^(checkOptions|checkNoMore|operand|show|showNames|formatShape|sameShape|sizeOf)$",
    "^(new Tensor|Tensor\\.(constant|toString|toJSON))$",
    // The vertices of the graph: their settings are positional, and their methods are for the walk.
    "^Node\\.",
    "^new (Node|Optimizer|ParameterGroup|RandomGraph)$|^RandomGraph\\.",
    // What a layer and an optimizer of one's own have.
    "^(Layer|Activation)\\.(forward|parameters)$|\\.(update|initialState)$",
    // Ranges, and point and direction, have errors of their own.
    "^(slice|Tensor\\.slice|hvp|jvp)$",
  ].join("|"),
);

test("behind the arguments of what takes no options nothing stands, neither a record nor anything else", () => {
  const modules = [source(core), source(fast), source(testing), nn, node, pictures];
  const wrong: string[] = [];
  let count = 0;
  for (const { callable, parameters } of positional) {
    if (internal.test(callable)) continue;
    const [, isNew, name = "", member] = /^(new )?(\w+)(?:\.(\w+))?$/.exec(callable) ?? [];
    // Of two of one name, such as a layer and a node, nn's, if it has such a method.
    const named = modules.flatMap((module) => module[name] ?? []) as unknown as { readonly prototype: object }[];
    const has = (of: object) => member === undefined || member in of;
    const found = named.findLast((own) => has(own) || has(own.prototype)) as { readonly prototype: object };
    if (found.prototype instanceof core.Node && (member !== undefined || parameters > 0)) continue;
    const before = new Array<undefined>(parameters).fill(undefined);
    for (const more of [{ zzzzz: 1 }, true, tensor(1), "a", 0.5, 0]) {
      const call = (): unknown => {
        if (isNew) return Reflect.construct(found as unknown as new () => unknown, [...before, more]);
        if (member === undefined) return run((found as unknown as (...args: unknown[]) => unknown)(...before, more));
        const owner = member in found.prototype ? Object.create(found.prototype) : found;
        return (owner as Loose)[member]?.(...before, more);
      };
      const message = said(call);
      if (!behind.test(message)) wrong.push(`${callable}, ${show(more)}: ${message}`);
    }
    count++;
  }
  assert.equal(wrong, []);
  assert.ok(count > 180, `${count}`);
});

const behind = /: got .* behind the arguments that it takes; /;
/** What takes sizes or axes one behind the other says in which forms. */
const listing = /^(zeros|ones|Random\.(uniform|normal|integers)|(Tensor\.)?(flip|squeeze))$/;

test("behind options nothing stands either", () => {
  const wrong: string[] = [];
  for (const [callable, calls] of table) {
    for (const [i, call] of calls.entries()) {
      for (const more of [{ zzzzz: 1 }, {}, true, tensor(1), "a", 0.5, 0, null]) {
        const message = said(() => call({}, more));
        // A call with some of the arguments has options in the place of another, and is refused as what it then is.
        const isWhole = i === calls.length - 1 && !listing.test(callable);
        if (isWhole ? !behind.test(message) : /^(taken|bare)/.test(message))
          wrong.push(`${callable} (${i}), ${show(more)}: ${message}`);
      }
    }
  }
  assert.equal(wrong, []);
});

/** What a generator does happens when it is asked for something. */
const run = (given: unknown) => (given as { next?: () => unknown } | undefined)?.next?.() ?? given;

test("what map, forEach and reduce pass on is no argument too many, and of a method everything is", () => {
  const list = [tensor(-1), tensor(2)] as Tensor[];
  assert.equal(
    list.map(core.relu as (x: Tensor) => Tensor).map((y) => y.item()),
    [0, 2],
  );
  list.forEach(core.square as (x: Tensor) => void);
  assert.is(list.reduce(core.add as (x: Tensor, y: Tensor) => Tensor).item(), 1);
  assert.equal([1, 2].map(nn["constant"] as (value: number) => unknown).length, 2);
  assert.match(
    refusal((o) => method(x, "log")(o), 2).message,
    "log: got 2 behind the arguments that it takes; another base",
  );
  // An index alone, as Array.from gives it, may as well be what another library takes there.
  for (const [name, args, repair] of [
    ["log", [x, 2], "Log: got 2 behind the arguments that it takes; another base is x.log().div(Math.log(2))"],
    ["log", [x, 0.5], "Log: got 0.5 behind the arguments that it takes; another base"],
    ["log", [x, 2, [1]], "Log: got 2 behind"],
    ["log", [x, undefined, 2], "Log: got 2 behind"],
    [
      "round",
      [1.234, 2],
      "Round: got 2 behind the arguments that it takes; for a place behind the point write x.mul(10)",
    ],
    ["maximum", [1, 2, 3], "Maximum: got 3 behind the arguments that it takes; write maximum(maximum(x, y), z)"],
    ["minimum", [1, 2, 3], "Minimum: got 3 behind the arguments that it takes; write minimum(minimum(x, y), z)"],
    ["hypot", [1, 2, 3], "Hypot: got 3 behind the arguments that it takes; write hypot(hypot(x, y), z)"],
    ["arange", [0, 10, 2, 99], "arange: got 99 behind the arguments that it takes; leave it out"],
    ["eye", [2, {}, 4], "eye: got 4 behind the arguments that it takes; leave it out"],
    ["conv2d", [image, image, { padding: 0 }, { padding: 1 }], "Conv2d: got two records of options; put all into one"],
    ["add", [1, 2, 3], "Add: got 3 behind the arguments that it takes; leave it out"],
  ] as const) {
    assert.ok(said(() => ops[name]?.(...args)).startsWith(repair), `${name}: ${said(() => ops[name]?.(...args))}`);
  }
  // Where map puts the index in the place of a setting, the list behind it is one too many.
  assert.match(
    said(() => list.map(core.leakyRelu as never)),
    /^LeakyRelu: got \[.*\] behind the arguments/,
  );
  assert.match(refusal((o) => ops["matmul"]?.(x, x, undefined, o), true).message, "transpose with y.transpose()");
  assert.match(refusal((o) => method(x, "add")(x, o), { alpha: 2 }).message, "x.add(y.mul(2))");
});

test("in a function that is traced, options are checked as elsewhere", () => {
  const inside = [...table].filter(
    ([callable]) => !/^(compile|gradcheck|assertGrad|trainStep|detectAnomaly)/.test(callable),
  );
  for (const [callable, calls] of inside) {
    for (const call of calls) {
      const outside = refusal(call, { zzzzz: 1 }).message;
      assert.is(
        refusal((o) => compile((t: Tensor) => [call(o), t][1] as Tensor)(x), { zzzzz: 1 }).message,
        outside,
        callable,
      );
    }
  }
});

test("initializers, which are functions that were made, check theirs", () => {
  for (const made of [
    "normal",
    "uniform",
    "truncatedNormal",
    "xavier",
    "he",
    "lecun",
    "orthogonal",
    "identity",
    "dirac",
    "zeros",
  ]) {
    const initializer = nn[made]?.() as (...args: unknown[]) => unknown;
    const { message } = refusal((o) => initializer([2, 3], o), { seed: 1 });
    assert.match(message, /unknown option seed; there are random, dtype$/);
  }
});

test("the options of other libraries have their names here", () => {
  const cases: [Call, string, string][] = [
    [(o) => method(x, "sum")(o), "dim", "axis"],
    [(o) => method(x, "sum")(o), "keepdim", "keepDims"],
    [(o) => method(x, "sum")(o), "keep_dims", "keepDims"],
    [(o) => method(x, "variance")(o), "ddof", "correction"],
    [(o) => ops["conv2d"]?.(image, image, null, o), "strides", "stride"],
    [(o) => ops["conv2d"]?.(image, image, null, o), "dilationRate", "dilation"],
    [(o) => ops["maxPool2d"]?.(image, o), "kernelSize", "kernel"],
    [(o) => nn["scaledDotProductAttention"]?.(x, x, x, o), "isCausal", "causal"],
    [(o) => nn["scaledDotProductAttention"]?.(x, x, x, o), "attnMask", "mask"],
    [(o) => nn["layerNorm"]?.(x, o), "epsilon", "eps"],
    [(o) => construct(nn, "SGD", { w }, o), "learningRate", "lr"],
    [(o) => grad(f, o as never), "argnums", "argument"],
  ];
  for (const [call, name, own] of cases) {
    assert.match(refusal(call, { [name]: 1 }).message, `unknown option ${name}; did you mean ${own}?`);
  }
  assert.match(
    refusal((o) => source(construct(nn, "SGD", { w }) as object)["step"]?.(o), { momentum: 0.9 }).message,
    /unknown option momentum; there is when$/,
  );
});

test.run();
