// A browser on the page as it is built, and what it complains of.
import { findChromium, launchChromium } from "../../core/dist/test/browser/chromium.js";
import { serve } from "../build/serve.mjs";

export { findChromium };

/** What a suite needs; `close` ends it. */
export async function open() {
  const requests = [];
  const site = await serve({ seen: (path, bytes) => requests.push({ path, bytes }) });
  const browser = await launchChromium();
  return {
    site,
    browser,
    requests,
    async close() {
      await browser.close();
      site.close();
    },
  };
}

/** A page with a program, or what else the fragment says, when its first run has ended; `complaints` is what its console says. */
export async function openPage({ browser, site }, fragment = "", { settled = true, init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  if (init !== undefined) await init(page);
  await page.goto(site.origin + fragment);
  if (settled) await ended(page);
  return { page, context, complaints };
}

/** Waits until the run has ended, whichever way. */
export async function ended(page, kind = "") {
  await page.waitForFunction(
    (kind) => {
      const name = document.querySelector(".code-view .status")?.className.replace("status ", "");
      return kind === "" ? !["loading", "running"].includes(name) : name === kind;
    },
    kind,
    { timeout: 30_000 },
  );
  // Results are shown a frame later.
  await page.waitForTimeout(60);
}

/** Puts a program in the place of the one that is there, and waits for its end. */
export async function runProgram(page, code, kind = "") {
  const { compressToEncodedURIComponent } = (await import("lz-string")).default;
  await page.evaluate((packed) => {
    location.hash = `code=${packed}`;
  }, compressToEncodedURIComponent(code));
  await page.getByRole("button", { name: "Run" }).click();
  if (kind === null) return;
  await page.waitForTimeout(30);
  await ended(page, kind);
}

/** The lines of the result. */
export function results(page) {
  return page.locator(".entry").evaluateAll((entries) =>
    entries.map((entry) => ({
      kind: entry.className.match(/of-(\w+)/)[1],
      text: entry.querySelector("pre")?.textContent ?? entry.textContent,
      line: Number(entry.querySelector(".to-line")?.textContent) || null,
    })),
  );
}

export const texts = async (page) => (await results(page)).map(({ text }) => text);
