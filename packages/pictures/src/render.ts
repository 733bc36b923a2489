import { type Heat, heatParts } from "./heat.js";
import { FRAME, type Layout, type PlacedUnit, type Point } from "./layout.js";
import { distance, isStraight, type Line, toward } from "./lines.js";
import { type Route, routesOf } from "./routes.js";
import { fixed } from "./svg.js";
import { escaped, fitted } from "./text.js";
import {
  faceOf,
  HEAT_GAP,
  type Lane,
  laneOffset,
  type Mark,
  type Settings,
  SIZES,
  signSize,
  TIP,
  type Unit,
} from "./units.js";

/** Around the whole picture, and between rows. */
export const MARGIN = 14;
const ROW_GAP = 26;
/** How much a line is rounded where it turns. */
const BEND = 7;

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

/** The rows of a picture below one another, as elements of SVG. */
export function draw(
  rows: readonly Layout[],
  { isDown, isMarked = false }: Pick<Settings, "isDown"> & Partial<Pick<Settings, "isMarked">>,
): Drawing {
  const parts: string[] = [];
  let top = MARGIN;
  let width = 0;
  for (const layout of rows) {
    const [across, along] = isDown ? [layout.length, layout.breadth] : [layout.breadth, layout.length];
    const pen = new Pen(isDown, isMarked, isDown ? { u: top, v: MARGIN } : { u: MARGIN, v: top });
    pen.layout(layout);
    parts.push(...pen.parts);
    top += across + ROW_GAP;
    width = Math.max(width, along);
  }
  return { width: width + 2 * MARGIN, height: top - ROW_GAP + MARGIN, parts };
}

/** A layout that goes to the right, with its upper left corner at a point. */
export function drawAt(layout: Layout, x: number, y: number): readonly string[] {
  const pen = new Pen(false, false, { u: x, v: y });
  pen.layout(layout);
  return pen.parts;
}

/** Writes the elements of one layout, moved to where it stands. */
class Pen {
  readonly parts: string[] = [];
  private readonly isDown: boolean;
  private readonly isMarked: boolean;
  private readonly origin: Point;

  constructor(isDown: boolean, isMarked: boolean, origin: Point) {
    this.isDown = isDown;
    this.isMarked = isMarked;
    this.origin = origin;
  }

  layout(layout: Layout): void {
    for (const { group, from, to } of layout.groups) {
      const [a, b] = [this.place(from), this.place(to)];
      const [width, size] = [fixed(b.x - a.x), SIZES.small + 1];
      this.parts.push(
        `<rect class="frame" x="${a.x}" y="${a.y}" width="${width}" height="${fixed(b.y - a.y)}" rx="8" stroke-dasharray="4 3"><title>${escaped(group.name)}</title></rect>`,
        this.text(
          fitted(group.title, width - 2 * FRAME.around, size),
          a.x + FRAME.around,
          a.y + 13,
          size,
          "start",
          "faint",
        ),
      );
    }
    const { routes, forks } = routesOf(layout, this.isDown);
    // Backward lines first: where lines cross, those that the reader follows first are above.
    for (const route of routes.filter(({ isBack }) => isBack)) this.route(route);
    for (const route of routes.filter(({ isBack }) => !isBack)) this.route(route);
    for (const fork of forks) {
      const { x, y } = this.place(fork);
      this.parts.push(`<circle class="tip"${this.mark(fork.mark)} cx="${x}" cy="${y}" r="2.5"/>`);
    }
    for (const placed of layout.units.values()) this.unit(placed);
  }

  private place({ u, v }: Point): { readonly x: number; readonly y: number } {
    const [x, y] = [u + this.origin.u, v + this.origin.v];
    return this.isDown ? { x: fixed(y), y: fixed(x) } : { x: fixed(x), y: fixed(y) };
  }

  private mark({ node, edge }: Mark = {}): string {
    if (!this.isMarked) return "";
    return [["node", node] as const, ["edge", edge] as const]
      .map(([name, place]) => (place === undefined ? "" : ` data-${name}="${place}"`))
      .join("");
  }

  private text(
    text: string,
    x: number,
    y: number,
    size: number,
    anchor: "start" | "middle" | "end",
    kind = "",
    mark: Mark = {},
  ): string {
    const classes = kind === "" ? "" : ` class="${kind}"`;
    const at = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
    return `<text${classes}${this.mark(mark)} x="${fixed(x)}" y="${fixed(y)}" font-size="${size}"${at}>${escaped(text)}</text>`;
  }

  private route({ line, mark, isBack, hasArrow }: Route): void {
    const [kind, marked] = [isBack ? "back " : "", this.mark(mark)];
    const points = hasArrow ? shortened(line, SIZES.arrow - 1) : line;
    this.parts.push(`<path class="${kind}line"${marked} d="${this.path(points)}" stroke-width="1.3"/>`);
    if (hasArrow) this.parts.push(`<path class="${kind}tip"${marked} d="${this.tip(line)}"/>`);
  }

  private path(line: Line): string {
    const write = (point: Point) => {
      const { x, y } = this.place(point);
      return `${x} ${y}`;
    };
    const d = [`M${write(line[0] as Point)}`];
    for (let i = 1; i < line.length - 1; i++) {
      const [before, corner, behind] = line.slice(i - 1, i + 2) as [Point, Point, Point];
      const bend = Math.min(BEND, distance(before, corner) / 2, distance(corner, behind) / 2);
      if (bend < 0.5 || isStraight(before, corner, behind)) {
        d.push(`L${write(corner)}`);
        continue;
      }
      d.push(`L${write(toward(corner, before, bend))}Q${write(corner)} ${write(toward(corner, behind, bend))}`);
    }
    d.push(`L${write(line.at(-1) as Point)}`);
    return d.join("");
  }

