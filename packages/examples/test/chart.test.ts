import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracyAxis, histogram, type Point, renderChart, renderPanels } from "../src/support/chart.js";
import { renderImages } from "../src/support/images.js";

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

test("a title and a description for those to whom it is read, other colours in the dark", () => {
  assert.match(svg, /<title>Accuracy &lt;of&gt; two sets<\/title>\s*<desc>accuracy over epoch: train, test\.<\/desc>/);
  assert.match(svg, /@media \(prefers-color-scheme:dark\)\{\[fill="#1f2328"\]\{fill:#e6e9ed\}/);
});

/** The picture's height is 500; the data begin 60 above its lower edge and are 368 high: 440 - 368 x 0.98 = 79.4. */
test("a point stands where the axes say, train solid and test dashed", () => {
  const curves = [...svg.matchAll(/<path d="M76 403\.2L692 ([\d.]+)"[^>]*>/g)];
  const ends = curves.map((match) => [Number(match[1]), /stroke-dasharray/.test(match[0])]);
  assert.equal(ends, [
    [79.4, false],
    [86.7, true],
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
  assert.match(
    draw([0.7, 0.5]),
    /<path d="M384 232L507\.2 232L501\.2 229\.3M507\.2 232L501\.2 234\.7"[^>]*stroke="#123456"/,
  );
});

test("a logarithmic axis is labelled with powers of ten", () => {
  const svg = renderChart({
    title: "",
    x: { name: "rate", min: 1e-6, max: 1e-2, logarithmic: true },
    y: { name: "decay", min: 1, max: 1e12, logarithmic: true },
    series: [{ name: "trials", scatter: [[1e-4, 1e6]] }],
  });
  for (const label of ["10⁻⁶", "10⁻⁴", "10⁻²", "10⁰", "10¹²"]) assert.match(svg, `>${label}</text>`);
});

test("a histogram counts what lies in its range, the upper end included", () => {
  assert.equal(histogram([0, 0.1, 0.5, 1, 1.1, -0.1], { bins: 2, min: 0, max: 1 }), [
    [0, 0.5, 2],
    [0.5, 1, 2],
  ]);
});

test("accuracies are shown from 0.85 where all but the first are above it, from 0 if not, or if asked for", () => {
  const high = [0.1, 0.9, 0.95];
  assert.is(accuracyAxis([high, high]).min, 0.85);
  assert.is(accuracyAxis([high, high], true).min, 0);
  assert.is(accuracyAxis([high, [0.1, 0.8, 0.9]]).min, 0);
});

test("panels stand in rows; what all share is said once", () => {
  const panel = (title: string) => ({
    title,
    x: { name: "epoch", min: 0, max: 1 },
    y: { name: "loss", min: 0, max: 1 },
    series: [
      { name: "bars", bars: [[0, 0.5, 1] as const] },
      { name: "dots", scatter: [[0.5, 0.5] as const, [1, 1] as const] },
    ],
  });
  const svg = renderPanels({ title: "four", columns: 2, panels: ["a", "b", "c", "d"].map(panel) });
  const count = (text: string) => svg.split(`>${text}</text>`).length - 1;
  // Both dots of a panel are one path: in the first, whose data are 170 wide and 130 high, in the middle and at a corner.
  assert.match(svg, /<path d="M147 157L147\.1 157M232 92L232\.1 92"[^>]* stroke-linecap="round"/);
  assert.equal(["four", "a", "d", "bars", "dots", "epoch", "loss"].map(count), [1, 1, 1, 1, 1, 2, 2]);
});

test("images are runs of equal pixels, from black to white", () => {
  const image = { pixels: [[0, 0, 255]], label: "7" };
  const svg = renderImages({ title: "one", description: "a digit", images: [image], columns: 1 });
  assert.match(svg, /<path fill="rgb\(0,0,0\)" d="M0 0h2v1h-2z"\/><path fill="rgb\(255,255,255\)" d="M2 0h1v1h-1z"\/>/);
  assert.match(svg, />7<\/text>/);
});

test("charts on one page have clips of their own, the same in each run", () => {
  const chart = (title: string, points: readonly Point[]) =>
    renderChart({ title, x: { name: "x" }, y: { name: "y" }, series: [{ name: "line", points }] });
  const idsOf = (svg: string) => [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
  const [first, second] = [chart("a", [[0, 1], [1, 2]]), chart("b", [[0, 1], [1, 3]])]; // biome-ignore format: points
  assert.ok(idsOf(first).length > 0);
  assert.equal(
    idsOf(first).filter((id) => idsOf(second).includes(id)),
    [],
  );
  assert.is(chart("a", [[0, 1], [1, 2]]), first); // biome-ignore format: points
});

test.run();
