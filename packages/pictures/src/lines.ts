import type { Point } from "./layout.js";

/** A line through points; where it turns it is rounded when it is drawn. */
export type Line = readonly Point[];

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.u - b.u, a.v - b.v);
}

/** The point that lies so far from one on the way to another. */
export function toward(from: Point, to: Point, by: number): Point {
  const part = by / (distance(from, to) || 1);
  return { u: from.u + (to.u - from.u) * part, v: from.v + (to.v - from.v) * part };
}

export function isStraight(a: Point, b: Point, c: Point): boolean {
  return Math.abs((b.u - a.u) * (c.v - b.v) - (b.v - a.v) * (c.u - b.u)) < 1e-6;
}

/** A line whose last part, moved aside, is made to end at the circle around a point. */
export function upTo(line: Line, centre: Point, radius: number): Point[] {
  const [before, end] = line.slice(-2) as [Point, Point];
  const length = Math.hypot(end.u - before.u, end.v - before.v) || 1;
  const [du, dv] = [(end.u - before.u) / length, (end.v - before.v) / length];
  // Where the middle comes closest, along the line, and how far away it is then.
  const along = (centre.u - before.u) * du + (centre.v - before.v) * dv;
  const away = (centre.u - before.u) * dv - (centre.v - before.v) * du;
  const reach = along - Math.sqrt(Math.max(0, radius ** 2 - away ** 2));
  if (Math.abs(away) >= radius || reach <= 0) return [...line];
  return [...line.slice(0, -1), { u: before.u + du * reach, v: before.v + dv * reach }];
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
