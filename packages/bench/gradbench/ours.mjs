// A process that measures a program of ours: `node ours.mjs NAME FUNCTION SIZE`, the size as JSON.
import { compile, Tensor } from "@chainrule/core";
import { report } from "../processes.mjs";
import { inputs } from "./inputs.mjs";
import { evaluations, output } from "./programs.mjs";

const [name, f, size] = process.argv.slice(2);
const evaluation = evaluations[name];
const given = evaluation.arguments(inputs[name](JSON.parse(size)));

/** Arrays for the tensors of a result: further calls write into them, as the peers write into the output that they have. */
function places(result) {
  if (result instanceof Tensor) return result.array.slice();
  return Object.fromEntries(Object.entries(result).map(([key, part]) => [key, places(part)]));
}

const measured = await report({
  async first() {
    const compiled = compile(evaluation.functions[f]);
    const result = compiled(...given);
    const out = places(result);
    return { result, call: () => compiled.into(out, ...given) };
  },
  output: (result) => output(evaluation, f, result),
});
process.stdout.write(JSON.stringify(measured));
