// Which suites run which places of the source, by V8's coverage of blocks.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * For each compiled file, by its path from the root, the stretches of its text that ran, as [from, to] in order: of all
 * processes that wrote into a folder.
 *
 * @returns {Record<string, [number, number][]>}
 */
export function readCoverage(root, folder) {
  const ran = {};
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    for (const { url, functions } of result) {
      const path = url.startsWith("file:") ? fileURLToPath(url.replace(/[?#].*$/, "")) : "";
      if (!path.startsWith(`${root}/packages/`)) continue;
      const file = path.slice(root.length + 1);
      ran[file] = union(ran[file] ?? [], stretches(functions.flatMap(({ ranges }) => ranges)));
    }
  }
  rmSync(folder, { recursive: true });
  return ran;
}

/** Nested ranges with counts as the stretches in which the innermost range has one. */
function stretches(ranges) {
  const sorted = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const found = [];
  const open = [];
  let at = 0;
  const advance = (to) => {
    if (to > at && (open.at(-1)?.count ?? 0) > 0) found.push([at, to]);
    at = Math.max(at, to);
  };
  for (const range of sorted) {
    while (open.length > 0 && open.at(-1).endOffset <= range.startOffset) {
      advance(open.at(-1).endOffset);
      open.pop();
    }
    advance(range.startOffset);
    open.push(range);
  }
  while (open.length > 0) {
    advance(open.at(-1).endOffset);
    open.pop();
  }
  return found;
}

function union(a, b) {
  const all = [];
  for (const [from, to] of [...a, ...b].sort(([x], [y]) => x - y)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** Whether some of a stretch of a file's text ran. */
export function covers(coverage, file, from, to = from + 1) {
  return (coverage[file] ?? []).some(([start, end]) => start < to && from < end);
}
