import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  arange,
  argMax,
  ChainruleError,
  CompileError,
  checkpoint,
  clipByValue,
  compile,
  concat,
  customGradient,
  type DType,
  eye,
  full,
  grad,
  hessian,
  indexAdd,
  jacobian,
  jvp,
  maxPool1d,
  oneHot,
  pow,
  Random,
  roll,
  scatterAdd,
  slice,
  split,
  stack,
  stopGradient,
  Tensor,
  tensor,
  tensorsIn,
  valueAndGrad,
  variable,
  vjp,
  where,
  zeros,
} from "../src/index.js";
import { near } from "./support/property.js";

// What a compiled function may be given, and gives: a number means inside of it what it means in eager mode.

/** Calls what the types forbid: a number, or a flag, where a tensor is declared. */
type Form = (x: Tensor, n: number, dtype: DType) => unknown;

const indices = tensor([0, 2], { dtype: "int32" });
const own = (dtype: DType) => tensor([1, 2, 3], { dtype }) as Tensor;

/** Where a number may meet a tensor, or shape a program. */
const forms: Readonly<Record<string, Form>> = {
  ...Object.fromEntries(
    (
      [
        "add sub mul div pow maximum minimum mod hypot atan2 equal notEqual less lessEqual greater greaterEqual",
        "leakyRelu elu",
      ]
        .join(" ")
        .split(" ") as ("add" | "equal")[]
    ).map((name): [string, Form] => [name, (x, n) => x[name](n)]),
  ),
  "number first": (x, n) => pow(2, n).mul(x),
  "numbers alone": (_, n) => [pow(2, n), pow(n, 2).add(n)],
  where: (x, n) => where(x.greater(1), x, n),
  clamp: (x, n) => x.clamp(-n, n),
  tensor: (_, n, dtype) => tensor([n, 1], { dtype }),
  full: (_, n, dtype) => full([2], n, { dtype }),
  "constant of the dtype": (x, n) => x.constant(n),
  indexAdd: (x, n) => indexAdd(x, indices, n),
  "indexAdd, where": (x, n) => indexAdd(x, n, x.slice([0])),
  scatterAdd: (x, n) => scatterAdd(x, indices, n, 0),
  stack: (x, n) => stack([x.slice([0]), n]),
  concat: (x, n) => concat([x, full([1], n, { dtype: x.dtype })]),
  "seed of pullback": (x, n) => vjp((p: Tensor) => p.square(), [x]).pullback(n)[0],
  "seed of backward": (x, n, dtype) => {
    const w = variable([1, 2, 3], { dtype });
    w.mul(x).backward({ seed: n });
    return w.grad;
  },
  tangents: (_, n) => jvp((p: Tensor) => p.square(), [n], [n]),
  "tangent of a scalar": (x, n) => jvp((p: Tensor) => p.square(), [x.sum()], [n]),
  "derivatives at a number": (x, n) => [
    grad((p: Tensor) => p.square())(n),
    grad((p: Tensor) => p.cast(x.dtype).mul(x).sum())(n),
    valueAndGrad(({ p }: { p: Tensor }) => p.square())({ p: n }),
    hessian((p: Tensor) => p.square().mul(p), n as never),
    jacobian((p: Tensor) => p.mul(x.cast("float64")), n as never),
    stopGradient(n),
  ],
  "another argument of a gradient": (x, n) => grad((p: Tensor, k: number) => p.mul(k).sum())(x, n),
  "customGradient, checkpoint": (x, n) => [
    customGradient((p: Tensor) => p.mul(2), [(dout) => dout.mul(n)])(n),
    checkpoint((p: Tensor) => p.mul(x.cast("float64")), n),
  ],
  clipByValue: (x, n) => clipByValue(x, n),
  "assign to a scalar": (_, n, dtype) => {
    const own = states.scalar[dtype as "float64"];
    own.assign(n);
    return own.mul(2);
  },
  "assign a list": (_, n, dtype) => {
    const own = states.vector[dtype as "float64"];
    own.assign([n, n]);
    return own.mul(n);
  },
  "a gradient": (x, n, dtype) => {
    const w: Tensor = states.variable[dtype as "float64"] ?? variable(1, { dtype });
    w.grad = x.constant(n);
    return w.grad;
  },
  arange: (_, n) => arange(n),
  eye: (_, n) => eye(n),
  zeros: (_, n) => zeros([n, 2]),
  roll: (x, n) => roll(x, n),
  "roll, axis": (x, n) => roll(x, 1, n),
  flip: (x, n) => x.reshape([1, 3]).flip(n),
  argMax: (x, n) => argMax(x.reshape([1, 3]), n),
  slice: (x, n) => slice(x, [[0, n]]),
  "slice, an index": (x, n) => x.slice([n]),
  split: (x, n) => split(x, n),
  take: (x, n) => x.take(n),
  "take, a list": (x, n) => x.take([n, 0]),
  gather: (x, n) => x.gather(tensor([n], { dtype: "int32" }), 0),
  oneHot: (_, n) => oneHot(indices, n),
  tile: (x, n) => x.tile([n]),
  topK: (x, n) => x.topK(n),
  reshape: (x, n) => x.reshape([n, 3]),
  broadcastTo: (x, n) => x.broadcastTo([n, 3]),
  expandDims: (x, n) => x.expandDims(n),
  squeeze: (x, n) => x.reshape([1, 3]).squeeze(n),
  sum: (x, n) => x.reshape([1, 3]).sum(n),
  softmax: (x, n) => x.softmax(n),
  cumsum: (x, n) => x.cumsum(n),
  sort: (x, n) => x.sort(n),
  "norm of an order": (x, n) => x.norm({ ord: n as 1 }),
  "variance, correction": (x, n) => x.variance({ correction: n }),
  pad: (x, n) => x.pad([[1, 2]], n),
  "pad, a width": (x, n) => x.pad([[n, 1]]),
  diagonal: (x, n) => x.outer(x).diagonal({ offset: n }),
  triangle: (x, n) => x.outer(x).tril(n),
  maxPool1d: (x, n) => maxPool1d(x.reshape([1, 1, 3]), { kernel: n }),
  "random numbers": (x, n) => [new Random(n).normal([2]), new Random(1).fork(n).uniform([2]), x],
  "a range of random numbers": (_, n) => new Random(1).uniform([3], { low: n, high: 5 }),
  "a flag": (x, n) => (n ? x.add(x) : x),
  "a flag turned": (x, n) => (!n ? x.add(x) : x),
  "a default": (x, n) => x.mul(n || 5),
  "a default where there is none": (x, n) => x.mul(n ?? 5),
  "a comparison": (x, n) => [n === 3 ? x.add(x) : x, n > 0 ? 1 : 2, Object.is(n, -0)],
  "a choice": (x, n) => {
    switch (n) {
      case 3:
        return x.add(x);
      case 0:
        return x.sub(x);
      default:
        return [];
    }
  },
  "a count": (x, n) => {
    let y = x;
    for (let i = 0; i < Math.min(n, 4); i++) y = y.add(x);
    return y;
  },
  "an index of JavaScript": (x, n) => [[x, x.add(x)][n] ?? null],
  "arithmetic of JavaScript": (x, n) => x.mul(2 ** n + 1),
  "a result": (_, n) => ({ n, list: [n, `${n}`, typeof n] }),
};

