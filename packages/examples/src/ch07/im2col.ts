/**
 * im2col: a convolution as one matrix product.
 *
 * im2col: 합성곱을 행렬 곱 한 번으로.
 * im2col: 畳み込みを 1 回の行列の積で。
 *
 * What the filter sees at each place becomes a row of a matrix, and each filter a column of another one. With stride s, padding p
 * and a filter of K x K there are 1 + (H + 2p - K) / s places along an axis, rounded down, and
 *
 *   out[n, f, y, x] = sum over c, i, j of in[n, c, y s + i - p, x s + j - p] W[f, c, i, j] = (im2col(in) W^T)[place, f]
 *
 * Values that several windows see are copied: the matrix is larger than the images, but a product of matrices is what computers
 * are fastest at.
 */
import { join } from "node:path";
import { conv2d, formatShape, im2col, Random, type Shape, type Tensor, tensor, variable } from "@chainrule/core";
import { saveImages } from "../support/images.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out, seed } = readOptions({ out: "out", seed: 1 });
const random = new Random(seed);

function checkShape(name: string, { shape }: Tensor, wanted: Shape): void {
  check(name, formatShape(shape), formatShape(wanted), formatShape(shape) === formatShape(wanted));
}

section("By hand: an image of 4x4, 1 to 16 row by row, and a filter of 3x3 ones");
const image = tensor(Array.from({ length: 16 }, (_, i) => i + 1)).reshape([1, 1, 4, 4]);
const matrix = im2col(image, { kernel: 3 });
for (const row of matrix.toArray()) console.log(`  ${row.map((value) => String(value).padStart(3)).join("")}`);
checkShape("a row for each of 2 x 2 places", matrix, [4, 9]);
const sums = matrix.matmul(tensor(new Array(9).fill(1))).toArray() as number[];
[54, 63, 90, 99].forEach((sum, place) => {
  compare(`window ${place}: the sum of its values`, sums[place], sum);
});
note("All four windows see 6, 7, 10 and 11, which therefore stand in all four rows.");

section(
  "The book's shapes: filters of 5x5 have 3 x 3 places on images of 3 x 7 x 7, and see 3 x 5 x 5 = 75 values at each",
);
checkShape("one image", im2col(random.normal([1, 3, 7, 7]), { kernel: 5 }), [9, 75]);
checkShape("ten images", im2col(random.normal([10, 3, 7, 7]), { kernel: 5 }), [90, 75]);

section("The product with the filters is the sum above, and conv2d, gradients included");
/** The sum as it stands above. */
function written(x: Tensor, W: Tensor, places: readonly [number, number], stride: number, padding: number): Tensor {
  const [images, filters] = [x.toArray() as number[][][][], W.toArray() as number[][][][]];
  const at = (image: number[][][], filter: number[][][], y: number, x: number) =>
    filter
      .flatMap((plane, c) =>
        plane.flatMap((row, i) =>
          row.map((w, j) => w * (image[c]?.[y * stride + i - padding]?.[x * stride + j - padding] ?? 0)),
        ),
      )
      .reduce((sum, term) => sum + term, 0);
  const [rows, columns] = places.map((count) => Array.from({ length: count }, (_, i) => i)) as [number[], number[]];
  return tensor(
    images.map((image) => filters.map((filter) => rows.map((y) => columns.map((x) => at(image, filter, y, x))))),
  );
}

const cases = [
  { shape: [1, 3, 7, 7], filters: 2, stride: 1, padding: 0 },
  { shape: [10, 3, 7, 7], filters: 30, stride: 1, padding: 2 },
  { shape: [2, 4, 9, 12], filters: 5, stride: 2, padding: 1 },
] as const;
for (const { shape, filters, stride, padding } of cases) {
  const [N, C, H, W] = shape;
  const x = variable(random.normal(shape));
  const filter = variable(random.normal([filters, C, 5, 5]));
  const places = [H, W].map((size) => 1 + Math.floor((size + 2 * padding - 5) / stride)) as [number, number];

  const direct = conv2d(x, filter, undefined, { stride, padding });
  const columns = im2col(x, { kernel: 5, stride, padding });
  const product = columns.matmul(filter.reshape([filters, C * 5 * 5]).transpose());
  // A row is a place, image by image; the filters come before the places in an image.
  const images = product.reshape([N, ...places, filters]).transpose([0, 3, 1, 2]);

  checkShape(`x ${formatShape(shape)}, stride ${stride}, padding ${padding}`, images, direct.shape);
  const dout = random.normal(direct.shape);
  const gradients = [direct, images].map((result) => {
    x.zeroGrad();
    filter.zeroGrad();
    result.mul(dout).sum().backward();
    return { x: x.grad as Tensor, filter: filter.grad as Tensor };
  });
  const off = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();
  const [ofConv, ofProduct] = gradients as [(typeof gradients)[0], (typeof gradients)[0]];
  for (const [what, difference] of [
    ["values, to the sum", off(written(x, filter, places, stride, padding), images)],
    ["values, to conv2d", off(direct, images)],
    ["gradient of x", off(ofConv.x, ofProduct.x)],
    ["gradient of the filters", off(ofConv.filter, ofProduct.filter)],
  ] as const) {
    check(
      `x ${formatShape(shape)}: ${what}, off by`,
      difference.toExponential(1),
      "at most 1e-12",
      difference <= 1e-12,
    );
  }
}
note("The gradient of im2col adds up what the copies of a value get: col2im.");

section("Picture");
saveImages(join(out, "im2col.svg"), {
  title: "im2col: an image, its windows, and the matrix",
  description:
    "An image of 4 by 4 grey pixels; its four windows of 3 by 3; and the matrix of 4 by 9, whose rows are the windows, each laid out in one line.",
  images: [
    { pixels: image.reshape([4, 4]).toArray(), label: "image, 4x4" },
    ...matrix.toArray().map((row, place) => ({
      pixels: [row.slice(0, 3), row.slice(3, 6), row.slice(6)],
      label: `window ${place}`,
    })),
    { pixels: matrix.toArray(), label: "matrix, 4x9" },
  ],
  columns: 6,
  range: [1, 16],
  scale: 12,
});
