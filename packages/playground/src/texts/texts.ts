import { computed } from "@preact/signals";
import { language } from "../settings.js";
import { en, type Texts } from "./en.js";
import { ja } from "./ja.js";
import { ko } from "./ko.js";

const all = { en, ko, ja };

/** Every text of the page, in the language that is chosen. */
export const texts = computed<Texts>(() => all[language.value]);
