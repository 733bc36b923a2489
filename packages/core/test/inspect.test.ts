import { test } from "uvu";
import * as assert from "uvu/assert";
import { Frame } from "../src/graph/steps.js";
import {
  ChainruleError,
  graphOf,
  matmul,
  Node,
  noGrad,
  print,
  show,
  type Tensor,
  tensor,
  toDot,
  variable,
  zeros,
} from "../src/index.js";
import { Frames } from "../src/inspect/frames.js";

/** The textbook's two apples at 100 with a tax of 1.1: 220, and the derivatives 2.2, 110 and 200. */
function appleGraph(): Tensor {
  const apple = variable(100, { name: "apple" });
  const count = variable(2, { name: "count" });
  const tax = variable(1.1, { name: "tax" });
  const price = apple.mul(count).mul(tax).named("price");
  price.backward();
  return price;
}

/** z = (x + y)^2 + 3 t, with t = x + y used twice. */
function sharedGraph() {
  const [x, y] = [variable(1), variable(2)];
  const t = x.add(y);
  const z = t.pow(2).add(t.mul(3));
  z.backward();
  return { x, y, t, z };
}

function chain(length: number): Tensor {
  let x: Tensor = variable(1, { name: "x" });
  for (let i = 0; i < length; i++) x = x.add(1);
  return x;
}

// --- text --------------------------------------------------------------------------------------------------------------

test("the apple graph as text", () => {
  assert.is(
    print(appleGraph()),
    [
      "apple: variable [] = 100, grad 2.2",
      "count: variable [] = 2, grad 110",
      "t1: Mul(apple, count) [] = 200, grad 1.1",
      "tax: variable [] = 1.1, grad 200",
      "price: Mul(t1, tax) [] = 220, grad 1",
    ].join("\n"),
  );
});

test("a tensor used twice has one line; numbers stand where they are used; names can be given for one text", () => {
  const { z, ...inner } = sharedGraph();
  assert.is(
    print(z, { names: inner }),
    [
      "x: variable [] = 1, grad 9",
      "y: variable [] = 2, grad 9",
      "t: Add(x, y) [] = 3, grad 9",
      "t1: Pow(t, 2) [] = 9, grad 1",
      "t2: Mul(t, 3) [] = 9, grad 1",
      "t3: Add(t1, t2) [] = 18, grad 1",
    ].join("\n"),
  );
  assert.is(inner.t.name, undefined, "the tensors themselves are not named");
});

test("without a backward pass there is no gradient; values and gradients can be left out", () => {
  const z = variable(3, { name: "x" }).square();
  assert.is(print(z), "x: variable [] = 3\nt1: Square(x) [] = 9");
  z.backward();
  assert.is(print(z, { gradients: false }), "x: variable [] = 3\nt1: Square(x) [] = 9");
  assert.is(print(z, { values: false }), "x: variable [], grad 6\nt1: Square(x) [], grad 1");
});

test("shapes, dtypes other than float64, attributes, and the values of arrays", () => {
  const x = tensor([[1, 2, 3]], { name: "x", dtype: "float32" });
  const w = variable(tensor([[1, 0, -1]], { dtype: "float32" }), { name: "w" });
  const y = x.mul(w).sum({ axis: 1, keepDims: true });
  y.sum().backward();
  assert.is(
    print(y),
    [
      "x: constant float32 [1, 3] = [[1, 2, 3]]",
      "w: variable float32 [1, 3] = [[1, 0, -1]], grad [[1, 2, 3]]",
      "t1: Mul(x, w) float32 [1, 3] = [[1, 0, -3]], grad [[1, 1, 1]]",
      "t2: Sum(t1, axis: 1, keepDims: true) float32 [1, 1] = [[-2]], grad [[1]]",
    ].join("\n"),
  );
});

test("the transpose flags of a matrix product are shown", () => {
  const a = variable([[1, 2]], { name: "a" });
  matmul(a, tensor([[3], [4]])).backward({ seed: 1, createGraph: true });
  const gradient = a.grad as Tensor;
  const flagged = graphOf(gradient).nodes.filter(({ node }) => node.name === "MatMul");
  assert.is(flagged.length, 0, "the gradient depends on no variable here");
  const b = variable([[3], [4]], { name: "b" });
  a.zeroGrad();
  matmul(a, b).backward({ seed: 1, createGraph: true });
  assert.match(print(a.grad as Tensor), /MatMul\(t1, b, transposeB: true\) \[1, 2\] = \[\[3, 4\]\]/);
});

