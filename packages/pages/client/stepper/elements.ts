import { formulaOf, type GraphNode, type NodeFormula, ones, type Tensor } from "@chainrule/core";
import type { Run } from "./model.js";
import { elementAt, indicesOf, textOf } from "./numbers.js";

/** How many terms of a sum are written. */
const TERMS = 8;

/** A formula with numbers in it, for one element of the result. */
export interface InNumbers {
  /** Behind the letters of the inputs and the result, where there is more than one element: `[0, 1]`. */
  readonly at: (input: number) => string;
  readonly forward: string | null;
  /** Of each input what its local derivative is, in numbers and its value; null where the formula has none. */
  readonly derivatives: readonly (Derivative | null)[];
}

export interface Derivative {
  readonly text: string;
  readonly value: number;
}

export const isDerivative = (text: string | null | undefined): boolean => /^d[^ ]*\/d/.test(text ?? "");

/** What stands behind the sign of equality. */
export const rightOf = (text: string): string => text.slice(text.indexOf(" = ") + 3);

/** The formula of a node, which a closure brings along. */
export function formulaIn(run: Run, node: GraphNode): NodeFormula | undefined {
  const closure = run.closureOf(node);
  return closure === undefined ? formulaOf(node.node) : closure.formula;
}

/** The local computation of one element of the result, where an element is made of numbers that can be written down. */
export function inNumbers(run: Run, node: GraphNode, element: number): InNumbers | undefined {
  const formula = formulaIn(run, node);
  if (formula === undefined || run.closureOf(node) !== undefined) return undefined;
  if (node.node.name === "MatMul") return productInNumbers(node, element);
  if (!formula.backward.some(isDerivative)) return undefined;
  const { tensor: output } = node.output;
  const inputs = node.inputs.map(({ tensor }) => tensor);
  const indices = indicesOf(output.shape, element);
  const places = inputs.map(({ shape }) => elementAt(shape, indices));
  const names = [...inputs.map((input, i) => textOf(input, places[i])), textOf(output, element)];
  const written = formulaOf(node.node, names) as NodeFormula;
  const at = (i: number) =>
    bracket(i < inputs.length ? (inputs[i] as Tensor) : output, i < inputs.length ? (places[i] as number) : element);
  return {
    at,
    forward: rightOf(written.forward),
    derivatives: written.backward.map((text, i) => {
      if (text === null || !inputs[i]?.requiresGrad) return null;
      const local = run.localGradient(node, i, ones(output.shape, { dtype: output.dtype }));
      return { text: rightOf(text), value: local ? (local.broadcastTo(output.shape).data[element] as number) : 0 };
    }),
  };
}

function bracket(t: Tensor, element: number): string {
  return t.rank === 0 ? "" : `[${indicesOf(t.shape, element).join(", ")}]`;
}

/** An element of a product of matrices or vectors as the sum that it is. */
function productInNumbers({ node, inputs, output }: GraphNode, element: number): InNumbers | undefined {
  const [a, b] = inputs.map(({ tensor }) => tensor) as [Tensor, Tensor];
  if (a.rank > 2 || b.rank > 2) return undefined;
  const { transposeA = false, transposeB = false } = node.attributes();
  const indices = indicesOf(output.tensor.shape, element);
  const row = a.rank === 2 ? (indices[0] as number) : 0;
  const column = b.rank === 2 ? (indices.at(-1) as number) : 0;
  const size = a.rank === 1 || transposeA ? (a.shape[0] as number) : (a.shape[1] as number);
  const left = (k: number) => (a.rank === 1 ? k : elementAt(a.shape, transposeA ? [k, row] : [row, k]));
  const right = (k: number) => (b.rank === 1 ? k : elementAt(b.shape, transposeB ? [column, k] : [k, column]));
  const factor = (text: string) => (text.startsWith("-") ? `(${text})` : text);
  const terms = Array.from(
    { length: Math.min(size, TERMS) },
    (_, k) => `${factor(textOf(a, left(k)))} * ${factor(textOf(b, right(k)))}`,
  );
  return {
    at: (i) => (i < 2 ? "" : bracket(output.tensor, element)),
    forward: [...terms, ...(size > TERMS ? ["…"] : [])].join(" + "),
    derivatives: [null, null],
  };
}
