import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { examples } from "../examples/list.js";
import { isEmbedded, language } from "../settings.js";
import {
  choose,
  example,
  isAlive,
  isLinkBroken,
  keepInAddress,
  linkTo,
  pictureWidth,
  results,
  run,
  start,
  stop,
} from "../state.js";
import { texts } from "../texts/texts.js";
import { Choice, Segments } from "./choice.js";
import { EditorPane } from "./editor-pane.js";
import { GraphPanel } from "./graph.js";
import { ResultPanel, StatusText } from "./results.js";

/** Of a narrow window, which of the three is seen. */
type Pane = "editor" | "result" | "graph";
const pane = signal<Pane>("editor");
const copied = signal<"" | "linkCopied" | "linkInAddress">("");

async function copyLink(): Promise<void> {
  keepInAddress();
  try {
    await navigator.clipboard.writeText(linkTo());
    copied.value = "linkCopied";
  } catch {
    copied.value = "linkInAddress";
  }
  setTimeout(() => {
    copied.value = "";
  }, 4000);
}

function Toolbar() {
  const t = texts.value;
  const own = example.value === null;
  return (
    <div class="toolbar">
      {!isEmbedded && (
        <Choice
          label={t.example}
          value={example.value?.id ?? ""}
          options={[
            ...(own ? [["", t.own] as const] : []),
            ...examples.map(({ id, title }) => [id, title[language.value]] as const),
          ]}
          choose={(id) => {
            const chosen = examples.find((one) => one.id === id);
            if (chosen === undefined) return;
            choose(chosen);
            run();
          }}
        />
      )}
      <button
        type="button"
        class="run"
        onClick={() => {
          run();
          if (pane.value === "editor") pane.value = "result";
        }}
      >
        <span aria-hidden="true">▶</span> {t.run}
      </button>
      <button type="button" class="stop" disabled={!isAlive.value} onClick={stop}>
        <span aria-hidden="true">■</span> {t.stop}
      </button>
      {isEmbedded ? (
        <a class="button" href={linkTo()} target="_blank" rel="noopener">
          {t.openWhole}
        </a>
      ) : (
        <button type="button" class="quiet" onClick={copyLink}>
          {t.copyLink}
        </button>
      )}
      {!isEmbedded && <StatusText />}
      <p class="copied" role="status">
        {copied.value === "" ? "" : t[copied.value]}
      </p>
      {isLinkBroken.value && (
        <p class="broken-link" role="alert">
          {t.linkBroken}
        </p>
      )}
    </div>
  );
}

export function CodeView() {
  const t = texts.value;
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A picture is at most as wide as the place for it, and on a telephone as readable as on a table.
    const measure = () => {
      const width = (grid.current as HTMLElement).clientWidth;
      pictureWidth.value = Math.max(320, Math.round(innerWidth < 900 ? width - 32 : width / 2 - 48));
    };
    measure();
    addEventListener("resize", measure);
    start();
    return () => removeEventListener("resize", measure);
  }, []);
  const { shown, graphs } = results.value;
  const counted = (text: string, count: number) => (count === 0 ? text : `${text} (${count})`);
  return (
    <div class="code-view" data-pane={pane.value}>
      <Toolbar />
      <div class="panes">
        <Segments
          label={t.views}
          value={pane.value}
          options={[
            ["editor", t.editor],
            ["result", counted(t.result, shown.length)],
            ["graph", counted(t.graphShort, graphs.length)],
          ]}
          choose={(name) => {
            pane.value = name;
          }}
        />
      </div>
      <div class="grid" ref={grid}>
        <EditorPane />
        <div class="outcome">
          <ResultPanel />
          {!isEmbedded && <GraphPanel />}
        </div>
      </div>
    </div>
  );
}
