/** What the examples print: a line for each number, "name, ours, the source's, ok"; one that is not met makes the exit code 1. */

const widths = { name: 50, ours: 24, source: 32 };
let headed = false;

/** A number beside the source's: as close as `tolerance`, a relative 1e-12 unless said otherwise. */
export function compare(
  name: string,
  ours: number | undefined,
  source: number,
  tolerance = 1e-12 * Math.abs(source),
): void {
  check(name, ours ?? "none", source, ours !== undefined && Math.abs(ours - source) <= tolerance);
}

/** Anything else beside what it has to be, in words such as "at most 1e-9". */
export function check(name: string, ours: number | string, wanted: number | string, ok: boolean): void {
  if (!headed) line("", "ours", "source or bound", "");
  headed = true;
  line(name, String(ours), String(wanted), ok ? "ok" : "NOT MET");
  if (!ok) process.exitCode = 1;
}

/** A heading between groups of lines. */
export function section(title: string): void {
  console.log(`\n${title}`);
}

function line(name: string, ours: string, wanted: string, verdict: string): void {
  console.log(
    `  ${name.padEnd(widths.name)} ${ours.padEnd(widths.ours)} ${wanted.padEnd(widths.source)} ${verdict}`.trimEnd(),
  );
}
