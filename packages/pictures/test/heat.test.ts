import { ChainruleError, fn, scan, type Tensor, tensor, variable, zeros } from "@chainrule/core";
import type { Element } from "@xmldom/xmldom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { heatOf } from "../src/heat.js";
import { type SvgOptions, toSvg } from "../src/index.js";
import { anyGraph, apple, loop, twoLayerStep } from "./support/graphs.js";
import { type Box, draw, parse } from "./support/parsed.js";

const test = suite("heat and loops");

// --- strips of colours ---------------------------------------------------------------------------------------------------

const levels = (t: Tensor) => heatOf(t, "values", 4)?.levels;

test("0 is no colour, the greatest absolute value the strongest one", () => {
  assert.equal(levels(tensor([0, 1, -1, 0.5, -0.25, 1 / 17])), [0, 8, -8, 4, -2, 0]);
  assert.equal(levels(tensor([-3, -6])), [-4, -8]);
  assert.equal(levels(zeros([3])), [0, 0, 0]);
  assert.equal(levels(tensor([true, false])), [8, 0]);
  assert.equal(levels(tensor([2, -4], { dtype: "int32" })), [4, -8]);
  assert.equal(levels(tensor([Number.NaN, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])), [
    Number.NaN,
    8,
    8,
    -8,
    -4,
  ]);
  const odd = heatOf(tensor([Number.NaN, 2, Number.POSITIVE_INFINITY]), "values", 4);
  assert.is(odd?.title, "values 3; colours from -2 to 2, 2 of 3 not finite");
  for (const none of [tensor(1), tensor([1]), zeros([0, 3])]) assert.is(heatOf(none, "values", 4), undefined);
});

