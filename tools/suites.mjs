// What there is to test: every suite, the process that runs it, and how its output is counted.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ["core", "nn", "pictures", "pages", "examples"];

/**
 * Most of what the tests run, they run a few times and never again: optimizing it, as early as V8 does by default, takes longer than it
 * saves, by up to half of a suite's processor time. What runs a thousandfold is optimized all the same. A Node that does not know the flag goes without.
 */
const flagsOf = (node) =>
  ["--interrupt-budget=1000000"].filter((flag) => spawnSync(node, [flag, "--version"]).status === 0);

/** The Node of all processes that name no other. */
export const thisNode = { path: process.execPath, flags: flagsOf(process.execPath) };

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
function uvu(path, flags) {
  const count = (output) => {
    const found = numbers(output, /Total:\s+(\d+)\s+Passed:\s+(\d+)/);
    return found && [found[1], found[0] - found[1]];
  };
  return { name: path.replace("/dist/", "/").replace(/\.js$/, ""), path, args: [...flags, path], count };
}

function numbers(output, pattern) {
  const found = pattern.exec(stripVTControlCharacters(output));
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

const files = packages.flatMap((name) => {
  const folder = `packages/${name}/dist/test`;
  const inside = readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${file}`);
  return inside.filter((file) => file.endsWith(".test.js")).sort();
});
const isInBrowser = (file) => file.includes("/test/browser/");
const unitFiles = files.filter((file) => !isInBrowser(file));

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

/** What an engine has is found out once: these look at it when it is not there. */
const first = ["core/test/compile-support.test", "core/test/matmul-kernels.test"];

const isAmong = (names, { name }) => names.some((each) => name === `packages/${each}`);

/** So many suites share a process: most take less time than a process takes to start, and like ones share what the engine has optimized. */
const inOne = 20;

/** Suites of uvu tests, those of a package together; but the long, and those that have to be the first, are alone. */
function unitTests(files, flags) {
  const suites = files.map((file) => uvu(file, flags));
  const isAlone = (suite) => isAmong(lengthy, suite) || isAmong(first, suite);
  const groups = packages.flatMap((name) => {
    const others = suites.filter((suite) => suite.name.startsWith(`packages/${name}/`) && !isAlone(suite));
    return Array.from({ length: Math.ceil(others.length / inOne) }, (_, i) =>
      together(others.slice(i * inOne, (i + 1) * inOne), flags),
    );
  });
  // The longest first, so that none is left alone at the end.
  const alone = suites.filter(isAlone).sort((a, b) => isAmong(lengthy, b) - isAmong(lengthy, a));
  return [...alone, ...groups];
}

/** Suites in one process, which says where each of them ends. */
const together = (suites, flags) => ({
  suites,
  args: [...flags, "tools/uvu.mjs", ...suites.map(({ path }) => path)],
});

const playgroundTests = readdirSync(join(root, "packages/playground/test"))
  .filter((file) => file.endsWith(".test.mjs"))
  .map((file) => file.replace(".test.mjs", ""));

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
  const isMeant = (file) => ofNode.test(file) && !isAmong(lengthy, uvu(file, []));
  const named = (suite) => ({ ...suite, name: `Node ${stdout.trim()}: ${suite.name}` });
  return unitTests(unitFiles.filter(isMeant), ofModules).map((process) => ({
    ...(process.suites === undefined ? named(process) : { ...process, suites: process.suites.map(named) }),
    node,
    env: { FC_RUNS: "0.25" },
  }));
}

/** All that is to run, with the options of the command: suites, which are processes of their own, and processes of several suites. */
export async function allSuites(options) {
  const unit = unitTests(unitFiles, interpreted);
  if (options.unit)
    return unit.map((suite) => (isAmong(once, suite) ? { ...suite, skip: "npm test -- --all runs it" } : suite));
  const left = (suite, why) =>
    options.all ? suite : { ...suite, skip: `${why}; npm test -- --all runs it, as CI does` };
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
      ...files.filter(isInBrowser).map((file) => inBrowser(uvu(file, interpreted))),
      ...unit.map((suite) => (isAmong(lengthy, suite) ? left(suite, "it takes long") : suite)),
      ...(options["second-node"] === undefined ? [] : onSecondNode(options["second-node"])),
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
    ]),
  ];
}
