import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Elementwise } from "../src/graph/elementwise.js";
import {
  Add,
  ChainruleError,
  Concat,
  checkpoint,
  customOp,
  elementwise,
  formulaOf,
  type GraphNode,
  grad,
  graphOf,
  MatMul,
  Mul,
  Node,
  type NodeFormula,
  type Shape,
  ShapeError,
  Sigmoid,
  Square,
  Sub,
  type Tensor,
  tensor,
  variable,
} from "../src/index.js";
import { table, tested } from "./op-table.js";
import { formulaValue } from "./support/formula-value.js";
import type { Row } from "./support/row.js";
import { constant, leaves, nameOf } from "./support/tensors.js";

const known = (node: Node, names?: readonly string[]) => {
  const formula = formulaOf(node, names);
  assert.ok(formula, `${node.name} has no formula`);
  return formula as NodeFormula;
};

const sides = (formula: string) => formula.split(/ = (.*)/s) as [string, string];

test("the power of a number is derived as it is written by hand; that of a name stays a formula", () => {
  const x = variable(3).named("x");
  const derivative = (exponent: number | Tensor) => known(x.pow(exponent).node as Node).backward[0];
  assert.is(known(x.pow(2).node as Node).forward, "z = x^y");
  for (const [exponent, text] of [
    [2, "2 * x"],
    [3, "3 * x^2"],
    [1, "1"],
    [0, "0"],
    [-1, "-1 / x^2"],
    [0.5, "1 / (2 * sqrt(x))"],
    [2.5, "2.5 * sqrt(x)^3"],
    [1.1, "1.1 * x^0.1"],
    [1 / 3, "0.333333 / x^0.666667"],
    [tensor(2).named("n"), "y * x^(y - 1)"],
    [variable(2), "y * x^(y - 1)"],
  ] as const) {
    assert.is(derivative(exponent), `dz/dx = ${text}`);
  }
  assert.is(known(x.pow(2).node as Node, ["7", "2", "49"]).backward[0], "d49/d7 = 2 * 7");
});

test("a textbook's formulas", () => {
  const lines = table
    .filter(({ Node }) => Node?.prototype instanceof Elementwise)
    .map((row) => {
      const { forward, backward } = known((row.node as () => Node)());
      return [forward, ...backward].join("; ");
    });
  for (const line of [
    "z = x + y; dz/dx = 1; dz/dy = 1",
    "z = x * y; dz/dx = y; dz/dy = x",
    "z = x / y; dz/dx = 1 / y; dz/dy = -x / y^2",
    "z = x^2; dz/dx = 2 * x",
    "z = x^y; dz/dx = y * x^(y - 1); dz/dy = z * log(x)",
    "z = exp(x); dz/dx = z",
    "z = log(x); dz/dx = 1 / x",
    "z = sqrt(x); dz/dx = 1 / (2 * z)",
    "z = 1 / (1 + exp(-x)); dz/dx = z * (1 - z)",
    "z = tanh(x); dz/dx = 1 - z^2",
    "z = max(x, 0); dz/dx = x > 0 ? 1 : 0",
    "z = log(1 + exp(x)); dz/dx = sigmoid(x)",
    "z = acosh(x); dz/dx = 1 / sqrt(x^2 - 1)",
    "z = x * (1 + erf(x / sqrt(2))) / 2; dz/dx = (1 + erf(x / sqrt(2))) / 2 + x * exp(-x^2 / 2) / sqrt(2 * pi)",
  ]) {
    assert.ok(lines.includes(line), `${line}\n\n${lines.join("\n")}`);
  }
});

test("the products of matrices, with their flags; of vectors as well", () => {
  const flags = [false, true].flatMap((a) => [false, true].map((b) => new MatMul(a, b)));
  assert.equal(
    flags.map((node) => [known(node).forward, ...known(node).backward].join("; ")),
    [
      "C = A B; dA = dC Bᵀ; dB = Aᵀ dC",
      "C = A Bᵀ; dA = dC B; dB = dCᵀ A",
      "C = Aᵀ B; dA = B dCᵀ; dB = A dC",
      "C = Aᵀ Bᵀ; dA = Bᵀ dCᵀ; dB = dCᵀ Aᵀ",
    ],
  );
});

