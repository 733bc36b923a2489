import { en, type Words } from "./words/en.js";
import { ja } from "./words/ja.js";
import { ko } from "./words/ko.js";

/** What the page is written in. */
export const lang = document.documentElement.lang;

export const words: Words =
  new Map([
    ["en", en],
    ["ko", ko],
    ["ja", ja],
  ]).get(lang) ?? en;

/** A text with numbers in the places of {names}. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}
