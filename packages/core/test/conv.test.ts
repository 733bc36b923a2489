import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assertGradcheck, noGrad, type Tensor, tensor, variable } from "../src/index.js";
import { Conv, conv1d, conv2d, convTranspose1d, convTranspose2d } from "../src/ops/conv.js";
import { col2im, im2col } from "../src/ops/im2col.js";
import { pad } from "../src/ops/pad.js";
import { avgPool1d, avgPool2d, maxPool1d, maxPool2d } from "../src/ops/pool.js";
import {
  addTo,
  at,
  type Case,
  distinct,
  dot,
  draw,
  drawCase,
  type Float,
  forEachProduct,
  integer,
  near,
  pick,
  settingsOf,
  tolerance,
} from "./support/convolution.js";

const test = suite("convolution and im2col");

test("conv2d and its gradients equal naive loops on random shapes, both dtypes", () => {
  for (let round = 0; round < 150; round++) {
    const c = drawCase();
    const dtype = pick<Float>(["float64", "float32"]);
    const [x, w, b] = [variable(draw(c.x, dtype)), variable(draw(c.w, dtype)), variable(draw([c.w[0]], dtype))];
    const y = conv2d(x, w, b, settingsOf(c));
    const seed = draw(y.shape, dtype);
    y.backward({ seed });
    assert.equal(y.shape, [c.x[0], c.w[0], ...c.y]);
    const plane = c.y[0] * c.y[1];
    const values = Float64Array.from({ length: y.size }, (_, i) => at(b, Math.floor(i / plane) % c.w[0]));
    const [dx, dw, db] = [new Float64Array(x.size), new Float64Array(w.size), new Float64Array(b.size)];
    forEachProduct(c, (o, i, k) => {
      addTo(values, o, at(x, i) * at(w, k));
      addTo(dx, i, at(seed, o) * at(w, k));
      addTo(dw, k, at(seed, o) * at(x, i));
    });
    seed.data.forEach((value, i) => {
      addTo(db, Math.floor(i / plane) % c.w[0], value);
    });
    const text = JSON.stringify(c);
    near(y, values, tolerance[dtype], `forward ${text}`);
    near(x.grad as Tensor, dx, tolerance[dtype], `gradient of x ${text}`);
    near(w.grad as Tensor, dw, tolerance[dtype], `gradient of w ${text}`);
    near(b.grad as Tensor, db, tolerance[dtype], `gradient of b ${text}`);
  }
});

test("batches that share a matrix, and those that do not, equal naive loops", () => {
  const shapes: [Case["x"], Case["w"], number][] = [
    [[37, 3, 8, 8], [5, 3, 3, 3], 1], // several images in one product, the last one smaller
    [[9, 16, 4, 4], [6, 8, 3, 3], 2],
    [[2, 8, 96, 97], [3, 8, 1, 1], 1], // each image its own matrix
    [[2, 4, 96, 97], [2, 4, 3, 3], 1],
  ];
  for (const [x, w, groups] of shapes) {
    const c: Case = {
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups,
      x,
      w,
      y: [x[2] - w[2] + 1, x[3] - w[3] + 1],
    };
    const [X, W] = [variable(draw(x)), variable(draw(w))];
    const y = conv2d(X, W, null, { groups });
    const seed = draw(y.shape);
    y.backward({ seed });
    const [values, dx, dw] = [new Float64Array(y.size), new Float64Array(X.size), new Float64Array(W.size)];
    forEachProduct(c, (o, i, k) => {
      addTo(values, o, at(X, i) * at(W, k));
      addTo(dx, i, at(seed, o) * at(W, k));
      addTo(dw, k, at(seed, o) * at(X, i));
    });
    near(y, values, 1e-11, `forward ${x}`);
    near(X.grad as Tensor, dx, 1e-11, `gradient of x ${x}`);
    near(W.grad as Tensor, dw, 1e-10, `gradient of w ${x}`);
  }
});

