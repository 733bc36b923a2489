import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ChainruleError,
  CompileError,
  checkpoint,
  compile,
  cond,
  customGradient,
  customOp,
  elementwise,
  fixedPoint,
  fn,
  type Graph,
  type GraphJSON,
  grad,
  graphFromJson,
  graphOf,
  graphToJson,
  Node,
  noGrad,
  print,
  scan,
  type Tensor,
  tensor,
  toDot,
  variable,
  vmap,
} from "../src/index.js";
import { nodeWith, type OpClass, settingsOf } from "../src/inspect/op-classes.js";
import { tested } from "./op-table.js";
import { forAll } from "./support/property.js";
import { isDifferentiable, leaves, like, nameOf, weights } from "./support/tensors.js";

/** Through the text, as a file or another page would have it. */
const again = <T>(json: T): T => JSON.parse(JSON.stringify(json)) as T;

const bits = (t: Tensor | null) => t && { dtype: t.dtype, shape: [...t.shape], values: JSON.stringify(t) };

/** All that a picture of the graph could show, to the bit. */
function described({ edges, nodes, outputs }: Graph) {
  return {
    edges: edges.map(({ label, name, isLiteral, tensor, maker, users }) => ({
      label,
      name,
      isLiteral,
      isVariable: tensor.isVariable,
      value: bits(tensor),
      grad: bits(tensor.grad),
      maker: maker?.index,
      users: users.map(({ index }) => index),
    })),
    nodes: nodes.map(({ node, inputs, output, frames }) => ({
      frames,
      name: node.name,
      kind: node.constructor,
      attributes: node.attributes(),
      inputs: inputs.map(({ index }) => index),
      output: output.index,
    })),
    outputs: outputs.map(({ index }) => index),
  };
}

function sameGraph(output: Tensor | readonly Tensor[], names: Record<string, Tensor> = {}) {
  const built = graphFromJson(again(graphToJson(output, { names })));
  assert.equal(described(built.graph), described(graphOf(output, { names })));
  assert.is(print(built.outputs), print(output, { names }));
  return built;
}

// --- every op ------------------------------------------------------------------------------------------------------------

for (const row of tested) {
  const name = nameOf(row);

  test(`${name}: its graph comes back out of JSON, with values and gradients`, () => {
    for (const dtype of row.dtypes) {
      forAll(row.cases, 15, (drawn) => {
        const isFloat = dtype === "float64" || dtype === "float32";
        const inputs = leaves(drawn, isFloat ? dtype : "float64").filter((input) => isFloat || !input.isVariable);
        if (inputs.length < drawn.operands.length) return;
        const z = row.call(inputs, drawn.setting);
        const { outputs, edges } = sameGraph(z);
        if (z.node === null || !isDifferentiable(row, drawn)) return;
        const seed = like(z, weights(z.size));
        z.backward({ seed });
        (outputs[0] as Tensor).backward({ seed });
        assert.equal(
          edges.filter((edge) => edge.isVariable).map((edge) => bits(edge.grad)),
          graphOf(z).edges.flatMap(({ tensor }) => (tensor.isVariable ? [bits(tensor.grad)] : [])),
        );
        // With the gradients, now.
        sameGraph(z);
      });
    }
  });

  if (row.node !== undefined) {
    test(`${name}: a node made of the settings that JSON has is the same`, () => {
      forAll(row.cases, 30, ({ setting }) => {
        const node = row.node?.(setting) as Node;
        const settings = settingsOf(node);
        const made = nodeWith(node.constructor as OpClass, again(settings));
        assert.equal(
          { ...made },
          { ...node },
          "a class says its settings in `static settings`, by the names of its fields",
        );
        assert.equal(settingsOf(made), settings);
      });
    });
  }
}

// --- graphs of any form ---------------------------------------------------------------------------------------------------

test("shared tensors, several outputs, names given for one picture, names that are taken, and numbers in formulas", () => {
  const [x, y] = [variable(1), variable(2, { name: "w" })];
  const t = x.add(y);
  const z = t.pow(2).add(t.mul(3)).named("w");
  sameGraph([z, t, z], { x, t });
  z.backward();
  sameGraph([z, t], { x, t });
  sameGraph([]);
  sameGraph(tensor([1, 2]));
});

