import fc from "fast-check";
import type { DType, Node } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { elementwise } from "./plain.js";
import { type Anywhere, all, callMethod, floats, methodName, numbers, type Row } from "./row.js";

export function elementwiseRow(
  Class: new () => Node,
  fn: (...args: never[]) => unknown,
  f: (...numbers: number[]) => number,
  domains: readonly fc.Arbitrary<number>[],
  { dtypes = floats, gradient = true, kinds = domains.map(() => "float"), result }: ElementwiseExtras = {},
): Row {
  const method = methodName(Class);
  return {
    Node: Class,
    fn,
    dtypes,
    cases: draw.elementwiseCases(domains, kinds),
    gradient,
    node: () => new Class(),
    call: (inputs) => (fn as Anywhere)(...inputs),
    method: ([x, ...others]) => callMethod(x, method, ...others),
    reference: elementwise(f),
    ...(result && { result: () => result }),
  };
}
interface ElementwiseExtras {
  readonly dtypes?: readonly DType[];
  readonly gradient?: Row["gradient"];
  readonly kinds?: readonly draw.DrawnOperand["kind"][];
  readonly result?: DType;
}

const ascending = (a: number, b: number) => a - b;
const takesNumbers = { dtypes: numbers };
/** Never 0, where |x| and relu have their kink. */
const around0 = draw.grid(-2, 2, 2);
const [x, y] = [draw.grid(-2, 2, 0), draw.grid(-2, 2, 2)];
const positive = draw.grid(0.25, 4);

export const elementwiseRows: readonly Row[] = [
  elementwiseRow(ops.Add, ops.add, (a, b) => a + b, [x, y], takesNumbers),
  elementwiseRow(ops.Sub, ops.sub, (a, b) => a - b, [x, y], takesNumbers),
  elementwiseRow(ops.Mul, ops.mul, (a, b) => a * b, [x, y], takesNumbers),
  elementwiseRow(ops.Div, ops.div, (a, b) => a / b, [x, draw.awayFrom0(0.5, 3)]),
  elementwiseRow(ops.Pow, ops.pow, (a, b) => a ** b, [
    draw.grid(0.5, 2),
    fc.integer({ min: -6, max: 6 }).map((n) => n / 2),
  ]),
  elementwiseRow(ops.Maximum, ops.maximum, (a, b) => [a, b].toSorted(ascending)[1] as number, [x, y], takesNumbers),
  elementwiseRow(ops.Minimum, ops.minimum, (a, b) => [a, b].toSorted(ascending)[0] as number, [x, y], takesNumbers),
  elementwiseRow(ops.Neg, ops.neg, (a) => -a, [x], takesNumbers),
  elementwiseRow(ops.Square, ops.square, (a) => a * a, [x], takesNumbers),
  elementwiseRow(ops.Sqrt, ops.sqrt, (a) => a ** 0.5, [positive]),
  elementwiseRow(ops.Exp, ops.exp, (a) => Math.E ** a, [x]),
  elementwiseRow(ops.Log, ops.log, (a) => Math.log2(a) * Math.LN2, [positive]),
  elementwiseRow(ops.Log1p, ops.log1p, (a) => Math.log(1 + a), [draw.grid(-0.5, 3)]),
  elementwiseRow(ops.Abs, ops.abs, (a) => (a < 0 ? -a : a), [around0], takesNumbers),
  elementwiseRow(ops.Sign, ops.sign, (a) => (a > 0 ? 1 : a < 0 ? -1 : 0), [around0], takesNumbers),
  elementwiseRow(ops.Sin, ops.sin, (a) => Math.cos(a - Math.PI / 2), [x]),
  elementwiseRow(ops.Cos, ops.cos, (a) => Math.sin(a + Math.PI / 2), [x]),
  elementwiseRow(ops.Tanh, ops.tanh, (a) => (Math.exp(2 * a) - 1) / (Math.exp(2 * a) + 1), [x]),
  elementwiseRow(ops.Sigmoid, ops.sigmoid, (a) => 1 / (1 + Math.exp(-a)), [draw.grid(-6, 6)]),
  elementwiseRow(ops.Relu, ops.relu, (a) => a * Number(a > 0), [around0]),
  elementwiseRow(ops.Softplus, ops.softplus, (a) => Math.log(1 + Math.exp(a)), [draw.grid(-6, 6)]),
  elementwiseRow(
    ops.Clamp,
    ops.clamp,
    (a, low, high) => Math.min(high, Math.max(low, a)),
    [x, draw.grid(-2, 1, 1), draw.grid(-1, 2, 2)],
    takesNumbers,
  ),
  elementwiseRow(ops.Where, ops.where, (c, a, b) => (c ? a : b), [fc.nat(1), x, y], {
    dtypes: all,
    kinds: ["bool", "float", "float"],
  }),
  ...(
    [
      [ops.Equal, ops.equal, (a, b) => a === b],
      [ops.NotEqual, ops.notEqual, (a, b) => a !== b],
      [ops.Less, ops.less, (a, b) => a < b],
      [ops.LessEqual, ops.lessEqual, (a, b) => a <= b],
      [ops.Greater, ops.greater, (a, b) => a > b],
      [ops.GreaterEqual, ops.greaterEqual, (a, b) => a >= b],
    ] as [new () => Node, Anywhere, (a: number, b: number) => boolean][]
  ).map(([Class, fn, holds]) =>
    elementwiseRow(
      Class,
      fn,
      (a = NaN, b = NaN) => (holds(a, b) ? 1 : 0),
      [fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 })],
      {
        dtypes: all,
        gradient: "a comparison is a step",
        result: "bool",
      },
    ),
  ),
];