test("names and numbers take the place of letters, numbers below 0 in parentheses", () => {
  assert.is(known(new Mul(), ["apple", "count", "price"]).forward, "price = apple * count");
  assert.equal(known(new Mul(), ["apple", "count", "price"]).backward, [
    "dprice/dapple = count",
    "dprice/dcount = apple",
  ]);
  assert.is(known(new Square(), ["-3", "9"]).forward, "9 = (-3)^2");
  assert.is(known(new Sub(), ["5", "-3", "8"]).forward, "8 = 5 - (-3)");
  assert.is(known(new Sigmoid(), ["-3", "0.05"]).forward, "0.05 = 1 / (1 + exp(-(-3)))");
  assert.is(known(new MatMul(), ["x", "W", "t1"]).backward[1], "dW = xᵀ dt1");
  assert.is(known(new MatMul(), ["$&", "$1", "$$"]).forward, "$$ = $& $1");
});

test("an op of one's own is written out of its rule", () => {
  const cube = elementwise("Cube", {
    forward: (k, x) => k.mul(x, k.mul(x, x)),
    backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
  });
  const { forward, backward } = known(cube(variable(2)).node as Node);
  assert.equal([forward, ...backward], ["z = x^3", "dz/dx = 3 * x^2"]);
});

test("a class of one's own says its formula itself, or nothing", () => {
  class Twice extends Node {
    override readonly name: string = "Twice";
    override shapeRule(x: Tensor) {
      return x.shape as Shape;
    }
    override composed(x: Tensor) {
      return x.mul(2);
    }
    override localBackward(dout: Tensor) {
      return dout.mul(2);
    }
  }
  class Told extends Twice {
    override formula() {
      return ["a b", "2 * a", "2 * db"] as const;
    }
  }
  class Wrong extends Twice {
    override formula() {
      return ["a b", "2 * a"] as unknown as ["a b", "2 * a", "2 * db"];
    }
  }
  assert.is(formulaOf(new Twice()), undefined);
  assert.equal(formulaOf(new Told()), { inputs: ["a"], output: "b", forward: "b = 2 * a", backward: ["da = 2 * db"] });
  assert.throws(
    () => formulaOf(new Wrong()),
    /^Twice: its formula is a list of the letters, .* got \["a b", "2 \* a"\]$/,
  );
  assert.is(formulaOf(checkpoint((x: Tensor) => x.mul(2), variable(1)).node as Node), undefined);
});

test("letters for as many inputs as there are", () => {
  const joined = new Concat(0).apply(variable([1]), variable([2]), variable([3]));
  assert.equal(known(joined.node as Node).inputs, ["x1", "x2", "x3"]);
});

test("what is no node, and names that are no list of as many texts, are refused", () => {
  const says = (pattern: RegExp) => (error: Error) => error instanceof ChainruleError && pattern.test(error.message);
  assert.throws(() => formulaOf(tensor(1) as never), says(/^formulaOf: .* is no node; take that of a tensor, t\.node/));
  assert.throws(() => formulaOf(new Add(), ["x", "y"]), says(/has the letters x, y, z; names are a list of as many/));
  assert.throws(() => formulaOf(new Add(), { x: "x" } as never), says(/names are a list/));
});

test("an op of one's own is not taken for core's by its name", () => {
  const x = variable([1, 2], { name: "x" });
  const product = customOp("MatMul", {
    arity: 1,
    shape: (shape) => shape,
    forward: (out, x) => out.set(x.data),
    backward: [(dout) => dout],
  });
  assert.is(formulaOf(product(x).node as Node), undefined);
  const relu = elementwise("Softplus", { forward: (k, x) => k.mul(2, x), backward: [(k, dout) => k.mul(2, dout)] });
  assert.is(formulaOf(relu(x).node as Node)?.forward, "z = 2 * x");
});

test("what a transform puts in the place of its argument", () => {
  const slope = grad((x: Tensor) => x.square().sum())(variable([1, 2], { name: "x" }));
  const { node } = graphOf(slope).nodes[0] as GraphNode;
  assert.is(node.name, "Argument");
  assert.equal([known(node).forward, ...known(node).backward], ["z = x", "dx = dz"]);
});

