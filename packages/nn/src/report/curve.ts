import { type ReportData, rounded } from "./report-data.js";

/** More points are no use in a picture. */
const most = 20_000;

/** The losses, or of many the means over some steps each. */
export function curveOf(losses: readonly number[]): ReportData["losses"] {
  let every = 1;
  while (losses.length / every > most) every *= 2;
  const values: (number | null)[] = [];
  for (let start = 0; start < losses.length; start += every) {
    const end = Math.min(losses.length, start + every);
    let sum = 0;
    for (let i = start; i < end; i++) sum += losses[i] as number;
    values.push(rounded(sum / (end - start), 5));
  }
  return { every, values };
}
