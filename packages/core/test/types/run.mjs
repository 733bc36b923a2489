/**
 * Runs the type tests. A line that starts with `expect` must compile; a line of a `.fail.ts` file that ends with
 * `// error: <text>` must not, with that text in the compiler's message; nothing else may fail.
 *
 * It also holds the shape types to a budget of type instantiations, the compiler's own measure of their cost. What the
 * tests import is measured first, on its own, and taken off.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What the tests needed when the budget was set, rounded up. A new test may raise it; a surprise should not. */
const INSTANTIATION_BUDGET = 208_000;

const here = fileURLToPath(new URL(".", import.meta.url));
const core = join(here, "../..");
const compiler = join(core, "../../node_modules/typescript/bin/tsc");

/** One checker, because with several the counts depend on how the files fall among them. */
function compile(project) {
  const flags = ["--noEmit", "--pretty", "false", "--extendedDiagnostics", "--checkers", "1"];
  const { stdout, stderr, error } = spawnSync(process.execPath, [compiler, "-p", project, ...flags], {
    cwd: here,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  const count = (name) => {
    const found = new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(stdout);
    if (!found) throw new Error(`the compiler printed no "${name}":\n${stdout}${stderr}`);
    return Number(found[1]);
  };
  return { stdout, instantiations: count("Instantiations"), checkTime: count("Check time") };
}

/** What the tests import, compiled without them. */
function compileImports() {
  const folder = mkdtempSync(join(tmpdir(), "type-tests-"));
  try {
    const config = {
      extends: join(here, "tsconfig.json"),
      compilerOptions: { typeRoots: [join(core, "../../node_modules/@types")] },
      include: [],
      files: [join(core, "src/graph/tensor.ts")],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    return compile(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The compiler's messages, with their continuation lines, by file and line: `elementwise.ts:12`. */
function messagesOf(stdout) {
  const messages = new Map();
  let place;
  for (const line of stdout.split("\n")) {
    const start = /^(\S.*)\((\d+),\d+\): error (.*)/.exec(line);
    if (start) place = `${relative(here, join(here, start[1]))}:${start[2]}`;
    else if (!line.startsWith(" ")) place = undefined;
    if (place) messages.set(place, `${messages.get(place) ?? ""}${start ? start[3] : line}\n`);
  }
  return messages;
}

const tests = compile(here);
const messages = messagesOf(tests.stdout);
const failures = [];
let passed = 0;

for (const file of readdirSync(here).filter((name) => name.endsWith(".ts"))) {
  const lines = readFileSync(join(here, file), "utf8").split("\n");
  lines.forEach((line, i) => {
    const place = `${file}:${i + 1}`;
    const message = messages.get(place);
    const expected = file.endsWith(".fail.ts") ? /\/\/ error: (.*)$/.exec(line)?.[1] : undefined;
    if (expected === undefined) {
      if (message !== undefined) failures.push(`${place} does not compile:\n${message}`);
      else if (line.startsWith("expect")) passed++;
    } else if (message === undefined) failures.push(`${place} compiles; expected the error "${expected}"`);
    else if (!message.includes(expected)) failures.push(`${place} lacks "${expected}" in its error:\n${message}`);
    else if (message.includes("[shapeError]")) failures.push(`${place} tells of the engine's own types:\n${message}`);
    else passed++;
  });
}
// The rest of the sources is checked by the build.
for (const [place, message] of messages) {
  if (/^\.\.\/\.\.\/src\/(shape|graph\/signatures)\//.test(place))
    failures.push(`${place} does not compile:\n${message}`);
}

const imports = compileImports();
const instantiations = tests.instantiations - imports.instantiations;
if (instantiations > INSTANTIATION_BUDGET) {
  failures.push(`the shape types take ${instantiations} type instantiations; the budget is ${INSTANTIATION_BUDGET}`);
} else passed++;

for (const failure of failures) console.log(failure);
const seconds = (tests.checkTime - imports.checkTime).toFixed(2);
console.log(`${instantiations} type instantiations (budget ${INSTANTIATION_BUDGET}), ${seconds} s of checking`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
