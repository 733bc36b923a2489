// Checks the types, runs the suites one after the other, and adds up what they report: "N passed, N failed". With names, those
// alone: `types`, or a suite's file without its ending.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const folder = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
let [passed, failed] = [0, 0];

const playground = dirname(folder);
const tsc = join(playground, "../../node_modules/typescript/bin/tsc");
for (const project of isWanted("types") ? [".", "src/examples/programs"] : []) {
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", join(playground, project)], { encoding: "utf8" });
  if (status === 0) passed++;
  else failed++;
  console.log(`types of ${project}: ${status === 0 ? "ok" : stdout}`);
}

for (const file of readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs"))
  .sort()) {
  if (!isWanted(file.replace(".test.mjs", ""))) continue;
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, file)], { encoding: "utf8" });
  const found = /Total:\s+(\d+)\s+Passed:\s+(\d+)/.exec(stripVTControlCharacters(stdout));
  const [total, good] = found === null ? [1, 0] : [Number(found[1]), Number(found[2])];
  passed += good;
  failed += Math.max(total - good, status === 0 ? 0 : 1);
  console.log(`${file}\n${stdout}${stderr}`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
