/** Colours of a picture; the gradient's is the one that the book marks the way back with, dark enough to be read as text. */
interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly node: string;
  readonly faint: string;
  readonly frame: string;
  readonly back: string;
  /** Of values above and below 0, which people who see few colours tell apart. */
  readonly above: string;
  readonly below: string;
}

const light: Colours = {
  paper: "#ffffff",
  ink: "#1f2328",
  node: "#eef3fa",
  faint: "#5c6570",
  frame: "#9aa5b1",
  back: "#c2185b",
  above: "#c25700",
  below: "#0b62c4",
};

const dark: Colours = {
  paper: "#15181d",
  ink: "#e6e9ed",
  node: "#27303b",
  faint: "#a3adb8",
  frame: "#5a6673",
  back: "#ff80ab",
  above: "#ff9d47",
  below: "#5db0ff",
};

export type Theme = "auto" | "light" | "dark";

const font = "Helvetica, Arial, DejaVu Sans, sans-serif";

/** The rules of one picture: its class keeps them from the others on a page. */
export function styleOf(theme: Theme, scope: string, hasHeat = false): string {
  return themed(theme, { light, dark }, (of) => [
    `.${scope} .paper { fill: ${of.paper}; }`,
    `.${scope} text { font-family: ${font}; fill: ${of.ink}; }`,
    `.${scope} .node { fill: ${of.node}; stroke: ${of.ink}; }`,
    `.${scope} .tag { fill: ${of.paper}; stroke: ${of.frame}; }`,
    `.${scope} .frame { fill: none; stroke: ${of.frame}; }`,
    `.${scope} .faint { fill: ${of.faint}; }`,
    `.${scope} .line { fill: none; stroke: ${of.ink}; }`,
    `.${scope} .tip { fill: ${of.ink}; }`,
    `.${scope} .back.line { stroke: ${of.back}; }`,
    `.${scope} .back.tip, .${scope} .gradient { fill: ${of.back}; }`,
    ...(hasHeat
      ? [
          `.${scope} .cells { fill: ${of.paper}; stroke: ${of.frame}; }`,
          `.${scope} .above { fill: ${of.above}; }`,
          `.${scope} .below { fill: ${of.below}; }`,
          `.${scope} .nan { fill: ${of.ink}; }`,
        ]
      : []),
  ]);
}

/** Rules in the colours of a theme, "auto" in both. */
export function themed<Of>(
  theme: Theme,
  { light, dark }: { readonly light: Of; readonly dark: Of },
  rules: (of: Of) => readonly string[],
): string {
  const all =
    theme === "auto"
      ? [...rules(light), "@media (prefers-color-scheme: dark) {", ...rules(dark), "}"]
      : rules(theme === "dark" ? dark : light);
  return all.join("\n");
}
