import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  arange,
  argSort,
  compile,
  diagonal,
  dot,
  einsum,
  eye,
  full,
  gather,
  grad,
  gradcheck,
  indexAdd,
  linspace,
  Node,
  outer,
  roll,
  scatterAdd,
  sort,
  split,
  type Tensor,
  tensor,
  tile,
  topK,
  tril,
  triu,
  unstack,
  variable,
  zeros,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";

// What the op table does not say of the ops that pick, order and sum by name: conventions, graphs and errors.

const int = (values: number[] | number[][]) => tensor(values, { dtype: "int32" }) as Tensor;
const z = (...shape: number[]) => zeros(shape) as Tensor;

test("sort: NaN is the greatest, -0 equals 0, and equal elements keep their order", () => {
  const x = tensor([2, Number.NaN, -Infinity, 2, Infinity, Number.NaN]);
  assert.equal(sort(x).toArray(), [-Infinity, 2, 2, Infinity, Number.NaN, Number.NaN]);
  assert.equal(argSort(x).toArray(), [2, 0, 3, 4, 1, 5]);
  assert.equal(argSort(x, 0, { descending: true }).toArray(), [1, 5, 4, 0, 3, 2]);
  assert.equal(argSort(tensor([0, -0, 0, -0])).toArray(), [0, 1, 2, 3]);
  const many = tensor(Array.from({ length: 1000 }, (_, i) => i % 2));
  const expected = [...Array(500).keys()].map((i) => 2 * i);
  assert.equal(argSort(many).toArray(), [...expected, ...expected.map((i) => i + 1)]);
});

test("topK: of equal elements the first ones; NaN first, as it is for max", () => {
  const { values, indices } = topK(tensor([3, 1, 3, 3]), 2);
  assert.equal([values.toArray(), indices.toArray()], [[3, 3], [0, 2]]); // biome-ignore format: pairs
  assert.equal(topK(tensor([1, Number.NaN, 2]), 2).indices.toArray(), [1, 2]);
  assert.equal(topK(tensor([1, Number.NaN, 2]), 2, 0, { largest: false }).indices.toArray(), [0, 2]);
  assert.equal(topK(tensor([1, 2]), 0).values.toArray(), []);
});

test("the gradients of sorted elements go back to where they came from, ties as they stand", () => {
  const x = variable([3, 1, 3, 2]);
  sort(x)
    .mul(tensor([1, 10, 100, 1000]))
    .sum()
    .backward();
  assert.equal(x.grad?.toArray(), [100, 1, 1000, 10]);
  x.zeroGrad();
  topK(x, 1).values.sum().backward();
  assert.equal(x.grad?.toArray(), [1, 0, 0, 0]);
});

test("triangles: what stands outside does not count, NaN and infinities included", () => {
  const x = variable([
    [1, Number.NaN],
    [Infinity, 2],
  ]);
  assert.equal(tril(x).toArray(), [[1, 0], [Infinity, 2]]); // biome-ignore format: a matrix
  assert.equal(triu(x, 1).toArray(), [[0, Number.NaN], [0, 0]]); // biome-ignore format: a matrix
  triu(x).square().sum().backward();
  assert.equal(x.grad?.toArray(), [[2, Number.NaN], [0, 4]]); // biome-ignore format: a matrix
});

test("elements that are read or written twice add up", () => {
  const x = variable([[1, 2, 3]]);
  gather(x, [[0, 0, -1, 0]], 1)
    .mul(tensor([1, 10, 100, 1000]))
    .sum()
    .backward();
  assert.equal(x.grad?.toArray(), [[1011, 0, 100]]);
  assert.equal(scatterAdd(tensor([1, 1]), [0, 0, 1], 5, 0).toArray(), [11, 6]);
  assert.equal(indexAdd(tensor([[1, 1], [2, 2]]), [0, -2], tensor([10, 20])).toArray(), [[21, 41], [2, 2]]); // biome-ignore format: matrices
});

