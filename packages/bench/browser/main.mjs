// `npm run bench -- browser`: programs of ours against those of other engines that run in a browser.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { difference } from "../compare.mjs";
import { machine } from "../machine.mjs";
import { alternateProcesses, reportOf } from "../processes.mjs";
import { isMet, table } from "../report.mjs";
import { programs } from "./programs.mjs";

/**
 * What is measured: a program, its peer, and what is asked of the first gradient (with trace, compilation and call) and of further ones,
 * and of the bytes of our module. `limit` stands for milliseconds of the first gradient where the peer is no measure.
 */
const works = [
  work("power", "power function by custom derivative, its Hessian", {}, "Rose", { first: 3, further: 1.3 }),
  ...[2.1, 3.7, 3.7].map((further, i) =>
    work("layout", "graph layout, tensors", { n: [20, 100, 400][i] }, "Rose", { first: 2.3, further }),
  ),
  ...["layoutByPoint", "layoutByNumber"].flatMap((name) => {
    const title = `graph layout, ${name === "layoutByPoint" ? "a function of points, mapped" : "in numbers"}`;
    return [
      work(name, title, { n: 20 }, "Rose", { first: 1.1, further: 1.06 }),
      work(name, title, { n: 100 }, "Rose", { first: 1.1, further: 1.7, bytes: 100_000 }),
      work(name, title, { n: 400 }, "Rose", { limit: 1000, bytes: 100_000 }),
    ];
  }),
  work("cloth", "cloth, velocity Verlet", { n: 8, steps: 20 }, "Rose", { first: 2, further: 5.4, bytes: 23_000 }),
  work("cloth", "cloth, velocity Verlet", { n: 32, steps: 20 }, "Rose", { first: 2, further: 15.7, bytes: 23_000 }),
  work("cloth", "cloth, velocity Verlet", { n: 8, steps: 100 }, "Rose", { first: 2, further: 5.4, bytes: 23_000 }),
  ...[50, 200, 800].map((steps) =>
    work("lstm", "LSTM of 16 units, tensors", { steps }, "Rose", { first: 1.5, further: 1.8, bytes: 25_000 }),
  ),
  ...["lstmByUnit", "lstmByNumber"].map((name) =>
    work(
      name,
      `LSTM of 16 units, ${name === "lstmByUnit" ? "a function of a unit, mapped" : "in numbers"}`,
      { steps: 50 },
      "Rose",
      { first: 1.1, further: 1.1, bytes: 400_000 },
    ),
  ),
  work("jacobians", "Jacobians of 64 x (26 -> 26), float32", {}, "jax-js", { first: 2, further: 5 }),
  work("recurrence", "100 steps of tanh(W h + x), float32", {}, "jax-js", { first: 10, further: 40 }),
];

function work(name, title, size, peer, bars) {
  return { name, title, size, peer, bars };
}

const usage = `Usage: bench browser [--only NAME] ... [--quick] [--strict]

Measures first and further gradients of programs of ours, of Rose and of jax-js, in processes of one thread each, in turn.

  --only NAME  this program (may be given several times); without it, all: ${Object.keys(programs).join(", ")}
  --quick      one process each in the place of five
  --strict     exit code 1 when a bar is missed`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true, default: Object.keys(programs) },
        quick: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const unknown = values.only.find((name) => !Object.hasOwn(programs, name));
    if (unknown !== undefined) throw new Error(`unknown program "${unknown}"`);
    return values;
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  }
}

const script = fileURLToPath(new URL("contestant.mjs", import.meta.url));

/** Of what the largest of the results is; jax-js computes in float32. */
const tolerance = { Rose: 1e-9, "jax-js": 1e-4 };

async function rowsOf({ name, title, size, peer, bars }, repetitions) {
  const parameters = JSON.stringify(size);
  const contestants = Object.fromEntries(
    ["ours", peer].map((contestant) => [contestant, () => reportOf(script, name, contestant, parameters)]),
  );
  const { ours, [peer]: theirs } = await alternateProcesses(contestants, repetitions);
  const text = [title, ...Object.entries(size).map(([key, value]) => `${key} ${value}`)].join(", ");
  const apart = difference(ours.output, theirs.output);
  if (!(apart <= tolerance[peer])) throw new Error(`${text}: ours and ${peer} differ by ${apart}`);
  const row = (what, a, other, b, bar) => ({
    work: `${text}: ${what}`,
    way: "compiled",
    ours: a,
    peer: other,
    theirs: b,
    bar,
  });
  const modules = `modules of ${kilobytes(ours.bytes)}, theirs ${kilobytes(theirs.bytes)}`;
  const rows = [
    row(`first, ${modules}`, ours.first, peer, theirs.first, bars.first),
    row("further", ours.warm, peer, theirs.warm, bars.further),
  ];
  if (bars.limit !== undefined) {
    rows.push(row("first", ours.first, `${bars.limit} ms`, { median: bars.limit, spread: 0 }, 1));
  }
  return {
    rows,
    tooLarge:
      ours.bytes > bars.bytes ? `${text}: ${kilobytes(ours.bytes)}, at most ${kilobytes(bars.bytes)} asked for` : null,
  };
}

const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

const version = (name) => dependencies[name];

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const { only, quick, strict, help } = options();
if (help) {
  process.stdout.write(`${usage}\n`);
} else {
  const measured = [];
  for (const work of works.filter(({ name }) => only.includes(name))) {
    process.stderr.write(`${work.title} ${JSON.stringify(work.size)} ...\n`);
    measured.push(await rowsOf(work, quick ? 1 : 5));
  }
  const rows = measured.flatMap((one) => one.rows);
  const tooLarge = measured.map((one) => one.tooLarge).filter((one) => one !== null);
  process.stdout.write(`
${table(rows, "work (float64 unless said)")}

Medians of processes in turn, one thread; "first" is the first gradient of a new process, with trace and compilation.
${tooLarge.map((line) => `Modules larger than asked for: ${line}\n`).join("")}${machine([`Rose ${version("rose")}`, `jax-js ${version("@jax-js/jax")}`])}
`);
  if (strict && !(rows.every(isMet) && tooLarge.length === 0)) process.exitCode = 1;
}
