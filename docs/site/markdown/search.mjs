// What the search finds.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { languages, root } from "../pages.mjs";
import { anchorOf } from "../reference/links.mjs";

/** Words, not the numbers in pictures nor the declarations nor where they stand. */
export function withoutPictures(html) {
  return html.replaceAll(/<(svg|pre)\b.*?<\/\1>|<p class="source">.*?<\/p>/gs, "");
}

/** An address cannot have it. */
const mark = "<english>";

/** The reference is English, and its names are looked for in every language: the first page of another has them all as its sections. */
export function sectionsOf(file) {
  const language = languages.find(({ code }) => code !== "en" && file === join(root, code, "index.md"));
  // All other pages are split as VitePress splits them.
  if (language === undefined) return undefined;
  return referencePages().flatMap(({ path, title, entries }) =>
    entries.map(({ name, from }) => ({
      anchor: `${mark}reference/${path}.html#${anchorOf(name, entries, from)}`,
      titles: [language.texts.reference, title, name],
      text: "",
    })),
  );
}

/** Takes from the addresses of these sections the page that they do not stand on. */
export const englishAddresses = (base) => ({
  name: "english-addresses",
  transform: (code, id) =>
    id.startsWith("/@localSearchIndex")
      ? code.replaceAll(new RegExp(`${base}\\w+/#${mark}`, "g"), () => base)
      : undefined,
});

/** What `main.mjs` has written before. */
function referencePages() {
  const file = join(root, "node_modules/.made/reference.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}
