import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";

// What core costs the page that loads it. Raising a budget is a decision, not a repair.

const bundle = readFileSync(new URL("../chainrule-core.min.js", import.meta.url));

test("the minified bundle fits 280 kB, and 72 kB gzipped", () => {
  assert.ok(bundle.length <= 280_000, `${bundle.length} bytes`);
  const gzipped = gzipSync(bundle, { level: 9 }).length;
  assert.ok(gzipped <= 72_000, `${gzipped} bytes gzipped`);
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
