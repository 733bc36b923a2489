/// <reference lib="dom" />
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A page, which page it should be, and what it complained of: also that it asks for something else. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  url: string;
}

/** A page in a context of its own, which may ask for itself, and for what stands below its address by these names. */
export async function openWatched(
  browser: Browser,
  settings: BrowserContextOptions = {},
  parts: readonly string[] = [],
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    ...settings,
  });
  const page = await context.newPage();
  const watched: Watched = { page, complaints: [], url: "" };
  const { complaints } = watched;
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const own = ["", ...parts].map((part) => `${watched.url}${part}`);
    if (!own.includes(request.url()) && !request.url().startsWith("data:"))
      complaints.push(`asks for ${request.url()}`);
  });
  return watched;
}
