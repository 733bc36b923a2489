import type { GraphNode, NodeFormula } from "@chainrule/core";
import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { formulaIn, type InNumbers, inNumbers } from "./elements.js";
import type { Run } from "./model.js";
import { Names } from "./names.js";
import { indicesOf, isScalar } from "./numbers.js";

/** Of a larger tensor no element is chosen from a list. */
const MOST_CHOICES = 64;

/** A node at work, as the panel shows it. */
export class Scene {
  readonly run: Run;
  readonly node: GraphNode;
  readonly position: number;
  readonly words: Words;
  readonly formula: NodeFormula | undefined;
  readonly names: Names;
  /** The element of the result that is computed in numbers. */
  readonly element: number;
  readonly numbers: InNumbers | undefined;
  /** Takes another element. */
  readonly choose: (element: number) => void;

  constructor(run: Run, node: GraphNode, position: number, element: number, words: Words, choose: Scene["choose"]) {
    this.run = run;
    this.node = node;
    this.position = position;
    this.words = words;
    this.element = element;
    this.choose = choose;
    this.formula = formulaIn(run, node);
    this.names = new Names(run, node, this.formula);
    this.numbers = inNumbers(run, node, element);
  }

  /** Whether each element of the result is computed of one element of each input. */
  get isElementwise(): boolean {
    return this.numbers !== undefined && this.node.node.name !== "MatMul";
  }

  /** A list of the elements, one of which is computed in numbers: for the keyboard; a click on the table does the same. */
  chooser(): HTMLElement | null {
    const { shape, size } = this.node.output.tensor;
    if (this.numbers === undefined || isScalar(this.node.output.tensor) || size > MOST_CHOICES) return null;
    const options = Array.from({ length: size }, (_, i) =>
      h("option", { value: i, selected: i === this.element }, `[${indicesOf(shape, i).join(", ")}]`),
    );
    const select = h("select", { id: "element", onchange: () => this.choose(Number(select.value)) }, ...options);
    return h("p", { class: "chooser" }, h("label", { for: "element" }, this.words.element), " ", select);
  }

  note(text: string, kind: "" | "warning" | "faint" = ""): HTMLElement {
    return h("p", { class: `note ${kind}` }, text);
  }

  block(title: string, ...children: (HTMLElement | null)[]): HTMLElement {
    return h("div", { class: "block" }, h("h3", {}, title), ...children);
  }
}
