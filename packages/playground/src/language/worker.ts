// TypeScript's language service over one program and the declarations of the packages, in a worker.

import declarations from "virtual:declarations";
import ts from "typescript";
import type { Answered, Answers, Asked, Completion, Completions, Details, Hover, Problem } from "./messages.js";

const main = "/main.ts";
const files = new Map(Object.entries(declarations));
let [code, version] = ["", 0];

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts"],
  strict: true,
  noUncheckedIndexedAccess: false,
  skipLibCheck: true,
  types: [],
};

const host: ts.LanguageServiceHost = {
  getCompilationSettings: () => options,
  getScriptFileNames: () => [main, "/globals.d.ts"],
  getScriptVersion: (file) => (file === main ? String(version) : "0"),
  getScriptSnapshot: (file) => {
    const text = file === main ? code : files.get(file);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => "/",
  getDefaultLibFileName: () => "/lib/lib.es2023.d.ts",
  fileExists: (file) => file === main || files.has(file),
  readFile: (file) => (file === main ? code : files.get(file)),
  directoryExists: (folder) => folder === "/" || [...files.keys()].some((file) => file.startsWith(`${folder}/`)),
  getDirectories: (folder) => {
    const inside = [...files.keys()].filter((file) => file.startsWith(folder === "/" ? "/" : `${folder}/`));
    return [...new Set(inside.map((file) => file.slice(folder.length).split("/").find(Boolean) ?? ""))];
  },
};
const service = ts.createLanguageService(host);

const preferences: ts.UserPreferences = {
  includeCompletionsForModuleExports: true,
  includeCompletionsWithInsertText: false,
  importModuleSpecifierPreference: "non-relative",
  quotePreference: "double",
};

function completions(at: number): Completions | null {
  const found = service.getCompletionsAtPosition(main, at, preferences);
  if (found === undefined) return null;
  const typed = /[\p{L}\p{N}_$]*$/u.exec(code.slice(0, at))?.[0] ?? "";
  const list = found.entries
    .filter(({ source }) => source === undefined || source.startsWith("@chainrule/"))
    .map(({ name, kind, sortText, source, data }) => ({ name, kind, sort: sortText, source, data }));
  return { from: found.optionalReplacementSpan?.start ?? at - typed.length, list };
}

function details(at: number, { name, source, data }: Completion): Details | null {
  const given = data as ts.CompletionEntryData | undefined;
  const found = service.getCompletionEntryDetails(main, at, name, {}, source, preferences, given);
  if (found === undefined) return null;
  const changes = found.codeActions?.flatMap(({ changes }) => changes.flatMap(({ textChanges }) => textChanges)) ?? [];
  const edits = changes.map(({ span, newText }) => ({ from: span.start, to: span.start + span.length, text: newText }));
  return { signature: plain(found.displayParts), text: textOf(found.documentation, found.tags), edits };
}

function hover(at: number): Hover | null {
  const found = service.getQuickInfoAtPosition(main, at);
  if (found === undefined) return null;
  const { start, length } = found.textSpan;
  return {
    from: start,
    to: start + length,
    signature: plain(found.displayParts),
    text: textOf(found.documentation, found.tags),
  };
}

function problems(): Problem[] {
  const found = [...service.getSyntacticDiagnostics(main), ...service.getSemanticDiagnostics(main)];
  return found.map(({ start = 0, length = 0, messageText, category }) => ({
    from: start,
    to: start + length,
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
    isError: category === ts.DiagnosticCategory.Error,
  }));
}

function plain(parts: ts.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString(parts ?? []);
}

/** A docstring with its tags, but for those that say what the signature says. */
function textOf(documentation: ts.SymbolDisplayPart[] | undefined, tags: ts.JSDocTagInfo[] | undefined): string {
  const shown = (tags ?? []).filter(({ name }) => ["returns", "throws", "example"].includes(name));
  const parts = shown.map(({ name, text }) => `@${name}${name === "example" ? "\n" : " "}${plain(text)}`);
  return [plain(documentation), ...parts].filter((part) => part !== "").join("\n\n");
}

function answer(question: Asked): Answers[keyof Answers] {
  if (question.code !== code) {
    code = question.code;
    version++;
  }
  switch (question.ask) {
    case "completions":
      return completions(question.at);
    case "details":
      return details(question.at, question.completion);
    case "hover":
      return hover(question.at);
    case "problems":
      return problems();
  }
}

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  postMessage({ id: data.id, answer: answer(data) } satisfies Answered);
});
