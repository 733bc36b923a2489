import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  graphFromJson,
  graphOf,
  graphToJson,
  print,
  type Tensor,
  tensor,
  toMermaid,
  variable,
  zeros,
} from "../src/index.js";

/** What Deno's kernel for Jupyter does with a value. */
const shown = (value: object): Record<string, string> =>
  (value as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]?.call(value) ?? {};

const rowsOf = (html = "") =>
  Array.from(html.matchAll(/<tr>(.*?)<\/tr>/g), ([, row = ""]) =>
    Array.from(row.matchAll(/<td[^>]*>(.*?)<\/td>/g), ([, cell]) => cell),
  );

test("a vector or a matrix is a table, with its name, dtype and shape; others are text", () => {
  const x = variable([[1, -2, 0], [1 / 3, Number.NaN, Number.POSITIVE_INFINITY]], { name: '<b>"x"' }); // biome-ignore format: a matrix
  const { "text/plain": plain, "text/html": html, ...more } = shown(x);
  assert.is(plain, x.toString());
  assert.equal(more, {});
  assert.match(html ?? "", /<caption>&lt;b&gt;&quot;x&quot;: float64 \[2, 3\]<\/caption>/);
  assert.equal(rowsOf(html), [["1", "-2", "0"], ["0.333333", "NaN", "Infinity"]]); // biome-ignore format: a matrix
  const colours = Array.from(html?.matchAll(/rgba\((\d+),\d+,\d+,([\d.]+)\)/g) ?? [], ([, red, alpha]) => [red, alpha]);
  assert.equal(colours, [["230", "0.25"], ["40", "0.50"], ["230", "0.08"]]); // biome-ignore format: a matrix
  assert.equal(rowsOf(shown(tensor([true, false]))["text/html"]), [["true", "false"]]);
  for (const other of [tensor(1), zeros([2, 2, 2]), zeros([0, 3])])
    assert.equal(Object.keys(shown(other)), ["text/plain"]);
});

test("of a large one the ends are shown", () => {
  const rows = rowsOf(shown(zeros([1000, 30]))["text/html"]);
  assert.is(rows.length, 21);
  assert.ok(rows.every((row) => row.length === 21 && row[10] === "\u2026"));
  assert.ok(rows[10]?.every((cell) => cell === "\u2026"));
  const counted = rowsOf(shown(tensor(Array.from({ length: 25 }, (_, i) => i)))["text/html"]);
  assert.equal(counted[0]?.slice(8, 13), ["8", "9", "\u2026", "15", "16"]);
});

test("a graph is what print and toMermaid give, also one out of JSON, and of a large one print alone", () => {
  const x = variable(3);
  const z = x.square().add(1);
  const names = { x, z };
  const graph = graphOf(z, { names });
  assert.equal(shown(graph), {
    "text/plain": print(z, { names }),
    "text/markdown": `\`\`\`mermaid\n${toMermaid(z, { names })}\`\`\`\n`,
  });
  const again = graphFromJson(graphToJson(z, { names }));
  assert.equal(shown(again.graph), shown(graph));
  let chain: Tensor = x;
  for (let i = 0; i < 300; i++) chain = chain.add(1);
  assert.equal(Object.keys(shown(graphOf(chain))), ["text/plain"]);
});

test("it is seen by nothing else", () => {
  const graph = graphOf(variable(3).square());
  assert.equal(Reflect.ownKeys({ ...graph }), ["edges", "nodes", "outputs"]);
  assert.equal(Object.getOwnPropertyNames(graph), ["edges", "nodes", "outputs"]);
  assert.equal(
    Reflect.ownKeys(tensor([1])).filter((key) => typeof key === "symbol"),
    [],
  );
});

test.run();
