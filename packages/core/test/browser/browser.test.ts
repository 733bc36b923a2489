import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { near } from "../support/property.js";
import { launchChromium } from "./chromium.js";
import { type policies, type Site, serve } from "./server.js";
import * as here from "./workload.js";

// The bundle in a browser, on pages with strict content security policies: with WebAssembly allowed and without.

const bundle = (await import(new URL("../../chainrule-core.min.js", import.meta.url).href)) as here.Chainrule;

declare global {
  // What the pages have; a function given to `evaluate` runs there.
  var chainrule: here.Chainrule;
  var workload: typeof here;
}

interface Context {
  browser: Browser;
  site: Site;
  page: Page;
  /** What the page complained of: violations of its policy, errors of its scripts. */
  complaints: string[];
}

function pageTests(path: keyof typeof policies) {
  const test = suite<Context>(path);
  // For the first test and not in `before`, whose errors uvu passes over.
  test.before.each(async (context) => {
    context.browser ??= await launchChromium();
    context.site ??= await serve();
    if (context.page !== undefined) return;
    const page = await context.browser.newPage();
    context.complaints = [];
    page.on("console", (message) => context.complaints.push(message.text()));
    page.on("pageerror", (error) => context.complaints.push(String(error)));
    await page.goto(context.site.origin + path);
    context.page = page;
  });
  test.after(async ({ browser, site }) => {
    await browser?.close();
    site?.close();
  });

  test("values, gradients and large products of eager mode", async ({ page }) => {
    const { price, gradients, product, sigmoid } = await page.evaluate(() => workload.textbook(chainrule));
    near([price], [220], 1e-12, "price");
    near(gradients as number[], [2.2, 110, 200], 1e-12, "gradients");
    assert.equal(product, [
      [5, 11],
      [14, 23],
    ]);
    assert.equal(sigmoid, [0, 0.5, 1]);

    const n = 150;
    const expected = Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return Array.from({ length: n }, (_, k) => here.element(i, k) * here.element(k, j)).reduce((a, b) => a + b);
    });
    assert.equal(await page.evaluate((n) => workload.square(chainrule, n), n), expected);
  });

  test("random numbers have the bits that they have in Node", async ({ page }) => {
    for (const seed of [0, 20260401]) {
      const drawn = await page.evaluate((seed) => workload.draws(chainrule, seed, false), seed);
      assert.equal(drawn, here.draws(bundle, seed, false));
    }
  });
  return test;
}

const permitted = pageTests("/permitted");

for (const [dtype, tolerance] of [
  ["float64", 1e-12],
  ["float32", 1e-6],
] as const) {
  permitted(`compiled training is eager training, ${dtype}`, async ({ page }) => {
    const train = (compiled: boolean) =>
      page.evaluate(([dtype, compiled]) => workload.train(chainrule, dtype, compiled), [dtype, compiled] as const);
    const [eager, compiled] = [await train(false), await train(true)];
    near(compiled.losses, eager.losses, tolerance, "loss");
    near(compiled.bias, eager.bias, tolerance, "bias");
    const [first, last] = [compiled.losses[0] as number, compiled.losses.at(-1) as number];
    assert.ok(last < 0.95 * first, `loss ${first} at first, ${last} at last`);
  });
}

permitted("random numbers of a program are those of eager mode", async ({ page }) => {
  const drawn = await page.evaluate(() => workload.draws(chainrule, 7, true));
  assert.equal(drawn, here.draws(bundle, 7, false));
});

permitted("nothing violates the policy", async ({ browser, page, complaints }) => {
  assert.is(await page.evaluate(() => chainrule.compileSupport().missing), null);
  assert.equal(complaints, []);
  const relaxed = await page.evaluate(() => workload.usesRelaxedSimd(chainrule));
  console.log(`\n   Chromium ${browser.version()}, programs ${relaxed ? "with" : "without"} relaxed SIMD`);
});

permitted.run();

const forbidden = pageTests("/forbidden");

forbidden("compile names the policy that it needs, and calls the function itself if it may", async ({ page }) => {
  const { support, error, doubled } = await page.evaluate(() => workload.refusal(chainrule));
  assert.match(support ?? "", /^compile: .*content security policy.*'wasm-unsafe-eval'.*without compile/);
  assert.is(error, `CompileError: ${support}`);
  assert.equal(doubled, [2]);
});

forbidden.run();
