import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  type Graph,
  type GraphEdge,
  type GraphOptions,
  graphOf,
  type InspectOptions,
  operand,
  type Tensor,
} from "@chainrule/core";
import { checkChoice, checkPixels, checkText, checkWhole } from "./checks.js";
import { kindLines, valueLines } from "./describe.js";
import { type Groups, isFoldedBy, namesBy } from "./grouping.js";
import { blocksOf, pathsOf } from "./groups.js";
import { draw, MARGIN } from "./render.js";
import { layOutRows } from "./rows.js";
import { svgOf } from "./svg.js";
import { said, visible } from "./text.js";
import { styleOf, type Theme } from "./theme.js";
import { diagramOf, type Settings } from "./units.js";

export interface SvgOptions extends GraphOptions, InspectOptions {
  /** Significant digits of the numbers, from 1 to 17. Default 4. */
  readonly digits?: number;
  /** Where the graph goes: "right" in rows, "down" in one column. Default "right". */
  readonly direction?: "right" | "down";
  /**
   * How wide a picture that goes to the right is at most, in pixels; a longer graph is wrapped into rows. Default 840, which
   * an A4 page shows with letters of 7 points; Infinity for one row. What cannot be cut is as wide as it is.
   */
  readonly maxWidth?: number;
  /** Which nodes stand in a frame together; see `Groups`. Default true: those of a loop, a step, a function, a layer. */
  readonly groups?: Groups;
  /**
   * Which groups are drawn as one box, with the parameters that they alone use in it: true for all, or a list of their
   * names. Default false: with a frame around what is in them.
   */
  readonly fold?: boolean | readonly string[];
  /**
   * Whether a tensor of several elements has a small grid of colours beside its line, for its values and for its gradient: white (or black,
   * in the dark) is 0, one colour is above it, and another one below. Default false.
   */
  readonly heat?: boolean;
  /**
   * The colours: "auto" is light or dark as the reader's system is. Default "auto". "page" has none: the picture is a part of a page
   * whose own style knows its classes (paper, node, tag, frame, faint, line, tip, value, gradient, name; back for what goes backward),
   * and whose code finds things by `data-edge` and `data-node`, their places in the lists of `graphOf`. So a strict content security
   * policy allows it.
   */
  readonly theme?: Theme | "page";
  /** What a screen reader calls the picture. Default "Graph of " and the names of the outputs. */
  readonly title?: string;
  /** What a screen reader says of it. Default the ops in forward order, with values and gradients. */
  readonly description?: string;
  /** Of more nodes than this no picture is made: it could not be read. Default 400. */
  readonly maxNodes?: number;
}

const options = [
  "names",
  "values",
  "gradients",
  "digits",
  "direction",
  "maxWidth",
  "groups",
  "fold",
  "heat",
  "theme",
  "title",
  "description",
  "maxNodes",
];

/**
 * The graph from one tensor (or several) back to its leaves as an SVG, drawn as in textbooks: ops in circles with their sign,
 * on each line the value above and, after `backward`, the gradient below; forward arrows dark, backward arrows beside them in
 * another colour. A tensor is shown by its shape (behind the dtype, where that is not float64) and its elements, where
 * they are more than four by their mean and standard deviation (int32: the least and the greatest). A tensor that is used
 * several times is one line that forks; its gradient is that of all its uses together.
 *
 * The picture is text: it can be searched and selected, holds no script and needs nothing from outside. The same graph gives
 * the same text.
 *
 * @returns the SVG as a text, in pixels of CSS, for a file or for a page
 * @throws ChainruleError for options that are not known, or a graph of more than `maxNodes` nodes
 *
 * @example
 * const apple = variable(100, { name: "apple" });
 * const price = apple.mul(2).mul(1.1).named("price");
 * price.backward();
 * const svg = toSvg(price);
 * svg.startsWith("<svg"); // true
 * svg.includes(">220</text>") && svg.includes(">2.2</text>"); // true
 */
export function toSvg(output: Tensor | readonly Tensor[], given: SvgOptions = {}, ...none: []): string {
  checkNoMore("toSvg", none);
  checkOptions("toSvg", given, options, ["values", "gradients", "heat"]);
  const { names, groups = true, fold = false, theme = "auto", direction = "right", maxWidth = 840 } = given;
  const { values = true, gradients = true, digits = 4, maxNodes = 400, heat = false } = given;
  checkWhole("toSvg", "digits", digits, 17);
  checkWhole("toSvg", "maxNodes", maxNodes, Number.POSITIVE_INFINITY);
  checkChoice("toSvg", "direction", direction, ["right", "down"]);
  checkChoice("toSvg", "theme", theme, ["auto", "light", "dark", "page"]);
  checkText("toSvg", "title", given.title);
  checkText("toSvg", "description", given.description);
  checkPixels("toSvg", "maxWidth", maxWidth);
  // An error names this function, and not the one behind it.
  const tensors = [output].flat().map((tensor) => operand("toSvg", tensor));
  const graph = graphOf(tensors, names === undefined ? {} : { names });
  if (graph.outputs.length === 0) throw new ChainruleError("toSvg: got an empty list; a picture needs a tensor");
  if (graph.nodes.length > maxNodes) {
    throw new ChainruleError(
      `toSvg: the graph has ${graph.nodes.length} nodes, more than maxNodes (${maxNodes}); draw a part of it, such as what one layer or one step gives, or raise maxNodes`,
    );
  }
  const isMarked = theme === "page";
  const settings: Settings = { values, gradients, digits, isDown: direction === "down", isMarked, heat };
  const paths = pathsOf(graph, namesBy("toSvg", groups, graph));
  const blocks = blocksOf(graph, paths, isFoldedBy("toSvg", fold, paths));
  const diagram = diagramOf(graph, blocks, settings);
  const rows = layOutRows(diagram, settings.isDown ? Number.POSITIVE_INFINITY : maxWidth - 2 * MARGIN);
  const { width, height, parts } = draw(rows, settings);
  const { title = titleOf(graph), description = describe(graph, settings) } = given;
  return svgOf({ title, description, width, height, parts, theme, styles: (...of) => styleOf(...of, heat) });
}

function titleOf({ outputs }: Graph): string {
  const named = outputs.filter(({ name }) => name !== undefined).map(({ label }) => visible(label));
  return named.length === 0 ? "Computational graph" : `Graph of ${named.join(", ")}`;
}

function describe({ edges }: Graph, settings: Settings): string {
  const named = edges.filter(({ isLiteral }) => !isLiteral);
  return said(named, (edge) => sentence(edge, settings));
}

function sentence({ label, tensor, maker }: GraphEdge, { values, gradients, digits }: Settings): string {
  const made =
    maker === null ? "" : `, ${maker.node.name} of ${listed(maker.inputs.map(({ label }) => visible(label)))}`;
  const shown = (t: Tensor) => valueLines(t, digits).join(" ");
  const gradient = gradients ? tensor.grad : null;
  const value = [...kindLines(tensor), ...(values ? [shown(tensor)] : [])].join(" ");
  const parts = [value, gradient === null ? "" : `gradient ${shown(gradient)}`]
    .filter((part) => part !== "")
    .join(", ");
  return `${visible(label)}${made}${parts === "" ? "" : `: ${parts}`}`;
}

/** "a, b and c" */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
