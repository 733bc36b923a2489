/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ReportData, ReportRecorder } from "@chainrule/nn";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { trainingReport } from "../../src/index.js";
import { serveReport } from "../../src/node.js";
import { smallRun } from "../support/run.js";
import { openWatched, type Watched } from "../support/watched.js";

const { launchChromium } = await import(
  new URL("../../../../core/dist/test/browser/chromium.js", import.meta.url).href
);
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

declare global {
  // What axe is in a page that it was put into.
  var axe: {
    run(
      page: Document,
      options: { resultTypes: string[] },
    ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
  };
  var isSamePage: boolean;
}

interface Context {
  browser: Browser;
  folder: string;
  /** The file of a finished run. */
  url: string;
}

/** The page of the tests that need none of their own: to open one takes longer than most of them. */
let common: Watched | undefined;

const test = suite<Context>("report");

// For the first test and not in `before`, whose errors uvu passes over.
test.before.each(async (context) => {
  context.browser ??= await launchChromium();
  if (context.folder !== undefined) return;
  context.folder = mkdtempSync(join(tmpdir(), "report-"));
  const { report, trainer } = smallRun();
  await trainer.run();
  context.url = write(context.folder, "report.html", trainingReport(report.data()));
});
test.after(async ({ browser, folder }) => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

function write(folder: string, name: string, html: string): string {
  const path = join(folder, name);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
}

/** Runs `use` on a page, with options on one of its own, and asserts that it complained of nothing and asked for nothing but itself. */
async function onPage(
  browser: Browser,
  url: string,
  use: (page: Page, complaints: string[]) => Promise<void>,
  options?: BrowserContextOptions,
): Promise<void> {
  if (options === undefined) common ??= await openWatched(browser, {}, ["events"]);
  const watched = options === undefined ? (common as Watched) : await openWatched(browser, options, ["events"]);
  const { page, complaints } = watched;
  try {
    watched.url = url;
    complaints.length = 0;
    await page.goto(url);
    await use(page, complaints);
    assert.equal(complaints, []);
  } finally {
    if (options !== undefined) await page.context().close();
  }
}

// Colours do not depend on the width, nor the layout on the theme.
for (const { colorScheme, width } of [
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 360 },
] as const) {
  test(`all of it is there, fits and is accessible: ${colorScheme}, ${width} pixels`, ({ browser, url }) =>
    onPage(
      browser,
      url,
      async (page) => {
        await page.waitForSelector(".plot canvas");
        const sections = await page.locator("main > section:visible > h2").allTextContents();
        assert.equal(sections, [
          "Overview",
          "Loss",
          "Evaluations",
          "Weights, gradients, activations",
          "Dead units",
          "Confusion matrix",
          "Wrong predictions",
          "Graph",
          "Settings",
        ]);
        assert.ok(
          await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          "it is wider than the window",
        );
        // Whatever canvas or picture there is shows something.
        const empty = await page.evaluate(() =>
          [...document.querySelectorAll("canvas")]
            .filter((canvas) => {
              const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {
                data: [],
              };
              return data.every((byte, i) => byte === data[i % 4]);
            })
            .map((canvas) => canvas.outerHTML),
        );
        assert.equal(empty, []);
        assert.is(
          await page.locator(".graph svg .node").count(),
          await page.locator(".graph svg circle.node, .graph svg rect.node").count(),
        );
        assert.not(
          await page
            .locator(".graph svg text")
            .first()
            .evaluate((text) => getComputedStyle(text).fill === "rgb(0, 0, 0)"),
        );
        for (const details of await page.locator("details > summary").all()) await details.click();
        await page.evaluate(axeSource);
        // All else that it can tell is much more.
        const violations = await page.evaluate(async () => {
          const found = await globalThis.axe.run(document, { resultTypes: ["violations"] });
          return found.violations;
        });
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.equal(
          serious.map(({ id, nodes }) => [id, nodes[0]?.html]),
          [],
        );
      },
      { colorScheme, viewport: { width, height: 900 } },
    ));
}

test("the numbers are those of the run", ({ browser, url }) =>
  onPage(browser, url, async (page) => {
    const data = await page.evaluate(() => JSON.parse(document.getElementById("data")?.textContent ?? "").report);
    const { confusion, wrong, mistakes } = data.predictions;
    const cells = await page.locator(".confusion tbody td:not(.sum)").allTextContents();
    assert.equal(
      cells.map((cell) => (cell === "·" ? 0 : Number(cell))),
      confusion.at(-1),
    );
    assert.match((await page.locator("#mistakes p").first().textContent()) ?? "", `“test”: ${wrong} of 120 rows wrong`);
    assert.is(await page.locator(".mistakes > li").count(), Math.min(18, mistakes.length));
    const [first] = mistakes;
    assert.match(
      (await page.locator(".mistakes > li").first().textContent()) ?? "",
      `${first.label} → ${first.predicted} row ${first.row}`,
    );
    const { values } = data.evaluations.at(-1);
    assert.match(
      (await page.locator(".tile", { hasText: "test accuracy" }).textContent()) ?? "",
      String(Number(values["test.accuracy"].toPrecision(4))),
    );
    await page.locator("#metrics summary").click();
    // It is written when it is opened, which the browser tells a moment later.
    await page.locator("#metrics tbody tr").first().waitFor();
    assert.is(await page.locator("#metrics tbody tr").count(), data.evaluations.length);
    assert.match((await page.locator("#settings").textContent()) ?? "", "node run.js --seed 3");
  }));

/** What part of the iterations the loss chart says that it shows; all of it is "". */
const part = (page: Page) => page.locator("#loss .part").textContent();

test("curves zoom by drag, double click, keys, wheel and buttons", ({ browser, url }) =>
  onPage(browser, url, async (page) => {
    const over = page.locator("#loss .u-over");
    const plot = page.locator("#loss .plot");
    await over.scrollIntoViewIfNeeded();
    const box = (await over.boundingBox()) as { x: number; y: number; width: number; height: number };
    const at = (share: number) => [box.x + share * box.width, box.y + box.height / 2] as const;
    assert.is(await part(page), "");

    await page.mouse.move(...at(0.25));
    await page.mouse.down();
    await page.mouse.move(...at(0.5), { steps: 4 });
    await page.mouse.up();
    const [from = 0, to = 0] = ((await part(page)) ?? "").split(" – ").map(Number);
    assert.ok(Math.abs(from - 18) <= 1 && Math.abs(to - 36) <= 1, `${from} to ${to}`);
    await page.mouse.dblclick(...at(0.5));
    assert.is(await part(page), "");

    await plot.focus();
    for (const [key, expected] of [
      ["+", "18 – 54"],
      ["ArrowRight", "25 – 61"],
      ["ArrowLeft", "18 – 54"],
      ["-", ""],
      ["=", "18 – 54"],
      ["0", ""],
      ["+", "18 – 54"],
      ["Escape", ""],
    ] as const) {
      await page.keyboard.press(key);
      assert.is(await part(page), expected, key);
    }

    // Without the focus the wheel scrolls the page.
    await page.locator("#loss select").focus();
    await page.mouse.move(...at(0.5));
    const scrolled = await page.evaluate(() => scrollY);
    await page.mouse.wheel(0, 40);
    await page.waitForFunction((before) => scrollY !== before, scrolled);
    assert.is(await part(page), "");
    await page.evaluate((before) => scrollTo(0, before), scrolled);
    await plot.focus();
    await page.mouse.wheel(0, -40);
    await page.waitForFunction(() => document.querySelector("#loss .part")?.textContent !== "");
    assert.is(await page.evaluate(() => scrollY), scrolled);

    await page.getByRole("button", { name: "Show all" }).first().click();
    assert.is(await part(page), "");
    await page.getByRole("button", { name: "Zoom in" }).first().click();
    assert.is(await part(page), "18 – 54");
    // Another scale and other smoothing show the same part.
    await page.locator("#loss input[type=checkbox]").check();
    await page.locator("#loss select").selectOption("10");
    assert.is(await part(page), "18 – 54");
    assert.is(await page.locator("#loss .legend button").count(), 4);
    await page.locator("#loss .legend button").first().click();
    assert.is(await page.locator("#loss .legend button").first().getAttribute("aria-pressed"), "false");
  }));

test("curves zoom by two fingers, and move by one", ({ browser, url }) =>
  onPage(
    browser,
    url,
    async (page) => {
      const over = page.locator("#loss .u-over");
      await over.scrollIntoViewIfNeeded();
      const box = (await over.boundingBox()) as { x: number; y: number; width: number; height: number };
      const screen = await page.context().newCDPSession(page);
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...shares: number[]) =>
        screen.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: shares.map((share, id) => ({ id, x: box.x + share * box.width, y: box.y + box.height / 2 })),
        });
      const ends = async () => ((await part(page)) ?? "").split(" – ").map(Number);
      await touch("touchStart", 0.4, 0.6);
      await touch("touchMove", 0.3, 0.7);
      await touch("touchMove", 0.2, 0.8);
      await touch("touchEnd");
      // Three times as far apart is a third of the 72 steps, around the middle.
      const [from = 0, to = 0] = await ends();
      assert.ok(Math.abs(from - 24) <= 1 && Math.abs(to - 48) <= 1, `${from} to ${to}`);
      await touch("touchStart", 0.8);
      await touch("touchMove", 0.5);
      await touch("touchMove", 0.3);
      await touch("touchEnd");
      const [moved = 0, end = 0] = await ends();
      assert.ok(Math.abs(moved - from - 12) <= 2 && Math.abs(end - moved - (to - from)) <= 1, `${moved} to ${end}`);
    },
    { hasTouch: true },
  ));

