// The code of all pages compiles, runs, and gives what the pages say.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { blocksOf, programsOf } from "../markdown/programs.mjs";
import { languages, markdownIn } from "../pages.mjs";
import { check, none, same } from "./checks.mjs";
import { checked, runnable } from "./program.mjs";

const site = fileURLToPath(new URL("..", import.meta.url));

/** Without comments: a translation has the code of its page, and in comments that are no values what it says in its language. */
const bare = (program) => printer.printFile(ts.createSourceFile("page.ts", program, ts.ScriptTarget.Latest));
const printer = ts.createPrinter({ removeComments: true });

export async function checkPrograms() {
  const pages = languages.flatMap(({ code }) => markdownIn(join(site, code)).map((file) => `${code}/${file}`));
  const blocks = new Map(pages.map((page) => [page, blocksOf(readFileSync(join(site, page), "utf8"))]));
  const withCode = pages.filter((page) => blocks.get(page).length > 0);
  const programs = firstOf(withCode, (page) => [
    ...runnable(blocks.get(page)).map(bare),
    ...blocks.get(page).map(({ prints }) => prints),
  ]);
  const run = runAll([...new Set(programs.values())]);
  for (const page of withCode) {
    await check(`the program of ${page} runs, and gives what the page says`, () => {
      if (run.stdout === "") throw new Error(run.stderr);
      none(run.results[programs.get(page)].wrong, page);
    });
    await check(`blocks of ${page} that are only shown say why`, () => {
      none(
        blocks
          .get(page)
          .filter(({ kind, why }) => kind === "no-run" && why.length < 10)
          .map(({ line }) => `line ${line}`),
        "no reason",
      );
    });
  }
  await check("there were values", () => {
    const values = Object.values(run.results).reduce((sum, each) => sum + each.values, 0);
    if (values < 30) throw new Error(`${values} values`);
  });
  await check("the programs compile", () => none(compile(blocks), "do not compile"));
  await check("values are found behind statements of several lines, and not in notes", () => {
    same(
      checked("f(\n  1, // one\n).item(); // 2\nconst x = g(); // about 3\nx; // a note").split("\n"),
      [
        'globalThis.check(await (f(\n  1, // one\n).item()), (2), false, "f(\\n  1, // one\\n).item();");'.split("\n"),
        "const x = g();",
        'globalThis.check(await (x), (3), true, "const x = g();");',
        "x; // a note",
        "",
      ].flat(),
    );
  });
}

/** Of each page the first that has the same text. */
function firstOf(pages, textOf) {
  const known = new Map();
  return new Map(
    pages.map((page) => {
      const text = JSON.stringify(textOf(page));
      if (!known.has(text)) known.set(text, page);
      return [page, known.get(text)];
    }),
  );
}

/** The programs in a process of their own: what is wrong, and how many values there were, by page. */
function runAll(pages) {
  const { stdout, stderr } = spawnSync(process.execPath, [join(site, "test/program.mjs"), ...pages], {
    cwd: site,
    encoding: "utf8",
  });
  return { stdout, stderr, results: stdout === "" ? {} : JSON.parse(stdout) };
}

/** What the type checker says of the programs, as a reader's strict project has it. */
function compile(blocks) {
  const folder = join(site, "node_modules/.types");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const programs = [...blocks].flatMap(([page, blocks]) =>
    programsOf(blocks, ({ lines, drawn }) => (drawn === undefined ? lines : `${lines}\n${drawn};\n`)).map(
      (program, i) => [`${page.replaceAll(/\W+/g, "-")}-${i}.ts`, program],
    ),
  );
  const texts = new Map(programs);
  for (const name of new Set(firstOf([...texts.keys()], (name) => bare(texts.get(name))).values()))
    writeFileSync(join(folder, name), texts.get(name));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: "ES2022",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        module: "NodeNext",
        moduleDetection: "force",
        skipLibCheck: true,
        types: ["node"],
        typeRoots: ["../../../../node_modules/@types"],
      },
    }),
  );
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const tsc = join(site, "../../node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return stdout.split("\n").filter((line) => line !== "");
}
