import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type TransformResult, transformSync } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isExcerpt } from "./support/excerpt.js";

// The programs of the READMEs and of the pages in docs run, and the values behind their lines are right: `expression; // value` or
// `// about value`. In a page the blocks of code are one program, and a block of text is what it prints, with `...` for what is left out.

/** What begins with files of the reader's own is only read. */
const needsFiles = /\bcsvBatches\("/;

interface Program {
  readonly name: string;
  readonly program: string;
  /** What it prints, text by text. */
  readonly texts: readonly string[];
}

const root = new URL("../../../../", import.meta.url);
const blocksOf = (text: string, language: string) =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")), ([, block = ""]) => block);

const readmes = ["", "packages/core/", "packages/nn/", "packages/pictures/", "packages/pages/"].flatMap(
  (folder): Program[] =>
    blocksOf(readFileSync(new URL(`${folder}README.md`, root), "utf8"), "ts")
      .filter((program) => !needsFiles.test(program))
      .map((program, i) => ({ name: `${folder}README.md, ${i + 1}`, program, texts: [] })),
);

const documents = readdirSync(new URL("docs/", root)).filter((file) => file.endsWith(".md"));
const pages = documents.flatMap((file): Program[] => {
  const page = readFileSync(new URL(`docs/${file}`, root), "utf8");
  const blocks = blocksOf(page, "ts");
  return blocks.length === 0 ? [] : [{ name: `docs/${file}`, program: blocks.join(""), texts: blocksOf(page, "text") }];
});

const programs = [...readmes, ...pages];

function checked(program: string): TransformResult {
  const lines = program.replaceAll(
    /^([^/\n]+); \/\/ (about )?([-\d.[\]", ]+?|\["[\w.", ]+\]|true|false)(?:: .*)?$/gm,
    (_line, expression: string, about: string | undefined, value: string) =>
      `globalThis.check(${expression}, ${value}, ${about !== undefined});`,
  );
  return transformSync(lines, { loader: "ts", format: "esm" });
}

test("the READMEs and pages have programs", () => {
  assert.ok(readmes.length >= 9 && pages.length >= 2, `${programs.length}`);
});

for (const { name, program, texts } of programs) {
  test(`program of ${name} runs, and its values are right`, async () => {
    // Inside the package, so that the imports are found.
    const folder = mkdtempSync(join(fileURLToPath(new URL(".", import.meta.url)), "readme-"));
    let checks = 0;
    const printed: string[] = [];
    const { log } = console;
    Object.assign(globalThis, {
      check(actual: unknown, expected: unknown, about: boolean) {
        checks++;
        if (about)
          assert.ok(Math.abs(Number(actual) - Number(expected)) < 1e-9, `${String(actual)}, not ${String(expected)}`);
        else assert.equal(actual, expected);
      },
    });
    console.log = (text: unknown) => printed.push(String(text));
    try {
      const file = join(folder, "program.mjs");
      writeFileSync(file, checked(program).code);
      await import(pathToFileURL(file).href);
    } finally {
      console.log = log;
      rmSync(folder, { recursive: true });
    }
    const values = program.match(/; \/\/ (?:about )?(?:[-\d.["]|true\b|false\b)/g);
    assert.is(checks, values?.length ?? 0, "every value is checked");
    for (const [i, text] of texts.entries())
      assert.ok(isExcerpt(text, `${printed[i] ?? ""}\n`), `${text}\nis not in\n${printed[i]}`);
  });
}

test("the picture of speeds is drawn from the table beside it", async () => {
  const bench = new URL("../../../bench/", import.meta.url);
  const { draw } = (await import(new URL("picture.mjs", bench).href)) as { draw: (page: string) => string };
  const read = (name: string) => readFileSync(new URL(name, bench), "utf8");
  assert.is(read("speed.svg"), draw(read("RESULTS.md")));
});

test.run();