  private tip(line: Line): string {
    const [before, end] = line.slice(-2) as [Point, Point];
    const length = distance(before, end) || 1;
    const [du, dv] = [(end.u - before.u) / length, (end.v - before.v) / length];
    const [along, half] = [SIZES.arrow, TIP];
    const corner = (side: number) => ({
      u: end.u - du * along - dv * half * side,
      v: end.v - dv * along + du * half * side,
    });
    const [a, b, c] = [end, corner(1), corner(-1)].map((point) => this.place(point)).map(({ x, y }) => `${x} ${y}`);
    return `M${a}L${b}L${c}Z`;
  }

  private unit({ unit, at }: PlacedUnit): void {
    const { head, lanes } = unit;
    this.parts.push(...this.head(unit, at));
    const start = at.u + (this.isDown ? head.height : head.width);
    lanes.forEach((lane, i) => {
      this.parts.push(...this.lane(lane, { u: start, v: at.v + laneOffset(unit, i) }));
    });
  }

  private head(unit: Unit, at: Point): string[] {
    const { kind, text, more, title, mark, width, height, inside } = unit.head;
    if (inside !== undefined) {
      const { x, y } = this.place({ u: at.u, v: at.v - height / 2 });
      return [`<g><title>${escaped(title)}</title>`, ...inside(x, y), "</g>"];
    }
    const along = this.isDown ? height : width;
    const { x, y } = this.place({ u: at.u + along / 2, v: at.v });
    const size = kind === "circle" || kind === "box" ? signSize(text) : kind === "tag" ? SIZES.small : SIZES.text;
    const shape: string[] = [];
    if (kind === "circle") shape.push(`<circle class="node" cx="${x}" cy="${y}" r="${SIZES.radius}"/>`);
    if (kind === "box" || kind === "group" || kind === "tag") {
      const face = faceOf(unit, this.isDown);
      const [w, h] = this.isDown ? [face, height] : [width, face];
      const round = kind === "tag" ? h / 2 : kind === "box" ? 8 : 3;
      shape.push(
        `<rect class="${kind === "tag" ? "tag" : "node"}" x="${fixed(x - w / 2)}" y="${fixed(y - h / 2)}" width="${fixed(w)}" height="${fixed(h)}" rx="${fixed(round)}"/>`,
      );
    }
    const above = (more.length * (SIZES.small + 2)) / 2;
    const texts = text === "" ? [] : [this.text(text, x, y - above + size * 0.35, size, "middle")];
    more.forEach((line, i) => {
      const baseline = y - above + size * 0.35 + (i + 1) * (SIZES.small + 2) + (size > SIZES.text ? 1 : 2);
      texts.push(this.text(line, x, baseline, SIZES.small, "middle", "faint"));
    });
    return [`<g${this.mark(mark)}><title>${escaped(title)}</title>`, ...shape, ...texts, "</g>"];
  }

  private lane(
    { edge, value, gradient, hasGradient, valueHeat, gradientHeat, end, length, tail }: Lane,
    at: Point,
  ): string[] {
    const mark = { edge: edge.index };
    const { text: size, line, apart, beside } = SIZES;
    const middle = this.place({ u: at.u + (length - tail) / 2, v: at.v });
    const beyond = apart + beside;
    const write = (lines: readonly string[], isGradient: boolean, heat: Heat | undefined): string[] =>
      lines.map((text, i) => {
        // Between the line and the texts is the strip.
        const off = beyond + (heat === undefined ? 0 : (this.isDown ? heat.width : heat.height) + HEAT_GAP);
        const kind = !isGradient ? "value" : hasGradient ? "gradient" : "faint";
        if (this.isDown) {
          const y = middle.y + (i - (lines.length - 1) / 2) * line + size * 0.35;
          return this.text(
            text,
            middle.x + (isGradient ? off : -off),
            y,
            size,
            isGradient ? "start" : "end",
            kind,
            mark,
          );
        }
        const y = isGradient ? middle.y + off + size * 0.75 + i * line : middle.y - off - (lines.length - 1 - i) * line;
        return this.text(text, middle.x, y, size, "middle", kind, mark);
      });
    const strip = (heat: Heat | undefined, side: -1 | 1): string[] => {
      if (heat === undefined) return [];
      const { width, height } = heat;
      const from = (size: number) => (side < 0 ? -beyond - size : beyond);
      const [x, y] = this.isDown ? [from(width), -height / 2] : [-width / 2, from(height)];
      const parts = heatParts(heat, fixed(middle.x + x), fixed(middle.y + y));
      const kind = side < 0 ? "value" : "gradient";
      return [this.isMarked ? `<g class="${kind}"${this.mark(mark)}>${parts}</g>` : parts];
    };
    const parts = [
      ...strip(valueHeat, -1),
      ...strip(gradientHeat, 1),
      ...write(value, false, valueHeat),
      ...write(gradient, true, gradientHeat),
    ];
    if (end !== undefined) {
      const { x, y } = this.place({ u: at.u + length - tail, v: at.v });
      if (this.isDown) parts.push(this.text(end, x, y + size + 2, size, "middle", "name", mark));
      else parts.push(this.text(end, x + 6, y + size * 0.35, size, "start", "name", mark));
    }
    return parts;
  }
}

/** Its end taken back, so that it does not come out of the point of the arrow. */
function shortened(line: Line, by: number): Line {
  const [before, end] = line.slice(-2) as [Point, Point];
  return [...line.slice(0, -1), toward(end, before, Math.min(by, distance(before, end) - 0.1))];
}