test("a larger tensor is the means of its blocks, at most 6 x 16 of them", () => {
  const wide = heatOf(tensor([Array.from({ length: 32 }, (_, i) => i - 15.5)]) as Tensor, "values", 4);
  assert.equal([wide?.rows, wide?.columns], [1, 16]);
  assert.equal(wide?.levels, [-8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.is(wide?.title, "values 1 \u00d7 32, means in 1 \u00d7 16 cells; colours from -15 to 15");
  for (const shape of [[100, 784], [7], [13, 17], [2, 3, 4], [1, 1, 28, 28], [500, 1]]) {
    const heat = heatOf(zeros(shape).add(2), "gradient", 4);
    assert.ok(heat !== undefined && heat.rows <= 6 && heat.columns <= 16 && heat.width <= 96 && heat.height <= 36);
    assert.is(heat.levels.length, heat.rows * heat.columns);
    assert.ok(
      heat.levels.every((level) => level === 8),
      String(shape),
    );
  }
  assert.is(heatOf(tensor([[1, 2], [3, 4]]) as Tensor, "gradient", 4)?.title, "gradient 2 \u00d7 2; colours from -4 to 4"); // biome-ignore format: a matrix
});

/** The rectangles of all strips, in the picture. */
function strips(output: Tensor, options: SvgOptions): Box[] {
  const { root } = parse(toSvg(output, options));
  return Array.from(root.getElementsByTagName("g"))
    .filter((g: Element) => g.getAttribute("class") === "heat")
    .map((g: Element) => {
      const [, x, y] = /^translate\((\S+) (\S+)\)$/.exec(g.getAttribute("transform") ?? "") ?? [];
      const rect = g.getElementsByTagName("rect")[0] as Element;
      const [left, top] = [Number(x), Number(y)];
      const size = (name: string) => Number(rect.getAttribute(name));
      const what = g.getElementsByTagName("title")[0]?.textContent ?? "";
      return { what, left, top, right: left + size("width"), bottom: top + size("height") };
    });
}

test("each tensor of several elements has a strip for its values and one for its gradient, which cover nothing", () => {
  const step = twoLayerStep();
  for (const options of [{}, { direction: "down" }, { maxWidth: Number.POSITIVE_INFINITY }] as const) {
    const found = strips(step, { ...options, heat: true });
    assert.is(found.filter(({ what }) => what.startsWith("values")).length, 11);
    assert.is(found.filter(({ what }) => what.startsWith("gradient")).length, 9);
    for (const output of [step, loop(), anyGraph(2), anyGraph(4), anyGraph(11)]) {
      const boxes = strips(output, { ...options, heat: true });
      const { texts, nodes, width, height } = draw(output, { ...options, heat: true });
      boxes.forEach((box, i) => {
        assert.ok(box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height, box.what);
        for (const other of [...texts, ...nodes, ...boxes.slice(i + 1)]) {
          const apart =
            other.left >= box.right || other.right <= box.left || other.top >= box.bottom || other.bottom <= box.top;
          assert.ok(apart, `${box.what} and ${other.what}`);
        }
      });
    }
  }
  assert.is(strips(step, {}).length, 0);
  assert.is(strips(step, { heat: true, gradients: false }).length, 11);
  assert.is(strips(step, { heat: true, values: false }).length, 9);
  assert.is(strips(apple(), { heat: true }).length, 0, "a number has none");
  assert.not.match(toSvg(step), /\.above|\.below/);
  assert.is(toSvg(step, { heat: true }), toSvg(twoLayerStep(), { heat: true }), "the same text again");
  assert.throws(
    () => toSvg(step, { heat: "yes" as never }),
    (error: unknown) => error instanceof ChainruleError && /heat "yes": true or false/.test(error.message),
  );
});

// --- loops and functions -------------------------------------------------------------------------------------------------

const wide = { maxWidth: Number.POSITIVE_INFINITY };
const frames = (output: Tensor, options: SvgOptions = wide) =>
  draw(output, options)
    .texts.filter(({ kind, within }) => kind === "faint" && within === undefined)
    .map(({ what }) => what);

test("a loop, its steps and the functions in them stand in frames, one in the other", () => {
  assert.equal(frames(loop()).toSorted(), ["scan", "squash", "squash", "step 0", "step 1"]);
  const { frames: boxes } = draw(loop(), wide);
  const isIn = (inner: Box, outer: Box) =>
    inner.left > outer.left && inner.right < outer.right && inner.top > outer.top && inner.bottom < outer.bottom;
  const depth = (box: Box) => boxes.filter((outer) => isIn(box, outer)).length;
  assert.equal(boxes.map(depth).toSorted(), [0, 1, 1, 2, 2]);
  assert.equal(frames(loop(), { ...wide, groups: false }), []);
});

test("they fold, all or by their names", () => {
  const titles = (fold: SvgOptions["fold"] & (true | object)) =>
    draw(loop(), { ...wide, fold })
      .nodes.map(({ what }) => what.replace(/\(.*/, ""))
      .toSorted();
  assert.equal(titles(true), ["Mean", "Square", "scan: Mul, Add, Mul, Tanh, Mul, Add, Mul, Tanh"]);
  assert.equal(titles(["scan.step 0"]), [
    "Add",
    "Mean",
    "Mul",
    "Mul",
    "Square",
    "Tanh",
    "scan.step 0: Mul, Add, Mul, Tanh",
  ]);
  assert.throws(() => draw(loop(), { fold: ["scan.step 7"] }), /no group is called "scan.step 7"; there are "scan"/);
});

test("layers stand in the steps that use them; a loop that runs twice is two", () => {
  const w = variable([[1, 2], [3, 4]], { name: "cell.W" }); // biome-ignore format: a matrix
  const run = (x: Tensor) => scan((c) => [c.matmul(w).tanh().matmul(w)], x, undefined, { length: 1 })[0] as Tensor;
  const h = run(run(tensor([[1, 1]])).square());
  assert.equal(frames(h).toSorted(), ["cell", "cell", "scan", "scan 2", "step 0", "step 0"]);
  const twice = fn((x: Tensor) => x.mul(2));
  assert.equal(frames(twice(twice(variable(1).exp()).exp())), ["fn", "fn 2"]);
});

test.run();
