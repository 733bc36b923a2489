// Runs the suites and counts what they report; with `--all` those of many processes, too. With `--unit` only the unit and
// property tests, in this process's coverage. Each suite is a process of its own; the counts are those that it printed. A
// suite that cannot run here, or is left out, is said to be skipped, and not counted.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ["core", "nn", "pictures", "pages", "examples"];
const started = performance.now();

/** More than any suite needs on a slow machine. */
const minutes = 20;

/**
 * Most of what the tests run, they run a few times and never again: optimizing it, as early as V8 does by default, takes longer than it
 * saves, by up to half of a suite's processor time. What runs a thousandfold is optimized all the same. A Node that does not know the flag goes without.
 */
const flags = ["--interrupt-budget=1000000"].filter(
  (flag) => spawnSync(process.execPath, [flag, "--version"]).status === 0,
);

const tsc = "node_modules/typescript/bin/tsc";

/**
 * Every program that a test or an example compiles is interpreted beside the code that was emitted for it; but for heavy examples, whose
 * networks would take most of all the time. The condition is the one under which packages find each other's dist/src, not the bundles.
 */
const interpreted = [
  "--conditions",
  "@chainrule/modules",
  "--import",
  "./packages/core/dist/test/support/interpreter/install.js",
];

/** A suite that is one check: it passes when it exits with 0. */
const single = (name, args) => ({ name, args, count: (_output, code) => (code === 0 ? [1, 0] : [0, 1]) });

/** A suite that prints "N passed, N failed". */
const counted = (name, args) => ({ name, args, count: (output) => numbers(output, /(\d+) passed, (\d+) failed/) });

/** A file of uvu tests, which prints its total and how many passed. */
function uvu(path) {
  const count = (output) => {
    const found = numbers(output, /Total:\s+(\d+)\s+Passed:\s+(\d+)/);
    return found && [found[1], found[0] - found[1]];
  };
  return { name: path.replace("/dist/", "/").replace(/\.js$/, ""), args: [...interpreted, path], count };
}

function numbers(output, pattern) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are control characters
  const found = pattern.exec(output.replaceAll(/\u001b\[\d*m/g, ""));
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

const unit = packages.flatMap((name) => {
  const folder = `packages/${name}/dist/test`;
  const files = readdirSync(join(root, folder), { recursive: true }).map(String);
  const tests = files.filter((file) => file.endsWith(".test.js") && !file.startsWith("browser"));
  return tests.map((file) => uvu(`${folder}/${file}`));
});

/** Those that need a browser. */
const inBrowsers = packages.flatMap((name) => {
  const folder = `packages/${name}/dist/test/browser`;
  if (!existsSync(join(root, folder))) return [];
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith(".test.js"));
  return files.map((file) => uvu(`${folder}/${file}`));
});

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

/** Leaves a lengthy suite to CI. */
function left(suite, isLengthy, why) {
  const isLeft = isLengthy && !process.argv.includes("--all");
  return isLeft ? { ...suite, skip: `${why}; npm test -- --all runs it, as CI does` } : suite;
}

async function suites() {
  if (process.argv.includes("--unit")) {
    return unit.map((suite) => (isAmong(once, suite) ? { ...suite, skip: "npm test -- --all runs it" } : suite));
  }
  const { chapters } = await import("../packages/examples/dist/src/list.js");
  const { findChromium } = await import("../packages/core/dist/test/browser/chromium.js");
  const skip = findChromium() === undefined ? "no Chromium in the PATH, nor in the variable CHROMIUM" : undefined;
  return [
    single("types", [tsc, "-b", ...packages.map((name) => `packages/${name}`)]),
    single("types of the loop printer", [tsc, "-p", "packages/core/scripts"]),
    single("types of the pages' code", [tsc, "-p", "packages/pages/client"]),
    single("lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "."]),
    counted("type tests", ["packages/core/test/types/run.mjs"]),
    ...unit.map((suite) => left(suite, isAmong(lengthy, suite), "it takes long")),
    ...inBrowsers.map((suite) => ({ ...suite, skip })),
    left(
      { ...counted("playground", ["tools/run.mjs", "playground", "test"]), skip },
      true,
      "it builds the page, and trains in it",
    ),
    left(counted("packages", ["tools/packages.mjs"]), true, "it packs and installs"),
    left(counted("guide", ["tools/guide.mjs"]), true, "it builds a copy of core"),
    left(counted("site", ["docs/site/test/main.mjs"]), true, "it builds the documentation twice"),
    left(
      counted("programs of GradBench", [
        "--import",
        "./packages/bench/engine-hook.mjs",
        "packages/bench/gradbench/check.mjs",
      ]),
      true,
      "it takes its time",
    ),
    ...chapters
      .filter(({ examples }) => examples.some(({ isHeavy, isAlone }) => !isHeavy && !isAlone))
      .map(({ folder }) =>
        counted(`examples of ${folder}`, [...interpreted, "packages/examples/dist/src/run-short.js", folder]),
      ),
    ...chapters
      .flatMap(({ examples }) => examples)
      .filter(({ isHeavy, isAlone }) => isHeavy || isAlone)
      .map(({ name, file, short, isHeavy }) =>
        left(
          single(`example ${name}`, [...(isHeavy ? [] : interpreted), file, ...short]),
          isHeavy,
          "it takes its time",
        ),
      ),
  ];
}

/** Runs one suite; a suite that ends badly or counts nothing has failed at least once. */
function runSuite({ name, args, count }) {
  return new Promise((resolve) => {
    const start = performance.now();
    // A variable that picks ops is for one who works at them.
    const { OPS: _, ...others } = process.env;
    // Every program that the tests compile is checked between the stages.
    const env = { ...others, CHAINRULE_VERIFY: "1" };
    const child = spawn(process.execPath, [...flags, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
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

const waiting = await suites();
const skipped = [];
const took = [];
let passed = 0;
let failed = 0;
/** Programs, kernels, and kernels that were too long. */
const interpretations = [0, 0, 0];
async function work() {
  for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
    if (suite.skip !== undefined) {
      skipped.push(`skip ${suite.name}: not run, ${suite.skip}`);
      continue;
    }
    const [good, bad] = await runSuite(suite);
    passed += good;
    failed += bad;
    // The compiler may write what the others read.
    if (suite.name === "types") break;
  }
}
if (waiting[0]?.name === "types") await work();
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));

console.log(`\nall suites in ${((performance.now() - started) / 1000).toFixed(0)} s`);
const slowest = took.sort((a, b) => b.seconds - a.seconds).slice(0, 5);
console.log(`the slowest: ${slowest.map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`).join(", ")}`);
const [programs, kernels, tooLong] = interpretations;
console.log(`interpreted ${programs} programs: ${kernels} kernels, and ${tooLong} that were too long skipped`);
for (const line of skipped) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
