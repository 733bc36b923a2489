import fc from "fast-check";
import type { Range, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, broadcastAt, broadcastShape, fill, indices, type Plain, positionOf, replaced, sizeOf } from "./plain.js";
import { all, numbers, type Row } from "./row.js";

const x = draw.grid(-2, 2);

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
  const end = (p: number | null, open: number, low: number, high: number) =>
    p === null ? open : Math.max(low, Math.min(high, p < 0 ? p + size : p));
  const out: number[] = [];
  if (by > 0) for (let i = end(start, 0, 0, size); i < end(stop, size, 0, size); i += by) out.push(i);
  else for (let i = end(start, size - 1, -1, size - 1); i > end(stop, -1, -1, size - 1); i += by) out.push(i);
  return out;
}

function drawRange(size: number): fc.Arbitrary<Range> {
  // Beyond either end as well, where a range is cut off.
  const end = fc.option(fc.integer({ min: -size - 2, max: size + 2 }));
  const step = fc.option(fc.constantFrom(1, -1, 2, -2, 3, -1));
  const ranges: fc.Arbitrary<Range>[] = [
    fc.constant(null),
    fc.tuple(end, end),
    fc.tuple(end, end, step),
    fc.tuple(end, end, step),
    fc.tuple(end, end, step),
  ];
  return fc.oneof(...ranges, ...(size > 0 ? [fc.integer({ min: -size, max: size - 1 })] : []));
}

function drawRanges(shape: number[]): fc.Arbitrary<Range[]> {
  return fc
    .tuple(fc.nat(shape.length), fc.tuple(...shape.map(drawRange)))
    .map(([named, ranges]) => ranges.slice(0, named));
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

export interface ByIndex {
  readonly shape: readonly number[];
  readonly axis: number;
}

export const indexCases: fc.Arbitrary<{ indices: draw.DrawnOperand; shape: number[]; axis: number }> = draw
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
export function takenBy(indicesOf: Plain, { shape, axis }: ByIndex): { shape: number[]; sources: number[] } {
  const from = axis < 0 ? axis + shape.length : axis;
  const rank = indicesOf.shape.length;
  const out = replaced(shape, from, ...indicesOf.shape);
  const sources = indices(out).map((index) => {
    const row = at(indicesOf, index.slice(from, from + rank));
    return positionOf(shape, [
      ...index.slice(0, from),
      row < 0 ? row + (shape[from] as number) : row,
      ...index.slice(from + rank),
    ]);
  });
  return { shape: out, sources };
}

const gather = (x: Plain | undefined, { shape, sources }: { shape: number[]; sources: number[] }): Plain => ({
  shape,
  values: sources.map((source) => x?.values[source] as number),
});

export function scatter(x: Plain | undefined, shape: readonly number[], sources: readonly number[]): Plain {
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

/** What puts tensors together. */
export const joinedRows: readonly Row[] = [
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
    cases: draw
      .shapes(0, 2)
      .chain((shape) =>
        fc
          .tuple(draw.axis(shape.length + 1), fc.array(draw.operand(shape, x), { minLength: 1, maxLength: 3 }))
          .map(([setting, operands]) => ({ operands, setting })),
      ),
    node: (axis) => new ops.Stack(axis),
    call: (inputs, axis) => ops.stack(inputs, axis),
    reference: (inputs, axis) => {
      const shape = (inputs[0] as Plain).shape;
      const along = axis < 0 ? axis + shape.length + 1 : axis;
      return fill(shape.toSpliced(along, 0, inputs.length), (index) =>
        at(inputs[index[along] as number] as Plain, index.toSpliced(along, 1)),
      );
    },
  }),
];

/** What moves the elements of one tensor. */
export const movedRows: readonly Row[] = [
  movingRow<number[]>({
    Node: ops.BroadcastTo,
    fn: ops.broadcastTo,
    cases: draw
      .broadcasting(2)
      .map(([part = [], other = []]) => ({ part, to: broadcastShape([part, other]) }))
      .chain(({ part, to }) => draw.operand(part, x).map((operand) => ({ operands: [operand], setting: to }))),
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
      const forms = order.chain((sizes) =>
        fc.constantFrom(sizes, [...sizes, 1], [n], [1, n], ...(n === 1 ? [[]] : [])),
      );
      return forms.chain((sizes) =>
        fc.nat(sizes.length).map((open) => (n > 0 && open < sizes.length ? sizes.with(open, -1) : sizes)),
      );
    }),
    node: (shape) => new ops.Reshape(shape),
    call: ([x], shape) => ops.reshape(x as Tensor, shape),
    method: ([x], shape) => (x as Tensor).reshape(shape),
    reference: ([x], shape) => {
      const known = sizeOf(shape.filter((n) => n !== -1));
      return same(
        x,
        shape.map((n) => (n === -1 ? (x?.values.length ?? 0) / known : n)),
      );
    },
  }),
  movingRow<number>({
    Node: ops.ExpandDims,
    fn: ops.expandDims,
    cases: draw.unaryCases(draw.shapes(), (shape) => draw.axis(shape.length + 1)),
    node: (axis) => new ops.ExpandDims(axis),
    call: ([x], axis) => ops.expandDims(x as Tensor, axis),
    method: ([x], axis) => (x as Tensor).expandDims(axis),
    reference: ([x], axis) =>
      same(x, (x as Plain).shape.toSpliced(axis < 0 ? axis + (x as Plain).shape.length + 1 : axis, 0, 1)),
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
      if (axis === undefined)
        return same(
          x,
          shape.filter((n) => n !== 1),
        );
      return same(x, shape.toSpliced(axis < 0 ? axis + shape.length : axis, 1));
    },
  }),
  movingRow<number[] | undefined>({
    Node: ops.Transpose,
    fn: ops.transpose,
    cases: draw.unaryCases(draw.shapes(), (shape) => {
      const axes = shape.map((_, axis) => axis);
      const orders = fc.tuple(fc.shuffledSubarray(axes, { minLength: axes.length }), fc.boolean());
      return fc.option(
        orders.map(([order, back]) => (back ? order.map((axis) => axis - shape.length) : order)),
        { nil: undefined },
      );
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
        (index) =>
          at(
            x as Plain,
            shape.map((_, axis) => index[axes.indexOf(axis)] as number),
          ),
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
      Node: ops.IndexAdd,
      fn: null,
      cases: indexCases.chain(({ indices, shape, axis }) =>
        draw
          .operand(takenBy(indices, { shape, axis }).shape, x)
          .map((operand) => ({ operands: [operand, indices], setting: { shape, axis } })),
      ),
      node: ({ shape, axis }) => new ops.IndexAdd(shape, axis),
      call: ([x, indices], { shape, axis }) => new ops.IndexAdd(shape, axis).apply(x as Tensor, indices as Tensor),
      reference: ([x, indices], setting) => scatter(x, setting.shape, takenBy(indices as Plain, setting).sources),
    }),
    dtypes: numbers,
  },
];
