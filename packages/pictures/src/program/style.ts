import { styleOf, type Theme, themed } from "../theme.js";

/** Colours of what pictures of programs have besides those of graphs; texts stand on all of the light ones. */
interface Tints {
  readonly cell: string;
  readonly edge: string;
  readonly temporary: string;
  readonly scratch: string;
  readonly input: string;
  readonly capture: string;
  readonly output: string;
  readonly line: string;
  readonly read: string;
  readonly write: string;
}

const light: Tints = {
  cell: "#f7f9fc",
  edge: "#7d8ba0",
  temporary: "#cfe0f5",
  scratch: "#e6e8eb",
  input: "#d5ecd8",
  capture: "#f8e3bd",
  output: "#f6d3e0",
  line: "#d9dee5",
  read: "#4a7ab5",
  write: "#c2185b",
};

const dark: Tints = {
  cell: "#1b2028",
  edge: "#6c7b8f",
  temporary: "#24466e",
  scratch: "#3a3f47",
  input: "#20512b",
  capture: "#5e4513",
  output: "#662a45",
  line: "#333b46",
  read: "#7db2f0",
  write: "#ff80ab",
};

/** The rules of one picture of a program. */
export function programStyle(theme: Theme, scope: string): string {
  const rules = themed(theme, { light, dark }, (of) => [
    `.${scope} .cell { fill: ${of.cell}; stroke: ${of.edge}; }`,
    `.${scope} .title { font-weight: bold; }`,
    `.${scope} .rule, .${scope} .grid { fill: none; stroke: ${of.line}; }`,
    `.${scope} .axis, .${scope} .bracket { fill: none; stroke: ${of.edge}; }`,
    `.${scope} .hover { fill: transparent; }`,
    `.${scope} .bar { stroke: ${of.edge}; stroke-width: 0.75; }`,
    `.${scope} .temporary { fill: ${of.temporary}; }`,
    `.${scope} .scratch { fill: ${of.scratch}; stroke-dasharray: 3 2; }`,
    ...(["input", "capture", "output"] as const).map((role) => `.${scope} .${role} { fill: ${of[role]}; }`),
    `.${scope} .usage { fill: ${of.temporary}; }`,
    `.${scope} .peak, .${scope} .read { fill: ${of.read}; }`,
    `.${scope} .write { fill: ${of.write}; }`,
  ]);
  return `${styleOf(theme, scope)}\n${rules}`;
}
