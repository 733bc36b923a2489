import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ChainruleError, graphOf, Node, noGrad, type Tensor, tensor, variable, zeros } from "@chainrule/core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type SvgOptions, toSvg } from "../src/index.js";
import { affine, anyGraph, apple, appleOrange, drawings, loop, sigmoid, squareOfSum } from "./support/graphs.js";
import { draw, parse, signsOf, textsOf } from "./support/parsed.js";

const test = suite("pictures");

// --- the book's pictures -------------------------------------------------------------------------------------------------

/** The files are what was looked at, beside the book's figures; UPDATE_PICTURES=1 writes them anew. */
for (const [name, output, options] of [
  ["apple", apple(), {}],
  ["apple-orange", appleOrange(), {}],
  ["loop", loop(), {}],
  ["heat", affine(), { heat: true }],
] as const) {
  test(`the picture of ${name} is the one that was looked at`, () => {
    const file = fileURLToPath(new URL(`../../test/pictures/${name}.svg`, import.meta.url));
    const svg = toSvg(output, options);
    if (process.env["UPDATE_PICTURES"] === "1") writeFileSync(file, svg);
    assert.ok(existsSync(file));
    assert.is(svg, readFileSync(file, "utf8"));
  });
}

test("the apples: values above the lines, gradients below, signs in circles, names at the ends", () => {
  const picture = draw(apple());
  assert.equal(textsOf(picture, "value").toSorted(), ["1.1", "100", "2", "200", "220"]);
  assert.equal(textsOf(picture, "gradient").toSorted(), ["1", "1.1", "110", "2.2", "200"]);
  assert.equal(signsOf(picture), ["apple price", "apple count", "\u00d7", "tax", "\u00d7"]);
  assert.equal(textsOf(picture, "name"), ["price"]);
  assert.equal(picture.tips, { forward: 5, back: 5 });
  const at = (what: string, kind: string) => picture.texts.find((text) => text.what === what && text.kind === kind);
  for (const [value, gradient] of [
    ["100", "2.2"],
    ["2", "110"],
    ["1.1", "200"],
    ["220", "1"],
  ] as const) {
    const [above, below] = [at(value, "value"), at(gradient, "gradient")];
    assert.ok(above !== undefined && below !== undefined && above.bottom < below.top, value);
    assert.ok(Math.abs(above.left + above.right - below.left - below.right) < 0.1, "they stand on one line");
  }
  // From the price of an apple on, the first inputs lie on one level line, and all others come from below.
  const level = [at("100", "value"), at("200", "value"), at("220", "value")].map((text) => text?.bottom);
  assert.is(new Set(level).size, 1);
  for (const name of ["2", "1.1"]) assert.ok((at(name, "value")?.top ?? 0) > (level[0] ?? 0), name);
});

test("every tensor's value and gradient is there", () => {
  for (const output of [appleOrange(), squareOfSum(), sigmoid(), anyGraph(3), anyGraph(6)]) {
    const picture = draw(output, { digits: 5 });
    const numbers = (t: Tensor) => String(Number(t.item().toPrecision(5)));
    for (const { tensor, isLiteral, label } of graphOf(output).edges) {
      if (tensor.rank > 0) continue;
      const kind = isLiteral ? "" : "value";
      // 1 / x and ^2 say their numbers in their signs.
      const shown = [
        ...textsOf(picture, kind),
        ...(isLiteral ? signsOf(picture).flatMap((sign) => sign.match(/\d+/g) ?? []) : []),
      ];
      assert.ok(shown.includes(numbers(tensor)), `${label}: ${numbers(tensor)} in ${shown.join(", ")}`);
      if (tensor.grad !== null) assert.ok(textsOf(picture, "gradient").includes(numbers(tensor.grad)), label);
    }
  }
});

test("forward lines are one for each use, backward ones where a gradient came", () => {
  const x = variable(2, { name: "x" });
  const c = tensor(3, { name: "c" });
  const y = x.mul(c).add(x);
  assert.equal(draw(y).tips, { forward: 5, back: 0 });
  y.backward();
  // The two uses of x are one line back to it; c wants no gradient.
  assert.equal(draw(y).tips, { forward: 5, back: 3 });
  assert.equal(draw(y, { gradients: false }).tips, { forward: 5, back: 0 });
  const untouched = y.mul(2);
  assert.is(textsOf(draw([y, untouched]), "gradient").length, 3, "a branch without a gradient has none");
});

// --- what is written -----------------------------------------------------------------------------------------------------

