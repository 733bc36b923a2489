import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderChart } from "../src/support/chart.js";

const test = suite("charts");

const svg = renderChart({
  title: "Accuracy <of> two sets",
  x: { name: "epoch", min: 0, max: 2 },
  y: { name: "accuracy", min: 0, max: 1 },
  series: [
    {
      name: "train",
      points: [
        [0, 0.1],
        [2, 0.98],
      ],
    },
    {
      name: "test",
      points: [
        [0, 0.1],
        [2, 0.96],
      ],
      dashed: true,
    },
  ],
});
const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

test("title, axes and legend are there, markup in them escaped", () => {
  for (const text of ["Accuracy &lt;of&gt; two sets", "epoch", "accuracy", "train", "test"]) {
    assert.ok(texts.includes(text), `${text} in ${texts.join(", ")}`);
  }
});

test("the axis goes over the range that was asked for", () => {
  const numbers = texts.map(Number).filter((value) => !Number.isNaN(value));
  assert.is(Math.min(...numbers), 0);
  assert.is(Math.max(...numbers), 2);
  assert.ok(texts.includes("0.2") && !texts.includes("1.2"));
});

/** The picture's height is 480; the data begin 60 above its lower edge and are 368 high: 420 - 368 x 0.98 = 59.4. */
test("a point stands where the axes say, train solid and test dashed", () => {
  const curves = [...svg.matchAll(/<path d="M76 383\.2L692 ([\d.]+)"[^>]*>/g)];
  const ends = curves.map((match) => [Number(match[1]), /stroke-dasharray/.test(match[0])]);
  assert.equal(ends, [
    [59.4, false],
    [66.7, true],
  ]);
});

test("an arrow of no length is not drawn, one of some length has a head", () => {
  const draw = (to: readonly [number, number]) =>
    renderChart({
      title: "",
      x: { name: "x", min: 0, max: 1 },
      y: { name: "y", min: 0, max: 1 },
      series: [{ name: "field", color: "#123456", arrows: [[[0.5, 0.5], to]] }],
    });
  assert.not.match(draw([0.5, 0.5]), "#123456");
  assert.is(draw([0.7, 0.5]).split("#123456").length - 1, 2);
});

test.run();
