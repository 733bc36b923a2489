import { ChainruleError, formatShape, type Graph, type GraphNode, operand, show, type Tensor } from "@chainrule/core";
import { type Group, type NameOf, namesOfLayers, type Paths } from "./groups.js";

/**
 * Which nodes belong together. `true`: those that a loop, one of its steps or a function of `fn` made, and in these those of a layer, told by
 * the names of its parameters ("affine1.W"). A record: each
 * name takes all that its tensors are computed from, as far as no name before it has taken it. A function: the name of the
 * group of a node, `undefined` for none. Groups may stand in groups: "block.affine1" is in "block".
 */
export type Groups =
  | boolean
  | Readonly<Record<string, Tensor | readonly Tensor[]>>
  | ((node: GraphNode) => string | undefined);

/** The names of the nodes' groups, as the option asks for them. */
export function namesBy(op: string, groups: Groups, graph: Graph): NameOf {
  if (groups === true) {
    const layerOf = namesOfLayers(graph);
    return (node) => [...node.frames.map(({ title }) => title), ...partsOf(layerOf(node))];
  }
  if (groups === false) return () => [];
  if (typeof groups === "function") {
    return (node) => {
      const name: unknown = groups(node);
      if (name === undefined || name === null) return [];
      if (typeof name === "string" && name !== "") return partsOf(name);
      throw new ChainruleError(
        `${op}: groups gave ${show(name)} for node ${node.node.name}; it gives a name, or undefined for no group`,
      );
    };
  }
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) {
    throw new ChainruleError(
      `${op}: groups ${show(groups)}: true, false, a record of tensors, { affine1: y }, or a function of a node is meant`,
    );
  }
  const names = namesOfTensors(op, groups, graph);
  return (node) => partsOf(names.get(node));
}

function partsOf(name: string | undefined): readonly string[] {
  return name?.split(".") ?? [];
}

function namesOfTensors(
  op: string,
  groups: Readonly<Record<string, Tensor | readonly Tensor[]>>,
  graph: Graph,
): ReadonlyMap<GraphNode, string> {
  const names = new Map<GraphNode, string>();
  const makers = new Map(graph.edges.map(({ tensor, maker }) => [tensor, maker]));
  for (const [name, given] of Object.entries(groups)) {
    const tensors = Array.isArray(given) ? (given as readonly Tensor[]) : [given as Tensor];
    const waiting = tensors.map((tensor) => {
      const maker = makers.get(operand(op, tensor));
      if (maker !== undefined) return maker;
      throw new ChainruleError(
        `${op}: groups: ${name} is a tensor ${formatShape(tensor.shape)} that is not in the graph; give one that the outputs are computed from`,
      );
    });
    for (let node = waiting.pop(); node !== undefined || waiting.length > 0; node = waiting.pop()) {
      if (node === undefined || node === null || names.has(node)) continue;
      names.set(node, name);
      waiting.push(...node.inputs.map(({ maker }) => maker));
    }
  }
  return names;
}

/** Which groups are drawn as one box: all outermost ones, or those of these names. */
export function isFoldedBy(op: string, fold: boolean | readonly string[], paths: Paths): (group: Group) => boolean {
  if (typeof fold === "boolean") return () => fold;
  if (!Array.isArray(fold)) {
    throw new ChainruleError(`${op}: fold ${show(fold)}: true, false or a list of names of groups is meant`);
  }
  const known = new Set([...paths.values()].flat().map(({ name }) => name));
  for (const name of fold as readonly string[]) {
    if (known.has(name)) continue;
    const there =
      known.size === 0 ? "there are no groups" : `there are ${[...known].map((each) => show(each)).join(", ")}`;
    throw new ChainruleError(`${op}: fold: no group is called ${show(name)}; ${there}`);
  }
  return ({ name }) => fold.includes(name);
}
