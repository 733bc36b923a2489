// Prints `ops/methods.ts`, the ops (and `backward`) as methods of Tensor, out of their declarations: each has the docstring of its function, and
// the signature of the function with the tensor in the place of the first argument. And the list of the classes.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import ts from "@typescript/typescript6";

/**
 * What is written over a type parameter of the first argument, and what it is in a method, where that is always a tensor, of
 * the shape S and the dtype D.
 */
const ofTensor = { ShapeOf: "S", IndicesShape: "S", DTypeOf: "D" };

/** Convolutions and pools are functions alone, as they are in the literature: `conv2d(x, w)`. */
const functionsOnly = "windows.ts";

const parse = (file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
const nameOf = (node) => node.name.text;

/** What a file declares, by name. */
function declarationsOf(path) {
  const file = parse(path);
  const found = new Map();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations)
        found.set(declaration.name.getText(), { file, statement, declaration });
    } else if (statement.name !== undefined) found.set(nameOf(statement), { file, statement, declaration: statement });
  }
  // What is exported by another name.
  for (const { exportClause } of file.statements.filter(ts.isExportDeclaration)) {
    for (const { name, propertyName } of exportClause.elements)
      if (propertyName !== undefined) found.set(name.text, found.get(propertyName.text));
  }
  return found;
}

/** The type that an op is declared with, its own, that of a cast, or what the function gives that makes it: name and arguments. */
function typeOf({ type, initializer }, makers) {
  const own = type ?? (ts.isAsExpression(initializer) ? initializer.type : undefined);
  if (own !== undefined)
    return { base: own.typeName?.getText(), args: own.typeArguments?.map((each) => each.getText()) };
  const maker = ts.isCallExpression(initializer) && makers.get(initializer.expression.getText())?.declaration;
  if (!maker) return {};
  const given = new Map(
    maker.typeParameters?.map(({ name }, i) => [name.text, initializer.typeArguments?.[i]?.getText()]),
  );
  // An argument that is not given is the default of the type, too.
  const args = maker.type.typeArguments?.map((each) => given.get(each.getText())).filter((each) => each !== undefined);
  return { base: maker.type.typeName.getText(), args: args?.length ? args : undefined };
}

/** The text of a node with some parts replaced: a list of [node, text]. */
function replaced(node, parts) {
  const [start, text] = [node.getStart(), node.getText()];
  const sorted = parts.map(([part, by]) => [part.getStart() - start, part.getEnd() - start, by]);
  sorted.sort(([a], [b]) => b - a);
  return sorted.reduce((text, [from, to, by]) => text.slice(0, from) + by + text.slice(to), text);
}

function visit(node, see) {
  if (see(node) !== false) ts.forEachChild(node, (child) => visit(child, see));
}

/** A call signature of an op as that of a method, with `this` for its first argument; `given` are the arguments of its interface. */
function ofReceiver(signature, given) {
  const [receiver] = signature.parameters;
  // A check of the argument may stand behind its type.
  const [own] = ts.isIntersectionTypeNode(receiver.type) ? receiver.type.types : [receiver.type];
  const parameter = signature.typeParameters?.find(({ name }) => name.text === own.getText());
  const parts = [[receiver.name, "this"]];
  if (parameter !== undefined) {
    if (signature.typeParameters.some(({ name }) => name.text === "S" || name.text === "D"))
      throw new Error(`${signature.getText()}: S and D are the shape and the dtype of the first argument`);
    parts.push([parameter, "S extends Shape, D extends DType"]);
  }
  const isOwn = (node) => ts.isTypeReferenceNode(node) && node.getText() === parameter?.name.text;
  visit(signature, (node) => {
    if (node === parameter) return false;
    const part = ts.isTypeReferenceNode(node) ? ofTensor[node.typeName.getText()] : undefined;
    if (part !== undefined && isOwn(node.typeArguments[0])) parts.push([node, part]);
    else if (isOwn(node)) parts.push([node, "Tensor<S, D>"]);
    else if (ts.isTypeReferenceNode(node) && given.has(node.getText())) parts.push([node, given.get(node.getText())]);
    else return true;
    return false;
  });
  return replaced(signature, parts);
}

/** Whether the first argument of a function is one tensor: then it can be a method. */
function takesTensor({ members: [signature] }) {
  const [first] = signature.parameters;
  const [text] = first.type?.getText().split(" & ") ?? [];
  const type = signature.typeParameters?.find(({ name }) => name.text === text)?.constraint ?? first.type;
  return /^(Tensor\b|Operand$|Indices$)/.test(type?.getText() ?? "");
}

/** The docstring of a statement, indented as that of a member, without a line about the first argument. */
function docOf(name, { file, statement }, receiver) {
  const comment = ts.getLeadingCommentRanges(file.text, statement.pos)?.at(-1);
  const text = comment && file.text.slice(comment.pos, comment.end);
  if (!text?.startsWith("/**")) throw new Error(`${name} has no docstring`);
  const lines = text.split("\n").filter((line) => !line.startsWith(` * @param ${receiver} `));
  return lines.map((line) => `  ${line}`).join("\n");
}

