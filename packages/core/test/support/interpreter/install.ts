// Loaded before a test (node --import): the programs that it compiles are interpreted beside their emitted code.
import { register } from "node:module";
import { observePrograms } from "../../../src/compile/run/observer.js";
import { counts, interpretRuns } from "./observe.js";

observePrograms(interpretRuns);

// Tests of other packages must find the modules that are observed, not the bundle: with the condition or without it.
if (import.meta.resolve("@chainrule/core") !== new URL("../../../src/index.js", import.meta.url).href) {
  const hook = `export const resolve = (specifier, context, next) =>
    next(specifier, { ...context, conditions: [...context.conditions, "@chainrule/modules"] });`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
process.on("exit", () => {
  const { programs, kernels, skipped } = counts;
  if (programs > 0) console.log(`interpreted ${programs} programs, ${kernels} kernels, ${skipped} skipped`);
});
