// What the packages publish: each entry point as an ES module with what entries share beside it, and its declarations. And
// core as one minified file, which is loaded by the tests in browsers: packed beside the modules it would weigh as much again.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const packages = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages");

/** The modules of each package's `exports`, from its dist/src. */
const published = {
  core: { index: "index", fast: "fast/index", testing: "testing/index" },
  nn: { index: "index", node: "node" },
  pictures: { index: "index" },
  pages: { index: "index", node: "node" },
};

/**
 * The compiler has a file of its own, so that who does not use it does not load it, whatever its statements do; and so has what
 * it shares with the index.
 */
const apart = { core: { compile: "compile/compile", random: "random/random" } };

/** What is called at the top level of a module is unused when its result is: that is what `sideEffects: false` says of all of it. */
const pureCalls = {
  name: "pure-calls",
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/src\/.*\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8"))
        .replace(/^(export )?class \w+ extends (?=[\w.]+\()/gm, "$&/* @__PURE__ */ ")
        .replace(/^(export )?(const|let) \w+ = (?=new |[\w.]+\()/gm, "$&/* @__PURE__ */ "),
    }));
  },
};

/** Which line of the source each line comes from; where in a line, and where in printed loops, takes as much as the rest of a package. */
function thinMap(file) {
  const map = JSON.parse(readFileSync(file, "utf8"));
  const printed = map.sources.findIndex((source) => source.endsWith("loops/generated.ts"));
  const lines = decode(map.mappings).map((line) => line.filter((place) => place[1] !== printed).slice(0, 1));
  writeFileSync(
    file,
    JSON.stringify({
      ...map,
      names: [],
      mappings: encode(lines.map((line) => line.map(([column, ...place]) => [column, ...place.slice(0, 3)]))),
    }),
  );
}

async function bundleModules(name) {
  const folder = join(packages, name, "dist");
  const files = (entries, extension) =>
    Object.fromEntries(Object.entries(entries).map(([as, path]) => [as, join(folder, `src/${path}${extension}`)]));
  const outdir = join(folder, "lib");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: files({ ...published[name], ...apart[name] }, ".js"),
    outdir,
    chunkNames: "shared/chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minifySyntax: true,
    packages: "external",
    sourcemap: true,
    sourcesContent: false,
    logLevel: "warning",
    plugins: [pureCalls],
  });
  for (const file of readdirSync(outdir, { recursive: true }).map(String))
    if (file.endsWith(".js.map")) thinMap(join(outdir, file));
  // The index imports what is apart from where it stands.
  for (const as of Object.keys(apart[name] ?? {}))
    for (const extension of [".js", ".js.map"]) rmSync(join(outdir, as + extension));
  const declarations = await rollup({
    input: files(published[name], ".d.ts"),
    external: /^[^./]/,
    plugins: [dts()],
    // Of types that are not exported: they could not be imported from files that `exports` does not name.
    onLog() {},
  });
  await declarations.write({ dir: outdir, entryFileNames: "[name].d.ts", chunkFileNames: "shared/types-[hash].d.ts" });
}

async function bundleForBrowsers() {
  const core = join(packages, "core");
  await build({
    entryPoints: [join(core, "src/index.ts")],
    outfile: join(core, "dist/chainrule-core.min.js"),
    bundle: true,
    minify: true,
    sourcemap: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
  });
}

/** The code and the style of each page, as a module of texts: so that a page can be made wherever there is JavaScript. */
export async function bundleClients() {
  const folder = join(packages, "pages/client");
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const modules = {
    name: "sources",
    // What the packages publish is not built yet.
    setup({ onResolve }) {
      onResolve({ filter: /^@chainrule\/\w+$/ }, ({ path }) => ({
        path: join(packages, path.split("/")[1], "src/index.ts"),
        sideEffects: false,
      }));
    },
  };
  const texts = await Promise.all(
    names.map(async ({ name }) => {
      const text = async (entry, format) => {
        const { outputFiles } = await build({
          entryPoints: [join(folder, name, entry)],
          bundle: true,
          minify: true,
          write: false,
          charset: "utf8",
          target: "es2022",
          logLevel: "warning",
          plugins: [modules],
          ...(format ? { format } : {}),
        });
        // It stands in an element that this would end.
        return outputFiles[0].text.replaceAll("</script", "<\\/script");
      };
      const [script, style] = await Promise.all([text("main.ts", "iife"), text("style.css")]);
      const hash = (code) => `sha256-${createHash("sha256").update(code).digest("base64")}`;
      const client = { script, scriptHash: hash(script), style, styleHash: hash(style) };
      return `export const ${name}Client: Client = ${JSON.stringify(client)};\n`;
    }),
  );
  return `// Printed by the build out of \`client/\`.\nimport type { Client } from "./page.js";\n\n${texts.join("\n")}`;
}

export async function bundleAll() {
  await Promise.all([...Object.keys(published).map(bundleModules), bundleForBrowsers()]);
}
