import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type DType, grad, Random, type Tensor, where } from "../src/index.js";
import { near } from "./support/property.js";

// Gradients of max and min in programs: where the extremes are is compared again in each kernel, and products skip the zeros beside
// them. They are those of eager mode, and of plain loops, with ties, with NaN in a row, and with infinities in what the zeros meet.

const random = new Random(5);
const [rows, columns, inner] = [34, 33, 3];

type Given = Readonly<Record<string, (dtype: DType) => readonly Tensor[]>>;
const floats = (shape: readonly number[], dtype: DType) =>
  random.normal(shape, { dtype: dtype as "float64" }) as Tensor;
const put = (x: Tensor, value: number) => where(x.equal(x.max()), value, x) as Tensor;

const given: Given = {
  "one extreme each": (dtype) => [floats([rows, inner], dtype), floats([inner, columns], dtype)],
  ties: (dtype) => [floats([rows, inner], dtype).round(), floats([inner, columns], dtype).round()],
  "all the same": (dtype) => [floats([rows, inner], dtype).mul(0), floats([inner, columns], dtype)],
  "a NaN": (dtype) => [put(floats([rows, inner], dtype), Number.NaN), floats([inner, columns], dtype)],
  "an infinity": (dtype) => [floats([rows, inner], dtype), put(floats([inner, columns], dtype), Infinity)],
};

const losses: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  "the nearest of each row": (x, y) =>
    x
      .square()
      .sum({ axis: 1, keepDims: true })
      .add(y.square().sum({ axis: 0 }))
      .sub(x.matmul(y).mul(2))
      .min(1)
      .sum(),
  "the largest of each column": (x, y) => x.matmul(y).max({ axis: 0 }).square().sum(),
  "with an axis that stays": (x, y) => x.matmul(y).max({ axis: 1, keepDims: true }).mul(x).sum(),
  "of all": (x, y) => x.matmul(y).max().sin(),
  "over two axes, of three": (x, y) =>
    x
      .expandDims(2)
      .mul(y)
      .min({ axis: [0, 2] })
      .square()
      .sum(),
};

for (const [name, loss] of Object.entries(losses)) {
  test(`gradients of max and min in a program: ${name}`, () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const [what, make] of Object.entries(given)) {
        const inputs = make(dtype);
        const first = (x: Tensor, y: Tensor) =>
          grad(loss as (x: Tensor, y: Tensor) => Tensor<[]>, { argument: [0, 1] })(x, y);
        const second = (x: Tensor, y: Tensor) =>
          grad(
            (x: Tensor, y: Tensor) =>
              first(x, y).reduce((sum, g) => sum.add(g.square().sum()), x.constant(0)) as Tensor<[]>,
            {
              argument: [0, 1],
            },
          )(x, y);
        for (const each of dtype === "float64" ? [first, second] : [first]) {
          const expected = each(inputs[0] as Tensor, inputs[1] as Tensor) as readonly Tensor[];
          const actual = compile(each, { verify: true })(inputs[0] as Tensor, inputs[1] as Tensor) as readonly Tensor[];
          for (const [i, g] of actual.entries()) {
            const of = expected[i] as Tensor;
            const scale = Math.max(1, ...Array.from(of.data, (v) => (Number.isFinite(v) ? Math.abs(v) : 0)));
            const scaled = (t: Tensor) => Array.from(t.data, (v) => v / scale);
            near(scaled(g), scaled(of), dtype === "float64" ? 1e-13 : 1e-5, `${what}, ${dtype}, argument ${i}`);
          }
        }
      }
    }
  });
}

test("shares of the gradient, by plain loops", () => {
  for (const make of [given["ties"], given["all the same"], given["one extreme each"]]) {
    const [x, y] = (make as Given[string])("float64") as [Tensor, Tensor];
    const scores = x.matmul(y);
    const expected = new Float64Array(rows * inner);
    for (let i = 0; i < rows; i++) {
      const row = scores.data.slice(i * columns, (i + 1) * columns) as Float64Array;
      const most = Math.max(...row);
      const at = [...row.keys()].filter((j) => row[j] === most);
      for (const j of at) {
        for (let d = 0; d < inner; d++) {
          const place = i * inner + d;
          expected[place] = (expected[place] as number) + (y.data[d * columns + j] as number) / at.length;
        }
      }
    }
    const f = (x: Tensor, y: Tensor) => grad((x: Tensor) => x.matmul(y).max(1).sum() as Tensor<[]>)(x) as Tensor;
    near(compile(f)(x, y).data as ArrayLike<number>, expected, 1e-14, "compiled");
    near(f(x, y).data as ArrayLike<number>, expected, 1e-14, "eager");
  }
});

test("a product with a mask of extremes on either side skips its zeros", () => {
  const f = (x: Tensor, y: Tensor) => x.matmul(y.transpose()).max(1).sum() as Tensor<[]>;
  const [x, y] = [floats([rows, inner], "float64"), floats([columns, inner], "float64")];
  const program = compile((x: Tensor, y: Tensor) => grad(f, { argument: [0, 1] })(x, y)).program(x, y);
  assert.is(program.print("kernels").match(/skips zeros/g)?.length, 2);
});

test.run();
