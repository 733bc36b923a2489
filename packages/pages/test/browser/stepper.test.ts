/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { noGrad, type Tensor, tensor, variable } from "@chainrule/core";
import type { Browser, BrowserContextOptions, FrameLocator, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type StepperOptions, stepper } from "../../src/index.js";
import { apple, closure, layer, shared } from "../support/graphs.js";
import { openWatched, type Watched } from "../support/watched.js";

const { launchChromium } = await import(
  new URL("../../../../core/dist/test/browser/chromium.js", import.meta.url).href
);
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Context {
  browser: Browser;
  folder: string;
  /** The page of the tests that need none of their own: to open one takes longer than most of them. */
  common?: Watched;
}

const test = suite<Context>("stepper in a browser");

// For the first test and not in `before`, whose errors uvu passes over.
test.before.each(async (context) => {
  context.browser ??= await launchChromium();
  context.folder ??= mkdtempSync(join(tmpdir(), "stepper-"));
});
test.after(async ({ browser, folder }) => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

interface Opened extends StepperOptions {
  /** For a page of its own. */
  readonly browser?: BrowserContextOptions;
}

/** A watched page that complains of what its policy forbids as well, and of windows that it opens. */
async function openStrict(browser: Browser, settings?: BrowserContextOptions): Promise<Watched> {
  const watched = await openWatched(browser, settings);
  const { page, complaints } = watched;
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(event.violatedDirective));
  });
  return watched;
}

/** Opens the stepper of a graph from the disk, and asserts that it complained of nothing and asked for nothing but itself. */
async function onPage(
  context: Context,
  output: Tensor,
  { browser: settings, ...options }: Opened,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const path = join(context.folder, "stepper.html");
  writeFileSync(path, stepper(output, options));
  if (settings === undefined) context.common ??= await openStrict(context.browser);
  const watched = settings === undefined ? (context.common as Watched) : await openStrict(context.browser, settings);
  const { page, complaints } = watched;
  try {
    watched.url = pathToFileURL(path).href;
    complaints.length = 0;
    await page.goto(watched.url);
    await use(page);
    assert.equal(complaints, []);
  } finally {
    if (settings !== undefined) await page.context().close();
  }
}

const panelText = async (page: Page | FrameLocator) =>
  String(await page.locator(".panel").textContent()).replaceAll(/\s+/g, " ");
const equations = async (page: Page | FrameLocator) =>
  (await page.locator(".panel .equation").allTextContents()).map((text) => text.replaceAll(/\s+/g, " ").trim());
/** The numbers of the picture that are there at a step. */
const shown = (page: Page, kind: "value" | "gradient") =>
  page.locator(`.picture text.${kind}:not(.off)`).allTextContents();
const spoken = (page: Page) => page.locator("#stepper > .unseen").textContent();
const position = (page: Page | FrameLocator) => page.locator(".count").textContent();

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

test("forward and backward, step by step, by keys", (context) =>
  onPage(context, apple(), {}, async (page) => {
    assert.is(await position(page), "0 / 5");
    assert.equal((await shown(page, "value")).toSorted(), ["1.1", "100", "2"]);
    assert.equal(await shown(page, "gradient"), []);
    await press(page, "ArrowRight");
    assert.equal(await equations(page), ["apples = apple × count = 100 × 2 = 200"]);
    assert.ok((await shown(page, "value")).includes("200"));
    await press(page, "ArrowRight");
    assert.equal(await equations(page), ["price = apples × tax = 200 × 1.1 = 220"]);
    await press(page, "ArrowRight");
    assert.equal(await equations(page), ["∂price/∂price = 1"]);
    assert.equal(await shown(page, "gradient"), ["1"]);
    await press(page, "ArrowRight", "ArrowRight");
    assert.equal(await equations(page), [
      "∂price/∂apples = 1.1",
      "∂apples/∂apple = count = 2",
      "∂price/∂apple = ∂price/∂apples × ∂apples/∂apple = 1.1 × 2 = 2.2",
      "∂apples/∂count = apple = 100",
      "∂price/∂count = ∂price/∂apples × ∂apples/∂count = 1.1 × 100 = 110",
    ]);
    assert.equal((await shown(page, "gradient")).toSorted(), ["1", "1.1", "110", "2.2", "200"]);
    // There is nothing behind the end.
    await press(page, "ArrowRight");
    assert.is(await position(page), "5 / 5");
    await press(page, "Home");
    assert.is(await position(page), "0 / 5");
    assert.equal(await shown(page, "gradient"), []);
    await press(page, "End", "ArrowLeft");
    assert.is(await position(page), "4 / 5");
    assert.match(await panelText(page), /Backward: Mul → price/);
  }));