test("larger tensors are summed up, and a NaN among them shows", () => {
  const x = variable(
    Float64Array.from({ length: 101 }, (_, i) => i - 50),
    { name: "x" },
  );
  assert.is(print(x), "x: variable [101] = (min -50, max 50, mean 0)");
  assert.is(print(tensor([1, 2, 3, 4, 5, 6, Number.NaN])), "t1: constant [7] = (min NaN, max NaN, mean NaN)");
  assert.is(print(zeros([0, 100])), "t1: constant [0, 100] = no elements");
  assert.is(print(tensor([true, false])), "t1: constant bool [2] = [true, false]");
  assert.is(print(tensor(1 / 3)), "t1: constant [] = 0.333333");
});

test("what has no graph is a leaf: constants, detach and noGrad", () => {
  const x = variable(3, { name: "x" });
  const hidden = noGrad(() => x.square()).named("hidden");
  assert.is(
    print(x.mul(hidden).add(x.exp().detach().named("cut"))),
    "x: variable [] = 3\nhidden: constant [] = 9\nt1: Mul(x, hidden) [] = 27\ncut: constant [] = 20.0855\nt2: Add(t1, cut) [] = 47.0855",
  );
});

test("labels are unique, whatever names the tensors have", () => {
  const [a, b, c] = [variable(1, { name: "w" }), variable(2, { name: "w" }), variable(3, { name: "w#2" })];
  const z = a
    .mul(b)
    .mul(c)
    .mul(variable(4, { name: "t1" }));
  const labels = graphOf(z).edges.map((edge) => edge.label);
  assert.equal(labels, ["w", "w#3", "t2", "w#2", "t3", "t1", "t4"]);
});

test("a name that would break its line is put in quotes", () => {
  const z = variable(1, { name: "a, b\n(c)" }).exp().named("");
  assert.is(print(z), '"a, b\\n(c)": variable [] = 1\n"": Exp("a, b\\n(c)") [] = 2.71828');
});

test("several outputs share one graph; one named twice stands there once", () => {
  const x = variable(2, { name: "x" });
  const [y, z] = [x.square(), x.exp()];
  assert.is(print([y, z, y]), "x: variable [] = 2\nt1: Square(x) [] = 4\nt2: Exp(x) [] = 7.38906");
  assert.is(print([]), "");
});

test("of a huge graph the first and the last lines are shown, and the rest is counted", () => {
  const x = chain(100_000);
  assert.is(
    print(x, { maxNodes: 3 }),
    [
      "x: variable [] = 1",
      "... 99998 more of 100001 (print with maxNodes: Infinity for all)",
      "t99999: Add(t99998, 1) [] = 100000",
      "t100000: Add(t99999, 1) [] = 100001",
    ].join("\n"),
  );
  assert.is(print(chain(300)).split("\n").length, 101);
  assert.is(print(chain(300), { maxNodes: Number.POSITIVE_INFINITY }).split("\n").length, 301);
  assert.is(print(chain(2), { maxNodes: 3 }), "x: variable [] = 1\nt1: Add(x, 1) [] = 2\nt2: Add(t1, 1) [] = 3");
  assert.is(print(chain(2), { maxNodes: 0 }), "... 3 more of 3 (print with maxNodes: Infinity for all)");
  for (const maxNodes of [-1, 1.5, Number.NaN])
    assert.throws(
      () => print(x, { maxNodes }),
      (error: unknown) => error instanceof ChainruleError,
    );
});

class Noisy extends Node {
  override readonly name = "Noisy";
  override attributes(): Record<string, unknown> {
    return { mask: Array.from({ length: 1000 }, (_, i) => i), shape: { n: 1 }, nothing: null };
  }
  override shapeRule(x: Tensor) {
    return x.shape;
  }
  override localForward(_shape: readonly number[], _dtype: string, x: Tensor) {
    return x.values;
  }
  override localBackward(dout: Tensor) {
    return dout;
  }
}

