// npm run fuzz: random programs through eager mode, the walk in all its forms, the compiler, the interpreter and differences, in
// this checkout or in another one that has been built.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { fuzzArguments } from "./arguments.js";
import { kindsOf } from "./kinds.js";
import { type Finding, fuzz } from "./run.js";
import type { Engine } from "./walk-ops.js";

const usage = `npm run fuzz -- [options]
  --engine DIR      a checkout that has been built; default this one
  --seed N          default: another one each time; it is printed
  --runs N          how many programs; default 2000
  --first N         the number of the first program; default 0
  --arguments N     how many calls with wrong arguments besides; default 2000, but 0 where --first or --weights is given
  --weights K=N,... how often each kind of program is drawn, the others 0; or K=N+ to leave the others as they are
  --stop            end at the first program that fails
  --all             show every program that fails, not three of a kind that say the same`;

function fail(message: string): never {
  console.error(`fuzz: ${message}\n${usage}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        engine: { type: "string" },
        seed: { type: "string" },
        runs: { type: "string", default: "2000" },
        first: { type: "string", default: "0" },
        weights: { type: "string", default: "" },
        arguments: { type: "string" },
        stop: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  return text !== "" && Number.isSafeInteger(value) && value >= 0
    ? value
    : fail(`--${name} ${text}: a whole number is needed`);
}

const given = options();
const here = fileURLToPath(new URL("../../../../../", import.meta.url));
const folder = resolve(process.env["INIT_CWD"] ?? ".", given.engine ?? here);
const fileOf = (path: string) => `${folder}/packages/core/dist/${path}`;
if (!existsSync(fileOf("src/index.js")))
  fail(`${folder} is no checkout that has been built: there is no ${fileOf("src/index.js")}`);
const load = async (path: string): Promise<unknown> => import(pathToFileURL(fileOf(path)).href);

const engine = (await load("src/index.js")) as Engine;
const kinds = kindsOf((await load("src/testing/index.js")) as typeof import("../../src/testing/index.js"));
// Its own reference interpreter, where it has one.
const interpreter = "test/support/interpreter/install.js";
if (existsSync(fileOf(interpreter))) await load(interpreter);

const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber("seed", given.seed);
const [runs, first] = [wholeNumber("runs", given.runs), wholeNumber("first", given.first)];

function weightsOf(text: string): Map<string, number> {
  const parts = text === "" ? [] : text.split(",");
  const keeps = parts.every((part) => part.endsWith("+"));
  const weights = new Map(kinds.map(({ name, weight }) => [name, keeps ? weight : 0]));
  for (const part of parts) {
    const [, name = "", weight = ""] = /^(\w+)=(\d+)\+?$/.exec(part) ?? [];
    if (!weights.has(name)) fail(`--weights ${part}: the kinds are ${[...weights.keys()].join(", ")}`);
    weights.set(name, wholeNumber("weights", weight));
  }
  if ([...weights.values()].every((weight) => weight === 0)) fail("--weights: all are 0");
  return weights;
}

const weights = weightsOf(given.weights);
console.log(
  `fuzz: seed ${seed}, ${runs} programs from ${first} on, ${[...weights].map(([name, weight]) => `${name} ${weight}`).join(", ")}; ${folder}`,
);

/** How many failing programs of each kind said the same but for the numbers in it. */
const alike = new Map<string, number>();
const failed = new Map<string, number>();

function found({ at, kind, what, program }: Finding): boolean {
  failed.set(kind, (failed.get(kind) ?? 0) + 1);
  const form = `${kind} ${what.replaceAll(/-?(\d[\d.e+-]*|NaN|Infinity)/g, "#").slice(0, 60)}`;
  const count = (alike.get(form) ?? 0) + 1;
  alike.set(form, count);
  if (given.all || count <= 3) {
    console.log(
      `\nprogram ${at}, ${kind}: ${what.slice(0, 1500)}\n${program.slice(0, 4000)}\nagain: npm run fuzz -- --seed ${seed} --first ${at} --runs 1`,
    );
  }
  return given.stop;
}

const counts = fuzz(engine, kinds, { seed, runs, first, weights, found });
const shares = [...counts].map(([name, count]) => `${name} ${failed.get(name) ?? 0} of ${count}`);
console.log(`\nfuzz: seed ${seed}: programs that fail: ${shares.join(", ")}`);
if (failed.size > 0) process.exitCode = 1;

const isPart = given.first !== "0" || given.weights !== "";
const cases = given.arguments === undefined ? (isPart ? 0 : 2000) : wholeNumber("arguments", given.arguments);
if (cases > 0) {
  const { findings, calls } = await fuzzArguments({ seed, cases, root: folder });
  for (const { case: at, call, failure } of findings) console.log(`\ncall ${at}: ${call}\n    ${failure}`);
  console.log(
    `\nfuzz: seed ${seed}: wrong arguments: ${findings.length} of ${cases}, of ${calls} functions and methods`,
  );
  if (findings.length > 0) process.exitCode = 1;
}
