// The page: examples, edits, errors, sharing, languages, completion; by keys, on a telephone, for a screen reader.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  closePages,
  commonPage,
  ended,
  follow,
  hoverFor,
  open,
  openPage,
  results,
  runProgram,
  shownRun,
  texts,
  withoutLanguage,
} from "./support.mjs";

const test = suite("page");

test.before(async (context) => Object.assign(context, await open()));
test.after.each(closePages);
test.after(async (context) => context.close?.());

const programs = readdirSync(new URL("../src/examples/programs", import.meta.url)).filter((name) =>
  name.endsWith(".ts"),
);
const axeSource = readFileSync(
  createRequire(new URL("../../pages/package.json", import.meta.url)).resolve("axe-core/axe.min.js"),
  "utf8",
);

test("each example runs, shows results, and complains of nothing", async (context) => {
  const { page, complaints } = await commonPage(context, "#example=apple");
  const offered = await page
    .getByLabel("Example")
    .locator("option")
    .evaluateAll((options) => options.map(({ value }) => value));
  assert.equal(offered.toSorted(), programs.map((name) => name.replace(".ts", "")).toSorted());
  for (const id of offered) {
    const before = await shownRun(page);
    await page.getByLabel("Example").selectOption(id);
    // The one that is there is not chosen again.
    await ended(page, "done", id === "apple" ? 0 : before);
    const shown = await results(page);
    assert.ok(shown.length > 0, id);
    assert.equal(
      shown.filter(({ kind }) => kind === "error"),
      [],
      id,
    );
    const hasGraph = [
      "apple",
      "apple-orange",
      "square-of-sum",
      "layers",
      "simple-net",
      "two-layer-net",
      "custom-op",
      "higher-derivatives",
    ].includes(id);
    assert.is((await page.locator(".graph img").count()) > 0, hasGraph, `${id}: a picture of a graph`);
  }
  assert.equal(complaints, []);
});

test("the numbers of the book, beside the graph with values and gradients", async (context) => {
  const { page } = await commonPage(context, "#example=apple");
  assert.equal(await texts(page), ["220.00000000000003", "2.2", "110.00000000000001", "200"]);
  const picture = page.locator(".graph img");
  assert.match(await picture.getAttribute("alt"), /apple: 100, gradient 2\.2.*tax: 1\.1, gradient 200/);
  assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 100)));
  await page.getByRole("button", { name: "Text", exact: true }).click();
  assert.match(await page.locator(".graph pre").textContent(), /^apple: variable \[\] = 100, grad 2\.2\n/);
  await page.getByRole("button", { name: "Picture", exact: true }).click();
});

test("the stepper goes through the graph, forward and back, in a frame that runs nothing else", async (context) => {
  const { page, complaints } = await openPage(context, "#example=apple&lang=ko", { reducedMotion: "reduce" });
  await page.getByRole("button", { name: "한 단계씩" }).click();
  const frame = page.frameLocator(".graph iframe");
  await frame.getByRole("heading").first().waitFor({ timeout: 30_000 });
  assert.is(await page.locator(".graph iframe").getAttribute("sandbox"), "allow-scripts");
  for (let i = 0; i < 5; i++) await frame.getByRole("button", { name: "한 단계 앞으로" }).click();
  assert.match(await frame.locator("body").textContent(), /price[\s\S]*2\.2/);
  // A change goes through it as well.
  await page.locator(".cm-line", { hasText: "variable(100)" }).click();
  await page.keyboard.press("End");
  for (const key of ["ArrowLeft", "ArrowLeft", "Backspace"]) await page.keyboard.press(key);
  await frame.getByText("22", { exact: true }).first().waitFor({ state: "attached", timeout: 30_000 });
  assert.equal(complaints, []);
});

test("an edit is computed again by itself", async (context) => {
  const { page } = await commonPage(context, "#example=apple");
  await withoutLanguage(page);
  const line = page.locator(".cm-line", { hasText: "variable(100)" });
  await line.click();
  await page.keyboard.press("End");
  for (const key of ["ArrowLeft", "ArrowLeft", "Backspace"]) await page.keyboard.press(key);
  await page.waitForFunction(() => document.querySelector(".of-value pre")?.textContent === "22");
  assert.is(await page.getByLabel("Example").inputValue(), "");
  // The address has the program, so that a reload keeps it.
  await page.waitForFunction(() => location.hash.startsWith("#code="));
  await page.reload();
  await page.unroute("**/language.js");
  await ended(page);
  assert.is((await texts(page))[0], "22");
});

