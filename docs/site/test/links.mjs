// All that pages of the built site lead to is there: pages, anchors, pictures, scripts.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import LZString from "lz-string";
import { check, none } from "./checks.mjs";

/** `hasPlayground`: without it, links to it are left out. */
export async function checkLinks(dist, base, hasPlayground) {
  const files = readdirSync(dist, { recursive: true }).map((file) => String(file).replaceAll("\\", "/"));
  const pages = files.filter((file) => file.endsWith(".html") && !/^(playground|steppers)\//.test(file));
  const html = new Map(pages.map((file) => [file, readFileSync(join(dist, file), "utf8")]));
  const ids = new Map(
    [...html].map(([file, text]) => [
      file,
      new Set(Array.from(text.matchAll(/\s(?:id|name)="([^"]+)"/g), ([, id]) => unescaped(id))),
    ]),
  );
  const lost = [];
  const elsewhere = [];
  let count = 0;
  for (const [file, text] of html) {
    for (const [, tag, link] of text.matchAll(/<(a|link|img|script|iframe|source)\b[^>]*?\s(?:href|src)="([^"]*)"/g)) {
      const [path, anchor] = unescaped(link).split("#");
      if (/^(data:|mailto:)/.test(path)) continue;
      if (/^[a-z]+:|^\/\//.test(path)) {
        // A text may name a source elsewhere; a page loads nothing from there.
        if (tag !== "a") elsewhere.push(`${file}: ${link}`);
        continue;
      }
      count++;
      const target = path === "" ? file : targetOf(path, file);
      if (target?.startsWith("playground/") && !hasPlayground) continue;
      if (target === undefined) lost.push(`${file}: ${link}`);
      else if (anchor !== undefined && anchor !== "" && target.endsWith(".html") && !target.startsWith("playground/")) {
        if (!ids.get(pageBehind(target)).has(decodeURIComponent(anchor)))
          lost.push(`${file}: ${link} has no such anchor`);
      }
    }
  }

  /** A page that only leads to the English one, to the same place there. */
  function pageBehind(file) {
    const to = /<link rel="canonical" href="([^"]+)">/.exec(html.get(file))?.[1];
    return to === undefined ? file : normalize(join(dirname(file), to)).replaceAll("\\", "/");
  }

  function targetOf(path, from) {
    const [clean] = path.split("?");
    if (clean.startsWith("/") && !clean.startsWith(base)) return undefined;
    const whole = clean.startsWith("/")
      ? clean.slice(base.length)
      : normalize(join(dirname(from), clean)).replaceAll("\\", "/");
    const decoded = decodeURIComponent(whole);
    if (decoded.startsWith("playground/") && !hasPlayground) return decoded;
    const file = join(dist, decoded);
    if (!existsSync(file)) return undefined;
    if (!statSync(file).isDirectory()) return decoded;
    const index = join(decoded, "index.html").replaceAll("\\", "/");
    return existsSync(join(dist, index)) ? index : undefined;
  }

  await check("all links lead to a page that is there, and to a place in it", () => none(lost, "lead to nothing"));
  await check("no page loads anything from elsewhere", () => none(elsewhere, "loaded from elsewhere"));
  await check("the playground has all that the programs import which it is given", () => {
    const packed = [...html.values()].flatMap(
      (text) => text.match(/(?<=playground\/index\.html#code=)[\w+$-]+/g) ?? [],
    );
    const imported = packed
      .map((code) => LZString.decompressFromEncodedURIComponent(code))
      .flatMap((code) => Array.from(code.matchAll(/\bfrom "([^"]+)"/g), ([, name]) => name));
    if (!imported.includes("@chainrule/core")) throw new Error(`${packed.length} programs, and none imports core`);
    none(
      [...new Set(imported)].filter((name) => !/^@chainrule\/(core|nn|pictures)$/.test(name)),
      "not there",
    );
  });
  await check("there were links", () => {
    if (pages.length < 50 || count < 5000) throw new Error(`${count} links in ${pages.length} pages`);
  });
  return pages.length;
}

function unescaped(text) {
  return text
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#39;", "'");
}
