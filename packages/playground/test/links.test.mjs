// The address: a program in it, its language, links that are cut off, and the way back.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  closePages,
  ended,
  follow,
  linkOf,
  open,
  openPage,
  runProgram,
  shownRun,
  texts,
  withoutLanguage,
} from "./support.mjs";

const test = suite("links");

test.before(async (context) => Object.assign(context, await open()));
test.after.each(closePages);
test.after(async (context) => context.close?.());

test("a link has the program, its language and its look; in a frame it shows editor and result alone", async (context) => {
  const { page } = await openPage(context, "", { permissions: ["clipboard-read", "clipboard-write"] });
  await runProgram(page, 'const text = "한글 + 日本語 $&";\ntext;', "done");
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("The link is copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const fragment = new URL(link).hash;
  const again = await openPage(context, `${fragment}&embed&lang=ja&theme=dark`);
  assert.equal(await texts(again.page), ['"한글 + 日本語 $&"']);
  assert.is(await again.page.locator("header, .graph").count(), 0);
  assert.is(await again.page.locator("html").getAttribute("lang"), "ja");
  assert.is(await again.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
  assert.is(new URL(await again.page.getByRole("link").evaluate((element) => element.href)).hash, fragment);
});

test("a link in the place of the page runs, with its language; back runs what was there", async (context) => {
  const { page } = await openPage(context, "#example=apple");
  await follow(page, `${linkOf("6 * 7;")}&lang=ko`, "done");
  assert.equal(await texts(page), ["42"]);
  assert.is(await page.locator("html").getAttribute("lang"), "ko");
  const before = await shownRun(page);
  await page.goBack();
  await ended(page, "done", before);
  assert.is((await texts(page))[0], "220.00000000000003");
  // A language that was chosen is there after a reload.
  await page.getByLabel("언어").selectOption("ja");
  await page.reload();
  await ended(page, "done");
  assert.is(await page.locator("html").getAttribute("lang"), "ja");
});

test("a link that was cut off says so, and one to an empty program does not", async (context) => {
  const whole = linkOf("const first = 1;\nconst second = first + 1;\nsecond;");
  const { page } = await openPage(context, whole.slice(0, 40));
  for (const fragment of [null, "#example=nonsense", "#code="]) {
    if (fragment !== null) await follow(page, fragment);
    await page.getByRole("alert").filter({ hasText: "it was cut off, or names an example that is not here" }).waitFor();
    await page.getByLabel("Example").selectOption("square-of-sum");
    await page.getByRole("alert").waitFor({ state: "detached" });
  }
  await follow(page, linkOf(""));
  assert.is(await page.locator(".cm-content").textContent(), "");
  assert.is(await page.getByRole("alert").count(), 0);
});

test("what is typed is in the address as soon as it runs by keys, and stopping holds it", async (context) => {
  const { page } = await openPage(context, "", { init: withoutLanguage });
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("7;");
  await page.keyboard.press("Control+Enter");
  assert.is(new URL(page.url()).hash, linkOf("7;"));
  await page.waitForFunction(() => document.querySelector(".of-value pre")?.textContent === "7");
});

test.run();