test("a print is light, and leaves out what is there to be pressed", ({ browser, url }) =>
  onPage(
    browser,
    url,
    async (page) => {
      await page.emulateMedia({ media: "print" });
      await page.waitForFunction(() => getComputedStyle(document.body).color === "rgb(31, 35, 40)");
      // The numbers of an axis have been drawn again: how bright they are, of 184 in the dark.
      const brightness = await page.locator("#loss canvas").evaluate((canvas: HTMLCanvasElement) => {
        const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, 50, canvas.height);
        const isOpaque = (i: number) => data[i - (i % 4) + 3] === 255;
        return data.reduce((most, byte, i) => (i % 4 < 3 && isOpaque(i) ? Math.max(most, byte) : most), 0);
      });
      assert.ok(brightness > 0 && brightness < 130, String(brightness));
      assert.is(await page.locator("nav, .controls, .zoom, button.more").filter({ visible: true }).count(), 0);
    },
    { colorScheme: "dark" },
  ));

test("a slider goes through time, for distributions and the confusion matrix alike", ({ browser, url }) =>
  onPage(browser, url, async (page) => {
    const { report } = await page.evaluate(() => JSON.parse(document.getElementById("data")?.textContent ?? ""));
    const slider = page.locator("#distributions input[type=range]");
    await slider.focus();
    await page.keyboard.press("Home");
    const cells = await page.locator(".confusion tbody td:not(.sum)").allTextContents();
    assert.equal(
      cells.map((cell) => (cell === "·" ? 0 : Number(cell))),
      report.predictions.confusion[0],
    );
    assert.is(await page.locator("#confusion output").textContent(), "0");
    const card = page.locator("#distributions .card").first();
    const first = report.distributions[0].histograms[0];
    assert.match((await card.locator(".numbers-line").textContent()) ?? "", `std ${Number(first.std.toPrecision(4))}`);
    await page.keyboard.press("ArrowRight");
    assert.is(await page.locator("#confusion output").textContent(), "12");
    // A click chooses, too: the last column.
    const box = (await card.locator("canvas").boundingBox()) as { x: number; y: number; width: number };
    await card.locator("canvas").click({ position: { x: 58 + ((box.width - 58) * 0.7 - 10) - 3, y: 60 } });
    assert.is(await page.locator("#confusion output").textContent(), "72");

    const names = () => page.locator("#distributions h3 code").allTextContents();
    assert.equal(await names(), ["0.W", "0.b", "2.W", "2.b"]);
    await page.getByText("Activations", { exact: true }).click();
    assert.equal(await names(), ["0: Affine", "1: ReLU", "2: Affine"]);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await names(), ["0.W", "0.b", "2.W", "2.b"]);
  }));

