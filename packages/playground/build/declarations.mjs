// The declarations that the language service reads: those that the packages publish, and those of JavaScript.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** By the path at which the language service finds them. */
export function declarations(packages, playground) {
  const files = {};
  for (const name of ["core", "nn", "pictures"]) {
    const lib = join(packages, name, "dist/lib");
    for (const file of readdirSync(lib, { recursive: true }).map(String).sort()) {
      if (!file.endsWith(".d.ts")) continue;
      files[`/node_modules/@chainrule/${name}/${file}`] = readFileSync(join(lib, file), "utf8");
    }
    // Other entries, such as core's `testing`, are not for here.
    files[`/node_modules/@chainrule/${name}/package.json`] = JSON.stringify({
      name: `@chainrule/${name}`,
      types: "./index.d.ts",
      exports: { ".": { types: "./index.d.ts" } },
    });
  }
  for (const name of ["testing", "fast"]) delete files[`/node_modules/@chainrule/core/${name}.d.ts`];
  for (const name of ["node"]) delete files[`/node_modules/@chainrule/nn/${name}.d.ts`];
  files["/globals.d.ts"] = readFileSync(join(playground, "src/language/globals.d.ts"), "utf8");
  Object.assign(files, javascript());
  return files;
}

/** lib.es2023.d.ts and all that it refers to. */
function javascript() {
  const lib = dirname(createRequire(import.meta.url).resolve("typescript"));
  const files = {};
  const add = (name) => {
    const path = join(lib, name);
    if (files[`/lib/${name}`] !== undefined || !existsSync(path)) return;
    const text = readFileSync(path, "utf8");
    files[`/lib/${name}`] = text;
    for (const [, other] of text.matchAll(/^\/\/\/ <reference lib="([\w.]+)" \/>/gm)) add(`lib.${other}.d.ts`);
  };
  add("lib.es2023.d.ts");
  return files;
}
