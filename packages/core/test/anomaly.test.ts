import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placeOf } from "../src/debug/place.js";
import {
  AnomalyError,
  type AnomalyOptions,
  checkpoint,
  customOp,
  detectAnomaly,
  GraphError,
  grad,
  type Tensor,
  tensor,
  variable,
  where,
} from "../src/index.js";

/** What `detectAnomaly` stops with. */
function anomalyOf(f: () => unknown, options: AnomalyOptions = {}): AnomalyError {
  try {
    detectAnomaly(f, options);
  } catch (error) {
    if (error instanceof AnomalyError) return error;
    throw error;
  }
  throw new Error("nothing was found");
}

/** The line of this (compiled) file that calls this function. */
function here(): number {
  return Number(/anomaly\.test\.js:(\d+)/.exec(new Error().stack?.split("\n")[2] ?? "")?.[1]);
}

const placeIn = (line: number) => new RegExp(`anomaly\\.test\\.js:${line}:\\d+\\)?$`);

const forward = suite("anomalies of the forward pass");

forward("the first NaN names the op, its inputs, the element and the place", () => {
  const x = variable(
    [
      [1, 2],
      [-3, 4],
    ],
    { name: "x" },
  );
  const error = anomalyOf(() => x.mul(2).log().exp().sum());
  assert.is(error.name, "AnomalyError");
  assert.is(error.op, "Log");
  assert.is(error.pass, "forward");
  assert.ok(Number.isNaN(error.value));
  assert.equal(error.index, [1, 0]);
  assert.match(
    error.message,
    "Log: the output, Log(-6), is NaN at element [1, 0]; its input is good, so this op made it\n",
  );
  assert.match(error.message, "\n  input 0: made by Mul [2, 2] = [[2, 4], [-6, 8]]\n");
  assert.match(error.place ?? "", /anomaly\.test\.js:\d+:\d+/);
  assert.ok(error.message.endsWith(`\n  made at ${error.place}`));
});

