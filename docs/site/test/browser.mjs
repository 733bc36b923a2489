// The built site in a browser: no requests to elsewhere, no errors, themes, widths, the search, code without scripts, and what axe-core says.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launchChromium } from "../../../packages/core/dist/test/browser/chromium.js";
import { serve } from "../serve.mjs";
import { check, none, same } from "./checks.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Of each kind and language. */
const pages = [
  ...["index.html", "guide/first-graph.html", "reference/exponentials.html", "ko/index.html", "ja/index.html"],
  "source/packages/core/src/ops/exp.ts.html",
];

const isWritten = (file) => existsSync(new URL(`../${file}`, import.meta.url));

/** Words, and where in the first results they lead, by the page on which one searches. */
const searches = {
  "index.html": [
    ["softmax", "reductions.html#softmax"],
    ["do not broadcast", "error-messages.html#shapes-that-do-not-broadcast"],
  ],
  "ko/index.html": [
    // Names of the reference, which is English.
    ["conv2d", "/reference/convolutions.html#conv2d"],
    // Parts of words, which stand in pages other than the first.
    ...(isWritten("ko/guide/backward.md") ? [["역전파", "/ko/"]] : []),
  ],
  "ja/index.html": [
    ["AdamW", "/reference/optimizers.html#AdamW"],
    ...(isWritten("ja/book/ch05.md")
      ? [
          ["逆伝播", "/ja/"],
          ["りんご", "/ja/"],
        ]
      : []),
  ],
};

export async function checkInBrowser(dist, base) {
  const { server, address } = await serve(dist, base, { port: 0, quiet: true });
  const browser = await launchChromium();
  // One for all: a new one reads and compiles all scripts again, which is most of a visit.
  const page = await browser.newPage();
  let seen = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) seen.push(`asked ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") seen.push(`said ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.push(`threw ${error.message}`));
  const visit = async (path, { colorScheme = "light", width = 1440 } = {}) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    seen = [];
    await page.goto(address + path, { waitUntil: "networkidle" });
  };
  try {
    for (const path of pages) {
      // Colours do not depend on the width, nor the layout on the theme.
      for (const { colorScheme, width } of [
        { colorScheme: "light", width: 1440 },
        { colorScheme: "dark", width: 360 },
      ]) {
        await check(`${path}, ${colorScheme}, ${width} pixels wide`, async () => {
          await visit(path, { colorScheme, width });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          await page.addScriptTag({ content: axe });
          const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
          none(seen, "a visit");
          if (wide > width) throw new Error(`the page is ${wide} pixels wide`);
          const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          none(
            serious.map(
              ({ id, nodes }) =>
                `${id}: ${nodes
                  .slice(0, 3)
                  .map(({ html }) => html.slice(0, 200))
                  .join("\n  ")}`,
            ),
            "axe-core",
          );
        });
      }
    }
    for (const [path, words] of Object.entries(searches)) {
      const input = page.locator(".VPLocalSearchBox input");
      const results = page.locator(".VPLocalSearchBox a.result");
      await check(`the search of ${path} opens`, async () => {
        await visit(path);
        // On a busy machine the page may not listen yet.
        for (let tries = 0; tries < 100 && !(await input.isVisible()); tries++) {
          await page.keyboard.press("Control+k");
          await page.waitForTimeout(300);
        }
        await input.waitFor();
      });
      for (const [each, found] of words) {
        await check(`the search for ${each} finds ${found}`, async () => {
          // Without words there are no results: those that come are of these words.
          await input.fill("");
          await results.first().waitFor({ state: "detached" });
          await input.fill(each);
          await results.first().waitFor();
          const links = await results.evaluateAll((all) => all.slice(0, 5).map(({ href }) => href));
          none(seen, "the search");
          if (!links.some((link) => link.includes(found))) throw new Error(links.join("\n"));
        });
      }
    }
    await check("the button below a program puts the playground in its place", async () => {
      await visit("guide/first-graph.html");
      await page.locator(".program.wanted .run button").first().click();
      const source = await page.locator(".program iframe").first().getAttribute("src");
      if (!/playground\/index\.html#embed&code=[\w+-]+&lang=en&theme=light$/.test(source ?? ""))
        throw new Error(`${source}`);
    });
    await check(
      "the button below a picture puts the page to step through in its place, which has the keys",
      async () => {
        await visit("guide/backward.html");
        await page.locator(".run button:not([data-fragment])").click();
        const frame = page.frameLocator(".program iframe");
        await frame.getByText("0 / 5").waitFor();
        await page.waitForFunction(() => document.activeElement.localName === "iframe");
        await page.keyboard.press("End");
        await frame.getByText("5 / 5").waitFor();
        none(seen, "the page");
      },
    );
    await check("a page that was reached by a link has its buttons, too", async () => {
      await visit("guide/first-graph.html");
      await page.locator('.VPSidebar a[href$="backward.html"]').click();
      await page.waitForURL(/backward\.html$/);
      const shown = await page.locator(".run button:visible").count();
      none(seen, "the way");
      if (shown === 0) throw new Error("no button is shown");
    });
    await check("without scripts there are code, pictures and links", async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`${address}guide/first-graph.html`);
      const [code, pictures, buttons] = await Promise.all(
        [".program pre:visible", "figure.graph svg:visible", ".run button:visible"].map((each) =>
          page.locator(each).count(),
        ),
      );
      await context.close();
      same([code > 3, pictures > 0, buttons], [true, true, 0]);
    });
    await check("of the reference, which is English, the other languages lead to the English page", async () => {
      await visit("ko/reference/exponentials.html");
      await page.waitForURL(`${address}reference/exponentials.html`);
    });
    await check("headings and blocks of code say in a page's language what their link and button do", async () => {
      await visit("ko/book/ch05.html");
      const found = await Promise.all([
        page.getByRole("link", { name: "이 절로 가는 링크: 함정", exact: true }).count(),
        page.getByTitle("코드 복사").first().count(),
      ]);
      same(found, [1, 1]);
    });
    await check("of an address that is in no language a reader is told in the language of the address", async () => {
      await visit("ko/guide/nowhere.html");
      await page.getByRole("heading", { name: "페이지가 없습니다" }).waitFor();
    });
  } finally {
    await browser.close();
    server.close();
  }
}
