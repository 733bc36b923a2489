import type { Distribution, Histogram, ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { DistributionPicture } from "./distribution-picture.js";
import { onWidth, type View } from "./dom.js";
import type { Moment } from "./moment.js";
import { NumbersTable, some } from "./table.js";
import { count, number, percent, shape } from "./text.js";
import { filled, words } from "./words.js";

const kinds = ["weight", "gradient", "activation"] as const;

/** How parameters, gradients and activations are distributed, over time and at one moment. */
export class Distributions implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly moment: Moment;
  private readonly slider: ReturnType<Moment["slider"]>;
  private readonly choice = new Map<Distribution["kind"], HTMLInputElement>();
  private readonly cards = h("div", { class: "cards" });
  private readonly probe = h("p", { class: "hint" });
  private readonly views = new Map<string, DistributionCard>();
  private data: ReportData | null = null;

  constructor(moment: Moment) {
    this.moment = moment;
    this.slider = moment.slider();
    const radios = kinds.map((kind) => {
      const input = h("input", { type: "radio", name: "kind", value: kind, checked: kind === "weight" });
      input.addEventListener("change", () => this.draw());
      this.choice.set(kind, input);
      return h("label", {}, input, h("span", {}, words[kind]));
    });
    const legend = h("legend", { class: "hidden" }, words.kind);
    this.element = h(
      "div",
      {},
      h("p", { class: "hint" }, words.distributionsHint),
      this.probe,
      h("div", { class: "controls" }, h("fieldset", { class: "tabs" }, legend, ...radios), this.slider.element),
      this.cards,
    );
    moment.onChange(() => this.draw());
  }

  update(data: ReportData): void {
    this.data = data;
    this.slider.update();
    this.probe.textContent = data.probeRows === 0 ? "" : filled(words.probe, { rows: count(data.probeRows) });
    for (const [kind, input] of this.choice) {
      input.disabled = !data.distributions.some((each) => each.kind === kind);
    }
    this.draw();
  }

  private draw(): void {
    const { data } = this;
    if (data === null) return;
    const chosen = kinds.find((kind) => this.choice.get(kind)?.checked) ?? "weight";
    const shown = data.distributions.filter(({ kind }) => kind === chosen);
    const cards = shown.map((distribution) => {
      const key = `${distribution.kind} ${distribution.name}`;
      const card = this.views.get(key) ?? new DistributionCard(this.moment);
      this.views.set(key, card);
      card.update(distribution, data.looks);
      return card.element;
    });
    const isSame =
      cards.length === this.cards.children.length && cards.every((card, i) => this.cards.children[i] === card);
    if (!isSame) this.cards.replaceChildren(...cards);
  }
}

class DistributionCard {
  readonly element: HTMLElement;
  private readonly moment: Moment;
  private readonly title = h("h3", {});
  private readonly picture: DistributionPicture;
  private readonly numbers = h("p", { class: "numbers-line" });
  private readonly table = new NumbersTable();

  constructor(moment: Moment) {
    this.moment = moment;
    this.picture = new DistributionPicture((index) => moment.choose(index));
    this.element = h("article", { class: "card" }, this.title, this.picture.element, this.numbers, this.table.element);
    onWidth(this.element, (width) => this.picture.resize(width));
  }

  update({ name, shape: sizes, histograms }: Distribution, looks: readonly number[]): void {
    const { index, iteration } = this.moment;
    const now = histograms[index] ?? null;
    this.title.replaceChildren(h("code", {}, name), " ", h("span", { class: "faint" }, shape(sizes)));
    this.picture.update(histograms, index, `${name}, ${words.iteration} ${count(iteration)}: ${said(now)}`);
    this.numbers.textContent = said(now);
    this.table.update(() => ({
      head: [words.iteration, words.mean, words.std, words.least, words.greatest, words.zeros],
      rows: some(looks.map((look, i) => [look, histograms[i] ?? null] as const)).map(([look, histogram]) => [
        count(look),
        ...(histogram === null ? ["–", "–", "–", "–", "–"] : cells(histogram)),
      ]),
    }));
  }
}

const cells = ({ mean, std, low, high, zeros }: Histogram): string[] => [
  number(mean),
  number(std),
  number(low),
  number(high),
  percent(zeros),
];

function said(histogram: Histogram | null): string {
  if (histogram === null) return words.nothing;
  const { mean, std, low, high, zeros, bad } = histogram;
  return [
    `${words.mean} ${number(mean)}`,
    `${words.std} ${number(std)}`,
    `${number(low)} … ${number(high)}`,
    ...(zeros > 0 ? [`${words.zeros} ${percent(zeros)}`] : []),
    ...(bad > 0 ? [`${words.notFinite}: ${count(bad)}`] : []),
  ].join(", ");
}