test("values, texts, tensors, plots and their lines", async (context) => {
  const { page } = await commonPage(context);
  const code = `import { tensor, variable } from "@chainrule/core";
interface Point { readonly x: number }
const point: Point = { x: 1 };
point;
console.log("a", [1, "b"], tensor([[1, 2], [3, 4]]), new Map([["k", -0]]));
console.warn(tensor(new Float32Array(3)));
const [w] = [variable(2)];
w.mul(3)!.named("six");
plot([1, 2, 4], { title: "growth" });
await new Promise<void>((done) => setTimeout(done, 10));
let z = 0; z = 4; z++;`;
  await runProgram(page, code, "done");
  assert.equal(await results(page), [
    { kind: "value", text: "{ x: 1 }", line: 4 },
    { kind: "text", text: 'a [1, "b"] [2, 2] [[1, 2], [3, 4]] Map { "k" => -0 }', line: 5 },
    { kind: "text", text: "float32 [3] [0, 0, 0]", line: 6 },
    { kind: "value", text: "six: 6", line: 8 },
    { kind: "plot", text: (await page.locator(".of-plot").textContent()) ?? "", line: null },
  ]);
  assert.match(
    await page.locator(".of-plot svg").getAttribute("aria-label"),
    /^growth; Plot: from 1 to 4, at the end 4$/,
  );
  assert.match(await page.locator(".graph img").getAttribute("alt"), /^Graph of six: w: 2/);
});

test("errors name their lines: of the syntax, of imports, of the engine, of what comes later", async (context) => {
  const { page } = await commonPage(context);
  const error = async (code) => {
    await runProgram(page, code, "failed");
    const [found] = (await results(page)).filter(({ kind }) => kind === "error");
    const name = await page.locator(".of-error strong").textContent();
    const marked = await page
      .locator(".cm-errorLine")
      .evaluateAll((lines) => lines.map(({ textContent }) => textContent));
    return { name, text: found.text, line: found.line, marked };
  };
  const syntax = await error("const a = 1;\nconst b = (2;\n");
  assert.is(syntax.name, "SyntaxError");
  assert.is(syntax.line, 2);
  assert.equal(syntax.marked, ["const b = (2;"]);
  const imported = await error('const a = 1;\n\nimport { x } from "lodash";');
  assert.is(imported.line, 3);
  assert.match(imported.text, /"lodash" is not here: a program can import "@chainrule\/core"/);
  const missing = await error(
    'import { ones } from "@chainrule/core";\nimport {\n  ReLU,\n  Relu } from "@chainrule/nn";',
  );
  assert.equal([missing.name, missing.line], ["ImportError", 4]);
  assert.is(missing.text, '"@chainrule/nn" has no export named "Relu"');
  const namespace = await error("1;\nnamespace N { export const a = 1; }");
  assert.is(namespace.line, 2);
  assert.match(namespace.text, /^namespaces do not run here/);
  assert.match((await error("@f class A {}")).text, /^decorators do not run here/);
  const shapes = await error(
    'import { ones } from "@chainrule/core";\ntype Two = 2;\nfunction f(a: Two) {\n  return ones([2, 3]).matmul(ones([2, 3]));\n}\nf(2);',
  );
  assert.is(shapes.name, "ShapeError");
  assert.is(shapes.line, 4);
  assert.match(
    shapes.text,
    /^MatMul: \[2, 3\] x \[2, 3\]: inner sizes 3 and 2 differ; did you mean a\.matmul\(b\.transpose\(\)\)\?$/,
  );
  const thrown = await error("const x: number = 1;\nthrow x;");
  assert.is(thrown.text, "threw 1");
  await runProgram(page, 'const timer = setTimeout(() => { throw new Error("late"); }, 50);\n1;', "failed");
  assert.equal(await texts(page), ["1", "late"]);
  // Going there.
  await page.locator(".of-error .to-line").click();
  assert.ok(await page.locator(".cm-content").evaluate((element) => element === document.activeElement));
});

test("a plot of the largest numbers is drawn", async (context) => {
  const { page, complaints } = await commonPage(context);
  await runProgram(page, "plot([-1e308, 0, 1e308]);\nplot([1.7e308]);\nplot([0, 5e-324, NaN, Infinity]);", "done");
  const paths = await page.locator(".of-plot path").evaluateAll((lines) => lines.map((line) => line.getAttribute("d")));
  assert.is(paths.length, 3);
  assert.equal(
    paths.filter((path) => /NaN|Infinity/.test(path)),
    [],
  );
  assert.equal(complaints, []);
});

