import { ChainruleError, checkNoMore, show } from "@chainrule/core";
import type { ReportEvent, ReportRecorder, ReportTarget } from "@chainrule/nn";
import { writeFileAtomically } from "@chainrule/nn/node";
import { languageOf, type TrainingReportOptions, trainingReport } from "../training-report.js";

/** An evaluation is written so long after the last one, in milliseconds: a run that is killed leaves a report that is not much older. */
const between = 15_000;

/**
 * The report of a run as a file, a target of a `ReportRecorder`: written when the run is over, however it ended, and at evaluations
 * now and then. All or nothing, as `writeFileAtomically` writes.
 *
 * @example
 * const report = new ReportRecorder({ title: "My run", targets: [new ReportFile("/tmp/chainrule-report.html", { lang: "ko" })] });
 *
 * @throws ChainruleError for options that are not known; later DataError when the file cannot be written
 */
export class ReportFile implements ReportTarget {
  readonly path: string;
  private readonly options: TrainingReportOptions;
  private written = performance.now();

  constructor(path: string, options: TrainingReportOptions = {}, ...none: []) {
    checkNoMore("ReportFile", none);
    if (typeof path !== "string" || path === "") {
      throw new ChainruleError(
        `ReportFile: takes the path of a file, as new ReportFile("report.html"), got ${show(path)}`,
      );
    }
    languageOf("ReportFile", options);
    this.path = path;
    this.options = options;
  }

  update(report: ReportRecorder, event: ReportEvent, ...none: []): void {
    checkNoMore("ReportFile.update", none);
    const isDue = event === "evaluation" && performance.now() - this.written > between;
    if (event !== "end" && !isDue) return;
    writeFileAtomically(this.path, trainingReport(report.data(), this.options));
    this.written = performance.now();
  }
}
