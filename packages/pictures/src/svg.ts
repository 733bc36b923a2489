import { digest, escaped } from "./text.js";
import type { Theme } from "./theme.js";

interface SvgParts {
  /** What a screen reader calls the picture, and says of it. */
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
  readonly theme: Theme | "page";
  /** The rules of what has a class. */
  readonly styles: (theme: Theme, scope: string) => string;
}

/** A picture as a document of its own, which can also stand in a page. */
export function svgOf({ title, description, width, height, parts, theme, styles }: SvgParts): string {
  // Several pictures on a page have rules and names of their own.
  const id = `chainrule-${digest([title, description, theme, ...parts].join("\n"))}`;
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const style = theme === "page" ? [] : ["<style>", styles(theme, id), "</style>"];
  const size = theme === "page" ? "" : ' style="max-width: 100%; height: auto"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${id}" role="img" aria-labelledby="${id}-title ${id}-desc" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"${size}>`,
    `<title id="${id}-title">${escaped(title)}</title>`,
    `<desc id="${id}-desc">${escaped(description)}</desc>`,
    ...style,
    `<rect class="paper" width="${w}" height="${h}"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** Two digits: the same text whatever the last bits of a number are. */
export function fixed(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}
