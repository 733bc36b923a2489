import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  clipByNorm,
  clipByValue,
  compile,
  grad,
  hvp,
  jvp,
  stopGradient,
  Tensor,
  tensor,
  tensorsIn,
  valueAndGrad,
  vjp,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";

// Arrays and records that go into functions, and come out of them: entries that are left out, and what is done to a structure
// while it is used, or later.

type List = (Tensor | undefined)[];

/** The numbers of a structure, in order; "-" for an entry that is left out. */
function plain(x: unknown): unknown {
  if (x instanceof Tensor) return x.toArray();
  if (Array.isArray(x)) return Array.from(x, plain);
  if (typeof x !== "object" || x === null) return x ?? "-";
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, plain(value)]));
}

/** A list with a hole, written in different ways: `undefined`, left out, and left out at the end. */
const holes: Readonly<Record<string, (x: Tensor) => { readonly list: List; readonly at: number }>> = {
  "undefined first": (x) => ({ list: [undefined, x], at: 1 }),
  "a hole first": (x) => ({ list: Object.assign(new Array(2), { 1: x }) as List, at: 1 }),
  "a hole last": (x) => ({ list: Object.assign(new Array(2), { 0: x }) as List, at: 0 }),
  "a hole between": (x) => ({ list: Object.assign(new Array(3), { 0: x, 2: x }) as List, at: 2 }),
  "holes alone around it": (x) => ({ list: Object.assign(new Array(5), { 2: x }) as List, at: 2 }),
};

/** Another function for each place in which the tensor is. */
const byPlace = (list: List): Tensor =>
  list.map((x, i) => x?.mul(i + 2) ?? tensor(0)).reduce((sum, x) => sum.add(x ?? 0), tensor(0));

const one = Object.entries(holes).map(([name, make]) => [name, make(tensor(1)).list] as const);

test("tensorsIn finds the tensors in order and passes the rest over, in a function that is compiled as well", () => {
  const [a, b, c] = [tensor(1), tensor([2, 3]), tensor([[4]], { dtype: "float32" })];
  const made = new Map([["k", tensor(5)]]);
  const mixed = {
    list: [a, undefined, new Array(2), "text", 7, null],
    deep: { b, none: {} },
    made,
    typed: new Float32Array(2),
    c,
  };
  assert.equal(tensorsIn(mixed), [a, b, c]);
  assert.equal(tensorsIn(a), [a]);
  for (const empty of [undefined, null, 3, [], {}, "x"]) assert.equal(tensorsIn(empty), []);
  const sum = compile((x: { readonly p: Tensor; readonly q: readonly Tensor[] }) =>
    tensorsIn(x).reduce((total, each) => total.add(each.sum()), tensor(0)),
  );
  assert.is(sum({ p: a, q: [b, b] }).item(), 11);
});

test("programs are told apart by what is left out", () => {
  const f = compile(byPlace);
  for (const round of [1, 2]) {
    for (const [name, list] of one) {
      assert.is(f(list).item(), byPlace(Array.from(list)).item(), `${name}, round ${round}`);
    }
  }
  // `undefined` and a hole in one place are the same.
  assert.is(f.cached, one.length - 1);
});

for (const [name, make] of Object.entries(holes)) {
  test(`left out in the arguments of transforms, and in their gradients: ${name}`, () => {
    const { list, at } = make(tensor(1));
    const filled = Array.from(list);
    const slopes = filled.map((x, i) => (x === undefined ? "-" : i + 2));
    const ones = filled.map((x) => (x === undefined ? undefined : 1));
    const zeros = filled.map((x) => (x === undefined ? "-" : 0));
    const value = byPlace(filled).item();
    assert.equal(plain(grad(byPlace)(list)), slopes);
    assert.equal(plain(valueAndGrad(byPlace)(list)), { value, gradient: slopes });
    assert.equal(plain(vjp(byPlace)(list).pullback(1)), [slopes]);
    assert.is(jvp(byPlace)([list], [ones as List]).tangent.item(), value);
    assert.equal(plain(hvp(byPlace)([list], [ones as List])), [zeros]);
    assert.equal(
      plain(stopGradient(list)),
      filled.map((x) => (x === undefined ? "-" : 1)),
    );
    assert.equal(
      plain(clipByValue(list as Tensor[], 0.5)),
      filled.map((x) => (x === undefined ? "-" : 0.5)),
    );
    assert.equal(
      plain(clipByNorm(list as Tensor[], 100)),
      filled.map((x) => (x === undefined ? "-" : 1)),
    );
    assert.equal(plain(compile((x: List) => x)(list)), plain(filled));
    assert.is(list[at]?.item(), 1);
  });
}

/** What a function may do to the structure that it is given. */
const spoiling: Readonly<Record<string, (p: { a: Tensor; list: Tensor[] }) => Tensor>> = {
  "takes entries out": (p) => (p.list.pop() as Tensor).mul(p.list.pop() as Tensor).mul(p.a),
  "puts others in": (p) => {
    const value = (p.list[0] as Tensor).mul(p.list[1] as Tensor).mul(p.a);
    p.list.unshift(value);
    Object.assign(p, { before: value });
    return value;
  },
  "puts something else in their places": (p) => {
    const value = (p.list[0] as Tensor).mul(p.list[1] as Tensor).mul(p.a);
    p.list.fill("gone" as unknown as Tensor);
    Object.assign(p, { a: null });
    return value;
  },
};

