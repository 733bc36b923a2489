import fc from "fast-check";
import * as ops from "../src/ops/index.js";
import type { DType, Node, Range, Tensor } from "../src/index.js";
import * as draw from "./support/draw.js";
import { at, type Axis, broadcastAt, broadcastShape, elementwise, fill, indices, line, type Plain, positionOf, reduce, replaced, sizeOf } from "./support/plain.js";

/** An op as the table sees it: how its inputs are drawn, and what its result is, said once more and without the library. */
export interface Row<S = unknown> {
  readonly Node: abstract new (...args: never[]) => Node;
  /** The exported function; null for a node that is only the derivative of another. */
  readonly fn: ((...args: never[]) => unknown) | null;
  readonly dtypes: readonly DType[];
  readonly cases: fc.Arbitrary<draw.Case<S>>;
  /** Whether gradients are compared, first and second derivatives (all ops have those of any order), or why not. */
  readonly gradient: true | string | ((setting: S) => boolean);
  node(setting: S): Node;
  call(inputs: readonly Tensor[], setting: S): Tensor;
  /** The form `x.op(...)`; absent for ops on a list of tensors. */
  method?(inputs: readonly Tensor[], setting: S): Tensor;
  reference(inputs: readonly Plain[], setting: S): Plain;
  /** The dtype of the result where it is not that of the inputs. */
  result?(setting: S): DType;
}

const floats = ["float64", "float32"] as const;
const numbers = ["float64", "float32", "int32"] as const;
const all = ["float64", "float32", "int32", "bool"] as const;

type Anywhere = (...inputs: readonly Tensor[]) => Tensor;

function methodName(Class: { readonly name: string }): string {
  return Class.name.charAt(0).toLowerCase() + Class.name.slice(1);
}

function callMethod(x: Tensor | undefined, method: string, ...args: unknown[]): Tensor {
  return (x as unknown as Record<string, (...args: unknown[]) => Tensor>)[method]?.apply(x, args) as Tensor;
}

function elementwiseRow(
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
  readonly gradient?: true | string;
  readonly kinds?: readonly draw.Operand["kind"][];
  readonly result?: DType;
}

const takesNumbers = { dtypes: numbers };
/** Never 0, where |x| and relu have their kink. */
const around0 = draw.grid(-2, 2, 2);
const [x, y] = [draw.grid(-2, 2, 0), draw.grid(-2, 2, 2)];
const positive = draw.grid(0.25, 4);

const elementwiseRows: readonly Row[] = [
  elementwiseRow(ops.Add, ops.add, (a, b) => a + b, [x, y], takesNumbers),
  elementwiseRow(ops.Sub, ops.sub, (a, b) => a - b, [x, y], takesNumbers),
  elementwiseRow(ops.Mul, ops.mul, (a, b) => a * b, [x, y], takesNumbers),
  elementwiseRow(ops.Div, ops.div, (a, b) => a / b, [x, draw.awayFrom0(0.5, 3)]),
  elementwiseRow(ops.Pow, ops.pow, (a, b) => a ** b, [draw.grid(0.5, 2), fc.integer({ min: -6, max: 6 }).map((n) => n / 2)]),
  elementwiseRow(ops.Maximum, ops.maximum, (a, b) => (a > b ? a : b), [x, y], takesNumbers),
  elementwiseRow(ops.Minimum, ops.minimum, (a, b) => (a < b ? a : b), [x, y], takesNumbers),
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
  elementwiseRow(ops.Relu, ops.relu, (a) => (a > 0 ? a : 0), [around0]),
  elementwiseRow(ops.Softplus, ops.softplus, (a) => Math.log(1 + Math.exp(a)), [draw.grid(-6, 6)]),
  elementwiseRow(ops.Clamp, ops.clamp, (a, low, high) => Math.min(high, Math.max(low, a)), [x, draw.grid(-2, 1, 1), draw.grid(-1, 2, 2)], takesNumbers),
  elementwiseRow(ops.Where, ops.where, (c, a, b) => (c ? a : b), [fc.nat(1), x, y], { dtypes: all, kinds: ["bool", "float", "float"] }),
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
    elementwiseRow(Class, fn, (a = NaN, b = NaN) => (holds(a, b) ? 1 : 0), [fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 })], {
      dtypes: all,
      gradient: "a comparison is a step",
      result: "bool",
    }),
  ),
];