test("the node at work is marked, and nothing else", (context) =>
  onPage(context, apple(), {}, async (page) => {
    const marked = () => page.locator(".picture g.now title").allTextContents();
    assert.equal(await marked(), []);
    for (const expected of ["Mul(apple, count)", "Mul(apples, tax)"]) {
      await press(page, "ArrowRight");
      assert.equal(await marked(), [expected]);
    }
    await press(page, "ArrowRight");
    assert.equal(await marked(), []);
    await press(page, "ArrowRight");
    assert.equal(await marked(), ["Mul(apples, tax)"]);
  }));

test("it plays to the end, and pauses; the slider, the buttons and the speed", (context) =>
  onPage(context, apple(), { browser: {} }, async (page) => {
    // The test is the clock of the page.
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1000);
    const play = page.getByRole("button", { name: "Play" });
    await page.getByLabel("Speed").selectOption("4");
    await press(page, "Space");
    assert.is(await position(page), "1 / 5");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.clock.runFor(500);
    assert.is(await position(page), "2 / 5");
    await page.locator("body").press("Space");
    await play.waitFor();
    await page.clock.runFor(10_000);
    assert.is(await position(page), "2 / 5");
    await play.click();
    await page.clock.runFor(10_000);
    assert.is(await position(page), "5 / 5");
    await play.waitFor();
    // From the end it begins again; a step by hand stops it.
    await play.click();
    assert.is(await position(page), "0 / 5");
    await page.getByRole("button", { name: "Step forward" }).click();
    await play.waitFor();
    await page.getByRole("slider", { name: "Step" }).fill("3");
    assert.is(await position(page), "3 / 5");
    await page.getByRole("button", { name: "To the beginning" }).click();
    assert.is(await position(page), "0 / 5");
    await page.getByRole("button", { name: "To the end" }).click();
    assert.is(await position(page), "5 / 5");
    // Keys that a field has itself stay with it.
    await page.getByRole("textbox", { name: "apple" }).press("Home");
    assert.is(await position(page), "5 / 5");
  }));

test("formulas are written as by hand: powers of numbers, numbers below 0, whole numbers, names that begin with a digit", (context) => {
  const W = variable(1234567, { name: "0.W" });
  return onPage(context, W.pow(2).mul(-2).add(W).named("z"), {}, async (page) => {
    await press(page, "ArrowRight");
    assert.is(await page.locator(".panel .equation i").allTextContents().then(String), "t1,0.W");
    await press(page, "ArrowRight");
    const square = 1234567 ** 2;
    assert.equal(await equations(page), [`t2 = t1 × (−2) = ${square} × (−2) = −${2 * square}`]);
    await page.getByRole("textbox", { name: "0.W" }).fill("3");
    await page.locator("#step-title").click();
    await press(page, "End");
    assert.equal((await equations(page)).slice(1), [
      "∂t1/∂0.W = 2 × 0.W = 2 × 3 = 6",
      "∂z/∂0.W = ∂z/∂t1 × ∂t1/∂0.W = (−2) × 6 = −12",
      "∂z/∂0.W = 1 + (−12) = −11",
    ]);
    await press(page, "ArrowLeft", "ArrowLeft");
    // A sum of one is itself.
    assert.is((await equations(page)).at(-1), "∂z/∂0.W = 1");
  });
});

