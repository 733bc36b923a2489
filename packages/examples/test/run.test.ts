import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { examples } from "../src/run.js";

const test = suite("the runner of the examples");
const runner = fileURLToPath(new URL("../src/run.js", import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [runner, ...args], { encoding: "utf8" });

test("without a name it lists every example, a line each, with a description", () => {
  const { status, stdout } = run();
  const lines = stdout.trimEnd().split("\n");
  assert.is(status, 0);
  assert.is(lines.length, examples.length);
  examples.forEach(({ name }, i) => {
    assert.match(lines[i] as string, new RegExp(`^${name} +\\S.{20,}`));
  });
});

test("every example of the list is there", () => {
  for (const { file } of examples) assert.ok(existsSync(file), file);
  const listed = JSON.parse(run("--list-json").stdout) as { name: string; short: string[] }[];
  assert.equal(
    listed.map(({ name, short }) => ({ name, short })),
    examples.map(({ name, short }) => ({ name, short })),
  );
});

test("an example runs by its name, with the source's numbers beside ours", () => {
  const { status, stdout } = run("apple");
  assert.is(status, 0);
  assert.match(stdout, /d price \/ d apple +2\.2 +2\.2 +ok/);
});

for (const args of [
  ["pear"],
  ["apple", "--count", "3"],
  ["deep-sigmoid", "--epochs", "3"],
  ["deep-sigmoid", "--seed", "none"],
  ["gradient-descent", "--out", runner],
]) {
  test(`${args.slice(0, 2).join(" ")}: bad input ends in one line and exit code 2`, () => {
    const { status, stderr } = run(...args);
    assert.is(status, 2);
    assert.is(stderr.trimEnd().split("\n").length, 1);
    assert.ok(stderr.length > 20);
  });
}

test.run();
