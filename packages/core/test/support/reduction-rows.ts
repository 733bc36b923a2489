import fc from "fast-check";
import type { DType, Node, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { type Axis, at, fill, line, type Plain, reduce, sizeOf } from "./plain.js";
import { all, callMethod, floats, methodName, numbers, type Row } from "./row.js";

export interface ReductionSetting {
  readonly axis: Axis;
  readonly keepDims: boolean;
}

/** The sizes along the axes multiply to 0, and there are results nevertheless. */
export function reducesNothing(shape: readonly number[], axis: Axis): boolean {
  return sizeOf(shape) === 0 && sizeOf(reduce({ shape, values: [] }, axis, false, () => 0).shape) > 0;
}

export function reductionRow(
  Class: new (options: ReductionSetting) => Node,
  fn: (x: Tensor, options: ReductionSetting) => Tensor,
  combine: (list: number[]) => number,
  dtypes: readonly DType[] = floats,
  ofNothing = true,
): Row {
  const method = methodName(Class);
  const row: Row<ReductionSetting> = {
    Node: Class,
    fn,
    dtypes,
    cases: draw
      .unaryCases<ReductionSetting>(
        draw.shapes(),
        (shape) => fc.record({ axis: draw.axes(shape.length), keepDims: fc.boolean() }),
        draw.distinctOperand,
      )
      .filter(({ operands: [x], setting }) => ofNothing || !reducesNothing(x?.shape ?? [], setting.axis)),
    gradient: true,
    node: (options) => new Class(options),
    call: ([x], options) => fn(x as Tensor, options),
    method: ([x], options) => callMethod(x, method, options),
    reference: ([x], { axis, keepDims }) => reduce(x as Plain, axis, keepDims, combine),
  };
  return row as Row;
}

const total = (list: number[]) => list.reduce((sum, value) => sum + value, 0);
const least = (list: number[]) => list.toSorted((a, b) => a - b)[0] as number;
const largest = (list: number[]) => list.toSorted((a, b) => b - a)[0] as number;

function argRow(
  Class: new (axis?: number, keepDims?: boolean) => Node,
  fn: (x: Tensor, axis?: number, options?: { keepDims?: boolean }) => Tensor,
  best: (list: number[]) => number,
): Row {
  const row: Row<{ axis: number | undefined; keepDims: boolean }> = {
    Node: Class,
    fn,
    dtypes: all,
    cases: draw
      .unaryCases(
        draw.shapes(),
        (shape) => {
          const axis: fc.Arbitrary<number | undefined> =
            shape.length === 0 ? fc.constant(undefined) : fc.option(draw.axis(shape.length), { nil: undefined });
          return fc.record({ axis, keepDims: fc.boolean() });
        },
        (shape) => draw.operand(shape, fc.integer({ min: -1, max: 2 })),
      )
      .filter(({ operands: [x], setting }) => !reducesNothing(x?.shape ?? [], setting.axis)),
    gradient: "the result is a position",
    node: ({ axis, keepDims }) => new Class(axis, keepDims),
    call: ([x], { axis, keepDims }) => fn(x as Tensor, axis, { keepDims }),
    method: ([x], { axis, keepDims }) => callMethod(x, methodName(Class), axis, { keepDims }),
    reference: ([x], { axis, keepDims }) => reduce(x as Plain, axis, keepDims, (list) => list.indexOf(best(list))),
    result: () => "int32",
  };
  return row as Row;
}

function softmaxRow(
  Class: new (axis?: number) => Node,
  fn: (x: Tensor, axis: number) => Tensor,
  method: "softmax" | "logSoftmax",
  f: (x: number, sum: number) => number,
): Row {
  const row: Row<number> = {
    Node: Class,
    fn,
    dtypes: floats,
    cases: draw.unaryCases(draw.shapes(1), (shape) => draw.axis(shape.length)),
    gradient: true,
    node: (axis) => new Class(axis),
    call: ([x], axis) => fn(x as Tensor, axis),
    method: ([x], axis) => (x as Tensor)[method](axis),
    reference: ([x], axis) => {
      const { shape } = x as Plain;
      const axisFromFront = axis < 0 ? axis + shape.length : axis;
      return fill(shape, (index) =>
        f(at(x as Plain, index), total(line(x as Plain, index, axisFromFront).map(Math.exp))),
      );
    },
  };
  return row as Row;
}

/** Sums, extremes and softmax: what works along axes. */
export const reductionRows: readonly Row[] = [
  reductionRow(ops.Sum, ops.sum, total, numbers),
  reductionRow(ops.Mean, ops.mean, (list) => total(list) / list.length),
  reductionRow(ops.Max, ops.max, largest, numbers, false),
  reductionRow(ops.Min, ops.min, least, numbers, false),
  reductionRow(ops.LogSumExp, ops.logSumExp, (list) => Math.log(total(list.map(Math.exp)))),
  argRow(ops.ArgMax, ops.argMax, largest),
  argRow(ops.ArgMin, ops.argMin, least),
  softmaxRow(ops.Softmax, ops.softmax, "softmax", (x, sum) => Math.exp(x) / sum),
  softmaxRow(ops.LogSoftmax, ops.logSoftmax, "logSoftmax", (x, sum) => x - Math.log(sum)),
];
