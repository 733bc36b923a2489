import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Add,
  Concat,
  compile,
  Div,
  Exp,
  GraphError,
  grad,
  Less,
  Log,
  MaskedMatMul,
  MatMul,
  Mul,
  Node,
  OneHot,
  Pow,
  SampledMatMul,
  type Shape,
  Sigmoid,
  Stack,
  Sum,
  Take,
  type Tensor,
  tensor,
  variable,
  Where,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";
import { near } from "./support/property.js";

// Nodes used alone, as the textbook uses its layers: forward, then backward, with numbers and with tensors.

const throwsGraphError = (f: () => unknown, message: RegExp) =>
  assert.throws(f, (error: Error) => error instanceof GraphError && message.test(error.message));

test("apples and oranges: 2 x 100 and 3 x 150, tax 1.1: forward 1 to 4, backward 4 to 1", () => {
  const [apples, oranges, fruit, tax] = [new Mul(), new Mul(), new Add(), new Mul()];
  const applePrice = apples.forward(100, 2);
  const orangePrice = oranges.forward(150, 3);
  const allPrice = fruit.forward(applePrice, orangePrice);
  near([applePrice, orangePrice, allPrice, tax.forward(allPrice, 1.1)], [200, 450, 650, 715], 1e-15, "forward");
  const [dAll, dTax] = tax.backward(1);
  const [dApples, dOranges] = fruit.backward(dAll);
  near([dAll, dTax, dApples, dOranges], [1.1, 650, 1.1, 1.1], 1e-15, "tax and sum");
  near([...oranges.backward(dOranges), ...apples.backward(dApples)], [3.3, 165, 2.2, 110], 1e-15, "fruit");
});

test("numbers give numbers, and the gradient scales with that of the output", () => {
  const cases: [Node, number[], number, number[]][] = [
    [new Mul(), [100, 2], 200, [2, 100]],
    [new Div(), [1, 4], 0.25, [0.25, -0.0625]],
    [new Pow(), [3, 2], 9, [6, 9 * Math.log(3)]],
    [new Exp(), [0], 1, [1]],
    [new Log(), [2], Math.log(2), [0.5]],
    [new Sigmoid(), [0], 0.5, [0.25]],
    [new Where(), [1, 5, 7], 5, [0, 1, 0]],
  ];
  for (const [node, inputs, output, gradients] of cases) {
    assert.is(node.forward(...inputs), output);
    assert.equal(node.backward(1), gradients);
    assert.equal(
      node.backward(2),
      gradients.map((g) => 2 * g),
    );
  }
});

test("tensors give tensors; broadcast inputs get gradients of their own shapes", () => {
  const node = new Mul();
  const out = node.forward(
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    tensor([10, 20, 30]),
  );
  assert.equal(out.toArray(), [
    [10, 40, 90],
    [40, 100, 180],
  ]);
  const [dx, dy] = node.backward(
    tensor([
      [1, 1, 1],
      [2, 2, 2],
    ]),
  );
  assert.equal(dx.toArray(), [
    [10, 20, 30],
    [20, 40, 60],
  ]);
  assert.equal(dy.toArray(), [9, 12, 15]);
  // A number stands for that gradient everywhere.
  assert.equal(node.backward(tensor(1))[1].toArray(), [5, 7, 9]);
});

test("a number among tensors has their dtype, and gets a gradient", () => {
  const node = new Add();
  const out = node.forward(tensor([1, 2], { dtype: "float32" }), 3);
  assert.is(out.dtype, "float32");
  const [, dy] = node.backward(out);
  assert.equal([dy.dtype, dy.shape, dy.item()], ["float32", [], 9]);
});

test("numbers in the branches of where adapt to each other, not to the condition", () => {
  const condition = tensor([true, false]);
  assert.equal(new Where().forward(condition, 5, 7).toArray(), [5, 7]);
  const half = new Where().forward(condition, tensor([1, 2], { dtype: "float32" }), 0);
  assert.is(half.dtype, "float32");
  assert.equal(half.toArray(), [1, 0]);
});