test("compile runs in the sandbox", async (context) => {
  const { page } = await commonPage(context);
  const code =
    'import { compile, compileSupport, tensor } from "@chainrule/core";\ncompileSupport().missing;\ncompile((x) => x.mul(2))(tensor(4)).item();';
  await runProgram(page, code, "done");
  assert.equal(await texts(page), ["null", "8"]);
});

test("in each language every text is there, and an example is in it", async (context) => {
  for (const [locale, lead] of [
    ["en-GB", "Two apples at 100 each"],
    ["ko", "사과 2개와 소비세 10%"],
    ["ja-JP", "リンゴ 2 個"],
  ]) {
    const { page } = await openPage(context, "", { locale, settled: false });
    assert.match(await page.locator(".cm-line").first().textContent(), new RegExp(lead));
    assert.is(await page.locator("html").getAttribute("lang"), locale.slice(0, 2));
  }
});

test("completion, types and problems are the real ones, and an import is added", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, 'import { variable } from "@chainrule/core";\nconst x = variable([1, 2]);\n', "done");
  await page.locator(".cm-content").click();
  await page.getByText("Completion: Ctrl+Space").waitFor({ timeout: 60_000 });
  await page.keyboard.press("Control+End");
  await page.keyboard.type("x.softm", { delay: 30 });
  const option = page.locator(".cm-tooltip-autocomplete li", { hasText: /^softmax/ });
  await option.waitFor();
  await page.locator(".cm-completionInfo .described").waitFor();
  assert.match(
    await page.locator(".cm-completionInfo .described code").textContent(),
    /\bsoftmax<S extends Shape.*AxisOption/s,
  );
  assert.match(await page.locator(".cm-completionInfo .described p").textContent(), /\w{4}/);
  await page.keyboard.press("Escape");
  await page.keyboard.type("ax().foo;\ntens", { delay: 30 });
  await page.locator(".cm-tooltip-autocomplete li", { hasText: /^tensor@chainrule\/core/ }).waitFor();
  await page.waitForTimeout(100);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".cm-line").textContent.includes("tensor, variable"));
  const wrong = page.locator(".cm-lintRange-error", { hasText: /^foo$/ });
  await hoverFor(page, wrong, page.getByText(/Property 'foo' does not exist on type 'Tensor/));
  const name = page.locator(".cm-line", { hasText: "const x" }).locator("span", { hasText: "variable" });
  await hoverFor(page, name, page.locator(".cm-tooltip-hover .described code", { hasText: "variable" }));
});

test("the page works without the language service", async (context) => {
  const { page } = await openPage(context, "", { init: withoutLanguage });
  await page.locator(".cm-content").click();
  await page.getByText("Completion is not available; everything else works.").waitFor();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("1 + 41;");
  await page.waitForFunction(() => [...document.querySelectorAll(".of-value pre")].at(-1)?.textContent === "42");
});

test("keys alone do all of it, and the editor lets the focus go", async (context) => {
  const { page } = await openPage(context, "", { init: withoutLanguage });
  const focused = () => page.evaluate(() => document.activeElement?.className ?? "");
  await page.keyboard.press("Tab");
  assert.match(await focused(), /skip/);
  await page.keyboard.press("Enter");
  assert.match(await focused(), /cm-content/);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("2 + 3;");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".of-value pre")].at(-1)?.textContent === "5");
  await page.keyboard.press("Tab");
  assert.match(await focused(), /cm-content/);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.not.match(await focused(), /cm-content/);
  for (let i = 0; i < 20 && !(await focused()).startsWith("scroll"); i++) await page.keyboard.press("Tab");
  assert.match(await focused(), /scroll/);
});

// Colours do not depend on the width, nor the layout on the theme.
const looks = [
  { width: 1440, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
];

for (const { width, colorScheme } of looks) {
  test(`${width} pixels, ${colorScheme}: nothing sticks out, and axe finds nothing serious`, async (context) => {
    const viewport = { width, height: width === 360 ? 740 : 900 };
    const { page, complaints } = await openPage(context, "#example=layers", { viewport, colorScheme, bypassCSP: true });
    await page.evaluate(axeSource);
    const look = async (what) => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${what}: ${over} pixels too wide`);
      const found = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
        return violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
      });
      assert.equal(found, [], what);
    };
    await look("editor");
    if (width === 360) {
      for (const name of [/^Result/, /^Graph/]) {
        await page.getByRole("button", { name }).click();
        await look(String(name));
      }
    }
    await follow(page, "#example=optimizers", "done");
    await look("plots");
    await page.getByRole("button", { name: "Digits" }).click();
    await page.getByRole("button", { name: "Train" }).waitFor();
    await look("digits");
    assert.equal(complaints, []);
  });
}

test.run();
