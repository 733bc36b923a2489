/** The languages that pages have words in. */
export type Language = "en" | "ko" | "ja";
