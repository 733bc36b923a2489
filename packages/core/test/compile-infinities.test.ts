import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type Tensor, tensor, variable } from "../src/index.js";
import * as ops from "../src/ops/index.js";
import { table } from "./op-table.js";
import { maskedRows } from "./support/masked-rows.js";
import { forAll, near } from "./support/property.js";
import { constant, like, nameOf, weights } from "./support/tensors.js";

// Infinities and NaN in what windows see, in filters and in gradients: a compiled convolution has them where eager mode has
// them, and eager mode where nested loops do. The padding of a convolution is zeros, times which an infinity is NaN; its adjoint
// has none. So have pooling and matrix products, whatever form is chosen for them.

type DType = "float64" | "float32";
type Sizes = readonly number[];

/** A small generator of its own: the same numbers in each run. */
let state = 23;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / (1 << 24);
}
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
const sizeOf = (shape: Sizes) => shape.reduce((product, size) => product * size, 1);

/** Numbers, none of them near 0, in float32 as well. */
const numbers = (size: number) =>
  Array.from({ length: size }, () => Math.fround((0.5 + random()) * (random() < 0.5 ? -1 : 1)));

/** Planes [batch, groups x channels, ...] and their windows, [batch, groups x filters, ...]. */
interface Convolution {
  readonly rank: 1 | 2;
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly plane: Sizes;
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
}

function shapesOf({ batch, groups, channels, filters, ...c }: Convolution) {
  const at = (list: Sizes, axis: number) => list[axis] as number;
  const reach = c.plane.map((size, i) => size + 2 * at(c.padding, i) - at(c.dilation, i) * (at(c.kernel, i) - 1) - 1);
  const counts = reach.map((size, i) => Math.floor(size / at(c.stride, i)) + 1);
  return {
    x: [batch, groups * channels, ...c.plane],
    w: [groups * filters, channels, ...c.kernel],
    y: [batch, groups * filters, ...counts],
    fits: reach.every((size) => size >= 0),
    outputPadding: reach.map((size, i) => size - (at(counts, i) - 1) * at(c.stride, i)),
  };
}

/** Calls `visit` for each product of the trilinear form, with where its factors stand; -1 for the padding. */
function forEachProduct(c: Convolution, visit: (x: number, w: number, y: number) => void): void {
  const { batch, groups, channels, filters } = c;
  const two = (list: Sizes, one: number): [number, number] =>
    c.rank === 2 ? [list[0] as number, list[1] as number] : [one, list[0] as number];
  const [[height, width], [kh, kw]] = [two(c.plane, 1), two(c.kernel, 1)];
  const [[sy, sx], [py, px], [dy, dx]] = [two(c.stride, 1), two(c.padding, 0), two(c.dilation, 1)];
  const [rows, columns] = two(shapesOf(c).y.slice(2), 1);
  const loop = (count: number, body: (i: number) => void) => {
    for (let i = 0; i < count; i++) body(i);
  };
  loop(batch * groups, (ng) => {
    const g = ng % groups;
    loop(filters, (f) => {
      loop(channels, (ch) => {
        loop(kh * kw, (tap) => {
          const [i, j] = [Math.floor(tap / kw), tap % kw];
          const w = ((g * filters + f) * channels + ch) * kh * kw + tap;
          loop(rows * columns, (window) => {
            const [r, s] = [Math.floor(window / columns), window % columns];
            const [v, h] = [r * sy + i * dy - py, s * sx + j * dx - px];
            const inside = v >= 0 && v < height && h >= 0 && h < width;
            const x = inside ? ((ng * channels + ch) * height + v) * width + h : -1;
            visit(x, w, (ng * filters + f) * rows * columns + window);
          });
        });
      });
    });
  });
}

type Name = "Conv" | "ConvTranspose" | "ConvWeights";

/** The results of the three ops by nested loops. */
function reference(
  name: Name,
  c: Convolution,
  a: readonly number[],
  b: readonly number[],
  bias: readonly number[],
): number[] {
  const { x, w, y } = shapesOf(c);
  const shape = { Conv: y, ConvTranspose: x, ConvWeights: w }[name];
  const plane = sizeOf(shape.slice(2));
  const out = Array.from({ length: sizeOf(shape) }, (_, i) => bias[Math.floor(i / plane) % (shape[1] as number)] ?? 0);
  const add = (at: number, value: number) => {
    out[at] = (out[at] as number) + value;
  };
  forEachProduct(c, (i, j, k) => {
    if (name === "Conv") add(k, (b[j] as number) * (i < 0 ? 0 : (a[i] as number)));
    else if (name === "ConvWeights") add(j, (b[k] as number) * (i < 0 ? 0 : (a[i] as number)));
    else if (i >= 0) add(i, (b[j] as number) * (a[k] as number));
  });
  return out;
}

function compare(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [actual[i] as number, expected[i] as number];
    if (Object.is(x, y) || Math.abs(x - y) <= tolerance) continue;
    assert.unreachable(`${what}: element ${i} of ${expected.length} is ${x}, expected ${y}`);
  }
}