/** The method of an op: it hands on what it is given, and refuses what is behind it, unless the op does that itself. */
function methodOf(op, name, signatures, implementation) {
  const longest = signatures.reduce((a, b) => (b.parameters.length < a.parameters.length ? a : b));
  const names = longest.parameters.slice(1).map(nameOf);
  const last = implementation?.parameters.at(-1);
  if (last?.dotDotDotToken !== undefined && nameOf(last) !== "none")
    return `    ${name}(...args: [never]) {\n      return ${op}(this, ...args);\n    },`;
  const parameters = [...names.map((each) => `${each}: never`), "none?: unknown"].join(", ");
  const given = [`only(this, "${name}", none)`, ...names].join(", ");
  return `    ${name}(${parameters}) {\n      return ${op}(${given});\n    },`;
}

/** The import lines for the names that a text in a folder uses, as the files that it is made of have them. */
function importsOf(text, signatures, folder) {
  const homes = new Map();
  const files = new Set([...signatures.values()].map(({ file }) => file));
  for (const file of files) {
    for (const { importClause, moduleSpecifier } of file.statements.filter(ts.isImportDeclaration)) {
      const from = relative(folder, join(dirname(file.fileName), moduleSpecifier.text));
      for (const { name } of importClause.namedBindings?.elements ?? []) homes.set(name.text, from);
    }
  }
  for (const [name, { file }] of signatures) homes.set(name, relative(folder, file.fileName).replace(/\.ts$/, ".js"));
  const used = new Set(text.match(/\b[A-Z]\w*\b/g));
  const byFile = new Map();
  for (const [name, from] of homes) if (used.has(name)) byFile.set(from, [...(byFile.get(from) ?? []), name]);
  const lines = [...byFile].map(([from, names]) => `import type { ${names.toSorted().join(", ")} } from "${from}";`);
  return lines.toSorted().join("\n");
}

/** The text of `ops/methods.ts` for the ops in a folder of core. */
export function printMethods(core) {
  const [ops, graph] = [join(core, "src/ops"), join(core, "src/graph")];
  const walk = declarationsOf(join(graph, "backward.ts"));
  const files = readdirSync(join(graph, "signatures")).map((file) => declarationsOf(join(graph, "signatures", file)));
  const signatures = new Map([...files.flatMap((file) => [...file]), ...walk]);
  const makers = declarationsOf(join(ops, "functions.ts"));
  const [members, methods] = [[], []];
  const exported = parse(join(ops, "index.ts")).statements.flatMap(({ exportClause, moduleSpecifier }) => {
    const declarations = declarationsOf(join(ops, moduleSpecifier.text.replace(/\.js$/, ".ts")));
    return exportClause.elements.map(({ name }) => ({ name: name.text, declarations, module: "ops" }));
  });
  exported.push({ name: "backward", declarations: walk, module: "walk" });
  for (const { name, declarations, module } of exported) {
    const op = declarations.get(name);
    if (!ts.isVariableDeclaration(op.declaration)) continue;
    const { base, args } = typeOf(op.declaration, new Map([...makers, ...declarations]));
    const signature = signatures.get(base);
    if (signature === undefined) throw new Error(`${name}: its signature is not one of graph/signatures`);
    if (basename(signature.file.fileName) === functionsOnly || !takesTensor(signature.declaration)) continue;
    const { members: calls } = signature.declaration;
    const given = new Map(
      signature.declaration.typeParameters?.map((each, i) => [each.name.text, args?.[i] ?? each.default?.getText()]),
    );
    const doc = docOf(name, op, calls[0].parameters[0].name.getText());
    // An editor shows the docstring of the overload that is called.
    for (const call of calls) members.push(`${doc}\n  ${name}${ofReceiver(call, given)}`);
    let implementation = op.declaration.initializer;
    while (implementation && (ts.isAsExpression(implementation) || ts.isParenthesizedExpression(implementation)))
      implementation = implementation.expression;
    methods.push(
      methodOf(`${module}.${name}`, name, calls, ts.isArrowFunction(implementation) ? implementation : undefined),
    );
  }
  const classes = exported.filter(({ name, declarations }) =>
    ts.isClassDeclaration(declarations.get(name).declaration),
  );
  const declared = `/** The ops and the walk backward as methods: each is the function of its name with the tensor as the first argument. */
export interface TensorMethods {
${members.join("\n\n")}
}`;
  return `// Printed by scripts/generate-methods.mjs from the declarations of the ops. Do not edit.
${importsOf(declared.replace(/\/\*\*.*?\*\//gs, ""), signatures, ops)}
import * as walk from "../graph/backward.js";
import { tooMany } from "../options.js";
import * as ops from "./index.js";

/** The tensor of a method, behind whose arguments nothing stands. */
function only(self: Tensor, op: string, none: unknown): Tensor {
  if (none !== undefined) throw tooMany(op, none);
  return self;
}

/**
 * Gives Tensor its ops as methods. They call the functions when they are used, not when they are defined: the ops make
 * tensors and tensors have ops, and neither can be loaded first.
 */
export function installMethods(prototype: object): void {
  const methods: Record<string, (this: Tensor, ...args: never[]) => unknown> = {
${methods.join("\n")}
  };
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(prototype, name, { value, writable: true });
}

/** The classes of the nodes by their names: a call, so that who does not want them all need not load them. */
export function nodeClasses(): Readonly<Record<string, unknown>> {
  return {
${classes.map(({ name }) => `    ${name}: ops.${name},`).join("\n")}
  };
}

${declared}
`;
}
