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

function preferredLanguage(): Language {
  const wanted = [given["lang"] ?? "", ...navigator.languages].map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag): tag is Language => tag in languages) ?? "en";
}

export const language = signal<Language>(preferredLanguage());
export const theme = signal<Theme>(themes.find((name) => name === given["theme"]) ?? "auto");

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
