import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assertGradcheck, fromArray, noGrad, type Shape, type Tensor, tensor, variable, zeros } from "../src/index.js";
import { Conv, conv1d, conv2d, convTranspose1d, convTranspose2d } from "../src/ops/conv.js";
import { col2im, im2col } from "../src/ops/im2col.js";
import { pad } from "../src/ops/pad.js";
import { avgPool1d, avgPool2d, maxPool1d, maxPool2d } from "../src/ops/pool.js";

const test = suite("convolution, pools, im2col, pad");

/** A small generator of its own: the same numbers in each run. */
let state = 7;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / (1 << 24);
}
const integer = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
const pick = <T>(list: readonly T[]): T => list[integer(0, list.length - 1)] as T;
const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

type Float = "float64" | "float32";
function draw(shape: Shape, dtype: Float = "float64"): Tensor {
  const values = Array.from({ length: count(shape) }, () => 2 * random() - 1);
  return fromArray(dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values), shape);
}
/** Distinct values, so that no maximum is a tie and a small step makes none. */
function distinct(shape: Shape): Tensor {
  const values = Array.from({ length: count(shape) }, (_, i) => i / 10);
  for (let i = values.length - 1; i > 0; i--) {
    const j = integer(0, i);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return fromArray(Float64Array.from(values), shape);
}

function near(actual: Tensor, expected: readonly number[] | Float64Array, tolerance: number, what: string): void {
  assert.is(actual.size, expected.length, what);
  actual.data.forEach((value, i) => {
    const wanted = expected[i] as number;
    const error = Math.abs(value - wanted);
    if (!(error <= tolerance * Math.max(1, Math.abs(wanted))))
      assert.unreachable(`${what}: element ${i} is ${value}, not ${wanted}`);
  });
}
const tolerance = { float64: 1e-12, float32: 1e-4 };
const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

interface Case {
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  groups: number;
  x: [number, number, number, number];
  w: [number, number, number, number];
  y: [number, number];
}

/** Sizes of a convolution that has at least one window. */
function drawCase(): Case {
  for (;;) {
    const pair = (list: readonly number[]): [number, number] => [pick(list), pick(list)];
    const channels = pick([1, 2, 4]);
    const groups = pick([1, 1, 2, channels].filter((g) => channels % g === 0));
    const [kernel, stride, padding, dilation] = [pair([1, 2, 3, 5]), pair([1, 2, 3]), pair([0, 1, 2]), pair([1, 2])];
    const plane = [integer(1, 9), integer(1, 9)] as const;
    const size = (axis: 0 | 1) =>
      Math.floor((plane[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
    const y: [number, number] = [size(0), size(1)];
    if (y[0] < 1 || y[1] < 1) continue;
    const filters = groups * pick([1, 2, 3]);
    return {
      stride,
      padding,
      dilation,
      groups,
      x: [integer(1, 3), channels, ...plane],
      w: [filters, channels / groups, ...kernel],
      y,
    };
  }
}

/** Calls `visit` for each product of a convolution: where in y, x and w its three factors stand. */
function forEachProduct(c: Case, visit: (y: number, x: number, w: number) => void): void {
  const [N, C, H, W] = c.x;
  const [O, D, KH, KW] = c.w;
  const [OH, OW] = c.y;
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let i = 0; i < OH; i++)
        for (let j = 0; j < OW; j++)
          for (let d = 0; d < D; d++)
            for (let k = 0; k < KH; k++)
              for (let l = 0; l < KW; l++) {
                const channel = Math.floor(o / (O / c.groups)) * D + d;
                const row = i * c.stride[0] + k * c.dilation[0] - c.padding[0];
                const column = j * c.stride[1] + l * c.dilation[1] - c.padding[1];
                if (row < 0 || row >= H || column < 0 || column >= W) continue;
                visit(
                  ((n * O + o) * OH + i) * OW + j,
                  ((n * C + channel) * H + row) * W + column,
                  ((o * D + d) * KH + k) * KW + l,
                );
              }
}

const at = (t: Tensor | null | undefined, i: number): number => t?.data[i] as number;
function addTo(sums: Float64Array, i: number, term: number): void {
  sums[i] = (sums[i] as number) + term;
}

test("conv2d and its gradients equal naive loops on random shapes, both dtypes", () => {
  for (let round = 0; round < 150; round++) {
    const c = drawCase();
    const dtype = pick<Float>(["float64", "float32"]);
    const [x, w, b] = [variable(draw(c.x, dtype)), variable(draw(c.w, dtype)), variable(draw([c.w[0]], dtype))];
    const y = conv2d(x, w, b, c);
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
    const x = convTranspose2d(y, w, undefined, { ...c, outputPadding });
    assert.equal(x.shape, c.x);
    const values = new Float64Array(x.size);
    forEachProduct(c, (o, i, k) => addTo(values, i, at(y, o) * at(w, k)));
    near(x, values, 1e-12, JSON.stringify(c));
    const u = draw(c.x);
    const [left, right] = [dot(conv2d(u, w, null, c), y), dot(u, x)];
    assert.ok(Math.abs(left - right) < 1e-10, `${left} and ${right}`);
    const b = draw([c.x[1]]);
    const biased = convTranspose2d(y, w, b, { ...c, outputPadding });
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

test("pools equal naive loops on random shapes", () => {
  for (let round = 0; round < 100; round++) {
    const [N, C, H, W] = [integer(1, 2), integer(1, 3), integer(2, 8), integer(2, 8)];
    const kernel = [integer(1, Math.min(H, 4)), integer(1, Math.min(W, 4))] as const;
    const stride = [integer(1, 3), integer(1, 3)] as const;
    const padding = [integer(0, Math.floor(kernel[0] / 2)), integer(0, Math.floor(kernel[1] / 2))] as const;
    const options = { kernel, stride, padding };
    const [OH, OW] = [0, 1].map(
      (a) =>
        Math.floor(
          (([H, W][a] as number) + 2 * (padding[a] as number) - (kernel[a] as number)) / (stride[a] as number),
        ) + 1,
    ) as [number, number];
    const x = variable(distinct([N, C, H, W]));
    const seed = draw([N, C, OH, OW]);
    const [maxima, means, inner] = [seed, seed, seed].map(() => new Float64Array(seed.size)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const [dMaxima, dMeans, dInner] = [x, x, x].map(() => new Float64Array(x.size)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let o = 0; o < seed.size; o++) {
      const [plane, i, j] = [Math.floor(o / (OH * OW)), Math.floor(o / OW) % OH, o % OW];
      const places: number[] = [];
      for (let k = 0; k < kernel[0]; k++)
        for (let l = 0; l < kernel[1]; l++) {
          const [row, column] = [i * stride[0] + k - padding[0], j * stride[1] + l - padding[1]];
          if (row >= 0 && row < H && column >= 0 && column < W) places.push((plane * H + row) * W + column);
        }
      const best = places.reduce((a, b) => (at(x, b) > at(x, a) ? b : a));
      maxima[o] = at(x, best);
      addTo(dMaxima, best, at(seed, o));
      for (const p of places) {
        addTo(means, o, at(x, p) / (kernel[0] * kernel[1]));
        addTo(inner, o, at(x, p) / places.length);
        addTo(dMeans, p, at(seed, o) / (kernel[0] * kernel[1]));
        addTo(dInner, p, at(seed, o) / places.length);
      }
    }
    const check = (y: Tensor, values: Float64Array, gradient: Float64Array, what: string) => {
      assert.equal(y.shape, [N, C, OH, OW]);
      near(y, values, 1e-12, what);
      x.zeroGrad();
      y.backward({ seed });
      near(x.grad as Tensor, gradient, 1e-12, `gradient of ${what}`);
    };
    check(maxPool2d(x, options), maxima, dMaxima, "maxPool2d");
    check(avgPool2d(x, options), means, dMeans, "avgPool2d");
    check(avgPool2d(x, { ...options, countIncludePad: false }), inner, dInner, "avgPool2d without padding");
  }
});

test("the first maximum of a window gets the gradient; NaN and -Infinity come through", () => {
  const x = variable([
    [
      [
        [2, 2, 1, 5],
        [2, 2, 5, 5],
      ],
    ],
  ]);
  maxPool2d(x, { kernel: 2 }).sum().backward();
  assert.equal(x.grad?.toArray(), [
    [
      [
        [1, 0, 0, 1],
        [0, 0, 0, 0],
      ],
    ],
  ]);
  const odd = variable([
    [
      [
        [-Infinity, -Infinity, Number.NaN, 7],
        [-Infinity, -Infinity, 9, Number.NaN],
      ],
    ],
  ]);
  const y = maxPool2d(odd, { kernel: 2 });
  assert.equal(y.toArray(), [[[[-Infinity, Number.NaN]]]]);
  y.sum().backward();
  assert.equal(odd.grad?.toArray(), [
    [
      [
        [1, 0, 1, 0],
        [0, 0, 0, 0],
      ],
    ],
  ]);
  // -Infinity, not 0, around the plane.
  assert.equal(maxPool2d(tensor([[[[-3]]]]), { kernel: 3, stride: 1, padding: 1 }).toArray(), [[[[-3]]]]);
});

test("gradients equal numerical ones", () => {
  const options = { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 };
  const [x, w, b] = [draw([2, 4, 4, 3]), draw([4, 2, 3, 2]), draw([4])];
  assertGradcheck((x, w, b) => conv2d(x, w, b, options).sin(), [x, w, b]);
  assertGradcheck(
    (x, w, b) => convTranspose2d(x, w, b, { ...options, outputPadding: [1, 0] }).sin(),
    [draw([1, 4, 2, 3]), w, b],
  );
  assertGradcheck((x, w, b) => conv1d(x, w, b, { stride: 2 }).square(), [draw([2, 2, 6]), draw([3, 2, 3]), draw([3])]);
  assertGradcheck(
    (x, w) => convTranspose1d(x, w, null, { stride: 3, outputPadding: 2 }).square(),
    [draw([2, 2, 2]), draw([2, 1, 3])],
  );
  const window = { kernel: [3, 2], stride: [2, 1], padding: [1, 0] };
  assertGradcheck((x) => maxPool2d(x, window).square(), [distinct([2, 2, 5, 4])]);
  assertGradcheck((x) => avgPool2d(x, window).square(), [draw([2, 2, 5, 4])]);
  assertGradcheck((x) => avgPool2d(x, { ...window, countIncludePad: false }).square(), [draw([2, 2, 5, 4])]);
  assertGradcheck(
    (x) =>
      pad(
        x,
        [
          [1, 0],
          [0, 2],
          [2, 1],
        ],
        3,
      ).square(),
    [draw([2, 1, 3])],
  );
});

/** The gradient of v . grad f(inputs) by each input, against central differences of v . grad f. */
function checkSecondOrder(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const directions = inputs.map((input) => draw(input.shape));
  const slope = (given: readonly Tensor[]): { slope: Tensor; variables: Tensor[] } => {
    const variables = given.map((input) => variable(input));
    f(...variables)
      .sum()
      .backward({ createGraph: true });
    const terms = variables.map((v, i) => (v.grad as Tensor).mul(directions[i] as Tensor).sum());
    return { slope: terms.reduce((a, b) => a.add(b)), variables };
  };
  const { slope: analytic, variables } = slope(inputs);
  const first = variables.map((v) => Float64Array.from((v.grad as Tensor).data));
  for (const v of variables) v.zeroGrad();
  analytic.backward();
  inputs.forEach((input, k) => {
    const h = 1e-5;
    const moved = (element: number, step: number): number => {
      const values = Float64Array.from(input.data);
      addTo(values, element, step);
      return slope(inputs.map((other, i) => (i === k ? fromArray(values, input.shape) : other))).slope.item();
    };
    const numerical = Array.from({ length: input.size }, (_, i) => (moved(i, h) - moved(i, -h)) / (2 * h));
    near((variables[k] as Tensor).grad as Tensor, numerical, 1e-7, `second order, input ${k}`);
    assert.ok((first[k] as Float64Array).some((g) => g !== 0));
  });
}

test("second derivatives equal numerical ones", () => {
  const options = { stride: [2, 1], padding: [0, 1], dilation: [1, 2], groups: 2 };
  checkSecondOrder(
    (x, w, b) => conv2d(x as Tensor, w as Tensor, b, options).sin(),
    [draw([2, 2, 4, 4]), draw([2, 1, 2, 2]), draw([2])],
  );
  checkSecondOrder(
    (x, w, b) => convTranspose2d(x as Tensor, w as Tensor, b, { ...options, outputPadding: [1, 0] }).sin(),
    [draw([2, 2, 2, 4]), draw([2, 2, 2, 2]), draw([4])],
  );
  checkSecondOrder((x) => maxPool2d(x as Tensor, { kernel: 2, stride: 1 }).sin(), [distinct([1, 2, 4, 3])]);
  checkSecondOrder(
    (x) => avgPool2d(x as Tensor, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }).sin(),
    [draw([1, 2, 4, 5])],
  );
  checkSecondOrder((x) => im2col(x as Tensor, { kernel: 2, padding: 1 }).sin(), [draw([1, 2, 2, 3])]);
  checkSecondOrder(
    (x) =>
      pad(x as Tensor, [
        [1, 2],
        [0, 1],
      ]).cos(),
    [draw([2, 3])],
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

test("a batch of nothing", () => {
  const w = variable(draw([4, 2, 3, 3]));
  const x = variable(zeros([0, 2, 5, 5]));
  const y = conv2d(x, w, variable(draw([4])), { padding: 1 });
  assert.equal(y.shape, [0, 4, 5, 5]);
  const pooled = avgPool2d(maxPool2d(y, { kernel: 2 }), { kernel: 2, stride: 1 });
  assert.equal(pooled.shape, [0, 4, 1, 1]);
  pooled.sum().backward();
  assert.equal(x.grad?.shape, [0, 2, 5, 5]);
  assert.equal(w.grad?.toArray(), zeros([4, 2, 3, 3]).toArray());
  assert.equal(convTranspose2d(zeros([0, 4, 2, 2]), w, null, { stride: 2 }).shape, [0, 2, 5, 5]);
  assert.equal(im2col(x, { kernel: 2 }).shape, [0, 8]);
  assert.equal(col2im(zeros([0, 8]), [0, 2, 5, 5], { kernel: 2 }).shape, [0, 2, 5, 5]);
  assert.equal(
    pad(
      zeros([0, 2]),
      [
        [1, 0],
        [0, 1],
      ],
      4,
    ).toArray(),
    [[4, 4, 4]],
  );
});

test("pad takes any dtype and rank, and values that are not finite", () => {
  assert.equal(pad(tensor([1, 2], { dtype: "int32" }), [[1, 2]], 7).toArray(), [7, 1, 2, 7, 7]);
  assert.equal(pad(tensor([true]), [[1, 0]], 1).toArray(), [true, true]);
  assert.equal(pad(tensor([1]), [[1, 1]], -Infinity).toArray(), [-Infinity, 1, -Infinity]);
  assert.is(pad(tensor(3), []).item(), 3);
  assert.throws(() => pad(tensor([1], { dtype: "int32" }), [[1, 1]], 0.5), /Pad: 0\.5 is no int32/);
  assert.throws(
    () =>
      pad(tensor([1, 2]) as Tensor, [
        [1, 1],
        [0, 0],
      ]),
    /2 pairs for the 1 axes of \[2\]; give a pair/,
  );
  assert.throws(() => pad(tensor([1, 2]), [[-1, 0]]), /Pad: \[\[-1, 0\]\]: .*use slice/);
});

test("errors name the op, the shapes and the repair", () => {
  const [x, w] = [draw([1, 4, 5, 5]), draw([6, 4, 3, 3])];
  const cases: [() => unknown, RegExp][] = [
    [
      () => conv2d(x, draw([6, 3, 3, 3])),
      /Conv2d: x \[1, 4, 5, 5\] has 4 channels, the filters \[6, 3, 3, 3\] take 3; w must be \[6, 4, 3, 3\]/,
    ],
    [() => conv2d(x, w, null, { groups: 2 }), /in 2 groups take 8; w must be \[6, 2, 3, 3\]/],
    [() => conv2d(x, w, null, { groups: 3 }), /groups must divide the 4 channels/],
    [
      () => conv2d(x, draw([5, 2, 3, 3]), null, { groups: 2 }),
      /Conv2d: 5 filters, w \[5, 2, 3, 3\], do not divide into 2 groups/,
    ],
    [() => conv2d(x, w, null, { groups: 0 }), /Conv2d: groups 0: a whole number of at least 1/],
    [() => conv2d(x, w, draw([4])), /the bias has one element for each channel of the result, \[6\], got \[4\]/],
    [
      () => conv2d(x, draw([6, 4, 7, 3]), null, { padding: [0, 1] }),
      /a kernel of \[7, 3\] is larger than the input of \[5, 5\] \(with padding \[0, 1\]: \[5, 7\]\); use a smaller kernel or more padding/,
    ],
    [
      () => conv2d(x, w, null, { dilation: 3 }),
      /a kernel of \[3, 3\] \(with dilation \[3, 3\]: \[7, 7\]\) is larger than the input of \[5, 5\]/,
    ],
    [
      () => conv2d(draw([4, 5, 5]), w),
      /Conv2d: x is \[batch, channels, height, width\], got \[4, 5, 5\]; add a batch axis: x.expandDims\(0\)/,
    ],
    [() => conv2d(x, draw([3, 3])), /Conv2d: w is \[filters, channels \/ groups, kernel sizes\], 4 axes, got \[3, 3\]/],
    [() => conv2d(x, w, null, { stride: 0 }), /Conv2d: stride 0: a whole number of at least 1 is needed/],
    [() => conv2d(x, w, null, { stride: [1, 1, 1] }), /Conv2d: stride \[1, 1, 1\]: .* or a pair of them/],
    [() => conv2d(x, w, null, { padding: -1 }), /Conv2d: padding -1: a whole number of at least 0/],
    [() => conv2d(x, draw([6, 4, 3, 3], "float32")), /Conv2d: float64 and float32 do not mix/],
    [() => conv2d(x.cast("int32"), w.cast("int32")), /Conv2d: takes float64 or float32, got int32/],
    [() => conv1d(x, draw([6, 4, 3])), /Conv1d: x is \[batch, channels, length\], got \[1, 4, 5, 5\]/],
    [
      () => convTranspose2d(x, w),
      /ConvTranspose2d: x \[1, 4, 5, 5\] has 4 channels, w \[6, 4, 3, 3\] takes 6; w must be \[4, 4, 3, 3\]/,
    ],
    [
      () => convTranspose2d(x, draw([4, 1, 3, 3]), null, { outputPadding: 1 }),
      /outputPadding 1 is not below the stride 1; pad the result/,
    ],
    [
      () => convTranspose2d(draw([1, 4, 1, 1]), draw([4, 1, 3, 3]), null, { padding: 2 }),
      /leaves a result of \[-1, -1\]; use less padding/,
    ],
    [() => maxPool2d(x, { kernel: 6 }), /MaxPool2d: a kernel of \[6, 6\] is larger than the input of \[5, 5\]/],
    [
      () => maxPool2d(x, { kernel: 3, padding: 2 }),
      /MaxPool2d: padding \[2, 2\] is more than half of the kernel \[3, 3\]/,
    ],
    [() => avgPool1d(x, { kernel: 2 }), /AvgPool1d: x is \[batch, channels, length\]/],
    [() => im2col(draw([5, 5]), { kernel: 2 }), /Im2col: x is \[batch, channels, height, width\], got \[5, 5\]/],
    [
      () => col2im(draw([3, 4]), [1, 1, 3, 3], { kernel: 2 }),
      /Col2im: windows on images of \[1, 1, 3, 3\] make a matrix of \[4, 4\], got \[3, 4\]/,
    ],
  ];
  for (const [call, message] of cases) assert.throws(call as () => void, message);
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
