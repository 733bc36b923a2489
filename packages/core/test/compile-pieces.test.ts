import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  arange,
  compile,
  concat,
  grad,
  pad,
  Random,
  stack,
  type Tensor,
  tensor,
  unstack,
  zeros,
} from "../src/index.js";
import { forAll, near } from "./support/property.js";

// What is put together out of parts, and gradients of what is used in parts: fills, stores and additions where they are needed.

const checked = { verify: true } as const;
const random = new Random(7);

type Range = null | number | readonly [number | null, number | null, number?];

const range = (size: number): fc.Arbitrary<Range> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.nat(size), fc.nat(size)) },
    fc.tuple(fc.constant(null), fc.constant(null), fc.constantFrom(-1, 1, 2, -2, 3)),
    fc.nat(size - 1),
    fc.constant(null),
  );

const uses = fc.array(fc.constantFrom(1, 2, 3, 5, 17), { minLength: 1, maxLength: 3 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    /** One after the other; between them, now and then, the whole. */
    parts: fc.array(fc.oneof({ weight: 4, arbitrary: fc.tuple(...shape.map(range)) }, fc.constant("whole" as const)), {
      minLength: 1,
      maxLength: 9,
    }),
    dtype: fc.constantFrom("float64", "float32"),
  }),
);

test("the gradient of what is used in parts is what plain loops add up", () => {
  forAll(uses, 60, ({ shape, parts, dtype }) => {
    const x = random.normal(shape, { dtype }) as Tensor;
    const part = (t: Tensor, ranges: readonly Range[] | "whole") => (ranges === "whole" ? t : t.slice(ranges as never));
    const factors = parts.map((ranges) => random.normal(part(x, ranges).shape, { dtype }) as Tensor);
    const places = arange(x.size).reshape(shape) as Tensor;
    const expected = new Float64Array(x.size);
    for (const [i, ranges] of parts.entries()) {
      part(places, ranges).data.forEach((place: number, at: number) => {
        expected[place] = (expected[place] as number) + (factors[i]?.data[at] as number);
      });
    }
    // The sum in the order in which it is written, and in that of a tree.
    const sum = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => a.add(b));
    const tree = (terms: readonly Tensor[]): Tensor =>
      terms.length === 1
        ? (terms[0] as Tensor)
        : tree(terms.slice(0, terms.length >> 1)).add(tree(terms.slice(terms.length >> 1)));
    for (const added of [sum, tree]) {
      const f = (x: Tensor) =>
        added(
          parts.map((ranges, i) =>
            part(x, ranges)
              .mul(factors[i] as Tensor)
              .sum(),
          ),
        );
      const what = `${JSON.stringify(parts)} of ${shape}`;
      const gradient = compile((x: Tensor) => grad(f as (x: Tensor) => Tensor<[]>)(x), checked)(x) as Tensor;
      near(gradient.data as ArrayLike<number>, expected, dtype === "float64" ? 1e-14 : 1e-6, what);
    }
  });
});

const rows: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "rows of a matrix, one after the other": (x) =>
    Array.from({ length: 6 }, (_, i) => x.slice([i]))
      .reduce((h, row) => h.add(row).tanh())
      .sum(),
  "rows in another order, and some left out": (x) =>
    [4, 0, 2]
      .map((i) => x.slice([i]))
      .reduce((h, row) => h.mul(row).sin())
      .sum(),
  "one row in each step": (x) =>
    [1, 2, 3]
      .reduce(
        (h, k) =>
          h
            .mul(x.slice([1]))
            .add(k)
            .tanh(),
        x.slice([0]),
      )
      .sum(),
  neighbours: (x) =>
    x
      .slice([[1, null]])
      .sub(x.slice([[0, -1]]))
      .square()
      .sum(),
  "neighbours, and the whole": (x) =>
    x
      .slice([[1, null]])
      .mul(x.slice([[0, -1]]))
      .sum()
      .add(x.square().sum()),
  "even and odd columns": (x) =>
    x
      .slice([null, [null, null, 2]])
      .mul(x.slice([null, [1, null, 2]]))
      .sum(),
  backward: (x) =>
    x
      .slice([[null, null, -1]])
      .mul(x.slice([null, [null, null, -1]]))
      .sum(),
  "an empty part": (x) =>
    x
      .slice([[2, 2]])
      .sum()
      .add(
        x
          .slice([[0, 3]])
          .square()
          .sum(),
      )
      .add(x.slice([[1, 4]]).sum()),
  gates: (x) => {
    const gate = (k: number) => x.slice([null, [2 * k, 2 * k + 2]]);
    return gate(0)
      .sigmoid()
      .mul(gate(1).tanh())
      .add(gate(2).sigmoid().mul(gate(0).exp()))
      .sum();
  },
  "the steps of a loop that is written out": (w) =>
    unstack(w)
      .reduce((h, x) =>
        w
          .matmul(h)
          .tanh()
          .add(w.transpose().matmul(h.mul(x)))
          .sin(),
      )
      .sum(),
  "thin products, transposed or not": (x) =>
    [
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 5],
      [4, 6],
      [0, 1],
    ]
      .map(([from, to], i) => {
        const [rows, columns] = [
          x.slice([[from as number, to as number]]),
          x.slice([null, [from as number, to as number]]),
        ];
        const wide = (t: Tensor) => concat([t, t, t, t], 1);
        return i % 2 === 0
          ? wide(rows.sin()).transpose().matmul(wide(rows))
          : wide(columns.transpose()).transpose().matmul(wide(columns.transpose().sin()));
      })
      .reduce((sum, product) => sum.add(product))
      .tanh()
      .sum(),
  "a border": (x) => pad(x.sin(), [[1, 1], [2, 0]]).square().sum(), // biome-ignore format: pairs
  "joined with what it is made of": (x) => concat([x.sigmoid(), x.sigmoid().sin(), x.transpose()]).sin().square().sum(),
  "stacked, some of it transposed": (x) =>
    stack([x.sigmoid(), x.transpose().tanh(), x, x.sigmoid()], 1).sin().square().sum(),
};

