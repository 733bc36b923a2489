import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  CompileError,
  checkpoint,
  clipGradNorm,
  compile,
  customGradient,
  customOp,
  detectAnomaly,
  elementwise,
  GraphError,
  grad,
  hessian,
  jvp,
  Random,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  zeros,
} from "../src/index.js";
import { near } from "./support/property.js";

// What compile(f) is to its users: the same numbers as f, and state that lives on.

const checked = { verify: true } as const;

const throwsA = (kind: abstract new (...args: never[]) => Error, f: () => unknown) =>
  assert.throws(f, (error: unknown) => error instanceof kind);

test("arguments and results are tensors, numbers, and arrays and records of them", () => {
  const f = compile(
    ({ x, pair: [y, z] }: { x: Tensor; pair: [Tensor, Tensor] }, scale: number, isMean: boolean) => ({
      sum: x.add(y).mul(scale),
      list: [isMean ? z.mean() : z.sum(), 7] as const,
      nothing: undefined,
    }),
    checked,
  );
  const args = { x: tensor([1, 2]), pair: [tensor([3, 4]), tensor([[1, 2, 3]])] as [Tensor, Tensor] };
  const { sum, list, nothing } = f(args, 10, false);
  assert.equal(sum.toArray(), [40, 60]);
  assert.is(list[0].item(), 6);
  assert.is(list[1], 7);
  assert.is(nothing, undefined);
  assert.is(f(args, 2, true).list[0].item(), 2, "a constant argument makes a program of its own");
  assert.equal(f(args, 3, false).sum.toArray(), [12, 18], "and so does a number");
  assert.is(f.cached, 3);
});

test("gradients of any order inside", () => {
  const cube = (x: Tensor) => x.mul(x).mul(x);
  assert.is(compile(grad(grad(grad(cube))), checked)(tensor(5)).item(), 6);
  const rosenbrock = (p: Tensor) => {
    const [x, y] = [p.slice([0]), p.slice([1])];
    return y.sub(x.square()).square().mul(100).add(x.sub(1).square());
  };
  assert.equal(compile((p: Tensor) => hessian(rosenbrock, p), checked)(tensor([1, 1])).toArray(), [
    [802, -400],
    [-400, 200],
  ]);
  const { value, tangent } = compile((x: Tensor, v: Tensor) => jvp((y: Tensor) => y.square(), [x], [v]), checked)(
    tensor([1, 2]),
    tensor([1, 10]),
  );
  assert.equal(value.toArray(), [1, 4]);
  assert.equal(tangent.toArray(), [2, 40]);
});

test("variables live in the program: updated in place, read and written on demand", () => {
  const w = variable([1, 2, 3], { name: "w" });
  const step = compile((x: Tensor) => {
    const { value, gradient } = valueAndGrad((p: Tensor) => p.sub(x).square().sum())(w);
    w.assign(w.sub(gradient.mul(0.25)));
    return value;
  }, checked);
  const x = tensor([0, 0, 0]);
  assert.is(step(x).item(), 14);
  assert.equal(w.toArray(), [0.5, 1, 1.5]);
  assert.is(step(x).item(), 3.5);
  const before = w.detach();
  w.assign([8, 8, 8]);
  assert.is(step(x).item(), 192, "new values from outside are taken");
  assert.equal(before.toArray(), [0.25, 0.5, 0.75], "what was read keeps its values");
  assert.equal(w.add(0).toArray(), [4, 4, 4], "eager ops read them, too");
  assert.is(w.version, 5, "three runs, an assignment, and one while it was traced: none is given twice");
  const other = compile((y: Tensor) => y.add(w), checked);
  step(x);
  assert.equal(other(x).toArray(), [2, 2, 2], "and other programs");
});

test("tensors exchange their values; an old value is returned", () => {
  const [a, b] = [variable([1, 2]), variable([3, 4])];
  const swap = compile(() => {
    const old = a.mul(1);
    const kept = a.detach();
    a.assign(b);
    b.assign(old);
    return kept;
  }, checked);
  assert.equal(swap().toArray(), [1, 2]);
  assert.equal(
    [a.toArray(), b.toArray()],
    [
      [3, 4],
      [1, 2],
    ],
  );
  assert.equal(swap().toArray(), [3, 4]);
});

test("what was computed from old values is not computed from new ones", () => {
  const w = variable([0.1, 0.2, 0.3]);
  const f = compile((x: Tensor) => {
    const before = w.tanh();
    w.assign(x.sin());
    return [before.square(), before.neg()];
  }, checked);
  const expected = w.tanh().neg().toArray();
  near(f(tensor([1, 2, 3]))[1]?.data ?? [], expected, 1e-15, "of the old values");
  near(w.data, tensor([1, 2, 3]).sin().data, 1e-15, "the new values");
});