for (const [name, f] of Object.entries(spoiling)) {
  test(`a function that ${name} of what it is given`, () => {
    const point = () => ({ a: tensor(2), list: [tensor(3), tensor(5)] });
    const expected = { a: 15, list: [10, 6] };
    const given = point();
    assert.equal(plain(grad(f)(given)), expected);
    assert.equal(plain(given), { a: 2, list: [3, 5] }, "the caller's own is as it was");
    const { pullback } = vjp(f)(given);
    given.list.length = 0;
    assert.equal(plain(pullback(1)), [expected]);
    assert.equal(plain(pullback(2)), [{ a: 30, list: [20, 12] }]);
    assert.equal(plain(compile(grad(f))(point())), expected);
    const direction = { a: tensor(1), list: [tensor(0), tensor(0)] };
    assert.is(jvp(f)(point(), direction).tangent.item(), 15);
    assert.equal(plain(hvp(f)(point(), direction)), { a: 0, list: [5, 3] });
  });
}

test("what a function gives is what it gave, whatever is done to it later", () => {
  const record: Record<string, unknown> = {};
  const list: unknown[] = [];
  const f = compile((x: Tensor) => {
    Object.assign(record, { a: x.sum(), inner: { b: x.mul(2), n: 3 } });
    list.push(x.neg());
    return { record, list };
  });
  const right = (x: number) => ({ record: { a: x, inner: { b: [2 * x], n: 3 } }, list: [[-x]] });
  assert.equal(plain(f(tensor([1]))), right(1));
  record["a"] = 5;
  (record["inner"] as Record<string, unknown>)["n"] = 5;
  list.length = 0;
  const given = f(tensor([2]));
  assert.equal(plain(given), right(2));
  delete given.record["a"];
  given.list.push(1);
  assert.equal(plain(f(tensor([4]))), right(4));
});

test("a function of one list that is given its entries says so", () => {
  const product = ([a, b]: Tensor[]) => (a as Tensor).mul(b as Tensor);
  const second = (list: Tensor[]) => (list[1] as Tensor).mul(list[0] as Tensor);
  const [x, y] = [tensor(2), tensor(3)];
  type Loose = (...args: unknown[]) => unknown;
  for (const f of [product, second] as unknown as Loose[]) {
    const calls: readonly (readonly [string, Loose, readonly unknown[]])[] = [
      ["grad(f)([x, y])", grad(f as never) as Loose, [x, y]],
      ["valueAndGrad(f)([x, y])", valueAndGrad(f as never) as Loose, [x, y]],
      ["vjp(f)([x, y])", vjp(f as never) as Loose, [x, y]],
      ["vjp(f)([x, y])", vjp as unknown as Loose, [f, [x, y]]],
      ["jvp(f)([[x, y]], [[v, w]])", jvp(f as never) as Loose, [[x, y], [x, y]]], // biome-ignore format: a row
      ["hvp(f)([[x, y]], [[v, w]])", hvp(f as never) as Loose, [[x, y], [x, y]]], // biome-ignore format: a row
      ["f([x, y])", compile(f) as Loose, [x, y]],
    ];
    for (const [form, call, args] of calls) {
      const message = thrownBy(() => call(...args));
      assert.match(message, /^(Graph|Compile)Error: .*; it names 1 argument, and was given 2/);
      assert.ok(message.endsWith(form), message);
    }
  }
  // And the forms are right.
  assert.equal(plain(grad(product)([x, y])), [3, 2]);
  assert.equal(plain(vjp(product)([x, y]).pullback(1)), [[3, 2]]);
  assert.is(jvp(product)([[x, y]], [[x, y]]).tangent.item(), 12);
  assert.equal(plain(hvp(product)([[x, y]], [[x, y]])), [[3, 2]]);
  assert.is(compile(product)([x, y]).item(), 6);
});

test("arguments with a default are no surplus: an error of the function's own stays its own", () => {
  const f = (x: Tensor, _by: unknown = 1) => (x as unknown as { nothing: Tensor }).nothing.mul(1);
  assert.match(
    thrownBy(() => compile(f)(tensor(1), "a")),
    /^TypeError/,
  );
  assert.match(
    thrownBy(() => grad(f)(tensor(1), "a")),
    /^TypeError/,
  );
});

test("what is no entry of a structure is named", () => {
  function* numbers() {
    yield 1;
  }
  async function* later() {
    yield 1;
  }
  const foreign: readonly (readonly [unknown, string])[] = [
    [numbers(), "an instance of Generator"],
    [later(), "an instance of AsyncGenerator"],
    [new (class {})(), "an instance of a class"],
    [new (class Own {})(), "an instance of Own"],
    [new Map(), "an instance of Map"],
    [() => 1, "a function"],
    [Symbol("x"), "symbol Symbol(x)"],
    [1n, "bigint 1"],
    [true, "boolean true"],
    [null, "null"],
  ];
  for (const [value, name] of foreign) {
    const message = thrownBy(() => grad(byPlace)([value] as List));
    assert.ok(message.startsWith(`DTypeError: grad: argument 0[0] is ${name}; `), message);
  }
});

test("what clear() forgets", () => {
  const f = compile((x: Tensor, n: number) => x.mul(n));
  for (const round of [1, 2]) {
    for (let n = 0; n < 8; n++) assert.is(f(tensor(1), n + 10 * round).item(), n + 10 * round);
    assert.throws(() => f(tensor(1), 100), /after 8 other ones/);
    f.clear();
    assert.is(f.cached, 0);
  }
});

test.run();