/** What is put into an operand, at places that are drawn. */
const specials: readonly (readonly number[])[] = [[Infinity], [-Infinity], [Number.NaN], [Infinity, -Infinity], [3e38]];

function planted(values: readonly number[], special: readonly number[]): number[] {
  const out = [...values];
  for (const value of special) out[Math.floor(random() * out.length)] = value;
  return out;
}

/** The three ops, with each special in each operand, and in none before and after. */
function check(c: Convolution, dtype: DType): void {
  const { x, w, y, outputPadding } = shapesOf(c);
  const { rank, stride, padding, dilation, groups } = c;
  const options = { stride, padding, dilation, groups };
  const withBias = random() < 0.3;
  const rounding = random() < 0.5 ? {} : { relaxed: false };
  const cases: readonly (readonly [Name, () => ops.Conv | ops.ConvTranspose | ops.ConvWeights, readonly Sizes[]])[] = [
    ["Conv", () => new ops.Conv(rank, options), [x, w, ...(withBias ? [[y[1] as number]] : [])]],
    [
      "ConvTranspose",
      () => new ops.ConvTranspose(rank, { ...options, outputPadding }),
      [y, w, ...(withBias ? [[x[1] as number]] : [])],
    ],
    ["ConvWeights", () => new ops.ConvWeights(rank, c.kernel, options), [x, y]],
  ];
  for (const [name, node, shapes] of cases) {
    const f = (...given: Tensor[]) => node().apply(...(given as [Tensor, Tensor]));
    const compiled = compile(f, rounding);
    const plain = shapes.map((shape) => numbers(sizeOf(shape)));
    const call = (values: readonly (readonly number[])[], what: string) => {
      const given = values.map((list, i) =>
        (tensor(list as number[], { dtype }) as Tensor).reshape(shapes[i] as Sizes),
      );
      const [a = [], b = [], bias = []] = values;
      const terms = sizeOf(shapes[0] as Sizes) + sizeOf(w);
      const largest = Math.max(1, ...values.flat().filter(Number.isFinite));
      const tolerance = (dtype === "float32" ? 2 ** -20 : 2 ** -49) * (terms + 4) * largest;
      const where = `${name}, ${dtype}, ${what}: ${JSON.stringify(c)}`;
      const eager = f(...given);
      const expected = reference(name, c, a, b, bias).map(dtype === "float32" ? Math.fround : (value) => value);
      compare(eager.data, expected, tolerance, `eager ${where}`);
      compare(compiled(...given).data, eager.data, tolerance, `compiled ${where}`);
    };
    call(plain, "finite");
    for (const [operand, values] of plain.entries()) {
      for (const special of specials) {
        if (special.includes(3e38) && dtype === "float64") continue;
        call(plain.with(operand, planted(values, special)), `${special.join()} in operand ${operand}`);
      }
    }
    call(plain, "finite again");
  }
}

test("convolutions of all forms, with infinities and NaN in each operand", () => {
  for (let i = 0; i < 60; i++) {
    const rank = pick([1, 2] as const);
    const axes = (values: Sizes) => Array.from({ length: rank }, () => pick(values));
    const c: Convolution = {
      rank,
      batch: pick([1, 2, 3]),
      groups: pick([1, 1, 2]),
      channels: pick([1, 1, 3]),
      filters: pick([1, 3, 5]),
      plane: axes([1, 2, 3, 4, 7, 9]),
      kernel: axes([1, 1, 2, 3, 5]),
      stride: axes([1, 1, 2, 3]),
      padding: axes([0, 0, 1, 2]),
      dilation: axes([1, 1, 2]),
    };
    if (shapesOf(c).fits) check(c, pick(["float64", "float32"]));
  }
});

test("3 x 3 filters on many channels, with infinities and NaN in each operand", () => {
  for (let i = 0; i < 10; i++) {
    const axes = (values: Sizes) => [pick(values), pick(values)];
    const c: Convolution = {
      rank: 2,
      batch: pick([1, 2, 3]),
      groups: 1,
      channels: pick([4, 5]),
      filters: pick([4, 6]),
      plane: axes([3, 4, 6, 7, 9]),
      kernel: [3, 3],
      stride: [1, 1],
      padding: axes([0, 1, 2, 3]),
      dilation: [1, 1],
    };
    if (Math.min(...shapesOf(c).y.slice(2)) > 1) check(c, pick(["float64", "float32"]));
  }
});

/** Sizes [m, k, n] of all forms of a product: dots, a direct loop, tiles with rests, packed ones, and such as may skip zeros. */
const products: readonly Sizes[] = [
  [1, 1, 1],
  [1, 7, 5],
  [5, 3, 1],
  [3, 17, 33],
  [9, 66, 7],
  [2, 300, 2],
  [33, 40, 70],
  [40, 64, 64],
  [97, 130, 35],
];

