// MNIST: trained in the page, and what is drawn is classified.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { open, openPage } from "./support.mjs";

const test = suite("mnist");

test.before(async (context) => {
  Object.assign(context, await open());
  // The test images cannot be had at first.
  context.isBroken = true;
  const init = (page) =>
    page.route("**/digits-test.bin", (route) => (context.isBroken ? route.fulfill({ status: 503 }) : route.continue()));
  Object.assign(context, await openPage(context, "", { init }));
});
test.after(async (context) => context.close?.());

/** Looks by the clock, as to look at each frame takes more time than to draw it. */
const until = (page, isSo, given) => page.waitForFunction(isSo, given, { polling: 50 });

const accuracyOf = (page) => page.locator(".test-accuracy dd").textContent();
const stepOf = async (page) => Number((await page.locator(".figures .step dd").textContent()).replaceAll(",", ""));

test("a worker that fails says so, and starting over loads it again", async (context) => {
  const { page, requests } = context;
  assert.is(requests.filter(({ path }) => path.endsWith(".bin")).length, 0, "no digits before they are asked for");
  await page.getByRole("button", { name: "Digits" }).click();
  await page.getByText(/The training could not go on: .*digits-test\.bin: 503/).waitFor();
  context.isBroken = false;
  await page.getByRole("button", { name: "Start over" }).click();
  await page.getByRole("button", { name: "Train", disabled: false }).waitFor();
});

test("it begins as a guess, and says so", async ({ page }) => {
  assert.ok(Number.parseFloat(await accuracyOf(page)) < 30);
  await page.getByText("The network has learned nothing yet").waitFor();
});

test("it reaches 0.9 on the test images in a minute; curves and weights move", async ({ page }) => {
  const weights = () => page.locator(".weights canvas").evaluate((canvas) => canvas.toDataURL());
  const before = await weights();
  await page.getByRole("button", { name: "Train" }).click();
  // It goes on until it is paused, and may have lost a little by then.
  await until(page, () => Number.parseFloat(document.querySelector(".test-accuracy dd").textContent) >= 92);
  await page
    .getByRole("button", { name: "Pause" })
    .click({ timeout: 10_000 })
    .catch(() => {});
  assert.is.not(await weights(), before);
  for (const [i, line] of (await page.locator(".curves path").all()).entries()) {
    assert.ok((await line.getAttribute("d")).split("L").length > 3, `curve ${i}`);
  }
  const [loss, accuracy] = await page
    .locator(".curves svg")
    .evaluateAll((plots) => plots.map((plot) => plot.getAttribute("aria-label")));
  assert.match(loss, /^Loss function of each mini-batch; Loss: from 0\.\d+ to 2\.3/);
  assert.match(accuracy, /^Accuracy; training data: .*at the end 0\.9\d*; test data: .*at the end 0\.9/);
});

/** A stroke through points, as shares of the canvas. */
async function draw(page, points) {
  const { x, y, width, height } = await page.locator(".drawing canvas").boundingBox();
  const [first, ...rest] = points.map(([u, v]) => [x + u * width, y + v * height]);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point);
  await page.mouse.up();
}

const answer = (page, digit) =>
  until(page, (digit) => document.querySelector(".answer").textContent.startsWith(`It is a ${digit} (`), digit);
const clear = (page) => page.getByRole("button", { name: "Clear" }).click();

test("digits that are drawn are classified, wherever and however large", async ({ page }) => {
  const circle = Array.from({ length: 25 }, (_, i) => [
    0.5 + 0.2 * Math.sin((i * Math.PI) / 12),
    0.5 - 0.3 * Math.cos((i * Math.PI) / 12),
  ]);
  const shapes = [
    [7, [[0.25, 0.25], [0.7, 0.25], [0.45, 0.85]]],
    [1, [[0.52, 0.2], [0.5, 0.8]]],
    [0, circle],
    // The same in a corner, half as large.
    [0, circle.map(([u, v]) => [u / 2, v / 2])],
  ]; // biome-ignore format: points
  for (const [digit, points] of shapes) {
    await clear(page);
    await draw(page, points);
    await answer(page, digit);
    const shares = await page
      .locator(".bars .percent")
      .evaluateAll((cells) => cells.map(({ textContent }) => Number.parseFloat(textContent)));
    const sum = shares.reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 100) < 1, `the probabilities add up to ${sum}%`);
  }
});

test("by keys, too", async ({ page }) => {
  await clear(page);
  await page.locator(".drawing canvas").focus();
  await page.keyboard.down("Shift");
  for (let i = 0; i < 16; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.up("Shift");
  await answer(page, 1);
  await page.keyboard.press("Delete");
  await page.getByText("Draw something to see").waitFor();
});

test("test images are recognized, nearly all", async ({ page }) => {
  let right = 0;
  for (let i = 0; i < 20; i++) {
    const before = await page.locator(".drawing canvas").evaluate((canvas) => canvas.toDataURL());
    await page.getByRole("button", { name: "A test image" }).click();
    await until(page, (before) => document.querySelector(".drawing canvas").toDataURL() !== before, before);
    const label = /a (\d)$/.exec(await page.locator(".draw .toolbar .hint").textContent())[1];
    // The answer of the image before may still be there.
    right += await page
      .locator(".answer", { hasText: `It is a ${label} (` })
      .waitFor({ timeout: 1000 })
      .then(
        () => 1,
        () => 0,
      );
  }
  assert.ok(right >= 15, `${right} of 20`);
});

test("pausing holds it, slow motion slows it, starting over forgets", async ({ page }) => {
  await page.getByRole("button", { name: "Start over" }).click();
  await until(page, () => document.querySelector(".figures .step dd").textContent === "0");
  await page.getByLabel("Slow motion").check();
  await page.getByLabel("Learning rate").selectOption("0.3");
  await page.getByLabel("Mini-batch size").selectOption("10");
  await page.getByRole("button", { name: "Train" }).click();
  await until(page, () => Number(document.querySelector(".figures .step dd").textContent) >= 4);
  await page.getByRole("button", { name: "Pause" }).click();
  // What was on its way comes yet; steps that are not held come every tenth of a second.
  let [before, held] = [-1, await stepOf(page)];
  for (let i = 0; i < 20 && before !== held; i++) {
    await page.waitForTimeout(500);
    [before, held] = [held, await stepOf(page)];
  }
  assert.is(held, before);
  assert.ok(held < 400, `${held} steps in slow motion`);
  await page.getByRole("button", { name: "Train" }).waitFor();
});

test("starting over leaves nothing of the network before, and training comes to an end", async ({ page }) => {
  await page.getByLabel("Slow motion").uncheck();
  await page.getByLabel("Mini-batch size").selectOption("500");
  const begins = () => page.locator(".curves svg").last().getAttribute("aria-label");
  await page.getByRole("button", { name: "Train" }).click();
  await until(page, () => Number(document.querySelector(".figures .step dd").textContent) >= 40);
  await page.getByRole("button", { name: "Start over" }).click();
  await until(page, () => document.querySelector(".figures .step dd").textContent === "0");
  assert.match(await begins(), /training data: from (\S+) to \S+, at the end \1; /);
  assert.is(await page.locator(".curves path").first().getAttribute("d"), "");
  await page.getByRole("button", { name: "Train" }).click();
  await page.getByText("The training is over, after 40 epochs").waitFor();
  assert.ok(await page.getByRole("button", { name: "Train" }).isDisabled());
});

test("nothing was complained of", ({ complaints }) => assert.equal(complaints, []));

test.run();
