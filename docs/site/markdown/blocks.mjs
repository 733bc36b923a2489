// What blocks of code become: a program that can be opened in the playground, a picture of what it computes, or plain code.
import { languages } from "../pages.mjs";
import { escaped, playgroundFragment } from "../reference/links.mjs";
import { highlighted } from "./highlight.mjs";
import { blocksOf, pictureKey, stepperName } from "./programs.mjs";

/** Teaches markdown-it the blocks of this site; `pictures` are SVGs by the key of their block, `base` is what addresses begin with. */
export function blocks(md, { pictures, base }) {
  const { fence } = md.renderer.rules;
  const { highlight } = md.options;
  md.set({
    highlight: (code, language, attributes) =>
      /^[jt]s$/.test(language) ? highlighted(code) : highlight(code, language, attributes),
  });
  // A block is part of the program of its page, whose text the rules of blocks do not get.
  md.core.ruler.push("programs", ({ src, env }) => {
    env.programs = isReference(env) || env.isIndex ? [] : blocksOf(src);
  });
  // What is English is in a folder of its own here, and in the site at the root; and the playground is none of the site's pages.
  md.core.ruler.push("links", ({ tokens }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open")) {
      const href = link.attrGet("href");
      link.attrSet("href", href.replace(/^((?:\.\.\/)+)en\//, "$1").replace(/^\/(?=playground\/)/, base));
    }
  });
  // What VitePress says in English in all languages: to a screen reader, of the link that each heading has.
  md.core.ruler.push("headings", ({ tokens, env }) => {
    for (const { children } of tokens.filter(({ children }) => children?.at(-1)?.type === "link_close")) {
      const link = children.find((each) => each.type === "link_open" && each.attrGet("class") === "header-anchor");
      const words = children
        .filter(({ type }) => type === "text" || type === "code_inline")
        .map(({ content }) => content);
      link?.attrSet("aria-label", textsOf(env).linkTo + words.join("").trim());
    }
  });
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    // Code is nothing that a reader searches for in words.
    if (env.isIndex) return "";
    const token = tokens[index];
    const [language, kind = "", argument = ""] = token.info.trim().split(/\s+/);
    const plain = () => {
      token.info = language;
      return fence(tokens, index, options, env, self).replace('title="Copy Code"', `title="${textsOf(env).copy}"`);
    };
    const playable = (code) => (canPlay(code) ? program(plain(), { code, kind, base, texts: textsOf(env) }) : plain());
    if (language !== "ts") return plain();
    // An example of the reference comes with its program, imports included.
    if (kind === "example") return playable(Buffer.from(argument, "base64url").toString());
    if (isReference(env) || kind === "no-run") return plain();
    const nth = tokens.slice(0, index).filter((each) => each.type === "fence" && /^ts\b/.test(each.info.trim())).length;
    const block = env.programs[nth];
    if (block.drawn === undefined) return playable(block.code);
    const svg = pictures.get(pictureKey(block));
    if (svg === undefined) throw new Error(`${env.relativePath}: no picture was made of\n${block.content}`);
    const figure = `<figure class="graph">${svg}</figure>\n`;
    const shown =
      kind === "stepper" ? stepped(figure, `${base}steppers/${stepperName(block, langOf(env))}`, textsOf(env)) : figure;
    return `${block.lines === "" ? "" : playable(block.code)}${shown}`;
  };
}

const isReference = ({ relativePath = "" }) => /(^|\/)reference\//.test(relativePath);

/** English is what stands at the root. */
function langOf({ relativePath = "" }) {
  const [folder] = relativePath.split("/");
  return (languages.find(({ code }) => code === folder) ?? languages[0]).code;
}

const textsOf = (env) => languages.find(({ code }) => code === langOf(env)).texts.buttons;

/** Whether the playground has all that a program imports. */
function canPlay(code) {
  const imported = Array.from(code.matchAll(/^(?:import|\}) .*from "([^"]+)";$/gm), ([, name]) => name);
  return imported.every((name) => /^@chainrule\/(core|nn|pictures)$/.test(name));
}

/**
 * A block with what opens it in the playground: a link, and a button, which theme/playground.mjs gives its meaning (and shows: without
 * scripts there is none). Plain HTML, so that a page of many blocks is one text and no tree of components.
 */
function program(html, { code, kind, base, texts }) {
  const fragment = `${playgroundFragment(code)}&lang=${texts.lang}`;
  return (
    `<div class="program${kind === "playground" ? " wanted" : ""}">\n${html}` +
    `<p class="run"><button type="button" data-fragment="${escaped(fragment)}" data-title="${texts.frame}" hidden>${texts.edit}</button>` +
    `<a href="${base}playground/index.html#${escaped(fragment)}" target="_blank" rel="noopener">${texts.open}</a></p></div>\n`
  );
}

/** A picture with what shows the page on which it is stepped through, in its place or alone; as with programs. */
function stepped(figure, page, texts) {
  return (
    `<div class="program wanted">\n${figure}` +
    `<p class="run"><button type="button" data-title="${texts.steps}" hidden>${texts.step}</button>` +
    `<a href="${page}" target="_blank" rel="noopener">${texts.openSteps}</a></p></div>\n`
  );
}
