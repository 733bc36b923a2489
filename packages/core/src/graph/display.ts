import type { DType, TypedArray } from "../dtype.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** The symbol by which Deno's kernel for Jupyter asks a value how it is shown: as text by the types of media. */
export const display: unique symbol = Symbol.for("Jupyter.display") as typeof display;

/** Up to how many rows and columns are shown, of more the first and the last ones. */
const MOST = 20;

/** Which of `size` places are shown, `null` for those that are left out. */
function shown(size: number): (number | null)[] {
  if (size <= MOST) return Array.from({ length: size }, (_, i) => i);
  const half = MOST / 2;
  const ends = Array.from({ length: half }, (_, i) => i);
  return [...ends, null, ...ends.map((i) => size - half + i)];
}

/** A vector or a matrix as a table: numbers to six digits, on the colour of their sign, the stronger the greater; `null` for others. */
export function tableOf(name: string | undefined, array: TypedArray, shape: Shape, dtype: DType): string | null {
  if (shape.length < 1 || shape.length > 2 || array.length === 0) return null;
  const columns = shape.at(-1) as number;
  let most = 0;
  for (const value of array) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  const cell = (value: number): string => {
    const strength = Number.isFinite(value) ? Math.abs(value) / (most || 1) : 0;
    const colour = value > 0 ? "230,120,20" : "40,120,230";
    // Half of it at most: the text is to be read in the light and in the dark.
    const style = strength === 0 ? "" : ` style="background:rgba(${colour},${(strength / 2).toFixed(2)})"`;
    return `<td${style}>${dtype === "bool" ? value === 1 : Number(value.toPrecision(6))}</td>`;
  };
  const row = (y: number | null): string => {
    const cells = shown(columns).map((x) =>
      x === null || y === null ? "<td>\u2026</td>" : cell(array[y * columns + x] as number),
    );
    return `<tr>${cells.join("")}</tr>`;
  };
  const title = `${name === undefined ? "" : `${escaped(name)}: `}${dtype} ${formatShape(shape)}`;
  return `<table><caption>${title}</caption><tbody>${shown(array.length / columns)
    .map(row)
    .join("")}</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
