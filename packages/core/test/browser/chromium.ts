import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** First the one without windows: the same engine, which takes a quarter of the processor time less. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of a Chromium: what the environment variable CHROMIUM says, else the first in the PATH under its usual names. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = "" } = process.env;
  if (CHROMIUM) return CHROMIUM;
  const folders = PATH.split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("no Chromium in the PATH: install one (Debian: apt-get install chromium), or name it in CHROMIUM");
  }
  // Root and most containers have no sandbox for it, and the pages are our own.
  return chromium.launch({ executablePath, chromiumSandbox: false });
}
