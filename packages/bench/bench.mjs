// The speed table of RESULTS.md. `node bench.mjs [--quick] [--strict] [--only WORK] ... [--against DIR]`
import { parseArgs } from "node:util";
import { compareWith } from "./against.mjs";
import { machine } from "./machine.mjs";
import { loadPeers } from "./peers.mjs";
import { isMet, table } from "./report.mjs";
import { chain } from "./works/chain.mjs";
import { cnn } from "./works/cnn.mjs";
import { compilation } from "./works/compile.mjs";
import { deepCnn } from "./works/deep-cnn.mjs";
import { elementwise } from "./works/elementwise.mjs";
import { jacobians } from "./works/jacobian.mjs";
import { matmul } from "./works/matmul.mjs";
import { mlp } from "./works/mlp.mjs";
import { mnist } from "./works/mnist.mjs";
import { scalars } from "./works/scalars.mjs";

/**
 * @typedef {Awaited<ReturnType<typeof loadPeers>>} Peers
 *
 * @typedef {object} Context
 * @property {(full: number) => number} repetitions fewer when in a hurry
 * @property {Peers} peers
 *
 * @typedef {object} Work
 * @property {string} name
 * @property {(context: Context) => Promise<import("./report.mjs").Row[]>} measure
 */

/** @type {Work[]} */
const works = [mnist, mlp, cnn, deepCnn, scalars, chain, elementwise, matmul, jacobians, compilation];

const names = works.map((work) => work.name).join(", ");

const usage = `Usage: bench [--quick] [--strict] [--only WORK] ... [--against DIR [--pairs N]]

Measures chainrule against its peers and prints a table in Markdown. A ratio is how many times the peer's speed is ours.

  --only WORK  measures this work (may be given several times); without it, all: ${names}
  --quick      a third of the repetitions
  --strict     exit code 1 when a bar is missed or skipped
  --against DIR  measures another checkout, built, in the place of the peers: N pairs of runs, 5 unless said
  --own        prints the medians of our own ways, in milliseconds, as JSON, and measures no peer

NumPy and PyTorch are used where a python3 has them (on Debian: python3-numpy, python3-torch with libopenblas0-pthread).`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean" },
        strict: { type: "boolean" },
        against: { type: "string" },
        pairs: { type: "string", default: "5" },
        own: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    const only = values.only ?? works.map((work) => work.name);
    const unknown = only.find((name) => !works.some((work) => work.name === name));
    if (unknown !== undefined) throw new Error(`unknown work "${unknown}"; there are ${names}`);
    return { ...values, chosen: works.filter((work) => only.includes(work.name)) };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  }
}

/** No peer at all. */
const alone = { tensorflow: null, jax: null, numpy: null, torch: null, versions: [], close() {} };

const { quick = false, strict = false, help = false, own = false, against, pairs, chosen } = options();
const repetitions = (full) => (quick ? Math.ceil(full / 3) : full);
if (help) {
  process.stdout.write(`${usage}\n`);
} else if (against !== undefined) {
  const works = chosen.map((work) => work.name);
  process.stdout.write(`${compareWith(against, works, { quick, pairs: Number(pairs) })}\n\n${machine([])}\n`);
} else if (own) {
  const medians = {};
  for (const work of chosen) {
    for (const { work: name, way = "eager", ours } of await work.measure({ peers: alone, repetitions })) {
      medians[`${name} | ${way}`] = ours.median;
    }
  }
  process.stdout.write(JSON.stringify(medians));
} else {
  const peers = await loadPeers();
  try {
    const context = { peers, repetitions };
    const rows = [];
    for (const work of chosen) {
      process.stderr.write(`${work.name} ...\n`);
      rows.push(...(await work.measure(context)));
    }
    process.stdout.write(`
${table(rows)}

Medians of alternating repetitions in one run, ± half of the middle half, one thread. A row without "at least" is for information.
${machine(peers.versions)}
`);
    if (strict && !rows.every(isMet)) process.exitCode = 1;
  } catch (error) {
    // Not left to the process: tfjs hooks into errors that nobody catches and hides where they come from.
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  } finally {
    peers.close();
  }
}
