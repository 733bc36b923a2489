// A browser on the page as it is built, and what it complains of.
import lzString from "lz-string";
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

/** For `after.each`: pages that are left open go on working, and take the time of those that follow. */
export async function closePages({ browser, common }) {
  const others = browser.contexts().filter((context) => context !== common?.context);
  await Promise.all(others.map((context) => context.close()));
}

/**
 * The page of the tests that differ in what it runs alone: to open one takes as long as five programs. With a fragment it runs that, else the
 * program before may still be there, and run. `complaints` are those of this test.
 */
export async function commonPage(suite, fragment = "") {
  if (suite.common === undefined) suite.common = await openPage(suite, fragment);
  else if (fragment !== "") await follow(suite.common.page, fragment);
  suite.common.complaints.length = 0;
  return suite.common;
}

/** A page with a program, or what else the fragment says, when its first run has ended; `complaints` is what its console says. */
export async function openPage({ browser, site }, fragment = "", { settled = true, init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en", ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  if (init !== undefined) await init(page);
  await page.goto(site.origin + fragment);
  if (settled) await ended(page);
  return { page, context, complaints };
}

/** For tests that use the editor, and not what helps in it, which is the largest of all files. */
export const withoutLanguage = (page) => page.route("**/language.js", (route) => route.fulfill({ status: 404 }));

/** Waits until a run has ended, whichever way or in one: the one that is shown, or the next after run `before`. */
export async function ended(page, kind = "", before = 0) {
  await page.waitForFunction(
    ([kind, before]) => {
      const status = document.querySelector(".code-view .status");
      const name = status?.className.replace("status ", "");
      if (Number(status?.dataset.run) <= before) return false;
      return kind === "" ? !["loading", "running", "waiting"].includes(name) : name === kind;
    },
    [kind, before],
    // A minute, on a machine that does much else; and by the clock, as a look at each frame makes the browser draw each.
    { timeout: 60_000, polling: 50 },
  );
}

/** The number of the run that is shown. */
export const shownRun = (page) => page.locator(".code-view .status").evaluate(({ dataset }) => Number(dataset.run));

/** Opens an address that differs in the fragment alone, which runs its program, and waits for its end, unless that is null. */
export async function follow(page, fragment, kind = "") {
  const before = await shownRun(page);
  // The number says that it is another address, if the program is the same.
  await page.evaluate(
    (fragment) =>
      new Promise((done) => {
        addEventListener("hashchange", () => done(), { once: true });
        location.hash = fragment;
      }),
    `${fragment}&n=${before}`,
  );
  if (kind !== null) await ended(page, kind, before);
}

/** Puts a program in the place of the one that is there. */
export const runProgram = (page, code, kind) => follow(page, linkOf(code), kind);

export const linkOf = (code) => `#code=${lzString.compressToEncodedURIComponent(code)}`;

/** Points at something until what that brings is there: what is computed anew meanwhile takes it away. */
export async function hoverFor(page, target, wanted) {
  for (let i = 0; i < 20; i++) {
    await page.mouse.move(1, 1);
    await target.hover();
    const isThere = await wanted.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  throw new Error(`nothing at the pointer: ${wanted}`);
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
