import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const files = readdirSync(source, { recursive: true }).map(String);

/** What a file of src imports: names of packages, and files relative to src. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8");
  const names = Array.from(text.matchAll(/\bfrom "([^"]+)"|\bimport(?:\(| )"([^"]+)"/g), ([, a, b]) => a ?? b ?? "");
  return names.map((name) =>
    name.startsWith(".") ? relative(source, join(source, dirname(file), name)).replace(/\.js$/, ".ts") : name,
  );
}

function reached(from: string): Set<string> {
  const found = new Set([from]);
  for (const file of found) {
    if (file.endsWith(".ts")) for (const name of importsOf(file)) found.add(name);
  }
  return found;
}

/** Libraries of the part for Node. */
const libraries = ["cli-progress"];

test("nn uses nothing but core's index, and Node only in the part that says so", () => {
  const sources = files.filter((file) => file.endsWith(".ts"));
  assert.ok(sources.length > 10);
  for (const file of sources) {
    for (const name of importsOf(file)) {
      const allowed =
        name.endsWith(".ts") ||
        name === "@chainrule/core" ||
        (file.startsWith("node") && (name.startsWith("node:") || libraries.includes(name)));
      assert.ok(allowed, `${file} imports ${name}`);
    }
  }
});

test("what a browser loads needs no Node, and the index reaches all of it", () => {
  const browser = [...reached("index.ts")];
  assert.equal(
    browser.filter((name) => name.startsWith("node")),
    [],
  );
  const all = new Set([...browser, ...reached("node.ts")]);
  assert.equal(
    files.filter((file) => file.endsWith(".ts") && !all.has(file)),
    [],
  );
});

test.run();
