// Runs all programs on small inputs, and compares what they give with values that the suite's programs computed: see expected.mjs.
import { readFileSync } from "node:fs";
import { compile } from "@chainrule/core";
import { difference } from "../compare.mjs";
import { evaluationOf, inputs, small } from "./inputs.mjs";
import { evaluations, output } from "./programs.mjs";

const tolerance = 1e-9;
const { values } = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));

let passed = 0;
let failed = 0;
for (const [name, size] of Object.entries(small)) {
  const evaluation = evaluations[evaluationOf(name)];
  const given = evaluation.arguments(inputs[evaluationOf(name)](size));
  for (const [f, run] of Object.entries(evaluation.functions)) {
    try {
      const apart = difference(output(evaluation, f, compile(run)(...given)), values[name][f]);
      if (!(apart <= tolerance)) throw new Error(`differs from what is expected by ${apart}`);
      passed++;
    } catch (error) {
      failed++;
      console.error(`${name}, ${f}: ${error.stack}`);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
