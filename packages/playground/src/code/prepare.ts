// Makes of a program in TypeScript the module that the sandbox runs, line for line.
import { heavy } from "virtual:engine";
import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@lezer/javascript";

const typescript = parser.configure({ dialect: "ts" });

export type ModuleName = "core" | "nn" | "pictures";

export interface Prepared {
  /** What imports of the packages' names are rewritten to is `"playground:NAME"`. */
  readonly code: string;
  /** What it imports; core counts as "light" where that is enough. */
  readonly modules: readonly (ModuleName | "light")[];
}

/** Why a program cannot be run, and where: an error in its syntax, or an import of what is not here. */
export class CodeError extends Error {
  override readonly name: string;
  readonly line: number;
  readonly column: number;

  constructor(name: string, message: string, code: string, at: number) {
    super(message);
    this.name = name;
    const before = code.slice(0, at).split("\n");
    this.line = before.length;
    this.column = (before.at(-1) as string).length + 1;
  }
}

/** A text that replaces what stands from one place to another. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Imports are pointed at the engine; the value of each expression that is a statement, and what the tensors at the top level are called,
 * is told to the page; types are stripped.
 *
 * @throws CodeError
 */
export async function prepare(code: string): Promise<Prepared> {
  const tree = typescript.parse(code);
  checkSyntax(tree, code);
  const edits: Edit[] = [];
  const imported = new Set<ModuleName>();
  let needsAll = false;
  visit(tree, (node) => {
    const repair = notRun[node.name];
    if (repair !== undefined && node.prevSibling?.name !== "declare" && node.parent?.name !== "AmbientDeclaration")
      throw new CodeError("SyntaxError", repair, code, node.from);
    if (node.name === "String" && isSpecifier(node)) {
      const name = moduleOf(code.slice(node.from + 1, node.to - 1));
      if (name === undefined) {
        const message = `${code.slice(node.from, node.to)} is not here: a program can import "@chainrule/core", "@chainrule/nn" and "@chainrule/pictures"`;
        throw new CodeError("ImportError", message, code, node.from);
      }
      imported.add(name);
      edits.push({ from: node.from, to: node.to, text: `"playground:${name}"` });
      // Whoever imports all, or at run time, gets all.
      const isPlain = node.parent?.name === "ImportDeclaration" && node.parent.getChild("Star") === null;
      const words = code.slice(node.parent?.from, node.from).split(/[^\p{L}\p{N}_$]+/u);
      needsAll ||= name === "nn" || !isPlain || words.some((word) => heavy.includes(word));
    }
  });
  for (let node = tree.topNode.firstChild; node !== null; node = node.nextSibling) {
    const expression = node.name === "ExpressionStatement" ? node.firstChild : null;
    if (expression === null || quiet.has(expression.name)) continue;
    const line = code.slice(0, expression.from).split("\n").length;
    edits.push({ from: expression.from, to: expression.from, text: `$playground.value(${line},(` });
    edits.push({ from: expression.to, to: expression.to, text: "))" });
  }
  const names = namesOf(tree, code).map((name) => `${name}: () => ${name}`);
  const marked = `$playground.bindings({ ${names.join(", ")} }); ${applied(code, edits)}`;
  const modules = [...imported].map((name) => (name === "core" && !needsAll ? "light" : name));
  return { code: hasTypes(tree) ? await stripped(marked, code) : marked, modules };
}

/** Whether a program is more than JavaScript: what strips types is not small, and loaded when there is something to strip. */
function hasTypes(tree: Tree): boolean {
  let found = false;
  visit(tree, ({ name, parent, type }) => {
    found ||= type.isError || typesAlone.test(name);
    found ||= name === "as" && parent?.name === "BinaryExpression";
    found ||= name === "LogicOp" && (parent?.name === "PostfixExpression" || parent?.name === "PropertyDeclaration");
    found ||= name === "this" && parent?.name === "ParamList";
  });
  return found;
}

