// Compiled indexing, scans and sorting against eager mode: the same bits, unless a test says otherwise.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/compile/compile.js";
import type { DType } from "../src/dtype.js";
import type { Tensor } from "../src/graph/tensor.js";
import {
  argMax,
  argMin,
  argSort,
  bincount,
  concat,
  cumprod,
  cumsum,
  fromArray,
  gather,
  grad,
  indexAdd,
  inRange,
  oneHot,
  Random,
  ShapeError,
  scatterAdd,
  sort,
  stack,
  take,
  tensor,
  topK,
  variable,
  zeros,
} from "../src/index.js";
import { LinearScan } from "../src/ops/cumulate.js";
import { assertBits } from "./support/same-bits.js";

const numbers = ["float64", "float32", "int32"] as const;
const allDTypes = [...numbers, "bool"] as const;
const random = new Random(7);

/** Results as they are compiled, with all checks of the compiler, against those of eager mode. */
function assertSame(f: (...inputs: Tensor[]) => Tensor | Tensor[], inputs: readonly Tensor[], what: string): void {
  const expected = [f(...inputs)].flat();
  const compiled = compile(f, { verify: true });
  for (const call of ["first", "second"]) {
    const actual = [compiled(...inputs)].flat();
    for (const [i, tensor] of expected.entries()) {
      assertBits(actual[i] as Tensor, tensor, `${what}, ${call} call, result ${i}`);
    }
  }
  compiled.clear();
}

const special = [0, -0, NaN, Infinity, -Infinity, 1, -1, 5e-324, 1e300, -1e300, 2 ** -140, NaN, 0, -0];

/** Few different numbers, so that there are ties, and now and then a special one. */
function sample(shape: readonly number[], dtype: DType, specials = false): Tensor {
  const whole = random.integers(shape, { low: dtype === "bool" ? 0 : -9, high: dtype === "bool" ? 2 : 10 });
  if (dtype === "int32" || dtype === "bool") return whole.cast(dtype);
  const values = whole.mul(whole).cast("float64").mul(0.37).add(whole.cast("float64"));
  if (!specials) return values.cast(dtype);
  const which = random.integers(shape, { high: 3 * special.length });
  const picked = take(tensor([...special, ...special.map(() => 0), ...special.map(() => 0)]), which);
  return which.less(special.length).where(picked, values).cast(dtype);
}

test("many parts put together: as many as share a loop, one more, and of several shapes", () => {
  for (const count of [64, 65, 129, 200]) {
    const rows = Array.from({ length: count }, (_, i) => sample([1 + (i % 97 === 5 ? 2 : 0), 3], "float32", true));
    const alike = Array.from({ length: count }, () => sample([2, 3], "float64"));
    const scalars = Array.from({ length: count }, () => sample([], "int32"));
    assertSame((...list) => concat(list), rows, `concat of ${count}`);
    assertSame(
      (...list) => concat(list.map((x) => x.transpose().neg())),
      rows.map((x) => x.transpose()),
      `neg of ${count}`,
    );
    assertSame((...list) => [concat(list, 1), stack(list, 2), stack(list.map((x) => x.max()))], alike, `of ${count}`);
    assertSame((...list) => [stack(list), stack(list.map((x) => x.add(1))).sum()], scalars, `scalars of ${count}`);
  }
});

const shapes = [[7], [1], [0], [3, 5], [5, 3], [2, 17], [17, 2], [4, 21], [21, 4], [2, 3, 19], [3, 0, 2], [2, 33, 3]];

test("indexAdd and the gradient of take, along every axis, with repeated and negative indices", () => {
  for (const dtype of numbers) {
    for (const shape of [[6], [5, 1], [5, 3], [5, 4], [5, 16], [5, 37], [5, 200], [2, 5, 7], [3, 4, 5]]) {
      shape.forEach((size, axis) => {
        for (const at of [[], [4], [2, 3]]) {
          const indices = random.integers(at, { low: -size, high: size });
          const source = sample([...shape.slice(0, axis), ...at, ...shape.slice(axis + 1)], dtype, true);
          const name = `${dtype} ${shape.join("x")} axis ${axis} indices ${at.join("x")}`;
          assertSame(
            (x, i, s) => indexAdd(x as Tensor, i as Tensor, s as Tensor, axis),
            [sample(shape, dtype), indices, source],
            name,
          );
        }
      });
    }
  }
});

