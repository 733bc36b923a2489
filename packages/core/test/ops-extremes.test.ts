import { test } from "uvu";
import * as assert from "uvu/assert";
import { Elementwise } from "../src/graph/elementwise.js";
import { type DType, fromArray, type Tensor, tensor, variable } from "../src/index.js";
import { Reduction } from "../src/ops/reduction.js";
import { table } from "./op-table.js";
import { extremePoints, type Said, type UnaryExtremes, unaryExtremes, unsaid } from "./support/extremes.js";
import { extremes } from "./support/multivariate-extremes.js";
import { reductionExtremes } from "./support/reduction-extremes.js";
import { hessians } from "./support/second-derivatives.js";
import { resultExtremes, slopeExtremes } from "./support/slope-rows.js";
import { arrays, nameOf } from "./support/tensors.js";

// Every elementwise op and every reduction of the table at +-0, +-1000, the infinities, NaN and the least numbers there are.

const floats = ["float64", "float32"] as const;
type Float = (typeof floats)[number];
const least: Record<Float, number> = { float64: Number.MIN_VALUE, float32: 2 ** -149 };
const precision: Record<Float, number> = { float64: 1e-12, float32: 1e-6 };

const show = (x: number) => (Object.is(x, -0) ? "-0" : String(x));

/** Equal to the precision of the dtype, in which a number may also be too large or too small. */
function check(
  found: number,
  expected: Said | undefined,
  dtype: Float,
  what: string,
  relative = precision[dtype],
): void {
  if (expected === unsaid || expected === undefined) return;
  const wanted = dtype === "float32" ? Math.fround(expected) : expected;
  const allowed = Number.isFinite(wanted) ? relative * Math.abs(wanted) + 2 * least[dtype] : 0;
  const equal = Object.is(found, wanted) || found === wanted || Math.abs(found - wanted) <= allowed;
  assert.ok(equal, `${what}, ${dtype}: ${show(found)} is not ${show(wanted)}`);
}

/** With a sign that is right also where the value is 0. */
function checkValue(found: number, expected: Said | undefined, dtype: Float, isExact: boolean, what: string): void {
  check(found, expected, dtype, what);
  if (expected === 0 && isExact) assert.ok(Object.is(found, expected), `${what}, ${dtype}: ${show(found)}`);
}

type Jet = readonly [value: number, first: readonly number[], second: readonly (readonly number[])[]];

/** The op at a point, its gradient (without graph and with it) and the gradient of each component of that. */
function jet(
  call: (inputs: Tensor[]) => Tensor,
  at: readonly (number | boolean)[],
  dtype: Float,
  shape: number[],
): Jet {
  const input = (x: number | boolean): Tensor => {
    const own: DType = typeof x === "boolean" ? "bool" : dtype;
    const array = arrays[own].from(new Array<number>(shape[0] ?? 1).fill(Number(x)));
    const t = fromArray(array, shape, { dtype: own });
    return typeof x === "boolean" ? t : variable(t);
  };
  const inputs = at.map(input);
  const variables = inputs.filter((t) => t.isVariable);
  const output = call(inputs);
  const take = () => {
    const grads = variables.map((t) => t.grad);
    for (const t of variables) t.zeroGrad();
    return grads;
  };
  const elements = (grads: readonly (Tensor | null | undefined)[]) => grads.map((g) => g?.data[0] ?? 0);
  const value = output.data[0] as number;
  if (!output.requiresGrad) return [value, [], []];
  output.backward({ seed: 1 });
  const fast = elements(take());
  output.backward({ seed: 1, createGraph: true });
  const grads = take();
  const first = elements(grads);
  // The gradient of what has no value is no particular number.
  (Number.isNaN(value) ? [] : fast).forEach((g, i) => {
    check(g, first[i], dtype, `gradient ${i} at ${at.map(Number).map(show)} without graph`);
  });
  const second = grads.map((g) => {
    if (!g?.requiresGrad) return variables.map(() => 0);
    g.backward({ seed: 1 });
    return elements(take());
  });
  return [value, first, second];
}

