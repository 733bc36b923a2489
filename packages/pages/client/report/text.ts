import { lang } from "./words.js";

const whole = new Intl.NumberFormat(lang);
const percents = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(lang, { maximumSignificantDigits: 4 });

export const count = (value: number): string => whole.format(value);

/** A number in a few digits; a dash for none. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace("-", "−").replace("e−", "e-");
  return short.format(value).replace("-", "−");
}

export const percent = (share: number): string => percents.format(share);

/** "4.2 s" or "1 min 05 s" */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const all = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(rest)} s`;
}

/** The shape of a tensor. */
export const shape = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;
