// Writes the reference as Markdown into a folder: a page a group, an index of all names, and what the errors say.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { grouped, sections } from "./groups.mjs";
import { Links } from "./links.mjs";
import { readErrors, readModel } from "./model.mjs";
import { isNode, Renderer } from "./render.mjs";

/** Returns the entries by page, for the tests. */
export async function writeReference(folder, cache) {
  const entries = await readModel(cache);
  const pages = grouped(entries);
  const links = new Links(pages);
  const errors = withAnchors(readErrors());
  const owners = new Map(
    entries
      .filter(({ kind }) => kind === "class")
      .flatMap((entry) =>
        entry.members.filter(({ isInherited }) => !isInherited).map((member) => [member.place, entry]),
      ),
  );
  const users = usersOf(entries);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name, lines) => writeFileSync(join(folder, `${name}.md`), `${lines.join("\n")}\n`);
  for (const page of pages) {
    const renderer = new Renderer({ page, links, owners, users, errors });
    write(page.path, [
      ...frontmatter(page.title),
      `# ${page.title}`,
      "",
      links.prose(page.about, { from: "", path: page.path }),
      "",
      ...renderer.entries(),
    ]);
  }
  write("error-messages", errorPage(errors));
  write("index", indexPage(pages));
  return pages;
}

const frontmatter = (title) => ["---", `title: ${JSON.stringify(title)}`, "outline: 2", "---", ""];

/** By name of a type: the functions and classes in whose declarations it stands. */
function usersOf(entries) {
  const types = new Set(entries.filter(({ kind }) => kind === "type").map(({ name }) => name));
  const users = new Map();
  for (const { name, kind, text, signatures, members } of entries) {
    if (kind === "type") continue;
    const declared = [
      text,
      ...signatures.map((each) => each.text),
      ...members.filter((each) => !each.isInherited).map((each) => each.text),
    ];
    for (const word of new Set(declared.join(" ").match(/\b[A-Z]\w*/g)))
      if (types.has(word)) users.set(word, [...(users.get(word) ?? []), name]);
  }
  // What only other types name is said of them.
  for (const { name, kind, text } of entries) {
    if (kind !== "type") continue;
    for (const word of new Set(text.match(/\b[A-Z]\w*/g)))
      if (types.has(word) && word !== name && !users.has(word)) users.set(word, [name]);
  }
  return new Map([...users].map(([word, names]) => [word, [...new Set(names)]]));
}

function withAnchors(errors) {
  return errors.map((error) => ({
    ...error,
    anchor: error.kind
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, ""),
  }));
}

function errorPage(errors) {
  const blocks = errors.map(({ kind, error, message, advice, anchor }) =>
    [
      `## ${kind.charAt(0).toUpperCase()}${kind.slice(1)} {#${anchor}}`,
      "",
      `${error}: ${message.replaceAll("\\|", "|")}`,
      "",
      advice.replaceAll("\\|", "|").replaceAll("<", "&lt;"),
      "",
    ].join("\n"),
  );
  return [
    ...frontmatter("What the errors say"),
    "# What the errors say",
    "",
    "Every kind of error, with an example of its message and what to do. All are [`ChainruleError`](./errors.md#ChainruleError)s; a refused call changes nothing.",
    "",
    ...blocks,
  ];
}

function indexPage(pages) {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  return [
    ...frontmatter("Reference"),
    "# Reference",
    "",
    "All public names, made from the docstrings in the sources. Their examples run as tests. Every op has its formula, and a picture of what it does; its node stands with it.",
    "",
    ...sections.flatMap(({ title, pages }) => [
      `## ${title}`,
      "",
      ...pages.map(({ path, title, about }) => {
        // Nodes stand with their ops.
        const names = byPath.get(path).entries.filter((entry) => entry.kind !== "type" && !isNode(entry));
        const shown = [...new Set(names.map(({ name }) => name))].map((name) => `[\`${name}\`](./${path}.md#${name})`);
        return `### [${title}](./${path}.md)\n\n${about}\n\n${shown.join(" ")}\n`;
      }),
    ]),
    "## Errors",
    "",
    "[What the errors say](./error-messages.md): the messages, and what to do.",
  ];
}
