// Runs the suites and counts what they report; with `--all` those of browsers and of many processes, too, and with
// `--second-node FILE` the unit and property tests on that Node as well. With `--unit` only these, in this process's coverage.
// Each suite is a process of its own; the counts are those that it printed. A suite that cannot run here, or is left out, is
// said to be skipped, and not counted.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const options = (() => {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({ options: { all: flag, unit: flag, "second-node": { type: "string" } } }).values;
  } catch (error) {
    console.error(`${error.message}\nThere are --all, --unit and --second-node FILE.`);
    process.exit(1);
  }
})();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ["core", "nn", "pictures", "pages", "examples"];
const started = performance.now();

/** More than any suite needs on a slow machine. */
const minutes = 20;

/**
 * Most of what the tests run, they run a few times and never again: optimizing it, as early as V8 does by default, takes longer than it
 * saves, by up to half of a suite's processor time. What runs a thousandfold is optimized all the same. A Node that does not know the flag goes without.
 */
const flagsOf = (node) =>
  ["--interrupt-budget=1000000"].filter((flag) => spawnSync(node, [flag, "--version"]).status === 0);

/** The Node of all suites that name no other. */
const thisNode = { path: process.execPath, flags: flagsOf(process.execPath) };

const tsc = "node_modules/typescript/bin/tsc";

/**
 * Every program that a test or an example compiles is interpreted beside the code that was emitted for it; but for heavy examples, whose
 * networks would take most of all the time. The condition is the one under which packages find each other's dist/src, not the bundles.
 */
const ofModules = ["--conditions", "@chainrule/modules"];
const interpreted = [...ofModules, "--import", "./packages/core/dist/test/support/interpreter/install.js"];

/** A suite that is one check: it passes when it exits with 0. */
const single = (name, args) => ({ name, args, count: (_output, code) => (code === 0 ? [1, 0] : [0, 1]) });

/** A suite that prints "N passed, N failed". */
const counted = (name, args) => ({ name, args, count: (output) => numbers(output, /(\d+) passed, (\d+) failed/) });

/** A file of uvu tests, which prints its total and how many passed. */
function uvu(path, flags = interpreted) {
  const count = (output) => {
    const found = numbers(output, /Total:\s+(\d+)\s+Passed:\s+(\d+)/);
    return found && [found[1], found[0] - found[1]];
  };
  return { name: path.replace("/dist/", "/").replace(/\.js$/, ""), args: [...flags, path], count };
}

