import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inTheWay, makeFolder } from "@chainrule/nn/node";
import { reasonOf, Stop } from "./stop.js";

/** What a run writes besides its checkpoint. */
export const resultFiles = {
  loss: "loss.svg",
  accuracy: "accuracy.svg",
  dot: "step.dot",
  graph: "step.svg",
  report: "report.html",
  weights: "weights.safetensors",
} as const;

/**
 * Makes the folder if it is not there, and finds out whether the files can be written, before there is anything to lose.
 *
 * @throws Stop (2) if not
 */
export function prepareFolder(out: string, files: readonly string[]): void {
  const probe = join(out, `.probe.${process.pid}.tmp`);
  try {
    makeFolder(out);
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new Stop(2, `--out ${out}: cannot be written to: ${reasonOf(error)}`);
  }
  for (const file of files) {
    const kind = inTheWay(file);
    if (kind !== null) throw new Stop(2, `${file}: is in the way: it is ${kind}`);
  }
}
