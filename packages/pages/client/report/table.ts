import { h } from "../dom.js";
import { scrolling } from "./dom.js";
import { words } from "./words.js";

export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The numbers behind a picture, for who reads them better than pictures. They are written when they are asked for. */
export class NumbersTable {
  readonly element: HTMLDetailsElement;
  private readonly place = scrolling(words.table);
  private rows: () => Rows = () => ({ head: [], rows: [] });

  constructor() {
    this.element = h("details", { class: "numbers" }, h("summary", {}, words.table), this.place);
    this.element.addEventListener("toggle", () => this.write());
  }

  update(rows: () => Rows): void {
    this.rows = rows;
    this.write();
  }

  private write(): void {
    if (!this.element.open) return;
    this.place.replaceChildren(tableOf(this.rows()));
  }
}

export function tableOf({ head, rows }: Rows): HTMLTableElement {
  const line = (cells: readonly string[]) =>
    h("tr", {}, ...cells.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell))));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, ...rows.map(line)),
  );
}

/** Every so many, so that there are at most `most`; the last always. */
export function some<T>(list: readonly T[], most = 100): readonly T[] {
  const step = Math.ceil(list.length / most);
  return list.filter((_, i) => i % step === 0 || i === list.length - 1);
}
