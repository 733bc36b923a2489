import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "esbuild";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";

/*
 * Runs the @example blocks of the docstrings, as they stand. Of a statement that ends in a comment,
 *
 *     expression; // value
 *     const name = expression; // about [0.841471, 1]
 *
 * the value is compared with what is written there: exactly, or to six digits behind "about". A note that is no value
 * stands on a line of its own. A block that imports nothing knows what the packages and its own file export.
 */

const packages = ["core", "nn", "pictures", "pages"].map((name) => ({
  name,
  source: fileURLToPath(new URL(`../../../${name}/src/`, import.meta.url)),
  compiled: new URL(`../../../${name}/dist/src/`, import.meta.url),
}));

interface Example {
  /** File and line, to find it by. */
  readonly place: string;
  /** The module whose docstring it is. */
  readonly module: string;
  readonly lines: readonly string[];
}

function examplesOf({ name, source, compiled }: (typeof packages)[number]): Example[] {
  const files = readdirSync(source, { recursive: true })
    .map(String)
    // The docstrings of methods are those of the functions.
    .filter((file) => file.endsWith(".ts") && file !== join("ops", "methods.ts"));
  return files.flatMap((file) => {
    const module = new URL(file.replace(/\.ts$/, ".js"), compiled).href;
    const lines = readFileSync(pathToFileURL(source + file), "utf8").split("\n");
    return lines.flatMap((line, at) => {
      if (!/^\s*\* @example\s*$/.test(line)) return [];
      const rest = lines.slice(at + 1).map((line) => line.replace(/^\s*\* ?/, ""));
      const end = rest.findIndex((line, i) => line.startsWith("@") || /^\s*\*\//.test(lines[at + 1 + i] ?? ""));
      return [{ place: `${name}/src/${file}:${at + 1}`, module, lines: rest.slice(0, end) }];
    });
  });
}

interface Statement {
  readonly text: string;
  /** What is written behind it. */
  readonly comment: string | undefined;
}

/** Lines put together until their brackets close. */
function statementsOf(lines: readonly string[]): Statement[] {
  const statements: Statement[] = [];
  let text = "";
  for (const line of lines) {
    const [, code = line, comment] = /^(.*?)(?:(?:^|\s+)\/\/ ?(.*))?$/.exec(line) ?? [];
    text += `${code}\n`;
    const depth = (text.match(/[([{]/g)?.length ?? 0) - (text.match(/[)\]}]/g)?.length ?? 0);
    if (depth > 0) continue;
    // A line that holds nothing but a comment is a note.
    statements.push({ text: text.trim(), comment: text.trim() === "" ? undefined : comment });
    text = "";
  }
  if (text.trim() !== "") throw new Error(`brackets do not close in: ${text}`);
  return statements.filter(({ text }) => text !== "");
}

const value = /^(?:about )?(?:[-[{"'\d.]|(?:true|false|null|undefined|NaN|Infinity)\b)/;

/** The statement, and a call of `check` where a value is written behind it. */
function checked({ text, comment }: Statement): string {
  if (comment === undefined) return text;
  if (!value.test(comment)) throw new Error(`"// ${comment}" is no value; put a note on a line of its own`);
  const [declaration, name] = /^(?:const|let) (\w+)\b.*?=/s.exec(text) ?? [];
  const expression = name ?? text.replace(/;$/, "");
  const about = comment.startsWith("about ");
  const check = `check(await (${expression}), (${comment.replace(/^about /, "")}), ${about}, ${JSON.stringify(text)});`;
  return declaration === undefined ? check : `${text}\n${check}`;
}

/** Tensors and typed arrays as the nested arrays that a reader would write. */
function readable(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value === "object" && value !== null && "toArray" in value) return (value.toArray as () => unknown)();
  return value;
}

function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(6));
  return Array.isArray(value) ? value.map(rounded) : value;
}

function check(actual: unknown, expected: unknown, about: boolean, text: string): void {
  const [a, e] = [readable(actual), expected];
  assert.equal(about ? rounded(a) : a, about ? rounded(e) : e, text);
}

/** What a block without imports knows; its own names hide these. */
async function surroundings(module: string): Promise<Record<string, unknown>> {
  const indices = packages.map(({ compiled }) => new URL("index.js", compiled).href);
  // In the files of the entry for tests, what its consumers have imported besides.
  const isForTests = module.includes("/src/testing/");
  if (isForTests || module.includes("/src/fast/")) indices.push(new URL("index.js", module).href);
  // What writes a file in an example stands in another one of the entry for Node.
  if (module.includes("/nn/dist/src/node/")) indices.push(new URL("../node.js", module).href);
  const modules = await Promise.all([...indices, module].map((url) => import(url) as Promise<Record<string, unknown>>));
  return Object.assign(isForTests ? { fc } : {}, ...modules) as Record<string, unknown>;
}

async function run({ module, lines }: Example): Promise<number> {
  const statements = statementsOf(lines);
  const imports = statements.filter(({ text }) => text.startsWith("import "));
  const body = statements
    .filter((statement) => !imports.includes(statement))
    .map(checked)
    .join("\n");
  const resolved = imports.map(({ text }) =>
    text.replace(/"@chainrule\/(\w+)"/, (_, name) =>
      JSON.stringify(new URL("index.js", packages.find((p) => p.name === name)?.compiled).href),
    ),
  );
  const names = Object.keys(imports.length > 0 ? {} : await surroundings(module)).filter((name) =>
    new RegExp(`\\b${name}\\b`).test(body),
  );
  const known = names.length === 0 ? "" : `const { ${names.join(", ")} } = known;`;
  const text = `${resolved.join("\n")}\nexport async function example(check, known) { ${known} { ${body} } }`;
  const { code } = await transform(text, { loader: "ts", format: "esm" });
  const { example } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    example: (check: unknown, known: unknown) => Promise<void>;
  };
  await example(check, imports.length > 0 ? {} : await surroundings(module));
  return statements.filter(({ comment }) => comment !== undefined).length;
}

// Files of examples stand in a folder of their own, which goes with the tests.
const folder = mkdtempSync(join(tmpdir(), "examples-"));
const before = process.cwd();
test.before(() => process.chdir(folder));
test.after(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

let values = 0;
for (const example of packages.flatMap(examplesOf)) {
  test(example.place, async () => {
    values += await run(example);
  });
}

test("examples were found, and values in them", () => {
  assert.ok(values > 20, `${values} values`);
});

test("an example that is not true fails", async () => {
  const fails = async (...lines: string[]) => {
    try {
      await run({ place: "", module: new URL("index.js", packages[0]?.compiled).href, lines });
    } catch (error) {
      return (error as Error).message;
    }
    return "it passed";
  };
  assert.is(
    await fails("add(1, 2).item(); // 3", "tensor([1, 2]); // [1, 2]", "sin(1).item(); // about 0.841471"),
    "it passed",
  );
  assert.match(await fails("add(1, 2).item(); // 4"), "add(1, 2).item()");
  assert.match(await fails("const x = add(", "  1,", "  2,", ").item(); // 4"), "const x");
  assert.match(await fails("sin(1).item(); // about 0.841472"), "sin(1)");
  assert.match(await fails("add(1, 2).item(); // three"), "is no value");
  assert.match(await fails("nothing(1);"), "nothing is not defined");
});

test.run();
