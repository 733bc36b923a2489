import { grouped } from "./grouped.js";
import { GAP, type Layout, type PlacedUnit, type Point } from "./layout.js";
import { faceOf, laneOffset, SIZES, type Wire } from "./units.js";

/** The steepest way into a circle, and how far two ways are apart at least: in radians. */
const STEEPEST = 0.96;
const SPREAD = 0.5;
/** How far a line may go up or down beside a circle, in pixels. */
const INSIDE = 16;

/** Where each line ends: around the left half of a circle by where it comes from, side by side at a box. */
export function endsOf(layout: Layout, isDown: boolean): Map<Wire, Point> {
  const into = grouped(layout.wires, ({ wire }) => layout.units.get(wire.to) as PlacedUnit);
  const ends = new Map<Wire, Point>();
  for (const [placed, wires] of into) {
    const { unit, at } = placed;
    const radius = unit.head.kind === "circle" ? SIZES.radius : 0;
    const centre = { u: at.u + radius, v: at.v };
    const angles = wires.map(({ wire, through }) => {
      const from = layout.units.get(wire.from) as PlacedUnit;
      const v = through.at(-1)?.v ?? from.at.v + laneOffset(from.unit, wire.lane);
      return { wire, angle: angleOf(v - centre.v, radius) };
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

/**
 * Where a line from so far above or below meets a circle. A steep one meets it nearer to its front: behind that, where other
 * things of the rank are, it is to go up or down no more than this.
 */
function angleOf(height: number, radius: number): number {
  const straight = Math.atan2(height, GAP + radius);
  const most = Math.acos(Math.max(-1, 1 - (INSIDE * GAP) / ((radius + 1) * Math.abs(height) + 1e-9)));
  return Math.sign(straight) * Math.min(Math.abs(straight), most);
}

/** Places side by side at a box: the middle for what comes straight, if there is such a line. */
function ports(angles: readonly number[], face: number): number[] {
  const straight = angles.findIndex((angle) => Math.abs(angle) < 0.01);
  const middle = straight >= 0 ? straight : (angles.length - 1) / 2;
  const most = Math.max(middle, angles.length - 1 - middle);
  const step = Math.min(24, (face - 12) / 2 / Math.max(1, most));
  return angles.map((_, i) => (i - middle) * step);
}

/** The angles, in order, moved as little as it takes for them to be apart; what comes straight stays so. */
function spread(angles: readonly number[]): number[] {
  const count = angles.length;
  const least = Math.min(SPREAD, (2 * STEEPEST) / Math.max(1, count - 1));
  const straight = angles.findIndex((angle) => Math.abs(angle) < 0.01);
  if (straight >= 0 && Math.max(straight, count - 1 - straight) * least <= STEEPEST) {
    const behind = apart([0, ...angles.slice(straight + 1)], least);
    const before = apart(
      [
        0,
        ...angles
          .slice(0, straight)
          .map((angle) => -angle)
          .toReversed(),
      ],
      least,
    );
    return [
      ...before
        .slice(1)
        .toReversed()
        .map((angle) => -angle),
      ...behind,
    ];
  }
  const result = apart(angles, least);
  // Those that came from one place lie on both sides of it.
  const shift = result.reduce((sum, angle, i) => sum + angle - (angles[i] as number), 0) / count;
  const room = Math.min(shift, STEEPEST + (result[0] as number));
  return result.map((angle) => angle - Math.max(0, room));
}

/** Rising angles, each of them as far from the one before as it has to be, none of them too steep. */
function apart(angles: readonly number[], least: number): number[] {
  const result: number[] = [];
  for (const angle of angles) result.push(Math.max(angle, (result.at(-1) ?? Number.NEGATIVE_INFINITY) + least));
  let most = STEEPEST;
  for (let i = result.length - 1; i >= 0; i--) {
    result[i] = Math.min(result[i] as number, most);
    most = (result[i] as number) - least;
  }
  return result;
}
