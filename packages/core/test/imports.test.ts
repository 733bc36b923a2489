import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { belowCompile, mayUse, picture, stages } from "./support/folders.js";
import { near } from "./support/property.js";

// How the house is built: which folder knows which, what a consumer's bundle holds, and that any file may be loaded first.

const source = fileURLToPath(new URL("../../src/", import.meta.url));

function filesOf(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((file) => String(file).split(sep).join("/"))
    .filter((file) => file.endsWith(extension))
    .toSorted();
}

interface Import {
  /** Relative to src, or the name of a package. */
  readonly to: string;
  readonly typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;"']*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return Array.from(statements, ([, type, from, bare, dynamic]) => {
    const name = from ?? bare ?? dynamic ?? "";
    const to = name.startsWith(".")
      ? relative(source, join(source, dirname(file), name))
          .split(sep)
          .join("/")
      : name;
    return { to, typesOnly: type !== undefined };
  });
}

const files = filesOf(source, ".ts");

/** The folder in src, whatever folders there are in it; of the compiler its stage. */
const folderOf = (file: string) => {
  const [folder, stage] = posix.dirname(file).split("/") as [string, string?];
  return folder === "compile" && stage !== undefined ? `compile/${stage}` : folder;
};

/** The folders that the files of a folder may use. */
function allowedIn(folder: string): readonly string[] {
  const stage = folder.split("/")[1];
  if (!folder.startsWith("compile")) return mayUse[folder] ?? [];
  const own = stage === undefined ? Object.keys(stages) : (stages[stage] ?? []);
  return [...belowCompile, ...own.map((each) => `compile/${each}`)];
}

/** Tensors have ops as methods: the one place where the graph knows of them. */
const exceptions = [{ from: "graph/tensor.ts", to: "ops/methods.js" }];

/** Tensors and nodes name each other; by their values, nodes know no tensors. */
const typesOfEachOther = { from: "graph/node.ts", to: "graph/tensor.js" };

test("imports point one way: ops know nothing of compile, wasm or inspect, the graph nothing of ops", () => {
  assert.ok(files.length > 30 && files.includes("ops/add.ts"));
  for (const file of files) {
    if (file === "index.ts") continue;
    const folder = folderOf(file);
    for (const { to } of importsOf(file)) {
      if (exceptions.some((e) => e.from === file && e.to === to)) continue;
      const target = folderOf(to);
      const allowed = target === "." || target === folder || allowedIn(folder).includes(target);
      assert.ok(allowed, `${file} imports ${to}`);
      assert.is.not(to, "index.js", `${file} imports the index, which is for consumers`);
    }
  }
});

test("the picture in ARCHITECTURE.md is drawn from the table", () => {
  const file = fileURLToPath(new URL("../../../../ARCHITECTURE.md", import.meta.url));
  const text = readFileSync(file, "utf8");
  const drawn = text.replace(/(?<=^```mermaid\n).*?(?=^```$)/ms, picture);
  if (process.env["UPDATE_PICTURE"] === "1") writeFileSync(file, drawn);
  else assert.is(text, drawn, "run this test with UPDATE_PICTURE=1, which draws it again");
});

test("nothing in src imports a package, a test or a built file", () => {
  for (const file of files) {
    for (const { to } of importsOf(file)) {
      if (to === "fast-check" && file.startsWith("testing/")) continue;
      assert.ok(/^[\w/-]+(\.[\w-]+)*\.js$/.test(to), `${file} imports ${to}`);
      assert.ok(to === "loops/generated.js" || files.includes(to.replace(/\.js$/, ".ts")), `${file} imports ${to}`);
    }
  }
});

test("the walk over import lines sees what it should", () => {
  // So that a change of style cannot blind the tests above.
  const seen = files.flatMap((file) => importsOf(file).map(({ to }) => to));
  const words = files.reduce(
    (n, file) => n + (readFileSync(join(source, file), "utf8").match(/ from "/g)?.length ?? 0),
    0,
  );
  assert.is(seen.length, words);
});

async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL("../../", import.meta.url)), loader: "js" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

test("a bundle of one imported op has all methods, errors with their names, and no more than it uses", async () => {
  // By its own name, as a consumer imports it, so that the fields of package.json count.
  const text = await bundle(`
    import { mul, variable } from "@chainrule/core";
    export const value = mul(2, 3).add(1).item();
    const x = variable([1, 2]);
    x.softmax().slice([0]).log().backward();
    export const gradient = x.grad.toArray();
    export let message;
    try { x.add(variable([1, 2, 3])); } catch (error) { message = error.name + ": " + error.message; }
  `);
  const program = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    value: number;
    gradient: number[];
    message: string;
  };
  assert.is(program.value, 7);
  const p = 1 / (1 + Math.E);
  const expected = [1 - p, p - 1];
  near(program.gradient, expected, 1e-15, "gradient");
  assert.match(program.message, /^ShapeError: Add: \[2\] and \[3\] do not broadcast/);
  assert.not.match(text, /digraph/);
});

test("what is imported for its types alone leaves nothing in a bundle", async () => {
  assert.is((await bundle(`import "@chainrule/core";`)).trim(), "");
});

/** The files that a file imports, for their types alone among them, but for what is allowed to close a circle. */
const importedBy = new Map(
  files.map((file) => [
    file,
    importsOf(file)
      .filter(({ to, typesOnly }) => {
        const isIt = (e: typeof typesOfEachOther) => e.from === file && e.to === to;
        return !exceptions.some(isIt) && !(typesOnly && isIt(typesOfEachOther));
      })
      .map(({ to }) => to.replace(/\.js$/, ".ts"))
      .filter((to) => files.includes(to)),
  ]),
);

test("nothing is imported in a circle, types neither, but for the methods of tensors and the types of tensors and nodes", () => {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]) => {
    assert.not.ok(
      path.includes(file),
      `a circle of imports: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`,
    );
    if (done.has(file)) return;
    for (const to of importedBy.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  assert.is(done.size, files.length);
});

/** Files outside of a circle load in any order; those in the one that is left are loaded first, each in a thread of its own. */
test("any file of core can be loaded first", async () => {
  const graph = files.filter((file) => file.startsWith("graph/"));
  const waiting = [...graph, "ops/index.ts", "ops/add.ts", "index.ts"].map((file) => file.replace(/\.ts$/, ".js"));
  assert.ok(waiting.length > 10);
  const failures: string[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const url = new URL(`../src/${file}`, import.meta.url).href;
      const worker = new Worker(`import(${JSON.stringify(url)}).catch((error) => { throw error; })`, { eval: true });
      const failure = await new Promise<Error | null>((resolve) => {
        worker.on("error", resolve);
        worker.on("exit", () => resolve(null));
      });
      if (failure) failures.push(`${file}: ${failure.message}`);
    }
  };
  await Promise.all([work(), work()]);
  assert.equal(failures, []);
});

test.run();
