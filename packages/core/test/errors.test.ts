import { readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ChainruleError,
  CompileError,
  compile,
  customOp,
  DTypeError,
  detectAnomaly,
  einsum,
  GraphError,
  grad,
  Random,
  type Shape,
  ShapeError,
  split,
  type Tensor,
  tensor,
  variable,
} from "../src/index.js";
import { misuses } from "./support/misuses/index.js";

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
        assert.match((errorOf(misuse) as Error).stack ?? "", /misuses\/[\w-]+\.(js|ts):\d+/, kind);
    }
    assert.is(Error.stackTraceLimit, 10);
  } finally {
    Error.stackTraceLimit = before;
  }
});

test("no message is longer than a screen, whatever stands in it; its beginning and its end say what and what to do", () => {
  for (const Class of [ChainruleError, ShapeError, DTypeError, GraphError, CompileError]) {
    const { message, stack } = new Class(`op: ${"x".repeat(1e6)}; do this`);
    assert.match(message, /^op: x{1000,} \.\.\. \(\d+ letters left out\) \.\.\. x+; do this$/);
    assert.ok(message.length < 2100 && (stack ?? "").length < 5000);
    assert.is(new Class("y".repeat(2000)).message, "y".repeat(2000));
  }
});

/** What says names and lists from outside, given a hundred thousand of them, or one of a million letters. */
const long = "n".repeat(1e6);
const many = Array.from({ length: 1e5 }, () => [1, 1]);
const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);
const x = tensor([1, 2]);
const screens: readonly (readonly [what: string, misuse: () => unknown])[] = [
  ["widths of padding", () => x.pad(many as [number, number][])],
  [
    "arguments to differentiate by",
    () =>
      wrong(
        grad((x: Tensor) => x, { argument: new Array(1e5).fill(0) as never }),
        1,
      ),
  ],
  ["labels of an einsum", () => wrong(einsum, "i".repeat(1e5), x)],
  ["sizes of parts", () => wrong(split, x, many)],
  ["a variable's name", () => variable([1, 2], { name: long }).assign(tensor([1, 2, 3]) as Tensor)],
  ["a variable's name in an anomaly", () => detectAnomaly(() => variable(-1, { name: long }).log())],
  [
    "the key of a record",
    () =>
      wrong(
        grad((record: Record<string, Tensor>) => record[long] as Tensor),
        { [long]: "a" },
      ),
  ],
  [
    "the key of a record in a program",
    () =>
      wrong(
        compile(() => x),
        { [long]: Symbol(long) },
      ),
  ],
  [
    "the name of a class",
    () =>
      wrong(
        compile(() => x),
        new (Object.defineProperty(class {}, "name", { value: long }))(),
      ),
  ],
  ["a dtype", () => wrong((dtype: never) => new Random(1).normal([2], { dtype }), long)],
  ["an option", () => wrong((options: never) => x.sum(options), { [long]: 1 })],
  [
    "the name of an op",
    () => wrong(customOp(long, { arity: 1, shape: (x: Shape) => x, forward: () => undefined, backward: "" })),
  ],
  [
    "a stage of a program",
    () =>
      compile((x: Tensor) => x)
        .program(tensor(1))
        .print(long as never),
  ],
];

for (const [what, misuse] of screens) {
  test(`an error that shows ${what} fits on a screen`, () => {
    const error = errorOf(misuse);
    assert.instance(error, ChainruleError);
    assert.ok((error as Error).message.length < 2100);
  });
}

const head = `# What the errors say

Made of the table in \`test/support/misuses/\`, by the test that holds every message to its word: it fails where this page is
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
