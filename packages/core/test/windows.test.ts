import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assertGradcheck, type Tensor, tensor, variable, zeros } from "../src/index.js";
import { conv1d, conv2d, convTranspose1d, convTranspose2d } from "../src/ops/conv.js";
import { col2im, im2col } from "../src/ops/im2col.js";
import { adaptiveAvgPool2d, adaptiveMaxPool1d, ConvWeights, globalMaxPool } from "../src/ops/index.js";
import { pad } from "../src/ops/pad.js";
import { avgPool1d, avgPool2d, MaxUnpool, maxPool1d, maxPool2d } from "../src/ops/pool.js";
import { addTo, at, checkSecondOrder, distinct, draw, integer, near } from "./support/convolution.js";
import { integers, known } from "./support/window-values.js";

const test = suite("pools, padding, and what all ops with windows share");

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

test("forms of padding, ceil mode, dilation and adaptive pools are PyTorch's", () => {
  for (const { of, f, shape, y: expected, gradient } of known) {
    const x = variable(integers(of));
    const y = f(x);
    assert.equal(y.shape, shape, String(f));
    near(y, expected, 1e-11, String(f));
    y.backward({ seed: (tensor(Array.from(y.data, (_, i) => i + 1)) as Tensor).reshape(shape) });
    near(x.grad as Tensor, gradient, 1e-11, `gradient of ${f}`);
  }
});

test('a padding in one form is that in another, and "same" divides the size by the stride', () => {
  const [x, w] = [draw([1, 2, 5, 7]), draw([3, 2, 3, 2])];
  const bits = (y: Tensor) => [y.shape, Array.from(y.data)];
  const both = [[1, 1], [0, 0]] as const; // biome-ignore format: a pair for each axis
  assert.equal(bits(conv2d(x, w, { padding: both })), bits(conv2d(x, w, { padding: [1, 0] })));
  assert.equal(bits(conv2d(x, w, { padding: [1, [0, 0]] })), bits(conv2d(x, w, { padding: [1, 0] })));
  assert.equal(bits(conv2d(x, w, { padding: "valid" })), bits(conv2d(x, w)));
  // TensorFlow's tf.nn: at stride 2 a kernel of 3 on 5 rows needs 2 rows, one of 2 on 7 columns 1 column, which is at the end.
  const same = [[1, 1], [0, 1]] as const; // biome-ignore format: a pair for each axis
  assert.equal(bits(conv2d(x, w, { stride: 2, padding: "same" })), bits(conv2d(x, w, { stride: 2, padding: same })));
  assert.equal(bits(maxPool2d(x, 2, { padding: "same" })), bits(maxPool2d(x, 2, { ceilMode: true })));
  for (const stride of [1, 2, 3, 4]) {
    const expected = [Math.ceil(5 / stride), Math.ceil(7 / stride)];
    for (const options of [{ dilation: 1 }, { dilation: 2 }]) {
      assert.equal(conv2d(x, w, { stride, padding: "same", ...options }).shape.slice(2), expected);
      assert.equal(avgPool2d(x, [3, 2], { stride, padding: "same", ...options }).shape.slice(2), expected);
      const up = convTranspose2d(x, draw([2, 1, 3, 2]), { stride, padding: "same", ...options });
      assert.equal(up.shape.slice(2), [5 * stride, 7 * stride]);
    }
    assert.equal(im2col(x, [3, 2], { stride, padding: "same" }).shape, [
      (expected[0] as number) * (expected[1] as number),
      12,
    ]);
  }
});

test("transposed convolutions cut off a padding of unlike ends, and are adjoint to convolutions with it", () => {
  const w = draw([2, 3, 3, 2]);
  const unlike = [[1, 0], [0, 2]] as const; // biome-ignore format: a pair for each axis
  for (const padding of [unlike, "same"] as const) {
    const x = variable(draw([1, 3, 6, 8]));
    const y = conv2d(x, w, { stride: 2, padding });
    const v = draw(y.shape);
    y.backward({ seed: v });
    const back = convTranspose2d(v, w, { stride: 2, padding });
    assert.equal(back.shape, x.shape);
    near(back, Float64Array.from((x.grad as Tensor).data), 1e-12, String(padding));
  }
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
    (x, w) => convTranspose2d(x, w, { stride: 2, padding: "same" }).square(),
    [draw([1, 2, 2, 3]), draw([2, 1, 3, 2])],
  );
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
    [
      () => new ConvWeights(2, 3).apply(x as Tensor, draw([1, 6, 5, 5]) as Tensor),
      /ConvWeights2d: windows of \[3, 3\] on x \[1, 4, 5, 5\] make \[1, 6, 3, 3\], y is \[1, 6, 5, 5\]/,
    ],
    [() => maxPool2d(x, { kernel: 6 }), /MaxPool2d: a kernel of \[6, 6\] is larger than the input of \[5, 5\]/],
    [
      () => maxPool2d(x, { kernel: 3, padding: 2 }),
      /MaxPool2d: padding \[2, 2\] is more than half of the kernel \[3, 3\]/,
    ],
    [
      () => maxPool1d(draw([1, 1, 1]), 2, { dilation: 2, padding: 1 }),
      /MaxPool1d: with dilation \[2\] there are windows on \[1\] that see nothing but padding; use less/,
    ],
    [() => maxPool2d(x, 2, { padding: [[0, 2], [0, 0]] }), /padding \[\[0, 2\], \[0, 0\]\] is more than half/], // biome-ignore format: a pair for each axis
    [
      () => conv1d(draw([1, 1, 3]), draw([1, 1, 2]), { padding: [1, 2] }),
      /Conv1d: padding \[1, 2\]: a whole number of at least 0 is needed, or \[\[left, right\]\], "same" or "valid"/,
    ],
    [
      () => conv2d(x, w, { padding: [[1, 2]] }),
      /\[vertical, horizontal\], \[\[top, bottom\], \[left, right\]\], "same" or "valid"/,
    ],
    [() => conv2d(x, w, { padding: [[1], [1, 2]] as never }), /Conv2d: padding \[\[1\], \[1, 2\]\]: a whole number/],
    [
      () => convTranspose2d(x, draw([4, 1, 3, 3]), { stride: 2, padding: "same", outputPadding: 1 }),
      /ConvTranspose2d: with padding "same" the result is stride times as large as x/,
    ],
    [
      () => adaptiveAvgPool2d(zeros([1, 1, 0, 2]), 2),
      /AvgPool2d: planes of \[0, 2\] have no elements to spread over \[2, 2\]/,
    ],
    [() => adaptiveMaxPool1d(zeros([1, 1, 2]), 0), /MaxPool1d: outputSize 0: a whole number of at least 1/],
    [
      () => globalMaxPool(zeros([2, 3]) as Tensor),
      /globalMaxPool: x is \[batch, channels, ...\], .* got \[2, 3\]; reshape it/,
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

test("places belong to what is put there", () => {
  const places = tensor([0, 1, 2], { dtype: "int32" });
  assert.throws(
    () => new MaxUnpool([4]).apply(tensor([1, 2]), places),
    /MaxUnpool: \[2\] with places for \[3\]: shapes must be equal/,
  );
});

test.run();
