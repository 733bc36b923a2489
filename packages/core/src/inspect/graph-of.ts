import { display } from "../graph/display.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { type Graph, type GraphOptions, graphFrom } from "./graph.js";
import { toMermaid } from "./mermaid.js";
import { print } from "./print.js";

/**
 * The graph from one tensor (or several) back to the leaves, as lists: what `print` and `toDot` are made of, and what a
 * picture of one's own can be made of. Each tensor stands in it once, however often it is used. What was computed of
 * constants alone, behind `detach()` or in `noGrad`, has no graph and is a leaf. What a loop, one of its steps or a function of `fn` made
 * says so by its `frames`. A notebook of Deno shows it as `print` and `toMermaid` do. Iterative, and linear in the graph's size.
 *
 * @example
 * const x = variable(3);
 * const t = x.add(2);
 * const graph = graphOf(t.mul(t), { names: { x, t } });
 * graph.edges.map((edge) => edge.label); // ["x", "2", "t", "t1"]
 * graph.nodes.map(({ node }) => node.name); // ["Add", "Mul"]
 * const [power] = scan((y) => [y.mul(x)], x, undefined, { length: 2 });
 * graphOf(power).nodes[1]?.frames.map(({ title }) => title); // ["scan", "step 1"]
 */
export function graphOf(output: Tensor | readonly Tensor[], options: GraphOptions = {}, ...none: []): Graph {
  checkNoMore("graphOf", none);
  checkOptions("graphOf", options, ["names"]);
  return displayable(graphFrom("graphOf", output, options), options);
}

/** How many lines Mermaid draws. */
const MOST_LINES = 500;

/** The same graph, which says how a notebook shows it: not seen by what lists or copies its fields. */
export function displayable(graph: Graph, options: GraphOptions): Graph {
  const show = () => {
    const tensors = graph.outputs.map(({ tensor }) => tensor);
    const lines = graph.nodes.reduce((sum, { inputs }) => sum + inputs.length, 0) + graph.edges.length;
    return {
      "text/plain": print(tensors, options),
      ...(lines <= MOST_LINES && { "text/markdown": `\`\`\`mermaid\n${toMermaid(tensors, options)}\`\`\`\n` }),
    };
  };
  return Object.defineProperty(graph, display, { value: show });
}
