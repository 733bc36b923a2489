import { ChainruleError, checkOptions, show } from "@chainrule/core";
import { checkSetting, isRecord } from "../checks.js";
import type { Settings } from "../training/snapshot.js";
import type { ClassificationOptions } from "./predictions.js";
import type { ReportRecorder } from "./recorder.js";

/** What has come to a report: a step, an evaluation, the start or the end of the run. */
export type ReportEvent = "start" | "step" | "evaluation" | "end";

/** Where a report goes while it grows, such as `ReportFile` and `serveReport` of `@chainrule/pages/node`. */
export interface ReportTarget {
  readonly update: (report: ReportRecorder, event: ReportEvent) => void | Promise<void>;
}

export interface RecorderOptions<B = unknown> {
  /** Default "Training". */
  readonly title?: string | undefined;
  /**
   * A batch, the same at each look, whose activations and gradients are recorded, such as the first 200 rows of what is tested on. It
   * is run op by op in the form of evaluation. Without one there are the parameters alone.
   */
  readonly probe?: B | undefined;
  /** Of networks that tell classes apart: a confusion matrix, and the rows that are most wrong. */
  readonly classification?: ClassificationOptions<B> | undefined;
  /** A picture of the graph: an SVG, as `toSvg` of `@chainrule/pictures` gives it. */
  readonly graph?: string | undefined;
  /** Shown with the settings that the trainer knows, and in their place where they have their name. */
  readonly settings?: Settings | undefined;
  /** The seed of the run, which is shown. */
  readonly seed?: number | bigint | string | undefined;
  /** More versions than those of this package and of what it runs in. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** The command that repeats the run. */
  readonly command?: string | undefined;
  /** Where the report goes. */
  readonly targets?: readonly ReportTarget[] | undefined;
  /** How many looks are kept: of more, every other one, again and again. Default 60. */
  readonly looks?: number | undefined;
}

const optionNames = [
  "title",
  "probe",
  "classification",
  "graph",
  "settings",
  "seed",
  "versions",
  "command",
  "targets",
  "looks",
] as const satisfies readonly (keyof RecorderOptions)[];

/** Refuses what is unknown or impossible. */
export function checkRecorderOptions(options: RecorderOptions): void {
  const op = "ReportRecorder";
  checkOptions(op, options ?? null, optionNames);
  const { title, classification, graph, command, settings, versions, targets, looks = 60 } = options;
  for (const [name, text] of Object.entries({ title, graph, command })) {
    if (text !== undefined && typeof text !== "string") {
      throw new ChainruleError(`${op}: ${name} is a text, got ${show(text)}`);
    }
  }
  for (const [name, record] of Object.entries({ settings, versions })) {
    if (record !== undefined && (typeof record !== "object" || record === null || Array.isArray(record))) {
      throw new ChainruleError(`${op}: ${name} is a record, such as { hidden: 50 }, got ${show(record)}`);
    }
  }
  if (graph !== undefined && !graph.trimStart().startsWith("<svg")) {
    throw new ChainruleError(`${op}: graph is an SVG, such as toSvg(loss), got ${show(graph)}`);
  }
  checkSetting(op, "looks", looks, () => Number.isSafeInteger(looks) && looks >= 2, "a whole number of at least 2");
  if (classification !== undefined) checkClassification(classification);
  if (targets === undefined) return;
  if (!Array.isArray(targets)) throw new ChainruleError(`${op}: targets are a list, got ${show(targets)}`);
  for (const target of targets as readonly unknown[]) {
    if (isRecord(target) && typeof target["update"] === "function") continue;
    throw new ChainruleError(
      `${op}: a target has update, as new ReportFile("report.html") of @chainrule/pages/node, got ${show(target)}`,
    );
  }
}

function checkClassification(classification: ClassificationOptions<unknown>): void {
  const op = "ReportRecorder: classification";
  checkOptions(op, classification, ["evaluation", "labels", "scores", "names", "show", "mistakes"]);
  const { evaluation, labels, scores, names, show: shown, mistakes = 48 } = classification;
  if (typeof evaluation !== "string") {
    throw new ChainruleError(`${op}: evaluation is the name of one, such as "test", got ${show(evaluation)}`);
  }
  for (const [name, f] of Object.entries({ labels, scores, show: shown })) {
    if (typeof f === "function" || (f === undefined && name !== "labels")) continue;
    throw new ChainruleError(`${op}: ${name} is a function of a batch, got ${show(f)}`);
  }
  if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === "string"))) {
    throw new ChainruleError(`${op}: names are a list of texts, got ${show(names)}`);
  }
  checkSetting(
    op,
    "mistakes",
    mistakes,
    () => Number.isSafeInteger(mistakes) && mistakes >= 0,
    "a whole number of at least 0",
  );
}
