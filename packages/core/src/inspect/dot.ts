import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { attributesOf, codeOf, type InspectOptions, linesOf, signOf } from "./describe.js";
import { type Framed, type FrameOptions, framed, framesBy } from "./frames.js";
import { type GraphEdge, type GraphNode, type GraphOptions, graphFrom } from "./graph.js";

export interface DotOptions extends GraphOptions, InspectOptions, FrameOptions {}

const HEADER = [
  "digraph {",
  '  graph [rankdir=LR, ranksep=0.25, nodesep=0.25, fontname="Helvetica"];',
  '  node [fontname="Helvetica", fontsize=12, margin="0.1,0.05"];',
  "  edge [arrowsize=0.7];",
];

/**
 * The graph from one tensor (or several) back to its leaves in the DOT language of Graphviz, drawn as in textbooks: from
 * left to right, ops in circles (with their settings), leaves in boxes, and on the line that a tensor is its value above and
 * its derivative below (after `backward`); also its shape unless it is a scalar, and its dtype unless it is float64. A
 * tensor that is used several times is one line that forks; the derivative is that of all its uses together. Names may
 * hold any character. Loops, their steps and functions of `fn` stand in frames (unless `frames` is false). The same graph gives
 * the same text. Values are shown as in `print`; nothing is left out.
 *
 * @example
 * const x = variable(3, { name: "x" });
 * toDot(x.square()).split("\n")[0]; // "digraph {"
 */
export function toDot(output: Tensor | readonly Tensor[], options: DotOptions = {}, ...none: []): string {
  checkNoMore("toDot", none);
  checkOptions("toDot", options, ["names", "values", "gradients", "frames"], ["values", "gradients", "frames"]);
  const graph = graphFrom("toDot", output, options);
  const outputs = new Set(graph.outputs);
  const lines: string[] = [];
  // In the language a line belongs to the frame in which it is written: those of what is in frames are written behind all.
  const behind: string[] = [];
  let frames = 0;
  const write = ({ parts }: Framed<GraphEdge>, indent: string) => {
    for (const part of parts) {
      if ("parts" in part) {
        lines.push(`${indent}subgraph cluster${frames++} {`, `${indent}  label=${html(part.frame?.title ?? "")};`);
        write(part, `${indent}  `);
        lines.push(`${indent}}`);
        continue;
      }
      for (const text of statements(part, outputs.has(part), options)) {
        if (indent === "  " || !text.includes(" -> ")) lines.push(`${indent}${text}`);
        else behind.push(`  ${text}`);
      }
    }
  };
  write(framed(graph.edges, framesBy(options)), "  ");
  return `${[...HEADER, ...lines, ...behind, "}"].join("\n")}\n`;
}

/** The statements of a tensor, and of what it is made by; an arrow is one of its own. */
function statements(edge: GraphEdge, isOutput: boolean, options: InspectOptions): string[] {
  return [
    ...(edge.maker === null ? [leaf(edge)] : op(edge.maker)),
    ...(edge.isLiteral ? [] : line(edge, options)),
    ...(isOutput ? end(edge) : []),
  ];
}

function leaf(edge: GraphEdge): string {
  return `leaf${edge.index} [shape=box, label=${html(edge.label)}];`;
}

/** A node comes behind its inputs, so the arrows into it can be drawn with it. */
function op({ index, node, inputs }: GraphNode): string[] {
  const label = signOf(node);
  const attributes = attributesOf(node).map((text) => `<BR/><FONT POINT-SIZE="9">${escaped(text)}</FONT>`);
  const shape = label.length === 1 ? "circle" : "ellipse";
  return [
    `op${index} [shape=${shape}, ordering=in, label=<${escaped(label)}${attributes.join("")}>];`,
    ...inputs.map((input) => `${input.isLiteral ? `leaf${input.index}` : `t${input.index}:line:e`} -> op${index};`),
  ];
}

/** A table whose middle row is a stroke in the arrow's line: what stands above and below it need not be equally high. */
function line(edge: GraphEdge, options: InspectOptions): string[] {
  const { maker, index } = edge;
  const { above, below } = linesOf(edge, options);
  const cell = (texts: readonly string[]) =>
    `<TR><TD CELLPADDING="2">${texts.length === 0 ? " " : texts.map(escaped).join("<BR/>")}</TD></TR>`;
  const stroke = '<TR><TD PORT="line" HEIGHT="1" CELLPADDING="0" BGCOLOR="black"></TD></TR>';
  const table = `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">${cell(above)}${stroke}${cell(below)}</TABLE>`;
  return [
    `t${index} [shape=plain, label=<${table}>];`,
    `${maker === null ? `leaf${index}` : `op${maker.index}`} -> t${index}:line:w [arrowhead=none];`,
  ];
}

/** Where the arrow of an output points to. */
function end(edge: GraphEdge): string[] {
  const { index } = edge;
  return [`out${index} [shape=plain, label="", width=0.1];`, `t${index}:line:e -> out${index};`];
}

function html(text: string): string {
  return text === "" ? '""' : `<${escaped(text)}>`;
}

/** A backslash twice: Graphviz replaces \N, \G and the like by names of its own, inside HTML-like labels too. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\\": "&#92;&#92;",
};

/** Any text inside an HTML-like label: markup as entities, lines broken, and what XML cannot hold as its code. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"\\]/g, (character) => ENTITIES[character] ?? character)
    .replace(/\r\n|\r|\n/g, "<BR/>")
    .replace(/\t/g, " ")
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, codeOf);
}
