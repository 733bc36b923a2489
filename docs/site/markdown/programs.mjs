// The blocks of code of a page are one program, in their order; a block knows what stands in those before it. A block is plain `ts`, or has
// a word behind it:
//
// - `ts playground` shows the buttons of the playground large: the page wants its reader to try this one
// - `ts picture` ends in an expression, whose graph is drawn (or which is a picture itself, as toSvg and programToSvg give them); where that is
//   all there is, the picture stands in its place
// - `ts stepper` is a picture that the reader can step through
// - `ts new` begins a program of its own
// - `ts no-run why ...` is code that is only shown; it says why
import { createHash } from "node:crypto";

const kinds = ["", "playground", "picture", "stepper", "new", "no-run"];

/** Whether a block ends in what is drawn. */
const isDrawn = (kind) => kind === "picture" || kind === "stepper";

/**
 * The blocks of a page's Markdown, in order: kind, content (of what is drawn its statements and the expression), the whole program up to and
 * with it, what it prints according to the page (the `text` block behind it), and its line.
 */
export function blocksOf(markdown) {
  const found = [];
  let before = "";
  for (const { info, content, line } of fencesOf(markdown)) {
    const [language, kind = "", ...rest] = info.trim().split(/\s+/);
    if (language === "text" && found.length > 0 && found.at(-1).prints === undefined) found.at(-1).prints = content;
    if (language !== "ts") continue;
    if (!kinds.includes(kind)) throw new Error(`line ${line}: a block is ts ${kinds.join(", ts ")}, not ts ${kind}`);
    if (kind === "new") before = "";
    const [lines, drawn] = isDrawn(kind) ? lastOf(content) : [content, undefined];
    const code = kind === "no-run" ? content : joined(before, lines);
    found.push({ kind, content, lines, drawn, code, line, why: rest.join(" ") });
    if (kind !== "no-run") before = code;
  }
  return found;
}

/** The programs of a page, each of its blocks as `textOf` has them, but for those that are only shown. */
export function programsOf(blocks, textOf) {
  const programs = [""];
  for (const [i, block] of blocks.entries()) {
    if (block.kind === "no-run") continue;
    if (block.kind === "new") programs.push("");
    programs.push(joined(programs.pop(), textOf(block, i)));
  }
  return programs;
}

/** All fenced blocks; those inside of others (a page about Markdown) do not count. */
function* fencesOf(markdown) {
  let open;
  for (const [i, text] of markdown.split("\n").entries()) {
    const [, indent, fence, info] = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(text) ?? [];
    if (open === undefined && fence !== undefined)
      open = { fence, info, indent: indent.length, lines: [], line: i + 1 };
    else if (open !== undefined && fence?.startsWith(open.fence) && info.trim() === "") {
      yield { info: open.info, content: open.lines.map((each) => `${each}\n`).join(""), line: open.line };
      open = undefined;
    } else open?.lines.push(text.slice(Math.min(open.indent, text.search(/\S|$/))));
  }
}

/** The statements of a block, and the expression behind them. */
function lastOf(content) {
  const lines = content.trimEnd().split("\n");
  const end = lines.slice(0, -1).findLastIndex((line) => /[;}]\s*$/.test(line) && !/^\s/.test(line)) + 1;
  const text = (part) => part.map((line) => `${line}\n`).join("");
  return [text(lines.slice(0, end)), lines.slice(end).join("\n").replace(/;$/, "")];
}

/** A picture's program and expression, told apart from all others. */
export const pictureKey = ({ code, drawn }) =>
  createHash("sha256").update(`${code}\n// picture\n${drawn}`).digest("hex");

/** The file of the page on which a picture is stepped through, below `steppers/` of the site. */
export const stepperName = (block, lang) => `${lang}-${pictureKey(block).slice(0, 16)}.html`;

/** Two parts of a program as one, with its imports first and each once. */
function joined(before, after) {
  const imports = new Map();
  const rest = `${before}\n${after}`.replaceAll(
    /^import (type )?\{([^}]*)\} from "([^"]+)";\n/gm,
    (_line, type, names, from) => {
      const list = imports.get(from) ?? new Set();
      for (const name of names.split(",").map((each) => each.trim()))
        if (name !== "") list.add(type === undefined ? name : `type ${name}`);
      imports.set(from, list);
      return "";
    },
  );
  const lines = [...imports].map(([from, names]) => `import { ${[...names].join(", ")} } from "${from}";\n`);
  return `${lines.join("")}${lines.length > 0 ? "\n" : ""}${rest.trim()}\n`;
}
