import { type Tensor, variable } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toSvg } from "../src/index.js";
import { anyGraph, drawings } from "./support/graphs.js";
import { collisions, parse } from "./support/parsed.js";

// Nothing is drawn over anything else: texts, nodes, and lines, by the widest font that a text may be drawn with.

test("no label is under another one, a node or a line", () => {
  for (const [name, output, options] of drawings()) {
    assert.equal(collisions(parse(toSvg(output, options))), [], name);
  }
});

test("nor in any other graph", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const options =
      seed % 4 === 0 ? ({ direction: "down" } as const) : { maxWidth: [500, 800, 3000][seed % 3] as number };
    assert.equal(collisions(parse(toSvg(anyGraph(seed), options))), [], `seed ${seed}`);
  }
});

test("no tip of an arrow is hidden under a box", () => {
  const x = variable([1, 2, 3, 4, 5, 6], { name: "x" });
  const [a, b, c] = x.split(3) as [Tensor, Tensor, Tensor];
  const y = a.mul(b).add(c).sum();
  y.backward();
  for (const graph of [y, ...[1, 2, 3, 4, 5, 6].map(anyGraph)]) {
    const svg = toSvg(graph);
    const numbers = (text = "") => text.match(/-?[\d.]+/g)?.map(Number) ?? [];
    const boxes = [...svg.matchAll(/<rect class="node"([^>]*?) rx/g)].map(([, text]) => numbers(text));
    for (const [, tip] of svg.matchAll(/class="tip" d="([^"]+)"/g)) {
      const points = numbers(tip);
      const middle = [0, 1].map((i) => ((points[i] ?? 0) + (points[i + 2] ?? 0) + (points[i + 4] ?? 0)) / 3);
      for (const [left = 0, top = 0, width = 0, height = 0] of boxes) {
        const [u = 0, v = 0] = middle;
        const isUnder = u > left && u < left + width && v > top && v < top + height;
        assert.not(isUnder, `${tip} under ${left}, ${top}, ${width} x ${height}`);
      }
    }
  }
});

test("what lies over something else is found", () => {
  const svg = toSvg(anyGraph(2));
  const [, x, y] = /class="value" x="([\d.]+)" y="([\d.]+)"/.exec(svg) ?? [];
  const more = `<text x="${x}" y="${y}" font-size="12">12</text><path class="line" d="M0 ${y}L900 ${y}"/></svg>`;
  const found = collisions(parse(svg.replace("</svg>", more)));
  assert.ok(
    found.some((text) => /^[^ ]+ over 12$/.test(text)),
    found.join("; "),
  );
  assert.ok(found.some((text) => text.startsWith("a line over the text")));
});

test.run();
