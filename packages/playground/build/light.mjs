// Which names of core a page can have without most of core: so that one whose program uses no others does not load the rest.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What the light core goes without: the compiler, maps over batches, loops as nodes, matrices of derivatives, checks, graphs as JSON. */
const heavy = [
  "compile/",
  "transforms/batching/",
  "transforms/control/",
  "transforms/sparse/",
  "transforms/jacobian",
  "transforms/hvp",
  "transforms/checkpoint",
  "check/",
  "inspect/formula",
  "inspect/graph-json",
  "inspect/graph-from-json",
  "inspect/mermaid",
];

/** All names that core exports, and of these the light ones: whose modules reach nothing heavy through any of their imports. */
export async function namesOfCore(core) {
  const root = join(core, "dist/src");
  const imports = new Map();
  const importsOf = (file) => {
    if (!imports.has(file)) {
      const found = readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"/gm);
      imports.set(
        file,
        Array.from(found, ([, path]) => resolve(dirname(file), path)),
      );
    }
    return imports.get(file);
  };
  const isHeavy = (file) => {
    const met = new Set([file]);
    for (const one of met) {
      if (heavy.some((folder) => one.startsWith(join(root, folder)))) return true;
      for (const next of importsOf(one)) met.add(next);
    }
    return false;
  };
  const index = await import(pathToFileURL(join(root, "index.js")).href);
  const files = readdirSync(root, { recursive: true }).map(String);
  const light = new Set();
  for (const file of files.filter((file) => file.endsWith(".js")).map((file) => join(root, file))) {
    // What an index hands on is looked at where it is made.
    if (file.endsWith("index.js") || isHeavy(file)) continue;
    const module = await import(pathToFileURL(file).href);
    for (const [name, value] of Object.entries(module)) if (name in index && index[name] === value) light.add(name);
  }
  return { all: Object.keys(index).sort(), light: [...light].sort() };
}
