/** Whether an excerpt's lines are those of a text, with any lines in the places of `...`. */
export function isExcerpt(excerpt: string, text: string): boolean {
  const parts = excerpt.split(/^\.\.\.\n/m).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("(?:.*\\n)*")}$`).test(text);
}