/** What forms assign to, for each dtype one. */
const states = {
  scalar: { float64: tensor(0), float32: tensor(0, { dtype: "float32" }), int32: tensor(0, { dtype: "int32" }) },
  vector: {
    float64: tensor([0, 0]),
    float32: tensor([0, 0], { dtype: "float32" }),
    int32: tensor([0, 0], { dtype: "int32" }),
  },
  variable: { float64: variable(1), float32: variable(1, { dtype: "float32" }) },
};

/** What a call gives, or throws. */
function outcome(f: () => unknown): { readonly given?: unknown; readonly thrown?: string } {
  try {
    return { given: f() };
  } catch (error) {
    const { name, message } = error as Error;
    return { thrown: `${name}: ${message}` };
  }
}

function assertSame(actual: unknown, expected: unknown, what: string): void {
  if (expected instanceof Tensor) {
    assert.instance(actual, Tensor, what);
    const got = actual as Tensor;
    assert.equal([got.dtype, got.shape], [expected.dtype, expected.shape], what);
    near(got.data, expected.data, expected.dtype === "float64" ? 1e-14 : 1e-6, what);
  } else if (typeof expected === "object" && expected !== null) {
    assert.equal(Object.keys(actual as object), Object.keys(expected), what);
    for (const [key, value] of Object.entries(expected)) {
      assertSame((actual as Record<string, unknown>)[key], value, `${what}.${key}`);
    }
  } else assert.ok(Object.is(actual, expected), what);
}