test("attributes of a node of one's own are cut short", () => {
  const line = print(new Noisy().apply(variable(1, { name: "x" }))).split("\n")[1] as string;
  assert.is(
    line,
    `t1: Noisy(x, mask: [${Array.from({ length: 21 }, (_, i) => i)
      .join(", ")
      .slice(0, 56)}..., shape: { n: 1 }, nothing: null) [] = 1`,
  );
});

test("attributes of any kind are shown, and none is an error", () => {
  const circle: Record<string, unknown> = {};
  circle["of"] = circle;
  class Odd extends Noisy {
    override attributes() {
      return {
        big: { n: 10n },
        text: [Symbol("s"), null, undefined],
        circle,
        most: { x: Number.POSITIVE_INFINITY },
        t: tensor([1]),
        f: () => 1,
      };
    }
  }
  const y = new Odd().apply(variable(1, { name: "x" }));
  const texts = [
    "big: { n: 10 }",
    "text: [Symbol(s), null, undefined]",
    "circle: { of: { of: { of: { of: ... } } } }",
    "most: { x: Infinity }",
    "t: a Tensor",
    "f: a function",
  ];
  assert.ok(print(y).includes(`(x, ${texts.join(", ")})`), print(y));
  for (const text of texts) assert.ok(toDot(y).includes(`>${text}<`), text);
});

test("ten thousand frames of one title are numbered without counting up to each of them", () => {
  const frames = new Frames();
  const around = (title: string) => frames.around({ frame: new Frame("fn", title, null, null) } as Node).at(-1)?.title;
  const begin = process.cpuUsage();
  for (let i = 1; i < 10_000; i++) around("half");
  assert.is(around("half"), "half 10000");
  assert.is(around("half 7"), "half 7 2");
  // 40 ms of work; where each is counted up to, 8 s.
  const { user, system } = process.cpuUsage(begin);
  assert.ok(user + system < 2e6, `${user + system} microseconds`);
});

test("an error calls a class by its name, which bundles put a line before", () => {
  class _Own {}
  assert.is(show(new _Own()), "an Own");
  assert.is(show(tensor([1])), "a Tensor");
});

// --- the lists -----------------------------------------------------------------------------------------------------------

test("graphOf lists everything behind what it is computed from, once, with all its uses", () => {
  const { x, t, z } = sharedGraph();
  const graph = graphOf(z.mul(z));
  for (const node of graph.nodes) {
    assert.is(node.output.maker, node);
    assert.is(graph.nodes[node.index], node);
    for (const input of node.inputs) assert.ok(input.index < node.output.index);
  }
  graph.edges.forEach((edge, i) => {
    assert.is(edge.index, i);
    assert.is(edge.tensor.node, edge.maker?.node ?? null);
  });
  const edgeOf = (tensor: Tensor) => graph.edges.filter((edge) => edge.tensor === tensor);
  assert.is(edgeOf(t).length, 1);
  assert.equal(
    edgeOf(t).flatMap((edge) => edge.users.map(({ node }) => node.name)),
    ["Pow", "Mul"],
  );
  assert.equal(
    edgeOf(z).flatMap((edge) => edge.users.map(({ index }) => index)),
    [4, 4],
    "z * z uses z twice",
  );
  assert.is(edgeOf(x)[0]?.maker, null);
  assert.equal(graph.outputs, [graph.edges.at(-1)]);
});

test("looking at a graph changes nothing in it", () => {
  const x = variable(3, { name: "x" });
  const z = x.square().exp();
  print(z);
  toDot(z);
  assert.is(x.grad, null);
  z.backward();
  assert.is(x.grad?.item(), 6 * Math.exp(9));
});

// --- DOT -----------------------------------------------------------------------------------------------------------------

const CELL = '<TD CELLPADDING="2">';
const STROKE = '<TR><TD PORT="line" HEIGHT="1" CELLPADDING="0" BGCOLOR="black"></TD></TR>';
const TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">';

function lineNode(id: string, above: string, below: string): string {
  return `  ${id} [shape=plain, label=<${TABLE}<TR>${CELL}${above}</TD></TR>${STROKE}<TR>${CELL}${below}</TD></TR></TABLE>>];`;
}

