import type { Shape, Tensor } from "@chainrule/core";
import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { isScalar, textOf } from "./numbers.js";

/** How much of a tensor is shown. */
const ROWS = 6;
const COLUMNS = 7;

/** Rows and columns: axes before the last one are the rows, one after the other. */
export function matrixOf(shape: Shape): { readonly rows: number; readonly columns: number } {
  const columns = shape.at(-1) ?? 1;
  return { columns, rows: shape.slice(0, -1).reduce((rows, size) => rows * size, 1) };
}

/**
 * The elements as a table, coloured by sign and size, one of them marked; of a large one the first rows and columns.
 *
 * @param choose what happens when an element is clicked
 */
export function tensorTable(
  t: Tensor,
  words: Words,
  kind: "value" | "gradient",
  marked?: number,
  choose?: (element: number) => void,
): HTMLElement {
  if (isScalar(t)) return h("span", { class: kind }, textOf(t));
  const { rows, columns } = matrixOf(t.shape);
  const most = Array.from(t.data).reduce(
    (largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest),
    0,
  );
  const cell = (row: number, column: number) => {
    const at = row * columns + column;
    const value = t.data[at] as number;
    const isMarked = at === marked;
    const td = h("td", { class: isMarked ? "marked" : null, onclick: choose ? () => choose(at) : null }, textOf(t, at));
    if (t.dtype !== "bool" && most > 0 && Number.isFinite(value)) {
      td.classList.add(value < 0 ? "below" : "above");
      td.style.setProperty("--heat", `${Math.round((32 * Math.abs(value)) / most)}%`);
    }
    return td;
  };
  const shownRows = Math.min(rows, rows <= ROWS + 1 ? rows : ROWS);
  const shownColumns = Math.min(columns, columns <= COLUMNS + 1 ? columns : COLUMNS);
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const body = range(shownRows).map((row) =>
    h(
      "tr",
      {},
      ...range(shownColumns).map((column) => cell(row, column)),
      shownColumns < columns ? h("td", { class: "more" }, "…") : null,
    ),
  );
  const shape = `[${t.shape.join(", ")}]`;
  const hidden = t.size - shownRows * shownColumns;
  return h(
    "span",
    { class: `tensor ${kind}${choose ? " choosable" : ""}` },
    h("span", { class: "shape" }, t.dtype === "float64" ? shape : `${t.dtype} ${shape}`),
    t.size === 0 ? null : h("table", {}, h("tbody", {}, ...body)),
    hidden > 0 ? h("span", { class: "shape" }, words.more(hidden)) : null,
  );
}