test("infinities, NaN and -0, in values, gradients and settings; all dtypes; names of any letters", () => {
  const x = variable([1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], {
    name: "</script>\u2028",
  });
  const padded = x.pad([[1, 0]], Number.NEGATIVE_INFINITY);
  const where = tensor([true, false, true, false, true, false]).where(padded, padded.neg());
  const taken = where
    .take(tensor([0, 5], { dtype: "int32" }))
    .cast("float32")
    .named("__proto__");
  taken.sum().backward();
  const { edges } = sameGraph(taken);
  assert.equal(
    edges.map(({ dtype }) => dtype),
    ["bool", "float64", "float64", "float64", "float64", "int32", "float64", "float32"],
  );
});

test("parts of a tensor, joined again", () => {
  const x = variable([[1, 2, 3, 4], [5, 6, 7, 8]]); // biome-ignore format: a matrix
  const [a, b] = x.split(2, 1) as Tensor[];
  const z = (a as Tensor)
    .matmul(b as Tensor)
    .softmax()
    .max(0)
    .norm({ ord: Number.POSITIVE_INFINITY });
  const { outputs, edges } = sameGraph(z);
  z.backward();
  outputs[0]?.backward();
  assert.equal(bits(edges[0]?.grad ?? null), bits(x.grad));
});

test("the graph of a gradient", () => {
  const x = variable([1, 2, 3]);
  x.exp().sum().backward({ createGraph: true });
  sameGraph(x.grad as Tensor);
});

test("loops and functions as what nodes were made in", () => {
  const half = fn(function half(x: Tensor) {
    return x.div(2);
  });
  const w = variable([2, 3], { name: "w" });
  const [h, ys] = scan((c, x) => [half(c.mul(w)).add(x), c.sum()], w, tensor([1, 2, 3]));
  const [g] = scan((c) => [c.sin()], h, undefined, { length: 2 });
  const z = cond(g.sum().less(100), () => half(g).sum().add(ys.sum()), () => g.sum()); // biome-ignore format: a call
  const { graph } = sameGraph(z);
  const names = [...new Set(graph.nodes.flatMap(({ frames }) => frames.map(({ name }) => name)))];
  assert.equal(
    names.filter((name) => !/^scan( 2)?\./.test(name)),
    ["scan", "scan 2", "cond", "cond.half"],
  );
  assert.ok(names.includes("scan.step 0.half") && names.includes("scan 2.step 1"));
  const steps = again(graphToJson(z)).nodes.map(({ step, frames }) => [step, frames] as const);
  assert.ok(steps.some(([step, frames]) => step === "step 2 of scan" && frames?.join() === "scan,step 2,half"));
  // Whichever comes first, what is in a step or what is in a function in it.
  const once = { length: 1 };
  const inner = (c: Tensor) => scan((d) => [half(d.mul(w)).sin()], half(c), undefined, once)[0] as Tensor;
  const [nested] = scan((c) => [inner(c).exp()], w, undefined, once);
  for (const output of [z, nested as Tensor]) {
    const json = again(graphToJson(output));
    assert.equal(again(graphToJson(graphFromJson(json).outputs)), json);
  }
});

test("a chain of any length", () => {
  let x: Tensor = variable(1, { name: "x" });
  for (let i = 0; i < 20_000; i++) x = x.add(1);
  const { outputs } = graphFromJson(JSON.stringify(graphToJson(x)));
  assert.is(outputs[0]?.item(), 20_001);
});

test("it is a graph wherever it is built, and looking changes nothing", () => {
  const x = variable(3);
  const z = x.square();
  const json = graphToJson(z);
  assert.is(x.grad, null);
  const { outputs, edges } = noGrad(() => graphFromJson(json));
  outputs[0]?.backward();
  assert.is(edges[0]?.grad?.item(), 6);
  assert.is(x.grad, null, "the first graph is another one");
  const reads = compile(() => {
    graphToJson(z);
    return tensor(1);
  });
  assert.throws(reads, (error: unknown) => error instanceof CompileError);
});

// --- what JSON cannot hold ------------------------------------------------------------------------------------------------

const cube = elementwise("Cube", {
  forward: (k, x) => k.mul(x, k.mul(x, x)),
  backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
});
const twice = customOp("Twice", {
  arity: 1,
  shape: (shape) => shape,
  forward: (out, x) => out.set(x.data.map((value) => 2 * value)),
  backward: [(dout) => dout.mul(2)],
  attributes: { kind: "of mine", limit: Number.POSITIVE_INFINITY, ["__proto__"]: [1, { deep: null }] },
});
const straight = customGradient((x: Tensor) => x.round(), [(dout) => dout]);

