import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isFloat } from "../src/dtype.js";
import * as engine from "../src/index.js";
import {
  AvgPool,
  customGradient,
  customOp,
  type DType,
  elementwise,
  fromArray,
  full,
  grad,
  Im2col,
  MaxPool,
  Node,
  ones,
  Random,
  type Shape,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";
import { table } from "./op-table.js";
import type { Case } from "./support/draw.js";
import type { Row } from "./support/row.js";
import { assertBits } from "./support/same-bits.js";
import { constant, isDifferentiable, leaves, like, nameOf, weights } from "./support/tensors.js";

// What an op or a factory is given is copied: the caller may do with an array or a record of options what they like,
// afterwards. What is handed out (shapes, the settings of nodes) is frozen. What was given stays as it was, and writable.

/** Gives other values to all numbers in arrays, also in those within arrays and records, and to all flags. */
function disturb(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let arrays = Array.isArray(value) || ArrayBuffer.isView(value) ? 1 : 0;
  const entries = value as Record<string, unknown>;
  for (const [key, entry] of Object.entries(entries)) {
    if (typeof entry === "number") entries[key] = entry + 1;
    else if (typeof entry === "boolean") entries[key] = !entry;
    else if (entry === undefined || entry === null) entries[key] = 1;
    else arrays += disturb(entry);
  }
  return arrays;
}

/** The plain arrays and records of a value that are not frozen. */
function loose(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return [];
  const here = Object.isFrozen(value) ? [] : [path];
  return [...here, ...Object.entries(value).flatMap(([key, entry]) => loose(entry, `${path}.${key}`))];
}

/** The nodes behind a tensor, itself included. */
function nodesBehind(root: Tensor): Node[] {
  const met = new Set([root]);
  for (const edge of met) for (const input of edge.node?.inputs ?? []) met.add(input);
  return [...met].flatMap(({ node }) => node ?? []);
}

/** The first and second derivatives, with graph in between, after something has been done to the settings. */
function derivatives(row: Row, drawn: Case<unknown>, between: () => void): Tensor[] {
  const inputs = leaves(drawn, "float64");
  const output = row.call(inputs, drawn.setting);
  between();
  const seed = like(output, weights(output.size));
  output.backward({ seed });
  const plain = inputs.map(({ grad }) => grad);
  for (const input of inputs) input.zeroGrad();
  output.backward({ seed, createGraph: true });
  const graph = inputs.map(({ grad }) => grad);
  for (const input of inputs) input.zeroGrad();
  const slope = graph.flatMap((g) => (g?.requiresGrad === true ? [g.mul(like(g, weights(g.size))).sum()] : []));
  for (const part of slope) part.backward();
  return [output, ...plain, ...graph, ...inputs.map(({ grad }) => grad)].filter((t) => t !== null);
}

const disturbed: string[] = [];

for (const row of table) {
  if (typeof row.gradient === "string" || !row.dtypes.includes("float64")) continue;
  test(`${nameOf(row)}: arrays changed after the call change nothing`, () => {
    for (const drawn of fc.sample(row.cases, { seed: 11, numRuns: 12 })) {
      if (!isDifferentiable(row, drawn)) continue;
      const other: Case<unknown> = { ...drawn, setting: structuredClone(drawn.setting) };
      const expected = derivatives(row, drawn, () => {});
      const found = derivatives(row, other, () => {
        if (disturb(other.setting) > 0) disturbed.push(nameOf(row));
      });
      assert.is(found.length, expected.length);
      found.forEach((t, i) => {
        assertBits(t, expected[i] as Tensor, `${nameOf(row)}, ${i}, ${JSON.stringify(drawn.setting)}`);
      });
    }
  });
}

test("the rows that have arrays to change are many", () => {
  const names = new Set(disturbed);
  for (const name of ["sum", "mean", "reshape", "broadcastTo", "transpose", "slice", "pad", "tile"])
    assert.ok(names.has(name), `${name} is not among ${[...names].join(", ")}`);
  assert.ok(names.size >= 30, `${names.size}: ${[...names].join(", ")}`);
});

test("shapes of results and settings of nodes are frozen, whatever was given", () => {
  for (const row of table) {
    const dtype = row.dtypes[0] as DType;
    for (const drawn of fc.sample(row.cases, { seed: 12, numRuns: 12 })) {
      const before = structuredClone(drawn.setting);
      const inputs = isFloat(dtype) ? leaves(drawn, dtype) : drawn.operands.map((operand) => constant(operand, dtype));
      const output = row.call(inputs, drawn.setting);
      assert.is(JSON.stringify(drawn.setting), JSON.stringify(before));
      assert.ok(Object.isFrozen(output.shape), nameOf(row));
      for (const node of [...nodesBehind(output), ...(row.node === undefined ? [] : [row.node(drawn.setting)])]) {
        const open = Object.entries(node).flatMap(([key, value]) => (key === "others" ? [] : loose(value, key)));
        assert.equal(open, [], `${nameOf(row)}: ${node.name}`);
      }
    }
  }
});

/** Everything that takes a shape and keeps it. */
const factories: Readonly<Record<string, (shape: Shape) => Tensor>> = {
  zeros: (shape) => zeros(shape),
  ones: (shape) => ones(shape),
  full: (shape) => full(shape, 2),
  fromArray: (shape) => fromArray(Float64Array.of(1, 2, 3, 4, 5, 6), shape) as Tensor,
  "random.normal": (shape) => new Random(1).normal(shape),
  "random.uniform": (shape) => new Random(1).uniform(shape),
  "random.integers": (shape) => new Random(1).integers(shape, { low: 0, high: 9 }),
  reshape: (shape) => tensor([1, 2, 3, 4, 5, 6]).reshape(shape) as Tensor,
  broadcastTo: (shape) => tensor(1).broadcastTo(shape) as Tensor,
};
for (const [name, make] of Object.entries(factories)) {
  test(`${name}: the shape is copied and frozen, and the caller's own stays`, () => {
    const shape = [2, 3];
    const made = make(shape);
    assert.not.ok(Object.isFrozen(shape));
    shape[0] = 99;
    assert.equal(made.shape, [2, 3]);
    assert.throws(() => {
      (made.shape as number[])[0] = 5;
    }, TypeError);
    assert.is(made.detach().shape, made.shape, "once a shape");
  });
}

test("tensors of literals, of shapes of others, scalars", () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  const t = tensor(rows);
  rows[0] = [9, 9];
  assert.equal(t.toArray(), [
    [1, 2],
    [3, 4],
  ]);
  assert.ok(Object.isFrozen(t.shape));
  assert.is(zeros(t.shape).shape, t.shape);
  assert.is(t.neg().shape, t.shape);
  assert.is(tensor(1).shape, variable(2).mul(3).shape);
  assert.is(zeros([]).shape, tensor(1).shape);
});

