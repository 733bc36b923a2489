import type { ClassPredictions, Mistake, ReportData, ReportImage } from "@chainrule/nn";
import { h } from "../dom.js";
import type { View } from "./dom.js";
import { count, percent } from "./text.js";
import { filled, words } from "./words.js";

/** So many are shown before more are asked for. */
const first = 18;
/** Of more classes the likeliest are shown. */
const mostBars = 12;

/** The rows that are most wrong, with the probability of each class. */
export class Mistakes implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly summary = h("p", {});
  private readonly choice = h("select", {});
  private readonly list = h("ul", { class: "mistakes" });
  private readonly more = h("button", { type: "button", class: "more" });
  private predictions: ClassPredictions | null = null;
  private isAll = false;

  constructor() {
    this.choice.addEventListener("change", () => this.draw());
    this.more.addEventListener("click", () => {
      this.isAll = true;
      this.draw();
    });
    const controls = h("div", { class: "controls" }, h("label", {}, `${words.onlyClass} `, this.choice));
    this.element = h("div", {}, this.summary, controls, this.list, this.more);
  }

  update({ predictions }: ReportData): void {
    if (predictions === null) return;
    if (this.predictions === null) {
      const options = predictions.classes.map((name, i) => h("option", { value: i }, name));
      this.choice.replaceChildren(h("option", { value: "" }, words.all), ...options);
    }
    this.predictions = predictions;
    this.draw();
  }

  private draw(): void {
    const { predictions, choice } = this;
    if (predictions === null) return;
    const { mistakes, classes, confusion, wrong, evaluation } = predictions;
    const rows = (confusion.findLast((counts) => counts !== null) ?? []).reduce((sum, n) => sum + n, 0);
    const said = filled(words.wrongCount, { wrong: count(wrong), rows: count(rows) });
    this.summary.textContent = `${words.evaluation} “${evaluation}”: ${said}. ${words.mistakesHint}`;
    const chosen = mistakes.filter(({ label }) => choice.value === "" || label === Number(choice.value));
    const shown = this.isAll ? chosen : chosen.slice(0, first);
    this.list.replaceChildren(...shown.map((mistake) => itemOf(mistake, classes)));
    this.more.hidden = shown.length === chosen.length;
    this.more.textContent = filled(words.showMore, { count: count(chosen.length) });
  }
}

function itemOf({ row, label, predicted, probabilities, shown }: Mistake, classes: readonly string[]): HTMLElement {
  const name = (i: number) => classes[i] ?? String(i);
  const heading = h(
    "p",
    { class: "verdict" },
    h("strong", { class: "right" }, name(label)),
    " → ",
    h("strong", { class: "wrong" }, name(predicted)),
    h("span", { class: "faint" }, ` ${words.row} ${row}`),
  );
  heading.title = filled(words.takenFor, { actual: name(label), predicted: name(predicted) });
  const likeliest = probabilities.map((p, i) => [i, p] as const).sort(([, a], [, b]) => b - a);
  const bars =
    probabilities.length <= mostBars ? likeliest.toSorted(([a], [b]) => a - b) : likeliest.slice(0, mostBars);
  const chart = h("ol", { class: "bars" });
  for (const [i, p] of bars) {
    const bar = h("span", { class: "bar" });
    bar.style.height = `${Math.max(p === 0 ? 0 : 2, p * 100)}%`;
    const kind = i === label ? "right" : i === predicted ? "wrong" : "other";
    const item = h(
      "li",
      { class: kind, title: `${name(i)}: ${percent(p)}` },
      h("span", { class: "well" }, bar),
      name(i),
    );
    chart.append(item);
  }
  const spoken = likeliest
    .slice(0, 3)
    .map(([i, p]) => `${name(i)} ${percent(p)}`)
    .join(", ");
  chart.setAttribute("aria-hidden", "true");
  return h(
    "li",
    { class: "card" },
    shownAs(shown),
    h("div", {}, heading, chart, h("p", { class: "hidden" }, `${heading.title}: ${spoken}`)),
  );
}

function shownAs(shown: Mistake["shown"]): HTMLElement | string {
  if (shown === null) return "";
  if (typeof shown === "string") return h("p", { class: "text" }, shown);
  const canvas = h("canvas", { class: "pixels", "aria-hidden": "true" });
  paint(canvas, shown);
  return canvas;
}

function paint(canvas: HTMLCanvasElement, { width, height, channels, bytes }: ReportImage): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(width, height);
  const values = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * pixel + channel] = values[pixel * channels + (channel % channels)] ?? 0;
    }
    image.data[4 * pixel + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