/** No more than eight: see below. */
const given: readonly (readonly [DType, readonly number[]])[] = [
  ["float64", [3, 0, 1, -0, -1, 2.5, Number.NaN, Infinity]],
  ["float32", [3, 0, -1, 0.1, Number.NaN]],
  ["int32", [3, 0, 1, -1, 2.5]],
];

for (const [name, form] of Object.entries(forms)) {
  test(`a number in a compiled function is that number: ${name}`, () => {
    let values = 0;
    for (const [dtype, numbers] of given) {
      const f = (x: Tensor, n: number) => form(x, n, dtype);
      const compiled = compile(f);
      for (const n of numbers) {
        const what = `${dtype}, ${Object.is(n, -0) ? "-0" : n}`;
        const [expected, actual] = [outcome(() => f(own(dtype), n)), outcome(() => compiled(own(dtype), n))];
        assert.is(actual.thrown, expected.thrown, what);
        assertSame(actual.given, expected.given, what);
        if (expected.thrown === undefined) values++;
        else assert.not.match(expected.thrown, /^(TypeError|CompileError)/, what);
      }
    }
    assert.ok(values > 0, "nothing but errors");
  });
}

/** How often a function was traced, beside what it gives. */
function counted<Args extends readonly unknown[], R>(f: (...args: Args) => R, options = {}) {
  const traces = { count: 0 };
  const compiled = compile((...args: Args) => {
    traces.count++;
    return f(...args);
  }, options);
  return { compiled, traces };
}

test("eight values of a number in one place, each with a program of its own; the ninth is told to be a tensor", () => {
  const { compiled, traces } = counted((x: Tensor, rates: readonly number[], on: boolean) =>
    on ? x.mul(rates[0] ?? 0) : x.add(rates[1] ?? 0),
  );
  const [x, long] = [tensor([1]), tensor([1, 1])];
  for (const rate of [0, -0, Number.NaN, 1, Infinity, 0.1, 0.1 + Number.EPSILON, -1]) {
    for (const _ of [1, 2]) assert.ok(Object.is(compiled(x, [rate, 5], true).data[0], rate), String(rate));
  }
  assert.is(traces.count, 8);
  const tooMany = (rate: number) =>
    assert.throws(
      () => compiled(x, [rate, 5], true),
      (error: Error) =>
        error instanceof CompileError && /argument 1\[0\] is the number 7.*tensor\(k\)/.test(error.message),
    );
  for (const _ of [1, 2]) tooMany(7);
  assert.is(traces.count, 8, "and is not traced");
  assert.equal(compiled(long, [1, 6], false).toArray(), [7, 7], "known values, and other arguments beside them, go on");
  assert.equal(compiled(x, [0, 5], true).toArray(), [0], "also those whose program was dropped");
  compiled.clear();
  assert.equal(compiled(x, [7, 5], true).toArray(), [7], "and nothing is known behind clear()");
  assert.equal(
    counted((t: Tensor, k: Tensor) => t.mul(k))
      .compiled(x, tensor(7))
      .toArray(),
    [7],
  );
});

test("values of a call that fails do not count, and places are counted each for itself", () => {
  const { compiled } = counted((x: Tensor, at: { a: number; b?: number }) => x.reshape([at.a, at.b ?? 1]));
  const x = zeros([4]);
  for (let n = 5; n < 20; n++) assert.throws(() => compiled(x, { a: n }), /reshape|Reshape/);
  for (const [a, b] of [
    [4, 1],
    [2, 2],
    [1, 4],
  ] as const)
    assert.equal(compiled(x, { a, b }).shape, [a, b]);
  for (let n = 1; n <= 7; n++) assert.equal(compiled(zeros([n]), { a: n }).shape, [n, 1]);
});

test("a text is not the number that it shows, nor one structure another", () => {
  const { compiled, traces } = counted((x: Tensor, setting: unknown) => [x, typeof setting, JSON.stringify(setting)]);
  const settings = [1, "1", true, "true", null, "null", undefined, [1], ["1"], { 1: 1 }, [[1]], [], {}, [[], 1], [[1]]];
  for (const setting of settings) {
    assert.equal(compiled(tensor(1), setting).slice(1), [typeof setting, JSON.stringify(setting)]);
  }
  assert.is(traces.count, settings.length - 1);
});