function numbers(output, pattern) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are control characters
  const found = pattern.exec(output.replaceAll(/\u001b\[\d*m/g, ""));
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

const files = packages.flatMap((name) => {
  const folder = `packages/${name}/dist/test`;
  const inside = readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${file}`);
  return inside.filter((file) => file.endsWith(".test.js"));
});
const isInBrowser = (file) => file.includes("/test/browser/");
const unitFiles = files.filter((file) => !isInBrowser(file));
const unit = unitFiles.map((file) => uvu(file));
const inBrowsers = files.filter(isInBrowser).map((file) => uvu(file));

/**
 * Suites that look at files only, try what is wrong in ways that no Node tells apart, or are the longer form of another: once is
 * enough, so that `--unit` leaves them out.
 */
const once = [
  "core/test/imports.test",
  "core/test/arguments.test",
  "nn/test/layer-derivatives.test",
  "examples/test/mnist-input.test",
  // Each starts a compiler or two of its own, which look at declarations.
  "core/test/consumer-types.test",
  "core/test/editor.test",
];

/** With those that start many processes or draw many programs they take as long as half of all: they are left to CI, which gives `--all`. */
const lengthy = [
  ...once,
  "examples/test/mnist.test",
  "core/test/compile-fuzz.test",
  "core/test/compile-infinities.test",
];

const isAmong = (names, { name }) => names.some((each) => name === `packages/${each}`);

// The longest first, so that none is left alone at the end.
unit.sort((a, b) => isAmong(lengthy, b) - isAmong(lengthy, a));

const playgroundTests = readdirSync(join(root, "packages/playground/test"))
  .filter((file) => file.endsWith(".test.mjs"))
  .map((file) => file.replace(".test.mjs", ""));

/** Leaves a suite to CI. */
function left(suite, why) {
  return options.all ? suite : { ...suite, skip: `${why}; npm test -- --all runs it, as CI does` };
}

/** Suites that begin when the suite of a name has ended. */
const after = (name, suites) => suites.map((suite) => ({ after: name, ...suite }));

/** Suites of emitted code, arithmetic, files and processes: what may be otherwise on another Node. Texts and structures are not. */
const ofNode =
  /compile|wasm|matmul|math|accuracy|random|dtypes|ops.test|conv.test|windows|exchange|structured-clone|fast|control|walk|safetensors|idx|csv|trainer|optimizers|layers|losses|report-node|mnist-parts/;

/**
 * These unit and property tests on another Node, to see what its V8 and its library do otherwise: a quarter of the drawn cases, without
 * the interpreter beside them, and none that are lengthy.
 */
function onSecondNode(path) {
  const { status, stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`--second-node ${path}: this is no Node: ${error?.message ?? `it ends with ${status}`}`);
  const node = { path, flags: flagsOf(path) };
  return unitFiles
    .map((file) => uvu(file, ofModules))
    .filter((suite) => ofNode.test(suite.name) && !isAmong(lengthy, suite))
    .map((suite) => ({ ...suite, name: `Node ${stdout.trim()}: ${suite.name}`, node, env: { FC_RUNS: "0.25" } }));
}

async function suites() {
  if (options.unit) {
    return unit.map((suite) => (isAmong(once, suite) ? { ...suite, skip: "npm test -- --all runs it" } : suite));
  }
  const { chapters } = await import("../packages/examples/dist/src/list.js");
  const { findChromium } = await import("../packages/core/dist/test/browser/chromium.js");
  const skip = findChromium() === undefined ? "no Chromium in the PATH, nor in the variable CHROMIUM" : undefined;
  const inBrowser = (suite) => left({ ...suite, skip }, "it takes a browser");
  const playground = (part) => counted(`playground: ${part}`, ["packages/playground/test/run.mjs", part]);
  const examples = chapters.flatMap(({ examples }) => examples);
  return [
    single("types", [tsc, "-b", ...packages.map((name) => `packages/${name}`)]),
    // The compiler may write what the others read. Those that take long come first, so that none is left alone at the end.
    ...after("types", [
      left(single("playground: build", ["tools/run.mjs", "playground", "build"]), "it takes its time"),
      ...after("playground: build", [
        left(counted("site", ["docs/site/test/main.mjs"]), "it builds the documentation twice"),
        ...playgroundTests.map((part) => inBrowser(playground(part))),
        left(playground("types"), "it needs the playground's packages"),
      ]),
      left(counted("guide", ["tools/guide.mjs"]), "it builds a copy of core"),
      left(counted("packages", ["tools/packages.mjs"]), "it packs and installs"),
      ...inBrowsers.map(inBrowser),
      ...unit.map((suite) => (isAmong(lengthy, suite) ? left(suite, "it takes long") : suite)),
      ...examples
        .filter(({ isHeavy, isAlone }) => isHeavy || isAlone)
        .map(({ name, file, short, isHeavy }) => {
          const suite = single(`example ${name}`, [...(isHeavy ? [] : interpreted), file, ...short]);
          return isHeavy ? left(suite, "it takes its time") : suite;
        }),
      ...chapters
        .filter(({ examples }) => examples.some(({ isHeavy, isAlone }) => !isHeavy && !isAlone))
        .map(({ folder }) =>
          counted(`examples of ${folder}`, [...interpreted, "packages/examples/dist/src/run-short.js", folder]),
        ),
      left(
        counted("programs of GradBench", [
          "--import",
          "./packages/bench/engine-hook.mjs",
          "packages/bench/gradbench/check.mjs",
        ]),
        "it takes its time",
      ),
      single("types of the loop printer", [tsc, "-p", "packages/core/scripts"]),
      single("types of the pages' code", [tsc, "-p", "packages/pages/client"]),
      single("lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "."]),
      counted("type tests", ["packages/core/test/types/run.mjs"]),
      ...(options["second-node"] === undefined ? [] : onSecondNode(options["second-node"])),
    ]),
  ];
}

/** Runs one suite; a suite that ends badly or counts nothing has failed at least once. */
function runSuite({ name, args, count, node = thisNode, env: more = {} }) {
  return new Promise((resolve) => {
    const start = performance.now();
    // A variable that picks ops is for one who works at them.
    const { OPS: _, ...others } = process.env;
    // Every program that the tests compile is checked between the stages.
    const env = { ...others, CHAINRULE_VERIFY: "1", ...more };
    const child = spawn(node.path, [...node.flags, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
      });
    }
    // A suite that hangs fails, and does not hang the others.
    const limit = setTimeout(() => {
      output += `\nstopped after ${minutes} minutes`;
      child.kill("SIGKILL");
    }, minutes * 60_000);
    child.on("close", (code) => {
      clearTimeout(limit);
      for (const [, ...found] of output.matchAll(/^interpreted (\d+) programs, (\d+) kernels, (\d+) skipped$/gm)) {
        found.forEach((count, i) => {
          interpretations[i] += Number(count);
        });
      }
      let [passed, failed] = count(output, code) ?? [0, 0];
      if ((code !== 0 || passed === 0) && failed === 0) failed = 1;
      const seconds = (performance.now() - start) / 1000;
      took.push({ name, seconds });
      const counts = `${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`;
      console.log(`${failed === 0 ? "ok  " : "FAIL"} ${name}: ${counts}`);
      if (failed > 0) console.log(output.trimEnd().replaceAll(/^/gm, "     "));
      resolve([passed, failed]);
    });
  });
}

const skipped = [];
const took = [];
let passed = 0;
let failed = 0;
/** Programs, kernels, and kernels that were too long. */
const interpretations = [0, 0, 0];

/** Runs suites, so many at a time, each when the one that it comes after has ended. */
async function runAll(waiting, atOnce) {
  const ended = new Set();
  const running = new Set();
  const start = async (suite) => {
    const [good, bad] = await runSuite(suite);
    passed += good;
    failed += bad;
    ended.add(suite.name);
  };
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(({ skip, after }) => skip !== undefined || after === undefined || ended.has(after));
    if (waiting[next]?.skip !== undefined) {
      const [{ name, skip }] = waiting.splice(next, 1);
      skipped.push(`skip ${name}: not run, ${skip}`);
      ended.add(name);
    } else if (next >= 0 && running.size < atOnce) {
      const run = start(waiting.splice(next, 1)[0]).finally(() => running.delete(run));
      running.add(run);
    } else await Promise.race(running);
  }
}
// One more than there are processors, up to two: suites of browsers and of other processes wait a good deal.
await runAll(await suites(), Math.min(2, availableParallelism()) + 1);

console.log(`\nall suites in ${((performance.now() - started) / 1000).toFixed(0)} s`);
const slowest = took.sort((a, b) => b.seconds - a.seconds).slice(0, 5);
console.log(`the slowest: ${slowest.map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`).join(", ")}`);
const [programs, kernels, tooLong] = interpretations;
console.log(`interpreted ${programs} programs: ${kernels} kernels, and ${tooLong} that were too long skipped`);
for (const line of skipped) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