test("the apple graph as DOT: values above the lines, derivatives below", () => {
  assert.is(
    toDot(appleGraph()),
    [
      "digraph {",
      '  graph [rankdir=LR, ranksep=0.25, nodesep=0.25, fontname="Helvetica"];',
      '  node [fontname="Helvetica", fontsize=12, margin="0.1,0.05"];',
      "  edge [arrowsize=0.7];",
      "  leaf0 [shape=box, label=<apple>];",
      lineNode("t0", "100", "2.2"),
      "  leaf0 -> t0:line:w [arrowhead=none];",
      "  leaf1 [shape=box, label=<count>];",
      lineNode("t1", "2", "110"),
      "  leaf1 -> t1:line:w [arrowhead=none];",
      "  op0 [shape=circle, ordering=in, label=<\u00d7>];",
      "  t0:line:e -> op0;",
      "  t1:line:e -> op0;",
      lineNode("t2", "200", "1.1"),
      "  op0 -> t2:line:w [arrowhead=none];",
      "  leaf3 [shape=box, label=<tax>];",
      lineNode("t3", "1.1", "200"),
      "  leaf3 -> t3:line:w [arrowhead=none];",
      "  op1 [shape=circle, ordering=in, label=<\u00d7>];",
      "  t2:line:e -> op1;",
      "  t3:line:e -> op1;",
      lineNode("t4", "price<BR/>220", "1"),
      "  op1 -> t4:line:w [arrowhead=none];",
      '  out4 [shape=plain, label="", width=0.1];',
      "  t4:line:e -> out4;",
      "}",
      "",
    ].join("\n"),
  );
});

test("a shared tensor is one line that forks; a number is a box without one", () => {
  const { x, y, t, z } = sharedGraph();
  const dot = toDot(z, { names: { x, y, t, z } });
  assert.ok(dot.includes(`${lineNode("t2", "t<BR/>3", "9")}\n`));
  assert.is(dot.split("t2:line:e -> ").length - 1, 2);
  assert.ok(
    dot.includes(
      "  leaf3 [shape=box, label=<2>];\n  op1 [shape=ellipse, ordering=in, label=<pow>];\n  t2:line:e -> op1;\n  leaf3 -> op1;\n",
    ),
  );
  assert.is(toDot(z, { names: { x, y, t, z } }), dot, "the same text again");
});

test("shapes, dtypes and settings are in the picture; values and gradients can be left out", () => {
  const x = variable(new Float32Array(20), { name: "x" });
  const y = x.sum(0);
  y.backward();
  const full = toDot(y);
  assert.ok(full.includes(lineNode("t0", "float32 [20]<BR/>min 0, max 0<BR/>mean 0", "min 1, max 1<BR/>mean 1")));
  assert.ok(full.includes('label=<sum<BR/><FONT POINT-SIZE="9">axis: 0</FONT>>'));
  const bare = toDot(y, { values: false, gradients: false });
  assert.ok(bare.includes(lineNode("t0", "float32 [20]", " ")));
});

test("any name is escaped: markup, quotes, backslashes, line breaks, and what XML cannot hold", () => {
  const box = (name: string) => toDot(variable(1, { name })).match(/leaf0 \[shape=box, label=(.*)\];/)?.[1];
  assert.is(box(`<b>"a" & b</b>`), "<&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;>");
  // Graphviz would put the node's own name in the place of \N: two backslashes are one.
  assert.is(box("\\N"), "<&#92;&#92;N>");
  assert.is(box("a\r\nb\nc\td"), "<a<BR/>b<BR/>c d>");
  assert.is(box("\u0000\u001b\ud800"), "<U+0000U+001BU+D800>");
  assert.is(box("\u03c3\u00b2 \ud83c\udf4e"), "<\u03c3\u00b2 \ud83c\udf4e>");
  assert.is(box(""), '""');
});

test("DOT of a long chain neither overflows nor leaves anything out", () => {
  const dot = toDot(chain(20_000));
  assert.is(dot.split("shape=circle").length - 1, 20_000);
});

test.run();
