import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, concat, grad, ones, type Tensor, tensor, zeros } from "../src/index.js";
import { forAll, near } from "./support/property.js";

// Reductions over any axes of what is broadcast along any others, taken by indices, cast: small integers, so that eager and
// compiled results are equal to the bit, whatever the order of summation.

const sizes = [0, 1, 2, 3, 5, 7, 17];

interface Reduced {
  /** By axis of the whole, whether this operand is broadcast along it. */
  readonly repeated: readonly boolean[];
  readonly seed: number;
}

const reductions: readonly ((x: Tensor, axes: readonly number[], keepDims: boolean) => Tensor)[] = [
  (x, axis, keepDims) => x.sum({ axis, keepDims }),
  (x, axis, keepDims) => x.max({ axis, keepDims }),
  (x, axis, keepDims) => x.min({ axis, keepDims }),
  (x, axis, keepDims) => x.sign().prod({ axis, keepDims }),
];

const combinations: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => x.mul(y),
  (x, y) => x.add(y),
  (x, y) => x.sub(y).abs(),
  (x, y) => x.mul(y).add(y),
  (x, y) => x.maximum(y).mul(x),
];

function operand(
  { repeated, seed }: Reduced,
  shape: readonly number[],
  dtype: "float64" | "float32" | "int32",
): Tensor {
  const own = shape.map((size, axis) => (repeated[axis] ? 1 : size));
  const size = own.reduce((product, n) => product * n, 1);
  const values = Array.from({ length: size }, (_, i) => ((i * 7 + seed * 3) % 11) - 5);
  return tensor(values, { dtype }).reshape(own);
}

test("products of operands that are broadcast along any axes, reduced over any", () => {
  const rank = 4;
  const flags = fc.array(fc.boolean(), { minLength: rank, maxLength: rank });
  const cases = fc.record({
    shape: fc.array(fc.constantFrom(...sizes), { minLength: 0, maxLength: rank, size: "max" }),
    operands: fc.array(fc.record({ repeated: flags, seed: fc.nat(50) }), { minLength: 2, maxLength: 3 }),
    reduced: flags,
    keepDims: fc.boolean(),
    dtype: fc.constantFrom("float64" as const, "float32" as const, "int32" as const),
    how: fc.nat(1000),
    taken: fc.option(fc.record({ axis: fc.nat(rank - 1), seed: fc.nat(50) })),
  });
  forAll(cases, 1500, ({ shape, operands, reduced, keepDims, dtype, how, taken }) => {
    const inputs = operands.map((own) => operand(own, shape, dtype));
    const axes = shape.flatMap((size, axis) => (reduced[axis] && (size > 0 || how % 4 === 0) ? [axis] : []));
    const axis = taken !== null && shape.length > 0 ? taken.axis % shape.length : -1;
    const size = shape[axis] ?? 0;
    const indices = tensor(
      Array.from(
        { length: size === 0 ? 0 : 1 + ((taken?.seed ?? 0) % 6) },
        (_, i) => (i * 5 + (taken?.seed ?? 0)) % size,
      ),
      { dtype: "int32" },
    );
    const combine = combinations[how % combinations.length] as (typeof combinations)[number];
    const reduce = reductions[how % reductions.length] as (typeof reductions)[number];
    const f = (...given: readonly Tensor[]) => {
      let whole = given.reduce((x, y) => combine(x, y));
      if (axis !== -1)
        whole = whole
          .broadcastTo(shape)
          .take(indices, axis)
          .mul(whole.sum({ axis, keepDims: true }));
      return reduce(whole, axes, keepDims);
    };
    const expected = outcome(() => f(...inputs).toArray());
    const program = compile((...given: Tensor[]) => f(...given), { verify: true });
    assert.equal(
      outcome(() => program(...inputs).toArray()),
      expected,
    );
  });
});

