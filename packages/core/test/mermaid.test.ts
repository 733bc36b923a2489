import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ChainruleError,
  cond,
  fn,
  graphOf,
  scan,
  type Tensor,
  tensor,
  toDot,
  toMermaid,
  variable,
} from "../src/index.js";
import { forAll } from "./support/property.js";

/*
 * Flowcharts of Mermaid, and frames in both languages. Mermaid itself weighs 150 MB and wants a page: its parser and its pictures were
 * looked at by hand, with all the names below; here its grammar is written down as far as it is used, and what is written has to be that.
 */

interface Chart {
  readonly direction: string;
  /** Labels by the ids of nodes and subgraphs, and the subgraphs around each. */
  readonly labels: Map<string, string>;
  readonly around: Map<string, readonly string[]>;
  readonly links: { readonly from: string; readonly to: string; readonly label: string | undefined }[];
}

/** What stands in quotes: no character that Mermaid, HTML or Markdown would read, but for numbers of characters and line breaks. */
const text = String.raw`"((?:[^"#<>&\\${"`"}%*_~|$\n]|#\d+;|<br/>)+)"`;
const node = new RegExp(String.raw`^(\w+)(?:\[${text}\]|\(\(${text}\)\)|\(\[${text}\]\)|\(\( \)\))$`);
const link = new RegExp(String.raw`^(\w+) -->(?:\|${text}\|)? (\w+)$`);
const subgraph = new RegExp(String.raw`^subgraph (\w+)\[${text}\]$`);

const shown = (label: string) =>
  label.replaceAll("<br/>", "\n").replace(/#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

function parse(chart: string): Chart {
  const [first = "", ...lines] = chart.split("\n");
  const [, direction = ""] = /^flowchart (LR|TB)$/.exec(first) ?? [];
  assert.is.not(direction, "");
  assert.is(lines.pop(), "");
  const [labels, around] = [new Map<string, string>(), new Map<string, readonly string[]>()];
  const links: Chart["links"] = [];
  const open: string[] = [];
  for (const line of lines) {
    const trimmed = line.trimStart();
    const closes = trimmed === "end";
    assert.is(line.length - trimmed.length, 2 * (open.length + (closes ? 0 : 1)), line);
    const [sub, box, arrow] = [subgraph.exec(trimmed), node.exec(trimmed), link.exec(trimmed)];
    const [, id = ""] = sub ?? box ?? [];
    if (sub !== null || box !== null) {
      assert.not(labels.has(id), `${id} twice`);
      labels.set(id, shown((sub ?? (box as RegExpExecArray)).slice(2).find((each) => each !== undefined) ?? ""));
      around.set(id, [...open]);
      if (sub !== null) open.push(id);
    } else if (arrow !== null) {
      const [, from = "", label, to = ""] = arrow;
      assert.ok(labels.has(from) && labels.has(to), line);
      links.push({ from, to, label: label === undefined ? undefined : shown(label) });
    } else if (closes) open.pop();
    else assert.unreachable(line);
  }
  assert.is(open.length, 0);
  return { direction, labels, around, links };
}

function shared() {
  const [x, y] = [variable(1, { name: "x" }), variable(2, { name: "y" })];
  const t = x.add(y).named("t");
  const z = t.pow(2).add(t.mul(3)).named("z");
  z.backward();
  return z;
}

test("a graph as a flowchart: values and gradients on the lines, one that is used twice forks", () => {
  assert.is(
    toMermaid(shared()),
    [
      "flowchart LR",
      '  leaf0["x"]',
      '  leaf1["y"]',
      '  op0(("+"))',
      "  fork2(( ))",
      '  leaf3["2"]',
      '  op1(["pow"])',
      '  leaf5["3"]',
      '  op2(("\u00d7"))',
      '  op3(("+"))',
      "  out7(( ))",
      '  leaf0 -->|"1<br/>grad 9"| op0',
      '  leaf1 -->|"2<br/>grad 9"| op0',
      '  op0 -->|"t<br/>3<br/>grad 9"| fork2',
      "  fork2 --> op1",
      "  fork2 --> op2",
      "  leaf3 --> op1",
      '  op1 -->|"9<br/>grad 1"| op3',
      "  leaf5 --> op2",
      '  op2 -->|"9<br/>grad 1"| op3',
      '  op3 -->|"z<br/>18<br/>grad 1"| out7',
      "",
    ].join("\n"),
  );
});

test("shapes, dtypes and settings; values and gradients can be left out; it may go down", () => {
  const x = variable(new Float32Array(20), { name: "x" });
  const y = x.sum(0, { keepDims: true });
  y.sum().backward();
  const full = parse(toMermaid(y));
  assert.is(full.links[0]?.label, "float32 [20]\nmin 0, max 0\nmean 0\ngrad min 1, max 1\nmean 1");
  assert.is(full.labels.get("op0"), "sum\naxis: 0\nkeepDims: true");
  const bare = parse(toMermaid(y, { values: false, gradients: false, direction: "down" }));
  assert.is(bare.direction, "TB");
  assert.equal(
    bare.links.map(({ label }) => label),
    ["float32 [20]", "float32 [1]"],
  );
  assert.equal(parse(toMermaid([])).links, []);
  assert.throws(
    () => toMermaid(y, { direction: "up" as "down" }),
    (error: unknown) => error instanceof ChainruleError && /direction "up": "right" or "down"/.test(error.message),
  );
});

const names = [
  "\"quoted\" 'x'", "<b>bold</b> & <script>alert(1)</script>", "a\\nb\\", "#quot; #35; &amp;", "%%{init: {'theme':'dark'}}%%", "%% comment",
  "1. item", "1) item", "- item", "+ item", "* star", "# head", "`code`", "**a** _b_ ~~c~~", "$$x^2$$", "end", "subgraph x", "a|b|c",
  "[x](y) {z}", "---", "class x; style y", "\ud55c\uad6d\uc5b4 \ud83c\udf4e", "fa:fa-car", "", " ", "@{ shape: rect }", "x --> y", "click",
]; // biome-ignore format: a list

test("any name is shown as it is, and is no markup", () => {
  const labelOf = (name: string) => parse(toMermaid(variable(1, { name }).exp())).labels.get("leaf0");
  for (const name of names) assert.is(labelOf(name), name === "" ? " " : name);
  assert.is(labelOf("a\r\nb\nc\td"), "a\nb\nc d");
  assert.is(labelOf("\u0000\ud800"), "U+0000U+D800");
  // What these hold would be read by Mermaid beyond its grammar.
  for (const [name, raw] of [["fa:fa-car", ":fa-"], ["1. x", "1. "], ["- x", "- "], ["%%{init: {}}%%", "%%"]] as const) // biome-ignore format: a list
    assert.not(toMermaid(variable(1, { name }).exp()).includes(raw), name);
  forAll(fc.tuple(fc.string({ unit: "grapheme-composite" }), fc.string({ unit: "binary" })), 300, ([a, b]) => {
    parse(toMermaid(variable(1, { name: a }).exp().named(b)));
  });
});

test("every tensor is a line to each of its uses", () => {
  const x = variable([1, 2], { name: "x" });
  const [y, z] = [x.mul(x), x.exp()];
  for (const output of [shared(), y.add(z).sum(), [y, z, x]]) {
    const graph = graphOf(output);
    const { links } = parse(toMermaid(output));
    for (const { maker, index, users, isLiteral } of graph.edges) {
      let from = maker === null ? `leaf${index}` : `op${maker.index}`;
      const end = [`fork${index}`, `out${index}`].find((each) => links.some((l) => l.from === from && l.to === each));
      from = end ?? from;
      const uses = links.filter((each) => each.from === from).map(({ to }) => to);
      assert.equal(
        uses,
        users.map((user) => `op${user.index}`),
        `${index} ${isLiteral}`,
      );
    }
  }
});

/** Two loops, one with a function in its steps; and a branch. */
function loops(): Tensor {
  const half = fn(function half(x: Tensor) {
    return x.div(2);
  });
  const w = variable([2, 3], { name: "w" });
  const [h] = scan((c, x) => [half(c.mul(w)).add(x)], w, tensor([1, 2]));
  const [g] = scan((c) => [c.sin()], h, undefined, { length: 1 });
  return cond(g.sum().less(100), () => half(g).sum(), () => g.sum()); // biome-ignore format: a call
}

test("loops, their steps and functions are subgraphs, one in the other", () => {
  const { labels, around } = parse(toMermaid(loops()));
  const path = (id: string) =>
    around
      .get(id)
      ?.map((frame) => labels.get(frame))
      .join(" > ");
  const ops = [...labels.keys()].filter((id) => id.startsWith("op"));
  assert.equal(
    ops.map((id) => `${labels.get(id)}: ${path(id)}`),
    [
      "\u00d7: scan > step 0", "/: scan > step 0 > half", "+: scan > step 0", "\u00d7: scan > step 1", "/: scan > step 1 > half",
      "+: scan > step 1", "sin: scan 2 > step 0", "/: cond > half", "sum: cond",
    ], // biome-ignore format: a list
  );
  const numbers = [...labels.keys()].filter((id) => /^[\d.]+$/.test(labels.get(id) ?? ""));
  assert.equal(numbers.map(path), [
    "scan > step 0 > half",
    "scan > step 0",
    "scan > step 1 > half",
    "scan > step 1",
    "cond > half",
  ]);
  assert.not.match(toMermaid(loops(), { frames: false }), /subgraph/);
});

test("in DOT they are clusters, which hold the ops and no arrow", () => {
  const dot = toDot(loops());
  const lines = dot.split("\n");
  const path: string[] = [];
  const found: string[] = [];
  for (const [i, line] of lines.entries()) {
    const title = /^\s*subgraph cluster\d+ \{$/.test(line)
      ? /label=<(.*)>;/.exec(lines[i + 1] as string)?.[1]
      : undefined;
    if (title !== undefined) path.push(title);
    else if (/^\s+\}$/.test(line)) path.pop();
    const op = /^\s*op\d+ \[.*label=<([^<>]+)/.exec(line)?.[1];
    if (op !== undefined) found.push(`${op}: ${path.join(" > ")}`);
    if (line.includes(" -> ")) assert.is(path.length, 0, line);
  }
  assert.is(path.length, 0);
  assert.is(found[1], "/: scan > step 0 > half");
  assert.is(found.length, 9);
  assert.not.match(toDot(loops(), { frames: false }), /subgraph/);
});

test("a long chain neither overflows nor leaves anything out", () => {
  let x: Tensor = variable(1, { name: "x" });
  for (let i = 0; i < 20_000; i++) x = x.add(1);
  assert.is(toMermaid(x).split('(("+"))').length - 1, 20_000);
});

test.run();
