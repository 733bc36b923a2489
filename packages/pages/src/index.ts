export type { Language } from "./language.js";
export { type StepperOptions, stepper } from "./stepper/stepper.js";
export { type TrainingReportOptions, trainingReport } from "./training-report.js";