class Scaled extends Node {
  static override readonly settings = ["factor"];
  override readonly name = "Scaled";
  readonly factor: number;
  constructor(factor: number) {
    super();
    if (typeof factor !== "number") throw new ChainruleError("Scaled: a factor is needed");
    this.factor = factor;
  }
  override attributes() {
    return { factor: this.factor };
  }
  override shapeRule(x: Tensor) {
    return x.shape;
  }
  override composed(x: Tensor) {
    return x.mul(this.factor);
  }
  override localBackward(dout: Tensor) {
    return dout.mul(this.factor);
  }
}

const own: Readonly<Record<string, readonly [f: (x: Tensor) => Tensor, op: string, why: string]>> = {
  elementwise: [(x) => cube(x), "Cube", "an op that core does not have"],
  customOp: [(x) => twice(x), "Twice", "a function of yours"],
  customGradient: [(x) => straight(x), "CustomGradient", "a function of yours"],
  checkpoint: [(x) => checkpoint((y) => y.exp().sin(), x), "Checkpoint", "a function of yours"],
  "a class": [(x) => new Scaled(4).apply(x), "Scaled", "an op that core does not have"],
};

for (const [kind, [f, op, why]] of Object.entries(own)) {
  test(`${kind}: it is shown with its values and gradients, and says why it cannot be computed`, () => {
    const x = variable([0.5, 1.5], { name: "x" });
    const inner = f(x);
    const z = inner.exp().sum();
    z.backward();
    const json = graphToJson(z);
    const kept = json.nodes.find(({ closure }) => closure !== undefined);
    assert.is(kept?.op.startsWith(op.slice(0, 4)), true, JSON.stringify(kept));
    assert.is(kept?.closure, why);
    const built = graphFromJson(again(json));
    assert.is(print(built.outputs), print(z));
    assert.is(toDot(built.outputs), toDot(z));
    const node = built.graph.nodes[json.nodes.indexOf(kept as (typeof json.nodes)[number])]?.node as Node;
    for (const use of [
      () => built.outputs[0]?.backward(),
      () => node.forward(tensor([1, 2])),
      () => node.apply(tensor([1])),
    ]) {
      assert.throws(use, (error: unknown) => error instanceof ChainruleError && /came out of JSON/.test(error.message));
    }
    assert.equal(again(graphToJson(built.outputs, { names: {} })).edges, again(json).edges);
  });
}

test("what is built again says the same of a closure as the first graph, whatever it is", () => {
  const x = variable([1, 2, 3], { name: "x" });
  const [y] = vmap((row: Tensor) => [straight(row)])(variable([[1, 2], [3, 4]])); // biome-ignore format: a matrix
  const reasons: readonly (readonly [output: Tensor, op: string, closure: string])[] = [
    [checkpoint((z) => z.exp(), x), "Checkpoint", "a function of yours"],
    [y as Tensor, "CustomGradient", "a function of yours"],
    [twice(x), "Twice", "a function of yours"],
    [cube(x), "Cube", "an op that core does not have"],
    [fixedPoint((z: Tensor) => z.div(2).add(x), tensor([0, 0, 0])), "Part", "one of several results of fixedPoint"],
    [compile((z: Tensor) => z.mul(x).sum())(tensor([1, 2, 3])), "Compiled", "the result of a compiled function"],
  ];
  for (const [output, op, closure] of reasons) {
    const json = again(graphToJson(output));
    assert.equal([json.nodes.at(-1)?.op, json.nodes.at(-1)?.closure], [op, closure]);
    const { outputs } = graphFromJson(json);
    assert.equal(again(graphToJson(outputs)), json);
    assert.throws(
      () => outputs[0]?.mul(2).backward({ seed: tensor(1).broadcastTo(output.shape) }),
      (error: unknown) => error instanceof ChainruleError && /came out of JSON/.test(error.message),
      op,
    );
  }
});

test("the graph of a derivative, and what a transform looks at, are computed and walked again", () => {
  const x = variable([1, 2, 3], { name: "x" });
  const slope = grad((z: Tensor) => z.square().mul(z).sum());
  for (const z of [slope(x).square().sum(), grad((v: Tensor) => slope(v).sum())(x).sum()]) {
    const json = again(graphToJson(z));
    assert.ok(json.nodes.some(({ op }) => op === "Argument"));
    // JSON has gradients, too, and a walk adds to them.
    x.zeroGrad();
    const { outputs, edges } = sameGraph(z);
    z.backward();
    outputs[0]?.backward();
    assert.equal(edges.find(({ isVariable }) => isVariable)?.grad?.toArray(), x.grad?.toArray());
    assert.is(edges.find(({ isVariable }) => isVariable)?.grad?.requiresGrad, false, "no transform waits for it");
  }
  grad((z: Tensor) => {
    const y = z.square();
    assert.is(graphFromJson(again(graphToJson(y))).outputs[0]?.item(), 9);
    return y;
  })(3);
});

