import { type DType, fromArray, type GraphEdge, type TensorJSON } from "@chainrule/core";
import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import type { Run } from "./model.js";
import { numberText } from "./numbers.js";
import { matrixOf } from "./tables.js";

/** Up to how many elements a tensor can be changed. */
const MOST = 32;

const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** Takes the values of an input; gives what is wrong with them, or null. */
export type Change = (edge: number, value: TensorJSON) => string | null;

/** Whether a leaf may have been computed, of inputs even, without a gradient: a comparison, a random number. */
const isKept = ({ tensor, name, isLiteral }: GraphEdge) => !tensor.isVariable && name === undefined && !isLiteral;

/** The fields by which the inputs of the graph are changed. */
export class Inputs {
  readonly element: HTMLElement;
  private readonly words: Words;
  private readonly change: Change;
  private readonly result = h("p", { class: "result", role: "status" });

  constructor(words: Words, run: Run, change: Change, reset: () => void) {
    this.words = words;
    this.change = change;
    const leaves = run.graph.edges.filter(({ maker }) => maker === null);
    const fields = h("form", { class: "fields", onsubmit: (event) => event.preventDefault() });
    const fill = () => fields.replaceChildren(...leaves.map((edge) => this.field(edge, run)));
    fill();
    const button = h(
      "button",
      {
        type: "button",
        onclick: () => {
          fill();
          reset();
        },
      },
      words.reset,
    );
    this.element = h(
      "section",
      { class: "inputs", "aria-labelledby": "inputs-title" },
      h("h2", { id: "inputs-title" }, words.inputs),
      h("p", { class: "note" }, words.inputsText),
      leaves.some(isKept) ? h("p", { class: "note faint" }, words.keptText) : null,
      fields,
      this.result,
      button,
    );
  }

  /** Says where something that is no finite number comes from. */
  show(run: Run): void {
    const node = run.firstNotFinite;
    const { tensor, label } = node?.output ?? {};
    const value = tensor?.data.find((element) => !Number.isFinite(element));
    this.result.textContent =
      node === undefined || value === undefined
        ? ""
        : this.words.gives(`${node.node.name} (${label})`, numberText(value));
  }

  private field(edge: GraphEdge, run: Run): HTMLElement {
    const { words } = this;
    const { tensor, index } = edge;
    const id = `input-${index}`;
    const name = edge.isLiteral ? words.numberIn(edge.users[0]?.output.label ?? "") : edge.label;
    const kind = tensor.isVariable ? words.variable : words.constant;
    const closure = run.closureBehind(edge);
    const isLarge = tensor.size > MOST;
    if (closure !== undefined || isLarge) {
      const why = closure === undefined ? words.tooLarge(tensor.size) : words.fixed(closure.node.name);
      return h(
        "div",
        { class: "field" },
        h("p", { class: "name" }, name, h("small", {}, ` ${kind}`)),
        h("p", { class: "note" }, why),
      );
    }
    const error = h("p", { class: "error", id: `${id}-error`, role: "alert" });
    const cells = Array.from({ length: tensor.size }, (_, i) => this.cell(tensor.dtype, String(tensor.data[i])));
    const read = () => this.read(edge, cells, error);
    for (const cell of cells) {
      cell.addEventListener("input", read);
      cell.setAttribute("aria-describedby", error.id);
    }
    const [only] = cells;
    if (tensor.rank === 0 && only !== undefined) {
      only.id = id;
      const label = h("label", { class: "name", for: id }, name, h("small", {}, ` ${kind}`));
      return h("div", { class: "field" }, label, only, error);
    }
    const { rows, columns } = matrixOf(tensor.shape);
    cells.forEach((cell, i) => {
      cell.setAttribute("aria-label", `${name} [${rows > 1 ? `${Math.floor(i / columns)}, ` : ""}${i % columns}]`);
    });
    const grid = h("div", { class: "grid" }, ...cells);
    grid.style.setProperty("--columns", String(columns));
    return h(
      "fieldset",
      { class: "field" },
      h("legend", { class: "name" }, name, h("small", {}, ` ${kind}`)),
      grid,
      error,
    );
  }

  /** With all digits of the number: what is not touched does not change. */
  private cell(dtype: DType, exact: string): HTMLInputElement {
    if (dtype === "bool") return h("input", { type: "checkbox", checked: exact === "1" });
    return h("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", value: exact });
  }

  private read({ index, tensor }: GraphEdge, cells: readonly HTMLInputElement[], error: HTMLElement): void {
    const { dtype, shape } = tensor;
    let wrong: string | null = null;
    const values = cells.map((cell) => {
      const problem = this.problemOf(cell, dtype);
      cell.setAttribute("aria-invalid", String(problem !== null));
      wrong ??= problem;
      return cell.type === "checkbox" ? Number(cell.checked) : Number(cell.value);
    });
    wrong ??= this.change(index, fromArray(arrays[dtype].from(values), shape, { dtype }).toJSON());
    error.textContent = wrong ?? "";
  }

  private problemOf(cell: HTMLInputElement, dtype: DType): string | null {
    if (cell.type === "checkbox") return null;
    const text = cell.value.trim();
    const value = Number(text);
    if (text === "" || Number.isNaN(value)) return this.words.notNumber(text);
    return dtype === "int32" && (value | 0) !== value ? this.words.notWhole(text) : null;
  }
}