test("inputs without a gradient get zeros of their own shape and dtype", () => {
  const node = new Take(0);
  node.forward(
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor([1, 1], { dtype: "int32" }),
  );
  const [dx, dIndices] = node.backward(
    tensor([
      [1, 2],
      [10, 20],
    ]),
  ) as [Tensor, Tensor];
  assert.equal(dx.toArray(), [
    [0, 0],
    [11, 22],
  ]);
  assert.equal([dIndices.dtype, dIndices.toArray()], ["int32", [0, 0]]);
});

test("nodes with lists of inputs", () => {
  const concat = new Concat();
  assert.equal(concat.forward(tensor([1]), tensor([2, 3])).toArray(), [1, 2, 3]);
  assert.equal(
    concat.backward(tensor([4, 5, 6])).map((g) => g.toArray()),
    [[4], [5, 6]],
  );
  const stack = new Stack();
  stack.forward(tensor(1), tensor(2), tensor(3));
  assert.equal(
    stack.backward(tensor([4, 5, 6])).map((g) => g.item()),
    [4, 5, 6],
  );
});

test("a node used again remembers the last inputs, and leaves the graphs of the first ones as they were", () => {
  for (const [a, b, c] of [
    [2, 3, 5],
    [[2], [3], [5]],
  ] as const) {
    const node = new Mul();
    const [x, y, z] = [variable(a), variable(b), variable(c)] as [Tensor, Tensor, Tensor];
    const first = node.forward(x, y);
    const second = node.forward(x, z);
    assert.equal([first.data[0], second.data[0]], [6, 10]);
    assert.equal(
      node.backward(tensor(1)).map((g) => g.data[0]),
      [5, 2],
    );
    first.sum().backward();
    assert.equal([x.grad?.data[0], y.grad?.data[0], z.grad], [3, 2, null]);
    x.zeroGrad();
    second.sum().backward();
    assert.equal([x.grad?.data[0], z.grad?.data[0]], [5, 2]);
    // Even applied to its own result.
    x.zeroGrad();
    node.forward(first, first).sum().backward();
    assert.is(x.grad?.data[0], 2 * 2 * 9);
  }
  const applied = new Mul();
  const [a, b] = [variable(2), variable(3)];
  const product = applied.apply(a, b);
  applied.apply(b, b);
  product.backward();
  assert.equal([a.grad?.item(), b.grad?.item()], [3, 2]);
  const sum = new Sum(0);
  const [x, y] = [variable([1, 2]), variable([[1], [2]])];
  const [first, second] = [sum.forward(x), sum.forward(y)];
  first.backward();
  second.sum().backward();
  assert.equal(
    [x.grad?.toArray(), y.grad?.toArray()],
    [
      [1, 1],
      [[1], [1]],
    ],
  );
});

test("a node applied again is another vertex: the graph of the first inputs is as it was", () => {
  for (const value of [2, [2]]) {
    for (const [Op, slope] of [
      [Exp, (x: number) => Math.exp(x)],
      [Mul, (x: number) => 2 * x],
      [Sum, () => 1],
    ] as const) {
      const node: Node = new Op();
      const [x, y] = [variable(value) as Tensor, (variable(value) as Tensor).add(1)];
      const apply = (x: Tensor) => node.apply(...(Op === Mul ? [x, x] : [x]));
      const [first, second] = [apply(x), apply(y)];
      first.sum().backward();
      near((x.grad as Tensor).data, [slope(2)], 1e-15, Op.name);
      second.sum().backward();
      near((y.grad as Tensor).data, [slope(3)], 1e-15, Op.name);
    }
  }
});

test("a node alone on variables is a part of a graph as well", () => {
  const x = variable([1, 2]);
  const node = new Exp();
  const y = node.forward(x);
  y.sum().backward();
  assert.equal(x.grad?.toArray(), node.backward(1).map((g) => (g as unknown as Tensor).toArray())[0]);
});