test("the op at work is brought into sight, and so is the beginning", (context) => {
  let y: Tensor = variable(new Array(8).fill(1), { name: "x" }).named("x");
  for (let i = 0; i < 40; i++) y = y.mul(tensor([1, 2, 3, 4, 5, 6, 7, 8])).tanh();
  return onPage(context, y.sum(), { browser: { viewport: { width: 1440, height: 600 } } }, async (page) => {
    const isSeen = (selector: string) =>
      page.evaluate((wanted) => {
        const [box, frame] = [wanted, ".picture"].map((each) => document.querySelector(each)?.getBoundingClientRect());
        return box !== undefined && frame !== undefined && box.top >= frame.top && box.bottom <= frame.bottom;
      }, selector);
    const atWork = "g.now[data-node]:not([data-edge])";
    for (const key of ["ArrowRight", "End", "ArrowLeft"]) {
      await press(page, key);
      assert.ok(await isSeen(atWork), key);
    }
    await page.getByRole("slider", { name: "Step" }).fill("80");
    assert.ok(await isSeen(atWork));
    await page.locator("#step-title").click();
    await press(page, "Home");
    assert.is(await page.locator(".picture").evaluate(({ scrollTop }) => scrollTop), 0);
    // Of constants that may have been computed it is said that they are not computed again.
    assert.match((await page.locator(".inputs").textContent()) ?? "", "A constant stays as it is");
  });
});

test("a print has the whole picture on light paper, and no controls", (context) =>
  onPage(context, layer().loss, { theme: "dark", browser: {} }, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.not(await page.locator(".controls").isVisible());
    const { color, isWhole } = await page.evaluate(() => {
      const picture = document.querySelector(".picture") as HTMLElement;
      const isWhole = picture.scrollHeight <= picture.clientHeight && picture.scrollWidth <= picture.clientWidth;
      return { color: getComputedStyle(document.body).color, isWhole };
    });
    assert.equal([color, isWhole], ["rgb(31, 35, 40)", true]);
  }));

test("an input that is changed is computed with, by the engine in the page", (context) =>
  onPage(context, apple(), {}, async (page) => {
    await press(page, "End");
    await page.getByRole("textbox", { name: "apple" }).fill("200");
    assert.equal((await shown(page, "value")).toSorted(), ["1.1", "2", "200", "400", "440", "apples"]);
    assert.equal((await shown(page, "gradient")).toSorted(), ["1", "1.1", "2.2", "220", "400"]);
    assert.ok((await equations(page)).includes("∂price/∂count = ∂price/∂apples × ∂apples/∂count = 1.1 × 200 = 220"));
    await page.getByRole("button", { name: "Reset" }).click();
    assert.ok((await shown(page, "value")).includes("220"));
    assert.is(await page.getByRole("textbox", { name: "apple" }).inputValue(), "100");
  }));

test("what is no number is said beside the field, and changes nothing; what gives NaN is shown", async (context) => {
  const x = variable(2, { name: "x" });
  const i = tensor([0, 1], { dtype: "int32" }).named("i");
  const output = x
    .log()
    .named("y")
    .mul(variable([3, 4], { name: "v" }).take(i))
    .sum()
    .named("z");
  await onPage(context, output, {}, async (page) => {
    await press(page, "End");
    const field = page.getByRole("textbox", { name: "x" });
    const before = await shown(page, "value");
    for (const [text, message] of [
      ["abc", "“abc” is not a number."],
      ["", "A number is needed."],
    ] as const) {
      await field.fill(text);
      assert.is(await page.locator("#input-0-error").textContent(), message);
      assert.is(await field.getAttribute("aria-invalid"), "true");
      assert.equal(await shown(page, "value"), before);
    }
    await field.fill("-1");
    assert.is(await page.locator("#input-0-error").textContent(), "");
    assert.is(await page.locator(".result").textContent(), "Log (y) gives NaN.");
    assert.ok((await shown(page, "value")).includes("NaN"));
    await field.fill("2");
    assert.is(await page.locator(".result").textContent(), "");
    assert.equal(await shown(page, "value"), before);
    const index = page.getByRole("textbox", { name: "i [1]" });
    await index.fill("0.5");
    assert.match(await page.locator("fieldset .error").allTextContents().then(String), /“0.5” is not a whole number/);
    await index.fill("7");
    assert.match(await page.locator("fieldset .error").allTextContents().then(String), /Take: .*7.*out of range/);
    assert.equal(await shown(page, "value"), before);
    await index.fill("0");
    assert.not.equal(await shown(page, "value"), before);
  });
});

