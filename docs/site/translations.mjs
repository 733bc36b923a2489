// Which translated pages lag behind the English ones. A translation keeps in its frontmatter the hash of the English text that it was made
// from; `node docs/site/translations.mjs` lists what lags or is missing, and `node docs/site/translations.mjs --write FILE ...` says of pages
// that they are up to date.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { complete, languages, markdownIn } from "./pages.mjs";

const site = fileURLToPath(new URL(".", import.meta.url));

/** The content of an English page, told apart from all others. */
export function sourceHash(text) {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex").slice(0, 12);
}

/** The hash that a translation was made from. */
function keptHash(text) {
  return /^---\n(?:.*\n)*?source: ["']?([0-9a-f]+)["']?\n(?:.*\n)*?---\n/.exec(text)?.[1];
}

/** Lines about pages of a site: of which language, which page, and what is wrong. */
export function findings(folder = site, promised = complete, codes = languages.map(({ code }) => code)) {
  const read = (...path) => readFileSync(join(folder, ...path), "utf8");
  const found = [];
  for (const code of codes.filter((code) => code !== "en")) {
    for (const file of markdownIn(join(folder, code))) {
      if (!existsSync(join(folder, "en", file))) found.push(`${code}/${file} is of no English page`);
      else if (keptHash(read(code, file)) === undefined)
        found.push(`${code}/${file} does not say what it was made from`);
      else if (keptHash(read(code, file)) !== sourceHash(read("en", file)))
        found.push(`${code}/${file} lags behind en/${file}`);
    }
  }
  for (const [part, inLanguages] of Object.entries(promised)) {
    for (const file of markdownIn(join(folder, "en", part)))
      for (const code of inLanguages)
        if (!existsSync(join(folder, code, part, file))) found.push(`${code}/${part}/${file} is missing`);
  }
  return found;
}

/** A translation with the hash of the English page as it is now. */
export function withHash(text, hash) {
  if (keptHash(text) !== undefined) return text.replace(/^source: .*$/m, `source: "${hash}"`);
  return text.startsWith("---\n")
    ? text.replace("---\n", `---\nsource: "${hash}"\n`)
    : `---\nsource: "${hash}"\n---\n\n${text}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [option, ...files] = process.argv.slice(2);
  if (option === undefined) {
    const lines = findings();
    console.log(lines.length === 0 ? "all translations are up to date" : lines.join("\n"));
    process.exitCode = lines.length === 0 ? 0 : 1;
  } else if (option === "--write" && files.length > 0) {
    for (const file of files) {
      const [, code, page] = /(?:^|\/)(ko|ja)\/(.+\.md)$/.exec(file.replaceAll("\\", "/")) ?? [];
      if (code === undefined) throw new Error(`${file} is no page of ko/ or ja/`);
      const path = join(site, code, page);
      const hash = sourceHash(readFileSync(join(site, "en", page), "utf8"));
      writeFileSync(path, withHash(readFileSync(path, "utf8"), hash));
      console.log(`${code}/${page} is made from ${hash}`);
    }
  } else {
    console.error(
      "translations.mjs lists what lags; translations.mjs --write FILE ... says of pages that they are up to date",
    );
    process.exitCode = 1;
  }
}
