import { grouped } from "./grouped.js";
import { GAP, type Layout, type PlacedUnit, type PlacedWire, type Point } from "./layout.js";
import { faceOf, laneOffset, RUN_IN, SIZES, type Wire } from "./units.js";

/** A line through points; what is not straight is rounded when it is drawn. */
export type Line = readonly Point[];

/** What is drawn for the tensors and their uses. */
export interface Route {
  readonly line: Line;
  readonly isBack: boolean;
  /** Whether an arrow stands at its end. */
  readonly hasArrow: boolean;
}

/** The steepest way into a circle, and how far two ways are apart at least: in radians. */
const STEEPEST = 0.96;
const SPREAD = 0.6;

export interface Routes {
  readonly routes: readonly Route[];
  /** Where a line forks. */
  readonly forks: readonly Point[];
}

/** The lines of a layout: forward ones, and the backward ones beside them. */
export function routesOf(layout: Layout, isDown: boolean): Routes {
  const routes: Route[] = [];
  const forks: Point[] = [];
  const add = (line: Line, hasGradient: boolean, arrows: { readonly forward: boolean; readonly back: boolean }) => {
    routes.push({ line: hasGradient ? beside(line, -SIZES.apart) : line, isBack: false, hasArrow: arrows.forward });
    return (hasBack: boolean) => {
      if (!hasBack) return;
      routes.push({ line: beside(line, SIZES.apart).toReversed(), isBack: true, hasArrow: arrows.back });
    };
  };
  const uses = grouped(layout.wires, ({ wire }) => laneKey(wire));
  const ends = endsOf(layout, isDown);
  for (const placed of layout.units.values()) {
    const { unit, rank, at } = placed;
    const start = at.u + along(placed, isDown);
    const lanes = unit.lanes.length === 0 ? [undefined] : unit.lanes;
    lanes.forEach((lane, i) => {
      const v = at.v + laneOffset(unit, i);
      const from = uses.get(`${unit.id}:${i}`) ?? [];
      const hasGradient = lane?.hasGradient ?? from.some(({ wire }) => wire.hasGradient);
      if (from.length === 0) {
        // A tag at the end of a line has none of its own.
        if (lane === undefined) return;
        const end = start + lane.length - lane.tail;
        const arrows = { forward: lane.isOutput, back: true };
        add(
          [
            { u: start, v },
            { u: end, v },
          ],
          hasGradient,
          arrows,
        )(hasGradient);
        return;
      }
      const trunk = { u: start, v };
      const turn = { u: rank.to, v };
      const [only] = from;
      if (from.length === 1 && only !== undefined) {
        const line = [trunk, turn, ...passing(only.through), ends.get(only.wire) as Point];
        if (only.wire.hasGradient === hasGradient) {
          add(line, hasGradient, { forward: true, back: true })(hasGradient);
          return;
        }
      }
      add([trunk, turn], hasGradient, { forward: false, back: true })(hasGradient);
      if (from.length > 1) forks.push({ u: turn.u, v: hasGradient ? v - SIZES.apart : v });
      for (const { wire, through } of from) {
        const line = [{ u: turn.u - RUN_IN, v }, turn, ...passing(through), ends.get(wire) as Point];
        add(line, hasGradient, { forward: true, back: false })(wire.hasGradient);
      }
    });
  }
  return { routes, forks };
}

const laneKey = ({ from, lane }: Wire) => `${from.id}:${lane}`;

function along({ unit: { head } }: PlacedUnit, isDown: boolean): number {
  return isDown ? head.height : head.width;
}

function passing(through: PlacedWire["through"]): Point[] {
  return through.flatMap(({ rank, v }) => [
    { u: rank.from, v },
    { u: rank.to, v },
  ]);
}

/** Where each line ends: around the left half of a circle by where it comes from, side by side at a box. */
function endsOf(layout: Layout, isDown: boolean): Map<Wire, Point> {
  const into = grouped(layout.wires, ({ wire }) => layout.units.get(wire.to) as PlacedUnit);
  const ends = new Map<Wire, Point>();
  for (const [placed, wires] of into) {
    const { unit, at } = placed;
    const radius = unit.head.kind === "circle" ? SIZES.radius : 0;
    const centre = { u: at.u + radius, v: at.v };
    const angles = wires.map(({ wire, through }) => {
      const from = layout.units.get(wire.from) as PlacedUnit;
      const v = through.at(-1)?.v ?? from.at.v + laneOffset(from.unit, wire.lane);
      return { wire, angle: Math.atan2(v - centre.v, GAP + radius) };
    });
    angles.sort((a, b) => a.angle - b.angle);
    const places =
      radius > 0
        ? spread(angles.map(({ angle }) => Math.min(Math.max(angle, -STEEPEST), STEEPEST)))
        : ports(
            angles.map(({ angle }) => angle),
            faceOf(unit, isDown),
          );
    places.forEach((place, i) => {
      const { wire } = angles[i] as { wire: Wire };
      const end =
        radius > 0
          ? { u: centre.u - (radius + 1) * Math.cos(place), v: centre.v + (radius + 1) * Math.sin(place) }
          : { u: at.u - 1, v: at.v + place };
      ends.set(wire, end);
    });
  }
  return ends;
}

/** Places side by side at a box: the middle for what comes straight, if there is such a line. */
function ports(angles: readonly number[], face: number): number[] {
  const straight = angles.findIndex((angle) => Math.abs(angle) < 0.01);
  const middle = straight >= 0 ? straight : (angles.length - 1) / 2;
  const most = Math.max(middle, angles.length - 1 - middle);
  const step = Math.min(24, (face - 12) / 2 / Math.max(1, most));
  return angles.map((_, i) => (i - middle) * step);
}

/** The angles, in order, moved as little as it takes for them to be apart. */
function spread(angles: readonly number[]): number[] {
  const least = Math.min(SPREAD, (2 * STEEPEST) / Math.max(1, angles.length - 1));
  const result: number[] = [];
  for (const angle of angles) result.push(Math.max(angle, (result.at(-1) ?? Number.NEGATIVE_INFINITY) + least));
  let most = STEEPEST;
  for (let i = result.length - 1; i >= 0; i--) {
    result[i] = Math.min(result[i] as number, most);
    most = (result[i] as number) - least;
  }
  // Two that came from one place lie on both sides of it.
  const shift = result.reduce((sum, angle, i) => sum + angle - (angles[i] as number), 0) / angles.length;
  const room = Math.min(shift, STEEPEST + (result[0] as number));
  return result.map((angle) => angle - Math.max(0, room));
}

/** The line at a distance: to the right of its direction for a positive one. */
export function beside(given: Line, distance: number): Point[] {
  const line = given.filter((point, i) => i === 0 || !isSame(point, given[i - 1] as Point));
  const normals = line.slice(1).map((to, i) => {
    const from = line[i] as Point;
    const length = Math.hypot(to.u - from.u, to.v - from.v) || 1;
    return { u: -(to.v - from.v) / length, v: (to.u - from.u) / length };
  });
  return line.map(({ u, v }, i) => {
    const before = normals[i - 1] ?? (normals[i] as Point);
    const behind = normals[i] ?? before;
    const scale = distance / (1 + before.u * behind.u + before.v * behind.v);
    return { u: u + (before.u + behind.u) * scale, v: v + (before.v + behind.v) * scale };
  });
}

function isSame(a: Point, b: Point): boolean {
  return Math.abs(a.u - b.u) < 1e-6 && Math.abs(a.v - b.v) < 1e-6;
}
