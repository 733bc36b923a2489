// Makes `dist/`: the page, the files of the engine, the sandboxed frame, the language service and the digits. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { variable } from "@chainrule/core";
import { stepper } from "@chainrule/pages";
import { build, defaultClientConditions } from "vite";
import { declarations } from "./declarations.mjs";
import { packDigits } from "./digits.mjs";
import { namesOfCore } from "./light.mjs";

const playground = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = dirname(playground);

/** Modules made of texts, by name. */
function virtual(texts) {
  return {
    name: "virtual",
    resolveId: (id) => (id in texts ? `\0${id}` : undefined),
    load: (id) => (id.startsWith("\0") ? texts[id.slice(1)] : undefined),
  };
}

const module = (value) => `export default ${JSON.stringify(value)};`;

function config({ texts = {}, input, output = {}, outDir, plugins = [] }) {
  return {
    configFile: false,
    root: playground,
    base: "./",
    logLevel: "warn",
    publicDir: false,
    // The packages' modules, and not the bundles that they publish: so that what a program does not need is not loaded.
    resolve: { conditions: ["@chainrule/modules", ...defaultClientConditions] },
    plugins: [virtual(texts), ...plugins],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: false,
      write: outDir !== undefined,
      target: "es2022",
      minify: true,
      cssMinify: true,
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input, preserveEntrySignatures: "strict", output },
    },
  };
}

/** One file of code, as a text. */
async function bundled(entry, format, texts = {}) {
  const output = { format, codeSplitting: false };
  const { output: chunks } = await build(config({ texts, input: join(playground, entry), output }));
  return chunks[0].code;
}

/** A program may print what it has an instance of. */
const namesOfClasses = { minify: { mangle: { keepNames: { class: true, function: false } } } };

/** In a worker only the data of the stepper's page are made: its code, with the engine in it once more, is in `stepper.html`. */
const withoutClients = {
  name: "without-clients",
  load: (id) =>
    id.endsWith("/pages/dist/src/clients.js")
      ? 'const none = { script: "", scriptHash: "", style: "", styleHash: "" }; export { none as stepperClient, none as reportClient };'
      : undefined,
};

/** Of what strips types, what serves other ends: it is named by what is used, and never called. */
const strippingAlone = {
  name: "stripping-alone",
  load: (id) =>
    /\/sucrase\/dist\/esm\/(?:computeSourceMap|CJSImportProcessor|util\/formatTokens|transformers\/(?:CJSImport|Flow|JestHoist|JSX|NumericSeparator|OptionalCatchBinding|OptionalChainingNullish|ReactDisplayName|ReactHotLoader)Transformer)\.js$/.test(
      id,
    )
      ? "const none = null; export { none as default, none as startsWithLowerCase };"
      : undefined,
};

/** The engine in files that share what they have in common, core once whole and once light. What each entry needs, in order, and what the light core has not. */
async function buildEngine(dist) {
  const { all, light } = await namesOfCore(join(packages, "core"));
  const texts = {
    "entry:light": `export { ${light.join(", ")} } from "@chainrule/core";`,
    "entry:core": 'export * from "@chainrule/core";',
    "entry:nn": 'export * from "@chainrule/nn";',
    "entry:pictures": 'export * from "@chainrule/pictures";',
    "entry:pages": 'export * from "@chainrule/pages";',
  };
  const entries = Object.fromEntries(Object.keys(texts).map((id) => [id.slice("entry:".length), id]));
  const input = {
    ...entries,
    runtime: join(playground, "src/run/runtime.ts"),
    mnist: join(playground, "src/mnist/worker.ts"),
  };
  const output = { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", ...namesOfClasses };
  const made = await build(config({ texts, input, output, outDir: join(dist, "engine"), plugins: [withoutClients] }));
  const imports = new Map(made.output.map(({ fileName, imports }) => [fileName, imports]));
  const needed = (file, found = new Set()) => {
    for (const other of imports.get(file)) needed(other, found);
    return found.add(file);
  };
  const files = Object.fromEntries(
    [...Object.keys(entries), "runtime"].map((name) => [name, [...needed(`${name}.js`)]]),
  );
  return { files, heavy: all.filter((name) => !light.includes(name)) };
}

/** The frame that programs run in: its script is in it, and its policy lets nothing else run but the workers that it makes. */
async function buildFrame(dist) {
  const boot = await bundled("src/run/boot.ts", "iife");
  const script = (await bundled("src/run/frame.ts", "iife", { "virtual:boot": module(boot) })).replaceAll(
    "</script",
    "<\\/script",
  );
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; script-src 'sha256-${hash}' blob: 'wasm-unsafe-eval'; worker-src blob:; base-uri 'none'; form-action 'none'`;
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>sandbox</title>`;
  writeFileSync(
    join(dist, "frame.html"),
    `<!doctype html><html lang="en"><head>${head}</head><body><script>${script}</script></body></html>\n`,
  );
}

/** The stepper's page with places for its data, and the hash by which a policy allows its script. */
async function buildStepper(dist) {
  const title = "{{TITLE}}";
  const page = stepper(variable(1).mul(2), { title })
    .replace(/<html lang="en"/, '<html lang="{{LANG}}"')
    .replace(/(<script type="application\/json" id="data">).*?(<\/script>)/s, "$1{{DATA}}$2");
  writeFileSync(join(dist, "stepper.html"), page);
  return /script-src '(sha256-[^']+)'/.exec(page)[1];
}

async function buildLanguage(dist) {
  const text = module(declarations(packages, playground));
  writeFileSync(
    join(dist, "language.js"),
    await bundled("src/language/worker.ts", "es", { "virtual:declarations": text }),
  );
}

async function buildPage(dist, engine, stepperHash) {
  // A page in a frame's `srcdoc` is under the policy of the page around it, too.
  const policy = {
    name: "policy",
    transformIndexHtml: (html) => html.replace("script-src 'self'", `script-src 'self' '${stepperHash}'`),
  };
  await build(
    config({
      plugins: [policy, strippingAlone],
      outDir: dist,
      texts: { "virtual:engine": `export const { files, heavy } = ${JSON.stringify(engine)};` },
      input: join(playground, "index.html"),
      output: {
        entryFileNames: "page/[name].js",
        chunkFileNames: "page/[name]-[hash].js",
        assetFileNames: "page/[name][extname]",
      },
    }),
  );
}

export async function buildPlayground(dist = join(playground, "dist")) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const engine = await buildEngine(dist);
  await buildFrame(dist);
  await buildLanguage(dist);
  await buildPage(dist, engine, await buildStepper(dist));
  packDigits(dist);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildPlayground();
