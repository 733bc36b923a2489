import * as dagre from "@dagrejs/dagre";
import { grouped } from "./grouped.js";
import type { Group } from "./groups.js";
import type { Diagram, Unit, Wire } from "./units.js";
import { SIZES } from "./units.js";

/** A point by its place along the direction of the picture, and across it. */
export interface Point {
  readonly u: number;
  readonly v: number;
}

export interface Rectangle {
  readonly from: Point;
  readonly to: Point;
}

/** Units of which none is before another one, as far as the direction of the picture goes. */
export interface Rank {
  readonly from: number;
  readonly to: number;
}

export interface PlacedUnit {
  readonly unit: Unit;
  readonly rank: Rank;
  /** Where it begins, in the middle. */
  readonly at: Point;
}

export interface PlacedWire {
  readonly wire: Wire;
  /** The ranks that it goes past, and where. */
  readonly through: readonly { readonly rank: Rank; readonly v: number }[];
}

export interface PlacedGroup extends Rectangle {
  readonly group: Group;
}

export interface Layout {
  readonly units: ReadonlyMap<Unit, PlacedUnit>;
  readonly wires: readonly PlacedWire[];
  readonly groups: readonly PlacedGroup[];
  readonly length: number;
  readonly breadth: number;
}

/** Between ranks, where lines go from one height to another. */
export const GAP = 40;
/** Between units of a rank, and between lines. */
const BESIDE = 12;
/** Around what is in a frame, and for its title. */
export const FRAME = { around: 8, title: 16 } as const;

/** What the library tells of a placed node and of an edge. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Line {
  points: { x: number; y: number }[];
}

/** Places a diagram in one row: ranks by the library, and the first input of an op in line with it. */
export function layOut({ units, wires, gap = GAP }: Diagram): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true, compound: true });
  graph.setGraph({ rankdir: "LR", align: "UL", nodesep: BESIDE, edgesep: BESIDE, ranksep: gap });
  const groups = new Map<string, Group>();
  for (const unit of units) {
    graph.setNode(key(unit), { width: unit.length, height: unit.breadth });
    unit.path.forEach((group, depth) => {
      if (groups.has(group.key)) return;
      groups.set(group.key, group);
      graph.setNode(group.key, {});
      const around = unit.path[depth - 1];
      if (around !== undefined) graph.setParent(group.key, around.key);
    });
    const inner = unit.path.at(-1);
    if (inner !== undefined) graph.setParent(key(unit), inner.key);
  }
  wires.forEach((wire, i) => {
    graph.setEdge(key(wire.from), key(wire.to), { weight: wire.from.isLeaf ? 1 : 3 }, String(i));
  });
  // What nothing leads to stands behind the leaves all the same, in line with what something leads to.
  const led = new Set(wires.map(({ to }) => to));
  for (const unit of units) {
    if (unit.isLeaf || led.has(unit)) continue;
    graph.setNode(`${key(unit)} start`, { width: 0, height: 0 });
    graph.setEdge(`${key(unit)} start`, key(unit), { weight: 1 }, "start");
  }
  dagre.layout(graph, { constraints: orderOfInputs(wires) });
  const box = (unit: Unit) => graph.node(key(unit)) as Box;
  const ranks = ranksOf(units, box);
  const placed = new Map(
    units.map((unit): [Unit, PlacedUnit] => {
      const { x, y } = box(unit);
      const rank = ranks.get(x) as Rank;
      // What has inputs stands where the lines into its rank end, a leaf where those out of it begin.
      return [unit, { unit, rank, at: { u: unit.isLeaf ? rank.to - unit.length : rank.from, v: y } }];
    }),
  );
  return shifted({
    units: placed,
    wires: wires.map((wire, i) => {
      const { points } = graph.edge(key(wire.from), key(wire.to), String(i)) as Line;
      const [from, to] = [box(wire.from).x, box(wire.to).x];
      const through = points.flatMap(({ x, y }) => {
        const rank = x > from && x < to ? ranks.get(x) : undefined;
        return rank === undefined ? [] : [{ rank, v: y }];
      });
      return { wire, through };
    }),
    groups: [...groups.values()].map((group) => frame(group, units, placed)),
    length: 0,
    breadth: 0,
  });
}

const key = (unit: Unit) => `u${unit.id}`;

/** Before and behind, as the library calls it in pictures that go down. */
interface Constraint {
  readonly left: string;
  readonly right: string;
}

/**
 * Inputs of an op that nothing else uses stand in their order, and so do the uses of several results that take nothing else:
 * that costs no crossing.
 */