test("gradients left in .grad are there after each call; those from before are not added to unseen", () => {
  const w = variable([1, 2]);
  const run = compile((x: Tensor) => w.mul(x).sum().backward(), checked);
  run(tensor([3, 4]));
  assert.equal(w.grad?.toArray(), [3, 4]);
  assert.throws(
    () => run(tensor([1, 1])),
    (error: Error) => error instanceof GraphError && /zeroGrad/.test(error.message),
  );
  w.zeroGrad();
  run(tensor([1, 1]));
  assert.equal(w.grad?.toArray(), [1, 1]);
  const fresh = compile((x: Tensor) => {
    w.zeroGrad();
    w.mul(x).sum().backward();
    w.mul(x).sum().backward();
  }, checked);
  for (const _ of [0, 1]) {
    fresh(tensor([1, 2]));
    assert.equal(w.grad?.toArray(), [2, 4]);
  }
});

test("numbers and arrays assigned inside are constants of the program", () => {
  const [w, s] = [variable([1, 2]), variable(3)];
  const f = compile(() => {
    w.assign(w.add(1));
    w.assign([5, 6]);
    s.assign(4);
    return w.mul(s);
  }, checked);
  assert.equal(f().toArray(), [20, 24]);
  assert.equal([w.toArray(), s.item()], [[5, 6], 4]);
});

test("random numbers are those of eager mode, and others at each call", () => {
  const f = (random: Random): Tensor[] => [random.uniform([5]), random.normal([3], { dtype: "float32" })];
  const [eager, program] = [new Random(7), new Random(7)];
  const compiled = compile(f, checked);
  for (let i = 0; i < 3; i++) {
    const expected = f(eager).map((t) => t.toArray());
    assert.equal(
      compiled(program).map((t) => t.toArray()),
      expected,
    );
  }
  assert.is(program.generator.position, eager.generator.position);
  const outside = new Random(1);
  const closed = compile(() => outside.fork(2).integers([4], { high: 10 }), checked);
  assert.equal(closed().toArray(), new Random(1).fork(2).integers([4], { high: 10 }).toArray());
  assert.equal(closed().toArray(), closed().toArray(), "a fork begins anew");
  const twice = (p: Random, q: Random): Tensor[] => [p.uniform([3]), q.uniform([3])];
  const both = compile(twice, checked);
  const [one, other] = [new Random(1), new Random(1)];
  assert.equal(
    both(one, one).map((t) => t.toArray()),
    twice(other, other).map((t) => t.toArray()),
    "one source given twice goes on",
  );
  assert.not.equal(...(both(new Random(1), new Random(2)).map((t) => t.toArray()) as [unknown, unknown]));
  const closing = compile((p: Random) => [p.uniform([1]), outside.uniform([1])]);
  closing(new Random(3));
  assert.throws(() => closing(outside), /one random source is an argument/);
  assert.throws(() => compile(() => tensor(outside.state().position))(), /generator.state would be of use once/);
  const seeded = compile(() => new Random(5).permutation(6), checked);
  assert.equal(seeded().toArray(), new Random(5).permutation(6).toArray());
});

test("other shapes and dtypes trace again, and the cache is bounded", () => {
  let traced = 0;
  const f = compile(
    (x: Tensor) => {
      traced++;
      return x.sum();
    },
    { cacheSize: 2 },
  );
  for (const n of [1, 2, 1, 2]) assert.is(f(tensor(new Float64Array(n).fill(1))).item(), n);
  assert.is(traced, 2);
  f(tensor(new Float32Array(1)));
  assert.is(f.cached, 2);
  f(tensor([1, 1]));
  assert.is(traced, 3, "the one that was used last is still there");
  f(tensor([1]));
  assert.is(traced, 4);
  f.clear();
  assert.is(f.cached, 0);
  throwsA(CompileError, () => compile((x: Tensor) => x, { cacheSize: 0 }));
});

test("a dropped program leaves the values of its variables behind", () => {
  const w = variable([1, 2]);
  const f = compile((x: Tensor) => {
    w.assign(w.add(x));
  });
  f(tensor([1, 1]));
  f.clear();
  assert.ok(w.values instanceof Float64Array, "in an array of its own");
  assert.equal(w.toArray(), [2, 3]);
});

test("inputs are written straight into the program's memory", () => {
  const program = compile((x: Tensor, s: Tensor) => x.mul(s).sum()).program(zeros([3]), tensor(2));
  const [x, s] = program.inputs as [Float64Array, Float64Array];
  x.set([1, 2, 3]);
  s[0] = 10;
  assert.is(program.run().item(), 60);
  assert.is(program.inputs[0], x);
  s[0] = 1;
  program.execute();
  assert.equal(program.outputs, [Float64Array.of(6)]);
  assert.throws(() => program.run(new Random(1)), /takes 0 random sources.*got 1/);
});