forward("the place is the line that applied the op, also behind functions of one's own", () => {
  let line = 0;
  const inner = (x: Tensor) => {
    line = here() + 1;
    return x.div(0);
  };
  const error = anomalyOf(() => inner(tensor([1, 2])));
  assert.match(error.place ?? "", placeIn(line));
  assert.match(error.place ?? "", /^inner \(/);
});

forward("an input that was bad before is named, with what it holds", () => {
  const W = variable([[1, Number.NaN]], { name: "W" });
  const leaf = anomalyOf(() => W.matmul(tensor([[1], [2]])));
  assert.match(
    leaf.message,
    "MatMul: the output is NaN at element [0, 0]; W is NaN at element [0, 1] already: look for what made that",
  );
  const before = variable([1, 0]).log();
  const result = anomalyOf(() => before.add(1));
  assert.match(
    result.message,
    "Add: the output, Add(-Infinity, 1), is -Infinity at element [1]; input 0 is -Infinity at element [1] already",
  );
  assert.match(result.message, "input 0: made by Log [2] = [0, -Infinity]");
});

forward("an infinity counts unless it is said to be meant; a NaN always does", () => {
  const x = variable(0);
  const error = anomalyOf(() => x.log());
  assert.is(error.value, -Infinity);
  assert.equal(error.index, []);
  assert.match(error.message, "pass { infinities: false }");
  assert.is(detectAnomaly(() => x.log(), { infinities: false }).item(), -Infinity);
  const product = anomalyOf(() => x.log().mul(0), { infinities: false });
  assert.is(product.op, "Mul");
  assert.match(product.message, "an infinity among its inputs was let pass, so this op made it");
});

forward("ops without a graph, float32, scalars and ops of one's own are looked at, integers are not in the way", () => {
  assert.is(anomalyOf(() => tensor(new Float32Array([-1])).sqrt()).op, "Sqrt");
  assert.is(anomalyOf(() => variable(-1).log()).op, "Log");
  assert.is(anomalyOf(() => variable(1).div(0)).op, "Div");
  const broken = customOp("Broken", {
    arity: 1,
    shape: (x) => x,
    forward: (out) => out.fill(Number.NaN),
    backward: [(dout) => dout],
  });
  const error = anomalyOf(() => broken(tensor([1, 2])));
  assert.is(error.op, "Broken");
  assert.match(error.place ?? "", /anomaly\.test\.js/);
  assert.equal(detectAnomaly(() => tensor([5, 6], { dtype: "int32" }).add(1)).toArray(), [6, 7]);
});

forward("inside a segment that is one node, the op in it is named", () => {
  const error = anomalyOf(() => checkpoint((x: Tensor) => x.square().neg().sqrt(), variable([2])));
  assert.is(error.op, "Sqrt");
});

forward.run();

const backward = suite("anomalies of the walk");
const quiet = { infinities: false } as const;

backward("the NaN behind where is found and the repair named; repaired, there is none", () => {
  const x = variable([1, 0, 2], { name: "x" });
  const positive = x.greater(0).named("positive");
  let line = 0;
  const broken = () => {
    line = here() + 1;
    const logs = x.log();
    return where(positive, logs.mul(3), 0).sum();
  };
  const error = anomalyOf(() => broken().backward(), quiet);
  assert.is(error.op, "Log");
  assert.is(error.pass, "backward");
  assert.ok(Number.isNaN(error.value));
  assert.equal(error.index, [1]);
  assert.match(error.place ?? "", placeIn(line));
  assert.match(
    error.message,
    "Log: the gradient of x becomes NaN at element [1] in its backward; the gradient of its output is good",
  );
  assert.match(error.message, "\n  gradient of the output: [3] = [3, 0, 3]\n");
  assert.match(error.message, "0 x infinity: the gradient that comes in there is 0, as where(...), made at broken (");
  assert.match(error.message, "repair: a safe input in the branch not taken: where(positive, x, 1) in the place of x");
  assert.match(error.message, new RegExp(`\\n  made at broken \\(.*:${line}:`));
  assert.is(x.grad, null);

  const repaired = () => where(positive, where(positive, x, 1).log().mul(3), 0).sum();
  detectAnomaly(() => repaired().backward());
  assert.equal(x.grad?.toArray(), [3, 0, 1.5]);
});

backward("the other branch, other ops, scalars", () => {
  const x = variable([4, 0], { name: "x" });
  const zero = x.equal(0);
  const divided = anomalyOf(() => where(zero, 0, tensor(1).div(x)).sum().backward(), quiet);
  assert.is(divided.op, "Div");
  assert.equal(divided.index, [1]);
  assert.match(divided.message, "where(condition, 1, x) in the place of x");
  const scalar = variable(0, { name: "s" });
  const root = anomalyOf(() => where(scalar.greater(0), scalar.sqrt(), 0).backward());
  assert.is(root.op, "Sqrt");
  assert.equal(root.index, []);
  assert.match(root.message, "where(condition, s, 1) in the place of s");
});

backward("without a where the product is explained all the same; an infinite derivative is one", () => {
  const x = variable(0, { name: "x" });
  const product = anomalyOf(() => x.sqrt().mul(0).backward());
  assert.match(product.message, "0 x infinity");
  assert.match(product.message, "repair: a safe input for Sqrt in these elements, as in where(condition, x, 1)");
  const infinite = anomalyOf(() => x.sqrt().backward());
  assert.is(infinite.value, Infinity);
  assert.match(infinite.message, "and so are its values\n");
  assert.match(infinite.message, "the derivative of Sqrt is infinite there, or overflows");
  detectAnomaly(() => x.sqrt().backward(), quiet);
  assert.is(x.grad?.item(), Infinity);
});

backward("a wrong backward of one's own op is named, not the op that it is written with", () => {
  const wrong = customOp("Wrong", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(x.data),
    backward: [(dout) => dout.sub(dout).log().mul(0)],
  });
  const error = anomalyOf(() =>
    wrong(variable([1, 2]))
      .mul(2)
      .sum()
      .backward(),
  );
  assert.is(error.op, "Wrong");
  assert.match(error.place ?? "", /anomaly\.test\.js/);
});

