// The editor without what needs the language service, which `assist.ts` adds when it is first used.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  continuedIndent,
  delimitedIndent,
  foldNodeProp,
  indentNodeProp,
  indentOnInput,
  indentUnit,
  LanguageSupport,
  LRLanguage,
} from "@codemirror/language";
import { Compartment, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { parser } from "@lezer/javascript";
import { theme } from "./theme.js";

/** TypeScript without the snippets and the completions of CodeMirror's own package, whose place the language service takes. */
const typescript = LRLanguage.define({
  name: "typescript",
  parser: parser.configure({
    dialect: "ts",
    props: [
      indentNodeProp.add({
        "Block ObjectExpression ArrayExpression ClassBody": delimitedIndent({ closing: "}", align: false }),
        "ArgList ParamList ParenthesizedExpression": delimitedIndent({ closing: ")", align: false }),
        "Statement VariableDeclaration": continuedIndent(),
      }),
      foldNodeProp.add({}),
    ],
  }),
  languageData: {
    commentTokens: { line: "//", block: { open: "/*", close: "*/" } },
    closeBrackets: { brackets: ["(", "[", "{", '"', "`"] },
  },
});

const markError = StateEffect.define<number | null>();

/** The line where the last run failed, until the program is changed. */
const errorLine = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(markError)) continue;
      const { value } = effect;
      if (value === null || value < 1 || value > transaction.state.doc.lines) return Decoration.none;
      const { from } = transaction.state.doc.line(value);
      return Decoration.set([Decoration.line({ class: "cm-errorLine" }).range(from)]);
    }
    return transaction.docChanged ? Decoration.none : lines;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  readonly label: string;
  change(text: string): void;
  run(): void;
  /** It has the focus for the first time. */
  used(): void;
}

export class Editor {
  readonly #view: EditorView;
  readonly #assist = new Compartment();
  readonly #label = new Compartment();
  #isSetting = false;

  constructor({ parent, text, label, change, run, used }: EditorOptions) {
    let isUsed = false;
    const listener = EditorView.updateListener.of(({ docChanged, state, view }) => {
      if (docChanged && !this.#isSetting) change(state.doc.toString());
      if (view.hasFocus && !isUsed) {
        isUsed = true;
        used();
      }
    });
    const runIt = () => {
      run();
      return true;
    };
    const keys = [
      { key: "Mod-Enter", run: runIt },
      // Escape, then Tab leaves: CodeMirror lets the next Tab go by itself.
      indentWithTab,
    ];
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          indentOnInput(),
          indentUnit.of("  "),
          bracketMatching(),
          new LanguageSupport(typescript),
          keymap.of([...keys, ...historyKeymap, ...defaultKeymap]),
          errorLine,
          theme,
          listener,
          this.#label.of(attributes(label)),
          this.#assist.of([]),
        ],
      }),
    });
  }

  set text(text: string) {
    const { doc } = this.#view.state;
    if (doc.toString() === text) return;
    this.#isSetting = true;
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text }, selection: { anchor: 0 } });
    this.#isSetting = false;
  }

  set label(label: string) {
    this.#view.dispatch({ effects: this.#label.reconfigure(attributes(label)) });
  }

  set assist(assist: Extension) {
    this.#view.dispatch({ effects: this.#assist.reconfigure(assist) });
  }

  set errorLine(line: number | null) {
    this.#view.dispatch({ effects: markError.of(line) });
  }

  focusLine(number: number): void {
    const line = this.#view.state.doc.line(Math.min(Math.max(number, 1), this.#view.state.doc.lines));
    this.#view.dispatch({
      selection: { anchor: line.from },
      effects: EditorView.scrollIntoView(line.from, { y: "center" }),
    });
    this.#view.focus();
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }
}

function attributes(label: string): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": label,
    "aria-describedby": "editor-hint",
    spellcheck: "false",
    tabindex: "0",
  });
}
