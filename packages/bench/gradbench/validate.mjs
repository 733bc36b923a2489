import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@chainrule/core";
import { evaluations, output } from "./programs.mjs";

/** Options of the suite's evaluations: smaller sizes than they have by default, some of which take hours. */
const sizes = {
  hello: [[]],
  lse: [["-n", "2500", "10000"]],
  llsq: [["-n", "16", "1024"]],
  kmeans: [["-k", "10", "100", "-n", "1000"]],
  gmm: [["-d", "2", "10", "-k", "5", "25"]],
  ba: [["--max", "2"]],
  ht: [
    ["--max", "2", "--model", "small", "--variant", "simple"],
    ["--max", "2", "--model", "small", "--variant", "complicated"],
  ],
  lstm: [["-l", "2", "-c", "1024"]],
  det: [["-l", "5", "6", "7"]],
  ode: [["-n", "1000", "-s", "10", "100"]],
  particle: [[]],
  saddle: [[]],
};

/** Files that a copy of the suite may lack, for their size. */
const needed = { lstm: "evals/lstm/data/lstm_full.txt" };

/** Lets the suite's own evaluations judge what our programs compute, and prints a line for each; whether all is valid. */
export async function validate(suite, names) {
  let passed = 0;
  let failed = 0;
  for (const name of names) {
    const file = needed[name];
    if (file !== undefined && !existsSync(join(suite.folder, file))) {
      process.stdout.write(`skip ${name}: the suite has no ${file}\n`);
      continue;
    }
    // Its evaluations ask the programs that have derivatives by hand.
    suite.builds("manual", name);
    const functions = new Map();
    for (const options of sizes[name]) {
      const verdicts = await suite.evaluation(name, options, (f, input) => evaluated(functions, name, f, input));
      for (const { description, error } of verdicts) {
        process.stdout.write(
          `${error === null ? "ok  " : "FAIL"} ${description}${error === null ? "" : `\n${error}`}\n`,
        );
        if (error === null) passed++;
        else failed++;
      }
    }
  }
  process.stdout.write(`${passed} valid, ${failed} not\n`);
  return failed === 0 && passed > 0;
}

function evaluated(functions, name, f, input) {
  const evaluation = evaluations[name];
  if (!functions.has(f)) functions.set(f, compile(evaluation.functions[f]));
  const given = evaluation.arguments(input);
  const start = performance.now();
  const result = functions.get(f)(...given);
  return { output: output(evaluation, f, result), times: [performance.now() - start] };
}
