import { grouped } from "./grouped.js";
import { GAP, type Layout, layOut } from "./layout.js";
import { type Diagram, tagHead, type Unit, unitOf, type Wire } from "./units.js";

/** How long the tag of a line that goes on elsewhere is, about. */
const TAG = 34;

/**
 * A diagram in one row, or in several below one another, none of them longer than `most` if that can be. A line from one row
 * to another ends in a tag, and goes on from a tag of the same text.
 */
export function layOutRows(diagram: Diagram, most: number): Layout[] {
  let best: Layout[] | undefined;
  const longest = (rows: readonly Layout[]) => Math.max(...rows.map(({ length }) => length));
  const ranks = ranksOf(diagram);
  // How long a row is going to be is estimated; where that was too little, rows are cut shorter.
  for (let wanted = most, tries = 0; tries < 5; tries++) {
    const cuts = cutsOf(diagram, ranks, wanted);
    const rows = rowsOf(diagram, ranks, cuts).map(layOut);
    if (best === undefined || longest(rows) < longest(best)) best = rows;
    if (longest(rows) <= most || rows.length === Math.max(...ranks.values()) + 1) break;
    wanted *= Math.min(0.92, (most / longest(rows)) ** 0.5);
  }
  return best as Layout[];
}

/**
 * The rank of each unit: how many ops lie before it at most. What depends on leaves alone goes to where it is used first, as
 * leaves do, which have the rank of their first use.
 */
function ranksOf({ units, wires }: Diagram): Map<Unit, number> {
  const ranks = new Map<Unit, number>();
  const into = grouped(wires, ({ to }) => to);
  const outOf = grouped(wires, ({ from }) => from);
  const movable = new Set<Unit>();
  for (const unit of units) {
    if (unit.isLeaf) continue;
    const before = (into.get(unit) ?? []).map(({ from }) => from).filter((from) => !from.isLeaf);
    ranks.set(unit, Math.max(-1, ...before.map((from) => ranks.get(from) ?? -1)) + 1);
    if (before.every((from) => movable.has(from) && outOf.get(from)?.length === 1)) movable.add(unit);
  }
  for (const unit of units.toReversed()) {
    const uses = (outOf.get(unit) ?? []).map(({ to }) => ranks.get(to) ?? 0);
    const first = Math.min(...uses);
    if (unit.isLeaf) ranks.set(unit, uses.length === 0 ? 0 : first);
    else if (movable.has(unit) && uses.length > 0) ranks.set(unit, first - 1);
  }
  return ranks;
}

/** The first ranks of the rows behind the first one: as few rows as can be, cut where few lines go, and not through groups. */
function cutsOf({ units, wires }: Diagram, ranks: ReadonlyMap<Unit, number>, most: number): number[] {
  const count = Math.max(...ranks.values()) + 1;
  const lengths = new Array<number>(count).fill(0);
  const leads = new Array<number>(count).fill(0);
  for (const unit of units) {
    const rank = ranks.get(unit) as number;
    const list = unit.isLeaf ? leads : lengths;
    list[rank] = Math.max(list[rank] as number, unit.length);
  }
  const cost = new Array<number>(count).fill(0);
  const crossed = (from: number, to: number, by: number) => {
    for (let cut = from + 1; cut <= to; cut++) cost[cut] = (cost[cut] as number) + by;
  };
  for (const { from, to } of wires) crossed(ranks.get(from) as number, ranks.get(to) as number, from.isLeaf ? 0.5 : 1);
  const spans = new Map<string, [number, number]>();
  for (const unit of units) {
    const rank = ranks.get(unit) as number;
    for (const { key } of unit.path) {
      const [from, to] = spans.get(key) ?? [rank, rank];
      spans.set(key, [Math.min(from, rank), Math.max(to, rank)]);
    }
  }
  for (const [from, to] of spans.values()) crossed(from, to, 3);
  // Around a frame the library leaves room.
  const borders = new Array<number>(count).fill(0);
  for (const [from, to] of spans.values()) {
    borders[from] = (borders[from] as number) + GAP / 2;
    borders[to] = (borders[to] as number) + GAP / 2;
  }
  // From the end: the best rows for what begins at a rank, and where the next of them begins.
  const best: { total: number; next: number }[] = [];
  for (let start = count - 1; start >= 0; start--) {
    // The leaves of the first op stand before it, those of the others beside the op before them.
    let length = Math.max(leads[start] as number, start === 0 ? 0 : TAG) + GAP;
    let found = { total: Number.POSITIVE_INFINITY, next: count };
    for (let end = start + 1; end <= count; end++) {
      if (end > start + 1) length += Math.max(0, (leads[end - 1] as number) - (lengths[end - 2] as number)) + GAP;
      length += (lengths[end - 1] as number) + (borders[end - 1] as number);
      const whole = end === count ? length : length + GAP + TAG;
      if (whole > most && end > start + 1) break;
      const rest = end === count ? 0 : (best[end]?.total ?? 0) + 1000 + (cost[end] as number);
      // Of rows that cost the same, those of like length.
      const total = rest + ((most - whole) / most) ** 2;
      if (total < found.total) found = { total, next: end };
    }
    best[start] = found;
  }
  const cuts: number[] = [];
  for (let at = best[0]?.next ?? count; at < count; at = best[at]?.next ?? count) cuts.push(at);
  return cuts;
}

