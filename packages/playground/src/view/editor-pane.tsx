import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Editor } from "../editor/editor.js";
import { code, errorLine, run, typed } from "../state.js";
import { texts } from "../texts/texts.js";

/** The editor, once there is one. */
export const editor = signal<Editor | null>(null);

type Types = "unused" | "loading" | "ready" | "missing";
const types = signal<Types>("unused");

async function addAssist(to: Editor): Promise<void> {
  types.value = "loading";
  try {
    const { startAssist } = await import("../editor/assist.js");
    to.assist = await startAssist();
    types.value = "ready";
  } catch {
    types.value = "missing";
  }
}

export function EditorPane() {
  const t = texts.value;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = new Editor({
      parent: place.current as HTMLElement,
      text: code.peek(),
      label: texts.peek().editor,
      change: typed,
      run,
      used: () => addAssist(made),
    });
    editor.value = made;
    const ends = [
      effect(() => {
        made.text = code.value;
      }),
      effect(() => {
        made.label = texts.value.editor;
      }),
      effect(() => {
        made.errorLine = errorLine.value;
      }),
    ];
    return () => {
      for (const end of ends) end();
      editor.value = null;
      made.destroy();
    };
  }, []);
  const hint = { unused: "", loading: t.typesLoading, ready: t.typesReady, missing: t.typesMissing }[types.value];
  return (
    <section class="panel editor" aria-label={t.editor}>
      <div class="place" ref={place} />
      <p class="hint" id="editor-hint">
        {t.editorHint} {hint}
      </p>
    </section>
  );
}