test("convTranspose2d equals naive loops, outputPadding included, and is the adjoint of conv2d", () => {
  for (let round = 0; round < 80; round++) {
    const c = drawCase();
    const size = (axis: 0 | 1) =>
      (c.y[axis] - 1) * c.stride[axis] - 2 * c.padding[axis] + c.dilation[axis] * ((c.w[axis + 2] as number) - 1) + 1;
    const outputPadding = [c.x[2] - size(0), c.x[3] - size(1)];
    const y = draw([c.x[0], c.w[0], ...c.y]);
    const w = draw(c.w);
    const x = convTranspose2d(y, w, undefined, { ...settingsOf(c), outputPadding });
    assert.equal(x.shape, c.x);
    const values = new Float64Array(x.size);
    forEachProduct(c, (o, i, k) => addTo(values, i, at(y, o) * at(w, k)));
    near(x, values, 1e-12, JSON.stringify(c));
    const u = draw(c.x);
    const [left, right] = [dot(conv2d(u, w, null, settingsOf(c)), y), dot(u, x)];
    assert.ok(Math.abs(left - right) < 1e-10, `${left} and ${right}`);
    const b = draw([c.x[1]]);
    const biased = convTranspose2d(y, w, b, { ...settingsOf(c), outputPadding });
    near(biased.sub(x).mean({ axis: [0, 2, 3] }), Float64Array.from(b.data), 1e-12, "bias");
  }
});

test("one spatial axis is two, one of them of size 1", () => {
  for (let round = 0; round < 20; round++) {
    const [stride, padding, dilation, groups] = [integer(1, 3), integer(0, 2), integer(1, 2), pick([1, 2])];
    const [x, w, b] = [draw([2, 4, 11]), draw([6, 4 / groups, 3]), draw([6])];
    const options = { stride: [1, stride], padding: [0, padding], dilation: [1, dilation], groups };
    const y = conv1d(x, w, b, { stride, padding, dilation, groups });
    const plane = conv2d(x.expandDims(2), w.expandDims(2), b, options);
    assert.equal(y.toArray(), plane.squeeze(2).toArray());
    const v = draw(y.shape);
    const back = convTranspose1d(v, w, draw([4]).mul(0), { stride, padding, dilation, groups });
    assert.equal(back.toArray(), convTranspose2d(v.expandDims(2), w.expandDims(2), null, options).squeeze(2).toArray());
  }
  const line = distinct([2, 3, 9]);
  const window = { kernel: 3, stride: 2, padding: 1 };
  const plane = { kernel: [1, 3], stride: [1, 2], padding: [0, 1] };
  assert.equal(maxPool1d(line, window).toArray(), maxPool2d(line.expandDims(2), plane).squeeze(2).toArray());
  assert.equal(avgPool1d(line, window).toArray(), avgPool2d(line.expandDims(2), plane).squeeze(2).toArray());
});

test("the textbook's im2col: shapes of chapter 7, and a convolution as a product of matrices", () => {
  assert.equal(im2col(draw([1, 3, 7, 7]), { kernel: 5 }).shape, [9, 75]);
  assert.equal(im2col(draw([10, 3, 7, 7]), { kernel: [5, 5], stride: 1, padding: 0 }).shape, [90, 75]);
  const [x, w, b] = [draw([2, 3, 6, 5]), draw([4, 3, 3, 2]), draw([4])];
  const options = { stride: [2, 1], padding: 1 };
  const columns = im2col(x, { kernel: [3, 2], ...options });
  const y = conv2d(x, w, b, options);
  const [, , height, width] = y.shape;
  const product = columns
    .matmul(w.reshape([4, -1]).transpose())
    .add(b)
    .reshape([2, height, width, 4])
    .transpose([0, 3, 1, 2]);
  near(y, Float64Array.from(product.data), 1e-12, "product");
});

test("im2col and col2im are adjoint, and each is the other's gradient", () => {
  for (let round = 0; round < 40; round++) {
    const c = drawCase();
    const options = { kernel: [c.w[2], c.w[3]], stride: c.stride, padding: c.padding, dilation: c.dilation };
    const x = draw(c.x);
    const columns = im2col(x, options);
    assert.equal(columns.shape, [c.x[0] * c.y[0] * c.y[1], c.x[1] * c.w[2] * c.w[3]]);
    const y = draw(columns.shape);
    const [left, right] = [dot(columns, y), dot(x, col2im(y, c.x, options))];
    assert.ok(Math.abs(left - right) < 1e-10, `${left} and ${right}: ${JSON.stringify(options)}`);
  }
  const options = { kernel: [2, 3], stride: [1, 2], padding: [1, 0] };
  assertGradcheck((x) => im2col(x, options).square(), [draw([2, 2, 3, 5])]);
  assertGradcheck((y) => col2im(y, [1, 2, 3, 5], options).square(), [draw([8, 12])]);
});

