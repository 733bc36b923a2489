// Runs the suites and counts what they report; with `--all` those of browsers and of many processes, too, and with
// `--second-node FILE` the unit and property tests on that Node as well. With `--unit` only these, in this process's coverage.
// The counts are those that the processes printed. A suite that cannot run here, or is left out, is said to be skipped, and not counted.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { allSuites, root, thisNode } from "./suites.mjs";

const options = (() => {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({ options: { all: flag, unit: flag, "second-node": { type: "string" } } }).values;
  } catch (error) {
    console.error(`${error.message}\nThere are --all, --unit and --second-node FILE.`);
    process.exit(1);
  }
})();
const started = performance.now();

/** More than any process needs on a slow machine. */
const minutes = 20;

/** Runs a process of a suite, or of several, and says how each has ended. */
function runProcess({ suites, args, node = thisNode, env: more = {}, ...suite }) {
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
      if (suites === undefined) tell(suite, output, code, (performance.now() - start) / 1000);
      else tellParts(suites, output, code);
      resolve();
    });
  });
}

/** Of several suites in one process: what it printed until each of them ended is of that one, and how the process ends is of the last. */
function tellParts(suites, output, code) {
  let [rest, isGood] = [output, true];
  suites.forEach((suite, i) => {
    const [end, seconds] = new RegExp(`^== ${suite.path} ended after ([\\d.]+) s$`, "m").exec(rest) ?? [];
    const isLast = i === suites.length - 1;
    const said = end === undefined ? rest : rest.slice(0, rest.indexOf(end));
    rest = end === undefined ? "" : rest.slice(said.length + end.length);
    isGood = tell(suite, isLast ? said + rest : said, isLast && isGood ? code : 0, Number(seconds ?? 0)) && isGood;
  });
}

/** Counts and says what a suite has printed: one that ends badly or counts nothing has failed at least once. */
function tell({ name, count }, output, code, seconds) {
  let [good, bad] = count(output, code) ?? [0, 0];
  if ((code !== 0 || good === 0) && bad === 0) bad = 1;
  passed += good;
  failed += bad;
  took.push({ name, seconds });
  console.log(`${bad === 0 ? "ok  " : "FAIL"} ${name}: ${good} passed, ${bad} failed (${seconds.toFixed(1)} s)`);
  if (bad > 0) console.log((output.trimEnd() || "it printed nothing").replaceAll(/^/gm, "     "));
  return bad === 0;
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
    await runProcess(suite);
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
await runAll(await allSuites(options), Math.min(2, availableParallelism()) + 1);

console.log(`\nall suites in ${((performance.now() - started) / 1000).toFixed(0)} s`);
const slowest = took.sort((a, b) => b.seconds - a.seconds).slice(0, 5);
console.log(`the slowest: ${slowest.map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`).join(", ")}`);
const [programs, kernels, tooLong] = interpretations;
console.log(`interpreted ${programs} programs: ${kernels} kernels, and ${tooLong} that were too long skipped`);
for (const line of skipped) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
