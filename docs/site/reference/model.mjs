// What is public, as TypeDoc reads it out of the sources, in the form that the pages are written from: an entry a name, with its docstring,
// the text of its declaration, and its members.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter, ReflectionKind } from "typedoc";
import ts from "typescript";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** What a reader imports, and where it begins. */
export const entryPoints = [
  { name: "@chainrule/core", file: "packages/core/src/index.ts" },
  { name: "@chainrule/core/testing", file: "packages/core/src/testing/index.ts" },
  { name: "@chainrule/core/fast", file: "packages/core/src/fast/index.ts" },
  { name: "@chainrule/nn", file: "packages/nn/src/index.ts" },
  { name: "@chainrule/nn/node", file: "packages/nn/src/node.ts" },
  { name: "@chainrule/pictures", file: "packages/pictures/src/index.ts" },
  { name: "@chainrule/pages", file: "packages/pages/src/index.ts" },
  { name: "@chainrule/pages/node", file: "packages/pages/src/node.ts" },
];

/** The types that ops are declared with: what `exp: UnaryFunction` can be given. */
const signatures = ["arranging", "axes", "elementwise", "factories", "indexing", "joining", "products", "windows"].map(
  (name) => `packages/core/src/graph/signatures/${name}.ts`,
);

/** All entries, in the order of the entry points and of the sources; from `cache`, where the sources are those of the last time. */
export async function readModel(cache) {
  const stamp = stampOf(["packages", "docs/site/reference/model.mjs"]);
  const known = existsSync(cache) ? JSON.parse(readFileSync(cache, "utf8")) : undefined;
  if (known?.stamp === stamp) return known.entries;
  const entries = await convert();
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify({ stamp, entries }));
  return entries;
}

/** The content of all that TypeDoc reads of ours. */
function stampOf(paths) {
  const hash = createHash("sha256");
  const files = paths.flatMap((path) =>
    path.endsWith(".mjs")
      ? [path]
      : readdirSync(join(root, path)).flatMap((name) => {
          const folder = join(root, path, name, "src");
          if (!existsSync(folder)) return [];
          return readdirSync(folder, { recursive: true }).map((file) => `${path}/${name}/src/${file}`);
        }),
  );
  for (const file of files.filter((file) => /\.m?ts$|\.mjs$/.test(file)).sort())
    hash.update(`${file}\n${readFileSync(join(root, file))}`);
  return hash.digest("hex");
}

async function convert() {
  const app = await Application.bootstrap({
    entryPoints: [...entryPoints.map(({ file }) => file), ...signatures].map((file) => join(root, file)),
    // It has the packages with entry points alone, and not Node's types: these are as much as all of core, and no entry shows what they are.
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    basePath: root,
    disableGit: true,
    sourceLinkTemplate: "{path}",
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    readme: "none",
    // The build checks types; the names of parameters of an op are those of a type somewhere else.
    skipErrorChecking: true,
    logLevel: "Error",
    sort: ["source-order"],
  });
  const declared = new Map();
  const note = (_context, reflection, node) => {
    if (node !== undefined) declared.set(reflection, node);
  };
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, note);
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    declared.set(reflection, context.getSymbolFromReflection(reflection)?.declarations);
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc found nothing");
  const modules = new Map(project.children.map((module) => [module.sources?.[0]?.fileName, module]));
  const moduleOf = (file) => {
    const found = modules.get(file);
    if (found === undefined) throw new Error(`TypeDoc has no ${file}`);
    return found;
  };
  const types = new Map(signatures.flatMap((file) => (moduleOf(file).children ?? []).map((type) => [type.name, type])));
  const read = reader(declared, types);
  return entryPoints.flatMap(({ name, file }) => (moduleOf(file).children ?? []).map((each) => read(each, name)));
}