/** Names of the grammar that JavaScript has no use for. */
const typesAlone =
  /Type|Interface|Enum|Namespace|Ambient|Signature|PrefixCast|Optional|Privacy|^(declare|readonly|override|abstract|implements|satisfies|type)$/;

/** What TypeScript has beside types, and what strips types leaves as it is or takes away. */
const notRun: Readonly<Record<string, string | undefined>> = {
  NamespaceDeclaration: "namespaces do not run here: put what is in them at the top level, or into an object",
  Decorator: "decorators do not run here: call the function on the class instead",
};

/** Statements whose values nobody wants to see. */
const quiet = new Set(["AssignmentExpression", "UpdateExpression", "PostfixExpression", "String", "⚠"]);

function visit(tree: Tree, enter: (node: SyntaxNode) => void): void {
  tree.iterate({ enter: ({ node }) => enter(node) });
}

function checkSyntax(tree: Tree, code: string): void {
  visit(tree, (node) => {
    // The grammar does not know `let x!: number`.
    if (!node.type.isError || (node.nextSibling?.name === "TypeAnnotation" && code.slice(node.from, node.to) === "!"))
      return;
    const found = code.slice(node.from).trimStart();
    const word = /^(?:[\p{L}\p{N}_$]+|\S)/u.exec(found)?.[0];
    const message =
      word === undefined ? "the program ends where more is expected" : `${JSON.stringify(word)} is not expected here`;
    throw new CodeError("SyntaxError", message, code, node.from);
  });
}

/** Whether a text is what an import or an export names: the string in its declaration, or the argument of import(...). */
function isSpecifier({ parent, prevSibling }: SyntaxNode): boolean {
  if (parent?.name === "ImportDeclaration") return true;
  if (parent?.name === "ExportDeclaration") return prevSibling?.name === "from";
  return parent?.name === "ArgList" && parent.prevSibling?.name === "import";
}

function moduleOf(specifier: string): ModuleName | undefined {
  return /^@chainrule\/(core|nn|pictures)$/.exec(specifier)?.[1] as ModuleName | undefined;
}

/** What `const`, `let` and `var` at the top level declare. */
function namesOf(tree: Tree, code: string): string[] {
  const names = new Set<string>();
  for (let node = tree.topNode.firstChild; node !== null; node = node.nextSibling) {
    const declaration = node.name === "ExportDeclaration" ? node.getChild("VariableDeclaration") : node;
    if (declaration?.name !== "VariableDeclaration") continue;
    for (let part = declaration.firstChild; part !== null; part = part.nextSibling) {
      if (part.name === "VariableDefinition") names.add(code.slice(part.from, part.to));
      if (!part.name.endsWith("Pattern")) continue;
      part.cursor().iterate(({ name, from, to, node: { parent } }) => {
        // What a default is computed from may define names of its own.
        if (name.endsWith("Expression") || name === "ArrowFunction") return false;
        if (name === "VariableDefinition" && parent !== null) names.add(code.slice(from, to));
        return true;
      });
    }
  }
  return [...names];
}

function applied(code: string, edits: readonly Edit[]): string {
  let [text, at] = ["", 0];
  for (const edit of edits.toSorted((a, b) => a.from - b.from)) {
    text += code.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return text + code.slice(at);
}

async function stripped(marked: string, code: string): Promise<string> {
  const { transform } = await import("sucrase");
  try {
    return transform(marked, { transforms: ["typescript"], disableESTransforms: true, keepUnusedImports: false }).code;
  } catch (error) {
    // "Error transforming: Unexpected token (3:5)"
    const [, message = String(error), line = "1"] =
      /^(?:Error transforming \S*: )?(.*) \((\d+):\d+\)$/.exec((error as Error).message) ?? [];
    const at = code
      .split("\n")
      .slice(0, Number(line) - 1)
      .join("\n").length;
    throw new CodeError("SyntaxError", message, code, at);
  }
}