test("wrong rows of one class, and all of them; the command is copied", ({ browser, url }) =>
  onPage(
    browser,
    url,
    async (page) => {
      const { report } = await page.evaluate(() => JSON.parse(document.getElementById("data")?.textContent ?? ""));
      await page.getByRole("button", { name: /Show all \d+/ }).click();
      const items = page.locator(".mistakes > li");
      assert.is(await items.count(), report.predictions.mistakes.length);
      await page.locator("#mistakes select").selectOption("1");
      const expected = report.predictions.mistakes.filter(({ label }: { label: number }) => label === 1).length;
      assert.is(await items.count(), expected);
      await page.getByRole("button", { name: "Copy" }).click();
      await page.getByText("Copied").waitFor();
      assert.is(await page.evaluate(() => navigator.clipboard.readText()), "node run.js --seed 3");
    },
    { permissions: ["clipboard-read", "clipboard-write"] },
  ));

test("Korean and Japanese, texts in the place of images, hostile names, and nothing at all", async ({
  browser,
  folder,
}) => {
  const hostile = "</script><img src=x onerror=alert(1)>";
  const { report, trainer } = smallRun({
    title: hostile,
    classification: {
      evaluation: "test",
      labels: ({ labels }) => labels,
      names: [hostile, "b", "c"],
      show: () => hostile,
    },
    settings: { [hostile]: hostile },
    epochs: 1,
  });
  await trainer.run();
  for (const [lang, heading] of [
    ["ko", "혼동 행렬"],
    ["ja", "混同行列"],
  ] as const) {
    await onPage(browser, write(folder, `${lang}.html`, trainingReport(report.data(), { lang })), async (page) => {
      assert.is(await page.locator("#confusion h2").textContent(), heading);
      assert.is(await page.locator("h1").textContent(), hostile);
      assert.is(await page.locator("main img").count(), 0);
      assert.is(await page.locator(".mistakes .text").first().textContent(), hostile);
    });
  }
  await onPage(browser, write(folder, "empty.html", trainingReport(new ReportRecorder().data())), async (page) => {
    assert.equal(await page.locator("main > section:visible > h2").allTextContents(), ["Overview", "Loss", "Settings"]);
    assert.is(await page.locator(".state").textContent(), "not started");
  });
});