// Reductions ----------------------------------------------------------------------------------------------------------

interface Reduction {
  readonly axis: Axis;
  readonly keepDims: boolean;
}

/** The sizes along the axes multiply to 0, and there are results nevertheless. */
function reducesNothing(shape: readonly number[], axis: Axis): boolean {
  return sizeOf(shape) === 0 && sizeOf(reduce({ shape, values: [] }, axis, false, () => 0).shape) > 0;
}

function reductionRow(
  Class: new (options: Reduction) => Node,
  fn: (x: Tensor, options: Reduction) => Tensor,
  combine: (list: number[]) => number,
  dtypes: readonly DType[] = floats,
  ofNothing = true,
): Row {
  const method = methodName(Class);
  const row: Row<Reduction> = {
    Node: Class,
    fn,
    dtypes,
    cases: draw
      .unaryCases<Reduction>(
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

const argMaxRow: Row<{ axis: number | undefined; keepDims: boolean }> = {
  Node: ops.ArgMax,
  fn: ops.argMax,
  dtypes: all,
  cases: draw
    .unaryCases(
      draw.shapes(),
      (shape) => {
        const axis: fc.Arbitrary<number | undefined> = shape.length === 0 ? fc.constant(undefined) : fc.option(draw.axis(shape.length), { nil: undefined });
        return fc.record({ axis, keepDims: fc.boolean() });
      },
      (shape) => draw.operand(shape, fc.integer({ min: -1, max: 2 })),
    )
    .filter(({ operands: [x], setting }) => !reducesNothing(x?.shape ?? [], setting.axis)),
  gradient: "the result is a position",
  node: ({ axis, keepDims }) => new ops.ArgMax(axis, keepDims),
  call: ([x], { axis, keepDims }) => ops.argMax(x as Tensor, axis, { keepDims }),
  method: ([x], { axis, keepDims }) => (x as Tensor).argMax(axis, { keepDims }),
  reference: ([x], { axis, keepDims }) => reduce(x as Plain, axis, keepDims, (list) => list.indexOf(largest(list))),
  result: () => "int32",
};

function softmaxRow(Class: new (axis?: number) => Node, fn: (x: Tensor, axis: number) => Tensor, method: "softmax" | "logSoftmax", f: (x: number, sum: number) => number): Row {
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
      return fill(shape, (index) => f(at(x as Plain, index), total(line(x as Plain, index, axisFromFront).map(Math.exp))));
    },
  };
  return row as Row;
}

// Matrix product ------------------------------------------------------------------------------------------------------

interface Flags {
  readonly ta: boolean;
  readonly tb: boolean;
}

const innerSize = fc.constantFrom(1, 2, 3, 0);
const matMulCases: fc.Arbitrary<draw.Case<Flags>> = fc
  .record({
    m: innerSize,
    k: fc.constantFrom(2, 3, 1, 17, 0),
    n: innerSize,
    rowVector: fc.boolean(),
    columnVector: fc.boolean(),
    ta: fc.boolean(),
    tb: fc.boolean(),
    batches: draw.broadcasting(2, 2).filter((shapes) => shapes.every((shape) => sizeOf(shape) <= 6)),
  })
  .chain(({ m, k, n, rowVector, columnVector, ta, tb, batches: [batchA = [], batchB = []] }) => {
    const a = rowVector ? [k] : [...batchA, ...(ta ? [k, m] : [m, k])];
    const b = columnVector ? [k] : [...batchB, ...(tb ? [n, k] : [k, n])];
    const setting = { ta: ta && !rowVector, tb: tb && !columnVector };
    return fc.tuple(draw.operand(a, x), draw.operand(b, y)).map((operands) => ({ operands, setting }));
  });

/** NumPy's matmul: a vector is a row on the left and a column on the right. */
function matmul([a, b]: readonly Plain[], { ta, tb }: Flags): Plain {
  const A = asMatrix(a as Plain, ta, (k) => [1, k]);
  const B = asMatrix(b as Plain, tb, (k) => [k, 1]);
  const [m, k] = A.shape.slice(-2) as [number, number];
  const n = B.shape.at(-1) as number;
  const out = fill([...broadcastShape([A.shape.slice(0, -2), B.shape.slice(0, -2)]), m, n], (index) => {
    const [batch, i, j] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
    let sum = 0;
    // The matrices of a batch are broadcast, their rows and columns are not.
    for (let l = 0; l < k; l++) sum += at(A, [...own(batch, A), i, l]) * at(B, [...own(batch, B), l, j]);
    return sum;
  });
  const shape = out.shape.filter((_, axis) => {
    const fromEnd = axis - out.shape.length;
    return !(fromEnd === -2 && a?.shape.length === 1) && !(fromEnd === -1 && b?.shape.length === 1);
  });
  return { shape, values: out.values };
}

function own(batch: number[], x: Plain): number[] {
  const sizes = x.shape.slice(0, -2);
  return batch.slice(batch.length - sizes.length).map((i, axis) => (sizes[axis] === 1 ? 0 : i));
}

function asMatrix(x: Plain, transposed: boolean, vector: (k: number) => number[]): Plain {
  if (x.shape.length === 1) return { shape: vector(x.values.length), values: x.values };
  if (!transposed) return x;
  const swap = (index: readonly number[]) => [...index.slice(0, -2), index.at(-1) as number, index.at(-2) as number];
  return fill(swap(x.shape), (index) => at(x, swap(index)));
}

const matMulRow: Row<Flags> = {
  Node: ops.MatMul,
  fn: ops.matmul,
  dtypes: numbers,
  cases: matMulCases,
  gradient: true,
  node: ({ ta, tb }) => new ops.MatMul(ta, tb),
  // The function has no flags: the derivative alone uses them.
  call: ([a, b], { ta, tb }) => (ta || tb ? new ops.MatMul(ta, tb).apply(a as Tensor, b as Tensor) : ops.matmul(a as Tensor, b as Tensor)),
  method: ([a, b], { ta, tb }) => (ta || tb ? new ops.MatMul(ta, tb).apply(a as Tensor, b as Tensor) : (a as Tensor).matmul(b as Tensor)),
  reference: matmul,
};

// The same elements elsewhere ------------------------------------------------------------------------------------------

/** What all ops on one tensor share that move elements and leave them as they are. */
function movingRow<S>(row: Omit<Row<S>, "dtypes" | "gradient">): Row {
  return { ...row, dtypes: all, gradient: true } as Row;
}

const same = (x: Plain | undefined, shape: readonly number[]): Plain => ({ shape, values: x?.values ?? [] });

/** The positions that a range reads, as Python's range(*slice.indices(size)) gives them. */
function positions(range: Range, size: number): number[] {
  if (typeof range === "number") return [range < 0 ? range + size : range];
  const [start = null, stop = null, step = null] = range ?? [];
  const by = step ?? 1;
  const end = (p: number | null, open: number, low: number, high: number) => (p === null ? open : Math.max(low, Math.min(high, p < 0 ? p + size : p)));
  const out: number[] = [];
  if (by > 0) for (let i = end(start, 0, 0, size); i < end(stop, size, 0, size); i += by) out.push(i);
  else for (let i = end(start, size - 1, -1, size - 1); i > end(stop, -1, -1, size - 1); i += by) out.push(i);
  return out;
}

function drawRange(size: number): fc.Arbitrary<Range> {
  const end = fc.option(fc.integer({ min: -size - 2, max: size + 2 }));
  const step = fc.option(fc.constantFrom(1, 2, -1, -2, 3));
  const ranges: fc.Arbitrary<Range>[] = [fc.constant(null), fc.tuple(end, end), fc.tuple(end, end, step)];
  return fc.oneof(...ranges, ...(size > 0 ? [fc.integer({ min: -size, max: size - 1 })] : []));
}

function drawRanges(shape: number[]): fc.Arbitrary<Range[]> {
  return fc.tuple(fc.nat(shape.length), fc.tuple(...shape.map(drawRange))).map(([named, ranges]) => ranges.slice(0, named));
}

/** For each element that the ranges read, where it stands. */
function readBy(ranges: readonly Range[], shape: readonly number[]): { shape: number[]; sources: number[] } {
  const lists = shape.map((size, axis) => positions(ranges[axis] ?? null, size));
  const kept = lists.filter((_, axis) => typeof ranges[axis] !== "number").map((list) => list.length);
  const sources = indices(lists.map((list) => list.length)).map((index) =>
    positionOf(
      shape,
      index.map((i, axis) => (lists[axis] as number[])[i] as number),
    ),
  );
  return { shape: kept, sources };
}

const unsliceCases: fc.Arbitrary<draw.Case<{ ranges: Range[]; shape: number[] }>> = draw
  .shapes()
  .chain((shape) => drawRanges(shape).map((ranges) => ({ ranges, shape })))
  .chain((setting) =>
    draw.operand(readBy(setting.ranges, setting.shape).shape, x).map((operand) => ({ operands: [operand], setting })),
  );

interface ByIndex {
  readonly shape: readonly number[];
  readonly axis: number;
}

const indexCases: fc.Arbitrary<{ indices: draw.Operand; shape: number[]; axis: number }> = draw
  .shapes(1, 2)
  .chain((shape) =>
    fc.tuple(draw.axis(shape.length), draw.shapes(0, 2)).chain(([axis, taken]) => {
      const size = shape.at(axis) as number;
      // There is nothing to take from an axis of size 0 but nothing.
      const shapeOfIndices = size === 0 ? [0] : taken;
      const numbers = size === 0 ? fc.constant(0) : fc.integer({ min: -size, max: size - 1 });
      return draw.operand(shapeOfIndices, numbers, "int32").map((indices) => ({ indices, shape, axis }));
    }),
  )
  .filter(({ indices, shape }) => indices.values.length * sizeOf(shape) <= 60);

/** The shape of what is taken, and for each of its elements the position that it comes from. */
function takenBy(indicesOf: Plain, { shape, axis }: ByIndex): { shape: number[]; sources: number[] } {
  const from = axis < 0 ? axis + shape.length : axis;
  const rank = indicesOf.shape.length;
  const out = replaced(shape, from, ...indicesOf.shape);
  const sources = indices(out).map((index) => {
    const row = at(indicesOf, index.slice(from, from + rank));
    return positionOf(shape, [...index.slice(0, from), row < 0 ? row + (shape[from] as number) : row, ...index.slice(from + rank)]);
  });
  return { shape: out, sources };
}

const gather = (x: Plain | undefined, { shape, sources }: { shape: number[]; sources: number[] }): Plain => ({
  shape,
  values: sources.map((source) => x?.values[source] as number),
});

function scatter(x: Plain | undefined, shape: readonly number[], sources: readonly number[]): Plain {
  const values = new Array<number>(sizeOf(shape)).fill(0);
  sources.forEach((target, i) => {
    values[target] = (values[target] as number) + (x?.values[i] as number);
  });
  return { shape, values };
}

/** One to four tensors whose sizes differ on one axis at most. */
const concatCases: fc.Arbitrary<draw.Case<number>> = draw.shapes(1).chain((shape) =>
  fc.tuple(draw.axis(shape.length), fc.array(fc.nat(3), { minLength: 0, maxLength: 3 })).chain(([axis, more]) => {
    const sizes = [shape.at(axis) as number, ...more.filter((n) => n * sizeOf(shape) <= 20)];
    const operands = sizes.map((n) => draw.operand(shape.with(axis, n), x));
    return fc.tuple(...operands).map((operands) => ({ operands, setting: axis }));
  }),
);

const joinedRows: readonly Row[] = [
  movingRow<number>({
    Node: ops.Concat,
    fn: ops.concat,
    cases: concatCases,
    node: (axis) => new ops.Concat(axis),
    call: (inputs, axis) => ops.concat(inputs, axis),
    reference: (inputs, axis) => {
      const [first] = inputs as [Plain];
      const along = axis < 0 ? axis + first.shape.length : axis;
      const owners = inputs.flatMap((x) => Array.from({ length: x.shape[along] as number }, (_, i) => ({ x, i })));
      return fill(first.shape.with(along, owners.length), (index) => {
        const { x, i } = owners[index[along] as number] as { x: Plain; i: number };
        return at(x, index.with(along, i));
      });
    },
  }),
  movingRow<number>({
    Node: ops.Stack,
    fn: ops.stack,
    cases: draw.shapes(0, 2).chain((shape) =>
      fc
        .tuple(draw.axis(shape.length + 1), fc.array(draw.operand(shape, x), { minLength: 1, maxLength: 3 }))
        .map(([setting, operands]) => ({ operands, setting })),
    ),
    node: (axis) => new ops.Stack(axis),
    call: (inputs, axis) => ops.stack(inputs, axis),
    reference: (inputs, axis) => {
      const shape = (inputs[0] as Plain).shape;
      const along = axis < 0 ? axis + shape.length + 1 : axis;
      return fill(shape.toSpliced(along, 0, inputs.length), (index) => at(inputs[index[along] as number] as Plain, index.toSpliced(along, 1)));
    },
  }),
];

const movedRows: readonly Row[] = [
  movingRow<number[]>({
    Node: ops.BroadcastTo,
    fn: ops.broadcastTo,
    cases: draw.broadcasting(2).map(([part = [], other = []]) => ({ part, to: broadcastShape([part, other]) })).chain(({ part, to }) =>
      draw.operand(part, x).map((operand) => ({ operands: [operand], setting: to })),
    ),
    node: (shape) => new ops.BroadcastTo(shape),
    call: ([x], shape) => ops.broadcastTo(x as Tensor, shape),
    method: ([x], shape) => (x as Tensor).broadcastTo(shape),
    reference: ([x], shape) => fill(shape, (index) => broadcastAt(x as Plain, index)),
  }),
  movingRow<number[]>({
    Node: ops.Reshape,
    fn: ops.reshape,
    cases: draw.unaryCases(draw.shapes(), (shape) => {
      // The factors in another order, some of them multiplied, one of them left open.
      const n = sizeOf(shape);
      const order = fc.shuffledSubarray(shape, { minLength: shape.length });
      const forms = order.chain((sizes) => fc.constantFrom(sizes, [...sizes, 1], [n], [1, n], ...(n === 1 ? [[]] : [])));
      return forms.chain((sizes) =>
        fc.nat(sizes.length).map((open) => (n > 0 && open < sizes.length ? sizes.with(open, -1) : sizes)),
      );
    }),
    node: (shape) => new ops.Reshape(shape),
    call: ([x], shape) => ops.reshape(x as Tensor, shape),
    method: ([x], shape) => (x as Tensor).reshape(shape),
    reference: ([x], shape) => {
      const known = sizeOf(shape.filter((n) => n !== -1));
      return same(x, shape.map((n) => (n === -1 ? (x?.values.length ?? 0) / known : n)));
    },
  }),
  movingRow<number>({
    Node: ops.ExpandDims,
    fn: ops.expandDims,
    cases: draw.unaryCases(draw.shapes(), (shape) => draw.axis(shape.length + 1)),
    node: (axis) => new ops.ExpandDims(axis),
    call: ([x], axis) => ops.expandDims(x as Tensor, axis),
    method: ([x], axis) => (x as Tensor).expandDims(axis),
    reference: ([x], axis) => same(x, (x as Plain).shape.toSpliced(axis < 0 ? axis + (x as Plain).shape.length + 1 : axis, 0, 1)),
  }),
  movingRow<number | undefined>({
    Node: ops.Squeeze,
    fn: ops.squeeze,
    cases: draw.unaryCases(draw.shapes(), (shape) => {
      const ones = shape.flatMap((n, axis) => (n === 1 ? [axis, axis - shape.length] : []));
      return fc.constantFrom(undefined, ...ones);
    }),
    node: (axis) => new ops.Squeeze(axis),
    call: ([x], axis) => ops.squeeze(x as Tensor, axis),
    method: ([x], axis) => (x as Tensor).squeeze(axis),
    reference: ([x], axis) => {
      const { shape } = x as Plain;
      if (axis === undefined) return same(x, shape.filter((n) => n !== 1));
      return same(x, shape.toSpliced(axis < 0 ? axis + shape.length : axis, 1));
    },
  }),
  movingRow<number[] | undefined>({
    Node: ops.Transpose,
    fn: ops.transpose,
    cases: draw.unaryCases(draw.shapes(), (shape) => {
      const axes = shape.map((_, axis) => axis);
      const orders = fc.tuple(fc.shuffledSubarray(axes, { minLength: axes.length }), fc.boolean());
      return fc.option(orders.map(([order, back]) => (back ? order.map((axis) => axis - shape.length) : order)), { nil: undefined });
    }),
    node: (order) => new ops.Transpose(order),
    call: ([x], order) => ops.transpose(x as Tensor, order),
    method: ([x], order) => (x as Tensor).transpose(order),
    reference: ([x], order) => {
      const { shape } = x as Plain;
      const rank = shape.length;
      const axes = order?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? shape.map((_, axis) => rank - 1 - axis);
      return fill(
        axes.map((axis) => shape[axis] as number),
        (index) => at(x as Plain, shape.map((_, axis) => index[axes.indexOf(axis)] as number)),
      );
    },
  }),
  movingRow<Range[]>({
    Node: ops.Slice,
    fn: ops.slice,
    cases: draw.unaryCases(draw.shapes(), drawRanges),
    node: (ranges) => new ops.Slice(ranges),
    call: ([x], ranges) => ops.slice(x as Tensor, ranges),
    method: ([x], ranges) => (x as Tensor).slice(ranges),
    reference: ([x], ranges) => gather(x, readBy(ranges, (x as Plain).shape)),
  }),
  movingRow<{ ranges: Range[]; shape: number[] }>({
    Node: ops.Unslice,
    fn: null,
    cases: unsliceCases,
    node: ({ ranges, shape }) => new ops.Unslice(ranges, shape),
    call: ([x], { ranges, shape }) => new ops.Unslice(ranges, shape).apply(x as Tensor),
    reference: ([x], { ranges, shape }) => scatter(x, shape, readBy(ranges, shape).sources),
  }),
  movingRow<ByIndex>({
    Node: ops.Take,
    fn: ops.take,
    cases: indexCases.chain(({ indices, shape, axis }) =>
      draw.operand(shape, x).map((operand) => ({ operands: [operand, indices], setting: { shape, axis } })),
    ),
    node: ({ axis }) => new ops.Take(axis),
    call: ([x, indices], { axis }) => ops.take(x as Tensor, indices as Tensor, axis),
    method: ([x, indices], { axis }) => (x as Tensor).take(indices as Tensor, axis),
    reference: ([x, indices], setting) => gather(x, takenBy(indices as Plain, setting)),
  }),
  {
    ...movingRow<ByIndex>({
      Node: ops.ScatterAdd,
      fn: null,
      cases: indexCases.chain(({ indices, shape, axis }) =>
        draw
          .operand(takenBy(indices, { shape, axis }).shape, x)
          .map((operand) => ({ operands: [operand, indices], setting: { shape, axis } })),
      ),
      node: ({ shape, axis }) => new ops.ScatterAdd(shape, axis),
      call: ([x, indices], { shape, axis }) => new ops.ScatterAdd(shape, axis).apply(x as Tensor, indices as Tensor),
      reference: ([x, indices], setting) => scatter(x, setting.shape, takenBy(indices as Plain, setting).sources),
    }),
    dtypes: numbers,
  },
];

// Other kinds of values ------------------------------------------------------------------------------------------------

const castRow: Row<DType> = {
  Node: ops.Cast,
  fn: ops.cast,
  dtypes: all,
  cases: draw.unaryCases(draw.shapes(), () => fc.constantFrom<DType>(...all), (shape) => draw.operand(shape, x)),
  // Exact in float32: the drawn numbers, and the steps of the differences.
  gradient: (dtype) => dtype === "float64" || dtype === "float32",
  node: (dtype) => new ops.Cast(dtype),
  call: ([x], dtype) => ops.cast(x as Tensor, dtype),
  method: ([x], dtype) => (x as Tensor).cast(dtype),
  reference: ([x], dtype) => {
    const convert = (v: number) => (dtype === "bool" ? Number(v !== 0) : dtype === "int32" ? Number.parseInt(String(v), 10) : v);
    return { shape: x?.shape ?? [], values: (x?.values ?? []).map(convert) };
  },
  result: (dtype) => dtype,
};

const oneHotRow: Row<{ classes: number; dtype: DType }> = {
  Node: ops.OneHot,
  fn: ops.oneHot,
  dtypes: ["int32"],
  cases: fc.record({ classes: fc.constantFrom(1, 3, 17), dtype: fc.constantFrom<DType>(...all) }).chain((setting) =>
    draw
      .shapes(0, 2)
      .chain((shape) => draw.operand(shape, fc.integer({ min: -setting.classes, max: setting.classes - 1 }), "int32"))
      .map((operand) => ({ operands: [operand], setting })),
  ),
  gradient: "its input are indices",
  node: ({ classes, dtype }) => new ops.OneHot(classes, dtype),
  call: ([x], { classes, dtype }) => ops.oneHot(x as Tensor, classes, { dtype }),
  method: ([x], { classes, dtype }) => (x as Tensor).oneHot(classes, { dtype }),
  reference: ([x], { classes }) =>
    fill([...(x as Plain).shape, classes], (index) => Number((at(x as Plain, index.slice(0, -1)) + classes) % classes === index.at(-1))),
  result: ({ dtype }) => dtype,
};

/** A row for each op that is exported; a test fails when one is missing. */
export const table: readonly Row[] = [
  ...elementwiseRows,
  reductionRow(ops.Sum, ops.sum, total, numbers),
  reductionRow(ops.Mean, ops.mean, (list) => total(list) / list.length),
  reductionRow(ops.Max, ops.max, largest, numbers, false),
  reductionRow(ops.Min, ops.min, least, numbers, false),
  reductionRow(ops.LogSumExp, ops.logSumExp, (list) => Math.log(total(list.map(Math.exp)))),
  argMaxRow as Row,
  softmaxRow(ops.Softmax, ops.softmax, "softmax", (x, sum) => Math.exp(x) / sum),
  softmaxRow(ops.LogSoftmax, ops.logSoftmax, "logSoftmax", (x, sum) => x - Math.log(sum)),
  matMulRow as Row,
  ...movedRows,
  ...joinedRows,
  castRow as Row,
  oneHotRow as Row,
];