test("products of all forms, with infinities and NaN in each operand", () => {
  for (const dtype of ["float64", "float32"] as const) {
    for (const [m = 0, k = 0, n = 0] of products) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        const rounding = random() < 0.5 ? {} : { relaxed: false };
        const f = (x: Tensor, y: Tensor) => new ops.MatMul(transposeA, transposeB).apply(x, y);
        const compiled = compile(f, rounding);
        const shapes = [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]] as const;
        for (const share of [0.1, 1]) {
          const plain = shapes.map((shape, i) =>
            numbers(sizeOf(shape)).map((value) => (i === 0 && random() > share ? 0 : value)),
          );
          const call = (values: readonly (readonly number[])[], what: string) => {
            const [a = [], b = []] = values;
            const expected = new Float64Array(m * n);
            for (let i = 0; i < m; i++) {
              for (let p = 0; p < k; p++) {
                const x = a[transposeA ? p * m + i : i * k + p] as number;
                for (let j = 0; j < n; j++) {
                  const at = i * n + j;
                  expected[at] = (expected[at] as number) + x * (b[transposeB ? j * k + p : p * n + j] as number);
                }
              }
            }
            const tolerance = (dtype === "float32" ? 2 ** -20 : 2 ** -49) * (k + 4);
            const given = values.map((list, i) =>
              (tensor(list as number[], { dtype }) as Tensor).reshape(shapes[i] as Sizes),
            ) as unknown as [Tensor, Tensor];
            const where = `${m} x ${k} x ${n}, ${transposeA} ${transposeB}, ${dtype}, ${what}`;
            compare(f(...given).data, expected, tolerance, `eager ${where}`);
            compare(compiled(...given).data, expected, tolerance, `compiled ${where}`);
          };
          call(plain, "finite");
          for (const [operand, values] of plain.entries()) {
            for (const special of specials.slice(0, 4)) {
              call(plain.with(operand, planted(values, special)), `${special.join()} in operand ${operand}`);
            }
          }
        }
      }
    }
  }
});

test("masked products, with infinities and NaN in each operand, are those of nested loops", () => {
  const some = fc.record({ special: fc.constantFrom(Infinity, -Infinity, Number.NaN), at: fc.nat(), which: fc.nat(1) });
  for (const row of maskedRows) {
    forAll(fc.tuple(row.cases, some), 60, ([{ operands, setting }, { special, at, which }]) => {
      const given = operands.map((operand, i) => {
        const { values } = operand;
        return i === which && values.length > 0
          ? { ...operand, values: values.with(at % values.length, special) }
          : operand;
      });
      const expected = row.reference(given, setting);
      const f = (...inputs: Tensor[]) => row.call(inputs, setting);
      for (const own of [f, compile(f)]) {
        const found = own(...given.map((operand) => constant(operand, "float64")));
        assert.equal(found.shape, expected.shape);
        near(found.data, expected.values, 1e-12, nameOf(row));
      }
    });
  }
});

/** Derivatives as ops take what the function itself has given: an infinity in its place means nothing. */
const ofResults: ReadonlySet<string> = new Set(["TanhSlope", "SigmoidSlope"]);

const kindOf = (value: number) => (Number.isFinite(value) ? "finite" : String(value));

test("every op of the table, with infinities and NaN in each operand: values and gradients are no numbers where eager ones are none", () => {
  const some = fc.record({ special: fc.constantFrom(Infinity, -Infinity, Number.NaN), at: fc.nat(), which: fc.nat() });
  for (const row of table) {
    const name = nameOf(row);
    if (ofResults.has(name)) continue;
    forAll(fc.tuple(row.cases, some), 8, ([drawn, { special, at, which }]) => {
      for (const dtype of ["float64", "float32"] as const) {
        if (!row.dtypes.includes(dtype)) continue;
        const inputs = drawn.operands.map((operand, i) => {
          const own = constant(operand, dtype);
          if (own.dtype !== dtype || own.size === 0 || i !== which % drawn.operands.length) return own;
          return like(own, [...own.data].with(at % own.size, special)).reshape(own.shape);
        });
        const floats = inputs.flatMap((input, i) => (input.dtype === dtype ? [i] : []));
        const value = (...given: Tensor[]) => [row.call(given, drawn.setting)];
        const slopes = (...given: Tensor[]) => {
          const leaves = given.map((input, i) => (floats.includes(i) ? variable(input) : input));
          const output = row.call(leaves, drawn.setting);
          if (!output.requiresGrad) return [];
          output.backward({ seed: like(output, weights(output.size)).reshape(output.shape) });
          return leaves.flatMap((leaf) => (leaf.isVariable ? (leaf.grad ?? []) : []));
        };
        for (const f of [value, slopes]) {
          const expected = f(...inputs);
          const actual = compile(f)(...inputs);
          for (const [i, own] of expected.entries()) {
            const kinds = [(actual[i] as Tensor).data, own.data].map((list) => Array.from(list, kindOf));
            assert.equal(kinds[0], kinds[1], `${name} in ${dtype}, ${f === value ? "value" : `gradient ${i}`}`);
          }
        }
      }
    });
  }
});

test.run();
