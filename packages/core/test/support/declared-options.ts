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
}

export interface Entry {
  readonly name: string;
  readonly declarations: URL;
}

export const entries: readonly Entry[] = [
  { name: "core", declarations: new URL("../../src/index.d.ts", import.meta.url) },
  { name: "core/testing", declarations: new URL("../../src/testing/index.d.ts", import.meta.url) },
  { name: "nn", declarations: new URL("../../../../nn/dist/src/index.d.ts", import.meta.url) },
  { name: "nn/node", declarations: new URL("../../../../nn/dist/src/node.d.ts", import.meta.url) },
];

export async function declaredRecords(): Promise<DeclaredRecord[]> {
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
    for (const [i, { declarations }] of entries.entries()) {
      // What is exported for its type alone is there for the compiler, and not for a program.
      const values = (await import(declarations.href.replace(/\.d\.ts$/, ".js"))) as object;
      records.push(...recordsOf(project, files[i] as string, new Set(Object.keys(values))));
    }
    return records;
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

function recordsOf({ checker, program }: Project, file: string, values: ReadonlySet<string>): DeclaredRecord[] {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`the compiler does not know ${file}`);
  const found = new Map<string, DeclaredRecord>();
  const add = (callable: string, type: Type | undefined, kind: SignatureKind) => {
    if (type === undefined) return;
    for (const signature of checker.getSignaturesOfType(type, kind)) {
      for (const parameter of signature.getParameters()) {
        for (const names of ofParameter(checker, checker.getTypeOfSymbol(parameter))) {
          found.set(`${callable} ${names.join()}`, { callable, names });
        }
      }
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
    // Its own, not those of a base class: that is exported as well.
    for (const member of [...symbol.getMembers().values(), ...symbol.getExports().values()]) {
      if ((member.flags & (SymbolFlags.Method | SymbolFlags.Property)) === 0 || member.name === "prototype") continue;
      add(`${name}.${member.name}`, checker.getTypeOfSymbol(member), SignatureKind.Call);
    }
  }
  return [...found.values()];
}

/** Of a parameter, which may stand for several: `...sizesAndOptions: [...Sizes, Options]`. */
function ofParameter(checker: Checker, type: Type | undefined): string[][] {
  if (type === undefined || !checker.isTupleType(type)) return recordsIn(checker, type);
  return checker.getTypeArguments(type as TypeReference).flatMap((part) => recordsIn(checker, part));
}

/** The names of each record that a type allows; none for what is a class, a list, a function or a record of any names. */
function recordsIn(checker: Checker, type: Type | undefined): string[][] {
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
  const names = checker.getPropertiesOfType(type).map((property: Declared) => property.name);
  // What a number has, where the type of a parameter is one with a rule about it.
  return names.length === 0 || names.includes("toLocaleString") ? [] : [names];
}

function isClass(type: Type): boolean {
  const parts = type.isIntersectionType() ? (type.getTypes() ?? []) : [type];
  return parts.some((part) => ((part.getSymbol()?.flags ?? 0) & SymbolFlags.Class) !== 0);
}
