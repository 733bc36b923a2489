import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findExample } from "../src/find.js";
import { chapters, examples, introduction, opening } from "../src/list.js";
import { figurePath, readRecord } from "../src/support/record.js";
import { tableFile, tableOf } from "../src/support/table.js";

const test = suite("the runner of the examples");
const runner = fileURLToPath(new URL("../src/run.js", import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [runner, ...args], { encoding: "utf8" });

test("without a name it lists every example by chapter, a line each, with a description", () => {
  const { status, stdout } = run();
  const lines = stdout.trimEnd().split("\n");
  assert.is(status, 0);
  for (const { title } of chapters) assert.ok(lines.includes(title), title);
  for (const { name } of examples) {
    assert.is(lines.filter((line) => new RegExp(`^  ${name} +\\S.{20,}`).test(line)).length, 1, name);
  }
});

test("every example begins with what it shows: a line for the list, and a text", () => {
  for (const example of examples) {
    const [first, empty, ...text] = introduction(example);
    assert.ok(first !== undefined && first.length <= 140, `${example.name}: ${first}`);
    assert.ok(empty === "" && text.join(" ").length >= 60, `${example.name}: ${text.join(" ")}`);
  }
});

test("its first lines say so in Korean and Japanese, too, and can be listed", () => {
  for (const example of examples) {
    const [, , korean = "", japanese = ""] = introduction(example);
    assert.match(korean, /^(?=.*\p{Script=Hangul}).{8,140}$/u, example.name);
    assert.not.match(korean, /(?<![니시])다[.:]/, `${example.name}: 해라체 beside 합니다체`);
    assert.match(japanese, /^(?=.*(\p{Script=Hiragana}|\p{Script=Katakana})).{6,140}$/u, example.name);
  }
  const [first] = examples as [(typeof examples)[number]];
  for (const language of ["ko", "ja"] as const)
    assert.ok(run("--lang", language).stdout.includes(opening(first, language)));
  assert.match(run("--lang", "fr").stderr, /--lang takes en, ko, ja, got fr/);
});

test("the list and the folders have the same examples", () => {
  for (const { file } of examples) assert.ok(existsSync(file), file);
  const src = fileURLToPath(new URL("../src/", import.meta.url));
  for (const { folder } of chapters) {
    for (const file of readdirSync(join(src, folder))) {
      if (file.endsWith(".js"))
        assert.ok(
          examples.some((each) => each.name === `${folder}/${file.slice(0, -3)}`),
          file,
        );
    }
  }
  const listed = JSON.parse(run("--list-json").stdout) as { name: string; short: string[] }[];
  assert.equal(
    listed.map(({ name, short }) => ({ name, short })),
    examples.map(({ name, short }) => ({ name, short })),
  );
});

test("an example runs by its name, says what it shows, and prints the source's numbers beside ours", () => {
  const { status, stdout } = run("apple", "--json");
  const lines = stdout.trimEnd().split("\n");
  assert.is(status, 0);
  assert.match(lines[0] as string, /^Two apples at 100/);
  assert.match(stdout, /d price \/ d apple +2\.2 +2\.2 +ok/);
  const { name, numbers } = JSON.parse(lines.at(-1) as string);
  assert.is(name, "ch05/apple");
  assert.equal(numbers[0], { name: "price", ours: "220.00000000000003", wanted: "220", ok: true });
});

test("a chapter's name lists the chapter", () => {
  const { status, stdout } = run("ch05");
  assert.is(status, 0);
  assert.match(stdout, /ch05\/apple /);
  assert.not.match(stdout, /ch04\//);
});

test("an example is found by its name or the last part of it", () => {
  for (const name of ["apple", "ch05/apple"]) {
    const found = findExample(name);
    assert.is(typeof found === "string" ? found : found.name, "ch05/apple");
  }
});

for (const [name, hint] of [
  ["appel", "did you mean apple?"],
  ["ch5/apple-orange", "did you mean ch05/apple-orange?"],
  ["mnist", "did you mean ch05/train-mnist?"],
  ["ch10", "did you mean ch0"],
  ["xyz-quantum", '"xyz-quantum"; npm run example lists all'],
] as const) {
  test(`${name} gets a hint, or none where nothing is near`, () => {
    const found = findExample(name);
    assert.ok(typeof found === "string" && found.includes(hint), JSON.stringify(found));
  });
}

test("the table of the README is made of the records of all examples, and their figures are there", () => {
  assert.is(tableOf(), readFileSync(tableFile, "utf8"), "npm run example -- --table writes it anew");
  const folder = new URL("../../", import.meta.url);
  for (const example of examples) {
    const record = readRecord(example);
    assert.ok(record, `npm run example -- ${example.name} --record`);
    for (const figure of record.figures)
      assert.ok(existsSync(new URL(figurePath(record.name, figure), folder)), figure);
    const names = record.numbers.map(({ name }) => name);
    assert.equal(names, [...new Set(names)], `${example.name}: a number is told by its name`);
  }
});

for (const args of [
  ["pear"],
  ["apple", "--count", "3"],
  ["deep-sigmoid", "--seed", "none"],
  ["gradient-descent", "--out", runner],
  ["gradient-descent", "--record", "--out", "out"],
  ["--all", "ch99"],
]) {
  test(`${args.slice(0, 2).join(" ")}: bad input ends in one line and exit code 2`, () => {
    const { status, stderr } = run(...args);
    assert.is(status, 2);
    assert.is(stderr.trimEnd().split("\n").length, 1);
    assert.ok(stderr.length > 20);
  });
}

test.run();
