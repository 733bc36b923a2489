// Results on disk, and as a text to read.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * @typedef {import("./mutants.mjs").Mutant & {
 *   status: "killed" | "timeout" | "survived" | "uncovered",
 *   by?: string,
 *   suites: number
 * }} Result `by`: the suite that noticed; `suites`: how many it has met
 */

export const readResults = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).mutants : []);

/** @param {readonly Result[]} results */
export function writeResults(file, about, results) {
  const counts = countsOf(results);
  write(file, `${JSON.stringify({ ...about, ...counts, mutants: results }, null, 1)}\n`);
  write(file.replace(/(\.json)?$/, ".txt"), listOf(about, results));
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

function countsOf(results) {
  const count = (status) => results.filter((result) => result.status === status).length;
  const [killed, timeout, survived, uncovered] = ["killed", "timeout", "survived", "uncovered"].map(count);
  return { score: (killed + timeout) / results.length, killed, timeout, survived, uncovered };
}

/** The score, and the mutants that are left, by file and line. */
export function listOf({ engine, seed, done, total }, results) {
  const { score, ...counts } = countsOf(results);
  const numbers = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  const left = results
    .filter(({ status }) => status === "survived" || status === "uncovered")
    .sort((a, b) => a.file.localeCompare(b.file) || a.from - b.from);
  const lines = left.map(({ id, file, line, column, mutator, original, replacement, status }) =>
    [
      `${file}:${line}:${column} ${mutator} ${id}${status === "uncovered" ? ", run by no suite" : ""}`,
      `  - ${short(original)}`,
      `  + ${short(replacement)}`,
    ].join("\n"),
  );
  const part = done < total ? `, ${done} of ${total} done` : "";
  const title = `${engine}, seed ${seed}${part}: ${(100 * score).toFixed(1)}% noticed (${numbers.join(", ")})`;
  return `${[title, ...lines].join("\n\n")}\n`;
}

const short = (text) => {
  const line = text.replace(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
};
