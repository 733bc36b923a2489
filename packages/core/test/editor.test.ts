import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "@typescript/typescript6";
import { test } from "uvu";
import * as assert from "uvu/assert";

// What an editor shows of a tensor, asked of the language service over the built declarations.

const folder = dirname(fileURLToPath(import.meta.url));
const program = join(folder, "program.ts");
const text = `
  import { type Tensor, tensor } from "../src/index.js";
  const x = tensor([[1, 2], [3, 4]]);
  x.matmul(x);
  x.sum(0);
  x.cast;
  const asked: Tensor<[2, 2]> = x;
`;

const service = ts.createLanguageService({
  getCompilationSettings: () => ({
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    types: [],
  }),
  getScriptFileNames: () => [program],
  getScriptVersion: () => "1",
  getScriptSnapshot: (file) =>
    file === program
      ? ts.ScriptSnapshot.fromString(text)
      : ts.sys.fileExists(file)
        ? ts.ScriptSnapshot.fromString(ts.sys.readFile(file) ?? "")
        : undefined,
  getCurrentDirectory: () => folder,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (file) => file === program || ts.sys.fileExists(file),
  readFile: ts.sys.readFile,
});

const textOf = (parts: readonly ts.SymbolDisplayPart[] | undefined) => ts.displayPartsToString(parts?.slice());

function quickInfo(of: string): { readonly signature: string; readonly documentation: string } {
  const info = service.getQuickInfoAtPosition(program, text.indexOf(of) + of.length - 1);
  return { signature: textOf(info?.displayParts), documentation: textOf(info?.documentation) };
}

test("a method shows the docstring of the function, and the shapes and the dtype of this call", () => {
  assert.equal(service.getSemanticDiagnostics(program), []);
  const matmul = quickInfo("x.matmul");
  assert.match(
    matmul.documentation,
    /^The matrix product, by NumPy's rules: \[.., m, k\] x \[.., k, n\] is \[.., m, n\]/,
  );
  assert.match(matmul.signature, /: Tensor<\[2, 2\], "float64">$/);
  assert.match(quickInfo("const asked").signature, /: Tensor<\[2, 2\], any>$/);
  assert.match(quickInfo("x.sum").documentation, /^The sum over the axes; 0 over no elements\./);
  assert.match(quickInfo("x.cast").documentation, /^The same values in another dtype/);
});

const members = service.getCompletionsAtPosition(program, text.indexOf("x.matmul") + 2, undefined)?.entries ?? [];

test("completion shows no internals, and a docstring for all else", () => {
  const names = members.map(({ name }) => name);
  assert.ok(names.includes("reshape") && names.includes("backward") && names.length > 100, `${names.length}`);
  const source = readFileSync(join(folder, "../../src/graph/tensor.ts"), "utf8");
  const internals = Array.from(source.matchAll(/@internal\s+\*\/\s+(?:get )?(\w+)/g), ([, name = ""]) => name);
  assert.ok(["values", "slot", "derive", "settle", "hooks", "array"].every((name) => internals.includes(name)));
  assert.equal(
    names.filter((name) => internals.includes(name)),
    [],
  );
  const documented = (name: string) => {
    const details = service.getCompletionEntryDetails(
      program,
      text.indexOf("x.matmul") + 2,
      name,
      {},
      undefined,
      {},
      undefined,
    );
    return textOf(details?.documentation) !== "";
  };
  assert.equal(
    names.filter((name) => !documented(name)),
    [],
  );
});

/** The words of a docstring, without what is said of the first argument. */
const wordsOf = (doc: string) => doc.replace(/^ *\*( @param \w+ .*)?/gm, "").split(/\s+/);

test("what a method says is what its function says", () => {
  const ops = join(folder, "../../src/ops");
  const files = [...readdirSync(ops), "../graph/backward.ts"];
  const docs = files.flatMap((file) =>
    Array.from(readFileSync(join(ops, file), "utf8").matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\n(?:export )?const (\w+)/gs)),
  );
  const methods = Array.from(
    readFileSync(join(ops, "methods.ts"), "utf8").matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\n {2}(\w+)[<(]/gs),
  );
  assert.ok(methods.length > 130, `${methods.length}`);
  const of = (name: string) => ({ isFinite: "isFiniteNumber", isNaN: "isNotANumber" })[name] ?? name;
  for (const [, doc = "", name = ""] of methods) {
    const own = docs.filter(([, , constant]) => constant === of(name)).map(([, text = ""]) => wordsOf(text).join(" "));
    assert.ok(own.includes(wordsOf(doc).join(" ")), name);
  }
});

test.run();
