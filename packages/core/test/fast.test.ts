import { test } from "uvu";
import * as assert from "uvu/assert";
import { observePrograms, programObserver } from "../src/compile/run/observer.js";
import { gains } from "../src/fast/gains.js";
import { useFastKernels, withPlainKernels } from "../src/fast/index.js";
import {
  compile,
  compileSupport,
  elementwise,
  full,
  grad,
  noGrad,
  type Tensor,
  tensor,
  variable,
} from "../src/index.js";
import { Random } from "../src/random/random.js";
import { table } from "./op-table.js";
import { agrees, gradientsOf, inAnyDType, tolerance, unitsOf } from "./support/compiled.js";
import { thrownBy } from "./support/numbers.js";
import { forAll, near } from "./support/property.js";
import { constant, isDifferentiable, nameOf } from "./support/tensors.js";

// Eager ops by compiled kernels against the same ops by the plain loops.

/** Runs `f` with fast kernels for all sizes, made at once, and says how many programs were made. */
function fastly<R>(
  f: () => R,
  options: Parameters<typeof useFastKernels>[0] = { least: 0, after: 0 },
): { made: number; result: R } {
  const before = programObserver();
  let made = 0;
  observePrograms((program) => {
    made++;
    return before?.(program) ?? null;
  });
  assert.is(useFastKernels(options), compileSupport().missing);
  try {
    const result = f();
    return { made, result };
  } finally {
    useFastKernels({ kernels: "plain" });
    observePrograms(before);
  }
}

let rows = 0;
for (const row of table) {
  const name = nameOf(row);
  const isFast = (inputs: readonly Tensor[], setting: unknown) => {
    const node = noGrad(() => row.node?.(setting));
    return node !== undefined && gains(node, inputs);
  };

  test(`${name}: as by the plain loops, and its gradients`, () => {
    let met = false;
    forAll(inAnyDType(row), 6 * row.dtypes.length, ({ dtype, drawn }) => {
      const inputs = drawn.operands.map((operand) => constant(operand, dtype));
      if (!isFast(inputs, drawn.setting)) return;
      const f = () => row.call(inputs, drawn.setting);
      const expected = f();
      const { made, result } = fastly(f);
      met ||= made > 0;
      assert.equal(result.shape, expected.shape);
      assert.is(result.dtype, expected.dtype);
      agrees(result, expected, unitsOf(name), `${name} in ${dtype}`);
      if (!isDifferentiable(row, drawn) || (dtype !== "float64" && dtype !== "float32")) return;
      const which = drawn.operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
      const slopes = () => gradientsOf((...given) => row.call(given, drawn.setting), inputs, which);
      const plain = slopes();
      fastly(slopes).result.forEach((g, i) => {
        near(g.data, (plain[i] as Tensor).data, tolerance[dtype], `${name}, gradient ${i} in ${dtype}`);
      });
    });
    if (met) rows++;
  });
}

test("functions of elements, convolutions, pooling, sorting and softmax run fast kernels", () => {
  assert.ok(rows > 30, `${rows} rows`);
});

const x = new Random(3).uniform([100, 50]);

test("a kernel is made once for each op, its settings, shapes and dtypes; no graph is kept by it", () => {
  const { made } = fastly(() => {
    for (let i = 0; i < 3; i++) x.exp();
    x.softmax();
    x.softmax(0);
    x.softmax(0);
    x.transpose().exp();
    x.cast("float32").exp();
    x.add(1).mul(2).sum();
  });
  assert.is(made, 5);
});

test("from `least` elements on, and by default not for small tensors", () => {
  assert.is(fastly(() => [x.exp(), tensor([1, 2]).exp(), tensor(1).exp()], { after: 0 }).made, 1);
  assert.is(fastly(() => x.exp(), { least: 5001, after: 0 }).made, 0);
  assert.is(fastly(() => x.exp(), { least: 5000, after: 0 }).made, 1);
});

test("what the kernels keep is bounded, and made anew", () => {
  const twice = () => {
    x.exp();
    x.exp();
    x.log();
    x.exp();
  };
  assert.is(fastly(twice, { least: 0, after: 0, memory: 2 ** 28 }).made, 2);
  assert.is(fastly(twice, { least: 0, after: 0, memory: 100_000 }).made, 3);
});

