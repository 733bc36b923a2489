import type { ReportData, Units } from "@chainrule/nn";
import { h } from "../dom.js";
import { Chart } from "./chart.js";
import { onTheme, onWidth, sized, styled, type View } from "./dom.js";
import { NumbersTable, some } from "./table.js";
import { count } from "./text.js";
import { filled, words } from "./words.js";

const colours = ["--c2", "--c1", "--c3", "--c4"];
/** Pixels of a unit's square, with the gap behind it. */
const square = 16;
/** More squares are no use. */
const most = 2048;

/** The dead units of each ReLU over time, and how active each unit is. */
export class UnitsView implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly hint = h("p", { class: "hint" });
  private readonly chart = new Chart(words.units, [], 180);
  private readonly table = new NumbersTable();
  private readonly cards = h("div", { class: "cards" });
  private readonly views = new Map<string, UnitsCard>();

  constructor() {
    this.element = h("div", {}, this.hint, this.chart.element, this.table.element, this.cards);
  }

  update({ units, looks, probeRows }: ReportData): void {
    this.hint.textContent = filled(words.unitsHint, { rows: count(probeRows) });
    this.chart.update({
      series: units.map(({ name }, i) => ({ name, colour: colours[i % colours.length] as string, points: true })),
      parts: [[looks, ...units.map(({ dead }) => dead)]],
      isLog: false,
      isCount: true,
    });
    this.table.update(() => ({
      head: [words.iteration, ...units.map(({ name }) => name)],
      rows: some(looks.map((look, i) => [look, i] as const)).map(([look, i]) => [
        count(look),
        ...units.map(({ dead }) => (dead[i] == null ? "–" : count(dead[i]))),
      ]),
    }));
    for (const each of units) {
      let view = this.views.get(each.name);
      if (view === undefined) {
        view = new UnitsCard();
        this.views.set(each.name, view);
        this.cards.append(view.element);
      }
      view.update(each);
    }
  }
}

class UnitsCard {
  readonly element: HTMLElement;
  private readonly title = h("h3", {});
  private readonly canvas = h("canvas", { role: "img" });
  private readonly said = h("p", { class: "numbers-line" });
  private active: readonly number[] = [];
  private width = 0;

  constructor() {
    const hint = h("p", { class: "hint" }, words.activeShare);
    this.element = h("article", { class: "card" }, this.title, this.canvas, this.said, hint);
    onWidth(this.element, (width) => {
      this.width = width;
      this.draw();
    });
    onTheme(() => this.draw());
  }

  update({ name, count: units, active }: Units): void {
    this.active = active.slice(0, most);
    const dead = active.flatMap((share, i) => (share === 0 ? [i] : []));
    const summary =
      dead.length === 0
        ? filled(words.noneDead, { count: count(units) })
        : filled(words.dead, { count: count(units), dead: count(dead.length) });
    const list =
      dead.length === 0 ? "" : `. ${words.deadList} ${dead.slice(0, 40).join(", ")}${dead.length > 40 ? ", …" : ""}`;
    this.title.replaceChildren(h("code", {}, name));
    this.said.textContent = summary + list;
    this.canvas.setAttribute("aria-label", `${name}: ${summary}`);
    this.draw();
  }

  private draw(): void {
    const { active, width } = this;
    if (width === 0 || active.length === 0) return;
    const columns = Math.max(1, Math.floor(width / square));
    const context = sized(this.canvas, width, Math.ceil(active.length / columns) * square);
    active.forEach((share, i) => {
      const [x, y, size] = [(i % columns) * square, Math.floor(i / columns) * square, square - 3];
      context.globalAlpha = 1;
      context.fillStyle = styled("--well");
      context.fillRect(x, y, size, size);
      if (share > 0) {
        context.globalAlpha = 0.1 + 0.9 * share;
        context.fillStyle = styled("--c1");
        context.fillRect(x, y, size, size);
        return;
      }
      context.strokeStyle = styled("--c2");
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x + 2, y + 2);
      context.lineTo(x + size - 2, y + size - 2);
      context.moveTo(x + size - 2, y + 2);
      context.lineTo(x + 2, y + size - 2);
      context.stroke();
    });
  }
}
