import type { Graph, GraphEdge, GraphNode } from "@chainrule/core";
import { kindLines, literalText, signOf, valueLines } from "./describe.js";
import type { Block, Group } from "./groups.js";
import { type Heat, heatOf } from "./heat.js";
import { shortened, textWidth, visible } from "./text.js";

/** Sizes of all texts and gaps, in pixels. */
export const SIZES = {
  text: 12,
  small: 10,
  sign: 19,
  line: 14,
  radius: 18,
  /** Of the forward and the backward line from the middle between them. */
  apart: 3.5,
  /** From a line to the text beside it. */
  beside: 5,
  arrow: 8,
} as const;

export interface Settings {
  readonly values: boolean;
  readonly gradients: boolean;
  readonly digits: number;
  readonly isDown: boolean;
  /** Whether tensors have strips of colours. */
  readonly heat: boolean;
  /** Whether elements say what they show. */
  readonly isMarked: boolean;
}

/** What of the graph an element shows, by the places in its lists: a tensor, the node that computes or uses it. */
export interface Mark {
  readonly edge?: number | undefined;
  readonly node?: number | undefined;
}

/** What stands at the beginning of a unit. */
export interface Head {
  readonly kind: "circle" | "box" | "group" | "cell" | "name" | "number" | "tag";
  readonly text: string;
  /** Smaller lines below it. */
  readonly more: readonly string[];
  /** What a screen reader says. */
  readonly title: string;
  readonly mark?: Mark;
  readonly width: number;
  readonly height: number;
  /** Draws what is in a cell, whose upper left corner stands there. */
  readonly inside?: (x: number, y: number) => readonly string[];
}

/** The line on which a tensor lies, behind what made it. */
export interface Lane {
  readonly edge: Pick<GraphEdge, "label" | "name"> & Partial<Pick<GraphEdge, "index">>;
  /** The texts of the value and of the gradient (or of something else, where there is none), on their sides of the line. */
  readonly value: readonly string[];
  readonly gradient: readonly string[];
  readonly hasGradient: boolean;
  /** The elements of both as colours, between the texts and the line. */
  readonly valueHeat?: Heat | undefined;
  readonly gradientHeat?: Heat | undefined;
  /** The name behind the arrow of an output. */
  readonly end: string | undefined;
  readonly isOutput: boolean;
  /** How long the name behind its end is. */
  readonly tail: number;
  /** Along the direction of the picture, and to each side of the line. */
  readonly length: number;
  readonly half: number;
}

/** What is placed as one: an op (or a folded group, a leaf) with the lines of what it gives. */
export interface Unit {
  readonly id: number;
  readonly head: Head;
  readonly lanes: readonly Lane[];
  /** The groups that it stands in, the outermost first. */
  readonly path: readonly Group[];
  /** Whether it has no inputs, and so stands as close as it can to where it is used. */
  readonly isLeaf: boolean;
  readonly length: number;
  readonly breadth: number;
}

/** The use of a tensor. */
export interface Wire {
  readonly from: Unit;
  readonly lane: number;
  readonly to: Unit;
  readonly mark?: Mark;
  readonly hasGradient: boolean;
}

export interface Diagram {
  readonly units: readonly Unit[];
  readonly wires: readonly Wire[];
  readonly isDown: boolean;
  /** How far ranks are apart, in pixels; where it is left out, far enough for two lines beside each other to turn. */
  readonly gap?: number;
}