function unaryPoints(listed: UnaryExtremes, tiny: number): (readonly [number, Said, Said, Said])[] {
  const said = (list: readonly Said[] | number, i: number) => (typeof list === "number" ? list : (list[i] as Said));
  const points = extremePoints(tiny);
  assert.is(listed.value.length, points.length);
  const { first, second } = listed;
  return [
    ...points.map((x, i) => [x, said(listed.value, i), said(first, i), said(second, i)] as const),
    ...(listed.also ?? []),
  ];
}

/** 0 0, 0 1, ..., 1 1, ...: each pair once. */
function pairs(n: number): [i: number, j: number][] {
  const all = Array.from({ length: n }, (_, i) => i);
  return all.flatMap((i) => all.slice(i).map((j): [number, number] => [i, j]));
}

for (const row of table.filter(({ Node }) => Node?.prototype instanceof Elementwise)) {
  const node = row.Node?.name ?? "";
  const name = nameOf(row);
  // Truth values have no extremes.
  if (row.dtypes.every((dtype) => dtype === "bool")) continue;

  test(`${name} at extreme inputs: value, first and second derivatives`, () => {
    const unary = unaryExtremes[node] ?? slopeExtremes[node];
    const several = extremes[node] ?? resultExtremes[node];
    assert.ok(unary ?? several, `${node} has no extremes in the tables of support/`);
    for (const dtype of floats) {
      const tiny = least[dtype];
      const points =
        unary === undefined
          ? (several?.(tiny) ?? [])
          : unaryPoints(unary(tiny), tiny).map(([x, value, d1, d2]) => [[x], value, [d1], [d2]] as const);
      for (const [at, value, first, second] of points) {
        const where = `${node} at ${at.map((x) => show(Number(x))).join(", ")}`;
        for (const shape of [[], [1], [5]]) {
          const found = jet((inputs) => row.call(inputs, null), at, dtype, shape);
          const isExact = at.every((x) => Math.abs(Number(x)) !== tiny && Number.isFinite(Number(x)) && x !== -1000);
          checkValue(found[0], value, dtype, isExact, where);
          first?.forEach((d, i) => {
            check(found[1][i] as number, d, dtype, `${where}: derivative ${i}`);
          });
          pairs(found[2].length).forEach(([i, j], k) => {
            const what = `${where}: second derivative ${i}, ${j}`;
            check(found[2][i]?.[j] as number, second?.[k], dtype, what);
            check(found[2][j]?.[i] as number, second?.[k], dtype, `${what} the other way round`);
          });
        }
      }
      if (unary === undefined) continue;
      const [ofNaN] = jet((inputs) => row.call(inputs, null), [Number.NaN], dtype, [5]);
      assert.ok(Number.isNaN(ofNaN), `${node} at NaN, ${dtype}: ${ofNaN}`);
    }
  });
}

/** Rounding errors are those of the largest second derivative: terms of its size cancel, unless `isExact`, in the others. */
function checkSecond(
  found: number,
  expected: Said,
  largest: number,
  isExact: boolean,
  dtype: Float,
  what: string,
): void {
  if (expected === unsaid) return;
  const wanted = dtype === "float32" ? Math.fround(expected) : expected;
  const allowed = 4 * precision[dtype] * largest + 2 * least[dtype];
  const close = isExact && wanted === 0 ? found === 0 : Math.abs(found - wanted) <= allowed;
  assert.ok(
    Number.isFinite(wanted) ? close : found === wanted,
    `${what}, ${dtype}: ${show(found)} is not ${show(wanted)}`,
  );
}

const ofTwoNumbers = table.filter(
  ({ Node, gradient }) =>
    Node?.prototype instanceof Elementwise && gradient === true && Node.prototype.rule.forward.length === 3,
);