test("an op of one's own whose class is given is built again", () => {
  const x = variable([0.5, 1.5]);
  const z = new Scaled(4).apply(twice(cube(x))).sum();
  z.backward();
  const ops = { Scaled, Cube: cube.Node, Twice: twice.Node };
  const json = again(graphToJson(z, { ops }));
  assert.equal(
    json.nodes.map(({ op, settings, closure }) => [op, settings, closure]),
    [
      ["Cube", undefined, undefined],
      ["Twice", undefined, undefined],
      ["Scaled", { factor: 4 }, undefined],
      ["Sum", { keepDims: false }, undefined],
    ],
  );
  const { outputs, edges } = graphFromJson(json, { ops });
  edges[0]?.zeroGrad();
  outputs[0]?.backward();
  assert.equal(edges[0]?.grad?.toArray(), x.grad?.toArray());
  assert.throws(
    () => graphFromJson(json),
    /nodes\[0\]\.op: there is no op "Cube" in core; give its class, \{ ops: \{ Cube \} \}/,
  );
  assert.throws(() => graphToJson(z, { ops: { Mul: Scaled } }), /"Mul" is the name of an op of core/);
  assert.throws(
    () => graphToJson(z, { ops: { Scaled: 5 as never } }),
    /"Scaled" is 5; a class that extends Node is needed/,
  );
});

// --- JSON from anywhere ---------------------------------------------------------------------------------------------------

type Open = { -readonly [K in keyof GraphJSON]: unknown } & {
  edges: Record<string, unknown>[];
  nodes: Record<string, unknown>[];
};

/** x and y, x + y, sum(x + y) = 10, with something changed. */
function changed(change: (json: Open) => unknown): unknown {
  const json = again(
    graphToJson(
      variable([1, 2], { name: "x" })
        .add(variable([3, 4], { name: "y" }))
        .sum(),
    ),
  );
  const open = json as unknown as Open;
  return change(open) ?? open;
}

