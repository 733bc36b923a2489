import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { scrolling, type View } from "./dom.js";
import type { Moment } from "./moment.js";
import { count, percent } from "./text.js";
import { filled, words } from "./words.js";

/** What each class was taken for, at one moment. */
export class Confusion implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly moment: Moment;
  private readonly slider: ReturnType<Moment["slider"]>;
  private readonly summary = h("p", {});
  private readonly place = scrolling(words.confusion);
  private data: ReportData | null = null;

  constructor(moment: Moment) {
    this.moment = moment;
    this.slider = moment.slider();
    const controls = h("div", { class: "controls" }, this.slider.element);
    const hint = h("p", { class: "hint" }, words.confusionHint);
    this.element = h("div", {}, hint, controls, this.summary, this.place);
    moment.onChange(() => this.draw());
  }

  update(data: ReportData): void {
    this.data = data;
    this.slider.update();
    this.draw();
  }

  private draw(): void {
    const { predictions } = this.data ?? {};
    if (predictions === null || predictions === undefined) return;
    const { classes, confusion, evaluation } = predictions;
    const counts = confusion[this.moment.index] ?? Array(classes.length ** 2).fill(0);
    const at = (i: number, j: number) => counts[i * classes.length + j] as number;
    const rows = classes.map((_, i) => classes.reduce((sum, _, j) => sum + at(i, j), 0));
    const columns = classes.map((_, j) => classes.reduce((sum, _, i) => sum + at(i, j), 0));
    const total = rows.reduce((sum, n) => sum + n, 0);
    const wrong = total - classes.reduce((sum, _, i) => sum + at(i, i), 0);
    const said = filled(words.wrongCount, { wrong: count(wrong), rows: count(total) });
    this.summary.textContent = `${words.evaluation} “${evaluation}”: ${said}`;
    const most = Math.max(1, ...counts.filter((_, k) => k % (classes.length + 1) !== 0));
    const share = (part: number, all: number) => (all === 0 ? "–" : percent(part / all));
    const cell = (i: number, j: number) => {
      const value = at(i, j);
      const made = h("td", { class: i === j ? "right" : "wrong" }, value === 0 ? "·" : count(value));
      made.title = `${filled(words.takenFor, { actual: classes[i] ?? "", predicted: classes[j] ?? "" })}: ${count(value)}`;
      const strength = i === j ? value / (rows[i] || 1) : Math.sqrt(value / most);
      made.style.setProperty("--strength", `${Math.round(strength * 100)}%`);
      return made;
    };
    const head = h(
      "tr",
      {},
      h("th", { scope: "col", class: "corner" }, `${words.actual} ↓ ${words.predicted} →`),
      ...classes.map((name) => h("th", { scope: "col" }, name)),
      h("th", { scope: "col", class: "sum" }, words.recall),
    );
    const body = classes.map((name, i) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        ...classes.map((_, j) => cell(i, j)),
        h("td", { class: "sum" }, share(at(i, i), rows[i] ?? 0)),
      ),
    );
    const foot = h(
      "tr",
      {},
      h("th", { scope: "row", class: "sum" }, words.precision),
      ...classes.map((_, j) => h("td", { class: "sum" }, share(at(j, j), columns[j] ?? 0))),
      h("td", { class: "sum" }, share(total - wrong, total)),
    );
    const table = h(
      "table",
      { class: "confusion" },
      h("thead", {}, head),
      h("tbody", {}, ...body),
      h("tfoot", {}, foot),
    );
    this.place.replaceChildren(table);
  }
}
