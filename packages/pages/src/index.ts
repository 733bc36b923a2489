export { type StepperOptions, stepper } from "./stepper/stepper.js";
export type { Language } from "./stepper/words.js";