/** The diagrams of the rows, with tags where lines were cut. */
function rowsOf({ units, wires }: Diagram, ranks: ReadonlyMap<Unit, number>, cuts: readonly number[]): Diagram[] {
  const rowOf = (unit: Unit) => cuts.filter((cut) => cut <= (ranks.get(unit) as number)).length;
  const rows = Array.from({ length: cuts.length + 1 }, () => ({ units: [] as Unit[], wires: [] as Wire[] }));
  const added: Unit[] = [];
  const tag = (text: string, title: string, isLeaf: boolean) => {
    const unit = unitOf(units.length + added.length, tagHead(text, title), [], [], isLeaf, false);
    added.push(unit);
    return unit;
  };
  const texts = new Map<string, string>();
  const tags = new Map<string, Unit>();
  const isCut = ({ from, to }: Wire) => rowOf(from) !== rowOf(to);
  const keyOf = ({ from, lane }: Wire) => `${from.id}:${lane}`;
  const withGradient = new Set(wires.filter((wire) => isCut(wire) && wire.hasGradient).map(keyOf));
  const leaving = new Set<string>();
  const row = (at: number) => rows[at] as { units: Unit[]; wires: Wire[] };
  for (const wire of wires) {
    const [from, to] = [rowOf(wire.from), rowOf(wire.to)];
    if (!isCut(wire)) {
      row(from).wires.push(wire);
      continue;
    }
    const key = keyOf(wire);
    const { edge } = wire.from.lanes[wire.lane] ?? {};
    const named = edge?.name === undefined ? undefined : edge.label;
    const text = texts.get(key) ?? named ?? letter([...texts.values()]);
    if (!wire.from.isLeaf && !leaving.has(key)) {
      const out = tag(text, `goes on at ${text} below`, false);
      row(from).units.push(out);
      leaving.add(key);
      row(from).wires.push({ ...wire, to: out, hasGradient: withGradient.has(key) });
    }
    texts.set(key, text);
    // One for each use: what is used all over a row would be long lines.
    const inKey = `${key}:${wire.to.id}`;
    const start = tags.get(inKey) ?? tag(text, wire.from.isLeaf ? `${text} again` : `from ${text} above`, true);
    if (!tags.has(inKey)) {
      tags.set(inKey, start);
      row(to).units.push(start);
    }
    row(to).wires.push({ ...wire, from: start, lane: 0 });
  }
  for (const unit of units) row(rowOf(unit)).units.push(unit);
  return rows;
}

/** A, B, ... Z, A1, ...: one that is not taken. */
function letter(taken: readonly string[]): string {
  for (let i = 0; ; i++) {
    const text = `${String.fromCharCode(65 + (i % 26))}${i < 26 ? "" : Math.floor(i / 26)}`;
    if (!taken.includes(text)) return text;
  }
}