/** The parts of the picture of a graph, not placed yet. */
export function diagramOf(graph: Graph, blocks: readonly Block[], settings: Settings): Diagram {
  const outputs = new Set(graph.outputs);
  const used = new Set(blocks.flatMap(({ inputs }) => inputs));
  const units: Unit[] = [];
  const wires: Wire[] = [];
  const makers = new Map<GraphEdge, readonly [unit: Unit, lane: number]>();
  const add = (head: Head, made: readonly GraphEdge[], path: readonly Group[], isLeaf: boolean): Unit => {
    const lanes = made.map((edge) => laneOf(edge, outputs.has(edge), used.has(edge), settings));
    const unit = unitOf(units.length, head, lanes, path, isLeaf, settings.isDown);
    units.push(unit);
    made.forEach((edge, i) => {
      makers.set(edge, [unit, i]);
    });
    return unit;
  };
  const hasGradient = ({ tensor }: GraphEdge) => settings.gradients && tensor.grad !== null;
  for (const block of blocks) {
    const { leaf, nodes, path } = block;
    if (leaf !== undefined) {
      // A number is written where it is used, each time.
      if (!leaf.isLiteral) add(leafHead(leaf), [leaf], [], true);
      continue;
    }
    const [first] = nodes;
    if (first === undefined) continue;
    const absorbed = block.folded === undefined ? signOf(first, settings.digits).absorbed : undefined;
    const inputs = block.inputs.filter((edge) => edge !== absorbed);
    const numbers = new Map(
      inputs
        .filter(({ isLiteral }) => isLiteral)
        .map((edge) => [edge, add(numberHead(edge, settings.digits), [], [], true)]),
    );
    const head =
      block.folded === undefined
        ? opHead(first, settings.digits)
        : groupHead(block.folded, nodes, inputs.length, settings);
    const unit = add(head, block.outputs, path, false);
    for (const input of inputs) {
      const [from, lane] = makers.get(input) ?? [numbers.get(input) as Unit, 0];
      // A gradient came back on this way only if there was one behind the op.
      const mark = { edge: input.index, ...unit.head.mark };
      wires.push({ from, lane, to: unit, mark, hasGradient: hasGradient(input) && block.outputs.some(hasGradient) });
    }
  }
  return { units, wires, isDown: settings.isDown };
}

function laneOf(edge: GraphEdge, isOutput: boolean, isUsed: boolean, settings: Settings): Lane {
  const { tensor, maker } = edge;
  const gradient = settings.gradients ? tensor.grad : null;
  const isEnd = isOutput && !isUsed;
  const name = maker === null || edge.name === undefined ? undefined : shortened(edge.label);
  const end = isEnd ? name : undefined;
  const value = [
    ...(name !== undefined && end === undefined ? [name] : []),
    ...kindLines(tensor),
    ...(settings.values ? valueLines(tensor, settings.digits) : []),
  ];
  const below = gradient === null ? [] : valueLines(gradient, settings.digits);
  const { heat, digits, isDown } = settings;
  const valueHeat = heat && settings.values ? heatOf(tensor, "values", digits) : undefined;
  const gradientHeat = heat && gradient !== null ? heatOf(gradient, "gradient", digits) : undefined;
  const hasGradient = gradient !== null;
  return laneWith({ edge, value, gradient: below, hasGradient, valueHeat, gradientHeat, end, isOutput }, isDown);
}

/** A lane as large as its texts are. */
export function laneWith(lane: Omit<Lane, "tail" | "length" | "half">, isDown: boolean, least = 34): Lane {
  const { value, gradient, end } = lane;
  const widest = (lines: readonly string[]) => Math.max(0, ...lines.map((line) => textWidth(line, SIZES.text)));
  const lines = Math.max(value.length, gradient.length);
  const heats = [lane.valueHeat, lane.gradientHeat].filter((heat) => heat !== undefined);
  const [heatWidth, heatHeight] = [
    Math.max(0, ...heats.map(({ width }) => width + HEAT_GAP)),
    Math.max(0, ...heats.map(({ height }) => height + HEAT_GAP)),
  ];
  const tail = end === undefined ? 0 : isDown ? SIZES.line + 6 : textWidth(end, SIZES.text) + 8;
  return {
    ...lane,
    tail,
    length:
      (isDown
        ? Math.max(30, lines * SIZES.line + 12, heatHeight + 16)
        : Math.max(least, widest([...value, ...gradient]) + 16, heatWidth + 16)) + tail,
    half:
      (isDown ? Math.max(widest(value), widest(gradient)) + heatWidth : lines * SIZES.line + heatHeight) +
      SIZES.apart +
      SIZES.beside +
      2,
  };
}

/** Between a strip of colours and the text beside it. */
export const HEAT_GAP = 4;

/** Half of the breadth of an arrow's tip. */
export const TIP = SIZES.arrow * 0.42;

/** Lines run level for so long at least before they turn: a fork is one line first. */
export const RUN_IN = 8;

