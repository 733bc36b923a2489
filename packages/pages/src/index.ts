export { type StepperOptions, stepper } from "./stepper/stepper.js";
export type { Language } from "./stepper/words.js";
export { type ReportLanguage, type TrainingReportOptions, trainingReport } from "./training-report.js";
