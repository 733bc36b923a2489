// Completion, types at the pointer and problems, from the language service; loaded when the editor is first used.
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type Completion as Option,
  pickedCompletion,
} from "@codemirror/autocomplete";
import { linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { type EditorView, hoverTooltip, keymap } from "@codemirror/view";
import { type LanguageClient, startLanguage } from "../language/client.js";
import type { Completion, Description } from "../language/messages.js";

const kinds: Readonly<Record<string, string>> = {
  method: "method",
  function: "function",
  "local function": "function",
  const: "constant",
  let: "variable",
  var: "variable",
  parameter: "variable",
  property: "property",
  getter: "property",
  class: "class",
  interface: "interface",
  type: "type",
  keyword: "keyword",
};

function described({ signature, text }: Description): HTMLElement {
  const element = document.createElement("div");
  element.className = "described";
  const code = element.appendChild(document.createElement("code"));
  code.textContent = signature;
  if (text !== "") element.appendChild(document.createElement("p")).textContent = text;
  return element;
}

function optionOf(client: LanguageClient, code: string, at: number, completion: Completion): Option {
  const { name, kind, sort, source } = completion;
  const details = () => client.ask(code, { ask: "details", at, completion });
  return {
    label: name,
    type: kinds[kind] ?? "text",
    ...(source === undefined ? {} : { detail: source }),
    boost: -Number.parseInt(sort, 10) || 0,
    info: async () => {
      const found = await details();
      return found === null ? null : described(found);
    },
    ...(source === undefined
      ? {}
      : {
          // What is not imported yet is imported.
          apply: (view: EditorView, option: Option, from: number, to: number) => {
            view.dispatch({
              changes: { from, to, insert: name },
              selection: { anchor: from + name.length },
              annotations: pickedCompletion.of(option),
            });
            details().then((found) => {
              const changes = found?.edits.map(({ from, to, text }) => ({ from, to, insert: text })) ?? [];
              if (changes.every(({ to }) => to <= from)) view.dispatch({ changes });
            });
          },
        }),
  };
}

function completionsFrom(client: LanguageClient) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const isMember = context.matchBefore(/\.[\p{L}\p{N}_$]*$/u) !== null;
    const word = context.matchBefore(/[\p{L}\p{N}_$]+$/u);
    if (!context.explicit && !isMember && word === null) return null;
    const code = context.state.doc.toString();
    const found = await client.ask(code, { ask: "completions", at: context.pos });
    if (found === null || found.list.length === 0) return null;
    const options = found.list.map((one) => optionOf(client, code, context.pos, one));
    return { from: found.from, options, validFor: /^[\p{L}\p{N}_$]*$/u };
  };
}

/** @throws Error when the language service cannot be loaded */
export async function startAssist(): Promise<Extension> {
  const client = await startLanguage();
  return [
    autocompletion({ override: [completionsFrom(client)] }),
    closeBrackets(),
    keymap.of([...closeBracketsKeymap, ...completionKeymap]),
    hoverTooltip(async (view, at) => {
      const found = await client.ask(view.state.doc.toString(), { ask: "hover", at });
      return found === null ? null : { pos: found.from, end: found.to, create: () => ({ dom: described(found) }) };
    }),
    linter(
      async (view) => {
        const found = (await client.ask(view.state.doc.toString(), { ask: "problems" })) ?? [];
        return found.map(({ from, to, message, isError }) => ({
          from,
          to,
          message,
          severity: isError ? "error" : "info",
        }));
      },
      { delay: 600 },
    ),
  ];
}
