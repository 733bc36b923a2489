// Draws the pictures of all pages: runs each page's program and makes an SVG of what its `ts picture` and `ts stepper` blocks name, and of the
// latter a page to step through. Prints them as JSON.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { variable } from "@chainrule/core";
import { stepper } from "@chainrule/pages";
import { toSvg } from "@chainrule/pictures";
import { transformSync } from "esbuild";
import { markdownIn } from "../pages.mjs";
import { blocksOf, pictureKey, programsOf, stepperName } from "./programs.mjs";

const site = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Inside of the site, so that the packages are found. */
const folder = join(site, "node_modules/.pictures");

/** Pictures by the keys of their blocks, and pages to step through by their names, for all Markdown files of the languages. */
async function drawPictures(languages) {
  const made = { pictures: new Map(), steppers: new Map() };
  for (const lang of languages) {
    for (const file of markdownIn(join(site, lang))) await draw(join(site, lang, file), lang, made);
  }
  rmSync(folder, { recursive: true, force: true });
  return made;
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

async function draw(file, lang, { pictures, steppers }) {
  const blocks = blocksOf(readFileSync(file, "utf8"));
  const isWanted = (block) =>
    (block.drawn !== undefined && !pictures.has(pictureKey(block))) ||
    (block.kind === "stepper" && !steppers.has(stepperName(block, lang)));
  // What comes behind the last of them does not need to run.
  const runs = programsOf(blocks.slice(0, blocks.findLastIndex(isWanted) + 1), (block, i) =>
    block.drawn === undefined ? block.lines : `${block.lines}globalThis.draw(${i}, ${block.drawn});\n`,
  );
  globalThis.draw = (i, output) => {
    const svg = typeof output === "string" ? output : toSvg(output, { theme: "light", maxWidth: 660 });
    pictures.set(pictureKey(blocks[i]), inPage(svg));
    if (blocks[i].kind === "stepper") steppers.set(stepperName(blocks[i], lang), stepper(output, { lang }));
  };
  for (const [i, run] of runs.entries()) if (run.includes("globalThis.draw(")) await runProgram(file, run, i);
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

const { pictures, steppers } = await drawPictures(process.argv.slice(2));
process.stdout.write(JSON.stringify({ first: drawFirst(), pictures: [...pictures], steppers: [...steppers] }));
