import { ChainruleError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { show } from "../show.js";
import { attributesOf, codeOf, type InspectOptions, linesOf, signOf } from "./describe.js";
import { type Framed, type FrameOptions, framed, framesBy } from "./frames.js";
import { type GraphEdge, type GraphNode, type GraphOptions, graphFrom } from "./graph.js";

export interface MermaidOptions extends GraphOptions, InspectOptions, FrameOptions {
  /** Where the graph goes. Default "right". */
  readonly direction?: "right" | "down";
}

const DIRECTIONS: Readonly<Record<string, string>> = { right: "LR", down: "TB" };

/**
 * The graph from one tensor (or several) back to its leaves as a flowchart in the language of Mermaid, which GitHub, many editors and
 * notebooks draw in Markdown: ops in circles (with their settings), leaves in boxes, and on the line that a tensor is its shape unless
 * it is a scalar, its value and, after `backward`, its gradient. A tensor that is used several times is one line up to the point at
 * which it forks. Loops, their steps and functions of `fn` are subgraphs (unless `frames` is false). Names may hold any character. The
 * same graph gives the same text. Nothing is left out; Mermaid draws 500 lines, unless it is told otherwise.
 *
 * @example
 * const x = variable(3, { name: "x" });
 * const y = x.square();
 * y.backward();
 * toMermaid(y).split("\n").slice(0, 3); // ["flowchart LR", '  leaf0["x"]', '  op0(["square"])']
 *
 * @throws ChainruleError for a direction that there is not
 */
export function toMermaid(output: Tensor | readonly Tensor[], options: MermaidOptions = {}, ...none: []): string {
  checkNoMore("toMermaid", none);
  const flags = ["values", "gradients", "frames"];
  checkOptions("toMermaid", options, ["names", ...flags, "direction"], flags);
  const { direction = "right" } = options;
  if (typeof direction !== "string" || !Object.hasOwn(DIRECTIONS, direction)) {
    throw new ChainruleError(`toMermaid: direction ${show(direction)}: "right" or "down" is meant`);
  }
  const graph = graphFrom("toMermaid", output, options);
  const outputs = new Set(graph.outputs);
  const lines = [`flowchart ${DIRECTIONS[direction]}`];
  let frames = 0;
  // A line between two nodes would draw both into the subgraph in which it is written: all come behind the nodes.
  const write = ({ parts }: Framed<GraphEdge>, indent: string) => {
    for (const part of parts) {
      if ("parts" in part) {
        lines.push(`${indent}subgraph frame${frames++}[${quoted([part.frame?.title ?? ""])}]`);
        write(part, `${indent}  `);
        lines.push(`${indent}end`);
      } else lines.push(...nodesOf(part, outputs.has(part)).map((text) => `${indent}${text}`));
    }
  };
  write(framed(graph.edges, framesBy(options)), "  ");
  for (const edge of graph.edges) lines.push(...linksOf(edge, outputs.has(edge), options).map((text) => `  ${text}`));
  return `${lines.join("\n")}\n`;
}

/** Where the line of a tensor ends, or forks. */
function endOf({ index, users }: GraphEdge, isOutput: boolean): string | null {
  if (isOutput) return `out${index}`;
  return users.length > 1 ? `fork${index}` : null;
}

/** What made a tensor, and the end of its line if that is no op. */
function nodesOf(edge: GraphEdge, isOutput: boolean): string[] {
  const { maker, index, label, isLiteral } = edge;
  const made =
    maker === null ? `leaf${index}[${quoted([isLiteral || edge.name !== undefined ? label : ""])}]` : opOf(maker);
  const end = isLiteral ? null : endOf(edge, isOutput);
  // What nothing is written in is a point.
  return end === null ? [made] : [made, `${end}(( ))`];
}

function opOf({ index, node }: GraphNode): string {
  const sign = signOf(node);
  const [open, close] = sign.length === 1 ? ["((", "))"] : ["([", "])"];
  return `op${index}${open}${quoted([sign, ...attributesOf(node)])}${close}`;
}

/** The lines from what made a tensor to where it is used. */
function linksOf(edge: GraphEdge, isOutput: boolean, options: InspectOptions): string[] {
  const { maker, index, users, isLiteral } = edge;
  const from = maker === null ? `leaf${index}` : `op${maker.index}`;
  const uses = users.map((user) => `op${user.index}`);
  if (isLiteral) return uses.map((use) => `${from} --> ${use}`);
  const end = endOf(edge, isOutput);
  const label = labelOf(edge, options);
  const link = (to: string) => `${from} -->${label.length === 0 ? "" : `|${quoted(label)}|`} ${to}`;
  if (end === null) return uses.map(link);
  return [link(end), ...uses.map((use) => `${end} --> ${use}`)];
}

function labelOf(edge: GraphEdge, options: InspectOptions): string[] {
  const { above, below } = linesOf(edge, options);
  return [...above, ...below.map((line, i) => (i === 0 ? `grad ${line}` : line))];
}

/** Lines of text in quotes. */
function quoted(lines: readonly string[]): string {
  // An empty text is an error of the language.
  return `"${lines.map(escaped).join("<br/>") || " "}"`;
}

/**
 * Any text in quotes as it is: what would be markup of Mermaid, HTML or Markdown by its number, lines broken, and what XML cannot hold as
 * its code. A dot or a sign with a space behind would begin a list, and `:fa-`
 * is that of an icon.
 */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cs}\uFFFE\uFFFF]|(?![\r\n\t])\p{Cc}/gu, codeOf)
    .split(/\r\n|\r|\n/)
    .map((line) =>
      line.replace(/["#&<>\\`%*_~|$]|[-+.)](?=\s)|:(?=fa-)/g, (c) => `#${c.charCodeAt(0)};`).replace(/\t/g, " "),
    )
    .join("<br/>");
}
