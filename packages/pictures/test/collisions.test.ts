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