/** A value, or the kind of the error: the largest element of nothing. */
function outcome(f: () => unknown): unknown {
  try {
    return f();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** Models in which a weight stands on an outer axis that is reduced together with inner ones. */
test("weights of samples, masks and biases, in all widths of a last vector", () => {
  for (const dtype of ["float64", "float32", "int32"] as const) {
    for (const features of [1, 2, 3, 4, 5, 6, 7, 9, 17, 33]) {
      const count = 2 * 3 * features;
      const x = tensor(
        Array.from({ length: count }, (_, i) => (i % 13) - 6),
        { dtype },
      ).reshape([2, 3, features]);
      const weights = tensor([[[1]], [[10]]], { dtype });
      const mask = tensor(
        [
          [[1], [0], [1]],
          [[0], [0], [1]],
        ],
        { dtype },
      );
      const forms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
        "sum over samples": (t) => t.mul(weights).sum([0, 1]),
        "masked pooling": (t) => t.mul(mask).sum([0, 1]),
        "rows in another order": (t) => t.take([1, 0, 1], 0).sum([0, 1]),
        "the largest": (t) => t.mul(weights).max([0, 1]),
        "two weights": (t) => t.mul(weights).add(mask).sum([0, 1]),
      };
      for (const [name, form] of Object.entries(forms)) {
        const program = compile((t: Tensor) => form(t), { verify: true });
        assert.equal(program(x).toArray(), form(x).toArray(), `${name}, ${dtype}, ${features} features`);
      }
    }
  }
});

test("reductions of numbers that are made of wider ones, or of narrower ones, are those of the numbers alone", () => {
  const dtypes = ["float64", "float32", "int32", "bool"] as const;
  for (const size of [1, 3, 5, 17]) {
    for (const [low, high] of [
      [-9, -1],
      [1, 9],
    ] as const) {
      const values = Array.from({ length: 3 * size }, (_, i) => low + ((i * 5) % (high - low + 1)));
      for (const from of ["float64", "int32"] as const) {
        const x = (tensor(values, { dtype: from }) as Tensor).reshape([3, size]);
        for (const to of dtypes) {
          const made = (x: Tensor) => (to === "bool" ? x.greater(0) : x.cast(to));
          for (const axis of [1, [0, 1]]) {
            const forms: readonly ((x: Tensor) => Tensor)[] =
              to === "bool"
                ? [(x) => made(x).any(axis), (x) => made(x).all(axis)]
                : [
                    (x) => made(x).sum(axis),
                    (x) => made(x).max(axis),
                    (x) => made(x).min(axis),
                    (x) => made(x.sign()).prod(axis),
                  ];
            for (const form of forms) {
              assert.equal(
                compile(form)(x).toArray(),
                form(x).toArray(),
                `${from} to ${to}, ${size}, ${axis}: ${form}`,
              );
            }
          }
        }
      }
    }
  }
});

test("products in batches that are broadcast, cut and turned: every operand begins somewhere else", () => {
  const whole = (shape: readonly number[], dtype: "float64" | "float32") =>
    operand({ repeated: [], seed: shape.length }, shape, dtype);
  const batches: readonly (readonly [readonly number[], readonly number[]])[] = [
    [
      [2, 1],
      [1, 3],
    ],
    [[3], [2, 3]],
    [[], [2, 2]],
    [[4], []],
    [
      [2, 3],
      [2, 3],
    ],
  ];
  const forms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    whole: (x) => x,
    cut: (x) => x.slice([...Array(x.rank - 2).fill(null), [1, null], [2, null]]),
    "every second": (x) => x.slice([...Array(x.rank - 2).fill(null), [1, null, 2], null]),
    "backwards, of the batch": (x) => (x.rank === 2 ? x : x.slice([[null, null, -1]])),
    "a part of the batch": (x) => (x.rank === 2 || x.shape[0] === 1 ? x : x.slice([[1, null]])),
    turned: (x) => x.transpose([...Array(x.rank - 2).keys(), x.rank - 1, x.rank - 2]),
  };
  for (const dtype of ["float64", "float32"] as const) {
    for (const [one, other] of batches) {
      for (const [name, form] of Object.entries(forms)) {
        const [x, y] = [form(whole([...one, 11, 18], dtype)), form(whole([...other, 11, 18], dtype))];
        const inner = y.transpose([...Array(y.rank - 2).keys(), y.rank - 1, y.rank - 2]);
        const product = (a: Tensor, b: Tensor) =>
          form(a).matmul(form(b).transpose([...Array(b.rank - 2).keys(), b.rank - 1, b.rank - 2]));
        if (name === "a part of the batch" && x.rank !== y.rank) continue;
        const expected = x.matmul(inner);
        const found = compile(product)(whole([...one, 11, 18], dtype), whole([...other, 11, 18], dtype));
        assert.equal(found.toArray(), expected.toArray(), `${name}, ${dtype}, [${one}] and [${other}]`);
      }
    }
  }
});