for (const row of ofTwoNumbers) {
  const node = row.Node?.name ?? "";
  test(`${nameOf(row)}: second derivatives at all pairs of extreme numbers`, () => {
    const reference = hessians[node];
    assert.ok(reference, `${node} has no second derivatives in support/second-derivatives.ts`);
    for (const dtype of floats) {
      const [tiny, short] = [least[dtype], dtype === "float64" ? 1e-200 : Math.fround(1e-30)];
      const positive = [0, tiny, short, 1, 1000, Infinity];
      const numbers = positive.flatMap((x) => [x, -x]);
      for (const [x, y] of numbers.flatMap((x) => numbers.map((y) => [x, y] as const))) {
        const [xx, xy, yy] = reference(x, y);
        const largest = Math.max(...[xx, xy, yy].map((d) => (d === unsaid ? 0 : Math.abs(d))));
        const bound = dtype === "float32" ? Math.fround(largest) : largest;
        const isExact = x === 0 || y === 0;
        for (const shape of [[], [5]]) {
          const [, , found] = jet((inputs) => row.call(inputs, null), [x, y], dtype, shape);
          const where = `${node} at ${show(x)}, ${show(y)}: second derivative`;
          checkSecond(found[0]?.[0] as number, xx, bound, isExact, dtype, `${where} 0, 0`);
          checkSecond(found[0]?.[1] as number, xy, bound, isExact, dtype, `${where} 0, 1`);
          checkSecond(found[1]?.[0] as number, xy, bound, isExact, dtype, `${where} 1, 0`);
          checkSecond(found[1]?.[1] as number, yy, bound, isExact, dtype, `${where} 1, 1`);
        }
      }
    }
  });
}

/** Ops and their points, in units of the least number there is (but for exponents), of which any pair is tried. */
const nearOverflow: readonly (readonly [name: string, xs: readonly number[], ys: readonly number[]])[] = [
  // Exponents on both sides of where 1 + y log x changes its sign.
  [
    "Pow",
    [1, 3, 2 ** 20],
    [0, 1e-40, 1e-20, 1e-15, 2 ** -20, 2 ** -10, 2 ** -9, 2 ** -7, 2 ** -6, 0.0625, 0.25, 0.5, 1, 2],
  ],
  ["Div", [0, 1, 2 ** 20], [1, -2, 2 ** 20, -(2 ** 22)]],
  ["Atan2", [0, 1, -1, 3, 2 ** 20, -(2 ** 22)], [0, 1, -1, 3, -(2 ** 20), 2 ** 22]],
  ["Hypot", [0, 1, -1, 3, 2 ** 20, -(2 ** 22)], [0, 1, -1, 3, -(2 ** 20), 2 ** 22]],
];

for (const [node, xs, ys] of nearOverflow) {
  test(`${node}: second derivatives where the inverse of an input overflows`, () => {
    const reference = hessians[node];
    const row = table.find(({ Node }) => Node?.name === node);
    assert.ok(reference && row);
    for (const dtype of floats) {
      const tiny = least[dtype];
      const stored = (x: number) => (dtype === "float32" ? Math.fround(x) : x);
      for (const [x, y] of xs.flatMap((x) =>
        ys.map((y) => [x * tiny, node === "Pow" ? stored(y) : y * tiny] as const),
      )) {
        const [xx, xy, yy] = reference(x, y);
        const largest = Math.max(...[xx, xy, yy].map((d) => Math.abs(stored(d ?? 0))));
        for (const shape of [[], [3]]) {
          const [, , found] = jet((inputs) => row.call(inputs, null), [x, y], dtype, shape);
          const where = `${node} at ${show(x)}, ${show(y)}: second derivative`;
          checkSecond(found[0]?.[0] as number, xx, largest, false, dtype, `${where} 0, 0`);
          checkSecond(found[0]?.[1] as number, xy, largest, false, dtype, `${where} 0, 1`);
          checkSecond(found[1]?.[0] as number, xy, largest, false, dtype, `${where} 1, 0`);
          checkSecond(found[1]?.[1] as number, yy, largest, false, dtype, `${where} 1, 1`);
        }
      }
    }
  });
}