test("values worked out by hand", () => {
  // A 3 x 3 filter on a 4 x 4 image, from the textbook's chapter 7 (7.2.2), with the bias of its next figure and padding 1.
  const x = tensor([
    [
      [
        [1, 2, 3, 0],
        [0, 1, 2, 3],
        [3, 0, 1, 2],
        [2, 3, 0, 1],
      ],
    ],
  ]);
  const w = tensor([
    [
      [
        [2, 0, 1],
        [0, 1, 2],
        [1, 0, 2],
      ],
    ],
  ]);
  assert.equal(conv2d(x, w).toArray(), [
    [
      [
        [15, 16],
        [6, 15],
      ],
    ],
  ]);
  assert.equal(conv2d(x, w, tensor([3])).toArray(), [
    [
      [
        [18, 19],
        [9, 18],
      ],
    ],
  ]);
  const padded = [
    [7, 12, 10, 2],
    [4, 15, 16, 10],
    [10, 6, 15, 6],
    [8, 10, 4, 3],
  ];
  assert.equal(conv2d(x, w, null, { padding: 1 }).toArray(), [[padded]]);
  assert.equal(
    conv2d(
      pad(x, [
        [0, 0],
        [0, 0],
        [1, 1],
        [1, 1],
      ]),
      w,
    ).toArray(),
    [[padded]],
  );
  // Max pooling of its 7.3.
  const image = tensor([
    [
      [
        [1, 2, 1, 0],
        [0, 1, 2, 3],
        [3, 0, 1, 2],
        [2, 4, 0, 1],
      ],
    ],
  ]);
  assert.equal(maxPool2d(image, { kernel: 2, stride: 2 }).toArray(), [
    [
      [
        [2, 3],
        [4, 2],
      ],
    ],
  ]);
  assert.equal(avgPool2d(image, { kernel: 2 }).toArray(), [
    [
      [
        [1, 1.5],
        [2.25, 1],
      ],
    ],
  ]);
  // Each input spreads a filter of ones over its 2 x 2 corner.
  assert.equal(
    convTranspose2d(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
      tensor([
        [
          [
            [1, 1],
            [1, 1],
          ],
        ],
      ]),
    ).toArray(),
    [
      [
        [
          [1, 3, 2],
          [4, 10, 6],
          [3, 7, 4],
        ],
      ],
    ],
  );
});

test("a stride of 2 on a 7 x 7 image makes 3 x 3 windows of 3 x 3", () => {
  // The textbook's 7.2.4: a 7 x 7 input, a 3 x 3 filter, stride 2.
  assert.equal(conv2d(draw([1, 1, 7, 7]), draw([1, 1, 3, 3]), null, { stride: 2 }).shape, [1, 1, 3, 3]);
  assert.equal(
    conv2d(draw([1, 1, 28, 31]), draw([1, 1, 5, 5]), null, { stride: [2, 3], padding: [2, 2] }).shape,
    [1, 1, 14, 11],
  );
});

test("the third derivative of a product cubed", () => {
  // d^3/dx^3 of (x w)^3 is 6 w^3.
  const [x, w] = [variable([[[[2]]]]), tensor([[[[3]]]])];
  let y: Tensor = conv2d(x, w).pow(3).sum();
  for (let order = 1; order <= 3; order++) {
    x.zeroGrad();
    y.backward({ createGraph: true });
    y = (x.grad as Tensor).sum();
  }
  assert.is(y.item(), 162);
});

test("the nodes on their own, and their settings in pictures", () => {
  const node = new Conv(2, { stride: [2, 1], groups: 1 });
  const y = node.forward(
    tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]),
    tensor([[[[1, 10]]]]),
  );
  assert.equal(y.toArray(), [[[[21]]]]);
  const gradients = node.backward(tensor([[[[1]]]]));
  assert.equal(
    gradients.map((g) => g.toArray()),
    [
      [
        [
          [
            [1, 10],
            [0, 0],
          ],
        ],
      ],
      [[[[1, 2]]]],
    ],
  );
  assert.throws(() => node.forward(tensor(1)), /Conv2d: takes x and w, and perhaps a bias, got 1 inputs/);
  assert.equal(node.attributes(), { stride: [2, 1] });
  assert.equal(noGrad(() => conv2d(variable(draw([1, 1, 3, 3])), draw([1, 1, 2, 2]))).requiresGrad, false);
});

test.run();