test("parts and their joins", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
  assert.equal(split(x, [1, 0, 2], -1).map((part) => part.shape), [[2, 1], [2, 0], [2, 2]]); // biome-ignore format: shapes
  const [first, second] = unstack(x);
  assert.equal([first.toArray(), second.toArray()], x.toArray());
  assert.equal(unstack(z(0, 3)), []);
  assert.equal(unstack(x, 1).length, 3);
});

test("ranges end where NumPy's end, and exactly", () => {
  assert.equal(linspace(0, 1, 11).toArray().at(-1), 1);
  // 0.1 * 3 is 0.30000000000000004, as in NumPy.
  assert.equal(linspace(0, 1, 11).toArray()[3], 0.30000000000000004);
  assert.equal(linspace(2, 5, 1).toArray(), [2]);
  assert.equal(linspace(0.1, 0.7, 7, { dtype: "float32" }).toArray()[6], Math.fround(0.7));
  assert.equal(arange(0, 1, 0.25).toArray(), [0, 0.25, 0.5, 0.75]);
  assert.equal(arange(1, 1.3, 0.1).toArray().length, 4);
  assert.equal(arange(3, 0).toArray(), []);
  assert.equal(arange(2, { dtype: "int32", name: "rows" }).name, "rows");
  assert.equal(eye(2, 3, { dtype: "bool" }).toArray(), [[true, false, false], [false, true, false]]); // biome-ignore format: a matrix
});

test("ranges longer than the largest number, and zeros with a sign, eagerly and compiled", () => {
  const most = Number.MAX_VALUE;
  const made: readonly (readonly [f: () => Tensor, wanted: readonly number[]])[] = [
    [() => linspace(-1.7e308, 1.7e308, 3), [-1.7e308, 0, 1.7e308]],
    [() => linspace(most, -most, 3), [most, 0, -most]],
    [() => linspace(-most, most, 2), [-most, most]],
    [() => linspace(-most, most, 1), [-most]],
    [() => linspace(-0, 1, 2), [-0, 1]],
    [() => arange(-1.5e308, 1.5e308, 1e308), [-1.5e308, -5e307, 5e307]],
    [() => arange(1.5e308, -1.5e308, -1.5e308), [1.5e308, 0]],
    [() => full([2], -0), [-0, -0]],
    [() => full([2], -0, { dtype: "float32" }), [-0, -0]],
    [() => tensor([1]).pad([[1, 1]], -0), [-0, 1, -0]],
    [
      () =>
        tensor([1])
          .pad([[1, 0]], -0)
          .add(tensor([1]).pad([[1, 0]], 0)),
      [0, 2],
    ],
    [
      () =>
        tensor([1])
          .pad([[1, 0]])
          .add(tensor([1]).pad([[1, 0]], -0)),
      [0, 2],
    ],
  ];
  for (const [f, wanted] of made) {
    for (const found of [f(), compile(f)()]) {
      assert.ok(
        wanted.every((value, i) => Object.is(found.data[i], value)),
        `${f}: ${found}`,
      );
      assert.is(found.size, wanted.length);
    }
  }
  assert.ok(Object.is(full([], -0).item(), -0));
  const both = compile((x: Tensor) => [x.pad([[1, 0]], -0), x.pad([[1, 0]], 0)] as const)(tensor([1]) as Tensor);
  assert.equal(
    both.map((x) => Object.is(x.data[0], -0)),
    [true, false],
  );
});

/** The ops between a result and its leaves. */
function opsOf(x: Tensor): string[] {
  return x.node === null ? [] : [...x.node.inputs.flatMap(opsOf), x.node.name];
}

