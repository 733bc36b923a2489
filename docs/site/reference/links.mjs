// Names to places in the reference, and docstrings to Markdown.
import LZString from "lz-string";

/** Where names stand: those of the package of the text first, then those of core, then any. */
export class Links {
  #places = new Map();

  constructor(pages) {
    for (const { path, entries } of pages) {
      for (const { name, from } of entries) {
        const known = this.#places.get(name) ?? [];
        known.push({ from, path, anchor: anchorOf(name, entries, from) });
        this.#places.set(name, known);
      }
    }
  }

  /** The entry of a name as seen from a package, or undefined. */
  find(name, from) {
    const known = this.#places.get(name) ?? [];
    return (
      known.find((each) => each.from === from) ?? known.find((each) => each.from === "@chainrule/core") ?? known[0]
    );
  }

  /** A link from a page of the reference. */
  href(name, { from, path }) {
    const place = this.find(name, from);
    if (place === undefined) return undefined;
    return place.path === path ? `#${place.anchor}` : `./${place.path}.md#${place.anchor}`;
  }

  /** Code as HTML, its public names as links. */
  code(text, at) {
    const html = text.split(/([A-Za-z_$][\w$]*)/).map((part, i) => {
      const place = i % 2 === 1 && part !== at.name && /^[A-Z]/.test(part) ? this.href(part, at) : undefined;
      // Links in HTML are not rewritten by VitePress.
      return place === undefined ? escaped(part) : `<a href="${place.replace(".md", ".html")}">${part}</a>`;
    });
    return `<code v-pre>${html.join("")}</code>`;
  }

  /** A docstring as Markdown: what is no code is no HTML, and code that is a public name is a link. */
  prose(text, at) {
    return text
      .split(/(```.*?```|`[^`\n]*(?:\n[^`\n]*)?`)/s)
      .map((part, i) => {
        if (i % 2 === 0) return part.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;");
        const name = part.slice(1, -1);
        if (!/^[A-Za-z]\w*$/.test(name) || name === at.name) return part;
        const href = at.members?.has(name) ? at.members.get(name) : this.href(name, at);
        return href === undefined ? part : `[${part}](${href})`;
      })
      .join("");
  }
}

/** Ids are the names; of two of one name on a page the second has its package's. */
export function anchorOf(name, entries, from) {
  const first = entries.find((entry) => entry.name === name);
  return first === undefined || first.from === from
    ? name
    : `${from.replace("@chainrule/", "").replace("/", "-")}-${name}`;
}

export function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** What opens the playground with a program. */
export function playgroundFragment(code) {
  return `code=${LZString.compressToEncodedURIComponent(code)}`;
}

/** A program out of an example that imports nothing: with what it uses imported. */
export function withImports(code, from, links) {
  if (/^import /m.test(code)) return code;
  const declared = new Set(Array.from(code.matchAll(/\b(?:const|let|function|class) (\w+)/g), ([, name]) => name));
  const used = new Map();
  for (const [, name] of code.matchAll(/(?<![.\w"'])([A-Za-z]\w*)\b(?!\s*:(?!:))/g)) {
    const place = declared.has(name) ? undefined : links.find(name, from);
    if (place === undefined) continue;
    if (!used.has(place.from)) used.set(place.from, new Set());
    used.get(place.from).add(name);
  }
  const lines = [...used].map(([name, names]) => `import { ${[...names].sort().join(", ")} } from "${name}";`);
  return `${lines.sort().join("\n")}\n\n${code}`;
}
