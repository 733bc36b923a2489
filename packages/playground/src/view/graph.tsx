import { computed, effect, signal } from "@preact/signals";
import { isDark, language, theme } from "../settings.js";
import { openSteps, results, status, steps } from "../state.js";
import { texts } from "../texts/texts.js";
import { Choice, Panel, Segments } from "./choice.js";

type Form = "picture" | "steps" | "text";

const form = signal<Form>("picture");
const chosen = signal(0);
const isActualSize = signal(false);

const graph = computed(() => {
  const { graphs } = results.value;
  return graphs[Math.min(chosen.value, graphs.length - 1)];
});

/** As an image it runs no script and loads nothing, whatever a program has put into it. */
function imageOf(svg: string): string {
  // The picture follows the system by itself; a choice on this page goes before that.
  const fixed = { auto: null, light: "not all", dark: "all" }[theme.value];
  const text = fixed === null ? svg : svg.replace("(prefers-color-scheme: dark)", fixed);
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

/** What `toSvg` writes for screen readers, which do not look into images. */
function descriptionOf(svg: string): string {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  const [title, description] = ["title", "desc"].map((name) => parsed.querySelector(name)?.textContent ?? "");
  return `${title}: ${description}`;
}

/** As wide as there is place, and not so wide that its letters are larger than the page's. */
function fitting(svg: string): string {
  const width = /^<svg [^>]*\bwidth="(\d+)"/.exec(svg)?.[1] ?? "0";
  return `min(100%, ${Math.round(Number(width) * 1.3)}px)`;
}

/** Whether the worker of the run still has the graph, or is gone. */
const isThere = computed(() => ["done", "waiting", "failed"].includes(status.value.kind));
const isStopped = computed(() => ["stopped", "tooMuch"].includes(status.value.kind));

// The stepper's page is asked for when it is looked at, and again of another run's graph.
effect(() => {
  const shown = graph.value;
  if (form.value !== "steps" || shown === undefined) return;
  if (isStopped.value) steps.value = null;
  else if (isThere.value) openSteps(shown, language.value);
});

/** In a frame of its own origin, which runs nothing but the stepper's script. */
function StepsFrame() {
  const t = texts.value;
  const found = steps.value;
  if (found === null) return <p class="empty">{isStopped.value ? t.stepsGone : t.stepsLoading}</p>;
  if ("why" in found) return <p class="empty">{found.why}</p>;
  const page = found.page.replace('data-theme="auto"', `data-theme="${isDark.value ? "dark" : "light"}"`);
  return <iframe sandbox="allow-scripts" srcDoc={page} title={t.steps} />;
}

export function GraphPanel() {
  const t = texts.value;
  const { graphs } = results.value;
  const shown = graph.value;
  if (shown === undefined) {
    return (
      <Panel title={t.graph} name="graph">
        <p class="empty">{t.noGraph}</p>
      </Panel>
    );
  }
  const forms: (readonly [Form, string])[] = [
    ["picture", t.picture],
    ["steps", t.steps],
    ["text", t.text],
  ];
  const now = form.value;
  const nameOf = (i: number) => {
    const one = graphs[i];
    const where = one?.line == null ? "" : t.ofLine(one.line);
    return [one?.label, where && (one?.label ? `(${where})` : where)].filter(Boolean).join(" ") || String(i + 1);
  };
  const tools = (
    <div class="tools">
      {graphs.length > 1 && (
        <Choice
          label={t.whichGraph}
          value={String(graphs.indexOf(shown))}
          options={graphs.map((_, i) => [String(i), nameOf(i)])}
          choose={(i) => {
            chosen.value = Number(i);
          }}
        />
      )}
      <Segments
        label={t.forms}
        value={now}
        options={forms}
        choose={(name) => {
          form.value = name;
        }}
      />
    </div>
  );
  return (
    <Panel title={t.graph} name="graph" tools={tools}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class={`scroll ${now}`} tabIndex={0} aria-label={t.graph}>
        {now === "steps" && <StepsFrame />}
        {now === "text" && <pre>{shown.text}</pre>}
        {now === "picture" && shown.svg === null && <p class="empty">{shown.why}</p>}
        {now === "picture" && shown.svg !== null && (
          <img
            style={isActualSize.value ? {} : { width: fitting(shown.svg) }}
            src={imageOf(shown.svg)}
            alt={descriptionOf(shown.svg)}
          />
        )}
      </section>
      {now === "picture" && shown.svg !== null && (
        <div class="below">
          <p class="legend-of-graph">
            <span class="value">{t.legend[0]}</span> <span class="gradient">{t.legend[1]}</span>
          </p>
          <label class="check">
            <input
              type="checkbox"
              checked={isActualSize.value}
              onChange={({ currentTarget }) => {
                isActualSize.value = currentTarget.checked;
              }}
            />
            {t.actualSize}
          </label>
        </div>
      )}
    </Panel>
  );
}
