import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";

// What core costs the page that loads it. Raising a budget is a decision, not a repair.

const bundle = readFileSync(new URL("../chainrule-core.min.js", import.meta.url));

function fits(bytes: Uint8Array, most: number, mostGzipped: number): void {
  assert.ok(bytes.length <= most, `${bytes.length} bytes`);
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  assert.ok(gzipped <= mostGzipped, `${gzipped} bytes gzipped`);
}

test("the minified bundle fits 533 kB, and 156 kB gzipped", () => {
  fits(bundle, 533_000, 156_000);
});

test("without the compiler core fits 369 kB, and 97 kB gzipped: who does not compile does not load it", async () => {
  const names = Object.keys(await import("../src/index.js")).filter((name) => !name.startsWith("compile"));
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${names.join(", ")} } from "@chainrule/core";`,
      resolveDir: fileURLToPath(new URL("../../", import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
  });
  fits(outputFiles[0]?.contents ?? new Uint8Array(1e6), 369_000, 97_000);
});

test("the bundle evaluates no text, so that a strict content security policy allows it", () => {
  assert.not.match(bundle.toString(), /\beval\(|new Function\(/);
});

test("core has no run-time dependency and no side effects on import", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Record<
    string,
    unknown
  >;
  assert.is(manifest["dependencies"], undefined);
  assert.is(manifest["sideEffects"], false);
});

test.run();
