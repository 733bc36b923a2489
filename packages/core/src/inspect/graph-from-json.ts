import { isFloat } from "../dtype.js";
import { ChainruleError, DTypeError, ShapeError } from "../errors.js";
import { Argument } from "../graph/argument.js";
import { constantOf, parsed } from "../graph/exchange.js";
import { variable } from "../graph/factory.js";
import { withRecording } from "../graph/recording.js";
import type { Frame } from "../graph/steps.js";
import type { Tensor } from "../graph/tensor.js";
import { eagerly } from "../graph/tracer.js";
import { checkNoMore, checkOptions } from "../options.js";
import { formatShape, sameShape } from "../shape/shape.js";
import { show } from "../show.js";
import { ClosureNode } from "./closure-node.js";
import { FramesFromJson } from "./frames-from-json.js";
import { type Graph, graphFrom } from "./graph.js";
import type { GraphJSONOptions } from "./graph-json.js";
import { displayable } from "./graph-of.js";
import { nodeWith, OpClasses, readSettings } from "./op-classes.js";

/** A graph that was built again. */
export interface GraphFromJson {
  /** As `graphOf` gives it. */
  readonly graph: Graph;
  readonly outputs: readonly Tensor[];
  /** All tensors, in the places that they have in the JSON: leaves are variables or constants. */
  readonly edges: readonly Tensor[];
}

/**
 * Builds the graph again that `graphToJson` has saved: the same leaves, names and gradients, and the same ops, which compute their
 * values anew. It can be walked, printed and drawn as the first one. A node with a `closure` shows the values that it had; to compute
 * it with others, or to go back through it, is an error.
 *
 * Nothing in the JSON is run, and no result is larger than the values that it has for it: it may come from anywhere.
 *
 * @param json what `graphToJson` gave, its text, or that text parsed
 * @param options the `ops` that `graphToJson` was given
 *
 * @example
 * const x = variable(3, { name: "x" });
 * const text = JSON.stringify(graphToJson(x.square().add(1)));
 * const { edges, outputs } = graphFromJson(text);
 * outputs[0]?.backward();
 * edges[0]?.grad?.item(); // 6
 *
 * @throws ChainruleError, with the place in the JSON, for what is no such graph
 */
export function graphFromJson(json: unknown, options: Pick<GraphJSONOptions, "ops"> = {}, ...none: []): GraphFromJson {
  checkNoMore("graphFromJson", none);
  checkOptions("graphFromJson", options, ["ops"]);
  const builder = new Builder(parsed("graphFromJson", json, "a graph"), new OpClasses("graphFromJson", options.ops));
  // At once, and as a graph, wherever this is called.
  const outputs = eagerly(() => withRecording(true, () => builder.build()));
  return { graph: displayable(graphFrom("graphFromJson", outputs, {}), {}), outputs, edges: builder.edges };
}

/** How deep frames may stand in each other: a name is looked up, and written, for each of them. */
const MOST_FRAMES = 64;

type Fields = Readonly<Record<string, unknown>>;

class Builder {
  readonly edges: Tensor[] = [];
  private readonly classes: OpClasses;
  private readonly frames = new FramesFromJson();
  private readonly edgeList: readonly unknown[];
  private readonly nodeList: readonly unknown[];
  private readonly outputList: readonly unknown[];

  constructor(json: unknown, classes: OpClasses) {
    this.classes = classes;
    const { format, version, edges, nodes, outputs } = fieldsOf("the graph", json, [
      "format",
      "version",
      "edges",
      "nodes",
      "outputs",
    ]);
    if (format !== "chainrule graph") {
      throw failure("format", `${show(format)}; what graphToJson gives has "chainrule graph"`);
    }
    if (version !== 1) throw failure("version", `${show(version)}; this copy of @chainrule/core reads version 1`);
    this.edgeList = listOf("edges", edges);
    this.nodeList = listOf("nodes", nodes);
    this.outputList = listOf("outputs", outputs);
  }

