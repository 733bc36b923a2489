// A process that measures a program of ours: `node ours.mjs NAME FUNCTION SIZE`, the size as JSON.
import { compile } from "@chainrule/core";
import { report } from "../processes.mjs";
import { inputs } from "./inputs.mjs";
import { evaluations, output } from "./programs.mjs";

const [name, f, size] = process.argv.slice(2);
const evaluation = evaluations[name];
const given = evaluation.arguments(inputs[name](JSON.parse(size)));
const compiled = compile(evaluation.functions[f]);
const result = report(
  () => () => compiled(...given),
  (value) => output(evaluation, f, value),
);
process.stdout.write(JSON.stringify({ ...result, bytes: compiled.program(...given).module.length }));
