// Mutation tests. `node mutate.mjs [--sample N] [--seed TEXT] ...`
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mutate } from "./campaign.mjs";

const usage = `Usage: npm run mutate -- [options]

Changes the source of core in small ways, one at a time (a mutant), and runs the suites that cover the place, the fastest first,
until one fails. A mutant that all of them let pass has survived: no test can tell it from the source.

  --sample N        so many mutants, drawn by the seed; 0 for all of them (default 600)
  --seed TEXT       another draw (default 1)
  --files TEXT      only of files whose path begins so, from packages/core/src/ on (may be given several times)
  --out FILE        where the results go, as JSON; a list to read stands beside it as .txt (default out/mutate.json)
  --resume          what FILE has is not run again
  --survivors FILE  instead of a draw: the mutants that survived in these results, where they still are in the source
  --suites TEXT     with these suites only, whose path holds the text (may be given several times): to try a new test
  --jobs N          mutants at a time (default: ${availableParallelism()}, one a processor)
  --engine DIR      another built checkout of chainrule
  --list            prints the mutants, and runs nothing`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: "string", default: "600" },
        seed: { type: "string", default: "1" },
        files: { type: "string", multiple: true },
        suites: { type: "string", multiple: true },
        out: { type: "string", default: "out/mutate.json" },
        resume: { type: "boolean", default: false },
        survivors: { type: "string" },
        jobs: { type: "string", default: String(availableParallelism()) },
        engine: { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
    const whole = (name, least) => {
      const number = Number(values[name]);
      if (!/^\d+$/.test(values[name]) || number < least)
        throw new Error(`--${name} takes a whole number from ${least} on`);
      return number;
    };
    return { ...values, sample: whole("sample", 0), jobs: whole("jobs", 1) };
  } catch (error) {
    process.stderr.write(`mutate: ${error.message}\n`);
    process.exit(2);
  }
}

const chosen = options();
if (chosen.help) console.log(usage);
else await mutate(chosen);
