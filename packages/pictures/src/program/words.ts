import { formatShape, type ProgramBuffer, type ProgramValue } from "@chainrule/core";
import { textWidth } from "../text.js";

/** "314 kB": three digits. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  // 999.6 kB would be written as 1000 kB.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

/** The shape, behind the dtype where that is not the default; nothing for a number of a kind that is clear. */
export function kindText({ dtype, shape }: Pick<ProgramValue | ProgramBuffer, "dtype" | "shape">): string {
  const kind = dtype === "float64" ? "" : dtype;
  if (shape.length === 0) return dtype === "bool" ? "" : kind;
  return kind === "" ? formatShape(shape) : `${kind} ${formatShape(shape)}`;
}

/** A text in lines that are no wider than there is room, as far as its words allow. */
export function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || textWidth(longer, size) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** "1 kernel", "3 kernels" */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
