import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const files = readdirSync(source, { recursive: true })
  .map((file) => String(file).replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));

test("pictures use core's index, and one file the library for layouts; no Node", () => {
  assert.ok(files.length > 20 && files.includes("program/memory.ts"));
  const all = files.flatMap((file) => {
    const text = readFileSync(source + file, "utf8");
    return Array.from(text.matchAll(/\bfrom "([^"]+)"|\bimport(?:\(| )"([^"]+)"/g), ([, a, b]) => ({
      file,
      to: a ?? b,
    }));
  });
  const outside = all.filter(({ file, to = "" }) => {
    const path = to.startsWith(".") ? posix.join(posix.dirname(file), to).replace(/\.js$/, ".ts") : to;
    return !files.includes(path);
  });
  assert.equal(
    outside.filter(({ to }) => to !== "@chainrule/core"),
    [{ file: "layout.ts", to: "@dagrejs/dagre" }],
  );
});

test.run();
