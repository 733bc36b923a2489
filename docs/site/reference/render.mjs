// An entry as Markdown.
import { formulasOf } from "./formulas.mjs";
import { anchorOf, withImports } from "./links.mjs";
import { refusalsOf } from "./misuses.mjs";
import { pictureOf } from "./samples.mjs";
import { sourceHref } from "./sources.mjs";

/** Writes the entries of one page. `owners` says which public class declares a member. */
export class Renderer {
  constructor({ page, links, owners, users, errors }) {
    this.page = page;
    this.links = links;
    this.owners = owners;
    this.users = users;
    this.errors = errors;
  }

  /** Functions and classes first, each op with its node behind it; then the types. */
  entries() {
    const { entries } = this.page;
    const types = entries.filter(({ kind }) => kind === "type");
    const others = entries.filter(({ kind }) => kind !== "type");
    const nodeOf = (entry) => others.find((each) => isNode(each) && each.file === entry.file && namesOp(each, entry));
    const nodes = new Map(others.filter(({ kind }) => kind === "function").map((each) => [each, nodeOf(each)]));
    const shown = new Set(nodes.values());
    return [
      ...others.filter((each) => !shown.has(each) && !isNode(each)).map((each) => this.entry(each, nodes.get(each))),
      ...others.filter((each) => !shown.has(each) && isNode(each)).map((each) => this.entry(each)),
      ...(types.length === 0 ? [] : ["## Types {#types}\n"]),
      ...types.map((each) => this.entry(each)),
    ];
  }

