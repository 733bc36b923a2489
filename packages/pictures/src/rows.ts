import { grouped } from "./grouped.js";
import { GAP, type Layout, layOut } from "./layout.js";
import { shortened } from "./text.js";
import { type Diagram, laneKey, tagHead, type Unit, unitOf, type Wire } from "./units.js";

/** How long the tag of a line that goes on elsewhere is, about. */
const TAG = 34;

/** How many ranks the line from a leaf crosses at most. */
const FAR = 3;

/**
 * A diagram in one row, or in several below one another, none of them longer than `most` if that can be. A line from one row
 * to another ends in a tag, and goes on from a tag of the same text.
 */
export function layOutRows(diagram: Diagram, most: number): Layout[] {
  const ranks = ranksOf(diagram);
  const count = Math.max(...ranks.values()) + 1;
  const ends = most === Number.POSITIVE_INFINITY ? [count] : endsOf(diagram, ranks, most);
  const rows: Layout[] = [];
  let texts: ReadonlyMap<string, string> = new Map();
  for (let start = 0; start < count; ) {
    // How long a row is going to be was estimated: it is cut shorter where that was too little.
    for (let end = ends[start] ?? count; ; end--) {
      const row = rowOf(diagram, ranks, [start, end], texts);
      const layout = layOut(row.diagram);
      if (layout.length > most && end > start + 1) continue;
      rows.push(layout);
      texts = row.texts;
      start = end;
      break;
    }
  }
  return rows;
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

/**
 * Where the row that begins at a rank ends, so that there are as few rows as can be, cut where few lines go, and not through
 * groups.
 */
function endsOf({ units, wires, gap = GAP }: Diagram, ranks: ReadonlyMap<Unit, number>, most: number): number[] {
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
    borders[from] = (borders[from] as number) + gap / 2;
    borders[to] = (borders[to] as number) + gap / 2;
  }
  // From the end: the best rows for what begins at a rank, and where the next of them begins.
  const best: { total: number; next: number }[] = [];
  for (let start = count - 1; start >= 0; start--) {
    // The leaves of the first op stand before it, those of the others beside the op before them.
    let length = Math.max(leads[start] as number, start === 0 ? 0 : TAG) + gap;
    let found = { total: Number.POSITIVE_INFINITY, next: count };
    for (let end = start + 1; end <= count; end++) {
      if (end > start + 1) length += Math.max(0, (leads[end - 1] as number) - (lengths[end - 2] as number)) + gap;
      length += (lengths[end - 1] as number) + (borders[end - 1] as number);
      const whole = end === count ? length : length + gap + TAG;
      if (whole > most && end > start + 1) break;
      const rest = end === count ? 0 : (best[end]?.total ?? 0) + 1000 + (cost[end] as number);
      // Of rows that cost the same, those of like length.
      const total = rest + ((most - whole) / most) ** 2;
      if (total < found.total) found = { total, next: end };
    }
    best[start] = found;
  }
  return best.map(({ next }) => next);
}

/**
 * What stands in a row, from one rank to before another one, with tags where lines were cut.
 *
 * @param before the texts of the tags in the rows above, by the lines that they stand for
 * @returns with those of this row
 */
function rowOf(
  { units, wires, ...settings }: Diagram,
  ranks: ReadonlyMap<Unit, number>,
  [start, end]: readonly [number, number],
  before: ReadonlyMap<string, string>,
): { readonly diagram: Diagram; readonly texts: ReadonlyMap<string, string> } {
  const isIn = (unit: Unit) => start <= (ranks.get(unit) as number) && (ranks.get(unit) as number) < end;
  const texts = new Map(before);
  const tags = new Map<string, Unit>();
  const tag = (key: string, { mark }: Wire, text: string, title: string, isLeaf: boolean) => {
    const head = tagHead(text, title, mark);
    const unit = tags.get(key) ?? unitOf(units.length + tags.size, head, [], [], isLeaf, settings.isDown);
    tags.set(key, unit);
    return unit;
  };
  const names = new Set(units.flatMap(({ lanes }) => lanes.map(({ edge }) => edge.label)));
  const textOf = ({ from, lane }: Wire) => {
    const key = laneKey(from, lane);
    const edge = from.lanes[lane]?.edge;
    const text =
      texts.get(key) ?? (edge?.name === undefined ? letter([...texts.values(), ...names]) : shortened(edge.label));
    texts.set(key, text);
    return text;
  };
  const inside: Wire[] = [];
  const leaving = new Map<Unit, Wire>();
  for (const wire of wires) {
    const { from, lane, to } = wire;
    if (isIn(from) && isIn(to) && !isFar(wire, ranks)) inside.push(wire);
    // A leaf has its name there, and nothing has to be said here.
    else if (isIn(from) && !from.isLeaf) {
      const text = textOf(wire);
      const out = tag(`from ${laneKey(from, lane)}`, wire, text, `goes on at ${text} below`, false);
      leaving.set(out, { ...wire, to: out, hasGradient: wire.hasGradient || leaving.get(out)?.hasGradient === true });
    } else if (isIn(to)) {
      const text = textOf(wire);
      // One for each use: what is used all over a row would be long lines.
      const key = `${laneKey(from, lane)} to ${to.id}`;
      inside.push({
        ...wire,
        from: tag(key, wire, text, from.isLeaf ? `${text} again` : `from ${text} above`, true),
        lane: 0,
      });
    }
  }
  return {
    diagram: { units: [...tags.values(), ...units.filter(isIn)], wires: [...inside, ...leaving.values()], ...settings },
    texts,
  };
}

/** Whether a leaf with a name is used again so much later that its name is easier to follow than a line. */
function isFar({ from, lane, to }: Wire, ranks: ReadonlyMap<Unit, number>): boolean {
  const isNamed = from.isLeaf && from.lanes[lane]?.edge.name !== undefined;
  return isNamed && (ranks.get(to) as number) > (ranks.get(from) as number) + FAR;
}

/** A, B, ... Z, A1, ...: one that is not taken. */
function letter(taken: readonly string[]): string {
  for (let i = 0; ; i++) {
    const text = `${String.fromCharCode(65 + (i % 26))}${i < 26 ? "" : Math.floor(i / 26)}`;
    if (!taken.includes(text)) return text;
  }
}
