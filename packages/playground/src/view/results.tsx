import { isEmbedded } from "../settings.js";
import { code, results, runs, type Shown, status } from "../state.js";
import { texts } from "../texts/texts.js";
import { Panel } from "./choice.js";
import { editor } from "./editor-pane.js";
import { Plot } from "./plot.js";

/** What stands before a value: the statement that it is of. */
function statementOf(line: number | null): string {
  if (line === null) return "";
  const text = (code.value.split("\n")[line - 1] ?? "").trim().replace(/;?\s*(\/\/.*)?$/, "");
  return text.length > 48 ? `${text.slice(0, 45)}...` : text;
}

function Line({ number }: { readonly number: number | null }) {
  const t = texts.value;
  if (number === null) return null;
  return (
    <button
      type="button"
      class="to-line"
      title={t.toLine(number)}
      aria-label={t.toLine(number)}
      onClick={() => editor.value?.focusLine(number)}
    >
      {number}
    </button>
  );
}

function Entry({ entry }: { readonly entry: Shown }) {
  const t = texts.value;
  switch (entry.kind) {
    case "plot":
      return (
        <li class="entry of-plot">
          <Plot {...entry} />
        </li>
      );
    case "error":
      return (
        <li class="entry of-error">
          <div>
            <strong>{entry.name}</strong>
            {entry.line !== null && <span class="where"> {t.line(entry.line)}</span>}
            <pre>{entry.message}</pre>
          </div>
          <Line number={entry.line} />
        </li>
      );
    case "value":
      return (
        <li class="entry of-value">
          <div>
            <code class="statement">{statementOf(entry.line)}</code>
            <pre>{entry.text}</pre>
          </div>
          <Line number={entry.line} />
        </li>
      );
    case "text":
      return (
        <li class={`entry of-text ${entry.level}`}>
          <pre>{entry.text}</pre>
          <Line number={entry.line} />
        </li>
      );
  }
}

export function StatusText() {
  const t = texts.value.status;
  const now = status.value;
  const text = () => {
    switch (now.kind) {
      case "done":
        return t.done(now.milliseconds < 10 ? now.milliseconds.toFixed(1) : now.milliseconds.toFixed(0));
      case "engineMissing":
        return `${texts.value.engineMissing} ${now.message}`;
      default:
        return t[now.kind];
    }
  };
  return (
    <p class={`status ${now.kind}`} role="status" data-run={runs.value}>
      {text()}
    </p>
  );
}

export function ResultPanel() {
  const t = texts.value;
  const { shown, dropped } = results.value;
  return (
    <Panel title={t.result} name="result" tools={isEmbedded ? <StatusText /> : undefined}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div class="scroll" role="log" aria-live="polite" aria-label={t.result} tabIndex={0}>
        {shown.length === 0 && <p class="empty">{t.noResult}</p>}
        <ol class="entries">
          {shown.map((entry, i) => (
            <Entry key={i} entry={entry} />
          ))}
        </ol>
        {dropped > 0 && <p class="empty">{t.dropped(dropped)}</p>}
      </div>
    </Panel>
  );
}
