// What is chosen for the whole page: first by the address, then by the browser.
import { effect, signal } from "@preact/signals";
import { readFragment } from "./fragment.js";

export const languages = { en: "English", ko: "한국어", ja: "日本語" } as const;
export type Language = keyof typeof languages;

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const given = readFragment();

/** Editor and result only, for a frame in another page. */
export const isEmbedded = "embed" in given;

/** The first of them that the page has. */
function firstKnown(tags: readonly string[]): Language | undefined {
  return tags.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag): tag is Language => tag in languages);
}

const languageOfBrowser = firstKnown(navigator.languages) ?? "en";

export const language = signal<Language>(languageOfBrowser);
export const theme = signal<Theme>("auto");

/** What an address asks for; what it does not name stays as it is. */
export function takeSettings(fragment: Readonly<Record<string, string>>): void {
  language.value = firstKnown([fragment["lang"] ?? ""]) ?? language.peek();
  theme.value = themes.find((name) => name === fragment["theme"]) ?? theme.peek();
}
takeSettings(given);

/** What an address has to say so that the page looks the same again. */
export function settingsForAddress(): Readonly<Record<string, string>> {
  return {
    ...(language.value === languageOfBrowser ? {} : { lang: language.value }),
    ...(theme.value === "auto" ? {} : { theme: theme.value }),
  };
}

const system = matchMedia("(prefers-color-scheme: dark)");
/** Whether it is dark now, by choice or by the system. */
export const isDark = signal(false);

effect(() => {
  document.documentElement.lang = language.value;
});
effect(() => {
  const chosen = theme.value;
  document.documentElement.dataset["theme"] = chosen;
  const update = () => {
    isDark.value = chosen === "auto" ? system.matches : chosen === "dark";
  };
  update();
  system.addEventListener("change", update);
  return () => system.removeEventListener("change", update);
});
