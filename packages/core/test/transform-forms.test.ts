import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, grad, hessian, hvp, jacobian, jvp, type Tensor, tensor, vjp } from "../src/index.js";
import { thrownBy } from "./support/numbers.js";

// Transforms give functions of the point, as grad does; given the point behind the function they give what that would.

const cube = (x: Tensor<[2]>) => x.mul(x).mul(x);
const both = (x: Tensor, y: Tensor) => x.mul(x).mul(y);
const x = tensor([1, 2]);
const v = tensor([1, 10]);

/** One result, in all the forms in which it can be asked for. */
const forms: Readonly<Record<string, readonly (() => Tensor)[]>> = {
  jacobian: [() => jacobian(cube)(x), () => jacobian(cube, x), () => compile(jacobian(cube))(x)],
  "jacobian of a number": [
    () => jacobian((x: Tensor<[]>) => x.square())(3),
    () => jacobian((x) => x.square(), 3),
    () => jacobian((x) => x.square())(tensor(3)),
  ],
  hessian: [
    () => hessian((x: Tensor<[2]>) => cube(x).sum())(x),
    () => hessian((x) => cube(x).sum(), x),
    () => jacobian(grad((x: Tensor<[2]>) => cube(x).sum()))(x),
  ],
  hvp: [
    () => hvp((x: Tensor<[2]>) => cube(x).sum())(x, v),
    () => hvp((x) => cube(x).sum(), x, v),
    () => jvp(grad((x: Tensor<[2]>) => cube(x).sum()))(x, v).tangent,
  ],
  vjp: [
    () => vjp(cube)(x).pullback(v)[0] as Tensor,
    () => vjp(cube, [x]).pullback(v)[0],
    () => vjp(cube, x).pullback(v)[0],
  ],
  "jacobian by the first of two": [
    () => jacobian(both)(x, v),
    () => jacobian(both, x, v),
    () => jacobian((x) => both(x, v), x),
    () => compile(jacobian(both))(x, v),
  ],
  "jacobian with what is no tensor besides": [
    () => jacobian((x: Tensor<[2]>, scale: { by: number }) => x.square().mul(scale.by))(x, { by: 10 }),
    () => jacobian((x: Tensor<[2]>) => x.square().mul(10))(x),
  ],
  "hessian by the first of two": [
    () => hessian((x: Tensor, y: Tensor) => both(x, y).sum())(x, v),
    () => hessian((x, y: Tensor) => both(x, y).sum(), x, v),
    () => hessian((x: Tensor) => both(x, v).sum())(x),
    () => jacobian(grad((x: Tensor, y: Tensor) => both(x, y).sum()))(x, v),
    () => compile(hessian((x: Tensor, y: Tensor) => both(x, y).sum()))(x, v),
  ],
  "hvp of two": [
    () => hvp((x: Tensor, y: Tensor) => both(x, y).sum())([x, v], [v, x])[1] as Tensor,
    () => hvp((x, y) => both(x, y).sum(), [x, v], [v, x])[1],
    () => jvp(grad((x: Tensor, y: Tensor) => both(x, y).sum(), { argument: 1 }) as typeof both)([x, v], [v, x]).tangent,
    () => compile(hvp((x: Tensor, y: Tensor) => both(x, y).sum()))([x, v], [v, x])[1] as Tensor,
  ],
  "vjp of two": [
    () => vjp(both)(x, v).pullback(1)[1] as Tensor,
    () => vjp(both, x, v).pullback(1)[1] as Tensor,
    () => vjp(both, [x, v]).pullback(1)[1],
    () => grad((x: Tensor, y: Tensor) => both(x, y).sum(), { argument: 1 })(x, v),
  ],
  jvp: [
    () => jvp(cube)(x, v).tangent,
    () => jvp(cube)([x], [v]).tangent,
    () => jvp(cube, [x], [v]).tangent,
    () => jvp(cube, x, v).tangent,
  ],
  "jvp of two": [() => jvp(both)([x, v], [v, x]).tangent, () => jvp(both, [x, v], [v, x]).tangent],
  "jvp of numbers": [
    () => jvp((x: Tensor<[]>) => x.square())(3, 2).tangent,
    () => jvp((x) => x.square(), 3, 2).tangent,
    () => jvp((x) => x.square(), [3], [2]).tangent,
  ],
};
for (const [what, ways] of Object.entries(forms)) {
  test(`${what}: one result in ${ways.length} forms`, () => {
    const [first, ...others] = ways.map((way) => way().toArray());
    for (const other of others) assert.equal(other, first);
  });
}

