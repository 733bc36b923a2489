import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  acosh,
  asinh,
  atan,
  atan2,
  compile,
  cumprod,
  elu,
  erf,
  erfc,
  expm1,
  fromArray,
  gelu,
  grad,
  hessian,
  hypot,
  leakyRelu,
  logSigmoid,
  mod,
  norm,
  prod,
  reciprocal,
  roundToFloat16,
  rsqrt,
  sigmoid,
  silu,
  softplus,
  type Tensor,
  tanh,
  tensor,
  variable,
} from "../src/index.js";
import { half, nearestHalf } from "./support/halves.js";
import { close, thrownBy } from "./support/numbers.js";

// What the docstrings of elementwise mathematics, products, moments, norms and cumulations promise at the edges.

type Op = (x: Tensor) => Tensor;
const { NaN: nan } = Number;

/** Value, first and second derivative at a number, of a scalar and of an array, with graph and (the first) without. */
function jets(f: Op, at: number, dtype: "float64" | "float32"): number[][] {
  return [at, [at, at]].map((values) => {
    const x = variable(values, { dtype }) as Tensor;
    const y = f(x);
    y.sum().backward();
    const fast = x.grad?.data[0] as number;
    x.zeroGrad();
    y.sum().backward({ createGraph: true });
    const first = x.grad as Tensor;
    x.zeroGrad();
    if (first.requiresGrad) first.sum().backward();
    const [value, slow, second] = [y.data[0], first.data[0], x.grad?.data[0] ?? 0] as [number, number, number];
    assert.ok(Object.is(fast, slow) || Math.abs(fast - slow) <= 1e-6 * Math.abs(slow), `${fast} is not ${slow}`);
    return [value, slow, second];
  });
}

