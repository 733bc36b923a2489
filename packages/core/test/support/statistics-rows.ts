import fc from "fast-check";
import type { DType, Node, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { type Axis, at, axesOf, fill, indices, line, type Plain, reduce, sizeOf } from "./plain.js";
import { type ReductionSetting, reducesNothing, reductionRow } from "./reduction-rows.js";
import { all, callMethod, floats, methodName, numbers, type Row } from "./row.js";

const product = (list: number[]) => list.reduce((p, value) => p * value, 1);
const total = (list: number[]) => list.reduce((sum, value) => sum + value, 0);

/** Some elements are 0 and some alike. As int32 they are four times as large, and a product stays within 32 bits. */
function withZeros(shape: readonly number[]): fc.Arbitrary<draw.DrawnOperand> {
  const drawn = draw.operand(shape, fc.constantFrom(0, 1, -1.25, 0.25, -0.25, 0.5, -0.5, 0.75));
  return drawn.filter(({ values }) => product(values.map((value) => Math.max(1, Math.abs(value * 4)))) < 2 ** 31);
}

/** A reduction with an option of its own: for each setting the list of numbers is combined in another way. */
function optionRow<Option extends object>(
  Class: new (options: ReductionSetting & Option) => Node,
  fn: (x: Tensor, options: ReductionSetting & Option) => Tensor,
  option: fc.Arbitrary<Option>,
  allowed: (shape: readonly number[], setting: ReductionSetting & Option) => boolean,
  combine: (list: number[], option: Option) => number,
): Row {
  const row: Row<ReductionSetting & Option> = {
    Node: Class,
    fn,
    dtypes: floats,
    cases: draw
      .unaryCases(
        draw.shapes(),
        (shape) =>
          fc
            .tuple(fc.record({ axis: draw.axes(shape.length), keepDims: fc.boolean() }), option)
            .map(([setting, own]) => ({ ...setting, ...own })),
        differentMagnitudes,
      )
      .filter(({ operands: [x], setting }) => allowed(x?.shape ?? [], setting)),
    gradient: true,
    node: (options) => new Class(options),
    call: ([x], options) => fn(x as Tensor, options),
    method: ([x], options) => callMethod(x, methodName(Class), options),
    reference: ([x], options) => reduce(x as Plain, options.axis, options.keepDims, (list) => combine(list, options)),
  };
  return row as Row;
}

/** No two magnitudes are alike, and none is 0: a norm has no kink there. */
function differentMagnitudes(shape: readonly number[]): fc.Arbitrary<draw.DrawnOperand> {
  const n = sizeOf(shape);
  const magnitudes = fc.uniqueArray(fc.integer({ min: 4, max: 60 }), { minLength: n, maxLength: n });
  return fc
    .tuple(magnitudes, fc.array(fc.boolean(), { minLength: n, maxLength: n }))
    .map(([list, signs]) => ({ shape, values: list.map((m, i) => (signs[i] ? -m : m) / 16), kind: "float" }));
}

/** How many elements each result is made of. */
function lengthOf(shape: readonly number[], { axis }: ReductionSetting): number {
  return sizeOf(axesOf(axis, shape.length).map((a) => shape[a] as number));
}

interface Correction {
  readonly correction: number;
}
const correction: fc.Arbitrary<Correction> = fc.record({ correction: fc.constantFrom(0, 1) });
const manyEnough = (shape: readonly number[], setting: ReductionSetting & Correction) =>
  lengthOf(shape, setting) > setting.correction;

/** By the differences of all pairs, without a mean: their squares add up to 2 n^2 times the variance. */
function varianceOf(list: number[], { correction }: Correction): number {
  const n = list.length;
  const pairs = total(list.flatMap((a) => list.map((b) => (a - b) ** 2)));
  return pairs / (2 * n) / (n - correction);
}

interface Ord {
  readonly ord: number;
}

function normOf(list: number[], { ord }: Ord): number {
  const magnitudes = list.map((value) => (value < 0 ? -value : value));
  if (ord === Infinity) return magnitudes.toSorted((a, b) => b - a)[0] as number;
  return total(magnitudes.map((value) => value ** ord)) ** (1 / ord);
}

/** any, all and count: of elements that are 0 or not. */
function countingRow(
  Class: new (options: ReductionSetting) => Node,
  fn: (x: Tensor, options: ReductionSetting) => Tensor,
  judge: (list: number[]) => number,
  result: DType,
): Row {
  const row = reductionRow(Class, fn, judge, all);
  const cases = draw.unaryCases(
    draw.shapes(),
    (shape) => fc.record({ axis: draw.axes(shape.length), keepDims: fc.boolean() }),
    (shape) => draw.operand(shape, fc.constantFrom(0, 0, 1, -2)),
  );
  return { ...row, cases, gradient: "the result changes in steps", result: () => result };
}

interface Cumulation {
  readonly axis: number;
  readonly reverse: boolean;
  readonly exclusive: boolean;
}

function cumulationRow(
  Class: new (axis: number, options: Omit<Cumulation, "axis">) => Node,
  fn: (x: Tensor, axis: number, options: Omit<Cumulation, "axis">) => Tensor,
  combine: (list: number[]) => number,
): Row {
  const row: Row<Cumulation> = {
    Node: Class,
    fn,
    dtypes: numbers,
    cases: draw.unaryCases(
      draw.shapes(1),
      (shape) => fc.record({ axis: draw.axis(shape.length), reverse: fc.boolean(), exclusive: fc.boolean() }),
      withZeros,
    ),
    gradient: true,
    node: ({ axis, ...options }) => new Class(axis, options),
    call: ([x], { axis, ...options }) => fn(x as Tensor, axis, options),
    method: ([x], setting) => callMethod(x, methodName(Class), setting),
    reference: ([x], { axis, reverse, exclusive }) => {
      const { shape } = x as Plain;
      const along = axis < 0 ? axis + shape.length : axis;
      return fill(shape, (index) => {
        const before = line(x as Plain, index, along).filter((_, j) => {
          const distance = (index[along] as number) - j;
          return (exclusive && distance === 0) === false && (reverse ? distance <= 0 : distance >= 0);
        });
        return combine(before);
      });
    },
  };
  return row as Row;
}

const linearScanRow: Row<{ axis: number; reverse: boolean }> = {
  Node: ops.LinearScan,
  fn: null,
  dtypes: floats,
  cases: draw
    .shapes(1)
    .chain((shape) =>
      fc
        .tuple(
          withZeros(shape),
          draw.operand(shape, draw.grid(-2, 2)),
          fc.record({ axis: draw.axis(shape.length), reverse: fc.boolean() }),
        )
        .map(([a, b, setting]) => ({ operands: [a, b], setting })),
    ),
  gradient: true,
  node: ({ axis, reverse }) => new ops.LinearScan(axis, reverse),
  call: ([a, b], { axis, reverse }) => new ops.LinearScan(axis, reverse).apply(a as Tensor, b as Tensor),
  // Each summand times all the factors that stand between it and the result.
  reference: ([a, b], { axis, reverse }) => {
    const { shape } = a as Plain;
    const along = axis < 0 ? axis + shape.length : axis;
    return fill(shape, (index) => {
      const [factors, summands] = [line(a as Plain, index, along), line(b as Plain, index, along)];
      const i = index[along] as number;
      const terms = summands.map((summand, k) => {
        if (reverse ? k <= i : k >= i) return 0;
        return summand * product(reverse ? factors.slice(i + 1, k) : factors.slice(k + 1, i));
      });
      return total(terms);
    });
  },
};

interface DispersionSetting {
  readonly axis: Axis;
  readonly center: boolean;
  readonly freedom: number;
  readonly eps: number;
}

const dispersions = (rank: number): fc.Arbitrary<DispersionSetting> =>
  fc.record({
    axis: draw.axes(rank),
    center: fc.boolean(),
    freedom: fc.constantFrom(1, 3, 2.5),
    eps: fc.constantFrom(0, 0.5),
  });

/** No deviation is 0, where there is a kink. */
const disperses = (shape: readonly number[], { axis, center, eps }: DispersionSetting) =>
  eps > 0 || lengthOf(shape, { axis, keepDims: true }) > (center ? 1 : 0);

function deviationOf(list: number[], { center, freedom, eps }: DispersionSetting): number {
  const mean = center ? total(list) / list.length : 0;
  return Math.sqrt(total(list.map((value) => (value - mean) ** 2)) / freedom + eps);
}

/** Each element together with all that stand along the axes with it. */
function alongAxes(x: Plain, axis: Axis, combine: (value: number, list: number[]) => number): Plain {
  const axes = axesOf(axis, x.shape.length);
  return fill(x.shape, (index) => {
    const list: number[] = [];
    for (const other of indices(x.shape)) {
      if (other.every((i, a) => axes.includes(a) || i === index[a])) list.push(at(x, other));
    }
    return combine(at(x, index), list);
  });
}

const mean = (list: number[]) => total(list) / list.length;

const centerRow: Row<{ axis: Axis; divisor: number }> = {
  Node: ops.Center,
  fn: null,
  dtypes: floats,
  cases: draw.unaryCases(draw.shapes(), (shape) =>
    fc.record({ axis: draw.axes(shape.length), divisor: fc.constantFrom(1, 1.5) }),
  ),
  gradient: true,
  node: ({ axis, divisor }) => new ops.Center(axis, divisor),
  call: ([x], { axis, divisor }) => new ops.Center(axis, divisor).apply(x as Tensor),
  reference: ([x], { axis, divisor }) => alongAxes(x as Plain, axis, (value, list) => (value - mean(list)) / divisor),
};

const standardizeRow: Row<DispersionSetting> = {
  Node: ops.Standardize,
  fn: null,
  dtypes: floats,
  cases: draw
    .unaryCases(draw.shapes(), (shape) => dispersions(shape.length), differentMagnitudes)
    .filter(({ operands: [x], setting }) => disperses(x?.shape ?? [], setting)),
  gradient: true,
  node: (setting) => new ops.Standardize(setting),
  call: ([x], setting) => new ops.Standardize(setting).apply(x as Tensor),
  reference: ([x], setting) =>
    alongAxes(
      x as Plain,
      setting.axis,
      (value, list) => (value - (setting.center ? mean(list) : 0)) / deviationOf(list, setting),
    ),
};

const deviationRow: Row<DispersionSetting> = {
  Node: ops.Deviation,
  fn: null,
  dtypes: floats,
  cases: draw
    .unaryCases(draw.shapes(), (shape) => dispersions(shape.length), differentMagnitudes)
    .filter(({ operands: [x], setting }) => disperses(x?.shape ?? [], setting)),
  gradient: true,
  node: (setting) => new ops.Deviation(setting),
  call: ([x], setting) => new ops.Deviation(setting).apply(x as Tensor),
  reference: ([x], setting) => reduce(x as Plain, setting.axis, true, (list) => deviationOf(list, setting)),
};

/** Products, moments, norms, counts and what is cumulated along an axis. */
export const statisticsRows: readonly Row[] = [
  {
    ...reductionRow(ops.Prod, ops.prod, product, numbers),
    cases: draw.unaryCases(
      draw.shapes(),
      (shape) => fc.record({ axis: draw.axes(shape.length), keepDims: fc.boolean() }),
      withZeros,
    ),
  },
  optionRow(ops.Variance, ops.variance, correction, manyEnough, varianceOf),
  // The deviation of a single element is 0 and has a kink there, as a magnitude has.
  optionRow(
    ops.Std,
    ops.std,
    correction,
    (shape, setting) => lengthOf(shape, setting) > 1,
    (list, option) => Math.sqrt(varianceOf(list, option)),
  ),
  optionRow(
    ops.Norm,
    ops.norm,
    fc.constantFrom(1, 2, Infinity).map((ord): Ord => ({ ord })),
    (shape, { axis, ord }) => ord !== Infinity || !reducesNothing(shape, axis),
    normOf,
  ),
  countingRow(ops.Count, ops.count, (list) => list.filter((value) => value !== 0).length, "int32"),
  countingRow(ops.Any, ops.any, (list) => Number(list.some((value) => value !== 0)), "bool"),
  countingRow(ops.All, ops.all, (list) => Number(!list.includes(0)), "bool"),
  cumulationRow(ops.Cumsum, ops.cumsum, total),
  cumulationRow(ops.Cumprod, ops.cumprod, product),
  linearScanRow as Row,
  centerRow as Row,
  standardizeRow as Row,
  deviationRow as Row,
];