test("einsum makes no node that does nothing, and transposes by flags", () => {
  const [a, b] = [variable(z(2, 3)), variable(z(3, 4))];
  const nodesOf = (equation: string, ...operands: Tensor[]) => opsOf(einsum(equation, ...operands));
  assert.equal(nodesOf("ij,jk->ik", a, b), ["MatMul"]);
  assert.equal(nodesOf("ij,jk", a, b), ["MatMul"]);
  assert.equal(nodesOf("ji,kj->ik", b, a), ["MatMul"]);
  assert.equal(nodesOf("ij,jk->ki", a, b), ["MatMul", "Transpose"]);
  assert.equal(nodesOf("ij,ij->ij", a, a), ["Mul"]);
  assert.equal(nodesOf("ij->j", a), ["Sum"]);
  assert.equal(nodesOf("ij->ij", a), []);
  const x = variable(z(3));
  assert.equal(nodesOf("i,i->", x, x), ["MatMul"]);
  assert.equal(nodesOf("ij,j->i", a, x), ["MatMul"]);
});

test("einsum is differentiable to any order", () => {
  // f = the sum of x_i A_ij x_j, so that its gradient is (A + A^T) x and the gradient of the sum of that is constant.
  const A = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
  const f = (x: Tensor) => einsum("i,ij,j->", x, A, x) as Tensor;
  const x = tensor([5, 7]) as Tensor;
  assert.equal(grad(f)(x).toArray(), [2 * 5 + 5 * 7, 5 * 5 + 8 * 7]);
  assert.equal(grad((x: Tensor) => grad(f)(x).sum())(x).toArray(), [7, 13]);
  // The third derivative of the sum of x_i^3 is 6 everywhere.
  const cube = (x: Tensor) => einsum("i,i,i->", x, x, x) as Tensor;
  const second = (x: Tensor) => grad((x: Tensor) => grad(cube)(x).sum())(x).sum();
  assert.equal(grad(second)(x).toArray(), [6, 6]);
});

/** As a caller whose equation is not known at compile time. */
const loose = einsum as (equation: string, ...operands: Tensor[]) => Tensor;