const hostile: Readonly<Record<string, readonly [change: (json: Open) => unknown, message: RegExp]>> = {
  "a number": [() => 5, /the graph: a record is needed, .*, got 5/],
  "a list": [() => [], /the graph: a record is needed/],
  "no text of JSON": [() => "{", /no JSON text; give what JSON.stringify made of a graph/],
  "another format": [(json) => ({ ...json, format: "else" }), /format: "else"; what graphToJson gives/],
  "another version": [(json) => ({ ...json, version: 2 }), /version: 2; this copy/],
  "no nodes": [({ nodes: _, ...json }) => json, /the graph: it has no nodes/],
  "a field that there is not": [(json) => ({ ...json, more: 1 }), /the graph: unknown field "more"/],
  "__proto__": [() => JSON.parse('{"__proto__": {"format": "chainrule graph", "version": 1, "edges": [], "nodes": [], "outputs": []}}'), /the graph: it has no format/],
  "edges that are no list": [(json) => ({ ...json, edges: { length: 3 } }), /edges: a list is needed/],
  "an edge that is none": [(json) => { json.edges[1] = null as never; }, /edges\[1\]: a record is needed/],
  "a label that is no text": [(json) => { at(json.edges, 0)["label"] = 5; }, /edges\[0\]\.label: a text is needed, got 5/],
  "a name that is no text": [(json) => { at(json.edges, 0)["name"] = {}; }, /edges\[0\]\.name: a text is needed/],
  "a kind that there is not": [(json) => { at(json.edges, 0)["kind"] = "weight"; }, /edges\[0\]\.kind: "weight"; there are/],
  "a literal that is none": [(json) => { at(json.edges, 0)["isLiteral"] = 1; }, /edges\[0\]\.isLiteral: 1/],
  "a leaf with a maker": [(json) => { at(json.edges, 0)["maker"] = 0; }, /edges\[0\]\.maker: only what is computed has one/],
  "a result without a maker": [(json) => { delete at(json.edges, 2)["maker"]; }, /edges\[2\]\.maker: undefined; a place in the list of 2 nodes/],
  "a maker that there is not": [(json) => { at(json.edges, 2)["maker"] = 7; }, /edges\[2\]\.maker: 7; a place/],
  "two edges of one node": [(json) => { at(json.edges, 3)["maker"] = 0; }, /nodes\[0\]\.output: 2, and edges\[3\] has this node as its maker/],
  "a node of no edge": [(json) => { json.nodes.push({ op: "Exp", inputs: [0], output: 4 }); }, /nodes\[2\]: no edge has it as its maker/],
  "values of another shape": [(json) => { at(json.edges, 0)["value"] = { dtype: "float64", shape: [2], values: [1] }; }, /edges\[0\]\.value: values is an array of length 1; of the shape \[2\]/],
  "a huge shape without values": [(json) => { at(json.edges, 0)["value"] = { dtype: "float64", shape: [1e9], values: [1] }; }, /edges\[0\]\.value: values is an array of length 1/],
  "a huge shape with some values": [(json) => { at(json.edges, 0)["value"] = { dtype: "float64", shape: [3, 4e4, 4e4], values: [Array(4e4).fill([0])] }; }, /edges\[0\]\.value: values is an array of length 1/],
  "a value that is no number": [(json) => { at(json.edges, 0)["value"] = { dtype: "float64", shape: [2], values: [1, "2"] }; }, /edges\[0\]\.value: values\[1\] is "2"/],
  "an integer variable": [(json) => { at(json.edges, 0)["value"] = { dtype: "int32", shape: [2], values: [1, 2] }; }, /edges\[0\]: .*int32/],
  "a gradient of another shape": [(json) => { at(json.edges, 0)["grad"] = { dtype: "float64", shape: [], values: 1 }; }, /edges\[0\]\.grad: .*float64 \[\]/],
  "an input that comes later": [(json) => { at(json.nodes, 0)["inputs"] = [0, 3]; }, /nodes\[0\]\.inputs\[1\]: 3; the place of an edge before it is needed, and there are 0 to 1/],
  "a node that takes what it makes": [(json) => { at(json.nodes, 0)["inputs"] = [2, 0]; }, /nodes\[0\]\.inputs\[0\]: 2/],
  "an input below 0": [(json) => { at(json.nodes, 0)["inputs"] = [-1, 0]; }, /nodes\[0\]\.inputs\[0\]: -1/],
  "an input that is a text": [(json) => { at(json.nodes, 0)["inputs"] = ["0", 1]; }, /nodes\[0\]\.inputs\[0\]: "0"/],
  "no inputs": [(json) => { at(json.nodes, 0)["inputs"] = []; }, /nodes\[0\]: it is no node of a graph/],
  "the argument of nothing": [(json) => { json.nodes[0] = { op: "Argument", inputs: [], output: 2 }; }, /nodes\[0\]: it is no node of a graph/],
  "too many inputs": [(json) => { at(json.nodes, 0)["inputs"] = [0, 1, 0]; }, /nodes\[0\] \(Add\): .*takes 2 inputs, got 3/],
  "an op that there is not": [(json) => { at(json.nodes, 0)["op"] = "Eval"; }, /nodes\[0\]\.op: there is no op "Eval" in core/],
  "an op of objects": [(json) => { at(json.nodes, 0)["op"] = "constructor"; }, /nodes\[0\]\.op: there is no op "constructor"/],
  "a function in the place of an op": [(json) => { at(json.nodes, 0)["op"] = "add"; }, /nodes\[0\]\.op: there is no op "add"/],
  "an op of other inputs": [(json) => { at(json.nodes, 0)["op"] = "MatMul"; }, /nodes\[0\] \(MatMul\): /],
  "a result of another shape": [(json) => { at(json.nodes, 1)["op"] = "Exp"; delete at(json.nodes, 1)["settings"]; }, /nodes\[1\] \(Exp\): it gives \[2\], and edges\[3\] is \[\]/],
  "settings that are none": [(json) => { at(json.nodes, 1)["settings"] = [1]; }, /nodes\[1\]\.settings \(Sum\): settings are a record, got \[1\]/],
  "a setting that there is not": [(json) => { at(json.nodes, 1)["settings"] = { axes: 0 }; }, /nodes\[1\]\.settings \(Sum\): unknown setting "axes"; there are axis, keepDims/],
  "a setting named __proto__": [(json) => { at(json.nodes, 1)["settings"] = JSON.parse('{"__proto__": 1}'); }, /unknown setting "__proto__"/],
  "a setting of another kind": [(json) => { at(json.nodes, 1)["settings"] = { keepDims: "yes" }; }, /nodes\[1\]\.settings \(Sum\): Sum: keepDims "yes"/],
  "an axis out of range": [(json) => { at(json.nodes, 1)["settings"] = { axis: 5 }; }, /nodes\[1\] \(Sum\): Sum: axis 5/],
  "a huge result": [(json) => { json.nodes[1] = { op: "BroadcastTo", inputs: [2], output: 3, settings: { shape: [1e9, 2] } }; }, /nodes\[1\] \(BroadcastTo\): it gives \[1000000000, 2\], and edges\[3\] is \[\]/],
  "settings without end": [(json) => { at(json.nodes, 1)["settings"] = { axis: JSON.parse(`${"[".repeat(1e5)}${"]".repeat(1e5)}`) }; }, /nodes\[1\]\.settings \(Sum\): a setting is nested more than 16 deep/],
  "a closure of constants": [(json) => { at(json.edges, 0)["kind"] = "constant"; at(json.edges, 1)["kind"] = "constant"; at(json.nodes, 0)["closure"] = "mine"; }, /nodes\[0\]: it is no node of a graph: it depends on no variable/],
  "a closure that is no text": [(json) => { at(json.nodes, 0)["closure"] = true; }, /nodes\[0\]\.closure: a text is needed/],
  "a step that is no text": [(json) => { at(json.nodes, 0)["step"] = 3; }, /nodes\[0\]\.step: a text is needed/],
  "a step of no frame": [(json) => { at(json.nodes, 0)["step"] = "step 3 of scan"; at(json.nodes, 0)["frames"] = ["scan", "step 2"]; }, /nodes\[0\]\.step: "step 3 of scan"; it names steps that are among the frames/],
  "frames that are none": [(json) => { at(json.nodes, 0)["frames"] = ["scan", 3]; }, /nodes\[0\]\.frames\[1\]: a text is needed, got 3/],
  "too many frames": [(json) => { at(json.nodes, 0)["frames"] = Array(100).fill("scan"); }, /nodes\[0\]\.frames: 100 frames; there are 64/],
  "an output that there is not": [(json) => ({ ...json, outputs: [9] }), /outputs\[0\]: 9; the place of an edge/],
}; // biome-ignore format: a table

