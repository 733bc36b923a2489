// `npm run site`: builds the site and serves it on the loopback address; `build` builds only.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { languages } from "./pages.mjs";
import { writeSources } from "./reference/sources.mjs";
import { writeReference } from "./reference/write.mjs";
import { serve } from "./serve.mjs";

const site = fileURLToPath(new URL(".", import.meta.url));
const made = join(site, "node_modules/.made");

/** The whole site into `dist`; everything that it is made of is made again. */
async function buildSite() {
  mkdirSync(made, { recursive: true });
  const pages = await writeReference(join(site, "en/reference"), join(made, "model.json"));
  // For the tests: what is public.
  writeFileSync(join(made, "reference.json"), JSON.stringify(pages));
  const steppers = drawPictures();
  await build(site);
  writeRedirects();
  mkdirSync(join(site, "dist/steppers"));
  for (const [name, page] of steppers) writeFileSync(join(site, "dist/steppers", name), page);
  writeSources(new Set(pages.flatMap(({ entries }) => entries.map(({ file }) => file))), join(site, "dist"));
  const playground = join(site, "../../packages/playground/dist");
  rmSync(join(site, "dist/playground"), { recursive: true, force: true });
  if (existsSync(playground)) cpSync(playground, join(site, "dist/playground"), { recursive: true });
}

/** The menu of languages leads to the same page in the other; of a page that is English only, to a file that leads back. */
function writeRedirects() {
  const dist = join(site, "dist");
  const pages = readdirSync(dist, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".html") && file !== "404.html");
  const others = languages.map(({ code }) => code).filter((code) => code !== "en");
  const english = pages.filter((file) => !others.some((code) => file.startsWith(join(code, "/"))));
  for (const file of english) {
    for (const code of others) {
      const target = join(dist, code, file);
      if (existsSync(target)) continue;
      const to = relative(dirname(target), join(dist, file)).replaceAll("\\", "/");
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(
        target,
        `<!doctype html><html lang="en"><meta charset="utf-8"><title>English</title>` +
          `<script>location.replace("${to}" + location.hash)</script><noscript><meta http-equiv="refresh" content="0; url=${to}"></noscript>` +
          `<link rel="canonical" href="${to}"><a href="${to}">English</a></html>\n`,
      );
    }
  }
}

/** In a process of its own, as programs of pages may change what is global. Gives the pages to step through, by their names. */
function drawPictures() {
  const codes = languages.map(({ code }) => code).filter((code) => existsSync(join(site, code)));
  const { status, stdout } = spawnSync(process.execPath, [join(site, "markdown/draw.mjs"), ...codes], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error("the pictures of the pages could not be drawn");
  const { first, pictures, steppers } = JSON.parse(stdout);
  writeFileSync(join(made, "first.svg"), first);
  writeFileSync(join(made, "pictures.json"), JSON.stringify(pictures));
  return steppers;
}

const [command = "serve", ...more] = process.argv.slice(2);
if (more.length > 0 || !["serve", "build"].includes(command)) {
  console.error("npm run site builds and serves; npm run site -- build builds only");
  process.exit(1);
}
await buildSite();
if (command === "serve") await serve(join(site, "dist"), process.env["SITE_BASE"] ?? "/");