test("forms of arguments: what is alike has one program, whichever was used in between", () => {
  const [a, b] = [new Random(1), new Random(2)];
  const forms: readonly (readonly unknown[])[] = [
    [0],
    [-0],
    [Number.NaN],
    [undefined],
    [],
    [tensor(1)],
    [tensor([1])],
    [tensor([[1]])],
    [tensor([1], { dtype: "float32" })],
    [tensor(1), undefined],
    [[tensor(1)]],
    [{ p: tensor(1) }],
    [{ 0: tensor(1) }],
    [{ p: tensor(1), q: tensor(1) }],
    [{ q: tensor(1), p: tensor(1) }],
    [a, a],
    [a, b],
    [[a], [a]],
    [null],
  ];
  const { compiled, traces } = counted((...args: unknown[]) => JSON.stringify(args.map((x) => typeof x)), {
    cacheSize: forms.length,
  });
  for (const round of [1, 2, 3]) {
    for (const form of round === 2 ? [...forms].reverse() : forms) {
      assert.is(compiled(...form), JSON.stringify(form.map((x) => typeof x)));
    }
    assert.is(compiled.cached, forms.length);
  }
  assert.is(traces.count, forms.length);
});

test("a number where the function means a tensor: its error, and what to do", () => {
  const f = compile((x: Tensor, scale: Tensor) => scale.mul(x).sum());
  const g = f as unknown as (x: Tensor, scale: number) => Tensor;
  assert.throws(
    () => g(tensor([1]), 3),
    (error: Error) =>
      error instanceof CompileError &&
      error.cause instanceof TypeError &&
      /is not a function.*argument 1 is the number 3.*give tensor\(3\)/.test(error.message),
  );
  assert.is(f(tensor([1]), tensor(3)).item(), 3);
  assert.throws(() => compile((x: Tensor) => (x as unknown as { foo(): Tensor }).foo())(tensor(1)), TypeError);
});

test("structures without end, or that contain themselves, are refused by name wherever a structure is given", () => {
  const nested = (depth: number, end: unknown, wrap: (inner: unknown) => unknown) => {
    let value = end;
    for (let i = 0; i < depth; i++) value = wrap(value);
    return value;
  };
  const array: unknown[] = [];
  array.push(tensor(1), array);
  const record: Record<string, unknown> = { a: tensor(1) };
  record["b"] = { c: [record] };
  const endless: readonly (readonly [value: unknown, what: RegExp])[] = [
    [array, /contains itself/],
    [record, /contains itself/],
    [nested(20_000, tensor(1), (inner) => [inner]), /is nested more than 500 deep/],
    [nested(20_000, tensor(1), (inner) => ({ inner })), /is nested more than 500 deep/],
    [nested(1000, array, (inner) => [inner]), /is nested more than 500 deep/],
  ];
  const loose = (f: unknown) => f as (...args: unknown[]) => unknown;
  const takers: Readonly<Record<string, (value: unknown) => unknown>> = {
    argument: (value) => compile((x: unknown) => [x, 1])(value),
    program: (value) => compile((x: unknown) => [x, 1]).program(value),
    result: (value) => compile(() => value)(),
    grad: (value) => loose(grad(() => tensor(1)))(value),
    valueAndGrad: (value) => loose(valueAndGrad(() => tensor(1)))(value),
    vjp: (value) => loose(vjp)(() => tensor(1), [value]),
    jvp: (value) => loose(jvp)(() => tensor(1), [value], [value]),
    tangents: (value) => loose(jvp)(() => tensor(1), [tensor(1)], value),
    stopGradient,
    clipByValue: (value) => clipByValue(value, 1),
    tensorsIn,
  };
  for (const [name, take] of Object.entries(takers)) {
    for (const [value, what] of endless) {
      assert.throws(
        () => take(value),
        (error: Error) => error instanceof ChainruleError && what.test(error.message) && error.message.length < 300,
        name,
      );
    }
  }
  const deep = nested(300, tensor(1), (inner) => [inner]);
  assert.equal(JSON.stringify(compile((x: unknown) => x)(deep)), JSON.stringify(deep));
  const shared = [tensor(1)];
  assert.is(compile((x: Tensor[][]) => x.flat().length)([shared, shared]), 2, "what stands in two places is no circle");
});

test.run();
