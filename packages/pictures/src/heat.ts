import type { Tensor } from "@chainrule/core";
import { numberText } from "./describe.js";
import { escaped } from "./text.js";

/** A cell of a heat strip, in pixels; and how many there are at most. */
const CELL = 6;
const MOST = { rows: 6, columns: 16 } as const;
/** How many steps there are from the colour of 0 to the strongest. */
const LEVELS = 8;

/** The elements of a tensor as a small grid of colours. */
export interface Heat {
  readonly rows: number;
  readonly columns: number;
  /** Row by row: from -8 to 8, NaN for what is none of these. */
  readonly levels: readonly number[];
  /** What a screen reader says. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

/**
 * The grid of a tensor of several elements: its last axis from left to right, all others from top to bottom. The strongest colours are those
 * of the greatest absolute value, so that 0 is in the middle. A cell of a larger tensor is the mean of a block.
 */
export function heatOf(t: Tensor, what: string, digits: number): Heat | undefined {
  if (t.size < 2) return undefined;
  const width = t.shape.at(-1) ?? 1;
  const [rows, columns] = [Math.min(t.size / width, MOST.rows), Math.min(width, MOST.columns)];
  const values = means(t.data, t.size / width, width, rows, columns);
  const most = values.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 0);
  const level = (value: number) => {
    if (!Number.isFinite(value)) return Math.sign(value) * LEVELS;
    return most === 0 ? 0 : Math.round((value / most) * LEVELS) + 0;
  };
  const isWhole = values.length === t.size;
  const odd = values.filter((value) => !Number.isFinite(value)).length;
  const range = `colours from ${numberText(-most, digits)} to ${numberText(most, digits)}`;
  return {
    rows,
    columns,
    levels: values.map(level),
    title: `${what} ${t.shape.join(" \u00d7 ")}${isWhole ? "" : `, means in ${rows} \u00d7 ${columns} cells`}; ${range}${odd === 0 ? "" : `, ${odd} of ${values.length} not finite`}`,
    width: columns * CELL,
    height: rows * CELL,
  };
}

/** A matrix as a smaller one, of the means of its blocks. */
function means(data: Tensor["data"], height: number, width: number, rows: number, columns: number): number[] {
  const begin = (i: number, of: number, parts: number) => Math.floor((i * of) / parts);
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let [sum, count] = [0, 0];
    for (let y = begin(row, height, rows); y < begin(row + 1, height, rows); y++) {
      for (let x = begin(column, width, columns); x < begin(column + 1, width, columns); x++) {
        sum += data[y * width + x] as number;
        count++;
      }
    }
    return sum / count;
  });
}

/** The grid with its upper left corner at a point: all cells of one colour are one path. */
export function heatParts(heat: Heat, x: number, y: number): string {
  const { columns, levels, title, width, height } = heat;
  const paths = new Map<number, string>();
  levels.forEach((level, i) => {
    if (level === 0) return;
    const d = `M${(i % columns) * CELL} ${Math.floor(i / columns) * CELL}h${CELL}v${CELL}h${-CELL}z`;
    paths.set(level, (paths.get(level) ?? "") + d);
  });
  const cells = [...paths].map(([level, d]) => {
    const kind = Number.isNaN(level) ? "nan" : level > 0 ? "above" : "below";
    const opacity = Number.isNaN(level) ? 1 : Math.abs(level) / LEVELS;
    return `<path class="${kind}"${opacity === 1 ? "" : ` fill-opacity="${opacity}"`} d="${d}"/>`;
  });
  return `<g class="heat" transform="translate(${x} ${y})"><title>${escaped(title)}</title><rect class="cells" width="${width}" height="${height}"/>${cells.join("")}</g>`;
}
