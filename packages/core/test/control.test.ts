import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  arange,
  checkpoint,
  compile,
  cond,
  customGradient,
  detectAnomaly,
  fixedPoint,
  fn,
  grad,
  gradcheck,
  jvp,
  Random,
  rootOf,
  scan,
  stopGradient,
  switchCase,
  type Tensor,
  tensor,
  variable,
  vmap,
  whileLoop,
} from "../src/index.js";
import { branchRows, type ControlRow, callRows, implicitRows, scanRows } from "./support/control-rows.js";
import { thrownBy } from "./support/numbers.js";
import { near } from "./support/property.js";

/*
 * Control flow: eager mode, the compiled program and the same written out agree in values, gradients by all arguments, and second
 * derivatives; draws are the same, and leave their sources in the same places.
 */

const test = suite("control flow");

type Program = (args: readonly Tensor[], random: Random) => readonly Tensor[];

/** A scalar that depends on all floats among the results, each element with a weight of its own. */
function weighted(results: readonly Tensor[]): Tensor {
  return results
    .filter(({ dtype }) => dtype.startsWith("float"))
    .map((y) => {
      const weights = stopGradient(
        tensor(
          Array.from({ length: y.size }, (_, i) => Math.cos(i + 1)),
          { dtype: y.dtype },
        ),
      );
      return weights.reshape(y.shape).mul(y).sum().cast("float64");
    })
    .reduce((sum, next) => sum.add(next), tensor(0) as Tensor);
}

/** The gradients by all arguments that are floats, then those of the sum of their squares. */
function derivatives(run: Program, args: readonly Tensor[], seed: number): readonly Tensor[][] {
  const argument = args.flatMap(({ dtype }, i) => (dtype.startsWith("float") ? [i] : []));
  const slopes = (...at: readonly Tensor[]) =>
    grad((...own: Tensor[]) => weighted(run(own, new Random(seed))), { argument })(...at);
  const squared = (...at: Tensor[]) =>
    slopes(...at)
      .map((slope) => slope.square().sum().cast("float64"))
      .reduce((sum, next) => sum.add(next));
  return [slopes(...args) as Tensor[], grad(squared, { argument })(...args) as Tensor[]];
}

function same(actual: readonly Tensor[], expected: readonly Tensor[], what: string): void {
  assert.is(actual.length, expected.length, what);
  actual.forEach((y, i) => {
    const other = expected[i] as Tensor;
    assert.equal([y.dtype, y.shape], [other.dtype, other.shape], what);
    near(y.data, other.data, y.dtype === "float32" ? 2e-5 : 1e-9, `${what} ${i}`);
  });
}

function check({ name, run, writtenOut, args, noDerivatives }: ControlRow): void {
  test(name, () => {
    const [eager, compiled, plain] = [new Random(7), new Random(7), new Random(7)];
    const values = run(args, eager);
    same(compile(run)(args, compiled), values, "compiled");
    assert.is(compiled.generator.position, eager.generator.position, "where the draws end");
    if (writtenOut !== undefined) same(values, writtenOut(args, plain), "written out");
    if (noDerivatives !== undefined) return;
    const slopes = derivatives(run, args, 3);
    const inProgram = compile((...given: Tensor[]) => derivatives(run, given, 3))(...args);
    slopes.forEach((own, order) => {
      same(inProgram[order] as Tensor[], own, `compiled derivative of order ${order + 1}`);
    });
    if (writtenOut === undefined) return;
    const expected = derivatives(writtenOut, args, 3);
    expected.forEach((own, order) => {
      same(slopes[order] as Tensor[], own, `derivative of order ${order + 1}, written out`);
    });
  });
}

for (const row of scanRows) check({ ...row, name: `scan: ${row.name}` });
for (const row of [...branchRows, ...implicitRows, ...callRows]) check(row);

test("scan: training in a program, weights outside", () => {
  const steps = [0, 1].map((k) => {
    const v = variable([1, 2, 3]);
    const xs = tensor([[0.1, 0.2, 0.3], [0.3, -0.2, 0.5], [1, 0, -1]]); // biome-ignore format: a matrix
    const step = () => {
      v.zeroGrad();
      const loss = scan(
        (h: Tensor, x: Tensor) => [h.mul(v).add(x)],
        tensor([1, 1, 1]) as Tensor,
        xs as Tensor,
      )[0].sum();
      loss.backward();
      v.assign(v.sub((v.grad as Tensor).mul(0.01)));
      return loss;
    };
    return { v, step: k === 0 ? step : compile(step) };
  }) as { v: Tensor; step: () => Tensor }[];
  for (let i = 0; i < 3; i++) {
    const [a, b] = steps.map(({ step }) => step().item()) as [number, number];
    near([b], [a], 1e-14, "loss");
    const [left, right] = steps.map(({ v }) => v) as [Tensor, Tensor];
    near(right.data, left.data, 1e-14, "weights");
    near((right.grad as Tensor).data, (left.grad as Tensor).data, 1e-14, "gradient");
  }
});