test("scatterAdd and gather, along every axis, with indices of fewer elements", () => {
  for (const dtype of numbers) {
    for (const shape of [[6], [5, 3], [3, 5], [2, 5, 7], [2, 1, 3, 4]]) {
      shape.forEach((size, axis) => {
        const cut = shape.map((n, i) => (i === axis ? 9 : Math.max(1, n - i)));
        const indices = random.integers(cut, { low: -size, high: size });
        const name = `${dtype} ${shape.join("x")} axis ${axis}`;
        const [x, source] = [sample(shape, dtype), sample(cut, dtype, true)];
        assertSame((x, i, s) => scatterAdd(x as Tensor, i as Tensor, s as Tensor, axis), [x, indices, source], name);
        assertSame((x, i) => gather(x as Tensor, i as Tensor, axis), [x, indices], name);
      });
    }
  }
});

test("what is added where is the sum by hand", () => {
  const f = compile((i: Tensor, s: Tensor) =>
    indexAdd(
      tensor([
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
      i,
      s,
    ),
  );
  const source = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.equal(f(tensor([2, 0, 2], { dtype: "int32" }), source).toArray(), [
    [3, 4],
    [0, 0],
    [6, 8],
  ]);
  assert.equal(f(tensor([-1, -3, 1], { dtype: "int32" }), source).toArray(), [
    [3, 4],
    [5, 6],
    [1, 2],
  ]);
});

test("an index out of range stops the program before a variable has changed", () => {
  const into = tensor([1, 2, 3]);
  const f = compile((i: Tensor) => {
    into.assign(indexAdd(into, i, 10));
    return into.mul(1);
  });
  assert.equal(f(tensor([0, 0], { dtype: "int32" })).toArray(), [21, 2, 3]);
  assert.throws(
    () => f(tensor([1, 3], { dtype: "int32" })),
    (error: unknown) => error instanceof ShapeError && /index 3 .*from -3 to 2/.test(error.message),
  );
  assert.throws(() => f(tensor([-4, 0], { dtype: "int32" })), /index -4/);
  assert.equal(into.toArray(), [21, 2, 3]);
});

test("bincount compiled, of any shape, and of a number that is not counted", () => {
  const counts = tensor([0, 0, 0], { dtype: "int32" });
  const f = compile((x: Tensor) => {
    const found = bincount(x, 3);
    counts.assign(counts.add(found));
    return found;
  });
  assert.equal(f(tensor([0, 2, 2], { dtype: "int32" })).toArray(), [1, 0, 2]);
  assert.equal(f(tensor([[1], [1]], { dtype: "int32" })).toArray(), [0, 2, 0]);
  assert.equal(f(tensor(2, { dtype: "int32" })).toArray(), [0, 0, 1]);
  assert.equal(f(zeros([4, 0], { dtype: "int32" })).toArray(), [0, 0, 0]);
  for (const wrong of [3, -1]) {
    const x = tensor([0, wrong], { dtype: "int32" });
    const message = `Bincount: index ${wrong} (element 1 of the indices) is out of range for a length of 3: from 0 to 2`;
    for (const way of [f, (x: Tensor) => bincount(x, 3)]) {
      assert.throws(
        () => way(x),
        (error: Error) => error instanceof ShapeError && error.message === message,
      );
    }
  }
  assert.equal(counts.toArray(), [1, 2, 3]);
});

test("an index out of range stops the program before the gradients of the last call are lost, wherever it is used", () => {
  const rows = tensor([3, 1, 2, 9], { dtype: "int32" });
  const w = variable([1, 2, 3, 4]) as Tensor;
  const lossOf = (at: Tensor) => w.mul(w).take(at).sum();
  const forms: readonly ((at: Tensor) => unknown)[] = [
    (at) => lossOf(at.mul(3)).backward(),
    (at) => lossOf(rows.take(at)).backward(),
    // Behind the gradients.
    (at) => {
      w.square().sum().mul(at.sum().cast("float64")).backward();
      return w.take(rows.take(at));
    },
    (at) => {
      w.square().sum().mul(at.sum().cast("float64")).backward();
      return (w.grad as Tensor).take(rows.take(at));
    },
  ];
  for (const form of forms) {
    w.grad = null;
    const good = tensor([1, 0], { dtype: "int32" });
    form(good);
    const expected = (w.grad as unknown as Tensor).toArray();
    w.grad = null;
    const f = compile((at: Tensor) => {
      w.grad = null;
      return form(at) as Tensor;
    });
    f(good);
    assert.throws(() => f(tensor([1, 3], { dtype: "int32" })), /index 9/);
    assert.equal((w.grad as unknown as Tensor).toArray(), expected);
  }
});

test("indices that are in range are looked at once, in whatever form they are used, and before all that is computed", () => {
  const x = tensor([1, 2, 3, 4]);
  const forms: readonly [form: (at: Tensor) => Tensor, checks: number][] = [
    [(at) => take(x, inRange("own", at, 4)), 1],
    [(at) => take(x, inRange("own", at.reshape([3, 1]), 4).transpose()), 1],
    [(at) => take(x, at.maximum(-9).reshape([3, 1])), 1],
    [(at) => take(x, inRange("own", at, 3)).add((oneHot(inRange("own", at, 4), 4) as Tensor).sum(-1)), 2],
    // The range is a larger one than the axis has.
    [(at) => take(x, inRange("own", at, 5)), 2],
    [(at) => take(x, inRange("own", at, 4).sub(1)), 2],
  ];
  for (const [form, count] of forms) {
    const f = compile(form);
    const at = tensor([2, 0, 1], { dtype: "int32" });
    const lines = f.program(at).print("kernels").split("\n");
    const checks = lines.filter((line) => /^\d+ check /.test(line));
    assert.is(checks.length, count, lines.join("\n"));
    assert.match(lines[0] as string, /^0 check (own|Take)|^0 Reshape: .*max/);
    assert.equal(f(at).toArray(), form(at).toArray());
    for (const bad of [
      [0, 5, 0],
      [1, 1, 6],
      [-6, 0, 0],
    ]) {
      const indices = tensor(bad, { dtype: "int32" });
      const texts = [form, f].map((own) => {
        try {
          own(indices);
          return "";
        } catch (error) {
          assert.instance(error, ShapeError);
          return (error as ShapeError).message;
        }
      });
      assert.match(texts[0] as string, /out of range/);
      assert.match(texts[1] as string, new RegExp((texts[0] as string).split(":")[0] as string));
    }
  }
});

test("one-hot vectors of which every second class, or every third backwards, is read", () => {
  const at = tensor([0, 5, 16, 8, 3, 2], { dtype: "int32" });
  for (const dtype of allDTypes) {
    for (const range of [
      [0, 17, 2],
      [1, null, 3],
      [null, null, -3],
      [null, 1, -2],
    ] as const) {
      const f = (at: Tensor) => (oneHot(at, 17, { dtype }) as Tensor).slice([null, range]);
      assertSame(f, [at], `${dtype} ${range}`);
      assertSame((at) => f(at).transpose(), [at], `${dtype} ${range}, transposed`);
    }
  }
});

test("of a view only the indices that are in it are looked at, and named by where they stand in it", () => {
  const x = tensor([1, 2, 3]);
  const at = tensor([0, 2, 9, 1], { dtype: "int32" });
  const forms: readonly [form: (at: Tensor) => Tensor, says: RegExp | null][] = [
    [(at) => take(x, at.slice([[0, 2]])), null],
    [(at) => take(x, at.slice([[3, 4]])), null],
    [(at) => take(x, at.reshape([2, 2]).slice([[0, 1]])), null],
    [(at) => take(x, at.slice([[1, 3]])), /index 9 \(element 1 /],
    [(at) => take(x, at.slice([[null, null, -1]])), /index 9 \(element 1 /],
    [(at) => take(x, at.reshape([2, 2]).transpose()), /index 9 \(element 1 /],
    [(at) => take(x, at.reshape([4, 1])), /index 9 \(element 2 /],
  ];
  for (const [form, says] of forms) {
    for (const own of [form, compile(form)]) {
      if (says === null) assert.equal(own(at).toArray(), form(at).toArray());
      else assert.throws(() => own(at), says);
    }
  }
});

test("any index into an axis of size 0 is out of range", () => {
  const empty = zeros([0, 3]);
  const none = (error: unknown) =>
    error instanceof ShapeError && /axis 0 of \[0, 3\]: there is nothing/.test(error.message);
  const indices = tensor([0, -1], { dtype: "int32" });
  assert.throws(() => compile((i: Tensor) => indexAdd(empty, i, 1))(indices), none);
  assert.throws(() => compile((i: Tensor) => take(empty, i))(indices), none);
  assert.equal(compile((i: Tensor) => take(empty, i))(tensor([], { dtype: "int32" })).shape, [0, 3]);
});

test("cumulative sums and products, exclusive and in reverse, along every axis", () => {
  for (const dtype of numbers) {
    for (const shape of shapes) {
      shape.forEach((_, axis) => {
        for (const options of [{}, { reverse: true }, { exclusive: true }, { reverse: true, exclusive: true }]) {
          const name = `${dtype} ${shape.join("x")} axis ${axis} ${JSON.stringify(options)}`;
          assertSame((x) => cumsum(x as Tensor, axis, options), [sample(shape, dtype, true)], name);
          assertSame((x) => cumprod(x as Tensor, axis, options), [sample(shape, dtype)], name);
        }
      });
    }
  }
});

test("float32 is added up in double precision, and int32 wraps around", () => {
  const tenths = fromArray(new Float32Array(1000).fill(0.1), [1000]);
  const sums = compile((x: Tensor) => cumsum(x))(tenths).data;
  // 0.1 as a float32 is 0.100000001490116...: a thousand of them are 100.0000014901, to the last place of a float32.
  assert.is(sums[999], Math.fround(1000 * Math.fround(0.1)));
  const powers = compile((x: Tensor) => cumprod(x))(fromArray(new Int32Array(33).fill(3), [33])).data;
  assert.is(powers[32], Number(BigInt.asIntN(32, 3n ** 33n)));
});

test("linear scans in both directions, with an infinite first factor", () => {
  for (const dtype of ["float64", "float32"] as const) {
    for (const shape of shapes) {
      shape.forEach((_, axis) => {
        for (const reverse of [false, true]) {
          const [a, b] = [sample(shape, dtype, true), sample(shape, dtype)];
          const name = `${dtype} ${shape.join("x")} axis ${axis} ${reverse}`;
          assertSame((a, b) => new LinearScan(axis, reverse).apply(a as Tensor, b as Tensor), [a, b], name);
        }
      });
    }
  }
});

test("the first extreme, or the first NaN, along every axis and over all", () => {
  for (const dtype of allDTypes) {
    for (const shape of [[], ...shapes.filter((shape) => !shape.includes(0)), [4, 100], [0, 3]]) {
      for (const axis of [undefined, ...shape.keys()]) {
        if (shape.includes(0) && axis !== 1) continue;
        const name = `${dtype} ${shape.join("x")} axis ${axis}`;
        for (const specials of [false, true]) {
          const x = sample(shape, dtype, specials);
          assertSame((x) => [argMax(x as Tensor, axis), argMin(x as Tensor, axis, { keepDims: true })], [x], name);
        }
      }
    }
  }
  const f = compile((x: Tensor) => [argMax(x, 1), argMin(x, 1)]);
  const [most, least] = f(
    tensor([
      [3, 9, 9, 1, 1],
      [0, NaN, NaN, -1, Infinity],
    ]),
  );
  assert.equal(
    [most?.toArray(), least?.toArray()],
    [
      [1, 1],
      [3, 1],
    ],
  );
});

test("of a view: the extreme of a transposed and of a broadcast tensor", () => {
  const x = sample([6, 4], "float32", true);
  assertSame((x) => argMax((x as Tensor).transpose(), 1), [x], "transposed");
  assertSame((x) => argMin((x as Tensor).mul(2).reshape([8, 3]), 0), [x], "reshaped");
});

test("positions in order along every axis: stable, NaN last or first", () => {
  for (const dtype of allDTypes) {
    for (const shape of [...shapes, [1000], [3, 64], [129, 2]]) {
      shape.forEach((_, axis) => {
        for (const descending of [false, true]) {
          const x = sample(shape, dtype, true);
          const name = `${dtype} ${shape.join("x")} axis ${axis} descending ${descending}`;
          assertSame(
            (x) => [argSort(x as Tensor, axis, { descending }), sort(x as Tensor, axis, { descending })],
            [x],
            name,
          );
        }
      });
    }
  }
});

test("sorted as JavaScript sorts, ties in their order; the greatest ones", () => {
  for (const n of [2, 7, 8, 9, 16, 17, 255, 1024, 1025]) {
    const x = random.normal([n]).mul(3).round();
    const list = [...x.data];
    const expected = list.map((_, i) => i).toSorted((i, j) => (list[i] as number) - (list[j] as number));
    assert.equal(compile((x: Tensor) => argSort(x))(x).toArray(), expected, `${n}`);
  }
  const { values, indices } = compile((x: Tensor) => topK(x, 2))(tensor([10, 40, 20, 40]));
  assert.equal(
    [values.toArray(), indices.toArray()],
    [
      [40, 40],
      [1, 3],
    ],
  );
});

const at = (...indices: number[]) => tensor(indices, { dtype: "int32" }) as Tensor;

/** Indices that are out of range, or in it, of tensors without elements. NumPy refuses the same ones. */
const ofNothing: readonly (readonly [
  what: string,
  f: (x: Tensor, indices: Tensor) => Tensor,
  x: Tensor,
  Tensor,
  isIn: boolean,
])[] = [
  ["take of rows without elements", (x, i) => take(x, i), zeros([3, 0]), at(0, 3), false],
  ["take of such rows, from the end", (x, i) => take(x, i), zeros([3, 0]), at(-4), false],
  ["take of such rows that are there", (x, i) => take(x, i), zeros([3, 0]), at(0, -3, 2), true],
  ["take along an axis behind", (x, i) => take(x, i, 1), zeros([0, 3]), at(3), false],
  ["take between", (x, i) => take(x, i, 1), zeros([2, 3, 0]), at(1, 5), false],
  ["take of no row", (x, i) => take(x, i), zeros([0, 2]), at(0), false],
  ["take of none of no rows", (x, i) => take(x, i), zeros([0, 2]), at(), true],
  ["a scalar index", (x, i) => take(x, i.reshape([])), zeros([3, 0]), at(3), false],
  ["indexAdd to rows without elements", (x, i) => indexAdd(x, i, 1), zeros([3, 0]), at(3), false],
  ["indexAdd to such rows that are there", (x, i) => indexAdd(x, i, 1), zeros([3, 0]), at(2), true],
  ["indexAdd to no row", (x, i) => indexAdd(x, i, 1), zeros([0]), at(0), false],
  ["scatterAdd to no row", (x, i) => scatterAdd(x, i, 1, 0), zeros([0]), at(0), false],
  ["gather of no row", (x, i) => gather(x, i, 0), zeros([0]), at(0), false],
  ["gather of none of no rows", (x, i) => gather(x, i, 0), zeros([0]), at(), true],
  ["a class among none", (x, i) => x.sum().mul(oneHot(i, 2)), zeros([0]), at(2), false],
];

for (const [what, f, x, indices, isIn] of ofNothing) {
  test(`of nothing: ${what}`, () => {
    const ways: readonly ((x: Tensor, indices: Tensor) => Tensor)[] = [f, compile(f), compile((x) => f(x, indices))];
    for (const way of ways) {
      if (isIn) assert.equal(way(x, indices).size, f(x, indices).size);
      else
        assert.throws(
          () => way(x, indices),
          (error: Error) => error instanceof ShapeError && /: index -?\d/.test(error.message),
        );
    }
  });
}

test("an index that no result depends on is not looked at, and one that only a gradient uses is", () => {
  const x = zeros([3]);
  const unused = compile((x: Tensor, i: Tensor) => {
    take(x, i);
    return x.add(1);
  });
  assert.equal(unused(x, at(7)).toArray(), [1, 1, 1]);
  const slope = compile((x: Tensor, i: Tensor) => grad((x: Tensor) => take(x, i).sum())(x));
  assert.equal(slope(x, at(1, 1)).toArray(), [0, 2, 0]);
  assert.throws(() => slope(x, at(7)), /^ShapeError|index 7/);
});

test.run();
