import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type TransformResult, transformSync } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";

// The programs of the README run, and the values behind their lines are right: `expression; // value` or `// about value`.

const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((found) => found[1] as string);

function checked(program: string): TransformResult {
  const lines = program.replaceAll(
    /^([^/\n]+); \/\/ (about )?([-\d.[\]", ]+?)(?:: .*)?$/gm,
    (_line, expression: string, about: string | undefined, value: string) =>
      `globalThis.check(${expression}, ${value}, ${about !== undefined});`,
  );
  return transformSync(lines, { loader: "ts", format: "esm" });
}

test("the README has programs", () => {
  assert.ok(programs.length >= 4);
});

programs.forEach((program, i) => {
  test(`program ${i + 1} of the README runs, and its values are right`, async () => {
    // Inside the package, so that the imports are found.
    const folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "readme-"));
    let checks = 0;
    Object.assign(globalThis, {
      check(actual: unknown, expected: unknown, about: boolean) {
        checks++;
        if (about)
          assert.ok(Math.abs(Number(actual) - Number(expected)) < 1e-9, `${String(actual)}, not ${String(expected)}`);
        else assert.equal(actual, expected);
      },
    });
    try {
      const file = join(folder, "program.mjs");
      writeFileSync(file, checked(program).code);
      await import(pathToFileURL(file).href);
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.is(checks, program.match(/; \/\/ /g)?.length ?? 0, "every value is checked");
  });
});

test.run();
