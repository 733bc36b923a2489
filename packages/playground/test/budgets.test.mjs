// What the page weighs, where it can stand, and that it is the same each time it is built.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildPlayground } from "../build/build.mjs";
import { serve } from "../build/serve.mjs";
import { open, openPage, texts } from "./support.mjs";

const test = suite("budgets");
const playground = dirname(dirname(fileURLToPath(import.meta.url)));

test.before(async (context) => Object.assign(context, await open()));
test.after(async (context) => context.close?.());

const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

/** What a page loads until its program has run. */
async function loaded(context, fragment) {
  context.requests.length = 0;
  const { page } = await openPage(context, fragment);
  await page.context().close();
  assert.equal(
    context.requests.filter(({ bytes }) => bytes === 0),
    [],
  );
  return {
    bytes: context.requests.reduce((sum, { bytes }) => sum + bytes, 0),
    paths: context.requests.map(({ path }) => path),
  };
}

test("the first load is below 350 kB gzipped, and what strips types adds little to it", async (context) => {
  const plain = await loaded(context, "");
  const typed = await loaded(context, "#example=gradient-descent");
  console.log(
    `\n   first load ${kB(plain.bytes)} gzipped in ${plain.paths.length} files, with types to strip ${kB(typed.bytes)}`,
  );
  assert.ok(plain.bytes < 350_000, kB(plain.bytes));
  assert.ok(typed.bytes < 345_000, kB(typed.bytes));
  assert.ok(typed.bytes - plain.bytes < 50_000, kB(typed.bytes));
  for (const { paths } of [plain, typed]) {
    assert.equal(
      paths.filter((path) => /language|assist|\.bin|mnist|compile|nn\.js/.test(path)),
      [],
    );
  }
});

test("the language service is below 1.3 MB gzipped, the digits below 2 MB", () => {
  const language = gzipSync(readFileSync(join(playground, "dist/language.js")), { level: 9 }).length;
  const digits = ["train", "test"].map((name) => readFileSync(join(playground, `dist/digits-${name}.bin`)).length);
  console.log(`\n   language service ${kB(language)}, digits ${kB(digits[0] + digits[1])}`);
  assert.ok(language < 1_300_000, kB(language));
  assert.ok(digits[0] + digits[1] < 2_000_000);
});

test("it works from any folder", async (context) => {
  const site = await serve({ folder: playground });
  try {
    const { page, complaints } = await openPage({ ...context, site: { origin: `${site.origin}dist/` } });
    assert.is((await texts(page))[0], "220.00000000000003");
    assert.equal(complaints, []);
  } finally {
    site.close();
  }
});

/** The files of a folder, with what is in them. */
function contents(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== ".built",
  );
  const paths = names.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

test("a second build has the same bytes", async () => {
  const folder = mkdtempSync(join(playground, "node_modules/.dist-again-"));
  try {
    await buildPlayground(folder);
    const [first, second] = [contents(join(playground, "dist")), contents(folder)];
    assert.equal([...second.keys()], [...first.keys()]);
    for (const [name, bytes] of first) assert.ok(bytes.equals(second.get(name)), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