backward("a seed and a hook that bring it are named", () => {
  const x = variable([1, 2]);
  const seed = anomalyOf(() => x.square().backward({ seed: tensor([1, Number.NaN]) }));
  assert.match(
    seed.message,
    "Square: the gradient of its output is NaN at element [1]: it is the seed given to the walk",
  );
  const y = variable([1, 2], { name: "y" });
  y.onGradient(() => tensor([1, Number.NaN]));
  assert.match(
    anomalyOf(() => y.square().sum().backward()).message,
    "its output y is NaN at element [1]: it is what a hook (onGradient) gave",
  );
});

backward("in transforms and second derivatives, with the place of the first node", () => {
  // The first derivative of x^(3/2) at 0 is 0, the second one infinite.
  const f = (x: Tensor) => x.pow(1.5);
  assert.is(detectAnomaly(() => grad(f)(0)).item(), 0);
  const error = anomalyOf(() => grad(grad(f))(0));
  assert.is(error.value, Infinity);
  assert.is(error.pass, "backward");
  assert.match(error.message, /in the gradient of Pow, made at f \(.*anomaly\.test\.js:\d+:\d+\)/);
});

backward("a graph from before the scope has no places, and says so", () => {
  const y = variable([0]).sqrt();
  const error = anomalyOf(() => y.backward({ seed: 1 }));
  assert.is(error.place, null);
  assert.match(error.message, "made at a place that is not known; apply it inside detectAnomaly, too");
});

backward.run();

const scope = suite("the scope of detectAnomaly");

scope("it ends with its function, also by an error, and scopes nest", () => {
  const bad = () => tensor(0).log().item();
  anomalyOf(bad);
  assert.is(bad(), -Infinity);
  const inner = () => detectAnomaly(bad, { infinities: false });
  assert.is(detectAnomaly(inner), -Infinity);
  assert.is(anomalyOf(() => [inner(), bad()]).op, "Log");
});

scope("values and gradients are those of a run without it, bit for bit", () => {
  const run = (): (Tensor | null)[] => {
    const w = variable([
      [0.3, -1.2],
      [2.1, 0.7],
    ]);
    const s = variable(0.3, { dtype: "float32" });
    w.matmul(w.tanh()).softmax().mul(w.sigmoid()).logSumExp().backward();
    s.mul(s).exp().sin().div(s.add(3)).backward();
    return [w.grad, s.grad];
  };
  const plain = run().map((gradient) => Array.from(gradient?.data ?? []));
  const watched = detectAnomaly(run).map((gradient) => Array.from(gradient?.data ?? []));
  assert.ok(plain.flat().length === 5 && plain.flat().every((value) => value !== 0));
  assert.equal(watched, plain);
});

scope("nodes hold nothing more, inside or outside", () => {
  const fields = () => Object.keys(variable(2).mul(3).node ?? {});
  assert.equal(detectAnomaly(fields), fields());
});

scope("an asynchronous function is refused, as its work would go on without the scope", () => {
  assert.throws(
    () => detectAnomaly(async () => 1),
    (error: unknown) =>
      error instanceof GraphError && /detectAnomaly: the function gives a promise/.test(error.message),
  );
});

scope("the engine's stack limit is as it was", () => {
  const before = Error.stackTraceLimit;
  detectAnomaly(() => variable(2).mul(3));
  anomalyOf(() => variable(0).log());
  assert.is(Error.stackTraceLimit, before);
});

scope.run();

const places = suite("the place in the user's code");
const core = new URL("../src/index.js", import.meta.url).href;
const program = (from: string) => `
  import { detectAnomaly, variable } from ${JSON.stringify(from)};
  function userFunction() { return variable([0, 1]).log(); }
  try { detectAnomaly(() => userFunction()); } catch (error) { console.log(error.place); }
`;

/** What a program in a process of its own prints. */
function output(text: string, ...options: string[]): string {
  return spawnSync(process.execPath, [...options, "--input-type=module"], {
    encoding: "utf8",
    input: text,
  }).stdout.trim();
}

places("with source maps and without, deep in calls", () => {
  for (const options of [[], ["--enable-source-maps"], ["--stack-trace-limit=4"]]) {
    assert.match(output(program(core), ...options), /^userFunction \(.*eval.*:3:\d+\)$/, options.join());
  }
});

places("behind the bundle of core", () => {
  const bundle = new URL("../chainrule-core.min.js", import.meta.url).href;
  assert.match(output(program(bundle)), /^userFunction \(.*eval.*:3:\d+\)$/);
});