/** A head and the lines behind it, and how much room they take. */
export function unitOf(
  id: number,
  head: Head,
  lanes: readonly Lane[],
  path: readonly Group[],
  isLeaf: boolean,
  isDown: boolean,
): Unit {
  const [along, across] = isDown ? [head.height, head.width] : [head.width, head.height];
  const length = along + Math.max(lanes.length === 0 && isLeaf ? RUN_IN : 0, ...lanes.map((lane) => lane.length));
  const breadth = Math.max(
    across,
    lanes.reduce((sum, lane) => sum + 2 * lane.half, 0),
  );
  return { id, head, lanes, path, isLeaf, length, breadth };
}

/** The name of the line that a lane of a unit begins. */
export const laneKey = (from: Unit, lane: number): string => `${from.id}:${lane}`;

/** How wide the head is across the direction: as wide as it takes for all its lines to come out of it. */
export function faceOf({ head, lanes }: Unit, isDown: boolean): number {
  const across = isDown ? head.width : head.height;
  return lanes.length < 2 ? across : Math.max(across, lanes.reduce((sum, { half }) => sum + 2 * half, 0) - 4);
}

/** Where the lines of a unit lie, across the direction, from its middle. */
export function laneOffset(unit: Unit, lane: number): number {
  const before = unit.lanes.slice(0, lane).reduce((sum, { half }) => sum + 2 * half, 0);
  const all = unit.lanes.reduce((sum, { half }) => sum + 2 * half, 0);
  return before + (unit.lanes[lane]?.half ?? 0) - all / 2;
}

function opHead(node: GraphNode, digits: number): Head {
  const { sign, settings } = signOf(node, digits);
  const title = `${node.node.name}(${node.inputs.map((input) => visible(input.label)).join(", ")})`;
  return { ...signHead(sign, settings, title), mark: { node: node.index } };
}

/** An op: a circle where its sign fits into one. */
export function signHead(sign: string, settings: readonly string[], title: string): Head {
  const diameter = 2 * SIZES.radius;
  if (settings.length === 0 && textWidth(sign, signSize(sign)) <= diameter - 4) {
    return { kind: "circle", text: sign, more: [], title, width: diameter, height: diameter };
  }
  return { kind: "box", text: sign, more: settings, title, ...boxSize(sign, settings) };
}

/** One character is a sign, and larger. */
export function signSize(sign: string): number {
  return [...sign].length === 1 ? SIZES.sign : SIZES.text + 1;
}

export function boxSize(text: string, more: readonly string[]): { readonly width: number; readonly height: number } {
  const widest = Math.max(textWidth(text, signSize(text)), ...more.map((line) => textWidth(line, SIZES.small)));
  return { width: widest + 18, height: 2 * SIZES.radius - 6 + more.length * (SIZES.small + 2) };
}

function groupHead({ name }: Group, nodes: readonly GraphNode[], inputs: number, { digits, isDown }: Settings): Head {
  const signs = [...new Set(nodes.map((node) => signOf(node, digits).sign))];
  const more = [shortened(signs.join(" "))];
  const text = shortened(name);
  const title = `${visible(name)}: ${nodes.map(({ node }) => node.name).join(", ")}`;
  const { width, height } = boxSize(text, more);
  // As wide across as takes all its inputs, each on a place of its own.
  const across = inputs * SIZES.line;
  const size = isDown ? { width: Math.max(width, across), height } : { width, height: Math.max(height, across) };
  return { kind: "group", text, more, title, ...size };
}

function leafHead(edge: GraphEdge): Head {
  const text = edge.name === undefined ? "" : shortened(edge.label);
  const title = `${edge.tensor.isVariable ? "variable" : "constant"} ${visible(edge.label)}`;
  return { ...textHead("name", text, title), ...(text === "" ? { width: 4 } : {}), mark: { edge: edge.index } };
}

function numberHead(edge: GraphEdge, digits: number): Head {
  return { ...textHead("number", literalText(edge, digits), edge.label), mark: { edge: edge.index } };
}

/** A text with a line behind it. */
export function textHead(kind: "name" | "number", text: string, title: string): Head {
  return { kind, text, more: [], title, width: textWidth(text, SIZES.text) + 8, height: 20 };
}

/** Where a line ends in one row, and where it goes on in another. */
export function tagHead(text: string, title: string, { edge }: Mark = {}): Head {
  return { kind: "tag", text, more: [], title, mark: { edge }, width: textWidth(text, SIZES.small) + 12, height: 18 };
}