/** Programs in which a part of an input, or all of it, is of size 0, beside parts of one element. */
const empty: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "a trace": (x) => x.trace({ offset: 9 }).sum().add(x.sum()),
  "a trace times a sum": (x) => x.trace({ offset: -9 }).mul(x.sum()).sum(),
  "a product of a diagonal": (x) => x.diagonal({ offset: 9 }).prod().mul(x.sum()),
  "an empty part in a list": (x) => concat([x.slice([[0, 0]]), x.slice([[0, 1]])]).sum(),
  "an empty part behind": (x) =>
    concat([x.slice([[0, 1]]), x.slice([[1, 1]])])
      .mul(x.sum())
      .sum(),
  "no indices": (x) =>
    x
      .take(tensor([], { dtype: "int32" }), 0)
      .sum()
      .add(x.max()),
  "a padded nothing": (x) =>
    x
      .slice([[0, 0]])
      .pad([
        [1, 0],
        [0, 0],
      ])
      .sum()
      .add(x.sum()),
  "a product over nothing": (x) =>
    x
      .slice([null, [0, 0]])
      .matmul(x.slice([[0, 0]]))
      .add(x.sum())
      .sum(),
};

test("a reduction to nothing writes nothing, however large its other axes are and however they lie", () => {
  for (const order of [
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [3, 1, 0, 2],
  ]) {
    for (const axis of [-1, [1, 3]]) {
      const f = (x: Tensor, y: Tensor) => {
        const kept = y.matmul(y.transpose());
        const none = x.transpose(order).mul(2).sum(axis);
        return [none, kept.sum(0), kept.sum(1)];
      };
      for (const shape of [
        [0, 40, 50, 3],
        [40, 0, 50, 3],
      ]) {
        const [x, y] = [zeros(shape) as Tensor, ones([30, 20]) as Tensor];
        const [found, expected] = [compile(f), f].map((own) => own(x, y).map((part) => part.toArray()));
        assert.equal(found, expected);
      }
    }
  }
});

test("parts of size 0: values, first and second gradients", () => {
  for (const [name, f] of Object.entries(empty)) {
    for (const shape of [
      [1, 1],
      [2, 2],
      [5, 5],
      [17, 17],
    ] as const) {
      for (const dtype of ["float64", "float32"] as const) {
        const count = shape[0] * shape[1];
        const x = tensor(
          Array.from({ length: count }, (_, i) => (i % 5) + 1),
          { dtype },
        ).reshape(shape) as Tensor;
        const slope = grad(f);
        const curvature = grad((y: Tensor) => slope(y).mul(y).sum());
        for (const g of [f, slope, curvature]) {
          const program = compile((y: Tensor) => g(y), { verify: true });
          assert.equal(program(x).toArray(), g(x).toArray(), `${name} of ${shape}, ${dtype}`);
        }
      }
    }
  }
});