const halfPi = Math.PI / 2;
const gated = {
  Infinity: [Infinity, 1, 0],
  1000: [1000, 1, 0],
  "-1000": [0, 0, 0],
  "-Infinity": [0, 0, 0],
} as const;
const density0 = 1 / Math.sqrt(2 * Math.PI);
const points: [string, Op, Readonly<Record<string, readonly [number, number, number]>>][] = [
  ["expm1", expm1, { "-1000": [-1, 0, 0], "-Infinity": [-1, 0, 0], 0: [0, 1, 1] }],
  ["rsqrt", rsqrt, { Infinity: [0, 0, 0], 0: [Infinity, -Infinity, Infinity], 4: [0.5, -1 / 16, 3 / 128] }],
  ["reciprocal", reciprocal, { Infinity: [0, 0, 0], "-Infinity": [0, 0, 0], "-2": [-0.5, -0.25, -0.25] }],
  [
    "atan",
    atan,
    {
      Infinity: [halfPi, 0, 0],
      "-Infinity": [-halfPi, 0, 0],
      1000: [1.5697963271282298, 1 / 1000001, -2000 / 1000001 ** 2],
      1: [halfPi / 2, 0.5, -0.5],
    },
  ],
  [
    "asinh",
    asinh,
    {
      Infinity: [Infinity, 0, 0],
      "-Infinity": [-Infinity, 0, 0],
      1000: [7.600902709541988, 1000001 ** -0.5, -1000 * 1000001 ** -1.5],
      0: [0, 1, 0],
    },
  ],
  ["acosh", acosh, { Infinity: [Infinity, 0, 0], 1000: [7.600902209541989, 999999 ** -0.5, -1000 * 999999 ** -1.5] }],
  ["erf", erf, { 1000: [1, 0, 0], "-1000": [-1, 0, 0], Infinity: [1, 0, 0], "-Infinity": [-1, 0, 0] }],
  ["erfc", erfc, { 1000: [0, 0, 0], "-1000": [2, 0, 0], Infinity: [0, 0, 0], "-Infinity": [2, 0, 0] }],
  [
    "logSigmoid",
    logSigmoid,
    { 1000: [0, 0, 0], "-1000": [-1000, 1, 0], Infinity: [0, 0, 0], "-Infinity": [-Infinity, 1, 0] },
  ],
  ["silu", silu, { ...gated, 0: [0, 0.5, 0.5] }],
  ["gelu", (x) => gelu(x), { ...gated, 0: [0, 0.5, 2 * density0] }],
  ["gelu by tanh", (x) => gelu(x, { approximate: "tanh" }), { ...gated, 0: [0, 0.5, 2 * density0] }],
  ["elu", (x) => elu(x), { Infinity: [Infinity, 1, 0], 1000: [1000, 1, 0], "-1000": [-1, 0, 0], 0: [0, 1, 1] }],
  ["leakyRelu", (x) => leakyRelu(x), { 1000: [1000, 1, 0], "-1000": [-10, 0.01, 0], 0: [0, 0.01, 0] }],
  [
    "hypot with 1",
    (x) => hypot(x, 1),
    { Infinity: [Infinity, 1, 0], "-1000": [1000001 ** 0.5, -1000 * 1000001 ** -0.5, 1000001 ** -1.5], 0: [1, 0, 1] },
  ],
  ["hypot with 0", (x) => hypot(0, x), { 0: [0, 0, 0], "-3": [3, -1, 0] }],
  ["atan2 over 1", (x) => atan2(x, 1), { Infinity: [halfPi, 0, 0], "-Infinity": [-halfPi, 0, 0], 0: [0, 1, 0] }],
  ["atan2 of 0", (x) => atan2(0, x), { 0: [0, 0, 0], 2: [0, 0, 0], "-2": [Math.PI, 0, 0] }],
  ["floor", (x) => x.floor(), { 2: [2, 0, 0], "-0.5": [-1, 0, 0] }],
  [
    "round",
    (x) => x.round(),
    {
      0.5: [0, 0, 0],
      1.5: [2, 0, 0],
      2.5: [2, 0, 0],
      "-1.5": [-2, 0, 0],
      "-2.5": [-2, 0, 0],
      2147483648.5: [2147483648, 0, 0],
    },
  ],
  ["mod 3", (x) => mod(x, 3), { "-7": [2, 1, 0], 7: [1, 1, 0], "-6": [0, 1, 0] }],
  ["mod -3", (x) => mod(x, -3), { "-7": [-1, 1, 0], 7: [-2, 1, 0] }],
  [
    "norm of one number",
    (x) => norm(x.expandDims(-1), -1),
    { 0: [0, 0, 0], "-2": [2, -1, 0], "-Infinity": [Infinity, -1, 0] },
  ],
];
for (const [name, f, expected] of points) {
  test(`${name} at ${Object.keys(expected).join(", ")}: value, first and second derivative`, () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const [at, jet] of Object.entries(expected)) {
        for (const found of jets(f, Number(at), dtype)) {
          found.forEach((value, i) => {
            const wanted = jet[i] as number;
            const allowed = (dtype === "float64" ? 1e-13 : 1e-6) * Math.max(1, Math.abs(wanted));
            const is = value === wanted || Math.abs(value - wanted) <= (Number.isFinite(allowed) ? allowed : 0);
            assert.ok(is, `${dtype} at ${at}: ${found}, not ${jet}`);
          });
        }
      }
    }
  });
}

test("erf and erfc agree with published values to 15 digits", () => {
  // M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", tables 7.1 to 7.3, and more digits by mpmath.
  const values: [x: number, erf: number, erfc: number][] = [
    [1e-10, 1.1283791670955126e-10, 0.9999999998871621],
    [0.1, 0.11246291601828488, 0.887537083981715],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2, 0.9953222650189527, 0.004677734981047266],
    [4, 0.9999999845827421, 1.541725790028002e-8],
    [5, 0.9999999999984626, 1.537459794428035e-12],
    [10, 1, 2.088487583762545e-45],
    [26, 1, 5.663192408856143e-296],
    [-0.7, -0.6778011938374184, 1.6778011938374184],
  ];
  for (const [x, ofErf, ofErfc] of values) {
    assert.ok(Math.abs(erf(x).item() / ofErf - 1) < 5e-16, `erf(${x}) = ${erf(x).item()}`);
    assert.ok(Math.abs(erfc(x).item() / ofErfc - 1) < 1e-15, `erfc(${x}) = ${erfc(x).item()}`);
  }
  assert.ok(Number.isNaN(erf(nan).item()) && Number.isNaN(erfc(nan).item()));
  assert.ok(Object.is(erf(-0).item(), -0));
});

test("gelu keeps its digits far below 0, where 1 + erf would have none", () => {
  for (const [x, value] of [
    [-1, -0.15865525393145705],
    [-10, -7.619853024160526e-23],
    [-30, -1.472014178144456e-196],
  ] as const) {
    assert.ok(Math.abs(gelu(x).item() / value - 1) < 1e-13, `${gelu(x).item()}`);
  }
});