// --- by the op table ---------------------------------------------------------------------------------------------------

/** It has the name of the op that it is for, takes indices alone, and is in no graph. */
const unnamed = ["InRange"];

/** Nothing for windows that see nothing but padding, which are drawn as well, and refused. */
function resultOf(apply: () => Tensor): Tensor | null {
  try {
    return apply();
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

for (const row of tested.filter(
  ({ Node, node }) => Node !== null && node !== undefined && !unnamed.includes(Node.name),
)) {
  test(`${nameOf(row)} has formulas for its inputs, and gradients where it has them`, () => {
    fc.assert(
      fc.property(row.cases, (drawn) => {
        const node = (row.node as (setting: unknown) => Node)(drawn.setting);
        const isFloat = row.dtypes.includes("float64");
        const inputs = isFloat
          ? leaves(drawn, "float64")
          : drawn.operands.map((operand) => constant(operand, row.dtypes[0] ?? "float64"));
        const recorded = resultOf(() => node.apply(...inputs))?.node ?? null;
        const { backward, ...formula } = known(recorded ?? node);
        if (recorded !== null) assert.is(formula.inputs.length, inputs.length);
        // A cast to whole numbers makes no graph, and its formula says what others do.
        if (recorded === null && typeof row.gradient !== "string") return;
        const expected = inputs.map((input) => recorded !== null && input.isVariable);
        assert.equal(
          backward.map((text) => text !== null),
          expected,
        );
      }),
      { numRuns: 20 },
    );
  });
}

for (const row of tested.filter(({ Node }) => Node?.prototype instanceof Elementwise)) {
  test(`the text of ${nameOf(row)} has the values and derivatives of the op`, () => {
    fc.assert(
      fc.property(row.cases, (drawn) =>
        checkText(
          row,
          drawn.operands.map(({ values }) => values[0]),
        ),
      ),
    );
  });
}

/** What the second input of some ops is of their first. */
const seconds: Readonly<Record<string, (x: number) => number>> = {
  SigmoidSlope: (x) => 1 / (1 + Math.exp(-x)),
  TanhSlope: Math.tanh,
};

function checkText(row: Row, drawn: readonly (number | undefined)[]): void {
  const isBool = row.dtypes.every((dtype) => dtype === "bool");
  const numbers = drawn.map((x) => (isBool ? Number((x ?? 0) > 0) : x)).filter((x) => x !== undefined);
  if (numbers.length < drawn.length) return;
  const node = (row.node as (setting: unknown) => Elementwise)(undefined);
  const second = seconds[node.name];
  if (second !== undefined) numbers[1] = second(numbers[0] as number);
  const value = (...x: number[]) => node.forward(...x) as number;
  const z = value(...numbers);
  const written = [...numbers, z].map(String);
  const near = (a: number, b: number, within: number, what: string) =>
    assert.ok(Math.abs(a - b) <= within * (1 + Math.abs(b)), `${what} is ${a}, and not ${b}, at ${numbers.join(", ")}`);
  const { inputs, output, forward, backward } = known(node);
  const letters = Object.fromEntries([...inputs, output].map((name, i) => [name, [...numbers, z][i] as number]));
  near(formulaValue(sides(forward)[1], letters), z, 1e-12, forward);
  near(formulaValue(sides(known(node, written).forward)[1], {}), z, 1e-12, known(node, written).forward);
  if (typeof row.gradient === "string") return;
  value(...numbers);
  const gradients = node.backward(1) as number[];
  backward.forEach((text, i) => {
    if (text === null) return;
    const right = sides(text)[1].replaceAll(`d${output}`, "1");
    near(formulaValue(right, letters), gradients[i] as number, 1e-9, text);
    near(
      formulaValue(sides(known(node, written).backward[i] as string)[1].replace(`d${z}`, "1"), {}),
      gradients[i] as number,
      1e-9,
      text,
    );
    if (row.gradient !== true) return;
    const beside = (h: number) => value(...numbers.with(i, (numbers[i] as number) + h));
    near(formulaValue(right, letters), (beside(1e-5) - beside(-1e-5)) / 2e-5, 1e-6, `${text}, by differences,`);
  });
}

test.run();
