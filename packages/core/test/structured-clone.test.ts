import { runInNewContext } from "node:vm";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as engine from "../src/index.js";
import { ChainruleError, type Tensor, tensor, variable, zeros } from "../src/index.js";
import { callablesOf } from "./fuzz/argument-calls.js";
import { plausible } from "./fuzz/argument-values.js";

// What structuredClone, and with it postMessage, makes of a tensor is a plain object without methods: where a tensor is meant,
// every function says so, and what to do.

const { port1, port2 } = new MessageChannel();
port1.postMessage(tensor([1, 2]));
const arrived: unknown = receiveMessageOnPort(port2)?.message;
port1.close();

const nn = (await import(new URL("../../../nn/dist/src/index.js", import.meta.url).href)) as Record<string, unknown>;
const pictures = (await import(new URL("../../../pictures/dist/src/index.js", import.meta.url).href)) as object;

/** The same arguments with something else in the place of one tensor, for each of the tensors; those in lists and records as well. */
function withoutOne(args: readonly unknown[], other: (x: Tensor) => unknown): unknown[][] {
  const isList = (x: object) => Array.isArray(x) || Object.getPrototypeOf(x) === Object.prototype;
  const variants = (x: unknown): unknown[] => {
    if (x instanceof engine.Tensor) return [other(x)];
    if (typeof x !== "object" || x === null || !isList(x)) return [];
    return Object.entries(x).flatMap(([key, part]) =>
      variants(part).map((changed) => (Array.isArray(x) ? x.with(Number(key), changed) : { ...x, [key]: changed })),
    );
  };
  return variants(args) as unknown[][];
}

/** What a call comes to, the functions that it gives called as well. */
function outcomeOf(call: (args: readonly unknown[]) => unknown, args: readonly unknown[]): unknown {
  try {
    const result = call(args);
    if (typeof result === "function") result(...args);
    return null;
  } catch (error) {
    return error;
  }
}

