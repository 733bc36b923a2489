import { element, scrolling } from "./dom.js";
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
    this.element = element("details", { class: "numbers" }, element("summary", {}, words.table), this.place);
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
    element(
      "tr",
      {},
      ...cells.map((cell, i) => (i === 0 ? element("th", { scope: "row" }, cell) : element("td", {}, cell))),
    );
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
    element("tbody", {}, ...rows.map(line)),
  );
}

/** Every so many, so that there are at most `most`; the last always. */
export function some<T>(list: readonly T[], most = 100): readonly T[] {
  const step = Math.ceil(list.length / most);
  return list.filter((_, i) => i % step === 0 || i === list.length - 1);
}
