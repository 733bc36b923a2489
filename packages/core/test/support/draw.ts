import fc from "fast-check";
import { type Axis, type Plain, sizeOf } from "./plain.js";

/** One input of an op. "float" ones are given in each dtype that the op takes, the others always in their own. */
export interface DrawnOperand extends Plain {
  readonly kind: "float" | "int32" | "bool";
}

export interface Case<S> {
  readonly operands: readonly DrawnOperand[];
  readonly setting: S;
}

type Numbers = fc.Arbitrary<number>;

/** Numbers from `low` to `high` on a grid of 1/16, shifted by `offset`/64: grids of different offsets never meet. */
export function grid(low: number, high: number, offset: 0 | 1 | 2 | 3 = 0): Numbers {
  return fc.integer({ min: low * 16, max: high * 16 }).map((n) => n / 16 + offset / 64);
}

/** Away from 0 on both sides by `least`. */
export function awayFrom0(least: number, high: number): Numbers {
  return fc.tuple(grid(least, high), fc.boolean()).map(([x, negative]) => (negative ? -x : x));
}

const size = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.constant(2) },
  { weight: 4, arbitrary: fc.constant(3) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(17) },
);

/** How many elements a case has at most: gradients are compared element by element. */
const MOST = 40;

/** Shapes with the awkward sizes 0, 1, 3 and 17 among them. */
export function shapes(minRank = 0, maxRank = 3): fc.Arbitrary<number[]> {
  return fc.array(size, { minLength: minRank, maxLength: maxRank }).filter((shape) => sizeOf(shape) <= MOST);
}

/** `count` shapes that broadcast with each other: parts of one, with axes left out in front or of size 1. */
export function broadcasting(count: number, maxRank = 3): fc.Arbitrary<number[][]> {
  return shapes(0, maxRank).chain((shape) => {
    const part = fc
      .tuple(
        fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(shape.length)),
        fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
      )
      .map(([dropped, ones]) => shape.map((n, axis) => (ones[axis] === 0 ? 1 : n)).slice(dropped));
    return fc.array(part, { minLength: count, maxLength: count });
  });
}

export function operand(
  shape: readonly number[],
  numbers: Numbers,
  kind: DrawnOperand["kind"] = "float",
): fc.Arbitrary<DrawnOperand> {
  const n = sizeOf(shape);
  return fc.array(numbers, { minLength: n, maxLength: n }).map((values) => ({ shape, values, kind }));
}

/** No two elements are equal, so that a maximum has no ties. */
export function distinctOperand(shape: readonly number[]): fc.Arbitrary<DrawnOperand> {
  const n = sizeOf(shape);
  const numbers = fc.uniqueArray(fc.integer({ min: -48, max: 48 }), { minLength: n, maxLength: n });
  return numbers.map((values) => ({ shape, values: values.map((i) => i / 16), kind: "float" }));
}

/** The operands of an elementwise op, each over its own domain. */
export function elementwiseCases(
  domains: readonly Numbers[],
  kinds: readonly DrawnOperand["kind"][],
): fc.Arbitrary<Case<null>> {
  return broadcasting(domains.length).chain((shapes) => {
    const operands = domains.map((domain, i) => operand(shapes[i] as number[], domain, kinds[i]));
    return fc.tuple(...operands).map((operands) => ({ operands, setting: null }));
  });
}

/** One operand, and a setting that depends on its shape. */
export function unaryCases<S>(
  shapes: fc.Arbitrary<number[]>,
  setting: (shape: number[]) => fc.Arbitrary<S>,
  draw: (shape: number[]) => fc.Arbitrary<DrawnOperand> = (shape) => operand(shape, grid(-2, 2, 2)),
): fc.Arbitrary<Case<S>> {
  return shapes.chain((shape) =>
    fc.tuple(draw(shape), setting(shape)).map(([x, setting]) => ({ operands: [x], setting })),
  );
}

/** An axis of a shape of this rank, counted from either end. */
export function axis(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

/** All axes, one of them, or a list. */
export function axes(rank: number): fc.Arbitrary<Axis> {
  const list = fc.shuffledSubarray(Array.from({ length: rank }, (_, i) => i));
  const some = fc.tuple(list, fc.array(fc.boolean(), { minLength: rank, maxLength: rank }));
  const lists: fc.Arbitrary<Axis> = some.map(([list, back]) => list.map((a) => (back[a] ? a - rank : a)));
  const all: fc.Arbitrary<Axis> = fc.constant(undefined);
  return rank === 0 ? fc.oneof(all, lists) : fc.oneof(all, lists, axis(rank));
}
