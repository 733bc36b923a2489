import { ways } from "./ways.mjs";

/**
 * @typedef {object} Row
 * @property {string} work
 * @property {string} [way] of ours, see ways.mjs; "eager" unless said
 * @property {import("./harness.mjs").Measured} ours
 * @property {string} peer
 * @property {import("./harness.mjs").Measured | null} theirs `null` for a peer that is not installed
 * @property {number} [bar] how often the speed of the peer is asked for; without one the row is for information
 */

/**
 * A row for each way of ours against each peer.
 *
 * @param {string} work
 * @param {Record<string, import("./harness.mjs").Measured>} times by way and by peer; those of peers that are not
 *   installed are left out
 * @param {Record<string, Record<string, number>>} bars by peer, then by way; `{}` for a peer without any
 * @returns {Row[]}
 */
export function comparisons(work, times, bars) {
  return Object.keys(ways).flatMap((way) =>
    Object.entries(bars).map(([peer, asked]) => ({
      work,
      way,
      ours: times[way],
      peer,
      theirs: times[peer] ?? null,
      bar: asked[way],
    })),
  );
}

function milliseconds({ median, spread }) {
  const text = median >= 100 ? median.toFixed(0) : median >= 10 ? median.toFixed(1) : median.toPrecision(2);
  return `${text} ms ±${(50 * spread).toFixed(0)}%`;
}

/** @param {Row} row */
export function isMet({ ours, theirs, bar }) {
  return bar === undefined || (theirs !== null && theirs.median / ours.median >= bar);
}

/** @param {Row} row */
function line(row) {
  const { work, way = "eager", ours, peer, theirs, bar } = row;
  const compared =
    theirs === null ? ["not installed", ""] : [milliseconds(theirs), (theirs.median / ours.median).toFixed(2)];
  const verdict = bar === undefined ? "" : theirs === null ? "skipped" : isMet(row) ? "met" : "**not met**";
  return `| ${[work, way, milliseconds(ours), peer, ...compared, bar ?? "", verdict].join(" | ")} |`;
}

/**
 * The table, in Markdown.
 *
 * @param {Row[]} rows
 */
export function table(rows, heading = "work (float32 unless said)") {
  return `| ${heading} | way | ours | peer | its time | ratio | at least | |
|---|---|---|---|---|---|---|---|
${rows.map(line).join("\n")}`;
}