test("records and lists as arguments", () => {
  const f = (p: { w: Tensor; b: Tensor[] }) => p.w.mul(p.w).mul(p.b[0] as Tensor);
  const at = { w: tensor(2), b: [tensor(3)] };
  const direction = { w: tensor(1), b: [tensor(0)] };
  assert.is(jvp(f)(at, direction).tangent.item(), 12);
  assert.is(vjp(f)(at).pullback(1)[0].w.item(), 12);
  assert.is(hvp(f)(at, direction).b[0]?.item(), 4);
  assert.is(hvp(f)({ w: 2, b: [3] }, { w: 1, b: [0] }).w.item(), 6);
  assert.is(jvp((...list: Tensor[]) => list.reduce((a, b) => a.mul(b)))([2, 3, 4], [1, 0, 0]).tangent.item(), 12);
});

test("transforms of transforms", () => {
  const f = (x: Tensor<[]>) => x.square().square();
  const third = jacobian(jacobian(jacobian(f)));
  assert.is(third(tensor(2)).item(), 48);
  assert.is(grad((x: Tensor<[]>) => jvp(f)(x, 1).tangent)(2).item(), 48);
});

test("arguments with a default are those that were given", () => {
  const scaled = (x: Tensor, by: Tensor | number = 1) => x.square().mul(by);
  assert.equal(jacobian(scaled)(x, v).toArray(), [[2, 0], [0, 40]]); // biome-ignore format: a matrix
  assert.equal(hessian((x: Tensor, by: number | undefined = 1) => scaled(x, by).sum())(x, 10).toArray(), [[20, 0], [0, 20]]); // biome-ignore format: a matrix
  assert.is(vjp((x, by) => scaled(x, by).sum(), x, tensor(10)).value.item(), 50);
  assert.is(
    hvp((x: Tensor, by: Tensor | number = 1) => scaled(x, by).sum())(x, v)
      .toArray()
      .toString(),
    "2,20",
  );
});

type Loose = (...args: unknown[]) => unknown;

test("lists and records in other places show the form", () => {
  const wrong = (f: unknown, ...args: unknown[]) => thrownBy(() => (f as (...args: unknown[]) => unknown)(...args));
  for (const transform of [vjp(both), grad((x: Tensor, y: Tensor) => both(x, y).sum())]) {
    assert.match(wrong(transform, [x, v]), /it names 2 arguments, and was given one, a list: .*\(f\)\(x, y\)$/);
  }
  for (const [transform, name] of [
    [jvp, "jvp"],
    [hvp, "hvp"],
  ] as const) {
    const f = (x: Tensor, y: Tensor) => both(x, y).sum();
    assert.match(
      wrong(transform as Loose, f, x, v, 2),
      `${name}: takes the point and the direction, got 2 behind them`,
    );
    assert.match(wrong(transform, f, x, v, { argument: 1 }), `${name}(f)([x, y], [v, w])`);
    assert.match(
      wrong(transform as Loose, f, [[x, v]], [[v, x]]),
      `one list holds them all, ${name}(f)([x, y], [v, w])`,
    );
  }
});

test("what is missing or none is named", () => {
  const wrong = (f: unknown, ...args: unknown[]) => thrownBy(() => (f as (...args: unknown[]) => unknown)(...args));
  assert.match(wrong(jvp, cube, x), /GraphError: jvp: the tangents are missing, .* jvp\(f\)\(x, v\)/);
  assert.match(wrong(jvp, cube, [x]), /GraphError: jvp: the tangents are missing/);
  assert.match(wrong(jvp(cube), x), /GraphError: jvp: the tangents are missing/);
  assert.match(wrong(hvp, cube, x), /ShapeError: hvp: 0 tensors as the vector for 1 inputs/);
  assert.match(wrong(jacobian(cube)), /DTypeError: jacobian: takes tensors and numbers, got undefined/);
  assert.match(wrong(jacobian, cube, undefined), /DTypeError: jacobian: takes tensors and numbers, got undefined/);
  assert.match(wrong(hessian, cube, [x]), /DTypeError: hessian: takes tensors and numbers, got an array/);
  for (const transform of [jacobian, hessian, hvp, vjp, jvp]) {
    assert.match(wrong(transform, x), new RegExp(`: ${transform.name}: takes a function, got `));
  }
});

test.run();
