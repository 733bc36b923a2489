import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  API,
  type Checker,
  type Symbol as Declared,
  type Project,
  SignatureKind,
  SymbolFlags,
  type Type,
  type TypeReference,
} from "typescript/unstable/sync";

/*
 * What the packages declare: each exported function, method and constructor that takes a record, with the names in it. Read
 * out of the built declarations by the compiler itself, so that whatever is exported is met.
 */

/** A record among the parameters of something that can be called. */
export interface DeclaredRecord {
  /** `sum`, `Tensor.sum`, `new SGD`, `Generator.fromState`. */
  readonly callable: string;
  /** The names of its properties, in order. */
  readonly names: readonly string[];
  /** Those among them that are true or false, and those that are numbers. */
  readonly flags: readonly string[];
  readonly numbers: readonly string[];
  /** Those that are one of some texts, which their error lists. */
  readonly choices: readonly string[];
}

/** Something that can be called with positional arguments only: how many, at most. */
export interface DeclaredCallable {
  readonly callable: string;
  readonly parameters: number;
}

export interface Declarations {
  readonly records: readonly DeclaredRecord[];
  /** What takes no record, and no list of any length. */
  readonly positional: readonly DeclaredCallable[];
}

export interface Entry {
  readonly name: string;
  readonly declarations: URL;
}

export const entries: readonly Entry[] = [
  { name: "core", declarations: new URL("../../src/index.d.ts", import.meta.url) },
  { name: "core/fast", declarations: new URL("../../src/fast/index.d.ts", import.meta.url) },
  { name: "core/testing", declarations: new URL("../../src/testing/index.d.ts", import.meta.url) },
  { name: "nn", declarations: new URL("../../../../nn/dist/src/index.d.ts", import.meta.url) },
  { name: "nn/node", declarations: new URL("../../../../nn/dist/src/node.d.ts", import.meta.url) },
  { name: "pictures", declarations: new URL("../../../../pictures/dist/src/index.d.ts", import.meta.url) },
];

export async function declarations(): Promise<Declarations> {
  const folder = mkdtempSync(join(tmpdir(), "declared-"));
  const files = entries.map(({ declarations }) => fileURLToPath(declarations));
  const config = join(folder, "tsconfig.json");
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    strict: true,
    types: [],
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const api = new API();
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    if (project === undefined) throw new Error("the compiler opened no project");
    const records: DeclaredRecord[] = [];
    const positional: DeclaredCallable[] = [];
    for (const [i, { declarations }] of entries.entries()) {
      // What is exported for its type alone is there for the compiler, and not for a program.
      const values = (await import(declarations.href.replace(/\.d\.ts$/, ".js"))) as object;
      const found = declaredIn(project, files[i] as string, new Set(Object.keys(values)));
      records.push(...found.records);
      positional.push(...found.positional);
    }
    return { records, positional };
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

function declaredIn({ checker, program }: Project, file: string, values: ReadonlySet<string>): Declarations {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`the compiler does not know ${file}`);
  const found = new Map<string, DeclaredRecord>();
  const counts = new Map<string, number>();
  const add = (callable: string, type: Type | undefined, kind: SignatureKind) => {
    if (type === undefined) return;
    for (const signature of checker.getSignaturesOfType(type, kind)) {
      const types = signature.getParameters().map((parameter) => checker.getTypeOfSymbol(parameter));
      for (const type of types) {
        for (const record of ofParameter(checker, type)) {
          const of = (is: (text: string, type: Type) => boolean) => namesOf(checker, record, is);
          const [flags, numbers] = [of((text) => text === "boolean"), of((text) => text === "number")];
          const choices = of((_, type) => isChoice(checker, type));
          const names = record.map(({ name }) => name);
          found.set(`${callable} ${names.join()}`, { callable, names, flags, numbers, choices });
        }
      }
      const rest = signature.hasRestParameter ? types.pop() : undefined;
      const isEmpty = rest === undefined || (checker.isTupleType(rest) && countOf(checker, rest) === 0);
      counts.set(callable, Math.max(counts.get(callable) ?? 0, isEmpty ? types.length : Number.POSITIVE_INFINITY));
    }
  };
  for (const exported of checker.getExportsOfModule(module)) {
    if (!values.has(exported.name)) continue;
    const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const { name } = exported;
    const type = checker.getTypeOfSymbol(symbol);
    add(name, type, SignatureKind.Call);
    if ((symbol.flags & SymbolFlags.Class) === 0) continue;
    add(`new ${name}`, type, SignatureKind.Construct);
    // Its own and those of an interface that is merged with it, not those of a base class: that is exported as well.
    const merged = symbol.flags & SymbolFlags.Interface ? checker.getDeclaredTypeOfSymbol(symbol) : undefined;
    const properties = merged === undefined ? [] : checker.getPropertiesOfType(merged);
    const inherited = properties.filter((member) => ((member.getParent() ?? symbol).flags & SymbolFlags.Class) === 0);
    for (const member of [...symbol.getMembers().values(), ...inherited, ...symbol.getExports().values()]) {
      if ((member.flags & (SymbolFlags.Method | SymbolFlags.Property)) === 0 || member.name === "prototype") continue;
      add(`${name}.${member.name}`, checker.getTypeOfSymbol(member), SignatureKind.Call);
    }
  }
  const records = [...found.values()];
  const taking = new Set(records.map(({ callable }) => callable));
  const positional = [...counts].flatMap(([callable, parameters]) =>
    taking.has(callable) || parameters === Number.POSITIVE_INFINITY ? [] : [{ callable, parameters }],
  );
  return { records, positional };
}

