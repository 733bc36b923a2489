import { endsOf } from "./ends.js";
import { grouped } from "./grouped.js";
import type { Layout, PlacedUnit, PlacedWire, Point } from "./layout.js";
import { beside, distance, type Line, upTo } from "./lines.js";
import { faceOf, laneKey, laneOffset, type Mark, RUN_IN, SIZES, TIP, type Wire } from "./units.js";

/** What is drawn for the tensors and their uses. */
export interface Route {
  readonly line: Line;
  readonly mark: Mark | undefined;
  readonly isBack: boolean;
  /** Whether an arrow stands at its end. */
  readonly hasArrow: boolean;
}

/** Of a tensor. */
export interface Fork extends Point {
  readonly mark: Mark;
}

export interface Routes {
  readonly routes: readonly Route[];
  /** Where a line forks. */
  readonly forks: readonly Fork[];
}

/** The lines of a layout: forward ones, and the backward ones beside them. */
export function routesOf(layout: Layout, isDown: boolean): Routes {
  const uses = grouped(layout.wires, ({ wire }) => laneKey(wire.from, wire.lane));
  const router = new Router(layout, isDown);
  for (const placed of layout.units.values()) {
    const { unit } = placed;
    // A number or a tag has a line without a value.
    for (let i = 0; i < Math.max(1, unit.lanes.length); i++) router.lane(placed, i, uses.get(laneKey(unit, i)) ?? []);
  }
  return router;
}

class Router implements Routes {
  readonly routes: Route[] = [];
  readonly forks: Fork[] = [];
  private readonly layout: Layout;
  private readonly isDown: boolean;
  private readonly ends: ReadonlyMap<Wire, Point>;

  constructor(layout: Layout, isDown: boolean) {
    this.layout = layout;
    this.isDown = isDown;
    this.ends = endsOf(layout, isDown);
  }

  /** The lines of one tensor: to its only use, or to where it forks and on to each use; or to nowhere. */
  lane(placed: PlacedUnit, index: number, uses: readonly PlacedWire[]): void {
    const { unit, rank, at } = placed;
    const lane = unit.lanes[index];
    const v = at.v + laneOffset(unit, index);
    const start = { u: at.u + (this.isDown ? unit.head.height : unit.head.width), v };
    const turn = { u: rank.to, v };
    const hasGradient = lane?.hasGradient ?? uses.some(({ wire }) => wire.hasGradient);
    const [only] = uses;
    const mark = { edge: lane?.edge.index ?? only?.wire.mark?.edge };
    if (only === undefined) {
      if (lane === undefined) return;
      const line = [start, { u: start.u + lane.length - lane.tail, v }];
      this.forward(line, mark, hasGradient, lane.isOutput);
      if (hasGradient) this.back(line, mark, true);
    } else if (uses.length === 1 && only.wire.hasGradient === hasGradient) {
      this.use([start, turn], only, hasGradient, true);
    } else {
      this.forward([start, turn], mark, hasGradient, false);
      if (hasGradient) this.back([start, turn], mark, true);
      if (uses.length > 1) this.forks.push({ u: turn.u, v: hasGradient ? v - SIZES.apart : v, mark });
      for (const use of uses) this.use([{ u: turn.u - RUN_IN, v }, turn], use, hasGradient, false);
    }
  }

  /** The lines from where they begin to a use. */
  private use(begin: Line, { wire, through }: PlacedWire, isAside: boolean, isWhole: boolean): void {
    const passing = through.flatMap(({ rank, v }) => [
      { u: rank.from, v },
      { u: rank.to, v },
    ]);
    const line = [...begin, ...passing, this.ends.get(wire) as Point];
    this.forward(line, wire.mark, isAside, true, wire);
    if (wire.hasGradient) this.back(line, wire.mark, isWhole, wire);
  }

  private forward(line: Line, mark: Mark | undefined, isAside: boolean, hasArrow: boolean, wire?: Wire): void {
    this.routes.push({
      mark,
      line: this.fitted(isAside ? beside(line, -SIZES.apart) : line, wire, isAside ? -1 : 0),
      isBack: false,
      hasArrow,
    });
  }

  private back(line: Line, mark: Mark | undefined, hasArrow: boolean, wire?: Wire): void {
    const way = this.fitted(beside(line, SIZES.apart), wire, 1);
    this.routes.push({ mark, line: way.toReversed(), isBack: true, hasArrow });
  }

  /**
   * Up to the circle or the box of the op that a line leads to, from wherever it comes.
   *
   * @param side where it lies beside the middle: -1, 0, 1
   */
  private fitted(line: Line, wire: Wire | undefined, side: number): Line {
    if (wire === undefined) return line;
    const { unit, at } = this.layout.units.get(wire.to) as PlacedUnit;
    if (unit.head.kind === "circle") return upTo(line, { u: at.u + SIZES.radius, v: at.v }, SIZES.radius + 1);
    const { v } = this.ends.get(wire) as Point;
    const before = line.at(-2) as Point;
    const length = distance(before, { u: at.u, v });
    const [along, across] = [(at.u - before.u) / length, Math.abs(v - before.v) / length];
    // Steep lines meet the box farther from one another, and end before their tip would go under it.
    const room = faceOf(unit, this.isDown) / 2 - 6 - Math.abs(v - at.v);
    const aside = Math.max(SIZES.apart, Math.min(room, SIZES.apart * Math.min(2.5, 1 / along)));
    const gap = 1 + Math.max(0, TIP * across - SIZES.arrow * along);
    return [...line.slice(0, -1), { u: at.u - gap, v: v + side * aside }];
  }
}
