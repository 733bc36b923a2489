// Runs files of uvu tests one after the other in this process, each as if it were alone: `node uvu.mjs FILE ...`. A line behind each says
// that it ended, and after how many seconds. A process of its own for every file takes longer to start than most of them to run.
import { pathToFileURL } from "node:url";

globalThis.UVU_DEFER = true;
const { exec } = await import("uvu");

let isGood = true;
for (const [path, url] of process.argv.slice(2).map((path) => [path, pathToFileURL(path).href])) {
  const start = performance.now();
  globalThis.UVU_QUEUE.splice(0, Number.POSITIVE_INFINITY, [null]);
  try {
    await import(url);
    await exec();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  if (process.exitCode !== 0) isGood = false;
  console.log(`== ${path} ended after ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
process.exitCode = isGood ? 0 : 1;
