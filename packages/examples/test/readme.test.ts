import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type TransformResult, transformSync } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";

// The programs of the READMEs run, and the values behind their lines are right: `expression; // value` or `// about value`.

/** What begins with files of the reader's own is only read. */
const needsFiles = /\bcsvBatches\("/;

const programs = ["", "packages/core/", "packages/nn/", "packages/pictures/"].flatMap((folder) => {
  const readme = readFileSync(new URL(`../../../../${folder}README.md`, import.meta.url), "utf8");
  const found = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, program = ""]) => program);
  return found
    .filter((program) => !needsFiles.test(program))
    .map((program, i) => ({ name: `${folder}README.md, ${i + 1}`, program }));
});

function checked(program: string): TransformResult {
  const lines = program.replaceAll(
    /^([^/\n]+); \/\/ (about )?([-\d.[\]", ]+?|true|false)(?:: .*)?$/gm,
    (_line, expression: string, about: string | undefined, value: string) =>
      `globalThis.check(${expression}, ${value}, ${about !== undefined});`,
  );
  return transformSync(lines, { loader: "ts", format: "esm" });
}

test("the READMEs have programs", () => {
  assert.ok(programs.length >= 9, `${programs.length}`);
});

for (const { name, program } of programs) {
  test(`program of ${name} runs, and its values are right`, async () => {
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
    const values = program.match(/; \/\/ (?:about )?(?:[-\d.["]|true\b|false\b)/g);
    assert.is(checks, values?.length ?? 0, "every value is checked");
  });
}

test.run();