function at<T>(list: readonly T[], i: number): T {
  const found = list[i];
  if (found === undefined) throw new Error(`no element ${i}`);
  return found;
}

for (const [what, [change, message]] of Object.entries(hostile)) {
  test(`${what} is an error that names the place`, () => {
    assert.throws(
      () => graphFromJson(changed(change)),
      (error: unknown) => {
        assert.instance(error, ChainruleError);
        assert.match((error as Error).message, /^graphFromJson: /);
        assert.match((error as Error).message, message);
        return true;
      },
    );
  });
}

test("any change of a graph in JSON gives a graph or an error of ours", () => {
  const x = variable([[1, 2], [3, 4]]); // biome-ignore format: a matrix
  const z = x
    .matmul(x.transpose())
    .slice([0, [0, 1]])
    .softmax()
    .sum(0, { keepDims: true });
  z.backward({ seed: 1 });
  const text = JSON.stringify(graphToJson(z));
  const places: (readonly (string | number)[])[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]) => {
    if (path.length > 0) places.push(path);
    if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  visit(JSON.parse(text), []);
  const wrong = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0.5, 1e9, "NaN", "__proto__", null, [], {}, [1e9], ["0"]));
  forAll(fc.tuple(fc.constantFrom(...places), wrong), 1000, ([path, value]) => {
    const json = JSON.parse(text) as Record<string, unknown>;
    let owner: Record<string | number, unknown> = json;
    for (const key of path.slice(0, -1)) owner = owner[key] as Record<string | number, unknown>;
    owner[path.at(-1) as string] = value;
    try {
      graphFromJson(json);
    } catch (error) {
      if (!(error instanceof ChainruleError) || !error.message.startsWith("graphFromJson: ")) throw error;
    }
  });
});

test("what is no option is an error", () => {
  const z = variable(1).exp();
  assert.throws(() => graphToJson(z, { name: {} } as never), /graphToJson: unknown option name/);
  assert.throws(() => graphFromJson(graphToJson(z), { names: {} } as never), /graphFromJson: unknown option names/);
});

test("grad's graph has no trace in it", () => {
  assert.is(grad((x: Tensor) => x.square())(3).item(), 6);
});

test.run();