test("what is stored and reduced, in one loop: in one way or several, along all axes or the last ones", () => {
  const whole = (x: Tensor, dtype: "float64" | "float32" | "int32") => x.cast(dtype) as Tensor;
  const members: readonly ((x: Tensor, y: Tensor, axis: readonly number[]) => Tensor)[] = [
    (_x, y, axis) => y.sum({ axis }),
    (_x, y, axis) => y.square().sum({ axis }),
    (x, y, axis) => x.mul(y).sum({ axis }),
    (x, _y, axis) => x.sum({ axis }),
    (_x, y, axis) => y.max({ axis }),
    (x, y, axis) => x.greater(y).cast("float64").sum({ axis }),
    (_x, y) => y.add(1),
    (_x, y) => y.mul(2).maximum(3),
    (_x, y) => y,
    (x, y, axis) => y.sub(x.sum({ axis, keepDims: true })),
  ];
  const cases = fc.record({
    shape: fc.constantFrom([32], [33], [100], [3, 40], [5, 2, 17], [2, 3, 35], [4, 7], [1, 64]),
    kept: fc.nat(2),
    members: fc.array(fc.constantFrom(...members), { minLength: 1, maxLength: 6 }),
    dtype: fc.constantFrom("float64" as const, "float32" as const, "int32" as const),
    isAssigned: fc.boolean(),
  });
  forAll(cases, 80, ({ shape, kept, members: chosen, dtype, isAssigned }) => {
    const axes = shape.flatMap((_, axis) => (axis >= kept % shape.length ? [axis] : []));
    const count = shape.reduce<number>((product, size) => product * size, 1);
    const numbers = Array.from({ length: count }, (_, i) => ((i * 7) % 11) - 5);
    const given = whole(tensor(numbers).reshape(shape) as Tensor, dtype);
    const [eager, compiled] = [whole(ones(shape), dtype), whole(ones(shape), dtype)];
    const f = (own: Tensor) => (x: Tensor) => {
      const y = x.sub(1).mul(x).add(own);
      const results = chosen.map((member) => member(x, y, axes));
      if (isAssigned) own.assign(y);
      return results;
    };
    const [slow, fast] = [f(eager), compile(f(compiled), { verify: true })];
    for (let step = 0; step < 2; step++) {
      const [expected, actual] = [slow(given), fast(given)];
      assert.equal(
        actual.map((each) => each.toArray()),
        expected.map((each) => each.toArray()),
      );
      assert.equal(compiled.toArray(), eager.toArray());
    }
  });
  const program = compile((x: Tensor) => grad((y: Tensor) => y.logSumExp())(x)).program(ones([100]));
  assert.match(
    program.print("kernels"),
    /exp.*; for \[100\] [^;]*; [^;]* = sum over \[100\] of [^;]*; [^;]* = sum over \[100\] of /,
  );
});

test("what is alike along an axis is stored once along it", () => {
  const x = tensor(Array.from({ length: 35 }, (_, i) => ((i * 7) % 11) - 5)).reshape([5, 7]) as Tensor;
  const y = tensor(Array.from({ length: 210 }, (_, i) => ((i * 3) % 13) - 6)).reshape([6, 5, 7]) as Tensor;
  const rows: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
    // Along the first axis, the last one, and both; of what has fewer axes, and with what is alike along others.
    (x) => x.broadcastTo([6, 5, 7]).mul(2).add(1),
    (x) => x.sum({ axis: 1, keepDims: true }).broadcastTo([6, 5, 7]).square(),
    (x) => x.slice([[1, 2], [3, 4]]).broadcastTo([6, 5, 7]).sub(x.slice([0, 0])), // biome-ignore format: pairs
    (x) => x.sum(0).broadcastTo([5, 7]).mul(x.sum(1).expandDims(1)).broadcastTo([6, 5, 7]).neg(),
    (x) => x.greater(0).broadcastTo([6, 5, 7]).logicalNot().cast("float64"),
  ];
  for (const [i, f] of rows.entries()) {
    const both = (x: Tensor, y: Tensor) => {
      const alike = f(x, y);
      return [alike.mul(y).sum(0), alike.add(y).sum([0, 1]), alike.sub(y).max()];
    };
    const slopes = (x: Tensor, y: Tensor) =>
      grad((at: Tensor) => both(at, y).reduce((sum, part) => sum.add(part.sum()), tensor(0)) as Tensor<[]>)(x);
    for (const each of [both, slopes] as ((x: Tensor, y: Tensor) => Tensor | readonly Tensor[])[]) {
      const [actual, expected] = [compile(each, { verify: true })(x, y), each(x, y)].map((result) => [result].flat());
      for (const [j, part] of (actual as Tensor[]).entries())
        near(part.data as never, expected?.[j]?.data as never, 1e-13, `row ${i}`);
    }
    // Less than one tensor of the whole size beside the arguments.
    assert.ok(compile(both).program(x, y).memory.bytes < 8 * (35 + 210 + 210), `row ${i}`);
  }
});

test("the gradient of logSumExp along an axis without elements", () => {
  const slope = grad((x: Tensor) => x.logSumExp(1).sum());
  for (const f of [slope, compile(slope)]) assert.equal(f(zeros([3, 0])).shape, [3, 0]);
});

test.run();