test("derivatives of order 3 and 4 of erf, atan and gelu are those of the formulas", () => {
  const nth = (f: (x: Tensor) => Tensor, n: number): ((x: Tensor) => Tensor) =>
    n === 0 ? f : nth(grad(f) as Op, n - 1);
  const at = 0.75;
  const bell = (2 / Math.sqrt(Math.PI)) * Math.exp(-at * at);
  close(nth(erf, 3)(tensor(at)), (4 * at ** 2 - 2) * bell, 1e-13);
  close(nth(erf, 4)(tensor(at)), (12 * at - 8 * at ** 3) * bell, 1e-13);
  close(nth(atan, 3)(tensor(1)), 0.5, 1e-13);
  const density = Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  close(nth((x) => gelu(x), 3)(tensor(at)), (at ** 3 - 4 * at) * density, 1e-13);
});

test("the quotient that the gradient of mod takes is the one that belongs to its result", () => {
  // 1 / 0.1 is 10, but 10 times the double 0.1 is more than 1: the remainder is 0.0999..., and its quotient 9.
  const y = variable(0.1);
  const z = mod(1, y);
  assert.ok(z.item() > 0.09);
  z.backward();
  assert.is(y.grad?.item(), -9);
});

// Maclaurin series, up to x^6 (DLMF 4.19, 4.24, 4.33, 4.38, 7.6, and products of them).
const cubic = 0.044715;
const inner = Math.sqrt(2 / Math.PI);
const series: readonly [name: string, f: Op, coefficients: readonly number[]][] = [
  ["sigmoid", sigmoid, [1 / 2, 1 / 4, 0, -1 / 48, 0, 1 / 480, 0]],
  ["tanh", tanh, [0, 1, 0, -1 / 3, 0, 2 / 15, 0]],
  ["softplus", softplus, [Math.LN2, 1 / 2, 1 / 8, 0, -1 / 192, 0, 1 / 2880]],
  ["logSigmoid", logSigmoid, [-Math.LN2, 1 / 2, -1 / 8, 0, 1 / 192, 0, -1 / 2880]],
  ["silu", silu, [0, 1 / 2, 1 / 4, 0, -1 / 48, 0, 1 / 480]],
  ["gelu", (x) => gelu(x), [0, 1 / 2, density0, 0, -density0 / 6, 0, density0 / 40]],
  [
    "gelu by tanh",
    (x) => gelu(x, { approximate: "tanh" }),
    [0, 1 / 2, inner / 2, 0, (inner * cubic - inner ** 3 / 3) / 2, 0, ((2 * inner ** 5) / 15 - inner ** 3 * cubic) / 2],
  ],
  ["erf", erf, [0, Math.SQRT2, 0, -Math.SQRT2 / 3, 0, Math.SQRT2 / 10, 0].map((c) => c * inner)],
  ["asinh", asinh, [0, 1, 0, -1 / 6, 0, 3 / 40, 0]],
  ["atan", atan, [0, 1, 0, -1 / 3, 0, 1 / 5, 0]],
  ["expm1", expm1, [0, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720]],
];

test("derivatives of all orders at 0 are those of the series", () => {
  for (const [name, f, coefficients] of series) {
    let derivative: Op = f;
    let factorial = 1;
    coefficients.forEach((coefficient, order) => {
      if (order > 0) {
        factorial *= order;
        const before = derivative;
        derivative = (x) => grad((x: Tensor) => before(x) as Tensor<[]>)(x);
      }
      for (const zero of [0, -0]) {
        const found = [derivative, ...(order < 4 ? [compile(derivative)] : [])].map((own) => own(tensor(zero)).item());
        const right = coefficient * factorial;
        for (const value of found) {
          assert.ok(
            Math.abs(value - right) <= 1e-12 * Math.max(1, Math.abs(right)),
            `${name}, order ${order}: ${value}, not ${right}`,
          );
        }
      }
    });
  }
});

test("int32: mod has the sign of the divisor, products keep the last 32 bits", () => {
  const x = tensor([-7, 7, 6], { dtype: "int32" }) as Tensor;
  assert.equal(x.mod(3).toArray(), [2, 1, 0]);
  assert.equal(x.mod(-3).toArray(), [-1, -2, 0]);
  assert.equal(x.mod(0).toArray(), [0, 0, 0]);
  const large = tensor([2147483647, 2147483646, 3], { dtype: "int32" }) as Tensor;
  const product = Math.imul(Math.imul(2147483647, 2147483646), 3);
  assert.is(large.prod().item(), product);
  assert.equal(large.cumprod().toArray(), [2147483647, Math.imul(2147483647, 2147483646), product]);
  assert.equal(large.cumsum().toArray(), [2147483647, -3, 0]);
});