  build(): Tensor[] {
    this.edgeList.forEach((json, i) => {
      this.edges.push(this.edgeOf(`edges[${i}]`, json));
    });
    const made = new Set(this.edgeList.map((json) => (json as Fields)["maker"]));
    for (const i of this.nodeList.keys()) if (!made.has(i)) throw failure(`nodes[${i}]`, "no edge has it as its maker");
    return this.outputList.map((index, i) => this.edge(`outputs[${i}]`, index));
  }

  private edgeOf(place: string, json: unknown): Tensor {
    const fields = fieldsOf(place, json, ["label", "kind", "value"], ["name", "isLiteral", "grad", "maker"]);
    const { label, name, kind, isLiteral = true } = fields;
    textOf(`${place}.label`, label);
    if (isLiteral !== true) throw failure(`${place}.isLiteral`, `${show(isLiteral)}; it is true or left out`);
    const value = constantOf(`graphFromJson: ${place}.value`, fields["value"]);
    if (kind !== "computed" && Object.hasOwn(fields, "maker")) {
      throw failure(`${place}.maker`, `only what is computed has one, and this is ${show(kind)}`);
    }
    const tensor = this.tensorOf(place, kind, value, fields["maker"]);
    if (name !== undefined) tensor.name = textOf(`${place}.name`, name);
    if (Object.hasOwn(fields, "grad")) {
      const grad = constantOf(`graphFromJson: ${place}.grad`, fields["grad"]);
      within(`${place}.grad`, () => {
        tensor.grad = grad;
      });
    }
    return tensor;
  }

  private tensorOf(place: string, kind: unknown, value: Tensor, maker: unknown): Tensor {
    switch (kind) {
      case "variable":
        return within(place, () => variable(value));
      case "constant":
        return value;
      case "computed":
        return this.computed(place, value, maker);
      default:
        throw failure(`${place}.kind`, `${show(kind)}; there are "variable", "constant", "computed"`);
    }
  }

  /** The result of a node of which the saved values are known: their shape is looked at before there is room made for others. */
  private computed(place: string, value: Tensor, maker: unknown): Tensor {
    if (!isPlace(maker, this.nodeList)) {
      throw failure(`${place}.maker`, `${show(maker)}; a place in the list of ${this.nodeList.length} nodes is needed`);
    }
    const at = `nodes[${maker}]`;
    const fields = fieldsOf(
      at,
      this.nodeList[maker],
      ["op", "inputs", "output"],
      ["settings", "step", "frames", "closure"],
    );
    if (fields["output"] !== this.edges.length) {
      throw failure(`${at}.output`, `${show(fields["output"])}, and ${place} has this node as its maker`);
    }
    const op = textOf(`${at}.op`, fields["op"]);
    const list = listOf(`${at}.inputs`, fields["inputs"]);
    const inputs = list.map((index, i) => this.edge(`${at}.inputs[${i}]`, index));
    // A graph begins at variables, at the argument of a transform, or at the result of a program, which has no inputs.
    const isBeginning =
      op === "Argument" ? inputs.length === 1 : inputs.length === 0 && Object.hasOwn(fields, "closure");
    if (!(isBeginning || inputs.some((input) => input.requiresGrad)) || !isFloat(value.dtype)) {
      throw failure(at, "it is no node of a graph: it depends on no variable, or its result has no gradient");
    }
    const made = this.made(at, op, fields, place, value, inputs);
    if (made.node === null) throw failure(at, "its result has no gradient");
    made.node.frame = this.frameOf(at, fields);
    return made;
  }

