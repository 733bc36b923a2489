import { spawnSync } from "node:child_process";
import { summary } from "./harness.mjs";

/**
 * What a process has measured of a program that it runs again and again.
 *
 * @typedef {object} Report
 * @property {number} [first] milliseconds of the first call, with all that it takes to get there
 * @property {readonly number[]} times milliseconds of calls
 * @property {unknown} output
 * @property {number} [bytes] of the module that was made
 */

/** Milliseconds for which a program is called before its calls count, so that its code is optimised, and for which they count. */
const [warming, counting] = [300, 500];

/**
 * In such a process: the report of a program.
 *
 * @template T
 * @param {object} program
 * @param {() => Promise<{ call: () => unknown; result: T }>} program.first makes the first call, and gives the way to make further ones
 * @param {(result: T) => unknown} program.output
 * @returns {Promise<Report>}
 */
export async function report({ first: begin, output }) {
  const bytes = countModules();
  const start = performance.now();
  const { call, result } = await begin();
  const first = performance.now() - start;
  const values = output(result);
  for (const begin = performance.now(); performance.now() - begin < warming; ) call();
  const perRun = Math.max(1, Math.ceil(1 / timed(call, 1)));
  const times = [];
  for (const begin = performance.now(); times.length < 3 || performance.now() - begin < counting; ) {
    times.push(timed(call, perRun));
  }
  return { first, times, output: values, bytes: bytes() };
}

/** From now on: the bytes of the WebAssembly modules that are made. */
function countModules() {
  let count = 0;
  const { compile, instantiate, Module } = WebAssembly;
  const counted = (source) => {
    if (!(source instanceof Module)) count += source.byteLength;
    return source;
  };
  WebAssembly.compile = (source, ...rest) => compile(counted(source), ...rest);
  WebAssembly.instantiate = (source, ...rest) => instantiate(counted(source), ...rest);
  WebAssembly.Module = new Proxy(Module, {
    construct: (target, [source, ...rest]) => new target(counted(source), ...rest),
  });
  return () => count;
}

function timed(call, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) call();
  return (performance.now() - start) / count;
}

/** Runs a script that prints a report. */
export function reportOf(script, ...args) {
  const options = { encoding: "utf8", maxBuffer: 2 ** 30 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, script, ...args], options);
  if (status !== 0) throw new Error(`${script} ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * Processes in turn, A B A B ..., so that a slow moment of the machine meets everyone. Each is new, so that the first call is one.
 *
 * @param {Record<string, () => Report | Promise<Report>>} contestants
 * @returns what a call takes, the median in each process; the first call, and how much longer it takes; output and bytes of the last process
 */
export async function alternateProcesses(contestants, repetitions) {
  const reports = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [name, run] of Object.entries(contestants)) {
      const { first, times, output, bytes } = await run();
      reports[name].push({ first, warm: summary(times).median, output, bytes });
    }
  }
  return Object.fromEntries(
    Object.entries(reports).map(([name, all]) => [
      name,
      {
        warm: summary(all.map(({ warm }) => warm)),
        first: summary(all.map(({ first = Number.NaN }) => first)),
        start: summary(all.map(({ first = Number.NaN, warm }) => first - warm)),
        output: all[all.length - 1].output,
        bytes: all[all.length - 1].bytes,
      },
    ]),
  );
}