const countOf = (checker: Checker, tuple: Type) => checker.getTypeArguments(tuple as TypeReference).length;

/** The names of the properties whose type, beside which there may be nothing, is one that is asked for. */
function namesOf(
  checker: Checker,
  properties: readonly Declared[],
  is: (text: string, type: Type) => boolean,
): string[] {
  return properties.flatMap((property) => {
    const of = checker.getTypeOfSymbol(property);
    return of !== undefined && is(checker.typeToString(of).replace(" | undefined", ""), of) ? [property.name] : [];
  });
}

/** Whether a type is one of some texts, and nothing else but undefined. */
function isChoice(checker: Checker, type: Type): boolean {
  const parts = (type.isUnionType() ? (type.getTypes() ?? []) : [type]).flatMap((part) => {
    const of = part.isTypeParameter() ? (checker.getBaseConstraintOfType(part) ?? part) : part;
    return of.isUnionType() ? (of.getTypes() ?? []) : [of];
  });
  const texts = parts.map((part) => checker.typeToString(part)).filter((part) => part !== "undefined");
  return texts.length > 0 && texts.every((part) => part.startsWith('"'));
}

/** Of a parameter, which may stand for several: `...sizesAndOptions: [...Sizes, Options]`. */
function ofParameter(checker: Checker, type: Type | undefined): (readonly Declared[])[] {
  if (type === undefined || !checker.isTupleType(type)) return recordsIn(checker, type);
  return checker.getTypeArguments(type as TypeReference).flatMap((part) => recordsIn(checker, part));
}

/** The properties of each record that a type allows; none for what is a class, a list, a function or a record of any names. */
function recordsIn(checker: Checker, type: Type | undefined): (readonly Declared[])[] {
  if (type === undefined) return [];
  if (type.isTypeParameter() || type.isConditionalType() || type.isIndexedAccessType()) {
    const constraint = checker.getBaseConstraintOfType(type);
    return constraint === undefined || constraint === type ? [] : recordsIn(checker, constraint);
  }
  if (type.isUnionType()) return (type.getTypes() ?? []).flatMap((part) => recordsIn(checker, part));
  if (checker.isArrayLikeType(type)) return [];
  if (!type.isObjectType() && !type.isIntersectionType()) return [];
  if (isClass(type) || checker.getSignaturesOfType(type, SignatureKind.Call).length > 0) return [];
  if (checker.getIndexInfosOfType(type).length > 0) return [];
  const properties = checker.getPropertiesOfType(type);
  const names = properties.map((property: Declared) => property.name);
  // What a number has, where the type of a parameter is one with a rule about it.
  return names.length === 0 || names.includes("toLocaleString") ? [] : [properties];
}

function isClass(type: Type): boolean {
  const parts = type.isIntersectionType() ? (type.getTypes() ?? []) : [type];
  return parts.some((part) => ((part.getSymbol()?.flags ?? 0) & SymbolFlags.Class) !== 0);
}