test("the gradients of a tensor that is used twice add up", (context) =>
  onPage(context, shared(), {}, async (page) => {
    await press(page, "End", "ArrowLeft", "ArrowLeft");
    assert.match(await panelText(page), /Sum of its uses, 1 of 2 so far∂z\/∂t = 2/);
    await press(page, "ArrowRight");
    assert.match(await panelText(page), /Sum of its uses, 2 of 2 so far/);
    const lines = await equations(page);
    assert.ok(lines.includes("∂t1/∂t = 2 × t = 2 × 5 = 10"), lines.join("\n"));
    assert.ok(lines.includes("∂z/∂t = 2 + 10 = 12"), lines.join("\n"));
  }));

test("tensors are tables, of which each element is computed in numbers; gradients as backward has them", async (context) => {
  const { W, loss } = layer();
  loss.backward();
  const expected = (W.grad as Tensor).data;
  await onPage(context, loss, {}, async (page) => {
    await press(page, "ArrowRight");
    assert.equal(await equations(page), ["t1 = x W", "t1[0, 0] = 1 × 0.1 + 0.5 × 0.2 = 0.2"]);
    await page.getByLabel("Element").selectOption("[1, 2]");
    assert.equal((await equations(page))[1], "t1[1, 2] = (−1) × (−0.5) + 2 × 0.6 = 1.7");
    await page.locator(".choosable td").nth(1).click();
    assert.equal((await equations(page))[1], "t1[0, 1] = 1 × 0.3 + 0.5 × (−0.4) = 0.1");
    await press(page, "ArrowRight");
    assert.equal(await equations(page), ["t2 = t1 + b", "t2[0, 0] = 0.2 + 0.1 = 0.3"]);
    await press(page, "End");
    assert.ok((await equations(page)).includes("∂loss/∂W = xᵀ ∂loss/∂t1"));
    const cells = await page.locator(".block").last().locator("td").allTextContents();
    cells.forEach((text, i) => {
      assert.ok(Math.abs(Number(text) - (expected[i] as number)) < 1e-6, `${text} and ${expected[i]}`);
    });
    assert.is(cells.length, 6);
  });
});

test("a function of the user's is shown with what it gave, and what it uses cannot be changed", (context) =>
  onPage(context, closure(), {}, async (page) => {
    assert.match(await page.locator(".inputs").textContent().then(String), /Cannot be changed: Twice, which uses it/);
    assert.is(await page.getByRole("textbox", { name: "x" }).count(), 0);
    await press(page, "ArrowRight");
    assert.match(await panelText(page), /This node is a (function|class) of yours: .* cannot compute it again\./);
    await press(page, "End");
    assert.ok((await equations(page)).includes("∂z/∂x = 120"));
    // With another y another gradient arrives, for which nobody knows what the function gives.
    await page.getByRole("textbox", { name: "y" }).fill("6");
    assert.match(await panelText(page), /not known: a node behind it cannot be computed again/);
    assert.ok((await shown(page, "value")).includes("216"));
  }));

test("names that look like markup are texts", (context) => {
  const name = "</script><img src=x onerror=alert(1)>";
  return onPage(context, variable(3, { name }).square().named("<b>&amp;"), { title: name }, async (page) => {
    assert.is(await page.locator("h1").textContent(), name);
    assert.is(await page.locator("img").count(), 0);
    await press(page, "ArrowRight");
    assert.ok((await panelText(page)).includes("Square → <b>&amp;"));
  });
});

test("its policy lets no other code run", async ({ browser, folder }) => {
  const path = join(folder, "policy.html");
  writeFileSync(path, stepper(apple()));
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  const [ran, violated] = await page.evaluate(async () => {
    const violation = new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => resolve(violatedDirective));
    });
    const script = document.createElement("script");
    script.textContent = "document.title = 'ran'";
    document.body.append(script);
    return [document.title === "ran", await violation];
  });
  assert.equal([ran, violated], [false, "script-src-elem"]);
  await page.close();
});

test("it works in a frame that may run scripts and nothing else", async ({ browser }) => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setContent("<body></body>");
  await page.evaluate((html) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.srcdoc = html;
    frame.width = "900";
    frame.height = "700";
    document.body.append(frame);
  }, stepper(apple()));
  const frame = page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Step forward" }).click();
  assert.equal(await equations(frame), ["apples = apple × count = 100 × 2 = 200"]);
  await frame.getByRole("textbox", { name: "apple" }).fill("7");
  assert.equal(await equations(frame), ["apples = apple × count = 7 × 2 = 14"]);
  assert.equal(complaints, []);
  await page.close();
});

