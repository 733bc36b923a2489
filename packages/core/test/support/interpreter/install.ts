// Loaded before a test (node --import): the programs that it compiles are interpreted beside their emitted code.
import { observePrograms } from "../../../src/compile/run/observer.js";
import { counts, interpretRuns } from "./observe.js";

observePrograms(interpretRuns);
process.on("exit", () => {
  const { programs, kernels, skipped } = counts;
  if (programs > 0) console.log(`interpreted ${programs} programs, ${kernels} kernels, ${skipped} skipped`);
});