function orderOfInputs(wires: readonly Wire[]): Constraint[] {
  const uses = grouped(wires, ({ from }) => from);
  const behind = new Map<string, Set<string>>();
  const leadsTo = (from: string, to: string): boolean => {
    const met = new Set([from]);
    for (const each of met) for (const next of behind.get(each) ?? []) met.add(next);
    return met.has(to);
  };
  const inputs = grouped(wires, ({ to }) => to);
  const lists = [
    ...[...inputs.values()].map((into) => into.map(({ from }) => from).filter((unit) => uses.get(unit)?.length === 1)),
    ...[...uses.values()].map((of) =>
      of
        .toSorted((a, b) => a.lane - b.lane)
        .map(({ to }) => to)
        .filter((unit) => inputs.get(unit)?.length === 1),
    ),
  ];
  for (const list of lists) {
    const own = [...new Set(list)];
    own.slice(1).forEach((unit, i) => {
      const [left, right] = apart(own[i] as Unit, unit);
      if (leadsTo(right, left)) return;
      behind.set(left, (behind.get(left) ?? new Set()).add(right));
    });
  }
  return [...behind].flatMap(([left, rights]) => [...rights].map((right) => ({ left, right })));
}

/** The units, or the groups around them in which the other one is not. */
function apart(a: Unit, b: Unit): [string, string] {
  const shared = a.path.filter((group, i) => b.path[i] === group).length;
  return [a.path[shared]?.key ?? key(a), b.path[shared]?.key ?? key(b)];
}

/** From the middle of a rank to its ends; the library puts all units of a rank on one middle. */
function ranksOf(units: readonly Unit[], box: (unit: Unit) => Box): Map<number, Rank> {
  const ranks = new Map<number, Rank>();
  for (const unit of units) {
    const { x } = box(unit);
    const { from, to } = ranks.get(x) ?? { from: x, to: x };
    ranks.set(x, { from: Math.min(from, x - unit.length / 2), to: Math.max(to, x + unit.length / 2) });
  }
  return ranks;
}

/** The frame around the units of a group, larger for each group inside. */
function frame(group: Group, units: readonly Unit[], placed: ReadonlyMap<Unit, PlacedUnit>): PlacedGroup {
  const inside = units.filter((unit) => unit.path.includes(group));
  const depth = Math.max(...inside.map((unit) => unit.path.length - unit.path.indexOf(group)));
  const around = FRAME.around * depth;
  const boxes = inside.map((unit) => rectangleOf(placed.get(unit) as PlacedUnit));
  return {
    group,
    from: {
      u: Math.min(...boxes.map(({ from }) => from.u)) - around,
      v: Math.min(...boxes.map(({ from }) => from.v)) - around - (FRAME.title - FRAME.around) * depth,
    },
    to: { u: Math.max(...boxes.map(({ to }) => to.u)) + around, v: Math.max(...boxes.map(({ to }) => to.v)) + around },
  };
}

function rectangleOf({ unit, at }: PlacedUnit): Rectangle {
  return {
    from: { u: at.u, v: at.v - unit.breadth / 2 },
    to: { u: at.u + unit.length, v: at.v + unit.breadth / 2 },
  };
}

/** So that it begins at 0, with a margin for the arrows. */
function shifted(layout: Layout): Layout {
  const boxes = [...[...layout.units.values()].map(rectangleOf), ...layout.groups];
  const across = layout.wires.flatMap(({ through }) => through.map(({ v }) => v));
  const from = {
    u: Math.min(...boxes.map(({ from }) => from.u)),
    v: Math.min(...boxes.map(({ from }) => from.v), ...across.map((v) => v - SIZES.arrow)),
  };
  const to = {
    u: Math.max(...boxes.map(({ to }) => to.u)),
    v: Math.max(...boxes.map(({ to }) => to.v), ...across.map((v) => v + SIZES.arrow)),
  };
  const move = ({ u, v }: Point): Point => ({ u: u - from.u, v: v - from.v });
  const ranks = new Map<Rank, Rank>();
  const moveRank = (rank: Rank): Rank => {
    const moved = ranks.get(rank) ?? { from: rank.from - from.u, to: rank.to - from.u };
    ranks.set(rank, moved);
    return moved;
  };
  return {
    units: new Map(
      [...layout.units].map(([unit, placed]) => [unit, { unit, rank: moveRank(placed.rank), at: move(placed.at) }]),
    ),
    wires: layout.wires.map(({ wire, through }) => ({
      wire,
      through: through.map(({ rank, v }) => ({ rank: moveRank(rank), v: v - from.v })),
    })),
    groups: layout.groups.map(({ group, from, to }) => ({ group, from: move(from), to: move(to) })),
    length: to.u - from.u,
    breadth: to.v - from.v,
  };
}