test("numbers to four digits, or as many as are asked for", () => {
  const x = variable(Math.PI, { name: "x" }).mul(1e-10);
  assert.equal(textsOf(draw(x), "value"), ["3.142", "3.142e-10"]);
  assert.equal(textsOf(draw(x, { digits: 7 }), "value"), ["3.141593", "3.141593e-10"]);
  assert.equal(textsOf(draw(x, { values: false }), "value"), []);
});

test("tensors by shape and elements, longer ones by mean and standard deviation", () => {
  const value = (t: Tensor) => textsOf(draw(t), "value");
  assert.equal(value(variable(1 / 3e-20, { name: "x" })), ["3.333e+19"]);
  assert.equal(value(variable(-123456789, { name: "x" })), ["-123500000"]);
  assert.equal(value(variable(Number.NEGATIVE_INFINITY, { name: "x" })), ["-Infinity"]);
  assert.equal(value(tensor([1, 2, 3])), ["[3]", "[1, 2, 3]"]);
  assert.equal(value(tensor([[1, 2], [3, 4]])), ["[2, 2]", "[[1, 2],", "[3, 4]]"]); // biome-ignore format: a matrix
  assert.equal(value(tensor([[1], [2]])), ["[2, 1]", "[[1], [2]]"]);
  assert.equal(value(tensor([2, 4, 4, 4, 5, 5, 7, 9])), ["[8]", "5 \u00b1 2"]);
  assert.equal(value(tensor([0, 0, 0, 0, 1e-9])), ["[5]", "2e-10 \u00b1 4e-10"]);
  assert.equal(value(tensor([1, 2, 3, 4, Number.NaN])), ["[5]", "NaN \u00b1 NaN"]);
  assert.equal(value(tensor([1, 2, 3, 4, Number.POSITIVE_INFINITY])), ["[5]", "Infinity \u00b1 NaN"]);
  assert.equal(value(zeros([0, 3])), ["[0, 3]", "no elements"]);
  assert.equal(value(tensor([3, -1, 2, 5, 4], { dtype: "int32" })), ["int32 [5]", "-1 .. 5"]);
  assert.equal(value(tensor([true, false, true, true, true])), ["bool [5]", "4 of 5 true"]);
  assert.equal(value(tensor(1, { dtype: "float32" })), ["float32", "1"]);
});

test("signs, names of functions, settings, and numbers in formulas", () => {
  const x = variable([[1, 2]], { name: "x" });
  const signs = (t: Tensor) => signsOf(draw(t)).slice(1);
  assert.equal(signs(x.square()), ["^2"]);
  assert.equal(signs(x.pow(3)), ["^3"]);
  assert.equal(signs(x.pow(x)), ["^"]);
  assert.equal(signs(x.add(1)), ["1", "+"]);
  const two = tensor(2);
  assert.equal(signs(x.pow(two).mul(two)), ["^2", "2", "\u00d7"]);
  assert.equal(signs(x.exp().log()), ["exp", "log"]);
  assert.equal(signs(x.matmul(tensor([[1], [2]]))), ["dot"]);
  assert.equal(signs(x.sum({ axis: 1, keepDims: true })), ["\u03a3"]);
  assert.equal(textsOf(draw(x.sum({ axis: 1, keepDims: true })), "faint"), ["axis: 1", "keepDims"]);
  assert.equal(signs(x.softplus()), ["softplus"]);
});

test("settings of a node of one's own, whatever they are", () => {
  const circle: Record<string, unknown> = {};
  circle["of"] = circle;
  const attributes = { list: [1, [2, null], { z: Number.NaN }], big: { n: 10n }, text: [Symbol("s")], circle };
  class Odd extends Node {
    override readonly name = "Odd";
    override attributes() {
      return attributes;
    }
    override shapeRule(x: Tensor) {
      return x.shape;
    }
    override composed(x: Tensor) {
      return x;
    }
    override localBackward(dout: Tensor) {
      return dout;
    }
  }
  assert.equal(textsOf(draw(new Odd().apply(variable(1, { name: "x" }))), "faint"), [
    "list: [1, [2, null], { z: N\u2026",
    "big: { n: 10 }",
    "text: [Symbol(s)]",
    "circle: { of: { of: { of: {\u2026",
  ]);
});

