// The code of all pages compiles, runs, and gives what the pages say.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blocksOf, programsOf } from "../markdown/programs.mjs";
import { languages, markdownIn } from "../pages.mjs";
import { check, none, same } from "./checks.mjs";
import { checked } from "./program.mjs";

const site = fileURLToPath(new URL("..", import.meta.url));

export async function checkPrograms() {
  const pages = languages.flatMap(({ code }) => markdownIn(join(site, code)).map((file) => `${code}/${file}`));
  const withCode = pages.filter((page) => blocksOf(readFileSync(join(site, page), "utf8")).length > 0);
  // A translation has the code of its page: what it says in comments it may say in its language.
  const known = new Map();
  let values = 0;
  for (const page of withCode) {
    const blocks = blocksOf(readFileSync(join(site, page), "utf8"));
    const text = blocks.map(({ content, prints }) => `${content}${prints}`).join("\n");
    await check(`the program of ${page} runs, and gives what the page says`, () => {
      if (known.has(text)) return;
      const { stdout, stderr } = spawnSync(process.execPath, [join(site, "test/program.mjs"), join(site, page)], {
        encoding: "utf8",
      });
      if (stdout === "") throw new Error(stderr);
      const result = JSON.parse(stdout);
      known.set(text, result);
      values += result.values;
      none(result.wrong, page);
    });
    await check(`blocks of ${page} that are only shown say why`, () => {
      none(
        blocks.filter(({ kind, why }) => kind === "no-run" && why.length < 10).map(({ line }) => `line ${line}`),
        "no reason",
      );
    });
  }
  await check("there were values", () => {
    if (values < 30) throw new Error(`${values} values`);
  });
  await check("the programs compile", () => none(compile(withCode), "do not compile"));
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

/** What the type checker says of the programs, as a reader's strict project has it. */
function compile(pages) {
  const folder = join(site, "node_modules/.types");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const page of pages) {
    const programs = programsOf(blocksOf(readFileSync(join(site, page), "utf8")), ({ lines, drawn }) =>
      drawn === undefined ? lines : `${lines}\n${drawn};\n`,
    );
    programs.forEach((program, i) => {
      writeFileSync(join(folder, `${page.replaceAll(/\W+/g, "-")}-${i}.ts`), program);
    });
  }
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