const named =
  /the plain object that structuredClone makes of a tensor \(send x\.toTransfer\(\), and make a tensor of it with fromTransfer/;

test("any function that takes tensors names what structuredClone leaves of one", () => {
  const right = plausible(engine);
  const findings: string[] = [];
  const met = new Set<string>();
  let state = 1;
  const draw = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (const { name, call } of callablesOf(
    [engine as unknown as Record<string, unknown>, { ...nn, ...pictures }],
    engine,
  )) {
    // A node is made without tensors, and applied to them.
    if (name.startsWith("new ") && !name.includes(".")) continue;
    // The parts of an optimizer are called by its step alone, which has looked at what it gives them.
    if (/\.(update|initialState|change)$/.test(name)) continue;
    // What tensors of other kinds do, this one does as well.
    if (/^(scalar|integers|bools|empty|variable|result)\./.test(name)) continue;
    for (let i = 0, found = 0; i < 60 && found < 3; i++) {
      const makes = Array.from({ length: 1 + draw(3) }, () => right[draw(right.length)] as () => unknown);
      const make = () => makes.map((make) => make());
      if (outcomeOf(call, make()) !== null) continue;
      const dates = withoutOne(make(), () => new Date(0));
      const clones = withoutOne(make(), (x) => structuredClone(x));
      if (clones.length > 0) found++;
      clones.forEach((args, at) => {
        // One that may be anything, or that is not looked at.
        if (outcomeOf(call, dates[at] as unknown[]) === null) return;
        const outcome = outcomeOf(call, args);
        if (outcome instanceof ChainruleError && named.test(outcome.message)) met.add(name);
        else findings.push(`${name}(${makes.map(String).join(", ")}): ${String(outcome ?? "nothing was said")}`);
      });
    }
  }
  assert.equal(findings, []);
  assert.ok(met.size > 150, `${met.size}`);
});

type Loose = Readonly<Record<string, (...args: unknown[]) => unknown>>;
const [l, n] = [engine as unknown as Loose, nn as Loose];
/** Calls a function, or a method, with what its types forbid. */
const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);
const wrongly = (of: object, method: string, ...args: unknown[]) =>
  (of as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
const make = (name: string, ...args: unknown[]) =>
  Reflect.construct(n[name] as unknown as new () => unknown, args) as object;

const [x, w] = [tensor([1, 2]), variable([1, 2])] as [Tensor, Tensor];
const image = zeros([1, 1, 4, 4]) as Tensor;
const line = zeros([1, 1, 4]) as Tensor;
const at = tensor([0, 1], { dtype: "int32" }) as Tensor;
const square = (x: Tensor) => x.square().sum();
const node = (name: string) => Reflect.construct(l[name] as unknown as new () => unknown, []) as object;

/** Calls that the draw above does not hit on, with a clone of one kind or another in the place of a tensor. */
const rows: Readonly<Record<string, readonly ((c: unknown) => unknown)[]>> = {
  tensor: [(c) => wrong(engine.tensor, c), (c) => wrong(engine.tensor, [c, c]), (c) => wrong(engine.tensor, [1], c)],
  variable: [(c) => wrong(engine.variable, c), (c) => w.assign(c as Tensor), (c) => wrong(engine.variable, [c])],
  "sizes and options": [
    (c) => wrong(engine.zeros, c),
    (c) => wrong(engine.full, c, 1),
    (c) => wrong(engine.full, [2], c),
    (c) => wrong(engine.arange, c),
  ],
  fromArray: [(c) => wrong(engine.fromArray, c, [2]), (c) => wrong(engine.fromArray, Float64Array.of(1), c)],
  fromJSON: [(c) => wrong(engine.fromJSON, c), (c) => wrong(engine.fromTransfer, c)],
  "gradients of a tensor": [(c) => { w.grad = c as Tensor; }, (c) => w.square().backward({ seed: c as Tensor }), (c) => w.backward(c as never)], // biome-ignore format: a list
  methods: [
    ...["add", "mul", "pow", "matmul", "dot", "outer", "greater", "take", "clamp"].map(
      (name) => (c: unknown) => wrongly(x, name, c),
    ),
    (c) => wrongly(x, "where", c, 1),
  ],
  lists: [
    (c) => wrong(engine.concat, [x, c]),
    (c) => wrong(engine.stack, [x, c]),
    (c) => wrong(engine.stack, c),
    (c) => wrong(engine.einsum, "i,i->", x, c),
  ],
  products: [(c) => wrong(engine.matmul, c, x), (c) => wrong(engine.dot, c, x), (c) => wrong(engine.outer, x, c)],
  indices: [
    (c) => wrong(engine.gather, x, c, 0),
    (c) => wrong(engine.gather, c, at, 0),
    (c) => wrong(engine.scatterAdd, x, c, x),
    (c) => wrong(engine.indexAdd, x, at, c),
    (c) => wrong(engine.take, x, c),
    (c) => wrong(engine.oneHot, c, 2),
    (c) => wrong(engine.bincount, c, 2),
    (c) => wrong(engine.topK, c, 1),
  ],
  convolutions: [
    (c) => wrong(engine.conv2d, c, image),
    (c) => wrong(engine.conv2d, image, c),
    (c) => wrong(engine.conv2d, image, image, c),
    (c) => wrong(engine.conv1d, line, c),
    (c) => wrong(engine.convTranspose1d, c, line),
    (c) => wrong(engine.convTranspose2d, image, image, c),
    (c) => wrong(engine.im2col, c, 2),
    (c) => wrong(engine.maxPool2d, c, 2),
    (c) => wrong(engine.avgPool1d, c, 2),
    (c) => wrong(engine.avgPool2d, image, c),
  ],
  nodes: [
    (c) => wrongly(node("Mul"), "apply", c, x),
    (c) => wrongly(node("Add"), "forward", x, c),
    (c) => wrong(engine.operand, "Own", c),
  ],
  transforms: ["grad", "valueAndGrad", "hessian", "jacobian"].flatMap((name) => [
    (c: unknown) => wrong(wrong(l[name], square), c),
    (c: unknown) =>
      wrong(
        wrong(l[name], () => c),
        x,
      ),
    (c: unknown) => wrong(l[name], c),
  ]),
  "records of arguments": [
    (c) =>
      wrong(
        wrong(engine.grad, (p: { c: Tensor }) => square(p.c)),
        { c },
      ),
    (c) =>
      wrong(
        wrong(engine.grad, (p: Tensor[]) => square(p[0] as Tensor)),
        [x, c],
      ),
  ],
  "products of derivatives": [
    (c) => wrong(engine.vjp, square, [c]),
    (c) => (wrong(engine.vjp, square, [x]) as { pullback: (c: unknown) => unknown }).pullback(c),
    (c) => wrong(engine.jvp, square, [x], [c]),
    (c) => wrong(engine.jvp, square, [c], [x]),
    (c) => wrong(engine.hvp, square, x, c),
    (c) => wrong(engine.hvp, square, c, x),
    (c) => wrong(engine.stopGradient, c),
    (c) => wrong(engine.tensorsIn, [c]),
    (c) => wrong(engine.checkpoint, square, c),
  ],
  gradcheck: [
    (c) => wrong(engine.gradcheck, square, [c]),
    (c) => wrong(engine.assertGradcheck, square, [c]),
    (c) => wrong(engine.gradcheck, () => c, [x]),
    (c) => wrong(engine.numericalGradient, square, c),
    (c) => wrong(engine.numericalGradient, () => c, x),
  ],
  compile: [
    (c) =>
      wrong(
        wrong(engine.compile, (x: Tensor) => x.mul(2)),
        c,
      ),
    (c) =>
      wrong(
        wrong(engine.compile, (x: Tensor) => x.mul(2)),
        { list: [x, c] },
      ),
    (c) =>
      wrong(
        wrong(engine.compile, (x: Tensor) => x.mul(c as Tensor)),
        x,
      ),
    (c) => wrong(wrong(engine.compile, () => c)),
    (c) => wrong(wrong(engine.compile, () => ({ y: c }))),
    (c) => wrong(engine.compile, square, c),
  ],
  clipping: [
    (c) => wrong(engine.clipByNorm, [c], 1),
    (c) => wrong(engine.clipGradNorm, [w, c], 1),
    (c) => wrong(engine.clipGradValue, [c], 1),
  ],
  inspection: [(c) => wrong(engine.graphOf, c), (c) => wrong(engine.print, c), (c) => wrong(engine.toDot, [c])],
  losses: [
    (c) => wrong(n["meanSquaredError"], c, x),
    (c) => wrong(n["meanSquaredError"], x, c),
    (c) => wrong(n["softmaxWithLoss"], c, 1),
    (c) => wrong(n["softmaxWithLoss"], x, c),
    (c) => wrong(n["crossEntropy"], x, c),
    (c) => wrong(n["crossEntropy"], x, 1, { weight: c }),
    (c) => wrong(n["nllLoss"], c, 1),
    (c) => wrong(n["binaryCrossEntropyWithLogits"], x, x, { weight: c }),
    (c) => wrong(n["multiMarginLoss"], c, 1),
    (c) => wrong(n["cosineEmbeddingLoss"], image, image, c),
    (c) => wrong(n["tripletMarginLoss"], x, x, c),
    (c) => wrong(n["gaussianNllLoss"], x, x, c),
    (c) => wrong(n["huberLoss"], x, c),
    (c) => wrong(n["ctcLoss"], c, [1], 2, 1),
    (c) => wrong(n["ctcLoss"], image.reshape([4, 4]), c, 2, 1),
    (c) => wrong(n["ctcLoss"], image.reshape([4, 4]), [1], 2, c),
    (c) => wrong(n["klDivergence"], c, x),
    (c) => wrong(n["accuracy"], image.reshape([4, 4]), c),
    (c) => wrong(n["accuracy"], c, [0]),
    (c) => wrong(n["topKAccuracy"], c, [0], 1),
    (c) => wrong(n["confusionMatrix"], c, [0]),
    (c) => wrong(n["classificationReport"], image.reshape([4, 4]), c),
    (c) => wrong(n["r2Score"], x, c),
  ],
  "functions of networks": [
    (c) => wrong(n["embedding"], image.reshape([4, 4]), c),
    (c) => wrong(n["embedding"], c, [0]),
    (c) => wrong(n["dropout"], c, { random: new engine.Random(1) }),
    (c) => wrong(n["dropout"], x, c),
    (c) => wrong(n["layerNorm"], c),
    (c) => wrong(n["layerNorm"], x, { weight: c }),
    (c) => wrong(n["batchNorm"], c),
    (c) => wrong(n["groupNorm"], c, 1),
    (c) => wrong(n["scaledDotProductAttention"], c, image, image),
    (c) => wrong(n["scaledDotProductAttention"], image, image, image, { mask: c }),
  ],
  layers: [
    (c) => wrongly(make("Affine", 2, 2, { random: new engine.Random(1) }), "forward", c),
    (c) => wrongly(make("Sequential", [make("ReLU")]), "forward", c),
    (c) => make("Sequential", [c]),
    (c) => make("Sequential", c),
    (c) => wrongly(make("Sequential", [() => c]), "forward", x),
  ],
  optimizers: [
    (c) => make("SGD", c, { lr: 0.1 }),
    (c) => make("SGD", { c }, { lr: 0.1 }),
    (c) => make("SGD", { w }, c),
    (c) => wrongly(make("SGD", { w }, { lr: 0.1 }), "loadState", c),
    (c) => make("Adam", [{ parameters: { w } }, { parameters: c }]),
    (c) => make("Adam", [{ parameters: { w }, where: c }]),
    (c) => wrongly(make("SGD", { w }), "step", { when: c }),
    (c) => make("LBFGS", { c }),
    (c) => wrongly(make("LBFGS", { w }, { compiled: false }), "step", () => c),
    (c) => wrongly(make("LBFGS", { w }), "loadState", { s: c, y: c }),
    (c) => make("AveragedWeights", { c }),
    (c) => wrongly(make("AveragedWeights", { w }), "loadState", { count: c, "w.average": c }),
    (c) => wrong(n["trainStep"], square, make("SGD", { w }), { average: c }),
    (c) => wrongly(make("ReduceOnPlateau"), "step", c),
    (c) => wrong(n["warmUp"], c, { steps: 2 }),
    (c) =>
      wrong(
        wrong(n["trainStep"], (x: Tensor) => x.mul(w).sum(), make("SGD", { w }, { lr: 0.1 })),
        c,
      ),
  ],
  data: [
    (c) => wrong(n["loadParameters"], c, {}),
    (c) => wrong(n["loadParameters"], { w }, c),
    (c) => wrong(n["loadParameters"], { w }, { w: c }),
    (c) => wrong(n["encodeSafetensors"], c),
    (c) => wrong(n["encodeSafetensors"], { w: c }),
    (c) => wrong(n["decodeSafetensors"], c),
    (c) => wrong(n["takeRows"], { x }, c),
    (c) => wrong(n["takeRows"], { x: c }, [0]),
    (c) => wrong(n["takeRows"], c, [0]),
    (c) => [...(wrong(n["batches"], { x: c }, 1) as Iterable<unknown>)],
    (c) => [...(wrong(n["batches"], c, 1) as Iterable<unknown>)],
    (c) => wrongly(make("ByteRows", new Uint8Array(4), [2, 2]), "take", c),
    (c) => make("ByteRows", c, [2, 2]),
    (c) => wrong(n["parseIdx"], c),
    (c) => wrong(n["parseCsv"], c),
    (c) => wrong(n["randomFlip"], c, new engine.Random(1)),
    (c) => wrong(n["normalizeChannels"], c, { mean: 0, std: 1 }),
    (c) => wrong(n["splitRows"], 2, { a: 1 }, { random: new engine.Random(1), labels: c }),
  ],
};

const clones: Readonly<Record<string, unknown>> = {
  "a vector": structuredClone(tensor([1, 2])),
  "a scalar": structuredClone(tensor(1)),
  "a variable": structuredClone(variable([1, 2], { name: "w" })),
  "a result": structuredClone(variable([1, 2]).square()),
  "one of a message": arrived,
  "one of another realm": runInNewContext("Object.assign({}, clone)", { clone: structuredClone(tensor([1, 2])) }),
};

for (const [name, calls] of Object.entries(rows)) {
  test(`${name}: what structuredClone leaves of a tensor is named`, () => {
    const silent = calls.flatMap((call) =>
      Object.entries(clones).flatMap(([kind, clone]) => {
        const outcome = outcomeOf(() => call(clone), []);
        const isNamed = outcome instanceof ChainruleError && named.test(outcome.message);
        return isNamed ? [] : [`${kind} in ${String(call)}: ${String(outcome ?? "nothing was said")}`];
      }),
    );
    assert.equal(silent, []);
  });
}

test.run();
