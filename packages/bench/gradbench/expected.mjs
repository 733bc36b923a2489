// Makes expected.json anew: `node expected.mjs DIR`, a checkout of GradBench. What its C++ programs with derivatives by hand compute for
// the small inputs; of ode, where the derivative by hand is that of the exact solution and not of its approximation, what its program with
// ADOL-C computes; for particle and saddle, which have none, the values that its evaluations compare with.
import { writeFileSync } from "node:fs";
import { evaluationOf, inputs, small } from "./inputs.mjs";
import { evaluations } from "./programs.mjs";
import { Suite } from "./suite.mjs";

const given = { particle: 0.2071918746486116, saddle: Array(4).fill(8.246324826140356e-6) };

const suite = new Suite(process.argv[2] ?? ".");
const values = {};
for (const [name, size] of Object.entries(small)) {
  const evaluation = evaluationOf(name);
  const tool = evaluation === "ode" ? "adol-c" : "manual";
  const isBuilt = suite.builds(tool, evaluation);
  const input = inputs[evaluation](size);
  values[name] = Object.fromEntries(
    Object.keys(evaluations[evaluation].functions).map((f) => [
      f,
      isBuilt ? suite.run(tool, evaluation, f, input).output : given[evaluation],
    ]),
  );
}
const source =
  "tools/manual of github.com/gradbench/gradbench, built with g++; ode: tools/adol-c; particle, saddle: evals";
writeFileSync(new URL("expected.json", import.meta.url), `${JSON.stringify({ source, values })}\n`);
