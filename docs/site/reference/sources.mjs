// The sources that the reference leads to, as pages of the site: it needs no host of repositories, and shows what it was made from.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { linesOf } from "../markdown/highlight.mjs";
import { root } from "./model.mjs";

const theme = fileURLToPath(new URL("../.vitepress/theme/", import.meta.url));
const styles = ["code.css", "source.css"];

/** Where a line of a file stands, seen from a page of the reference. */
export const sourceHref = ({ file, line }) => `../source/${file}.html#L${line}`;

/** Writes a page for each file into `source` of the built site. */
export function writeSources(files, dist) {
  const folder = join(dist, "source");
  mkdirSync(folder, { recursive: true });
  for (const style of styles) copyFileSync(join(theme, style), join(folder, style));
  for (const file of files) {
    const page = join(folder, `${file}.html`);
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, pageOf(file, relative(dirname(page), folder).replaceAll("\\", "/")));
  }
}

function pageOf(file, up) {
  const lines = linesOf(readFileSync(join(root, file), "utf8").replaceAll("\r\n", "\n").trimEnd());
  const links = styles.map((style) => `<link rel="stylesheet" href="${up}/${style}">`).join("");
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${file} | chainrule</title>` +
    `<link rel="icon" href="data:,">${links}<script>${appearance}</script></head><body>` +
    `<header><a href="${up}/../reference/index.html">Reference</a><h1>${file}</h1></header>` +
    `<main><pre class="vp-code" tabindex="0"><code>${lines.map((line, i) => `<span id="L${i + 1}">${line}\n</span>`).join("")}</code></pre></main></body></html>\n`
  );
}

/** The theme that the reader has chosen in the site, before anything is shown. */
const appearance =
  `const chosen = localStorage.getItem("vitepress-theme-appearance") ?? "auto";` +
  `if (chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches)) document.documentElement.classList.add("dark");`;