test("a run that was resumed, and diverged: where, why, what is best, and axes for numbers of any size", async ({
  browser,
  folder,
}) => {
  const { report, trainer } = smallRun({ epochs: 1 });
  await trainer.run();
  const data: ReportData = {
    ...report.data(),
    state: "failed",
    reason: "the loss is NaN <b>",
    resumedAt: 7,
    losses: { every: 1, values: [1, 2, 3, 4e190] },
    evaluations: [
      { iteration: 0, epoch: 0, values: { "test.mae": 3, "test.margin": -2, "test.loss": 1 } },
      { iteration: 12, epoch: 1, values: { "test.mae": 2, "test.margin": 5, "test.loss": 2 } },
    ],
  };
  await onPage(browser, write(folder, "diverged.html", trainingReport(data)), async (page) => {
    assert.is(await page.locator(".reason").textContent(), "the loss is NaN <b>");
    assert.match((await page.locator("#overview").textContent()) ?? "", / · resumed at iteration 7 · time since then /);
    assert.equal(await page.locator(".tile").allTextContents(), [
      "test mae2best 2 (at iteration 12)",
      // Of a name that says nothing it is not known.
      "test margin5least −2 (at iteration 0)greatest 5 (at iteration 12)",
      "test loss2best 1 (at iteration 0)",
    ]);
    // Of four steps no mean over a hundred.
    assert.is(await page.locator("#loss select").inputValue(), "1");
    // What is left of the plot is the axis, which has numbers on it.
    const isBlank = () =>
      page.locator("#loss canvas").evaluate((canvas: HTMLCanvasElement) => {
        const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, 50, canvas.height);
        return data.every((byte) => byte === 0);
      });
    assert.not(await isBlank());
  });
});

// Pages of their own, which do not outlive their servers.
test("a live page follows the run without being loaded again, and says when it is over", async ({ browser }) => {
  const live = await serveReport();
  let go: () => void = () => undefined;
  const seen = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { trainer } = smallRun({
    targets: [live],
    epochs: 3,
    onStep: async () => {
      // Slow enough to be watched; and in the middle until the test has looked.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (trainer.iteration === 30) await seen;
    },
  });
  try {
    await onPage(
      browser,
      live.url,
      async (page) => {
        // Nobody has told it yet whose page it is.
        assert.equal([await page.locator(".state").textContent(), await page.title()], ["not started", "Training"]);
        await page.evaluate(() => {
          globalThis.isSamePage = true;
        });
        const run = trainer.run();
        await page.locator(".state.running").waitFor();
        // Steps come between evaluations, of which the last one was at 24.
        await page.waitForFunction(() =>
          /iteration (2[5-9]|30) of 36/.test(document.querySelector("#overview")?.textContent ?? ""),
        );
        await page.locator("#confusion output", { hasText: "24" }).waitFor();
        assert.is(await page.locator("#overview .status-line .faint").textContent(), "live");
        go();
        await run;
        await page.locator(".state.done").waitFor();
        assert.match((await page.locator("#overview").textContent()) ?? "", "iteration 36 of 36");
        assert.equal([await page.locator("h1").textContent(), await page.title()], ["A small run", "A small run"]);
        assert.is(await page.locator("#confusion output").textContent(), "36");
        assert.ok(await page.evaluate(() => globalThis.isSamePage));
      },
      {},
    );
  } finally {
    await live.close();
  }
});

test("a live page that loses its server says so, and goes on when it is there again", async ({ browser }) => {
  const first = await serveReport();
  const port = Number(new URL(first.url).port);
  const { report, trainer } = smallRun({ epochs: 1 });
  await first.update(report, "start");
  await onPage(
    browser,
    first.url,
    async (page, complaints) => {
      const said = page.locator("#overview .status-line .faint");
      await page.getByText("live", { exact: true }).waitFor();
      await first.close();
      await page.getByText("connection lost; trying again").waitFor();
      await trainer.run();
      const second = await serveReport({ port });
      try {
        await second.update(report, "end");
        await page.locator(".state.done").waitFor();
        assert.is(await said.textContent(), "");
      } finally {
        await second.close();
      }
      // The browser itself tells of a connection that was refused.
      const own = complaints.filter(
        (text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/.test(text),
      );
      complaints.length = 0;
      complaints.push(...own);
    },
    {},
  );
});

test.run();