test("a gradient that is 0 everywhere stays 0 behind an infinite derivative", () => {
  const steps: [name: string, f: (x: Tensor) => Tensor][] = [
    ["floor", (x) => x.log().floor()],
    ["ceil", (x) => x.sqrt().ceil()],
    ["round", (x) => x.log().round()],
    ["sign", (x) => x.sqrt().sign()],
    ["mod", (x) => x.log().floor().mul(2).add(x.sqrt().sign())],
  ];
  for (const shape of [[], [2]]) {
    for (const [name, f] of steps) {
      for (const createGraph of [false, true]) {
        const x = variable(fromArray(new Float64Array(shape[0] ?? 1), shape)) as Tensor;
        f(x).backward({ seed: 1, createGraph });
        assert.equal(x.grad?.shape, shape, name);
        assert.ok(
          x.grad?.data.every((g) => g === 0),
          `${name}: ${x.grad?.data}`,
        );
        // What comes on another way is not held up.
        x.zeroGrad();
        f(x).add(x.mul(3)).backward({ seed: 1, createGraph });
        assert.ok(
          x.grad?.data.every((g) => g === 3),
          `${name} and another way: ${x.grad?.data}`,
        );
      }
    }
    const x = variable(fromArray(new Float64Array(shape[0] ?? 1).fill(1), shape)) as Tensor;
    const seen: number[] = [];
    const inner = x.mul(5);
    inner.onGradient((g) => {
      seen.push(...g.data);
      return g.add(1);
    });
    inner.floor().backward({ seed: 1 });
    assert.equal(seen, shape.length === 0 ? [0] : [0, 0], "a hook sees the zeros");
    assert.ok(
      x.grad?.data.every((g) => g === 5),
      "and what it gives in their place goes on",
    );
  }
});

const counting = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** 1, 2, 3 ... times the elements, added up by the seed of backward: a sum would add what is not finite. */
function pull(t: Tensor, by: Tensor, createGraph: boolean): Tensor | null {
  if (!t.requiresGrad) return null;
  const seed = t.rank === 0 ? tensor(1, { dtype: t.dtype }) : tensor(counting(t.size), { dtype: t.dtype });
  t.backward({ seed: seed as Tensor, createGraph });
  const { grad } = by;
  by.zeroGrad();
  return grad ?? null;
}

for (const [node, list] of Object.entries(reductionExtremes)) {
  test(`${node} of extreme inputs: values, first and second derivatives`, () => {
    const row = table.find(({ Node }) => Node?.name === node);
    assert.ok(row, `${node} has no row`);
    for (const dtype of floats) {
      for (const { list: inputs, values, first, second, options, float32 = precision.float32 } of list(least[dtype])) {
        const where = `${node} of ${inputs.map(show).join(", ")}`;
        const relative = dtype === "float32" ? float32 : precision[dtype];
        const x = variable([...inputs], { dtype }) as Tensor;
        const setting = node.endsWith("oftmax") ? 0 : { axis: 0, ...options };
        const output = row?.call([x], setting) as Tensor;
        output.data.forEach((value, i) => {
          checkValue(value, values[i], dtype, inputs.every(Number.isFinite), `${where}, element ${i}`);
        });
        const fast = pull(output, x, false);
        const slow = pull(output, x, true);
        const twice = slow === null ? null : pull(slow, x, false);
        first?.forEach((d, i) => {
          check(fast?.data[i] as number, d, dtype, `${where}: derivative ${i}`, relative);
          check(slow?.data[i] as number, d, dtype, `${where}: derivative ${i} with graph`, relative);
        });
        second?.forEach((d, i) => {
          check(twice?.data[i] ?? 0, d, dtype, `${where}: second derivative ${i}`, relative);
        });
      }
    }
  });
}

test("every reduction has extremes", () => {
  const names = table.flatMap(({ Node }) => (Node?.prototype instanceof Reduction ? [Node.name] : []));
  assert.ok(names.length >= 12, `${names}`);
  assert.equal(
    names.filter((name) => !(name in reductionExtremes)),
    [],
  );
});

test.run();
