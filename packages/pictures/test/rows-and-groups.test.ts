import { graphOf, type Tensor, tensor, variable } from "@chainrule/core";
import { layerNorm } from "@chainrule/nn";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apple, recurrent, twoLayerStep } from "./support/graphs.js";
import { draw, type Parsed, signsOf, textsOf } from "./support/parsed.js";

const test = suite("rows and groups");

// --- rows, directions ------------------------------------------------------------------------------------------------------

test("a long graph is wrapped into rows that are no wider than asked for; lines go on at tags of one text", () => {
  const step = twoLayerStep();
  const a4 = draw(step);
  assert.ok(a4.width <= 840 && a4.height <= 1180, `${a4.width} x ${a4.height} is within an A4 page of 840 x 1188`);
  for (const maxWidth of [600, 700, 1000]) {
    const { width } = draw(step, { maxWidth });
    assert.ok(width <= maxWidth, `${width} within ${maxWidth}`);
  }
  const one = draw(step, { maxWidth: Number.POSITIVE_INFINITY });
  assert.ok(one.width > 1200);
  const tagsOf = ({ texts }: Parsed) =>
    texts.filter(({ within }) => /^(goes on at|from) /.test(within ?? "")).map(({ what }) => what);
  assert.equal(tagsOf(one), []);
  const tags = tagsOf(a4);
  assert.ok(tags.length > 0);
  for (const tag of tags) assert.ok(tags.filter((each) => each === tag).length >= 2, tag);
  // What is in one row is in the rows.
  for (const kind of ["value", "gradient"]) assert.equal(textsOf(a4, kind).toSorted(), textsOf(one, kind).toSorted());
});

test("60 ops of a recurrent network stay within the width", () => {
  const { loss } = recurrent(8);
  assert.ok(graphOf(loss).nodes.length >= 60);
  assert.ok(draw(loss).width <= 840);
});

test("downward, inputs stand above, values to the left and gradients to the right", () => {
  const picture = draw(apple(), { direction: "down" });
  assert.ok(picture.height > picture.width);
  const [value, gradient] = [
    picture.texts.find(({ what }) => what === "220"),
    picture.texts.find(({ what, kind }) => what === "1" && kind === "gradient"),
  ];
  assert.ok(value !== undefined && gradient !== undefined && value.right < gradient.left);
  assert.ok((picture.texts.find(({ what }) => what === "apple price")?.top ?? 0) < value.top);
});

// --- groups ----------------------------------------------------------------------------------------------------------------

const frameTitles = ({ texts }: Parsed) =>
  texts.filter(({ kind, within }) => kind === "faint" && within === undefined).map(({ what }) => what);

