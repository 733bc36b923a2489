import { ChainruleError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { show } from "../show.js";
import { attributesOf, type InspectOptions, kindOf, shortValues } from "./describe.js";
import { type GraphEdge, type GraphOptions, graphFrom } from "./graph.js";

export interface PrintOptions extends GraphOptions, InspectOptions {
  /** How many lines at most, one being a leaf or a node; what is left out is counted. Default 100; Infinity for all. */
  readonly maxNodes?: number;
}

/**
 * The graph from one tensor (or several) back to its leaves as a text, a line for each tensor in forward order: what it is
 * called, the node that made it or what leaf it is, the dtype (where it is not float64), the shape, the value and, after
 * `backward`, the gradient. So it reads like the calculation that it is, it does not grow to the right, and a tensor
 * that is used several times has one line and is called by its name elsewhere: t1, t2, ... where it has none. A scalar
 * constant without a name stands as a number where it is used.
 *
 * Of a graph with more than `maxNodes` lines the first and the last are shown. Iterative: any depth will do.
 *
 * @example
 * const [x, y] = [variable(1), variable(2)];
 * const t = x.add(y);
 * const z = t.pow(2);
 * z.backward();
 * print(z, { names: { x, y, t, z } }).split("\n")[0]; // "x: variable [] = 1, grad 6"
 * print(z, { names: { x, y, t, z } }).split("\n")[3]; // "z: Pow(t, 2) [] = 9, grad 1"
 *
 * @throws ChainruleError when `maxNodes` is no whole number of at least 0 (or Infinity)
 */
export function print(output: Tensor | readonly Tensor[], options: PrintOptions = {}, ...none: []): string {
  checkNoMore("print", none);
  checkOptions("print", options, ["names", "values", "gradients", "maxNodes"], ["values", "gradients"]);
  const { maxNodes = 100 } = options;
  if (
    !(
      typeof maxNodes === "number" &&
      maxNodes >= 0 &&
      (Number.isInteger(maxNodes) || maxNodes === Number.POSITIVE_INFINITY)
    )
  ) {
    throw new ChainruleError(
      `print: maxNodes ${show(maxNodes)} is no number of lines: a whole number of at least 0, or Infinity for all`,
    );
  }
  const lines = graphFrom("print", output, options).edges.filter((edge) => !edge.isLiteral);
  const write = (edge: GraphEdge) => lineOf(edge, options);
  if (lines.length <= maxNodes) return lines.map(write).join("\n");
  const head = Math.floor(maxNodes / 2);
  const tail = maxNodes - head;
  const more = `... ${lines.length - maxNodes} more of ${lines.length} (print with maxNodes: Infinity for all)`;
  return [...lines.slice(0, head).map(write), more, ...lines.slice(lines.length - tail).map(write)].join("\n");
}

function lineOf(edge: GraphEdge, { values = true, gradients = true }: InspectOptions): string {
  const { tensor, maker } = edge;
  const made = maker === null ? (tensor.isVariable ? "variable" : "constant") : callOf(maker);
  const value = values ? ` = ${shortValues(tensor)}` : "";
  const gradient = gradients ? tensor.grad : null;
  return `${plain(edge.label)}: ${made} ${kindOf(tensor)}${value}${gradient === null ? "" : `, grad ${shortValues(gradient)}`}`;
}

function callOf({ node, inputs }: NonNullable<GraphEdge["maker"]>): string {
  return `${node.name}(${[...inputs.map((input) => plain(input.label)), ...attributesOf(node)].join(", ")})`;
}

/** A name as it is, in quotes where the line would otherwise read as something else. */
function plain(label: string): string {
  return label === "" || /[\s\p{C}"\\,:()=]/u.test(label) ? JSON.stringify(label) : label;
}