const x = tensor([1, 2, 3]) as Tensor;
const rows = tensor([[1, 2, 3], [4, 5, 6]]) as Tensor; // biome-ignore format: a matrix
const v = variable([1, 2, 3]);
let told = 0;
const refused: readonly (readonly [what: string, call: () => unknown, message: RegExp])[] = [
  [
    "another shape",
    () => scan((c: Tensor) => [c.sum()], x, rows),
    /Error: scan: the carry has the shape \[3\] before a step, and \[\] behind/,
  ],
  [
    "another dtype",
    () => scan((c: { a: Tensor }) => [{ a: c.a.cast("float32") }], { a: x }, rows),
    /Error: scan: the carry\.a is float64 \[3\] before/,
  ],
  [
    "fewer carries",
    () => scan((c: Tensor[]) => [[c[0] as Tensor]], [x, x], rows),
    /Error: scan: a step gives a carry of 1 tensors \(\[0\]\), and took one of 2 \(\[0\], \[1\]\); /,
  ],
  [
    "lengths",
    () => scan((c: Tensor) => [c], x, [rows, x]),
    /Error: scan: xs\[1\] of shape \[3\] has 3 elements .* with xs\[0\] of shape \[2, 3\]/,
  ],
  [
    "length beside xs",
    () => scan((c: Tensor) => [c], x, rows, { length: 3 }),
    /Error: scan: xs of shape \[2, 3\] has 2 elements .* length 3/,
  ],
  ["no length", () => scan((c: Tensor) => [c], x), /Error: scan: without xs the number of steps has to be said/],
  ["a scalar among xs", () => scan((c: Tensor) => [c], x, tensor(1)), /Error: scan: xs is a scalar/],
  [
    "no pair",
    () => scan(((c: Tensor) => c) as never, x, rows),
    /Error: scan: a step gives \[carry, y\], or \[carry\], got a Tensor/,
  ],
  [
    "unroll",
    () => scan((c: Tensor) => [c], x, rows, { unroll: 0 }),
    /Error: scan: unroll 0: a whole number of 1 or more/,
  ],
  [
    "assign",
    () =>
      scan(
        (c: Tensor) => {
          v.assign(c);
          return [c];
        },
        x,
        rows,
      ),
    /Error: assign: not in what scan runs, which a program traces once; return what changes \(a loop carries it/,
  ],
  [
    "backward",
    () =>
      scan(
        (c: Tensor) => {
          v.mul(c).sum().backward();
          return [c];
        },
        x,
        rows,
      ),
    /Error: backward: not in what scan runs/,
  ],
  [
    "an index out of range",
    () => scan((c: Tensor, i: Tensor) => [c.add(x.take(i))], x, tensor([0, 5], { dtype: "int32" }) as Tensor),
    /Take: index 5/,
  ],
  [
    "a condition that is no bool",
    () =>
      whileLoop(
        (c: Tensor) => c.sum(),
        (c) => c,
        x,
      ),
    /Error: whileLoop: the condition gives float64: compare/,
  ],
  [
    "a condition that is no scalar",
    () =>
      whileLoop(
        (c: Tensor) => c.less(1),
        (c) => c,
        x,
      ),
    /Error: whileLoop: the condition has the shape \[3\]/,
  ],
  [
    "more steps than the limit",
    () =>
      whileLoop(
        (c: Tensor) => c.sum().less(1e9),
        (c) => c.mul(2),
        x,
        { limit: 3 },
      ),
    /Error: whileLoop: not at the end after 3 steps/,
  ],
  [
    "another carry",
    () =>
      whileLoop(
        (c: Tensor) => c.sum().less(9),
        (c) => c.sum(),
        x,
      ),
    /Error: whileLoop: the carry has the shape \[3\] before/,
  ],
  [
    "no fixed point",
    () => fixedPoint((c: Tensor) => c.mul(2), x, { limit: 5 }),
    /Error: fixedPoint: not at the end after 5 steps, the limit; begin nearer/,
  ],
  ["fewer equations", () => rootOf((c: Tensor) => c.sum(), x), /Error: rootOf: f gives float64 \[\] of float64 \[3\]/],
  [
    "results of another structure",
    () => scan((c: Tensor, e: Tensor) => [c.add(e), told++ % 2 === 0 ? { p: e } : { q: e }], x, rows),
    /nothing thrown|Error: scan: a step gives the results y\.q, and the first one gave y\.p/,
  ],
  [
    "an index that is not whole",
    () => switchCase(0.5, [(x) => x, (x) => x], x),
    /Error: switchCase: index 0\.5: a whole number is needed, from 0 to 1/,
  ],
  [
    "a predicate that is no bool",
    () =>
      cond(
        x.sum(),
        (x) => x,
        (x) => x,
        x,
      ),
    /Error: cond: the predicate is float64: compare/,
  ],
  [
    "a predicate that is no scalar",
    () =>
      cond(
        x.less(2),
        (x) => x,
        (x) => x,
        x,
      ),
    /Error: cond: the predicate has the shape \[3\]: it is a scalar/,
  ],
  [
    "a branch that is not there",
    () => switchCase(tensor(2, { dtype: "int32" }) as Tensor, [(x) => x, (x) => x], x),
    /Error: switchCase: index 2 .* for 2 branches/,
  ],
];
for (const [what, call, message] of refused) {
  test(`refused, in both modes: ${what}`, () => {
    for (const attempt of [call, () => compile(call)()]) {
      assert.match(thrownBy(attempt), message);
    }
  });
}

test("keys of records may come in any order", () => {
  const both = (f: () => Tensor[]) => [f(), compile(f)()];
  const swapped = () => {
    const [last, ys] = scan(
      ({ a, b }, e: Tensor) => [
        { b: b.add(e), a: a.mul(2) },
        { p: a, q: b },
      ],
      { a: x, b: x.mul(0) },
      rows,
    );
    const chosen = cond(
      x.sum().less(0),
      () => ({ a: x, b: x.mul(2) }),
      () => ({ b: x.mul(3), a: x.mul(4) }),
    );
    const grown = whileLoop(
      ({ a }) => a.sum().less(100),
      ({ a, b }) => ({ b: b.add(1), a: a.mul(2) }),
      { a: x, b: x },
    );
    return [last.a, last.b, ys.p, ys.q, chosen.a, chosen.b, grown.a, grown.b] as Tensor[];
  };
  const expected = [[4, 8, 12], [5, 7, 9], [[1, 2, 3], [2, 4, 6]], [[0, 0, 0], [1, 2, 3]], [4, 8, 12], [3, 6, 9], [32, 64, 96], [6, 7, 8]]; // biome-ignore format: a list
  for (const results of both(swapped)) assert.equal(results.map((y) => y.toArray()), expected); // biome-ignore format: a line
});

test("fn: arguments and results of another structure are another function", () => {
  const sum = fn(({ a, b }: { a: Tensor; b: Tensor | undefined }) => (b === undefined ? a : a.mul(b)) as Tensor);
  const flipped = fn(
    (y: Tensor) => (y.rank === 1 ? { u: y, v: y.mul(10) } : { v: y, u: y.mul(10) }) as { u: Tensor; v: Tensor },
  );
  const program = () => [sum({ a: x, b: undefined }), sum({ a: x, b: x }), flipped(x).u, flipped(rows).u, flipped(x).u];
  const expected = [[1, 2, 3], [1, 4, 9], [1, 2, 3], [[10, 20, 30], [40, 50, 60]], [1, 2, 3]]; // biome-ignore format: a list
  for (const results of [program(), compile(program)()]) assert.equal(results.map((y) => y.toArray()), expected); // biome-ignore format: a line
});

test("errors, anomalies and the culprits of a gradient check are told with their step", () => {
  const fails = () =>
    scan((c: Tensor, i: Tensor) => [c.add(x.take(i))], x, tensor([0, 1, 5, 2], { dtype: "int32" }) as Tensor);
  assert.match(thrownBy(fails), /Take: index 5 .*\n {2}in step 2 of scan$/s);
  const inner = () =>
    scan((c: Tensor, row: Tensor) => [scan((d: Tensor, e: Tensor) => [d.add(e.matmul(e))], c, row)[0]], x, rows);
  assert.match(thrownBy(inner), /MatMul.*\n {2}in step 0 of scan, in step 0 of scan$/s);
  const roots = (v: Tensor) =>
    scan((c: Tensor, e: Tensor) => [c.add(e.sqrt())], v, tensor([[1], [0], [-1]]) as Tensor)[0];
  assert.match(
    thrownBy(() => detectAnomaly(() => roots(x))),
    /AnomalyError: Sqrt.*in step 2 of scan$/s,
  );
  const w = variable([1, 0, 2]);
  const slopes = () =>
    scan((c: Tensor, e: Tensor) => [c.add(e.sqrt())], tensor(0) as Tensor, w as Tensor)[0].backward();
  assert.match(
    thrownBy(() => detectAnomaly(slopes)),
    /AnomalyError: Sqrt.*in step 1 of scan$/s,
  );
  const wrong = customGradient((y: Tensor) => y.square(), [(dout) => dout.mul(3)], { name: "Wrong" });
  const loss = (y: Tensor) =>
    scan(
      (c: Tensor, k: Tensor) => [
        cond(
          k.equal(3),
          (c) => wrong(c),
          (c) => c.sin(),
          c,
        ),
      ],
      y,
      arange(5, { dtype: "int32" }) as Tensor,
    )[0].sum();
  const report = gradcheck(loss, [tensor([0.5, 0.7]) as Tensor]);
  assert.is(report.culprits[0]?.step, "step 3 of scan");
  assert.match(String(report), /the likely culprit is Wrong, .* in step 3 of scan: its gradient/);
});

/** A sine with noise in its gradient. */
const noisySine = (random: Random) =>
  customGradient((z: Tensor) => z.sin(), [(dout, z) => dout.mul(z.cos()).mul(random.normal([3]))]);

test("scan: groups of steps leave what a gradient draws as it is", () => {
  const slopes = [undefined, 2].map((checkpoint) => {
    const random = new Random(3);
    const last = (h: Tensor) =>
      scan(
        (h: Tensor) => [noisySine(random)(h.add(random.normal([3])))],
        h,
        undefined,
        checkpoint === undefined ? { length: 4 } : { length: 4, checkpoint },
      )[0];
    const slope = grad((h: Tensor) => last(h).sum())(x);
    return [slope.toArray(), random.generator.position];
  });
  assert.equal(slopes[1], slopes[0]);
});

const inPrograms: readonly (readonly [what: string, call: () => unknown, message: RegExp])[] = [
  [
    "branches of different shapes",
    () =>
      cond(
        x.sum().less(0),
        (x) => x,
        (x) => x.sum(),
        x,
      ),
    /cond: the result is float64 \[3\] by onTrue, and float64 \[\] by onFalse/,
  ],
  [
    "branches that draw differently",
    () =>
      cond(
        x.sum().less(0),
        (x) => x.add(drawn.normal([3])),
        (x) => x,
        x,
      ),
    /cond: the branches draw different numbers/,
  ],
  [
    "draws in a loop of unknown length",
    () =>
      whileLoop(
        (c: Tensor) => c.sum().less(9),
        (c) => c.add(drawn.normal([3])),
        x,
      ),
    /whileLoop: it draws random numbers in each step/,
  ],
  [
    "a function that calls itself",
    () => {
      const halved: (x: Tensor) => Tensor = fn((x: Tensor) =>
        cond(
          x.sum().less(1),
          (x) => x,
          (x) => halved(x.mul(0.5)),
          x,
        ),
      );
      return halved(x);
    },
    /fn: the function calls itself .* \(\[3\] float64\).* write the repetition as scan or whileLoop/,
  ],
  [
    "a gradient through steps that are not kept",
    () =>
      grad((x: Tensor) =>
        whileLoop(
          (c: Tensor) => c.sum().less(9),
          (c) => c.square(),
          x,
        ).sum(),
      )(x),
    /whileLoop: a derivative goes through .* limit: 100/,
  ],
  ...Object.entries<(f: (x: Tensor) => Tensor) => Tensor>({
    scan: (f) => scan((c: Tensor) => [f(c)], x, undefined, { length: 3 })[0],
    cond: (f) => cond(x.sum().less(0), f, f, x),
    fn: (f) => fn(f)(x),
  }).map(([op, apply]): (typeof inPrograms)[number] => [
    `${op}: a gradient that draws from where its function draws`,
    () => {
      const random = new Random(drawn.generator);
      return grad((v: Tensor) => apply((x) => noisySine(random)(x.add(v).add(random.normal([3]))) as Tensor).sum())(x);
    },
    new RegExp(
      `${op}: a gradient of its own .* draws numbers from a random source from which what is differentiated draws`,
    ),
  ]),
];
const drawn = new Random(1);
for (const [what, call, message] of inPrograms) {
  test(`refused in a program: ${what}`, () => {
    assert.match(
      thrownBy(() => compile(call)()),
      message,
    );
    assert.is(drawn.generator.position, 0);
  });
}

/** Loops, branches, calls and solutions whose functions close over a value, twice where they take two. */
const closing: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  scan: (a, b) => scan((c: Tensor) => [c.mul(a).add(b)], tensor(1), undefined, { length: 2 })[0],
  groups: (a, b) => scan((c: Tensor) => [c.mul(a).add(b)], tensor(1), undefined, { length: 2, checkpoint: 1 })[0],
  whileLoop: (a, b) =>
    whileLoop(
      (c: Tensor) => c.less(20),
      (c) => c.mul(a).add(b),
      tensor(1),
      { limit: 9 },
    ),
  cond: (a, b) =>
    cond(
      a.greater(0),
      () => a.mul(b).mul(b),
      () => b,
    ),
  switchCase: (a, b) => switchCase(tensor(0, { dtype: "int32" }), [() => a.mul(b).mul(b), () => a]),
  fn: (a, b) => fn((c: Tensor) => c.mul(a).add(b.square()))(tensor(3)),
  "a scan in a scan": (a, b) =>
    scan(
      (c: Tensor) => [scan((d: Tensor) => [d.mul(a).add(b)], c, undefined, { length: 2 })[0]],
      tensor(1),
      undefined,
      { length: 2 },
    )[0],
  fixedPoint: (a, b) => fixedPoint((z: Tensor) => z.tanh().mul(0.1).mul(a).add(b), tensor(0)),
  rootOf: (a, b) => rootOf((z: Tensor) => z.pow(3).add(z.mul(a)).sub(b), tensor(1)),
  checkpoint: (a, b) => checkpoint((c: Tensor) => c.mul(a).add(b.square()), tensor(3)),
};

