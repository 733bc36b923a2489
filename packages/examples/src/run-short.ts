/**
 * Runs the light examples of a chapter in their short form, one behind the other in this process, since most of them take less time than
 * a process does to start; says how many passed. For `npm test`.
 */
import { pathToFileURL } from "node:url";
import { chapters } from "./list.js";

const folder = process.argv[2];
const light = chapters
  .find((chapter) => chapter.folder === folder)
  ?.examples.filter((each) => !each.isHeavy && !each.isAlone);
if (light === undefined) throw new Error(`there is no chapter ${folder}`);

let failed = 0;
for (const { name, file, short } of light) {
  console.log(`\n== ${name}`);
  process.argv = [process.execPath, file, ...short];
  process.exitCode = 0;
  const start = performance.now();
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  const ok = process.exitCode === 0;
  if (!ok) failed++;
  console.log(`${ok ? "ok" : "FAILED"}: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${light.length - failed} passed, ${failed} failed`);
