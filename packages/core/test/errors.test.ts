import { readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ChainruleError } from "../src/index.js";
import { misuses } from "./support/misuses.js";

/** What a misuse throws. */
function errorOf(misuse: () => unknown): unknown {
  try {
    misuse();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

for (const { kind, cases } of misuses) {
  for (const [misuse, type, message] of cases) {
    test(`${kind}: ${String(misuse).replace("() => ", "")}`, () => {
      const error = errorOf(misuse);
      assert.instance(error, type);
      assert.instance(error, ChainruleError);
      assert.is((error as Error).message, message);
      assert.is((error as Error).name, type.name);
    });
  }
}

test("there are more than 40 kinds of misuse, each with what to do", () => {
  const kinds = new Set(misuses.map(({ kind }) => kind));
  assert.is(kinds.size, misuses.length);
  assert.ok(kinds.size > 40);
  for (const { kind, advice, cases } of misuses) assert.ok(advice.endsWith(".") && cases.length > 0, kind);
});

test("the stack of an error shows the user's code, with the engine's usual limit of frames", () => {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 10;
  try {
    for (const { kind, cases } of misuses) {
      for (const [misuse] of cases)
        assert.match((errorOf(misuse) as Error).stack ?? "", /misuses(-\w+)?\.(js|ts):\d+/, kind);
    }
    assert.is(Error.stackTraceLimit, 10);
  } finally {
    Error.stackTraceLimit = before;
  }
});

const head = `# What the errors say

Made of the table in \`test/support/misuses.ts\`, by the test that holds every message to its word: it fails where this page is
not what the table says (\`UPDATE_ERRORS=1 node dist/test/errors.test.js\` writes it anew). All of these are \`ChainruleError\`s:
\`ShapeError\` for shapes, sizes, axes and indices, \`DTypeError\` for dtypes, \`GraphError\` for graphs and gradients. A refused
call changes nothing. \`detectAnomaly\` stops at the first NaN or infinity with an \`AnomalyError\`.

| kind | error | an example of the message | what to do |
|---|---|---|---|
`;

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

test("ERRORS.md is the table", () => {
  const rows = misuses.map(({ kind, advice, cases: [first] }) => {
    const [, type, message] = first as NonNullable<typeof first>;
    return `| ${cell(kind)} | ${type.name} | \`${cell(message)}\` | ${cell(advice)} |`;
  });
  const page = `${head}${rows.join("\n")}\n`;
  const file = new URL("../../ERRORS.md", import.meta.url);
  if (process.env["UPDATE_ERRORS"] === "1") writeFileSync(file, page);
  assert.is(readFileSync(file, "utf8"), page);
});

test.run();
