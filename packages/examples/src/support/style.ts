/**
 * The one style of all figures: colours for light and dark, fonts, and what makes a picture of its parts. The light colours stand in
 * the attributes, so that every viewer has them; a style sheet puts the dark ones in their place where those are preferred.
 */

export const ink = "#1f2328";
export const faint = "#b5b5b5";
export const gridLine = "#ececec";
export const paper = "#ffffff";

/** For series, the first one first; told apart by those who do not see all colours, too (after Okabe and Ito). */
export const palette = ["#0072b2", "#d55e00", "#009e73", "#b3589a", "#8c6d00", "#5a4fcf"] as const;

const dark: Readonly<Record<string, string>> = {
  [ink]: "#e6e9ed",
  [faint]: "#707070",
  [gridLine]: "#2a2f37",
  [paper]: "#15181d",
  [palette[0]]: "#56b4e9",
  [palette[1]]: "#ff8f4f",
  [palette[2]]: "#3ccf9f",
  [palette[3]]: "#e79fd0",
  [palette[4]]: "#dcbf4e",
  [palette[5]]: "#a9a2ff",
};

export const font = "Helvetica, Arial, DejaVu Sans, sans-serif";

/** About how wide a text is: enough for the widest of the fonts. */
export function textWidth(text: string, size: number): number {
  return size * [...text].reduce((width, character) => width + (character > "\u2e7f" ? 1 : 0.6), 0);
}

const rules = Object.entries(dark).map(
  ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
);
const styleSheet = `<style>@media (prefers-color-scheme:dark){${rules.join("")}}</style>`;

export interface Picture {
  readonly title: string;
  /** What there is to see, for those to whom it is read aloud. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** The elements, behind which a rectangle of the colour of the paper is put. */
  readonly content: string;
}

/** A complete SVG file. */
export function picture({ title, description, width, height, content }: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" style="max-width: 100%; height: auto">`,
    `<title>${markup(title)}</title>`,
    `<desc>${markup(description)}</desc>`,
    styleSheet,
    `<rect width="${width}" height="${height}" fill="${paper}"/>`,
    content.trim(),
    "</svg>",
    "",
  ].join("\n");
}

/** A text as it stands in the file. */
export function markup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
