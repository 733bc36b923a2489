import type { TensorJSON } from "../graph/json.js";
import type { Node } from "../graph/node.js";
import { Part } from "../graph/part.js";
import { stepOf } from "../graph/steps.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { ClosureNode } from "./closure-node.js";
import { type GraphEdge, type GraphNode, type GraphOptions, graphFrom } from "./graph.js";
import { type OpClass, OpClasses, type SettingsJSON, settingsOf, shownSettings } from "./op-classes.js";

/** A graph in JSON: its tensors and its ops as lists in forward order, which name each other by their places. */
export interface GraphJSON {
  readonly format: "chainrule graph";
  readonly version: 1;
  readonly edges: readonly EdgeJSON[];
  readonly nodes: readonly NodeJSON[];
  /** The places of the edges that the graph was asked for. */
  readonly outputs: readonly number[];
}

/** A tensor of a graph in JSON. */
export interface EdgeJSON {
  /** What pictures call it: its name, made unique, or t1, t2, ... */
  readonly label: string;
  readonly name?: string;
  readonly kind: "variable" | "constant" | "computed";
  /** Whether it is just a number in a formula. */
  readonly isLiteral?: true;
  readonly value: TensorJSON;
  /** The gradient, after `backward`. */
  readonly grad?: TensorJSON;
  /** The place of the node that computed it. */
  readonly maker?: number;
}

/** An op of a graph in JSON. */
export interface NodeJSON {
  /** The name that its class is exported by; what pictures call it, where `closure` is given. */
  readonly op: string;
  /** The places of its inputs, and of its output, which stands behind them. */
  readonly inputs: readonly number[];
  readonly output: number;
  readonly settings?: SettingsJSON;
  /** In which step of a loop it was made, as `step 3 of scan`. */
  readonly step?: string;
  /** The titles of what it was made in, the outermost first: `["scan", "step 3"]`. */
  readonly frames?: readonly string[];
  /** Why it cannot be computed again. */
  readonly closure?: string;
}

export interface GraphJSONOptions extends GraphOptions {
  /** Classes of nodes that core does not have, by the names to keep them under; see `Node.settings`. */
  readonly ops?: Readonly<Record<string, OpClass>>;
}

/**
 * The graph from one tensor (or several) back to its leaves as an object for JSON.stringify: values, gradients, ops with all
 * their settings, and how they are connected. `graphFromJson` builds it again. Numbers come to the bit, as in `toJSON`.
 *
 * Ops of core are named; others, if their classes are given. What JSON cannot hold (functions with a gradient of their own, loops in a
 * program, results of programs, classes that are not given) is kept with the values that it had, and a reason, `closure`. Hooks are left
 * out. Of a graph whose variables have been assigned to since, each tensor has its values of now.
 *
 * @example
 * const x = variable(3, { name: "x" });
 * const json = graphToJson(x.square());
 * json.nodes; // [{ op: "Square", inputs: [0], output: 1 }]
 * json.edges[0]?.value; // { dtype: "float64", shape: [], values: 3 }
 *
 * @throws ChainruleError for what is no class of nodes in `ops`
 */
export function graphToJson(
  output: Tensor | readonly Tensor[],
  options: GraphJSONOptions = {},
  ...none: []
): GraphJSON {
  checkNoMore("graphToJson", none);
  checkOptions("graphToJson", options, ["names", "ops"]);
  const classes = new OpClasses("graphToJson", options.ops);
  const graph = graphFrom("graphToJson", output, options);
  return {
    format: "chainrule graph",
    version: 1,
    edges: graph.edges.map(edgeOf),
    nodes: graph.nodes.map((node) => nodeOf(node, classes)),
    outputs: graph.outputs.map((edge) => edge.index),
  };
}

function edgeOf({ label, name, isLiteral, tensor, maker }: GraphEdge): EdgeJSON {
  const { grad } = tensor;
  return {
    label,
    ...(name !== undefined && { name }),
    kind: maker !== null ? "computed" : tensor.isVariable ? "variable" : "constant",
    ...(isLiteral && { isLiteral }),
    value: tensor.toJSON(),
    ...(grad !== null && { grad: grad.toJSON() }),
    ...(maker !== null && { maker: maker.index }),
  };
}

function nodeOf({ node, inputs, output, frames }: GraphNode, classes: OpClasses): NodeJSON {
  const op = classes.nameOf(node);
  const settings = op === undefined ? shownSettings(node.attributes()) : settingsOf(node);
  const step = stepOf(node);
  return {
    op: op ?? node.name,
    inputs: inputs.map((input) => input.index),
    output: output.index,
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(step !== null && { step }),
    ...(frames.length > 0 && { frames: frames.map(({ title }) => title) }),
    ...(op === undefined && { closure: closureOf(node) }),
  };
}

/** As what follows "this is". */
function closureOf(node: Node): string {
  if (node instanceof ClosureNode) return node.closure;
  if (node instanceof Part) return `one of several results of ${node.input(0).node?.name}`;
  // In a graph all have inputs but what stands for a program.
  if (node.arity === 0) return "the result of a compiled function";
  return node.isUnique || node.closesOver ? "a function of yours" : "an op that core does not have";
}
