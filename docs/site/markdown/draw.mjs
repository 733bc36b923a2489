// Draws the pictures of all pages: runs each page's program and makes an SVG of what its `ts picture` blocks name. Prints them as JSON.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { variable } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { transformSync } from "esbuild";
import { markdownIn } from "../pages.mjs";
import { blocksOf, pictureKey, programsOf } from "./programs.mjs";

const site = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Inside of the site, so that the packages are found. */
const folder = join(site, "node_modules/.pictures");

/** By key of a block, for all Markdown files of the languages. */
async function drawPictures(languages) {
  const pictures = new Map();
  for (const folder of languages.map((language) => join(site, language)))
    for (const file of markdownIn(folder)) await draw(join(folder, file), pictures);
  rmSync(folder, { recursive: true, force: true });
  return pictures;
}

/** The two apples of the first page. */
function drawFirst() {
  const apple = variable(100, { name: "apple" });
  const price = apple
    .mul(variable(2, { name: "count" }))
    .mul(variable(1.1, { name: "tax" }))
    .named("price");
  price.backward();
  return inPage(toSvg(price, { theme: "light" }));
}

async function draw(file, pictures) {
  const blocks = blocksOf(readFileSync(file, "utf8"));
  const wanted = blocks.filter((block) => block.kind === "picture" && !pictures.has(pictureKey(block)));
  if (wanted.length === 0) return;
  const runs = programsOf(blocks, (block) =>
    block.kind === "picture"
      ? `${block.lines}globalThis.picture(${JSON.stringify(pictureKey(block))}, ${block.drawn});\n`
      : block.lines,
  );
  globalThis.picture = (key, output) => pictures.set(key, inPage(toSvg(output, { theme: "light", maxWidth: 660 })));
  for (const [i, run] of runs.entries()) if (run.includes("globalThis.picture(")) await runProgram(file, run, i);
}

async function runProgram(file, code, i) {
  const program = transformSync(code, { loader: "ts", format: "esm" }).code;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${file.slice(site.length).replaceAll(/\W+/g, "-")}-${i}.mjs`);
  writeFileSync(path, program);
  const { log } = console;
  console.log = () => {};
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    throw new Error(`${file}: ${error.message}`, { cause: error });
  } finally {
    console.log = log;
  }
}

/** The rules of colours are the site's, which knows the reader's theme. */
function inPage(svg) {
  return svg
    .replace(/<style>.*?<\/style>\n?/s, "")
    .replace(/<rect class="paper"[^>]*>\n?/, "")
    .trim();
}

const pictures = await drawPictures(process.argv.slice(2));
process.stdout.write(JSON.stringify({ first: drawFirst(), pictures: [...pictures] }));
