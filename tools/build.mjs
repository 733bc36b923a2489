// Builds all packages: prints the methods of tensors and the loops, compiles with the type checker, bundles what is published.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { printMethods } from "../packages/core/scripts/generate-methods.mjs";
import { bundleAll, bundleClients } from "./bundle.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ["core", "nn", "pictures", "pages", "examples"];
const core = join(root, "packages/core");

/**
 * The text of `loops/generated.ts` for the ops in a folder of core, and the files that it depends on. The generator runs on
 * the ops themselves, whose loops do not exist yet: in their place it gets none.
 */
export async function printLoops(core) {
  const script = join(core, "dist/generate-loops.mjs");
  const { metafile } = await build({
    entryPoints: [join(core, "scripts/generate-loops.ts")],
    outfile: script,
    bundle: true,
    metafile: true,
    absWorkingDir: core,
    platform: "node",
    format: "esm",
    logLevel: "warning",
    plugins: [
      {
        name: "no-loops-yet",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\/generated\.js$/ }, () => ({ path: "generated", namespace: "none" }));
          onLoad({ filter: /.*/, namespace: "none" }, () => ({
            // Whatever is imported of it.
            contents: "module.exports = { elementwiseLoops: {}, rowLoops: {} };",
          }));
        },
      },
    ],
  });
  const loops = ["rows", "windows"].map((name) => join(core, `src/loops/${name}.ts`));
  const options = { encoding: "utf8", maxBuffer: 1 << 26, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...loops], options);
  return { text: stdout, files: [...Object.keys(metafile.inputs).map((file) => join(core, file)), ...loops] };
}

/** The methods come first, as the ops from which the loops are printed are loaded with them. */
export async function generate() {
  writeChanged("core/src/ops/methods.ts", printMethods(core));
  writeChanged("core/src/loops/generated.ts", (await printLoops(core)).text);
}

/** The code of pages is made of the packages' sources, so that these are printed before. */
export async function printClients() {
  writeChanged("pages/src/clients.ts", await bundleClients());
}

function writeChanged(name, text) {
  const file = join(root, "packages", name);
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

/** What was compiled from a file that is gone would still be run as a test. */
function removeOrphans() {
  for (const name of packages) {
    for (const part of ["src", "test"]) {
      const folder = join(root, "packages", name, "dist", part);
      if (!existsSync(folder)) continue;
      for (const entry of readdirSync(folder, { recursive: true }).map(String)) {
        const source = join(root, "packages", name, part, entry.replace(/(\.d)?\.[jt]s(\.map)?$/, ".ts"));
        if (/\.[jt]s(\.map)?$/.test(entry) && !existsSync(source)) rmSync(join(folder, entry));
      }
    }
  }
}

function compile() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-b", ...packages.map((name) => join(root, "packages", name))], {
    stdio: "inherit",
  });
}

/** Builds everything; false when it cannot, after the compiler or the bundler has said why. */
export async function buildAll() {
  try {
    mkdirSync(join(core, "dist"), { recursive: true });
    await generate();
    await printClients();
    removeOrphans();
    compile();
    await bundleAll();
    return true;
  } catch (error) {
    if (error.status === undefined && error.errors === undefined) throw error;
    return false;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (!(await buildAll())) process.exitCode = 1;
}
