import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import type { View } from "./dom.js";
import { count, duration, number } from "./text.js";
import { filled, words } from "./words.js";

/** Whether less of a value is better, or more; `undefined` where its name does not say so. */
function isLessBetter(name: string): boolean | undefined {
  if (/(loss|error|perplexity|deviance|divergence|\b(r?mse|mae|mape|nll|bpc|wer|cer))$/i.test(name)) return true;
  return /(accuracy|precision|recall|score|\b(f1|r2|auc|iou|bleu|top\d*))$/i.test(name) ? false : undefined;
}

/** Where the run stands, and its values: the last and the best of each. */
export class Overview implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly state = h("span", { class: "state", role: "status" });
  private readonly link = h("span", { class: "faint" });
  private readonly progress = h("progress", { max: 1, "aria-label": words.iterations });
  private readonly reason = h("p", { class: "reason" });
  private readonly facts = h("p", {});
  private readonly values = h("div", { class: "values" });

  constructor() {
    const line = h("p", { class: "status-line" }, this.state, " ", this.link);
    this.element = h("div", {}, line, this.reason, this.progress, this.facts, this.values);
  }

  /** What there is to say of the connection, where the page is live. */
  say(text: string): void {
    this.link.textContent = text;
  }

  update(data: ReportData): void {
    const { state, reason, resumedAt, iteration, iterations, iterationsPerEpoch, evaluations } = data;
    const { seconds, wallSeconds } = data;
    // A screen reader says it when it changes only.
    if (this.state.textContent !== words[state]) this.state.textContent = words[state];
    this.state.className = `state ${state}`;
    this.reason.textContent = reason ?? "";
    this.reason.hidden = this.reason.textContent === "";
    this.progress.hidden = iterations === null;
    this.progress.value = iterations === null ? 0 : iteration / iterations;
    const epoch = iterationsPerEpoch === null ? null : iteration / iterationsPerEpoch;
    this.facts.textContent = [
      `${words.iteration} ${count(iteration)}${iterations === null ? "" : ` ${words.of} ${count(iterations)}`}`,
      ...(epoch === null ? [] : [`${words.epoch} ${epoch.toFixed(1)}`]),
      ...(resumedAt > 0 ? [filled(words.resumedAt, { iteration: count(resumedAt) })] : []),
      `${resumedAt > 0 ? words.timeSince : words.time} ${duration(wallSeconds)}`,
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
  const isLess = isLessBetter(name);
  const extreme = (isLess: boolean) =>
    points.reduce<(typeof points)[number] | undefined>(
      (found, point) =>
        found === undefined || (isLess ? point.value < found.value : point.value > found.value) ? point : found,
      undefined,
    );
  const line = (word: string, found = points[0]) =>
    found === undefined ? "" : `${word} ${number(found.value)} (${words.atIteration} ${count(found.iteration)})`;
  return h(
    "div",
    { class: "tile" },
    h("span", { class: "name" }, nameOf(name)),
    h("strong", {}, number(last?.value)),
    // What is best is said only where it is known.
    ...(isLess === undefined
      ? [line(words.least, extreme(true)), line(words.greatest, extreme(false))]
      : [line(words.best, extreme(isLess))]
    ).map((text) => h("span", { class: "faint" }, text)),
  );
}
