import { effect, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { isEmbedded, type Language, language, languages, type Theme, theme, themes } from "../settings.js";
import { keepInAddress } from "../state.js";
import { texts } from "../texts/texts.js";
import { Choice, Segments } from "./choice.js";
import { CodeView } from "./code-view.js";

type View = "code" | "mnist";
const view = signal<View>("code");
/** Loaded when it is first looked at. */
const mnistView = signal<ComponentType | null>(null);

async function open(name: View): Promise<void> {
  view.value = name;
  if (name === "mnist" && mnistView.value === null) {
    const { MnistView } = await import("../mnist/view.js");
    mnistView.value = MnistView;
  }
}

effect(() => {
  document.title = texts.value.title;
});

function Header() {
  const t = texts.value;
  return (
    <header>
      <button type="button" class="skip" onClick={skip}>
        {t.skip}
      </button>
      <h1>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M9 16h14" />
          <circle cx="8" cy="16" r="5" />
          <circle class="back" cx="24" cy="16" r="5" />
        </svg>
        chainrule <span>{t.playground}</span>
      </h1>
      <nav aria-label={t.views}>
        <Segments
          label={t.views}
          value={view.value}
          options={[
            ["code", t.code],
            ["mnist", t.mnist],
          ]}
          choose={open}
        />
      </nav>
      <div class="settings">
        <Choice
          label={t.language}
          isLabelHidden
          value={language.value}
          options={Object.entries(languages) as [Language, string][]}
          choose={(name) => {
            language.value = name;
            keepInAddress();
          }}
        />
        <Choice
          label={t.theme}
          isLabelHidden
          value={theme.value}
          options={themes.map((name): [Theme, string] => [name, t.themes[name]])}
          choose={(name) => {
            theme.value = name;
            keepInAddress();
          }}
        />
      </div>
    </header>
  );
}

/** No link: the fragment is the program's. */
function skip(): void {
  document.querySelector<HTMLElement>(view.value === "code" ? ".cm-content" : "main")?.focus();
}

export function App() {
  const Mnist = mnistView.value;
  return (
    <>
      {!isEmbedded && <Header />}
      <main id="main" tabIndex={-1}>
        <div class="view" hidden={view.value !== "code"}>
          <CodeView />
        </div>
        {Mnist !== null && (
          <div class="view" hidden={view.value !== "mnist"}>
            <Mnist />
          </div>
        )}
      </main>
    </>
  );
}