test("an input updated between forward and backward is refused", () => {
  const x = variable([1, 2], { name: "x" });
  const node = new Mul();
  node.forward(x, 3);
  x.assign([5, 6]);
  throwsGraphError(() => node.backward(tensor([1, 1])), /^Mul: its input x was updated with assign\(\)/);
});

test("what a node alone refuses", () => {
  throwsGraphError(() => new Mul().backward(1), /^Mul: backward before forward: call node\.forward\(\.\.\.\) first$/);
  throwsGraphError(() => (new Mul() as Node).forward(1), /^Mul: forward takes 2 inputs, got 1$/);
  throwsGraphError(() => (new Exp() as Node).forward(tensor(1), 2), /^Exp: forward takes 1 input, got 2$/);
  throwsGraphError(() => new MatMul().forward(tensor([1])), /^MatMul: forward takes 2 inputs, got 1$/);
  // Over scalars an elementwise op looks at as many inputs as it takes, and at one more.
  for (const { Op, input, least, most } of [
    { Op: Mul, input: tensor(2), least: 2, most: 2 },
    { Op: Mul, input: tensor([2]), least: 2, most: 2 },
    { Op: Exp, input: tensor(2), least: 1, most: 1 },
    { Op: Exp, input: tensor([2]), least: 1, most: 1 },
    { Op: Sum, input: tensor([2]), least: 1, most: 1 },
    { Op: MatMul, input: tensor([[1]]), least: 2, most: 2 },
    { Op: Concat, input: tensor([1]), least: 1, most: 4 },
  ]) {
    for (let count = 0; count <= 4; count++) {
      for (const way of ["apply", "forward"] as const) {
        const node: Node = new Op();
        const found = thrownBy(() => node[way](...Array<Tensor>(count).fill(input as Tensor)));
        if (count >= least && count <= most) assert.is(found, "nothing thrown");
        else assert.match(found, new RegExp(`^(Graph|DType)Error: ${Op.name}: (forward )?takes`));
      }
    }
  }
  const [vector, matrix, holds] = [tensor([1]), tensor([[1]]), tensor([[true]])] as [Tensor, Tensor, Tensor];
  for (const Masked of [MaskedMatMul, SampledMatMul]) {
    for (const inputs of [
      [vector, matrix],
      [matrix, vector],
      [vector, vector],
    ] as const) {
      const found = thrownBy(() => new Masked().apply(...inputs, holds));
      assert.match(found, /^ShapeError: \w+MatMul: .*takes matrices; reshape the vector/);
    }
  }
  const less = new Less();
  assert.is(less.forward(1, 2), 1);
  throwsGraphError(() => less.backward(1), /^Less: not differentiable: a comparison is a step/);
  const oneHot = new OneHot(3);
  const rows = oneHot.forward(tensor([1], { dtype: "int32" }));
  assert.equal(rows.toArray(), [[0, 1, 0]]);
  const numbers = new Mul();
  numbers.forward(1, 2);
  throwsGraphError(
    () => numbers.backward(tensor(1)),
    /^Mul: forward was given numbers, so backward takes a number; give forward a tensor instead$/,
  );
});

test("numbers are scalars to a node of any op", () => {
  const sum = new Sum();
  assert.is(sum.forward(3).item(), 3);
  assert.equal(
    sum.backward(1).map((gradient) => gradient.item()),
    [1],
  );
  const cubed = new SquaredSum(2);
  assert.is(cubed.forward(1, 2).item(), cubed.forward(tensor(1), tensor(2)).item());
});

/** An op of a consumer: the square of the sum of two inputs, its derivative written in ops. */
class SquaredSum extends Node {
  override readonly name = "SquaredSum";
  readonly factor: number;

  constructor(factor: number) {
    super();
    this.factor = factor;
  }

  override shapeRule(x: Tensor, _y: Tensor): Shape {
    return x.shape;
  }

