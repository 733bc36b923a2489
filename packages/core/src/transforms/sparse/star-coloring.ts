import type { Coloring } from "./coloring.js";
import type { Pattern } from "./pattern.js";

/** Colours for the rows of a symmetric matrix, and for each element of its pattern the sum in which it stands alone. */
export interface StarColoring extends Coloring {
  /** The row whose colour the sum is of, by element. */
  readonly lines: Int32Array;
  /** The column of the sum. */
  readonly across: Int32Array;
}

/** How many pairs of neighbours are looked at: seconds. */
const MOST = 5e7;

/**
 * Colours the rows of a symmetric pattern so that of two elements that mirror each other one stands alone in its sum; `null` where the
 * pattern is not symmetric, or very dense. A star coloring: neighbours differ, and so do three of any four on a path. Greedy, those with most elements
 * first. An arrow, whose columns all meet in one row, takes two colours.
 *
 * @see A. H. Gebremedhin, A. Tarafdar, F. Manne, A. Pothen, New acyclic and star coloring algorithms with application to computing
 * Hessians, 2007
 */
export function starColoringOf(pattern: Pattern, size: number): StarColoring | null {
  const neighbours = neighboursOf(pattern, size);
  if (neighbours === null || neighbours.reduce((sum, { size }) => sum + size * size, 0) > MOST) return null;
  const colors = new Int32Array(size).fill(-1);
  const order = neighbours.map((_, i) => i).sort((a, b) => (neighbours[b]?.size ?? 0) - (neighbours[a]?.size ?? 0));
  const near = (v: number) => neighbours[v] as ReadonlySet<number>;
  const colorOf = (v: number) => colors[v] as number;
  /** By colour: the last one that may not have it. */
  const taken: number[] = [];
  for (const v of order) {
    for (const w of near(v)) {
      if (colorOf(w) >= 0) taken[colorOf(w)] = v;
      for (const x of near(w)) {
        if (x === v || colorOf(x) < 0) continue;
        if (colorOf(w) < 0 || hasOther(near(x), w, colorOf(w), colors)) taken[colorOf(x)] = v;
      }
    }
    let color = 0;
    while (color < taken.length && taken[color] === v) color++;
    if (color === taken.length) taken.push(-1);
    colors[v] = color;
  }
  return { by: "rows", colors, count: taken.length, ...alone(pattern, colors, neighbours) };
}

/** Whether another of these has the colour. */
function hasOther(among: ReadonlySet<number>, own: number, color: number, colors: Int32Array): boolean {
  for (const each of among) if (each !== own && colors[each] === color) return true;
  return false;
}

/** For each row the columns of its other elements; `null` where some element has no mirror. */
function neighboursOf({ rows, columns }: Pattern, size: number): readonly ReadonlySet<number>[] | null {
  const neighbours = Array.from({ length: size }, () => new Set<number>());
  rows.forEach((row, i) => {
    if (row !== columns[i]) neighbours[row]?.add(columns[i] as number);
  });
  const isSymmetric = rows.every((row, i) => row === columns[i] || neighbours[columns[i] as number]?.has(row) === true);
  return isSymmetric ? neighbours : null;
}

/** An element stands alone in the sum of its column's colour, in its own row, unless that row has another of the colour. */
function alone(
  { rows, columns }: Pattern,
  colors: Int32Array,
  neighbours: readonly ReadonlySet<number>[],
): { readonly lines: Int32Array; readonly across: Int32Array } {
  const isAlone = rows.map((row, i) => {
    const column = columns[i] as number;
    const isTwice = hasOther(neighbours[row] as ReadonlySet<number>, column, colors[column] as number, colors);
    return row === column || !isTwice ? 1 : 0;
  });
  return {
    lines: rows.map((row, i) => (isAlone[i] === 1 ? (columns[i] as number) : row)),
    across: rows.map((row, i) => (isAlone[i] === 1 ? row : (columns[i] as number))),
  };
}
