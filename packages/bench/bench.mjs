// The speed table of the README. `node bench.mjs [--quick] [--strict] [work ...]`
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { loadTensorflow } from "./peers.mjs";
import { chain } from "./works/chain.mjs";
import { elementwise } from "./works/elementwise.mjs";
import { matmul } from "./works/matmul.mjs";
import { mnist } from "./works/mnist.mjs";
import { scalars } from "./works/scalars.mjs";

/**
 * @typedef {object} Context
 * @property {(full: number) => number} repetitions fewer when in a hurry
 * @property {Awaited<ReturnType<typeof loadTensorflow>>} tensorflow
 *
 * @typedef {object} Row
 * @property {string} work
 * @property {import("./harness.mjs").Measured} ours
 * @property {string} peer
 * @property {import("./harness.mjs").Measured | null} theirs `null` for a peer that is not installed
 * @property {number} [bar] how often the speed of the peer is asked for; without one the row is for information
 *
 * @typedef {object} Work
 * @property {string} name
 * @property {(context: Context) => Promise<Row[] | string>} measure a string says why it was skipped
 */

/** @type {Work[]} */
const works = [mnist, scalars, chain, elementwise, matmul];

const names = works.map((work) => work.name).join(", ");

const usage = `Usage: bench [--quick] [--strict] [WORK ...]

Measures chainrule against its peers and prints a table in Markdown. A ratio is how many times the peer's speed is ours.

  WORK      ${names}; all if none is named
  --quick   a third of the repetitions
  --strict  exit code 1 when a bar is missed or a work is skipped`;

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: "boolean" }, strict: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    const unknown = positionals.find((name) => !works.some((work) => work.name === name));
    if (unknown !== undefined) throw new Error(`Unknown work '${unknown}'; there are ${names}`);
    return { ...values, chosen: works.filter((work) => positionals.length === 0 || positionals.includes(work.name)) };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  }
}

function milliseconds({ median, spread }) {
  const text = median >= 100 ? median.toFixed(0) : median >= 10 ? median.toFixed(1) : median.toPrecision(2);
  return `${text} ms ±${(50 * spread).toFixed(0)}%`;
}

/** @param {Row} row */
function line({ work, ours, peer, theirs, bar }) {
  const compared =
    theirs === null ? ["not installed", ""] : [milliseconds(theirs), (theirs.median / ours.median).toFixed(2)];
  const verdict =
    bar === undefined ? "" : theirs === null ? "skipped" : isMet({ ours, theirs, bar }) ? "met" : "**not met**";
  return `| ${[work, milliseconds(ours), peer, ...compared, bar ?? "", verdict].join(" | ")} |`;
}

/** @param {Row} row */
function isMet({ ours, theirs, bar }) {
  return bar === undefined || (theirs !== null && theirs.median / ours.median >= bar);
}

function machine(tensorflow) {
  const { version } = JSON.parse(readFileSync(new URL("../core/package.json", import.meta.url), "utf8"));
  const peers = tensorflow === null ? "without tfjs" : `tfjs ${tensorflow.tf.version.tfjs}`;
  const processors = cpus();
  return [
    `chainrule ${version}, ${peers}, Node ${process.versions.node} (V8 ${process.versions.v8})`,
    `${processors[0]?.model.trim() ?? process.arch}, ${processors.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
  ].join("; ");
}

const { quick = false, strict = false, help = false, chosen } = options();
if (help) {
  process.stdout.write(`${usage}\n`);
} else {
  const tensorflow = await loadTensorflow();
  const context = { tensorflow, repetitions: (full) => (quick ? Math.ceil(full / 3) : full) };
  const rows = [];
  const skipped = [];
  for (const work of chosen) {
    process.stderr.write(`${work.name} ...\n`);
    const measured = await work.measure(context);
    if (typeof measured === "string") skipped.push(`${work.name}: skipped, ${measured}.`);
    else rows.push(...measured);
  }
  process.stdout.write(`
| work (float32 unless said) | ours | peer | its time | ratio | at least | |
|---|---|---|---|---|---|---|
${rows.map(line).join("\n")}

Medians of alternating repetitions in one process, ± half of the middle half. A row without "at least" is for information.
${[...skipped, machine(tensorflow)].join("\n")}
`);
  if (strict && (skipped.length > 0 || !rows.every(isMet))) process.exitCode = 1;
}
