/** What the examples print: a line for each number, "name, ours, the source's, ok"; one that is not met makes the exit code 1. */

/** A number that an example found, beside what it has to be. */
export interface Finding {
  readonly name: string;
  readonly ours: string;
  readonly wanted: string;
  readonly ok: boolean;
}

const found: Finding[] = [];

/** All that was compared and checked so far. */
export function findings(): readonly Finding[] {
  return found;
}

const widths = { name: 50, ours: 24, wanted: 32 };
/** How wide a text may be. */
const columns = 110;

/** A number beside the source's: as close as `tolerance`, a relative 1e-12 unless said otherwise. */
export function compare(
  name: string,
  ours: number | undefined,
  source: number,
  tolerance = 1e-12 * Math.abs(source),
): void {
  check(name, ours ?? "none", source, ours !== undefined && Math.abs(ours - source) <= tolerance);
}

/** Keeps a number that is printed in another way. */
export function keep(finding: Finding): void {
  found.push(finding);
}

/** Anything else beside what it has to be, in words such as "at most 1e-9". */
export function check(name: string, ours: number | string, wanted: number | string, ok: boolean): void {
  if (found.length === 0) line("", "ours", "source or bound", "");
  keep({ name, ours: String(ours), wanted: String(wanted), ok });
  line(name, String(ours), String(wanted), ok ? "ok" : "NOT MET");
  if (!ok) process.exitCode = 1;
}

/** A heading between groups of lines. */
export function section(title: string): void {
  console.log(`\n${title}`);
}

/** What to see in the numbers: one text, given in parts, broken into lines. */
export function note(...parts: readonly string[]): void {
  let current = " ";
  for (const word of parts.join(" ").trim().split(/\s+/)) {
    if (current.length + 1 + word.length > columns) {
      console.log(current);
      current = " ";
    }
    current += ` ${word}`;
  }
  console.log(current);
}

function line(name: string, ours: string, wanted: string, verdict: string): void {
  console.log(
    `  ${name.padEnd(widths.name)} ${ours.padEnd(widths.ours)} ${wanted.padEnd(widths.wanted)} ${verdict}`.trimEnd(),
  );
}