test("plain again, for a while or for good, also after an error", () => {
  const { made } = fastly(() => {
    withPlainKernels(() => x.exp());
    assert.throws(() =>
      withPlainKernels(() => {
        throw new Error("stop");
      }),
    );
    x.exp();
    useFastKernels({ kernels: "plain" });
    x.log();
  });
  assert.is(made, 1);
});

test("a kernel is made for shapes that come again, and not where each call has others", () => {
  assert.is(fastly(() => x.exp(), {}).made, 0);
  assert.is(fastly(() => [x.exp(), x.exp(), x.exp()], {}).made, 1);
  assert.is(fastly(() => [x.exp(), x.exp(), x.exp()], { after: 2 }).made, 1);
  const other = (i: number) => full([5000 + i], 1).exp();
  assert.is(fastly(() => Array.from({ length: 50 }, (_, i) => other(i)), {}).made, 0);
});

test("a kernel that there is no memory for is left alone", () => {
  const [plain, { result }] = [x.exp(), fastly(() => [x.exp(), x.exp()], { after: 0, memory: 1000 })];
  for (const each of result) assert.equal(each.data, plain.data);
});

test("a result that is one number of many runs a fast kernel", () => {
  const { made, result } = fastly(() => [x.std(), x.logSumExp()], { after: 0 });
  assert.is(made, 2);
  near([result[0]?.item() ?? 0, result[1]?.item() ?? 0], [x.std().item(), x.logSumExp().item()], 1e-13, "values");
});

test("an op of one's own over elements is computed by its formula as that is at each call", () => {
  let factor = 1;
  const scaled = elementwise("ScaledExp", {
    forward: (k, x) => k.mul(k.exp(x), factor),
    backward: [(k, dout, _x, z) => k.mul(dout, z)],
  });
  const { result } = fastly(() => {
    const before = scaled(x);
    factor = 10;
    return [before, scaled(x)] as const;
  });
  near(result[1].data, result[0].mul(10).data, 1e-15, "values");
});

test("what is done later is refused where the plain loops are pinned", () => {
  const later = (f: unknown) => thrownBy(() => withPlainKernels(f as () => unknown));
  for (const f of [async () => 1, () => Promise.resolve(1), function* () {}])
    assert.match(later(f), /^GraphError: withPlainKernels: /);
});

test("variables, gradients, and functions that are compiled as a whole", () => {
  const w = variable(x);
  const slope = () => {
    w.zeroGrad();
    w.exp().mul(w.tanh()).sum().backward();
    return w.grad as Tensor;
  };
  const expected = slope();
  near(fastly(slope).result.data, expected.data, 1e-14, "gradient");
  const g = (y: Tensor) => grad((z: Tensor) => z.exp().sin().sum())(y);
  near(fastly(() => g(x)).result.data, g(x).data, 1e-13, "grad");
  const step = compile(() => w.assign(w.exp().log()));
  const { made } = fastly(() => {
    step();
    return w.exp();
  });
  assert.is(made, 2);
});

test("an index out of range is the same error", () => {
  const indices = full([60, 50], 100, { dtype: "int32" });
  const misuse = () => x.gather(indices, 0);
  const error = thrownBy(misuse);
  assert.match(error, /^ShapeError: Gather/);
  assert.is(
    thrownBy(() => fastly(misuse)),
    error,
  );
});

test("what it does not know is refused, and changes nothing", () => {
  const wrong = useFastKernels as (...args: unknown[]) => unknown;
  const { made } = fastly(() => {
    for (const [given, message] of [
      [{ kernel: "fast" }, /ChainruleError: useFastKernels: unknown option kernel/],
      [{ kernels: "slow" }, /ChainruleError: useFastKernels: kernels "slow": there are "fast" and "plain"/],
      [{ least: -1 }, /ChainruleError: useFastKernels: least -1: a number of at least 0 is needed/],
      [{ memory: "1" }, /ChainruleError: useFastKernels: memory "1": a number of at least 0 is needed/],
    ] as const) {
      assert.match(
        thrownBy(() => wrong(given)),
        message,
      );
    }
    x.exp();
  });
  assert.is(made, 1);
});

test.run();