test("layers are framed by the names of their parameters, and fold", () => {
  const step = twoLayerStep();
  const open = draw(step, { maxWidth: Number.POSITIVE_INFINITY });
  assert.equal(frameTitles(open), ["affine1", "affine2"]);
  assert.is(open.frames.length, 2);
  for (const frame of open.frames) {
    const inside = open.nodes.filter(
      (node) =>
        node.left > frame.left && node.right < frame.right && node.top > frame.top && node.bottom < frame.bottom,
    );
    assert.equal(
      inside.map(({ what }) => what.replace(/\(.*/, "")),
      ["MatMul", "Add"],
    );
    const touched = open.nodes.filter(
      (node) =>
        node.left < frame.right && node.right > frame.left && node.top < frame.bottom && node.bottom > frame.top,
    );
    assert.is(touched.length, 2, "nothing else reaches into the frame");
  }
  assert.equal(frameTitles(draw(step, { groups: false })), []);
  const folded = draw(step, { fold: true });
  const boxes = folded.nodes.map(({ what }) => what).filter((what) => !/^(goes|from)/.test(what));
  assert.equal(boxes.toSorted(), [
    "Relu(t2)",
    "SoftmaxWithLoss(t5, labels)",
    "affine1: MatMul, Add",
    "affine2: MatMul, Add",
  ]);
  assert.equal(
    signsOf(folded).filter((sign) => sign.includes(".")),
    [],
    "its parameters are in it",
  );
  const half = draw(step, { fold: ["affine2"], maxWidth: Number.POSITIVE_INFINITY });
  assert.equal(frameTitles(half), ["affine1"]);
  assert.ok(signsOf(half).includes("affine2"));
});

test("what is made of a layer's parameters alone, and what begins it, is in its frame", () => {
  const weight = variable([1, 2], { name: "norm.weight" });
  const y = layerNorm(variable([[1, 2], [3, 5]], { name: "x" }).exp(), { weight: weight.mul(2), bias: variable([0, 1], { name: "norm.bias" }) }); // biome-ignore format: a matrix
  const folded = draw(y.sum(), { fold: true, maxWidth: Number.POSITIVE_INFINITY });
  const w = variable([1, 2], { name: "layer.W" });
  const penalty = w.square().sum().mul(0.1);
  const penalised = draw(
    w
      .mul(tensor([3, 4]))
      .relu()
      .sum()
      .add(penalty),
    { fold: true, maxWidth: Number.POSITIVE_INFINITY },
  );
  const outside = penalised.nodes
    .map(({ what }) => what.replace(/\(.*/, ""))
    .filter((what) => !what.startsWith("layer"));
  assert.equal(outside.toSorted(), ["Add", "Mul", "Relu", "Sum"], "a penalty on the parameters is no layer");
  const titles = folded.nodes.map(({ what }) => what.replace(/\(.*/, "")).toSorted();
  assert.equal(titles.slice(0, 2), ["Exp", "Sum"]);
  assert.match(titles.slice(2).join(), /^norm: Standardize, .*Mul, .*Add$/);
});

test("groups of tensors take what they are computed from; groups stand in groups; a function names nodes", () => {
  const x = variable(1, { name: "x" });
  const a = x.exp().add(1);
  const b = a.log().mul(2);
  const wide = { maxWidth: Number.POSITIVE_INFINITY };
  const picture = draw(b, { ...wide, groups: { first: a, second: [b] } });
  assert.equal(frameTitles(picture), ["first", "second"]);
  assert.equal(
    draw(b, { ...wide, groups: { first: a, second: b }, fold: true }).nodes.map(({ what }) => what),
    ["first: Exp, Add", "second: Log, Mul"],
  );
  const nested = draw(b, { ...wide, groups: { "all.first": a, "all.second": b } });
  assert.equal(frameTitles(nested).toSorted(), ["all", "first", "second"]);
  const [outer, ...inner] = nested.frames.toSorted((one, other) => one.left - other.left || other.right - one.right);
  for (const frame of inner) {
    assert.ok(
      outer !== undefined &&
        frame.left > outer.left &&
        frame.right < outer.right &&
        frame.top > outer.top &&
        frame.bottom < outer.bottom,
    );
  }
  assert.equal(
    draw(b, { ...wide, groups: { "all.first": a, "all.second": b }, fold: ["all"] }).nodes.map(({ what }) => what),
    ["all: Exp, Add, Log, Mul"],
  );
  assert.equal(frameTitles(draw(b, { ...wide, groups: ({ node }) => (node.name === "Log" ? "logs" : undefined) })), [
    "logs",
  ]);
});

test("a folded group is as large as takes all its inputs", () => {
  const inputs = Array.from({ length: 8 }, (_, i) => tensor(i, { name: `x${i}` }));
  const sum = inputs.reduce<Tensor>((total, x) => total.add(x), variable(1, { name: "first" })).named("sum");
  for (const direction of ["right", "down"] as const) {
    const box = draw(sum, { groups: { all: sum }, fold: true, direction }).nodes.find(({ what }) =>
      what.startsWith("all:"),
    );
    assert.ok(box !== undefined);
    const across = direction === "right" ? box.bottom - box.top : box.right - box.left;
    assert.ok(across >= 8 * 14, `${direction}: ${across}`);
  }
});

test("a layer that is used twice is two groups; groups that need each other are not folded", () => {
  const w = variable(2, { name: "layer.W" });
  const x = variable(1, { name: "x" });
  const y = x
    .mul(w)
    .mul(variable(3, { name: "other.W" }))
    .mul(w);
  assert.equal(frameTitles(draw(y, { maxWidth: Number.POSITIVE_INFINITY })), ["layer", "other", "layer"]);
  assert.is(draw(y, { fold: true, maxWidth: Number.POSITIVE_INFINITY }).nodes.length, 3);
  const [p, q] = [x.exp(), x.log()];
  const groupOf = new Map([["Exp", "a"], ["Mul", "a"], ["Log", "b"], ["Div", "b"]]); // biome-ignore format: pairs
  const kinds = draw(p.mul(q).add(q.div(p)), { groups: ({ node }) => groupOf.get(node.name), fold: true }).nodes;
  assert.equal(kinds.filter(({ what }) => /^[A-Z]\w*\(/.test(what)).length, 5);
});

test.run();