places("in a bundle of all code the innermost frames are shown, the user's among them", async () => {
  const { outputFiles } = await build({
    stdin: { contents: program(fileURLToPath(core)), resolveDir: fileURLToPath(new URL(".", core)), loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "silent",
  });
  assert.match(output(outputFiles[0]?.text ?? ""), /\n {4}userFunction \(.*:\d+:\d+\)/);
});

places("the stacks of Firefox and Safari are read as well, and a package's path", () => {
  const stackOf = (...lines: string[]) => Object.assign(new Error(), { stack: lines.join("\n") });
  const root = "https://cdn.example/node_modules/@chainrule/core/dist/src";
  const lines = [`captureStack@${root}/debug/place.js:1:2`, `apply@${root}/graph/node.js:3:4`];
  const layer = "forward@https://cdn.example/node_modules/@chainrule/nn/dist/src/layers/affine.js:5:6";
  const user = "loss@https://app.example/train.js:7:8";
  assert.is(
    placeOf(stackOf(...lines, "forEach@[native code]", layer, user)),
    "loss (https://app.example/train.js:7:8)",
  );
  assert.is(placeOf(stackOf(...lines, "@https://app.example/train.js:9:1")), "https://app.example/train.js:9:1");
  assert.is(placeOf(stackOf("")), null);
  // The published modules: an entry, and what entries share.
  const lib = "https://cdn.example/lib";
  const entry = `compile@${lib}/index.js:1:2`;
  assert.is(
    placeOf(stackOf(`captureStack@${lib}/shared/chunk-7APGCMDC.js:1:2`, entry, user)),
    `${user.replace("@", " (")})`,
  );
  const index = "file:///app/node_modules/@chainrule/core/dist/lib/index.js:1:2";
  const chunk = "file:///app/node_modules/@chainrule/core/dist/lib/shared/chunk-GTANC2KA.js:1:2";
  assert.is(placeOf(stackOf(`captureStack@${index}`, `apply@${chunk}`, user)), `${user.replace("@", " (")})`);
  // A folder of the user's that has the name of a package of ours is still the user's.
  const here = "https://app.example/vendor/core/src/debug/place.js:1:2";
  const beside = "https://app.example/vendor/nn/src/mine.js:3:4";
  assert.is(placeOf(stackOf(`captureStack@${here}`, `mine@${beside}`)), `mine (${beside})`);
});

places("functions that were awaited have a word before them, which is no part of a name or a file", () => {
  const root = "https://cdn.example/node_modules/@chainrule/core/dist/src";
  const last = "main (file:///app/main.js:9:9)";
  // The line, and the place in it; none where no code of the user's is: then it is the one that follows.
  const rows: [string, string?][] = [
    ["    at async node:internal/modules/esm/loader:223:26"],
    ["    at async onImport.tracePromise.__proto__ (node:internal/modules/esm/loader:681:26)"],
    ["    at async Promise.all (index 0)"],
    [`    at async ${root}/graph/node.js:3:4`],
    [`    at async apply (${root}/graph/node.js:3:4)`],
    [`async*@${root}/graph/node.js:3:4`],
    [`async*apply@${root}/graph/node.js:3:4`],
    ["    at async file:///app/train.js:7:8", "file:///app/train.js:7:8"],
    ["    at async loss (file:///app/train.js:7:8)", "loss (file:///app/train.js:7:8)"],
    ["    at /app (old)/train.js:7:8", "/app (old)/train.js:7:8"],
    ["    at new Loss (/app (old)/train.js:7:8)", "new Loss (/app (old)/train.js:7:8)"],
    ["async*loss@https://app.example/train.js:7:8", "loss (https://app.example/train.js:7:8)"],
    ["promise callback*@https://app.example/train.js:7:8", "https://app.example/train.js:7:8"],
    ["async loss@https://app.example/train.js:7:8", "loss (https://app.example/train.js:7:8)"],
  ];
  for (const [line, place = last] of rows) {
    const lines = [`    at captureStack (${root}/debug/place.js:1:2)`, line, `    at ${last}`];
    assert.is(placeOf(Object.assign(new Error(), { stack: lines.join("\n") })), place, line);
  }
});

places.run();
