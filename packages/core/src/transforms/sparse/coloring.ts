import type { Pattern } from "./pattern.js";

/** Groups of rows, or of columns: those of one colour have no element in common, so that their sum tells them apart. */
export interface Coloring {
  readonly by: "rows" | "columns";
  /** By the number of the row, or of the column. */
  readonly colors: Int32Array;
  readonly count: number;
}

/**
 * Colours the rows or the columns of a pattern, whichever needs fewer: greedily, those with most elements first.
 *
 * @see A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of sparse Jacobian matrices, 1974; A. H. Gebremedhin, F. Manne,
 * A. Pothen, What color is your Jacobian?, 2005
 */
export function coloringOf({ rows, columns }: Pattern, [m, n]: readonly [number, number]): Coloring {
  const [byRow, byColumn] = [grouped(rows, columns, m), grouped(columns, rows, n)];
  // As many as there are elements in one line across are needed at least.
  const [forRows, forColumns] = [largest(byColumn), largest(byRow)];
  const first = forRows <= forColumns ? "rows" : "columns";
  // Where all lines meet each has its own colour, which need not be found out.
  const each = (by: Coloring["by"], count: number) => ({
    by,
    colors: Int32Array.from({ length: count }, (_, i) => i),
    count,
  });
  if (forRows >= m && forColumns >= n) return m <= n ? each("rows", m) : each("columns", n);
  const color = (by: Coloring["by"]) => (by === "rows" ? colored(by, byRow, byColumn) : colored(by, byColumn, byRow));
  const made = color(first);
  if (made.count <= Math.max(forRows, forColumns)) return made;
  const other = color(first === "rows" ? "columns" : "rows");
  return other.count < made.count ? other : made;
}

/** For each line of one direction, the places of its elements in the other. */
function grouped(lines: Int32Array, places: Int32Array, count: number): readonly (readonly number[])[] {
  const groups = Array.from({ length: count }, (): number[] => []);
  lines.forEach((line, i) => {
    groups[line]?.push(places[i] as number);
  });
  return groups;
}

function largest(groups: readonly (readonly number[])[]): number {
  return groups.reduce((most, { length }) => Math.max(most, length), 0);
}

function colored(
  by: Coloring["by"],
  own: readonly (readonly number[])[],
  across: readonly (readonly number[])[],
): Coloring {
  const colors = new Int32Array(own.length).fill(-1);
  const order = own.map((_, i) => i).sort((a, b) => (own[b]?.length ?? 0) - (own[a]?.length ?? 0));
  /** By colour: the last line that may not have it. */
  const taken: number[] = [];
  for (const line of order) {
    for (const place of own[line] ?? []) {
      for (const neighbour of across[place] ?? []) {
        const color = colors[neighbour] as number;
        if (color >= 0) taken[color] = line;
      }
    }
    let color = 0;
    while (color < taken.length && taken[color] === line) color++;
    if (color === taken.length) taken.push(-1);
    colors[line] = color;
  }
  return { by, colors, count: taken.length };
}