  entry(entry, node) {
    const at = { name: entry.name, from: entry.from, path: this.page.path, members: this.#membersOf(entry) };
    const level = entry.kind === "type" ? "###" : "##";
    const parts = [`${level} ${entry.name} {#${anchorOf(entry.name, this.page.entries, entry.from)}}`];
    parts.push(this.#calls(entry, at));
    parts.push(this.#description(entry, at));
    if (isOp(entry)) parts.push(this.#formulas(entry), pictureOf(entry.name));
    if (entry.kind === "class") parts.push(this.#constructorOf(entry, at));
    parts.push(this.#details(entry, at));
    for (const code of entry.docs.examples) parts.push(this.#example(code, entry));
    parts.push(this.#errors(entry, node, at));
    if (entry.kind === "class" && !isNode(entry)) parts.push(...this.#members(entry, at));
    if (entry.kind === "type") parts.push(this.#typeBody(entry, at));
    if (["function", "value"].includes(entry.kind)) parts.push(this.#signature(entry, at));
    if (isNode(entry)) parts.push(this.#code(entry));
    parts.push(source(entry));
    if (node !== undefined) parts.push(this.#nodeOf(entry, node));
    return `${parts.filter((part) => part !== undefined && part !== "").join("\n\n")}\n`;
  }

  /** What a text about an entry means by a name that an op has, too: its own member, with the anchor of that where it has one. */
  #membersOf(entry) {
    const hasAnchors = entry.kind === "class" && !isNode(entry);
    const names = entry.members.filter(({ kind, isInherited }) => kind !== "constructor" && !isInherited);
    return new Map(names.map(({ name }) => [name, hasAnchors ? `#${entry.name}.${name}` : undefined]));
  }

  /** How an op is called, from what its type says: `exp(x)`: the shape stays. */
  #calls({ name, type, from }, at) {
    if (type === undefined || type.docs.text === "") return "";
    const sample = /`(\w+)\(/.exec(type.docs.text)?.[1];
    const text = sample === undefined ? type.docs.text : type.docs.text.replaceAll(`\`${sample}(`, `\`${name}(`);
    // Of a type that two ops share.
    return this.links.prose(text.replace(/^(`[^`]*`), \1/, "$1"), { ...at, from });
  }

  #description(entry, at) {
    if (entry.docs.text !== "") return this.links.prose(entry.docs.text, at);
    const users = this.users.get(entry.name) ?? [];
    if (entry.kind !== "type" || users.length === 0) return "";
    const linked = users.map((name) => `[\`${name}\`](${this.links.href(name, at)})`);
    const what = entry.name.endsWith("Options") ? "Options of" : "Stands in the declaration of";
    return `${what} ${listed(linked)}.`;
  }

  /** Parameters and what is returned. */
  #details({ docs, signatures, kind }, at) {
    const own = signatures.find(({ parameters }) => parameters.length > 0)?.parameters ?? [];
    const parameters = docs.parameters.length > 0 ? docs.parameters : kind === "function" ? own : [];
    const lines = parameters.map(({ name, docs }) => `- \`${name}\`: ${this.#item(docs, at)}`);
    if (docs.returns) lines.push(`- returns ${this.#item(docs.returns, at)}`);
    return lines.join("\n");
  }

  #item(text, at) {
    return this.links.prose(text.replace(/^- /, ""), at).replaceAll("\n", "\n  ");
  }

  #example(code, { from }) {
    const program = withImports(code, from, this.links);
    return `\`\`\`ts example ${Buffer.from(program).toString("base64url")}\n${code}\n\`\`\``;
  }

  #errors(entry, node, at) {
    const lines = entry.docs.throws.map((text) => `- ${this.#item(text, at)}`);
    if (isOp(entry)) lines.push(...this.#messages(entry, node));
    return lines.length === 0 ? "" : `**Errors**\n\n${lines.join("\n")}`;
  }

  /** Messages as they are: those of the table of errors, and those that the ops of its kind have. */
  #messages(entry, node) {
    const names = [entry.name, node?.name].filter(Boolean);
    // Those about graphs name an op as an example.
    const own = this.errors.filter(({ error }) => error !== "GraphError");
    const listed = own.filter(({ message }) => names.some((name) => message.startsWith(`\`${name}:`)));
    const tried = refusalsOf(entry).filter((each) => !listed.some(({ message }) => message === `\`${each.message}\``));
    // What is the same but for the name of the op is of the same kind.
    const rest = (message) =>
      message
        .replaceAll("`", "")
        .replace(/^\w+: /, "")
        .replaceAll(/\d+/g, "0");
    const kindOf = (message) => this.errors.find((each) => rest(each.message) === rest(message));
    return [...listed, ...tried.map(({ message }) => ({ ...kindOf(message), message: `\`${message}\`` }))].map(
      ({ kind, anchor, message }) =>
        kind === undefined ? `- ${message}` : `- ${message} ([${kind}](./error-messages.md#${anchor}))`,
    );
  }

  /** What is given to a class; tensors are made by functions. */
  #constructorOf({ name, members, text }, at) {
    const made = members.find((member) => member.kind === "constructor");
    if (made?.text === undefined || name === "Tensor" || text.startsWith("abstract")) return "";
    // A class that a function makes has the type of what that gives.
    const declared = undented(made.text).replace(/^(?:protected )?constructor|^new(?= ?\()/, `new ${name}`);
    return this.#block(declared.replace(/ =>.*/s, "").replace(/ \(/, "("), at);
  }

  /** A declaration, without the parameter that only finds arguments too many. */
  #block(text, at) {
    const shown = text
      .replaceAll(/,?\s*\.\.\.none: \[\]/g, "")
      .replace(/;$/, "")
      .replaceAll(/\n\n+/g, "\n");
    return `<pre class="declaration" tabindex="0">${this.links.code(shown, at)}</pre>`;
  }

  #signature({ signatures, name, text }, at) {
    const texts = signatures.map((each) => each.text).filter((each) => each !== undefined);
    const heads = texts.map((each) => undented(each.startsWith("<") || each.startsWith("(") ? name + each : each));
    return this.#declared(heads.length > 0 ? heads : [text], at);
  }

  /** Types are for those who ask: they are long, and an editor shows them. */
  #declared(texts, at) {
    const blocks = texts.map((text) => this.#block(text, at));
    return `<details class="declared"><summary>Types</summary>\n${blocks.join("\n")}\n</details>`;
  }

  /** The class of a node as it is written: forward above backward. */
  #code({ source }) {
    const lines = undented(source).replaceAll(/^export /gm, "");
    // A long one is read where it stands.
    if (lines.split("\n").length > 45) return "";
    return `<details class="declared"><summary>Forward and backward, as they are written</summary>\n\n\`\`\`ts\n${lines}\n\`\`\`\n\n</details>`;
  }

  #nodeOf(op, node) {
    const at = { name: node.name, from: node.from, path: this.page.path };
    const text = node.docs.text === "" ? `The node that \`${op.name}\` makes.` : this.links.prose(node.docs.text, at);
    const anchor = anchorOf(node.name, this.page.entries, node.from);
    return [`### ${node.name} {#${anchor}}`, text, this.#constructorOf(node, at), this.#code(node), source(node)]
      .filter(Boolean)
      .join("\n\n");
  }

  #formulas({ name }) {
    const lines = formulasOf(name);
    if (lines === undefined) return "";
    const rows = lines.map(([way, formula]) => `<dt>${way}</dt><dd><code v-pre>${formula}</code></dd>`);
    return `<dl class="formulas">${rows.join("")}</dl>`;
  }

  /** Members that are declared here, then links to those that another public class has. */
  #members(entry, at) {
    const shown = entry.members.filter(({ kind }) => kind !== "constructor");
    const ownerOf = (member) => this.owners.get(member.place);
    const isOp = (member) => entry.name === "Tensor" && member.isInherited;
    const own = shown.filter((member) => !isOp(member) && (ownerOf(member) ?? entry) === entry);
    const parts = own.filter(({ docs }) => docs.text !== "").map((member) => this.#member(entry, member, at));
    const plain = own.filter(({ docs }) => docs.text === "").map((member) => this.#plainMember(entry, member, at));
    if (plain.length > 0) parts.push(plain.join("\n"));
    const others = new Map();
    for (const member of shown) {
      const owner = ownerOf(member);
      if (isOp(member) || owner === undefined || owner === entry) continue;
      others.set(owner, [...(others.get(owner) ?? []), member.name]);
    }
    for (const [owner, names] of others) {
      const linked = names.map(
        (name) => `[\`${name}\`](${this.links.href(owner.name, at).replace(/#.*/, "")}#${owner.name}.${name})`,
      );
      parts.push(`As every [\`${owner.name}\`](${this.links.href(owner.name, at)}) it has ${listed(linked)}.`);
    }
    const ops = shown.filter(isOp).map(({ name }) => name);
    if (ops.length > 0) {
      const linked = ops.map((name) => {
        const href = this.links.href(name, at);
        return href === undefined ? `\`${name}\`` : `[\`${name}\`](${href})`;
      });
      parts.push(
        `### Ops as methods {#Tensor.ops}\n\n\`x.exp()\` is \`exp(x)\`; the tensor stands for the first argument. There are ${listed(linked)}.`,
      );
    }
    return parts;
  }

  /** One that says all by its name and type. */
  #plainMember({ name: owner }, member, at) {
    const code = this.links.code(declarationOf(member).replaceAll(/\s+/g, " "), at).replaceAll("|", "&#124;");
    return `- <span id="${owner}.${member.name}">${code}</span>`;
  }

  #member({ name: owner, from }, member, at) {
    const { name, docs } = member;
    const lines = docs.parameters.map((each) => `- \`${each.name}\`: ${this.#item(each.docs, at)}`);
    if (docs.returns) lines.push(`- returns ${this.#item(docs.returns, at)}`);
    return [
      `#### ${name} {#${owner}.${name}}`,
      this.#block(declarationOf(member), at),
      this.links.prose(docs.text, at),
      lines.join("\n"),
      ...docs.examples.map((code) => this.#example(code, { from })),
      docs.throws.length === 0
        ? ""
        : `**Errors**\n\n${docs.throws.map((each) => `- ${this.#item(each, at)}`).join("\n")}`,
    ]
      .filter((part) => part !== "")
      .join("\n\n");
  }

  /** An interface as its members, another type as it is written. */
  #typeBody({ text, members, name }, at) {
    const isInterface = text.startsWith("interface");
    const head = isInterface ? text.slice(0, text.indexOf("{")).trim() : undented(text);
    const parts = [this.#block(head, at)];
    if (isInterface) {
      const lines = members.map((member) => {
        const declared = undented(member.text ?? member.name)
          .replace(/^readonly /, "")
          .replace(/( \| undefined)?;?$/, "");
        const docs = member.docs.text === "" ? "" : `: ${this.#item(member.docs.text, at)}`;
        return `- ${this.links.code(declared.replaceAll(/\s+/g, " "), at).replaceAll("|", "&#124;")}${docs}`;
      });
      parts.push(lines.join("\n"));
    }
    return name === "" ? "" : parts.join("\n\n");
  }
}

export const isOp = ({ kind, file }) => kind === "function" && file.startsWith("packages/core/src/ops/");

/** Nodes of ops; `Node` itself is a class as others are. */
export const isNode = ({ kind, file }) => kind === "class" && file.startsWith("packages/core/src/ops/");

/** Whether a node's class is named as the function: `MatMul` and `matmul`. */
export const namesOp = (node, { name }) => node.name.toLowerCase() === name.toLowerCase();

/** Where it is imported from, and its code. The router of the site knows nothing of sources: `target` lets the browser go there. */
function source(entry) {
  const { name, kind, from, file, line } = entry;
  const type = kind === "type" ? "type " : "";
  return (
    `<p class="source"><code>import { ${type}${name} } from "${from}"</code> ` +
    `<a href="${sourceHref(entry)}" target="_self">${file}, line ${line}</a></p>`
  );
}

/** A member of a class without what concerns its class alone, and without what it begins as. */
function declarationOf({ name, text, kind }) {
  const head = undented(text ?? name)
    .replaceAll(/\b(?:override|declare|abstract) /g, "")
    .replace(/;$/, "");
  return kind === "property" ? head.replace(/ = .*/s, "") : head;
}

/** Without the indentation that the lines behind the first have in their file. */
function undented(text) {
  const [first, ...rest] = text.split("\n");
  const indents = rest.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)[0].length);
  const least = Math.min(...indents, Number.MAX_SAFE_INTEGER);
  return [first, ...rest.map((line) => line.slice(least))].join("\n");
}

function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