function reader(declared, types) {
  const files = new Map();
  const linesOf = (node) => {
    const file = node.getSourceFile();
    if (!files.has(file.fileName)) files.set(file.fileName, relative(root, file.fileName));
    return { file: files.get(file.fileName), line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1 };
  };

  const nodesOf = (reflection) => [declared.get(reflection) ?? []].flat();

  function signatureOf(signature) {
    const node = nodesOf(signature)[0];
    return {
      text: node === undefined ? undefined : headOf(node),
      docs: docsOf(signature.comment),
      parameters: (signature.parameters ?? [])
        .map(({ name, comment }) => ({ name, docs: textOf(comment?.summary) }))
        .filter(({ docs }) => docs !== ""),
    };
  }

  function memberOf(member) {
    const node = nodesOf(member)[0];
    const { file, line } = node === undefined ? {} : linesOf(node);
    const signatures = (member.signatures ?? [member.getSignature, member.setSignature].filter(Boolean)).map(
      signatureOf,
    );
    return {
      name: member.name,
      kind: kinds.get(member.kind) ?? "property",
      isStatic: member.flags.isStatic,
      isOptional: member.flags.isOptional,
      text: node === undefined ? undefined : headOf(node),
      docs: docsOf(member.comment ?? member.signatures?.[0]?.comment ?? member.getSignature?.comment),
      signatures,
      isInherited: member.inheritedFrom !== undefined,
      /** Where it is declared: of what is inherited, with what has it. */
      place: `${file}:${line}`,
    };
  }

  return function read(reflection, from) {
    const target = reflection.isReference?.() ? reflection.getTargetReflectionDeep() : reflection;
    const nodes = nodesOf(target);
    const node = nodes.find((each) => !ts.isInterfaceDeclaration(each) || nodes.length === 1) ?? nodes[0];
    const type = target.type?.type === "reference" ? types.get(target.type.name) : undefined;
    const isFunction = target.kind === ReflectionKind.Function || type?.signatures !== undefined;
    const own = target.signatures ?? [];
    return {
      name: reflection.name,
      from,
      kind: isFunction ? "function" : (kinds.get(target.kind) ?? "type"),
      ...linesOf(node),
      text: headOf(node),
      // TypeDoc gives a class the docstring of its base where it has none.
      docs: docsOf(
        nodes.some((each) => isDocumented(each))
          ? (target.comment ?? own.find(({ comment }) => comment !== undefined)?.comment)
          : undefined,
      ),
      signatures: [...own, ...(type?.signatures ?? [])].map(signatureOf),
      /** The type that it is declared with, and what is said of calls there. */
      type: type && { name: type.name, docs: docsOf(type.comment), arguments: target.type.typeArguments?.map(String) },
      extends: (target.extendedTypes ?? []).map(({ name }) => name),
      members: (target.children ?? []).map(memberOf),
      source: target.kind === ReflectionKind.Class ? node.getText() : undefined,
    };
  };
}

const kinds = new Map([
  [ReflectionKind.Function, "function"],
  [ReflectionKind.Variable, "value"],
  [ReflectionKind.Class, "class"],
  [ReflectionKind.Interface, "type"],
  [ReflectionKind.TypeAlias, "type"],
  [ReflectionKind.Constructor, "constructor"],
  [ReflectionKind.Method, "method"],
  [ReflectionKind.Accessor, "property"],
  [ReflectionKind.Property, "property"],
]);

/** Whether a declaration has a docstring; that of a variable stands at its statement. */
function isDocumented(node) {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts.getJSDocCommentsAndTags(statement).length > 0;
}

/** A declaration without its body and without its docstrings. */
function headOf(node) {
  const text = node.getText();
  const start = node.getStart();
  const end = node.body?.getStart() ?? (ts.isClassDeclaration(node) ? bodyOf(node) : undefined);
  const head = end === undefined ? text : text.slice(0, end - start);
  return head
    .replaceAll(/\/\*\*.*?\*\/\s*/gs, "")
    .replaceAll(/^\s*\/\/.*\n/gm, "")
    .replace(/^export (?:default )?/, "")
    .replace(/\s*[{;]?\s*$/, (end) => (end.includes("{") ? "" : end.trim()));
}

/** Where the braces of a class begin. */
function bodyOf(node) {
  const before = [...(node.heritageClauses ?? []), ...(node.typeParameters ?? []), node.name].at(0);
  const from = before?.getEnd() ?? node.getStart();
  return node.getStart() + node.getText().indexOf("{", from - node.getStart());
}

function textOf(parts) {
  return (parts ?? [])
    .map(({ text }) => text)
    .join("")
    .trim();
}

function docsOf(comment) {
  const tag = (name) => (comment?.blockTags ?? []).filter(({ tag }) => tag === name);
  return {
    text: textOf(comment?.summary),
    parameters: tag("@param").map(({ name, content }) => ({ name, docs: textOf(content) })),
    returns: tag("@returns").map(({ content }) => textOf(content))[0],
    throws: tag("@throws").map(({ content }) => textOf(content)),
    examples: tag("@example").map(({ content }) => textOf(content).replace(/^```ts\n|\n```$/g, "")),
  };
}

/** The errors of core's table: kind, class, message, advice. */
export function readErrors() {
  const page = readFileSync(join(root, "packages/core/ERRORS.md"), "utf8");
  return page
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| kind "))
    .map((line) => line.slice(2, -2).split(/(?<!\\) \| /))
    .map(([kind, error, message, advice]) => ({ kind, error, message, advice }));
}
