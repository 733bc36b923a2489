// What the frame lets through of what a worker posts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "sucrase";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), "messages-"));
const { code } = transform(readFileSync(new URL("../src/run/messages.ts", import.meta.url), "utf8"), {
  transforms: ["typescript"],
});
writeFileSync(join(folder, "messages.mjs"), code);
const { checked } = await import(pathToFileURL(join(folder, "messages.mjs")).href);
rmSync(folder, { recursive: true });

const test = suite("messages");

const graph = { kind: "graph", place: 0, label: "y", line: 3, svg: "<svg/>", why: "", text: "y" };
const plot = { kind: "plot", title: "", x: "", y: "", xs: [1], series: [{ name: "a", ys: [2] }] };
const good = [
  { kind: "text", level: "warn", text: "a", line: 2 },
  { kind: "value", text: "a", line: null },
  graph,
  plot,
  { kind: "error", name: "Error", message: "m", line: null, column: null },
  { kind: "done", milliseconds: 1.5, dropped: 0, isWaiting: false },
  { kind: "steps", place: 0, data: null, why: "too large" },
];

test("messages as they should be are let through, without what is not theirs", () => {
  for (const message of good) assert.equal(checked({ ...message, more: 1 })?.output, message);
});

test("all others are not", () => {
  const bad = [
    null,
    undefined,
    7,
    "text",
    [],
    {},
    { kind: "html", text: "a" },
    { ...good[0], level: "x" },
    { ...good[0], line: "1" },
  ];
  bad.push(
    { ...graph, svg: 3 },
    { ...graph, label: {} },
    { ...plot, xs: ["<"] },
    { ...plot, series: 1 },
    { ...plot, series: [null] },
  );
  bad.push(
    { ...plot, series: [{ name: "a", ys: [null] }] },
    { ...good[5], milliseconds: "1" },
    { ...good[4], message: null },
  );
  bad.push({ kind: "text", level: "log", text: { toString: () => "a" }, line: null });
  bad.push(new Proxy({}, { get: () => { throw new Error("looked at"); } })); // biome-ignore format: one line
  for (const [i, message] of bad.entries()) assert.is(checked(message), null, String(i));
});

test("sizes are those of texts and lists", () => {
  assert.is(checked(good[0]).size, 1);
  assert.is(checked({ ...plot, xs: Array(500).fill(0) }).size, 502);
});

test.run();
