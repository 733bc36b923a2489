import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const files = readdirSync(source).map(String);

test("pictures use core's index, and one file the library for layouts; no Node", () => {
  assert.ok(files.length > 8 && files.every((file) => file.endsWith(".ts")));
  const all = files.flatMap((file) => {
    const text = readFileSync(source + file, "utf8");
    return Array.from(text.matchAll(/\bfrom "([^"]+)"|\bimport(?:\(| )"([^"]+)"/g), ([, a, b]) => ({
      file,
      to: a ?? b,
    }));
  });
  const outside = all.filter(({ to }) => !files.includes(to?.replace(/^\.\/(.*)\.js$/, "$1.ts") ?? ""));
  assert.equal(
    outside.filter(({ to }) => to !== "@chainrule/core"),
    [{ file: "layout.ts", to: "@dagrejs/dagre" }],
  );
});

test.run();