for (const [name, f] of Object.entries(rows)) {
  test(`in parts: ${name}`, () => {
    const x = random.normal([6, 6]);
    const scalar = f as (x: Tensor) => Tensor<[]>;
    const twice = (x: Tensor) => grad((y: Tensor) => (grad(scalar)(y) as Tensor).sin().sum() as Tensor<[]>)(x);
    for (const each of [scalar, (x: Tensor) => grad(scalar)(x), twice] as ((x: Tensor) => Tensor)[]) {
      near(compile(each, checked)(x).data as never, each(x).data as never, 1e-12, name);
    }
  });
}

test("a border of any width, thin ones by themselves, is that of eager mode to the bit", () => {
  const widths = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 3 });
  const sizes = fc.array(fc.constantFrom(0, 1, 3, 17, 40), { minLength: 3, maxLength: 3 });
  forAll(
    fc.tuple(widths, sizes, fc.constantFrom(0, -1.5, Infinity), fc.constantFrom("float64", "float32")),
    40,
    (drawn) => {
      const [around, all, value, dtype] = drawn;
      const x = random.normal(all.slice(0, around.length), { dtype }) as Tensor;
      const f = (x: Tensor) => pad(x.neg(), around as never, value) as Tensor;
      assert.equal(compile(f, checked)(x).data, f(x).data, JSON.stringify(drawn));
    },
  );
});

type Make = (x: Tensor) => Tensor;

/** A matrix of so many rows and columns that several ops put together, one inside of the other, with views between them. */
function joined(rows: number, columns: number, depth: number): fc.Arbitrary<Make> {
  const leaf = fc
    .constantFrom<Make[]>(
      (x) => x.sin(),
      (x) => x,
      (x) => x.transpose().mul(2),
    )
    .map((f): Make => (x) => f(x).slice([[0, rows], [null, columns]])); // biome-ignore format: pairs
  if (depth === 0 || columns === 0) return leaf;
  const inner = (m: number, n: number) => joined(m, n, depth - 1);
  const first = rows >> 1;
  const ways: fc.Arbitrary<Make>[] = [
    fc.tuple(inner(first, columns), inner(rows - first, columns)).map(
      ([f, g]) =>
        (x) =>
          concat([f(x), g(x)]),
    ),
    fc.tuple(inner(rows, columns - 1), inner(rows, 1)).map(
      ([f, g]) =>
        (x) =>
          concat([f(x), g(x)], 1),
    ),
    inner(columns, rows).map((f) => (x) => f(x).transpose()),
    inner(columns, rows).map((f) => (x) => f(x).reshape([rows, columns])),
    inner(rows, columns).map((f) => (x) => f(x).add(f(x).sum())),
  ];
  if (columns % 2 === 0) {
    const half = inner(rows, columns / 2);
    const pairs = (f: Make, g: Make, axis: number): Make => {
      return (x) => stack([f(x), g(x)], axis).reshape([rows, columns]) as Tensor;
    };
    ways.push(fc.tuple(half, half, fc.nat(2)).map(([f, g, axis]) => pairs(f, g, axis)));
    ways.push(half.map((f) => (x) => [f(x)].map((y) => concat([y, y], 1))[0] as Tensor));
  }
  return fc.oneof(leaf, ...ways.map((arbitrary) => ({ weight: 2, arbitrary })));
}

test("parts of parts are written where they stand", () => {
  const x = random.normal([8, 8]);
  forAll(joined(4, 8, 4), 100, (f) => {
    near(compile(f, checked)(x).data as never, f(x).data as never, 1e-14, "value");
    const g = (x: Tensor) => grad((y: Tensor) => f(y).square().sum() as Tensor<[]>)(x) as Tensor;
    near(compile(g, checked)(x).data as never, g(x).data as never, 1e-12, "gradient");
  });
  const pairs = (x: Tensor) => {
    const both = concat([x.sin(), x.cos()], 1);
    return concat([stack([both, both], 1).reshape([-1]), x.reshape([-1])]);
  };
  near(compile(pairs, checked)(x).data as never, pairs(x).data as never, 1e-14, "pairs");
  assert.equal(compile(pairs).program(x).print("kernels").split("\n").length, 2);
});

test("parts of integers, and of what is not a number", () => {
  const counts = tensor([1, 2, 3, 4], { dtype: "int32" });
  const f = (x: Tensor) => concat([x.slice([[1, 3]]), x.slice([[0, 3]]).mul(2)]);
  assert.equal(compile(f, checked)(counts).toArray(), [2, 3, 2, 4, 6]);
  const g = (x: Tensor) =>
    grad(
      (x: Tensor) =>
        x
          .slice([[0, 2]])
          .log()
          .sum()
          .add(
            x
              .slice([[1, 4]])
              .sqrt()
              .sum(),
          ) as Tensor<[]>,
    )(x);
  const x = tensor([0, -1, 0, 4]);
  assert.equal((compile(g, checked)(x) as Tensor).toArray(), (g(x) as Tensor).toArray());
  assert.equal(compile((x: Tensor) => stack([x, zeros([])]))(tensor(2)).toArray(), [2, 0]);
});

test.run();
