import type { GraphEdge, GraphNode, NodeFormula } from "@chainrule/core";
import type { Run } from "./model.js";

/** Up to how many characters of a name fit into a formula. */
const LONGEST = 14;

/** What the formulas of a page call a tensor: by its name, or by the letter of the formula where that is long. */
export class Names {
  /** Those of the formula, which stand for the inputs and for the result behind them. */
  readonly letters: readonly string[];
  readonly shown: readonly string[];
  /** What all gradients are those of: the output; L for several, for their elements, or for a long name. */
  readonly top: string;

  constructor(run: Run, node?: GraphNode, formula?: NodeFormula) {
    this.top = topOf(run);
    const edges = node === undefined ? [] : [...node.inputs, node.output];
    this.letters = formula === undefined ? [] : [...formula.inputs, formula.output];
    const letterOr = (label: string, i: number) => (label.length <= LONGEST ? label : (this.letters[i] ?? label));
    const shown = edges.map(({ label }, i) => letterOr(label, i));
    // A letter must not be the name of another one.
    const isClear = edges.every((edge, i) => edges.every((other, j) => edge === other || shown[i] !== shown[j]));
    this.shown = isClear || formula === undefined ? shown : this.letters;
  }

  get output(): string {
    return this.shown.at(-1) ?? "";
  }

  input(i: number): string {
    return this.shown[i] ?? "";
  }
}

function topOf({ graph }: Run): string {
  const [only, other] = graph.outputs;
  const isOne = only !== undefined && other === undefined && only.tensor.size === 1;
  return isOne && only.label.length <= LONGEST ? only.label : "L";
}

/** What L is, where gradients are those of L. */
export function definitionOf({ graph }: Run): string {
  return graph.outputs.map(({ label, tensor }: GraphEdge) => (tensor.size === 1 ? label : `sum(${label})`)).join(" + ");
}