  override localForward(_shape: Shape, _dtype: unknown, x: Tensor, y: Tensor) {
    return x.add(y).square().mul(this.factor).values;
  }

  override localBackward(dout: Tensor): Tensor {
    return dout.mul(
      this.input(0)
        .add(this.input(1))
        .mul(2 * this.factor),
    );
  }
}

test("an op of one's own: alone, in a graph, and differentiated twice", () => {
  const node = new SquaredSum(3);
  assert.equal(node.forward(tensor([1, 2]), tensor([3, 4])).toArray(), [48, 108]);
  assert.equal(
    node.backward(tensor([1, 1])).map((g) => g.toArray()),
    [
      [24, 36],
      [24, 36],
    ],
  );
  const [x, y] = [variable([1, 2]), variable([3, 4])];
  new SquaredSum(3).apply(x, y).sum().backward({ createGraph: true });
  const dx = x.grad as Tensor;
  assert.equal(dx.toArray(), [24, 36]);
  y.zeroGrad();
  dx.sum().backward();
  assert.equal(y.grad?.toArray(), [6, 6]);
});

class Wrong extends SquaredSum {
  readonly wrong: (dout: Tensor) => Tensor;

  constructor(wrong: (dout: Tensor) => Tensor) {
    super(1);
    this.wrong = wrong;
  }

  override localBackward(dout: Tensor): Tensor {
    return this.wrong(dout);
  }
}

test("an op of one's own whose local backward is wrong is named, alone and in a graph", () => {
  const shape =
    /^SquaredSum: its local backward gave a gradient of shape \[3\] for input 0 of shape \[2\]; it must have the shape of the output or of the input$/;
  const dtype =
    /^SquaredSum: its local backward gave a float32 gradient for input 0, which is float64; convert with cast\("float64"\)$/;
  for (const [wrong, message] of [
    [() => tensor([1, 2, 3]), shape],
    [(dout: Tensor) => dout.cast("float32"), dtype],
  ] as const) {
    const [x, y] = [variable([1, 2]), variable([3, 4])];
    const node = new Wrong(wrong);
    const out = node.forward(x, y);
    for (const run of [() => node.backward(tensor([1, 1])), () => out.sum().backward()]) {
      assert.throws(run, (error: Error) => message.test(error.message));
    }
    assert.is(x.grad, null);
  }
});

/** An op that is nothing but others: it computes no arrays itself. */
class SquaredDistance extends Node {
  override readonly name = "SquaredDistance";

  override shapeRule(): Shape {
    return [];
  }

  override composed(x: Tensor, y: Tensor): Tensor {
    return x.sub(y).square().sum();
  }

  override localBackward(dout: Tensor, i: number): Tensor {
    const difference = this.input(0).sub(this.input(1));
    return difference.mul(dout.mul(i === 0 ? 2 : -2));
  }
}

test("an op composed of others needs no local forward: alone, in a graph, compiled", () => {
  const node = new SquaredDistance();
  assert.is(node.forward(tensor([1, 5]), tensor([4, 1])).item(), 25);
  assert.equal(
    node.backward(1).map((g) => g.toArray()),
    [
      [-6, 8],
      [6, -8],
    ],
  );
  const [x, y] = [variable([1, 5]), variable([4, 1])];
  const distance = () => new SquaredDistance().apply(x, y);
  assert.is(distance().node?.name, "SquaredDistance");
  distance().backward();
  assert.equal(
    [x.grad?.toArray(), y.grad?.toArray()],
    [
      [-6, 8],
      [6, -8],
    ],
  );
  const slope = grad((x: Tensor) => new SquaredDistance().apply(x, y.detach()));
  assert.equal(slope(tensor([1, 5])).toArray(), [-6, 8]);
  assert.equal(compile(slope)(tensor([1, 5])).toArray(), [-6, 8]);
  assert.is(compile(distance)().item(), 25);
});

test.run();