test("names of any kind are XML, and what cannot be seen is its code", () => {
  for (const name of [
    '<a & "b">',
    "</text><script>",
    "]]>",
    "tab\tand\nline",
    "\u0000\u0007\ud800",
    "\u202eabc",
    "\u6570\u636e",
    "x".repeat(200),
    "",
  ]) {
    const x = variable(1, { name });
    const picture = draw(x.add(x).named(name), { title: name, description: name });
    assert.is(picture.root.getElementsByTagName("script").length, 0);
    const shown = picture.texts.map(({ what }) => what).join(" ");
    if (name.length < 20 && /^[\x20-\x7e\u6570\u636e]*$/.test(name)) assert.ok(shown.includes(name), name);
    assert.not.match(shown, /[\p{Cc}\p{Cf}]/u);
  }
  assert.match(toSvg(variable(1, { name: "\u0007" })), "U+0007");
});

// --- the form of the SVG -------------------------------------------------------------------------------------------------

test("a picture says what it is, and needs nothing from outside", () => {
  const svg = toSvg(apple());
  const { root } = parse(svg);
  assert.is(root.getAttribute("role"), "img");
  const said = (root.getAttribute("aria-labelledby") ?? "")
    .split(" ")
    .map((id) => root.ownerDocument?.getElementById(id));
  assert.equal(
    said.map((element) => element?.textContent),
    [
      "Graph of price",
      "apple price: 100, gradient 2.2; apple count: 2, gradient 110; t1, Mul of apple price and apple count: 200, gradient 1.1; tax: 1.1, gradient 200; price, Mul of t1 and tax: 220, gradient 1",
    ],
  );
  assert.not.match(svg, /<script|href|url\(|@import|<image|<foreignObject/);
  assert.is(svg.match(/https?:/g)?.length, 1, "the name of SVG itself");
  const own = draw(apple(), { title: "Two apples", description: "and tax" }).root;
  assert.is(own.getElementsByTagName("title")[0]?.textContent, "Two apples");
  assert.is(own.getElementsByTagName("desc")[0]?.textContent, "and tax");
  assert.match(toSvg(variable(1).add(2)), ">Computational graph</title>");
});

test("the same graph gives the same text, another one other names for its rules", () => {
  assert.is(toSvg(anyGraph(5)), toSvg(anyGraph(5)));
  const idOf = (svg: string) => /class="(chainrule-\w+)"/.exec(svg)?.[1];
  const svgs = [
    toSvg(apple()),
    toSvg(appleOrange()),
    toSvg(apple(), { theme: "dark" }),
    toSvg(apple(), { title: "x" }),
  ];
  assert.is(new Set(svgs.map(idOf)).size, svgs.length);
  for (const svg of svgs) {
    const id = idOf(svg) ?? "";
    const style = /<style>([^<]*)<\/style>/.exec(svg)?.[1] ?? "";
    const rules = style.split("\n").filter((line) => /^\s*[.#\w].*\{/.test(line) && !line.startsWith("@"));
    assert.ok(rules.length > 5 && rules.every((line) => line.startsWith(`.${id} `)), "rules for this picture alone");
    for (const [, own] of svg.matchAll(/\bid="([^"]*)"/g)) assert.ok(own?.startsWith(id));
  }
});

test("light, dark, or as the reader's system is", () => {
  const styles = (["light", "dark", "auto"] as const).map((theme) => toSvg(apple(), { theme }));
  assert.equal(
    styles.map((svg) => svg.includes("prefers-color-scheme: dark")),
    [false, false, true],
  );
  assert.equal(
    styles.map((svg) => [svg.includes("#ffffff"), svg.includes("#15181d")]),
    [
      [true, false],
      [false, true],
      [true, true],
    ],
  );
});

// --- errors, and what is none ----------------------------------------------------------------------------------------------

test("graphs of one tensor, of several outputs, of outputs that are used, and of constants are drawn", () => {
  assert.equal(textsOf(draw(variable(3, { name: "x" })), "value"), ["3"]);
  assert.equal(textsOf(draw(noGrad(() => variable(3).exp())), "value"), ["20.09"]);
  const x = variable(2, { name: "x" });
  const t = x.exp().named("t");
  const outputs = draw([t.log().named("a"), t, t.square().named("b")]);
  assert.equal(textsOf(outputs, "name").toSorted(), ["a", "b"]);
  assert.ok(textsOf(outputs, "value").includes("t"), "its name stands above its line");
  assert.equal(draw(x.mul(x)).tips, { forward: 3, back: 0 });
  assert.equal(signsOf(draw(x.add(5), { names: { first: x } })), ["first", "5", "+"]);
});

test("what is not known is refused", () => {
  const x = variable(1, { name: "x" }).exp();
  const refused: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{ colour: "red" }, /toSvg: unknown option colour; .*there are names, values, gradients, digits/],
    [{ digits: 0 }, /digits 0: a whole number from 1 to 17/],
    [{ digits: 2.5 }, /digits 2\.5/],
    [{ digits: "4" }, /digits "4"/],
    [{ direction: "left" }, /direction "left": "right" or "down"/],
    [{ direction: null }, /direction null/],
    [{ theme: "blue" }, /theme "blue": "auto" or "light" or "dark"/],
    [{ maxWidth: 0 }, /maxWidth 0: a number of pixels/],
    [{ maxWidth: Number.NaN }, /maxWidth NaN/],
    [{ maxNodes: 0 }, /maxNodes 0/],
    [{ title: 5 }, /title 5: a text/],
    [{ values: "no" }, /values "no"/],
    [{ groups: "layers" }, /groups "layers": true, false, a record of tensors/],
    [{ groups: [x] }, /groups \[/],
    [{ groups: { a: "x" } }, /toSvg/],
    [{ groups: () => 5 }, /groups gave 5 for node Exp/],
    [{ fold: "a" }, /fold "a": true, false or a list/],
    [{ groups: { a: variable(1) } }, /groups: a is a tensor \[\] that is not in the graph/],
    [{ fold: ["a"] }, /fold: no group is called "a"; there are no groups/],
    [{ fold: ["b"], groups: { a: x } }, /no group is called "b"; there are "a"/],
    [5, /options are a record/],
  ];
  for (const [options, message] of refused) {
    assert.throws(
      () => toSvg(x, options as SvgOptions),
      (error: unknown) =>
        error instanceof ChainruleError && message.test(error.message) && error.message.startsWith("toSvg"),
      String(message),
    );
  }
  assert.throws(() => toSvg([]), /toSvg: got an empty list/);
  for (const output of [undefined, "x", { x }, () => x, [x, null]]) {
    assert.throws(() => (toSvg as (output: unknown) => string)(output), /^.*toSvg: takes tensors/);
  }
  assert.throws(() => (toSvg as (...args: unknown[]) => unknown)(x, {}, 1), /toSvg: got 1 behind the arguments/);
  let long: Tensor = x;
  for (let i = 0; i < 500; i++) long = long.add(1);
  assert.throws(() => toSvg(long), /the graph has 501 nodes, more than maxNodes \(400\)/);
});

test("all graphs with names are drawn with all their nodes", () => {
  for (const [name, output, options] of drawings()) {
    if (options.fold !== undefined) continue;
    const picture = draw(output, options);
    const ops = picture.nodes.filter(({ what }) => /^[A-Z]\w*\(/.test(what));
    assert.is(ops.length, graphOf(output).nodes.length, name);
  }
});

test("for a page of its own there is no style in it, and every element says what of the graph it shows", () => {
  const [x, y] = [variable(2, { name: "x" }), variable(3)];
  const t = x.mul(y).add(1);
  const z = t.mul(t).add(x);
  z.backward();
  for (const maxWidth of [840, 200]) {
    const svg = toSvg(z, { theme: "page", maxWidth });
    assert.not.match(svg, /style/);
    const graph = graphOf(z);
    const marked = (name: string) =>
      new Set(Array.from(svg.matchAll(new RegExp(`data-${name}="(\\d+)"`, "g")), ([, i]) => Number(i)));
    assert.equal(
      [...marked("node")].toSorted(),
      graph.nodes.map(({ index }) => index),
    );
    assert.equal(
      [...marked("edge")].toSorted(),
      graph.edges.map(({ index }) => index),
    );
    for (const edge of graph.edges.filter(({ isLiteral }) => !isLiteral)) {
      assert.match(svg, `<text class="value" data-edge="${edge.index}"`);
      assert.match(svg, `<text class="gradient" data-edge="${edge.index}"`);
      for (const { index } of edge.users) {
        assert.match(svg, `<path class="line" data-node="${index}" data-edge="${edge.index}"`);
        assert.match(svg, `<path class="back line" data-node="${index}" data-edge="${edge.index}"`);
      }
    }
    const unmarked = svg
      .split("\n")
      .filter((line) => /^<(path|text class|g|circle class="tip")/.test(line) && !/data-/.test(line));
    assert.equal(unmarked, []);
  }
  assert.not.match(toSvg(z), /data-/);
});

test.run();
