// Follows docs/op.md in a copy of core: writes its files, makes its changes, builds, and runs its commands, which fail where the page
// quotes a failure behind them and else pass. Prints how many of these did what the page says.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = readFileSync(join(root, "docs/op.md"), "utf8");
const copy = mkdtempSync(join(tmpdir(), "guide-"));

function copyCore() {
  const isSource = (path) => !["node_modules", "dist"].includes(basename(path));
  for (const name of ["packages/core", "tools", "package.json", "tsconfig.base.json"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: isSource });
  }
  for (const folder of ["", "packages/core"]) {
    symlinkSync(join(root, folder, "node_modules"), join(copy, folder, "node_modules"), "dir");
  }
}

/** The text with the change made: lines with a space or a minus stand in it one behind the other, those with a plus are put there. */
function changed(text, change, file) {
  const lines = change.trimEnd().split("\n");
  const without = (sign) => lines.filter((line) => line[0] !== sign).map((line) => `${line.slice(1)}\n`);
  const [before, after] = [without("+").join(""), without("-").join("")];
  if (text.split(before).length !== 2)
    throw new Error(`docs/op.md changes lines that are not, or not once, in ${file}:\n${before}`);
  return text.replace(before, () => after);
}

/** Loops and methods are printed anew where the sources have changed, and not for a row of a table. */
async function build(isPrinted) {
  const { generate } = await import(pathToFileURL(join(copy, "tools/build.mjs")).href);
  if (!isPrinted) await generate();
  const { status, stdout } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "packages/core"], {
    cwd: copy,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`what docs/op.md writes does not compile:\n${stdout}`);
}

let [passed, failed] = [0, 0];
try {
  copyCore();
  const parts = page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$|^> (FAIL [^\n]*)$/gms);
  const steps = Array.from(parts, ([, kind, file, text, failure]) => ({ kind, file, text, failure }));
  let [isPrinted, isBuilt] = [false, false];
  for (const [i, { kind, file, text }] of steps.entries()) {
    if (file !== undefined) {
      const path = join(copy, file);
      writeFileSync(path, kind === "diff" ? changed(readFileSync(path, "utf8"), text, file) : text);
      isBuilt = false;
      isPrinted &&= !file.includes("/src/");
    }
    if (kind !== "sh") continue;
    if (!isBuilt) await build(isPrinted);
    [isPrinted, isBuilt] = [true, true];
    const { failure } = steps[i + 1] ?? {};
    for (const command of text.trim().split("\n")) {
      const [, variables, parameters] = /^((?:\w+=\w+ )*)node (.*)$/.exec(command);
      const env = { ...process.env };
      for (const [, name, value] of variables.matchAll(/(\w+)=(\w+)/g)) env[name] = value;
      const { status, stdout } = spawnSync(process.execPath, parameters.split(" "), {
        cwd: copy,
        encoding: "utf8",
        env,
      });
      const said = stdout.replaceAll(/\s+/g, " ");
      const isRight =
        failure === undefined ? status === 0 : failure.split(/(?<="): /).every((part) => said.includes(part));
      if (isRight) passed++;
      else {
        failed++;
        console.log(`${command}: expected ${failure ?? "no failure"}, got\n${stdout}`);
      }
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
