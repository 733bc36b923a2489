import type { Layout } from "../layout.js";
import { drawAt } from "../render.js";
import { fixed } from "../svg.js";
import { escaped, fitted, shortened, textWidth } from "../text.js";
import {
  type Diagram,
  type Head,
  type Lane,
  laneWith,
  SIZES,
  textHead,
  type Unit,
  unitOf,
  type Wire,
} from "../units.js";

/** Around what is in a cell, for its title, and between the rows in it. */
const PAD = 10;
const TITLE = 24;
const BETWEEN = 14;
/** Titles of cells and of the parts in them. */
const TITLE_SIZE = SIZES.small + 1;
/** How much wider a text is when it is bold. */
export const BOLD = 1.1;

/** A line that leaves a unit. */
export interface Out {
  /** What a tag calls it where it goes on in another row: letters where it has no name. */
  readonly name: string | undefined;
  readonly key: string;
  /** Above the line, and below it. */
  readonly lines: readonly string[];
  readonly below?: readonly string[];
  /** Behind its end: what it is when the program has run. */
  readonly end?: string | undefined;
  readonly isUsed: boolean;
}

/** Of a line without a text. */
const SHORT = 16;

export function laneOf({ name, key, lines, below = [], end, isUsed }: Out): Lane {
  const shown = end === undefined ? undefined : shortened(end);
  return laneWith(
    {
      edge: name === undefined ? { label: key, name: undefined } : { label: name, name },
      value: [...(shown !== undefined && isUsed ? [shown] : []), ...lines],
      gradient: below,
      hasGradient: false,
      end: isUsed ? undefined : shown,
      isOutput: end !== undefined,
    },
    false,
    SHORT,
  );
}

/** A diagram that is being put together. */
export class Assembly {
  private readonly units: Unit[] = [];
  private readonly wires: Wire[] = [];
  private readonly gap: number;

  /** @param gap how far ranks are apart, in pixels */
  constructor(gap: number) {
    this.gap = gap;
  }

  add(head: Head, lanes: readonly Lane[], isLeaf = false): Unit {
    const unit = unitOf(this.units.length, head, lanes, [], isLeaf, false);
    this.units.push(unit);
    return unit;
  }

  number(text: string): Unit {
    return this.add(textHead("number", text, text), [], true);
  }

  connect(from: Unit, lane: number, to: Unit): void {
    this.wires.push({ from, lane, to, hasGradient: false });
  }

  get isEmpty(): boolean {
    return this.units.length === 0;
  }

  diagram(): Diagram {
    return { units: this.units, wires: this.wires, isDown: false, gap: this.gap };
  }
}

/** How long the tag of a line that goes on in another row is, about. */
const TAG = 34;

/** How wide the picture in a cell may be, so that it and the lines into it and out of it fit a row. */
export function roomInside(most: number, { lanes, sources, gap }: Around): number {
  const out = Math.max(0, ...lanes.map(({ length }) => length));
  const lead = Math.max(TAG, ...sources.map(({ isLeaf, length }) => (isLeaf ? length : 0)));
  const goesOn = lanes.some(({ end }) => end === undefined) ? gap + TAG : 0;
  return Math.max(LEAST, most - out - lead - gap - goesOn - 2 * PAD);
}

/** The least that a cell's picture is given. */
const LEAST = 150;

/** What is around a cell: the lines that leave it, what leads into it, and how far that is away. */
export interface Around {
  readonly lanes: readonly Lane[];
  readonly sources: readonly Unit[];
  readonly gap: number;
}

/** Rows of a cell, and what they are. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Layout[];
}

interface CellText {
  readonly title: string;
  /** What a reader is told who points at it. */
  readonly hover: string;
  /** Lines of text in the place of a picture. */
  readonly lines?: readonly string[];
}

/** A frame with a picture of its own in it, as high as the lines that end and begin at it need. */
export function cellHead(
  { title, hover, lines = [] }: CellText,
  sections: readonly Section[],
  { lanes, sources }: Around,
): Head {
  const rows = sections.flatMap((section) => section.rows);
  const content = Math.max(
    0,
    ...rows.map(({ length }) => length),
    ...lines.map((line) => textWidth(line, SIZES.small)),
  );
  const titles = [title, ...sections.map((section) => section.title)].map((text) => BOLD * textWidth(text, TITLE_SIZE));
  const width = Math.max(content, ...titles) + 2 * PAD;
  let bottom = TITLE + lines.length * SIZES.line;
  for (const section of sections) {
    if (section.title !== "") bottom += TITLE;
    for (const { breadth } of section.rows) bottom += breadth + BETWEEN;
  }
  bottom += rows.length > 0 ? PAD - BETWEEN : lines.length > 0 ? PAD / 2 : 4;
  const least = lanes.reduce((sum, { half }) => sum + 2 * half, 0);
  const height = Math.max(bottom, least, sources.length * SIZES.line + PAD);
  const inside = (x: number, y: number): string[] => {
    const parts = [
      `<rect class="cell" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}" rx="6"/>`,
      textAt(title, x + PAD, y + 14, TITLE_SIZE, "title"),
    ];
    // In the middle of what room is left.
    let top = y + TITLE + (height - bottom) / 2;
    lines.forEach((line, i) => {
      parts.push(textAt(line, x + PAD, top + 10 + i * SIZES.line, SIZES.small, "faint"));
    });
    top += lines.length * SIZES.line;
    for (const section of sections) {
      if (section.title !== "") {
        parts.push(
          `<path class="rule" d="M${fixed(x)} ${fixed(top)}h${fixed(width)}"/>`,
          textAt(fitted(section.title, width - 2 * PAD, TITLE_SIZE), x + PAD, top + 14, TITLE_SIZE, "faint"),
        );
        top += TITLE;
      }
      for (const row of section.rows) {
        parts.push(...drawAt(row, x + PAD, top));
        top += row.breadth + BETWEEN;
      }
    }
    return parts;
  };
  return { kind: "cell", text: title, more: [], title: hover, width, height, inside };
}

export function textAt(text: string, x: number, y: number, size: number, kind: string, anchor = "start"): string {
  const at = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${fixed(x)}" y="${fixed(y)}" font-size="${size}"${at}>${escaped(text)}</text>`;
}
