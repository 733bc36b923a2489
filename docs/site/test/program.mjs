// Runs the programs of pages, in a process of their own: `node program.mjs FILE ...`. What a line says in a comment is what it gives, `// 220`
// or `// about [0.5, 1]`, and what stands in a `text` block is what the block before it prints, with `...` for what is left out. Prints what
// is not so, as JSON by page, and how many values there were.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { transformSync } from "esbuild";
import { isExcerpt } from "../../../packages/examples/dist/test/support/excerpt.js";
import { blocksOf, programsOf } from "../markdown/programs.mjs";

const value = /^(?:about )?(?:[-[{"'\d.]|(?:true|false|null|undefined|NaN|Infinity)\b)/;

/** Lines put together until their brackets close, and a call of `check` where a value stands behind one. */
export function checked(lines) {
  const out = [];
  let statement = "";
  for (const line of lines.split("\n")) {
    const [, code = line, comment] = /^(.*?\S)\s+\/\/ ?(.*)$/.exec(line) ?? [];
    const isEnd = depthOf(statement + code) === 0;
    if (!isEnd || comment === undefined || !value.test(comment)) {
      statement += `${line}\n`;
      if (isEnd) {
        out.push(statement);
        statement = "";
      }
      continue;
    }
    const text = statement + code;
    const [declaration, name] = /^\s*(?:const|let) (\w+)\b[^=]*=/.exec(text) ?? [];
    const expected = comment.replace(/^about /, "");
    const check = (actual) =>
      `globalThis.check(await (${actual}), (${expected}), ${comment.startsWith("about ")}, ${JSON.stringify(text.trim())});\n`;
    out.push(declaration === undefined ? check(text.trim().replace(/;$/, "")) : `${text}\n${check(name)}`);
    statement = "";
  }
  return out.join("") + statement;
}

function depthOf(code) {
  const bare = code.replaceAll(/\/\/.*$/gm, "").replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, "");
  return (bare.match(/[([{]/g)?.length ?? 0) - (bare.match(/[)\]}]/g)?.length ?? 0);
}

/** Numbers to nine digits, as far as a page writes them. */
function isNear(actual, expected) {
  if (typeof actual === "number" && typeof expected === "number")
    return Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)) || Object.is(actual, expected);
  if (!Array.isArray(actual) || !Array.isArray(expected)) return false;
  return actual.length === expected.length && actual.every((each, i) => isNear(each, expected[i]));
}

/** The programs of a page as they run here. */
export const runnable = (blocks) => programsOf(blocks, ({ lines }, i) => `globalThis.begin(${i});\n${checked(lines)}`);

const listed = (x) => (ArrayBuffer.isView(x) ? Array.from(x) : x);

let files = 0;

async function run(file) {
  const blocks = blocksOf(readFileSync(file, "utf8"));
  const wrong = [];
  const printed = blocks.map(() => "");
  let values = 0;
  let block = 0;
  Object.assign(globalThis, {
    check(actual, expected, about, text) {
      values++;
      const [a, e] = [listed(actual), expected];
      if (!(about ? isNear(a, e) : isDeepStrictEqual(a, e)))
        wrong.push(`${text} is ${JSON.stringify(a)}, not ${about ? "about " : ""}${JSON.stringify(e)}`);
    },
    begin(i) {
      block = i;
    },
  });
  const here = fileURLToPath(new URL("../node_modules/.programs", import.meta.url));
  mkdirSync(here, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  const before = process.cwd();
  process.chdir(folder);
  const { log } = console;
  console.log = (...parts) => {
    printed[block] += `${parts.map(String).join(" ")}\n`;
  };
  try {
    for (const program of runnable(blocks)) {
      const { code } = transformSync(program, { loader: "ts", format: "esm" });
      // Each has a name of its own: what has been imported is not read again.
      const path = join(here, `${process.pid}-${files++}.mjs`);
      writeFileSync(path, code);
      try {
        await import(pathToFileURL(path).href);
      } finally {
        rmSync(path);
      }
    }
  } catch (error) {
    wrong.push(`block ${block + 1}, at line ${blocks[block]?.line}: ${error.stack}`);
  } finally {
    console.log = log;
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
  blocks.forEach(({ prints, line }, i) => {
    if (prints !== undefined && !isExcerpt(prints, printed[i]))
      wrong.push(`the block at line ${line} prints\n${printed[i]}and not\n${prints}`);
  });
  return { wrong, values };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = {};
  for (const file of process.argv.slice(2)) results[file] = await run(file);
  process.stdout.write(JSON.stringify(results));
}