const errors: readonly (readonly [f: () => unknown, message: string])[] = [
  [
    () => loose("ij,jk->ik", z(100, 784), z(50, 784)),
    'einsum: "ij,jk->ik" of [100, 784], [50, 784]: j is 784 in operand 0 and 50 in operand 1; did you mean "ij,kj->ik"?',
  ],
  [
    () => loose("ij,jk", z(2, 3), z(4, 5)),
    'einsum: "ij,jk" of [2, 3], [4, 5]: j is 3 in operand 0 and 4 in operand 1; a letter has one size everywhere; use another ' +
      "letter, or transpose or reshape an operand",
  ],
  [
    () => loose("ii->i", z(2, 3)),
    'einsum: "ii->i" of [2, 3]: i is 2 and 3 in operand 0; a letter has one size everywhere; use another letter, or ' +
      "transpose or reshape an operand",
  ],
  [
    () => loose("ij,jk->ik", z(2, 3)),
    'einsum: "ij,jk->ik" of [2, 3]: 2 terms for 1 operand; separate the letters of each operand with a comma',
  ],
  [
    () => loose("ij->i", z(2, 3, 4)),
    'einsum: "ij->i" of [2, 3, 4]: "ij" names 2 of the 3 axes of operand 0, [2, 3, 4]; name them all, or write "..." for the ' +
      "others",
  ],
  [
    () => loose("ijk->i", z(2, 3)),
    'einsum: "ijk->i" of [2, 3]: "ijk" names 3 of the 2 axes of operand 0, [2, 3]; leave letters out, or give it more axes with ' +
      "expandDims",
  ],
  [
    () => loose("i1->i", z(2, 3)),
    'einsum: "i1->i" of [2, 3]: "1" in "i1" names no axis; use letters, and "..." once in a term',
  ],
  [() => loose("i->i->i", z(2)), 'einsum: "i->i->i" of [2]: "->" stands once, before the letters of the result'],
  [
    () => loose("ij->ik", z(2, 3)),
    'einsum: "ij->ik" of [2, 3]: no operand has the k of the result; take it away, or use broadcastTo for a new axis',
  ],
  [
    () => loose("ij->ii", z(2, 3)),
    'einsum: "ij->ii" of [2, 3]: the result names i twice; a letter stands for one axis of it',
  ],
  [
    () => loose("...i->i", z(2, 3)),
    'einsum: "...i->i" of [2, 3]: the result has no place for the axes of "..."; write "...i" behind "->"',
  ],
  [
    () => loose("...,...", z(2, 3), z(4, 3)),
    'einsum: "...,..." of [2, 3], [4, 3]: an axis of "..." is 2 in operand 0 and 4 in operand 1; these axes ' +
      "broadcast: sizes must be equal, or 1",
  ],
  [() => dot(z(2, 2), z(2)), "dot: [2, 2] and [2]: takes two vectors; use matmul for matrices, mul for scalars"],
  [
    () => dot(z(2), z(3)),
    "dot: [2] and [3]: sizes 2 and 3 differ; slice the longer one, or use outer for all products",
  ],
  [() => outer(z(2, 2), z(2)), "outer: [2, 2] and [2]: takes two vectors; reshape them, or name the axes in einsum"],
  [() => diagonal(z(3)), "diagonal: [3] has no diagonal; a tensor of two axes or more is needed"],
  [() => diagonal(z(2, 3), { axis1: 1, axis2: -1 }), "diagonal: axis1 1 and axis2 -1 are one axis of [2, 3]; name two"],
  [() => tril(z(2, 2), 0.5), "tril: offset 0.5: a whole number is needed, 0 for the main diagonal"],
  [
    () => gather(z(2, 3), int([0, 1]), 0),
    "Gather: indices [2] for [2, 3]: as many axes are needed, one index for each element of the result; reshape the indices, " +
      "or use take to pick whole rows",
  ],
  [
    () => gather(z(2, 3), int([[0], [1], [0]]), 1),
    "Gather: indices [3, 1] for [2, 3] along axis 1: on axis 0 there are 2 elements, not 3; slice the indices, or broadcast " +
      "the other",
  ],
  [
    () => gather(z(2, 3), int([[3]]), 1),
    "Gather: index 3 (element 0 of the indices) is out of range for axis 1 of [2, 3]: from -3 to 2",
  ],
  // @ts-expect-error the same text
  [() => gather(z(2), tensor([0]), 0), 'gather: indices are an int32 tensor, got float64; convert with cast("int32")'],
  [() => topK(z(3), 4), "topK: k = 4 of axis 0 of [3]: a whole number from 0 to 3 is needed"],
  [() => sort(z()), "ArgSort: axis -1 is out of range for []: a scalar has no axes"],
  [
    () => split(z(5, 2), 2),
    "split: 5 elements of axis 0 of [5, 2] do not divide into 2 equal parts; give a list of sizes that add up to 5",
  ],
  [
    () => split(z(5), [2, 2]),
    "split: sizes [2, 2] of axis 0 of [5]: they must be whole numbers, 0 or more, that add up to 5, not 4",
  ],
  [() => tile(z(2), [-1]), "tile: [-1] for [2]: repeats are whole numbers, 0 or more"],
  [
    // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
    () => split(z(5), [, 5] as never),
    "split: sizes [undefined, 5] of axis 0 of [5]: they must be whole numbers, 0 or more, that add up to 5, not NaN",
  ],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
  [() => roll(z(2, 3), [1, ,] as never, [0, 1]), "roll: shift 1, undefined of [2, 3]: whole numbers are needed"],
  [() => roll(z(2, 3), [1, 2], [0]), "roll: 2 shifts for 1 axes of [2, 3]; give one for each, or one for all"],
  [() => roll(z(2, 3), [1, 2]), "roll: 2 shifts of [2, 3] without axes; name an axis for each"],
  [() => arange(0, 3, 0), "arange: from 0 to 3 in steps of 0 there is no end; give another step"],
  [() => linspace(0, 1, -1), "linspace: [-1] is no shape: a size is a whole number, 0 or more"],
];

