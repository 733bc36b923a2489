// Two checkouts side by side: each work in processes of their own, A B A B ..., so that a slow moment of the machine meets both.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { summary } from "./harness.mjs";

const bench = fileURLToPath(new URL("bench.mjs", import.meta.url));
const hook = new URL("engine-hook.mjs", import.meta.url).href;
const here = fileURLToPath(new URL("../..", import.meta.url));

/** The medians of our own ways at a work, by their names, in milliseconds. */
function measure(engine, work, quick) {
  const args = ["--import", hook, bench, "--own", "--only", work, ...(quick ? ["--quick"] : [])];
  const env = { ...process.env, CHAINRULE_ENGINE: engine };
  return JSON.parse(
    execFileSync(process.execPath, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }),
  );
}

/**
 * A table of this checkout against another one, built too: the median over pairs of runs of the other's time by ours, so that
 * above 1 we are faster, with the least and the greatest.
 *
 * @param {string} folder
 * @param {readonly string[]} works
 * @param {{ quick: boolean; pairs: number }} options
 */
export function compareWith(folder, works, { quick, pairs }) {
  const other = resolve(folder);
  if (!existsSync(join(other, "packages/core/dist/src/index.js")))
    throw new Error(`${folder}: is no checkout that is built`);
  const lines = ["| work | way | ours, ms | theirs, ms | ratio | from | to |", "|---|---|---|---|---|---|---|"];
  for (const work of works) {
    process.stderr.write(`${work} ...\n`);
    const ours = [];
    const theirs = [];
    for (let pair = 0; pair < pairs; pair++) {
      ours.push(measure(here, work, quick));
      theirs.push(measure(other, work, quick));
    }
    for (const name of Object.keys(ours[0])) {
      const ratios = ours.map((own, i) => theirs[i][name] / own[name]);
      const [a, b] = [ours, theirs].map((runs) => summary(runs.map((run) => run[name])).median.toPrecision(3));
      const [middle, least, most] = [summary(ratios).median, Math.min(...ratios), Math.max(...ratios)].map((x) =>
        x.toFixed(2),
      );
      lines.push(`| ${name} | ${a} | ${b} | ${middle} | ${least} | ${most} |`);
    }
  }
  return lines.join("\n");
}
