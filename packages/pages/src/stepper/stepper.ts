import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  formulaOf,
  type Graph,
  type GraphJSON,
  type GraphNode,
  type GraphOptions,
  graphOf,
  graphToJson,
  operand,
  show,
  type Tensor,
} from "@chainrule/core";
import { stepperClient } from "../clients.js";
import type { Language } from "../language.js";
import { escaped, page } from "../page.js";
import type { ClosureData, StepperData } from "./data.js";
import { lossNodes } from "./ops.js";
import { walkBackward } from "./walk.js";
import { words } from "./words.js";

export interface StepperOptions extends GraphOptions {
  /** The heading of the page. Default the names of the outputs. */
  readonly title?: string;
  /** The language of the page's own words. Default "en". */
  readonly lang?: Language;
  /** The colours: "auto" is light or dark as the reader's system is. Default "auto". */
  readonly theme?: "auto" | "light" | "dark";
  /** Of more nodes than this no page is made: nobody steps through them. Default 200. */
  readonly maxNodes?: number;
}

/**
 * A page on which forward and backward run node by node, as one HTML file: the graph as `toSvg` draws it, where values appear above the
 * lines as forward comes by and gradients below as backward does; beside it the op at work, its local formula in letters and in numbers
 * (`z = x * y = 100 * 2 = 200`, `dz/dx = y = 2`), the chain rule, and how the gradients of several uses add up. It plays, pauses and
 * steps, by buttons and by keys. The inputs can be changed: the engine, which is in the page, computes all the rest again.
 *
 * The file opens from the disk, or in a frame: it loads nothing, keeps nothing, and its own content security policy lets nothing run but
 * its code. Nodes that JSON cannot hold, such as functions with a gradient of their own, are shown with the values that they had; what
 * they are computed from cannot be changed. Backward begins with 1 at each output (at each of its elements). All values are in the file:
 * of a batch of images take a few.
 *
 * @returns the HTML as a text, the same for the same graph
 * @throws ChainruleError for options that are not known, a graph without nodes, or one of more than `maxNodes`
 *
 * @example
 * const apple = variable(100, { name: "apple" });
 * const price = apple.mul(2).mul(1.1).named("price");
 * const html = stepper(price, { title: "Two apples, with tax" });
 * html.startsWith("<!doctype html>"); // true
 */
export function stepper(output: Tensor | readonly Tensor[], options: StepperOptions = {}, ...none: []): string {
  checkNoMore("stepper", none);
  checkOptions("stepper", options, ["names", "title", "lang", "theme", "maxNodes"]);
  const { names, title, lang = "en", theme = "auto", maxNodes = 200 } = options;
  checkChoice("lang", lang, Object.keys(words));
  checkChoice("theme", theme, ["auto", "light", "dark"]);
  if (title !== undefined && typeof title !== "string") {
    throw new ChainruleError(`stepper: title ${show(title)}: a text is needed`);
  }
  if (maxNodes !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxNodes) && maxNodes >= 1)) {
    throw new ChainruleError(`stepper: maxNodes ${show(maxNodes)}: a whole number of at least 1 is needed`);
  }
  const tensors = [output].flat().map((tensor) => operand("stepper", tensor));
  const graph = graphOf(tensors, names === undefined ? {} : { names });
  checkSize(graph, maxNodes);
  const json = graphToJson(tensors, { ...(names !== undefined && { names }), ops: lossNodes });
  const outputs = graph.outputs.map(({ label }) => label).join(", ");
  const data: StepperData = {
    title: title ?? words[lang].titleOf(outputs),
    lang,
    graph: json,
    closures: closuresOf(graph, json),
  };
  return page({
    title: data.title,
    lang,
    theme,
    client: stepperClient,
    data,
    body: `<main id="stepper"><h1>${escaped(data.title)}</h1><noscript><p>${escaped(words[lang].needsScript)}</p></noscript></main>`,
  });
}

function checkChoice(name: string, value: unknown, values: readonly string[]): void {
  if (values.includes(value as string)) return;
  throw new ChainruleError(
    `stepper: ${name} ${show(value)}: ${values.map((each) => show(each)).join(" or ")} is meant`,
  );
}

function checkSize({ nodes, outputs }: Graph, maxNodes: number): void {
  if (outputs.length === 0) throw new ChainruleError("stepper: got an empty list; a page needs a tensor");
  if (nodes.length === 0) {
    throw new ChainruleError(
      "stepper: the graph has no nodes to step through; give what was computed from a variable, x = variable(2); x.mul(x)",
    );
  }
  if (nodes.length > maxNodes) {
    throw new ChainruleError(
      `stepper: the graph has ${nodes.length} nodes, more than maxNodes (${maxNodes}); step through a part of it, such as what one layer or one step gives, or raise maxNodes`,
    );
  }
}

/** What the nodes that the page cannot make give in a walk backward. */
function closuresOf(graph: Graph, { nodes }: GraphJSON): Record<number, ClosureData> {
  const isClosure = ({ index }: GraphNode) => nodes[index]?.closure !== undefined;
  if (!graph.nodes.some(isClosure)) return {};
  const walk = walkBackward(graph, (node, i, dout) => gradientOf(node, i, dout, isClosure(node)));
  const gradientOfUse = (node: GraphNode, input: number) =>
    walk.uses[(node.inputs[input] as GraphNode["output"]).index]?.find(
      (use) => use.node === node && use.input === input,
    );
  return Object.fromEntries(
    graph.nodes.filter(isClosure).map((node) => {
      const formula = formulaOf(node.node);
      const seed = walk.gradients[node.output.index];
      const uses = node.inputs.map((_, i) => gradientOfUse(node, i));
      const isKnown = seed && uses.every((use) => use === undefined || use.gradient !== undefined);
      const gradients = uses.map((use) => use?.gradient?.toJSON() ?? null);
      return [node.index, { ...(formula && { formula }), ...(isKnown && { seed: seed.toJSON(), gradients }) }];
    }),
  );
}

/** A function of the user's may have no derivative, or one that is wrong, which the page then does not know. */
function gradientOf(
  { node, output }: GraphNode,
  i: number,
  dout: Tensor,
  isClosure: boolean,
): Tensor | null | undefined {
  if (!isClosure) return node.localBackward(dout, i, output.tensor);
  try {
    return node.localBackward(dout, i, output.tensor);
  } catch {
    return undefined;
  }
}
