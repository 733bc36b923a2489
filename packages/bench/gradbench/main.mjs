// `npm run bench -- gradbench`: our programs of GradBench's evaluations against the suite's.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { difference } from "../compare.mjs";
import { loadPython, machine } from "../machine.mjs";
import { alternateProcesses, reportOf } from "../processes.mjs";
import { isMet, table } from "../report.mjs";
import { inputs } from "./inputs.mjs";
import { evaluations } from "./programs.mjs";
import { Suite } from "./suite.mjs";
import { validate } from "./validate.mjs";
import { tools, torch, works } from "./works.mjs";

const usage = `Usage: bench gradbench [--suite DIR] [--only NAME] ... [--quick] [--strict] [--validate]

Measures programs of ours of GradBench's evaluations against the suite's own, in processes of one thread each, in turn.

  --suite DIR  a checkout of github.com/gradbench/gradbench, whose evaluations first validate what ours compute, and whose programs are
               built (g++, nlohmann-json3-dev; for ADOL-C libadolc-dev; python3 with torch, scipy, pydantic, dataclasses_json); without it ours alone
  --only NAME  this evaluation (may be given several times); without it, all: ${Object.keys(evaluations).join(", ")}
  --quick      one process each in the place of five
  --strict     exit code 1 when a bar is missed or skipped
  --validate   ends after the validation`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        suite: { type: "string" },
        only: { type: "string", multiple: true, default: Object.keys(evaluations) },
        quick: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        validate: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const unknown = values.only.find((name) => !Object.hasOwn(evaluations, name));
    if (unknown !== undefined) throw new Error(`unknown evaluation "${unknown}"`);
    if (values.validate && values.suite === undefined) throw new Error("--validate needs --suite DIR");
    return { ...values, suite: values.suite === undefined ? null : new Suite(values.suite) };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  }
}

/** One contestant of the suite, or `null` where its program cannot be had. */
async function peerOf(peer, { name, f }, input, suite, python) {
  if (name === "ode" && peer === torch) return python === null ? null : torchSolution(python, input);
  if (suite === null) return null;
  const request = { ...input, min_runs: 3, min_seconds: 0.5 };
  if (peer === torch) return suite.hasTorch(name) ? () => suite.runTorch(name, f, request) : null;
  return suite.builds(tools[peer], name) ? () => suite.run(tools[peer], name, f, request) : null;
}

async function torchSolution(python, { x, s }) {
  const solution = await python.contestant("Solution", { x: Float64Array.from(x), steps: s });
  return async () => {
    const times = [];
    for (let i = 0; i < 5; i++) times.push(await solution.timed());
    return { times: times.slice(1), output: await solution.result() };
  };
}

/** As the suite compares. */
const tolerance = 1e-4;

async function rowsOf(work, { suite, quick }, python) {
  const { name, size, f, peers, start } = work;
  const input = inputs[name](size);
  const contestants = { ours: () => reportOf(ours, name, f, JSON.stringify(size)) };
  for (const peer of Object.keys(peers)) {
    const run = await peerOf(peer, work, input, suite, python);
    if (run !== null) contestants[peer] = run;
  }
  const measured = await alternateProcesses(contestants, quick ? 1 : 5);
  const title = [name, ...Object.entries(size).map(([key, value]) => `${key} ${value}`)].join(", ");
  for (const [peer, { output }] of Object.entries(measured)) {
    const apart = difference(measured.ours.output, output);
    if (!(apart <= tolerance)) throw new Error(`${title}: ours and ${peer} differ by ${apart}`);
  }
  const row = (what, ours, peer, theirs, bar) => ({
    work: `${title}: ${what}`,
    way: "compiled",
    ours,
    peer,
    theirs,
    bar,
  });
  const limit = { median: start, spread: 0 };
  return [
    ...Object.entries(peers).map(([peer, bar]) =>
      row(f, measured.ours.warm, peer, measured[peer]?.warm ?? null, bar ?? undefined),
    ),
    row(`start, module of ${kilobytes(measured.ours.bytes)}`, measured.ours.start, `${start} ms`, limit, 1),
  ];
}

const ours = fileURLToPath(new URL("ours.mjs", import.meta.url));

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

async function measureAll(chosen) {
  const asked = works.filter(({ name }) => chosen.only.includes(name));
  if (asked.length === 0) return;
  const python = chosen.only.includes("ode") ? await loadPython("torch") : null;
  const rows = [];
  for (const work of asked) {
    process.stderr.write(`${work.name} ${JSON.stringify(work.size)} ...\n`);
    rows.push(...(await rowsOf(work, chosen, python)));
  }
  python?.close();
  process.stdout.write(`
${table(rows, "work (float64)")}

Medians of processes in turn, one thread; "start" is the first call, with trace and compilation, without what a later call takes.
${machine(chosen.suite?.versions() ?? [])}
`);
  if (chosen.strict && !rows.every(isMet)) process.exitCode = 1;
}

const chosen = options();
if (chosen.help) {
  process.stdout.write(`${usage}\n`);
} else {
  if (chosen.suite !== null && !(await validate(chosen.suite, chosen.only))) process.exitCode = 1;
  if (!chosen.validate) await measureAll(chosen);
}