test("a screen reader is told each step, in the language of the page", async (context) => {
  await onPage(context, apple(), {}, async (page) => {
    assert.is(await spoken(page), "");
    await press(page, "ArrowRight");
    assert.is(
      await spoken(page),
      "Step 1 of 5. Forward: Mul → apples. Local computation. apples = apple × count = 100 × 2 = 200. Values.",
    );
    assert.is(await page.locator("#stepper > .unseen").getAttribute("role"), "status");
    assert.is(await page.getByRole("slider").getAttribute("aria-valuetext"), "Step 1 of 5");
    assert.is(await page.getByRole("img", { name: "Computational graph" }).count(), 1);
  });
  await onPage(context, apple(), { lang: "ko" }, async (page) => {
    await press(page, "ArrowRight");
    assert.match(await spoken(page).then(String), /^5단계 중 1단계\. 순전파: Mul → apples\. 국소적 계산\./);
  });
  await onPage(context, apple(), { lang: "ja" }, async (page) => {
    await press(page, "End");
    assert.match(await spoken(page).then(String), /^ステップ 5 \/ 5\. 逆伝播: Mul → apples\. 上流から/);
    assert.match(await panelText(page), /局所的な微分.*連鎖律/);
  });
});

test("nothing moves for who wants that", async (context) => {
  const seconds = (page: Page) =>
    page
      .locator(".picture [data-edge]")
      .first()
      .evaluate((element) => getComputedStyle(element).transitionDuration);
  await onPage(context, apple(), {}, async (page) => assert.is(await seconds(page), "0s"));
  const browser = { reducedMotion: "no-preference" } as const;
  await onPage(context, apple(), { browser }, async (page) => assert.is(await seconds(page), "0.35s"));
});

for (const theme of ["light", "auto"] as const) {
  for (const width of [1440, 360]) {
    test(`accessible, and within the page: ${theme} where the system is dark, ${width} pixels`, async (context) => {
      const { loss } = layer();
      const browser = { viewport: { width, height: 740 }, colorScheme: "dark" } as const;
      await onPage(context, loss, { theme, browser }, async (page) => {
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.is(paper, theme === "light" ? "rgb(244, 246, 249)" : "rgb(13, 16, 20)");
        await page.evaluate(axeSource);
        for (const keys of [["ArrowRight"], ["End"]]) {
          await press(page, ...keys);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} pixels too wide`);
          const found = await page.evaluate(async () => {
            const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
            return (await axe.run()).violations.map(({ id, impact, nodes }) => [
              id,
              impact,
              nodes.map(({ html }) => html),
            ]);
          });
          assert.equal(found, [], keys.join());
        }
      });
    });
  }
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

test("a long graph in many rows follows the node at work", (context) => {
  let x = variable(0.5, { name: "x" }) as Tensor;
  for (let i = 0; i < 60; i++) x = i % 2 === 0 ? x.sin() : x.add(0.1);
  return onPage(context, x, {}, async (page) => {
    const isSeen = () =>
      page.evaluate(() => {
        const frame = (document.querySelector(".picture") as Element).getBoundingClientRect();
        const box = (document.querySelector(".picture g.now") as Element).getBoundingClientRect();
        return box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
      });
    for (const step of [1, 20, 40, 60, 62, 90, 121]) {
      await page.getByRole("slider", { name: "Step" }).fill(String(step));
      assert.ok(await isSeen(), `step ${step}`);
    }
  });
});

test("the values of a graph in float32, bool and noGrad go in as they are", (context) => {
  const x = variable([1.5, -2], { name: "x", dtype: "float32" });
  const mask = noGrad(() => x.greater(0)).named("mask");
  return onPage(context, mask.where(x, x.mul(0.5)).sum().named("s"), {}, async (page) => {
    await press(page, "End");
    assert.ok((await shown(page, "value")).includes("0.5"));
    await page.getByRole("checkbox", { name: "mask [0]" }).uncheck();
    assert.ok((await shown(page, "value")).includes("-0.25"));
  });
});

test.run();
