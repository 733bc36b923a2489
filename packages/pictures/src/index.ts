export { type Displayed, display } from "./display.js";
export type { Groups } from "./grouping.js";
export { type ProgramSvgOptions, programToSvg } from "./program/program-to-svg.js";
export type { Theme } from "./theme.js";
export { type SvgOptions, toSvg } from "./to-svg.js";
