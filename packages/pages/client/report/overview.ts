import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import type { View } from "./dom.js";
import { count, duration, number } from "./text.js";
import { words } from "./words.js";

/** Whether less of a value is better. */
const isLess = (name: string) => /(loss|error)$/i.test(name);

/** Where the run stands, and its values: the last and the best of each. */
export class Overview implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly state = h("span", { class: "state", role: "status" });
  private readonly link = h("span", { class: "faint" });
  private readonly progress = h("progress", { max: 1, "aria-label": words.iterations });
  private readonly facts = h("p", {});
  private readonly values = h("div", { class: "values" });

  constructor() {
    const line = h("p", { class: "status-line" }, this.state, " ", this.link);
    this.element = h("div", {}, line, this.progress, this.facts, this.values);
  }

  /** What there is to say of the connection, where the page is live. */
  say(text: string): void {
    this.link.textContent = text;
  }

  update(data: ReportData): void {
    const { state, iteration, iterations, iterationsPerEpoch, seconds, wallSeconds, evaluations } = data;
    // A screen reader says it when it changes only.
    if (this.state.textContent !== words[state]) this.state.textContent = words[state];
    this.state.className = `state ${state}`;
    this.progress.hidden = iterations === null;
    this.progress.value = iterations === null ? 0 : iteration / iterations;
    const epoch = iterationsPerEpoch === null ? null : iteration / iterationsPerEpoch;
    this.facts.textContent = [
      `${words.iteration} ${count(iteration)}${iterations === null ? "" : ` ${words.of} ${count(iterations)}`}`,
      ...(epoch === null ? [] : [`${words.epoch} ${epoch.toFixed(1)}`]),
      `${words.time} ${duration(wallSeconds)}`,
      `${words.training} ${duration(seconds)}`,
      ...(seconds > 0 ? [`${count(Math.round(iteration / seconds))} ${words.perSecond}`] : []),
    ].join(" · ");
    const names = [...new Set(evaluations.flatMap(({ values }) => Object.keys(values)))].filter((name) =>
      name.includes("."),
    );
    this.values.replaceChildren(...names.map((name) => tileOf(name, data)));
  }
}

/** "test accuracy" of "test.accuracy" */
function nameOf(name: string): string {
  const dot = name.lastIndexOf(".");
  const metric = name.slice(dot + 1);
  const known: Readonly<Record<string, string>> = { loss: words.lossValue, accuracy: words.accuracy };
  return `${name.slice(0, dot)} ${known[metric] ?? metric}`;
}

function tileOf(name: string, { evaluations }: ReportData): HTMLElement {
  const points = evaluations.flatMap(({ iteration, values }) => {
    const value = values[name];
    return value === null || value === undefined ? [] : [{ iteration, value }];
  });
  const last = points.at(-1);
  const best = points.reduce<(typeof points)[number] | undefined>(
    (best, point) =>
      best === undefined || (isLess(name) ? point.value < best.value : point.value > best.value) ? point : best,
    undefined,
  );
  return h(
    "div",
    { class: "tile" },
    h("span", { class: "name" }, nameOf(name)),
    h("strong", {}, number(last?.value)),
    h(
      "span",
      { class: "faint" },
      best === undefined ? "" : `${words.best} ${number(best.value)} (${words.atIteration} ${count(best.iteration)})`,
    ),
  );
}
