import { ChainruleError, checkNoMore, checkOptions, show } from "@chainrule/core";
import type { ReportData } from "@chainrule/nn";
import { reportClient } from "./clients.js";
import type { Language } from "./language.js";
import { escaped, page } from "./page.js";

export interface TrainingReportOptions {
  /** The language of the page's own words. Default "en". */
  readonly lang?: Language | undefined;
}

const withoutScript: Readonly<Record<Language, string>> = {
  en: "This report is drawn by its own script, which does not run here.",
  ko: "이 보고서는 페이지 안의 스크립트가 그리는데, 여기서는 스크립트가 실행되지 않습니다.",
  ja: "このレポートは付属のスクリプトで描画されますが、ここではスクリプトが実行されません。",
};

/**
 * A report of a training run as one HTML file: curves that can be zoomed, distributions of weights, gradients and activations over time,
 * dead units, the confusion matrix, the rows that are most wrong, the graph, settings and the command that repeats the run. It needs
 * nothing else, and its content security policy lets nothing be loaded.
 *
 * @param data of a `ReportRecorder` of `@chainrule/nn`, or parsed from the JSON of such data
 * @returns the text of the file
 * @throws ChainruleError for what is no such data, or options that are not known
 *
 * @example
 * const html = trainingReport(new ReportRecorder({ title: "Exclusive or", seed: 1 }).data());
 * html.startsWith("<!doctype html>"); // true
 * html.includes("<h1>Exclusive or</h1>"); // true
 */
export function trainingReport(data: ReportData, options: TrainingReportOptions = {}, ...none: []): string {
  checkNoMore("trainingReport", none);
  return reportPage("trainingReport", data, options, false);
}

/** The page of a report, which goes on to ask its server for what has come since where it is live. */
export function reportPage(op: string, data: ReportData, options: TrainingReportOptions, isLive: boolean): string {
  const lang = languageOf(op, options);
  const { format, version, title } = (data ?? {}) as Partial<ReportData>;
  if (format !== "chainrule training report" || version !== 1 || typeof title !== "string") {
    throw new ChainruleError(
      `${op}: takes the data of a report, as new ReportRecorder().data() gives it, got ${show(data)}`,
    );
  }
  return page({
    title,
    lang,
    client: reportClient,
    data: { report: data, isLive },
    body: `<header><h1>${escaped(title)}</h1></header>\n<main><noscript><p>${withoutScript[lang]}</p></noscript></main>`,
    ...(isLive && { connect: "'self'" }),
  });
}

export function languageOf(op: string, options: TrainingReportOptions): Language {
  checkOptions(op, options, ["lang"]);
  const { lang = "en" } = options;
  if (Object.hasOwn(withoutScript, lang)) return lang;
  throw new ChainruleError(`${op}: lang ${show(lang)}: "en", "ko" or "ja" is meant`);
}