test("ops of one's own: by elements, as a composition, and those that cannot be compiled", () => {
  const cube = elementwise("Cube", {
    forward: (k, x) => k.mul(x, k.mul(x, x)),
    backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
  });
  assert.equal(
    compile(
      grad((x: Tensor) => cube(x).sum()),
      checked,
    )(tensor([1, 2])).toArray(),
    [3, 12],
  );
  const reversed = customGradient((x: Tensor) => x.mul(2), [(dout) => dout.neg()]);
  assert.is(
    compile(
      grad((x: Tensor) => reversed(x)),
      checked,
    )(tensor(3)).item(),
    -1,
  );
  const segment = (x: Tensor) => checkpoint((y) => y.sin().exp(), x).sum();
  assert.equal(compile(grad(segment), checked)(tensor([0, 0])).toArray(), grad(segment)(tensor([0, 0])).toArray());
  const length = customOp("Length", {
    arity: 1,
    shape: () => [],
    forward: (out, x) => out.set([Math.hypot(...x.data)]),
    backward: [(dout, x, z) => dout.mul(x.div(z))],
  });
  assert.throws(
    () => compile((x: Tensor) => length(x))(tensor([3, 4])),
    (error: Error) => error instanceof CompileError && /^compile: Length \[\] cannot be compiled/.test(error.message),
  );
});

test("clipping by the norm, and hooks, are part of the program", () => {
  const w = variable([3, 4]);
  const f = compile(() => {
    w.zeroGrad();
    w.square().sum().mul(0.5).backward();
    clipGradNorm([w], 1);
  }, checked);
  f();
  assert.equal(
    w.grad?.toArray().map((g) => Math.round((g as number) * 1e6) / 1e6),
    [0.6, 0.8],
  );
  assert.throws(() => compile(() => tensor(clipGradNorm([w], 1)))(), /gradient from before|not known/);
  const hooked = variable([1, 2]);
  const remove = hooked.onGradient((gradient) => gradient.mul(10));
  const g = compile(() => {
    hooked.zeroGrad();
    hooked.sum().backward();
  }, checked);
  g();
  assert.equal(hooked.grad?.toArray(), [10, 10]);
  remove();
  const inner = compile(() => {
    hooked.onGradient((gradient) => gradient.neg());
    hooked.zeroGrad();
    hooked.sum().backward();
  });
  inner();
  assert.equal(hooked.grad?.toArray(), [-1, -1]);
  hooked.zeroGrad();
  hooked.sum().backward();
  assert.equal(hooked.grad?.toArray(), [1, 1], "a hook of the program is not one of eager mode");
});

test("a long chain of views", () => {
  const f = (x: Tensor) => {
    let y = x;
    for (let i = 0; i < 3000; i++) y = y.transpose().flip(0);
    return y;
  };
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  assert.equal(compile(f, checked)(x).toArray(), f(x).toArray());
});

test("compiled functions inside of one another, and in anomaly mode, are the functions", () => {
  const inner = compile((x: Tensor) => x.log());
  assert.is(compile((x: Tensor) => inner(x).mul(2), checked)(tensor(1)).item(), 0);
  assert.throws(() => detectAnomaly(() => inner(tensor(-1))), /Log/);
});

test("equal values are computed once, and memory is used again", () => {
  const program = compile((x: Tensor) => {
    let y = x;
    for (let i = 0; i < 6; i++) y = y.matmul(x);
    return y.add(x.matmul(x)).add(x.matmul(x)).sum();
  }, checked).program(zeros([16, 16]));
  assert.is(program.print("kernels").match(/MatMul/g)?.length, 6);
  const { bytes, bytesWithoutReuse } = program.memory;
  assert.ok(bytes < 0.8 * bytesWithoutReuse, `${bytes} of ${bytesWithoutReuse}`);
});

test("what a kernel computes once is printed once, under a name", () => {
  const program = compile((x: Tensor) => Array.from({ length: 40 }).reduce((y: Tensor) => y.mul(y).add(y), x)).program(
    tensor([1, 2]),
  );
  const text = program.print("kernels");
  assert.match(
    text,
    /^0 Add: for \[2\]: v0 = add\(mul\(i0\[i0\], i0\[i0\]\), i0\[i0\]\); v1 = add\(mul\(v0, v0\), v0\); /,
  );
  assert.match(text, /; o1\[i0\] = add\(mul\(v38, v38\), v38\)$/);
});

test("every stage prints", () => {
  const program = compile((x: Tensor) => x.matmul(x.transpose()).relu().sum()).program(zeros([2, 3]));
  assert.match(program.print("graph"), /Transpose/);
  assert.match(program.print("simplified"), /MatMul/);
  assert.match(program.print("kernels"), /MatMul: t\d+ = i0 x i0, \[2, 3\] x \[3, 2\]/);
  assert.match(program.print("memory"), /bytes; without reuse \d+/);
  assert.match(program.print("module"), /kernels, \d+ bytes; traced in .* ms, compiled in .* ms, instantiated in/);
  assert.is(program.print().split("\n").length > 15, true);
});

test.run();