test("the examples of a wrong gradient", () => {
  const x = variable([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const ax = [0];
  const y = x.sum(ax);
  ax[0] = 1;
  y.mul(tensor([1, 10, 100]))
    .sum()
    .backward();
  assert.equal(x.grad?.toArray(), [
    [1, 10, 100],
    [1, 10, 100],
  ]);
  assert.throws(() => {
    (y.shape as number[])[0] = 5;
  }, TypeError);
});

test("records of options are copied as well", () => {
  const image = () => variable(new Random(1).normal([1, 1, 4, 4]));
  const options = { kernel: [2, 2], stride: [2, 2], padding: [1, 1], countIncludePad: true };
  const plain = { ...options, kernel: [2, 2], stride: [2, 2], padding: [1, 1] };
  const gradient = (change: () => void, given: typeof options) => {
    const x = image();
    const y = engine.avgPool2d(x, given);
    change();
    y.square().sum().backward();
    return x.grad as Tensor;
  };
  const expected = gradient(() => {}, plain);
  const found = gradient(() => {
    options.countIncludePad = false;
    options.kernel[0] = 1;
    options.stride[0] = 1;
  }, options);
  assertBits(found, expected, "avgPool2d");
  const kernel = [2, 2];
  for (const node of [new MaxPool(2, { kernel }), new AvgPool(2, { kernel }), new Im2col({ kernel })]) {
    kernel[0] = 3;
    assert.equal(node.attributes()["kernel"], 2);
    kernel[0] = 2;
  }
});

test("ops and gradients of one's own: rules, lists of gradients, shapes that a rule gives, arguments chosen", () => {
  const shape = [2];
  const gradients: [((dout: Tensor) => Tensor) | null] = [(dout) => dout.mul(2)];
  const attributes = { width: [1] };
  const rule = {
    arity: 1 as const,
    shape: () => shape,
    forward: (out: engine.TypedArray, x: Tensor) => out.set(Array.from(x.data, (v) => 2 * v)),
    backward: gradients,
    attributes,
  };
  const doubled = customOp("Doubled", rule);
  const passed = customGradient((x: Tensor) => x.mul(2), gradients);
  const elementwiseGradients: [engine.UnaryGradient] = [(k, dout) => k.mul(2, dout)];
  const written = { forward: <T>(k: engine.Arithmetic<T>, x: T) => k.mul(2, x), backward: elementwiseGradients };
  const twice = elementwise("Twice", written as engine.UnaryRule);
  const x = variable([3, 4]);
  const y = doubled(x);
  shape[0] = 5;
  attributes.width[0] = 7;
  gradients[0] = null;
  elementwiseGradients[0] = null;
  written.forward = (_, x) => x;
  rule.forward = () => undefined;
  assert.equal(y.shape, [2]);
  assert.equal(y.node?.attributes(), { width: [1] });
  assert.not.ok(Object.isFrozen(shape));
  y.sum().backward();
  shape[0] = 2;
  for (const op of [doubled, passed, twice]) op(x).sum().backward();
  assert.equal(x.grad?.toArray(), [8, 8]);
  const chosen: [0 | 1] = [1];
  const slope = grad((a: Tensor, b: Tensor) => a.mul(b), { argument: chosen });
  chosen[0] = 0;
  assert.is(slope(tensor(2), 3)[0]?.item(), 2);
});

test("a node of one's own may give any array as its shape", () => {
  const shape = [2];
  class Own extends Node {
    override readonly name = "Own";
    override shapeRule() {
      return shape;
    }
    override localForward() {
      return Float64Array.of(1, 2);
    }
    override localBackward(dout: Tensor) {
      return dout;
    }
  }
  const made = new Own().apply(tensor([1, 2]));
  shape[0] = 3;
  assert.equal(made.shape, [2]);
});

test.run();