for (const [what, f] of Object.entries(closing)) {
  test(`${what} over equal values, and over numbers of a program: values, first and second derivatives`, () => {
    const twice = (w: Tensor) => f(w.mul(2), w.mul(2));
    const difference = (g: (w: Tensor) => Tensor) =>
      g(tensor(1.5 + 1e-5))
        .sub(g(tensor(1.5 - 1e-5)))
        .div(2e-5)
        .item();
    for (const g of [twice, (w: Tensor) => twice(w).mul(twice(w))]) {
      const slope = grad(g);
      const [first, second] = [slope(1.5).item(), grad(slope)(1.5).item()];
      const isNear = (found: number, expected: number, relative: number) =>
        near([found], [expected], relative, `${what} ${found}`);
      isNear(first, difference(g), 1e-6);
      isNear(second, difference(slope), 1e-5);
      for (const [given, found] of [
        [first, compile(slope)(tensor(1.5))],
        [first, compile(() => slope(1.5))()],
        [first, compile((at: Tensor) => jvp(g, at, tensor(1)).tangent)(tensor(1.5))],
        [first, compile(() => jvp(g, 1.5, 1).tangent)()],
        [first, vmap((at: Tensor) => jvp(g, at, tensor(1)).tangent)(tensor([1.5])).sum()],
        [first, vmap((at: Tensor) => slope(1.5).add(at))(tensor([0])).sum()],
        [second, compile(grad(slope))(tensor(1.5))],
        [second, jvp(slope, tensor(1.5), tensor(1)).tangent],
      ] as const) {
        isNear(found.item(), given, 1e-8);
      }
    }
  });
}

test("a gradient that is computed later is that of the values when it was made", () => {
  const kept: Tensor[] = [];
  const [w, v] = [tensor(2), variable(2)];
  const noting = customGradient(
    (x: Tensor) => x.mul(3),
    [
      (dout) => {
        kept.push(dout.mul(w), dout.mul(v));
        return dout.mul(3);
      },
    ],
  );
  jvp(noting, tensor(1), tensor(1));
  w.assign(100);
  v.assign(100);
  assert.equal(
    kept.map((gradient) => gradient.item()),
    kept.map(() => 2),
  );
});

test("gradcheck tells a wrong gradient beside a solution", () => {
  const wrong = customGradient((x: Tensor) => x.square(), [(dout, x) => dout.mul(x).mul(3)]);
  for (const f of [
    (x: Tensor) => wrong(fixedPoint((z: Tensor) => z.mul(x).cos(), tensor(0.5))),
    (x: Tensor) => wrong(rootOf((z: Tensor) => z.pow(3).sub(x), tensor(1))),
  ]) {
    const report = gradcheck(f, [tensor(0.5)]);
    assert.is(report.ok, false);
    assert.equal(
      report.culprits.map(({ op }) => op),
      ["CustomGradient"],
    );
  }
});

test.run();
