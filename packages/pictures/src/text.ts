/** What texts need: how wide they are, and how they stand in XML. */

/**
 * Widths of characters, in parts of the font size, of the widest of the fonts that a picture may be drawn with (DejaVu Sans); in
 * the others there is room left. What is not listed is taken for a letter of middle width.
 */
const widths: readonly (readonly [characters: string, width: number])[] = [
  ["ijlI'", 0.3],
  [" .,:;|/\\f-", 0.37],
  ["[]()!rt", 0.42],
  ["cszJ", 0.55],
  ["ABCEKPRSVXYZ", 0.73],
  ["DGHNOQUw&", 0.82],
  ["+=<>~^#\u00b1\u2212\u00d7\u00f7\u2264\u2265\u2260\u00ac\u2227\u2228\u03a0", 0.84],
  ["mMW@%\u2026", 1.02],
];

const widthOf = new Map(widths.flatMap(([characters, width]) => [...characters].map((c) => [c, width] as const)));

/** How wide a line of text is at most, in a font of this size. Characters of East Asia and pictures are squares. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const c of text) width += widthOf.get(c) ?? (c > "\u2e7f" ? 1 : 0.66);
  return width * size;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Any text in XML: markup as entities, and what XML cannot hold as its code. */
export function escaped(text: string): string {
  return visible(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** On one line, without characters that cannot be seen, which have no width either: their codes stand in their places. */
export function visible(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(
      /[\p{Cc}\p{Cf}\p{Cs}\uFFFE\uFFFF]/gu,
      (c) => `U+${c.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`,
    );
}

/** How many characters of a name or a setting are shown. */
const LONGEST = 28;

export function shortened(text: string, longest = LONGEST): string {
  const characters = [...visible(text)];
  return characters.length <= longest ? characters.join("") : `${characters.slice(0, longest - 1).join("")}\u2026`;
}

/** As much of a text as there is room for. */
export function fitted(text: string, width: number, size: number): string {
  let short = shortened(text);
  for (let longest = [...short].length - 1; longest > 0 && textWidth(short, size) > width; longest--) {
    short = shortened(text, longest);
  }
  return short;
}

/** How many sentences a screen reader is given: who wants more has `print`. */
const SAID = 60;

/** What a screen reader says of a list: a sentence of each, as far as they go. */
export function said<T>(list: readonly T[], sentence: (each: T, i: number) => string): string {
  const rest = list.length - SAID;
  return [...list.slice(0, SAID).map(sentence), ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}

/** A short name for a text, the same everywhere: FNV-1a, 32 bits. */
export function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