test("prod and cumprod with zeros: gradients and Hessians are those of the polynomial", () => {
  for (const values of [
    [2, 0, 4],
    [0, 0, 3],
    [0, 0, 0],
    [1, 2, 3],
  ] as const) {
    const [a, b, c] = values;
    const x = variable(values) as Tensor;
    x.prod().backward({ createGraph: true });
    const first = x.grad as Tensor;
    assert.equal(first.toArray(), [b * c, a * c, a * b]);
    x.zeroGrad();
    first
      .mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    assert.equal(x.grad?.toArray(), [10 * c + 100 * b, c + 100 * a, b + 10 * a]);

    const y = variable(values) as Tensor;
    // a + 10 ab + 100 abc
    y.cumprod()
      .mul(tensor([1, 10, 100]))
      .sum()
      .backward({ createGraph: true });
    const ofCumprod = y.grad as Tensor;
    assert.equal(ofCumprod.toArray(), [1 + 10 * b + 100 * b * c, 10 * a + 100 * a * c, 100 * a * b]);
    y.zeroGrad();
    ofCumprod.sum().backward();
    assert.equal(y.grad?.toArray(), [10 + 100 * c + 100 * b, 10 + 100 * c + 100 * a, 100 * b + 100 * a]);
  }
});

test("prod over axes that are no neighbours", () => {
  const x = variable(
    Array.from({ length: 2 }, (_, i) => [
      [i + 1, 0, 2],
      [3, i, 1],
    ]),
  ) as Tensor;
  x.prod({ axis: [0, 2] })
    .sum()
    .backward();
  // The rows hold 1, 0, 2, 2, 0, 2 and 3, 0, 1, 3, 1, 1: two zeros and one.
  assert.equal(x.grad?.toArray(), [
    [
      [0, 0, 0],
      [0, 9, 0],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ]);
});

test("norms: at 0, over ties, and of what has squares beyond the range of a double", () => {
  const at = (values: number[], ord: number) => {
    const x = variable(values) as Tensor;
    const y = x.norm({ ord });
    y.backward();
    return [y.item(), ...(x.grad?.data ?? [])];
  };
  for (const ord of [1, 2, Infinity]) assert.equal(at([0, 0], ord), [0, 0, 0]);
  assert.equal(at([3, -3, 1], Infinity), [3, 0.5, -0.5, 0]);
  assert.equal(at([-3, 0], 1), [3, -1, 0]);
  assert.equal(at([3, -4], 2), [5, 0.6, -0.8]);
  for (const scale of [2 ** 700, 2 ** -700, 2 ** -1070]) {
    assert.equal(at([3 * scale, -4 * scale], 2), [5 * scale, 0.6, -0.8]);
  }
  assert.equal(at([Infinity, 1], 2), [Infinity, 1, 0]);
  assert.ok(Number.isNaN(tensor([nan, 1]).norm().item()));
  assert.is(fromArray(new Float64Array(0), [0]).norm().item(), 0);
  assert.is(tensor([1, 2, 2]).norm().item(), 3);
});

test("variance and std: corrections, and a constant whose deviation has the gradient 0", () => {
  const x = tensor([2, 4, 4, 4, 5, 5, 7, 9]);
  assert.is(x.variance().item(), 4);
  assert.is(x.std().item(), 2);
  close(x.variance({ correction: 1 }), 32 / 7);
  assert.ok(Number.isNaN(tensor([3]).variance({ correction: 1 }).item()));
  assert.ok(Number.isNaN(fromArray(new Float64Array(0), [0]).variance({ correction: 1 }).item()));
  // Two passes: the squares of 1e9 would leave nothing of the deviations.
  close(tensor([1e9 + 1, 1e9 + 2, 1e9 + 3]).variance(), 2 / 3);
  const constant = variable([3, 3, 3]);
  constant.std().backward({ createGraph: true });
  assert.equal(constant.grad?.toArray(), [0, 0, 0]);
});

test("counts: NaN and -0, and nothing at all", () => {
  const x = tensor([
    [0, nan, -0],
    [1, -2, 3],
  ]) as Tensor;
  assert.equal(x.count(1).toArray(), [1, 3]);
  assert.equal(x.any(1).toArray(), [true, true]);
  assert.equal(x.all(1).toArray(), [false, true]);
  const empty = fromArray(new Float64Array(0), [2, 0]) as Tensor;
  assert.equal(
    [empty.count(1), empty.any(1), empty.all(1)].map((t) => t.toArray()),
    [
      [0, 0],
      [false, false],
      [true, true],
    ],
  );
  assert.equal(tensor([true, false]).logicalNot().toArray(), [false, true]);
});

test("argMin takes the first of several, and the first NaN", () => {
  assert.equal(
    tensor([
      [3, 1, 1],
      [2, 2, 2],
    ])
      .argMin(1)
      .toArray(),
    [1, 0],
  );
  assert.is(tensor([1, nan, 5, nan]).argMin().item(), 1);
});

test("a slope or an alpha that is a variable gets a gradient, added up over what it was broadcast to", () => {
  const slope = variable([0.1, 0.2]);
  tensor([
    [-1, 2],
    [-3, -4],
  ])
    .leakyRelu(slope)
    .sum()
    .backward();
  assert.equal(slope.grad?.toArray(), [-4, -4]);
  const alpha = variable(2);
  tensor([-1, 1000, -Infinity]).elu(alpha).sum().backward();
  close(alpha.grad as Tensor, Math.expm1(-1) - 1);
});

test("what these ops do not take, they name", () => {
  const x = tensor([1, 2]) as Tensor;
  const said: [() => unknown, string][] = [
    [() => x.logicalAnd(x), "DTypeError: LogicalAnd: takes bools, got float64; compare it, as in x.notEqual(0)"],
    [
      () => x.norm({ ord: 3 }),
      "ShapeError: Norm: ord 3: there are the norms 1, 2 and Infinity; for others use abs, pow and sum",
    ],
    [
      () => x.std({ correction: -1 }),
      "ShapeError: Std: correction -1: 0 or 1 is meant, or another number of at least 0",
    ],
    [() => x.gelu({ approximate: "erf" as "tanh" }), 'GraphError: Gelu: approximate is "none" or "tanh", got "erf"'],
    [() => x.equal(1).prod(), 'DTypeError: Prod: takes numbers, got bool; convert with cast("int32")'],
    [() => tensor(3).cumsum(0 as never), "ShapeError: Cumsum: axis 0 is out of range for []: a scalar has no axes"],
    [
      () => tensor([1], { dtype: "int32" }).floor(),
      'DTypeError: Floor: takes float64 or float32, got int32; convert with cast("float64")',
    ],
    [
      () => fromArray(new Float64Array(0), [0]).norm({ ord: Infinity }),
      "ShapeError: Norm: [0] has no elements along axis 0: the norm of nothing does not exist; check that the input is not empty",
    ],
  ];
  for (const [misuse, message] of said) assert.is(thrownBy(misuse), message);
});

/** Vectors nearly along an axis, and such as are not, of any length. */
const vectors = [
  [100, 0.2],
  [1, 1e-7],
  [1e-9, 1],
  [3, 4],
  [1e15, 1],
  [1e-20, 1e-25],
  [5, 1e-4, -2e-4, 0],
  [1, 1, 1e-12],
];

test("the second derivatives of lengths do not cancel: (r^2 - x^2) / r^3 is the sum of the other squares over r^3", () => {
  for (const dtype of ["float64", "float32"] as const) {
    const [relative, rounded] = dtype === "float32" ? ([1e-6, Math.fround] as const) : ([1e-14, Number] as const);
    for (const vector of vectors.map((own) => own.map((x) => rounded(x)))) {
      const r = Math.hypot(...vector);
      const at = tensor(vector, { dtype }) as Tensor;
      const lengths: Op[] = [(x) => norm(x) as Tensor];
      if (vector.length === 2) lengths.push((x) => hypot(x.slice([0]), x.slice([1])) as Tensor);
      for (const f of lengths) {
        const slopes = hessian(f as (x: Tensor) => Tensor<[]>);
        for (const own of [slopes, compile(slopes)]) {
          own(at).data.forEach((value: number, place: number) => {
            const [i, j] = [Math.floor(place / vector.length), place % vector.length];
            const [x, y] = [vector[i] as number, vector[j] as number];
            const others = vector.reduce((sum, z, k) => (k === i ? sum : sum + (z / r) ** 2), 0);
            const wanted = i === j ? others / r : -(((x / r) * y) / r) / r;
            const error = Math.abs(value - wanted);
            assert.ok(error <= relative * Math.abs(wanted) + 1.5e-45, `${dtype} ${vector}: ${value} is not ${wanted}`);
          });
        }
      }
    }
  }
});

test("float32 products whose parts leave its range, in vectors and what is left over", () => {
  for (const n of [4, 16, 17, 32]) {
    // All large ones together are in the range of doubles only.
    const large = Math.min(1e30, 10 ** (250 / n));
    const values = Array.from({ length: 2 * n }, (_, i) => Math.fround(i < n ? large : 1 / large));
    const wanted = values.reduce((product, x) => product * x, 1);
    const at = tensor(values, { dtype: "float32" });
    for (const form of [at, at.reshape([2, n]), at.reshape([n, 2])]) {
      const product = (x: Tensor) => prod(x) as Tensor;
      for (const f of [product, compile(product)]) assert.ok(Math.abs(f(form).item() - wanted) <= 1e-5, `${n}`);
    }
  }
});

test("float32 products of many factors are rounded once", () => {
  const values = Array.from({ length: 4001 }, (_, i) => Math.fround(1 + (((i * 7919) % 2001) - 1000) * 1e-6));
  const wanted = values.reduce((product, x) => product * x, 1);
  const product = (x: Tensor) => prod(x) as Tensor;
  for (const f of [product, compile(product)]) {
    assert.ok(Math.abs(f(tensor(values, { dtype: "float32" })).item() - wanted) <= 1e-7 * wanted);
  }
});

test("gradients of float32 products whose parts leave its range", () => {
  const cases = [
    [1e20, 1e20, 1e-20, 1e-20],
    [1e30, 1e30, 1e-30, 1e-30],
    [1e-30, 1e-30, 1e30, 1e30],
    [1e-30, 1e30, 1e30, 1e-30],
  ];
  for (const values of cases.map((own) => own.map(Math.fround))) {
    const x = tensor(values, { dtype: "float32" });
    const wanted = values.map((_, i) => values.reduce((product, y, j) => (j === i ? product : product * y), 1));
    const forms: Op[] = [
      (x) => prod(x) as Tensor,
      (x) => prod(x.reshape([2, 2])) as Tensor,
      (x) => cumprod(x as Tensor<[4]>).slice([3]) as Tensor,
    ];
    for (const f of forms) {
      const slope = grad(f as (x: Tensor) => Tensor<[]>);
      for (const own of [slope, compile(slope)]) {
        own(x).data.forEach((value: number, i: number) => {
          const expected = wanted[i] as number;
          assert.ok(Math.abs(value - expected) <= 1e-6 * expected, `${values}: ${value} is not ${expected}`);
        });
      }
    }
  }
});

test("all numbers of float16 stay, and what is between two goes to the nearer or the even one", () => {
  const halves = Array.from({ length: 1 << 16 }, (_, bits) => half(bits));
  const middles = halves.flatMap((low, bits) => {
    if (!Number.isFinite(low)) return [];
    const next = Math.abs(low) === 65504 ? Math.sign(low) * 65536 : (halves[bits + 1] as number);
    return [(low + next) / 2];
  });
  const others = [-(2 ** -1074), 2 ** -26, 1.5 * 2 ** -25, 1e300, -1e300];
  for (const [dtype, unit] of [
    ["float64", 2 ** -52],
    ["float32", 2 ** -23],
  ] as const) {
    const beside = middles.flatMap((middle) => [middle, middle * (1 - unit), middle * (1 + unit)]);
    const x = tensor([...halves, ...beside, ...others], { dtype }) as Tensor;
    const expected = Array.from(x.data, nearestHalf);
    for (const f of [roundToFloat16, compile(roundToFloat16)]) {
      const found = Array.from((f(x) as Tensor).data);
      assert.is(found.length, expected.length);
      const wrong = found.findIndex((value, i) => !Object.is(value, expected[i]));
      assert.is(wrong, -1, `${dtype}: ${x.data[wrong]} is ${found[wrong]}, not ${expected[wrong]}`);
    }
  }
  assert.is(roundToFloat16(0.1).item(), nearestHalf(0.1));
  const slope = grad((x: Tensor) =>
    x
      .roundToFloat16()
      .mul(tensor([2, 3, 4]))
      .sum(),
  );
  for (const f of [slope, compile(slope)])
    assert.equal(f(tensor([0.1, 1e6, Number.NaN]) as Tensor).toArray(), [2, 3, 4]);
});

test.run();
