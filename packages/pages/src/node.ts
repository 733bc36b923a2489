export { ReportFile } from "./node/report-file.js";
export { type LiveReport, type ServeReportOptions, serveReport } from "./node/serve-report.js";