  /** The result of a node, of the shape and dtype that were saved. */
  private made(at: string, op: string, fields: Fields, place: string, value: Tensor, inputs: Tensor[]): Tensor {
    if (Object.hasOwn(fields, "closure")) {
      const closure = textOf(`${at}.closure`, fields["closure"]);
      const node = within(`${at}.settings`, () => new ClosureNode(op, closure, readSettings(fields["settings"])));
      const connected = inputs.length === 0 ? node : node.connectedTo(inputs);
      return value.derive(value.shape, value.dtype, value.values, connected);
    }
    const Op = this.classes.get(op);
    if (Op === undefined)
      throw failure(
        `${at}.op`,
        `there is no op ${show(op)} in core; give its class, { ops: { ${show(op).slice(1, -1)} } }`,
      );
    const node = within(`${at}.settings (${op})`, () => nodeWith(Op, fields["settings"]));
    // The transform that it is of has ended.
    if (node instanceof Argument) node.live = false;
    return within(`${at} (${op})`, () => {
      const shape = node.shapeRule(...inputs);
      const dtype = node.dtypeRule(...inputs);
      if (dtype !== value.dtype) throw new DTypeError(`it gives ${dtype}, and ${place} is ${value.dtype}`);
      if (!sameShape(shape, value.shape)) {
        throw new ShapeError(`it gives ${formatShape(shape)}, and ${place} is ${formatShape(value.shape)}`);
      }
      return node.apply(...inputs);
    });
  }

  /** What a node was made in. */
  private frameOf(at: string, fields: Fields): Frame | null {
    const step = fields["step"] === undefined ? undefined : textOf(`${at}.step`, fields["step"]);
    const list = Object.hasOwn(fields, "frames") ? listOf(`${at}.frames`, fields["frames"]) : [];
    const titles = list.map((title, i) => textOf(`${at}.frames[${i}]`, title));
    if (titles.length > MOST_FRAMES)
      throw failure(`${at}.frames`, `${titles.length} frames; there are ${MOST_FRAMES} at most`);
    const frame = this.frames.frameOf(titles, step);
    if (frame !== undefined) return frame;
    throw failure(
      `${at}.step`,
      `${show(step)}; it names steps that are among the frames, innermost first: "step 2 of scan"`,
    );
  }

  /** One of the edges that stand before: so there are no circles. */
  private edge(place: string, index: unknown): Tensor {
    if (isPlace(index, this.edges)) return this.edges[index] as Tensor;
    const known = this.edges.length === 0 ? "there are none" : `there are 0 to ${this.edges.length - 1}`;
    throw failure(place, `${show(index)}; the place of an edge before it is needed, and ${known}`);
  }
}

function isPlace(index: unknown, list: readonly unknown[]): index is number {
  return typeof index === "number" && Number.isInteger(index) && index >= 0 && index < list.length;
}

/** The fields of a record, of which some are needed, others may be there, and no more. */
function fieldsOf(place: string, json: unknown, needed: readonly string[], others: readonly string[] = []): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw failure(place, `a record is needed, { ${needed.join(", ")} }, got ${show(json)}`);
  }
  const missing = needed.find((name) => !Object.hasOwn(json, name));
  if (missing !== undefined) throw failure(place, `it has no ${missing}`);
  const more = Object.keys(json).find((name) => !needed.includes(name) && !others.includes(name));
  if (more !== undefined) throw failure(place, `unknown field ${show(more)}`);
  return json as Fields;
}

function listOf(place: string, json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return Array.from(json as readonly unknown[]);
  throw failure(place, `a list is needed, got ${show(json)}`);
}

function textOf(place: string, json: unknown): string {
  if (typeof json === "string") return json;
  throw failure(place, `a text is needed, got ${show(json)}`);
}

/** Runs `f`, whose errors, of any kind, say where in the JSON they come from. */
function within<R>(place: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    throw failure(place, error instanceof Error ? error.message : String(error), error);
  }
}

function failure(place: string, what: string, cause?: unknown): ChainruleError {
  return new ChainruleError(`graphFromJson: ${place}: ${what}`, cause === undefined ? undefined : { cause });
}