test("errors name the op, the shapes and the repair", () => {
  for (const [f, message] of errors) assert.is(thrownBy(f).replace(/^\w+Error: /, ""), message);
});

/** How many elements the ops that `f` applies have in their results. */
function elementsMade(f: () => void): number {
  const { apply } = Node.prototype;
  let count = 0;
  Node.prototype.apply = function (...inputs) {
    const output = apply.call(this, ...inputs);
    count += output.size;
    return output;
  };
  try {
    f();
  } finally {
    Node.prototype.apply = apply;
  }
  return count;
}

test("backward through many parts of one tensor makes no array of the whole for each", () => {
  const ways: Record<string, (x: Tensor) => Tensor[]> = {
    unstack: (x) => unstack(x),
    split: (x) => split(x, x.shape[0] as number),
    slice: (x) =>
      Array.from({ length: x.shape[0] as number }, (_, i) =>
        x.slice([
          [i, i + 1],
          [null, null, -1],
        ]),
      ),
    take: (x) => Array.from({ length: x.shape[0] as number }, (_, i) => x.take(i)),
  };
  for (const [name, parts] of Object.entries(ways)) {
    const x = variable(linspace(-1, 1, 2000 * 16).reshape([2000, 16])) as Tensor;
    const loss = parts(x)
      .map((part, i) => part.square().mul(i).sum())
      .reduce((a, b) => a.add(b));
    const made = elementsMade(() => loss.backward());
    assert.ok(made < 20 * x.size, `${name}: ${made} elements for ${x.size}`);
    // The gradient of the sum of i times the squares of row i.
    const rows = arange(0, 2000).reshape([2000, 1]);
    assert.equal(x.grad?.toArray(), x.detach().mul(2).mul(rows).toArray(), name);
  }
  for (const [name, parts] of Object.entries(ways)) {
    const f = (x: Tensor) =>
      [...parts(x.sin()), ...unstack(x)].map((part, i) => part.mul(part.exp()).mul(i).sum()).reduce((a, b) => a.add(b));
    const at = linspace(-1, 1, 12).reshape([4, 3]) as Tensor;
    const report = gradcheck(f, [at]);
    assert.ok(report.ok, `${name}: ${report}`);
  }
});

test("the sum of the gradients of parts is written to no array that anybody else holds", () => {
  const part: Record<string, (x: Tensor) => Tensor> = {
    slice: (x) => x.slice([[0, 1]]),
    take: (x) => x.take([0, 0]),
  };
  for (const [name, of] of Object.entries(part)) {
    for (const partsFirst of [false, true]) {
      const [a, b] = [variable([1, 2]), variable([3, 4])];
      const seed = tensor([1, 1]);
      const h = a.add(b);
      const parts = of(a).sum().add(of(a).sum()).mul(10);
      const whole = h.mul(seed).sum();
      (partsFirst ? parts.add(whole) : whole.add(parts)).backward();
      const times = name === "take" ? 2 : 1;
      assert.equal(a.grad?.toArray(), [1 + 20 * times, 1], name);
      for (const other of [b.grad, h.grad, seed]) assert.equal(other?.toArray(), [1, 1], name);
    }
  }
});

test("dtypes that do not go together", () => {
  assert.match(
    thrownBy(() => loose("i,i->", z(2), z(2).cast("float32"))),
    /^DTypeError: einsum: float64 and float32 do not mix/,
  );
  assert.match(
    thrownBy(() => linspace(0, 1, 2, { dtype: "int32" })),
    /^DTypeError: linspace: makes float64 or float32, got int32/,
  );
  assert.match(
    thrownBy(() => arange(0, 1, 0.5, { dtype: "int32" })),
    /^DTypeError: arange: 0\.5 is no int32/,
  );
});

test.run();
