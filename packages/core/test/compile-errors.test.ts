import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  CompileError,
  compile,
  eagerly,
  GraphError,
  grad,
  Random,
  ShapeError,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../src/index.js";

// What a compiled function refuses: it says why and what to do, and loses nothing.

const checked = { verify: true } as const;

const throwsA = (kind: abstract new (...args: never[]) => Error, f: () => unknown) =>
  assert.throws(f, (error: unknown) => error instanceof kind);

test("an eager graph from before a compiled update is refused", () => {
  const w = variable([1, 2]);
  const loss = w.square().sum();
  compile(() => {
    w.assign(w.mul(2));
  })();
  throwsA(GraphError, () => loss.backward());
});

test("tracing changes nothing, also when the function throws", () => {
  const w = variable([1, 2]);
  const random = new Random(3);
  const bad = compile(() => {
    w.sum().backward();
    w.assign(w.mul(2));
    random.uniform([3]);
    throw new Error("stop");
  });
  assert.throws(() => bad(), /stop/);
  assert.equal(w.toArray(), [1, 2]);
  assert.is(w.version, 0);
  assert.is(w.grad, null);
  assert.is(random.generator.position, 0);
  assert.equal(w.add(1).toArray(), [2, 3], "eager mode goes on");
});

test("state is made outside, or once; what is assigned to inside and made there is refused", () => {
  let counter: Tensor | undefined;
  const counting = compile(() => {
    counter ??= eagerly(() => tensor(1));
    counter.assign(counter.add(1));
    return counter;
  }, checked);
  assert.equal([counting().item(), counting().item(), counter?.item()], [2, 3, 3]);
  let lazy: Tensor | null = null;
  assert.throws(
    () =>
      compile(() => {
        lazy ??= zeros([2]);
        lazy.assign(lazy.add(1));
      })(),
    /made in the compiled function.*eagerly/,
  );
  assert.throws(
    () => compile((x: Tensor) => x.assign(x.mul(2)))(tensor([1])),
    /is an argument of the compiled function.*close over/,
  );
});

test("reading a value, or branching on one, explains itself", () => {
  const explains = (f: (x: Tensor) => unknown, pattern: RegExp) =>
    assert.throws(
      () => compile(f)(tensor([1, 2])),
      (error: Error) => error instanceof CompileError && pattern.test(error.message),
    );
  explains((x) => x.sum().item(), /the result of Sum, float64 \[\], is not known while the function is traced.*where/);
  explains((x) => x.data, /float64 \[2\], is not known/);
  explains((x) => (x.sum().toArray() > 2 ? x : x.neg()), /not known/);
  explains((x) => `${x}`, /not known/);
  explains((x) => tensor([1, 2], { dtype: "int32" }).oneHot(x.max().item()), /not known/);
  const w = variable([1]);
  explains((x) => x.mul(w.item()), /not known/);
});

test("a tensor that has left its trace explains itself", () => {
  let leaked: Tensor = tensor(0);
  compile((x: Tensor) => {
    leaked = x.add(1);
    return x;
  })(tensor(1));
  throwsA(CompileError, () => leaked.item());
  throwsA(CompileError, () => leaked.mul(2));
  throwsA(CompileError, () => compile(() => leaked.mul(2))());
});

test("arguments that are no values of a program are refused, and say what to do", () => {
  const f = compile((x: unknown) => x as Tensor);
  const refuses = (x: unknown, pattern: RegExp) =>
    assert.throws(
      () => f(x),
      (error: Error) => error instanceof CompileError && pattern.test(error.message),
    );
  refuses(variable([1], { name: "w" }), /the variable w.*close over it/);
  refuses(variable([1]).mul(2), /compile\(grad\(f\)\)/);
  refuses(new Map(), /argument 0 is an instance of Map/);
  assert.throws(() => compile(async (x: Tensor) => x)(tensor(1)), /a promise: compile the synchronous part/);
  assert.throws(() => compile(() => new Map())(), /an instance of Map/);
});

test("an index out of range stops the program before it changes anything", () => {
  const w = variable([1, 2, 3]);
  const f = compile((i: Tensor) => {
    w.assign(w.add(1));
    return w.take(i);
  }, checked);
  assert.throws(
    () => f(tensor([0, 3], { dtype: "int32" })),
    (error: Error) =>
      error instanceof ShapeError &&
      error.message === "Take: index 3 (element 1 of the indices) is out of range for axis 0 of [3]: from -3 to 2",
  );
  assert.equal(w.toArray(), [1, 2, 3]);
  assert.equal(f(tensor([0, -1], { dtype: "int32" })).toArray(), [2, 4]);
});

test("no gradient goes through a compiled function in silence", () => {
  const w = variable([1, 2]);
  const forward = compile((x: Tensor) => x.mul(w), checked);
  const y = forward(tensor([3, 4]));
  assert.throws(() => y.sum().backward(), /belongs to no graph: compile the function that computes the gradient/);
  assert.equal(y.toArray(), [3, 8]);
  assert.throws(() => grad((p: Tensor) => compile(() => p.mul(2))().sum())(tensor([1])), /belongs to no graph/);
  assert.equal(compile((x: Tensor) => x.add(1))(y).toArray(), [4, 9], "another compiled function takes it");
  assert.not.ok(compile((x: Tensor) => x.add(1))(tensor(1)).requiresGrad, "where there is none, none is missed");
  const made = w.square().named("made");
  assert.throws(() => compile(() => made.sum().backward())(), /made \[2\], which was computed outside/);
  assert.is(made.grad, null);
});

test("misuse of compile itself", () => {
  const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);
  assert.throws(() => wrong(compile, null), /takes a function, got null/);
  assert.throws(() => wrong(compile, (x: Tensor) => x, { cachesize: 2 }), /unknown option cachesize/);
  const program = compile((x: Tensor) => x.add(1)).program(tensor(1));
  assert.throws(() => wrong(program.print.bind(program), "grph"), /there is no stage "grph"/);
  assert.throws(() => compile(() => () => 1)(), /the result is a function/);
});

test("without WebAssembly it says so, and eager mode works", () => {
  const holder = globalThis as { WebAssembly?: unknown };
  const { WebAssembly: api } = holder;
  try {
    holder.WebAssembly = { ...(api as object), validate: () => true, Module: forbidden, Instance: forbidden };
    const f = (x: Tensor) => x.mul(2);
    assert.throws(
      () => compile(f)(tensor([1])),
      (error: Error) => error instanceof CompileError && /not allowed here/.test(error.message),
    );
    assert.equal(f(tensor([1])).toArray(), [2]);
  } finally {
    holder.WebAssembly = api;
  }
});

function forbidden(): never {
  throw new Error("not allowed here");
}

test.run();
