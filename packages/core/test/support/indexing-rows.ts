import fc from "fast-check";
import type { DType, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { type ByIndex, indexCases, scatter, takenBy } from "./moving-rows.js";
import { at, fill, line, type Plain, positionOf, replaced, sizeOf } from "./plain.js";
import { all, numbers, type Row } from "./row.js";

const x = draw.grid(-2, 2);
const fromFront = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

// By index ------------------------------------------------------------------------------------------------------------

/** A tensor, an index for each element of a result, and the axis. */
const gatherCases = draw
  .shapes(1)
  .chain((shape) => draw.axis(shape.length).map((axis) => ({ shape, axis })))
  .chain(({ shape, axis }) => {
    const along = fromFront(axis, shape.length);
    const size = shape[along] as number;
    const sizes = shape.map((n, i) => (i === along ? fc.nat(size === 0 ? 0 : 4) : fc.integer({ min: n >> 1, max: n })));
    const positions = size === 0 ? fc.constant(0) : fc.integer({ min: -size, max: size - 1 });
    return fc
      .tuple(...sizes)
      .filter((sizes) => sizeOf(sizes) <= 40)
      .chain((sizes) => draw.operand(sizes, positions, "int32"))
      .map((indices) => ({ shape, axis, indices }));
  });

/** For each element of the indices, where in `shape` it points to. */
function placesOf(indices: Plain, shape: readonly number[], axis: number): number[] {
  const along = fromFront(axis, shape.length);
  return fill(indices.shape, (index) => {
    const i = at(indices, index);
    return positionOf(shape, index.with(along, i < 0 ? i + (shape[along] as number) : i));
  }).values.slice();
}

function sum(a: Plain | undefined, b: Plain): Plain {
  return { shape: b.shape, values: b.values.map((value, i) => value + (a?.values[i] as number)) };
}

const byIndexRows: readonly Row[] = [
  {
    Node: ops.Bincount,
    fn: ops.bincount,
    dtypes: ["int32"],
    cases: fc.constantFrom(1, 3, 17).chain((length) =>
      draw
        .shapes()
        .chain((shape) => draw.operand(shape, fc.nat(length - 1), "int32"))
        .map((operand) => ({ operands: [operand], setting: length })),
    ),
    gradient: "its inputs are indices",
    node: (length) => new ops.Bincount(length),
    call: ([x], length) => ops.bincount(x as Tensor, length),
    method: ([x], length) => (x as Tensor).bincount(length),
    reference: ([x], length) => fill([length], ([i]) => (x as Plain).values.filter((value) => value === i).length),
  } satisfies Row<number> as Row,
  {
    Node: ops.Gather,
    fn: ops.gather,
    dtypes: all,
    cases: gatherCases.chain(({ shape, axis, indices }) =>
      draw.operand(shape, x).map((operand) => ({ operands: [operand, indices], setting: axis })),
    ),
    gradient: true,
    node: (axis) => new ops.Gather(axis),
    call: ([x, indices], axis) => ops.gather(x as Tensor, indices as Tensor, axis),
    method: ([x, indices], axis) => (x as Tensor).gather(indices as Tensor, axis),
    reference: ([x, indices], axis) => ({
      shape: (indices as Plain).shape,
      values: placesOf(indices as Plain, (x as Plain).shape, axis).map((place) => x?.values[place] as number),
    }),
  } satisfies Row<number> as Row,
  {
    Node: ops.ScatterAdd,
    fn: null,
    dtypes: numbers,
    cases: gatherCases.chain(({ shape, axis, indices }) =>
      draw.operand(indices.shape, x).map((operand) => ({ operands: [operand, indices], setting: { shape, axis } })),
    ),
    gradient: true,
    node: ({ shape, axis }) => new ops.ScatterAdd(shape, axis),
    call: ([x, indices], { shape, axis }) => new ops.ScatterAdd(shape, axis).apply(x as Tensor, indices as Tensor),
    reference: ([x, indices], { shape, axis }) => scatter(x, shape, placesOf(indices as Plain, shape, axis)),
  } satisfies Row<ByIndex> as Row,
  {
    Node: null,
    fn: ops.scatterAdd,
    dtypes: numbers,
    cases: gatherCases.chain(({ shape, axis, indices }) =>
      fc
        .tuple(draw.operand(shape, x), draw.operand(indices.shape, x))
        .map(([into, source]) => ({ operands: [into, indices, source], setting: axis })),
    ),
    gradient: true,
    call: ([x, indices, source], axis) => ops.scatterAdd(x as Tensor, indices as Tensor, source as Tensor, axis),
    method: ([x, indices, source], axis) => (x as Tensor).scatterAdd(indices as Tensor, source as Tensor, axis),
    reference: ([x, indices, source], axis) => {
      const { shape } = x as Plain;
      return sum(x, scatter(source, shape, placesOf(indices as Plain, shape, axis)));
    },
  } satisfies Row<number> as Row,
  {
    Node: null,
    fn: ops.indexAdd,
    dtypes: numbers,
    cases: indexCases.chain(({ indices, shape, axis }) =>
      fc
        .tuple(draw.operand(shape, x), draw.operand(takenBy(indices, { shape, axis }).shape, x))
        .map(([into, source]) => ({ operands: [into, indices, source], setting: axis })),
    ),
    gradient: true,
    call: ([x, indices, source], axis) => ops.indexAdd(x as Tensor, indices as Tensor, source as Tensor, axis),
    method: ([x, indices, source], axis) => (x as Tensor).indexAdd(indices as Tensor, source as Tensor, axis),
    reference: ([x, indices, source], axis) => {
      const { shape } = x as Plain;
      return sum(x, scatter(source, shape, takenBy(indices as Plain, { shape, axis }).sources));
    },
  } satisfies Row<number> as Row,
];

// In order ------------------------------------------------------------------------------------------------------------

interface Ordered {
  readonly axis: number;
  readonly options: { readonly descending: boolean };
}

/** NaN is the greatest; equal elements stand as they come. */
function positionsInOrder(list: readonly number[], descending: boolean): number[] {
  const rank = (value: number) =>
    list.filter((other) => other < value || (Number.isNaN(value) && !Number.isNaN(other))).length;
  const order = list.map((_, i) => i);
  // An insertion sort, which leaves equal elements as they are.
  const out: number[] = [];
  for (const i of order) {
    const later = out.findIndex((j) => {
      const [a, b] = [rank(list[i] as number), rank(list[j] as number)];
      return descending ? a > b : a < b;
    });
    out.splice(later === -1 ? out.length : later, 0, i);
  }
  return out;
}

function ordered(x: Plain, axis: number, descending: boolean, count: number, pick: "values" | "indices"): Plain {
  const along = fromFront(axis, x.shape.length);
  return fill(replaced(x.shape, along, count), (index) => {
    const list = line(x, index, along);
    const position = positionsInOrder(list, descending)[index[along] as number] as number;
    return pick === "indices" ? position : (list[position] as number);
  });
}

const drawOrdered = (shape: number[]): fc.Arbitrary<Ordered> =>
  fc.record({ axis: draw.axis(shape.length), options: fc.record({ descending: fc.boolean() }) });

/** Ties and NaN among them. */
const withTies = (shape: number[]) =>
  draw.operand(shape, fc.oneof(fc.integer({ min: -1, max: 2 }), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0)));

const sizeAlong = (shape: readonly number[], axis: number) => shape.at(axis) as number;

interface TopK {
  readonly axis: number;
  readonly k: number;
  readonly largest: boolean;
  readonly pick: "values" | "indices";
}

const orderRows: readonly Row[] = [
  {
    Node: null,
    fn: ops.sort,
    dtypes: all,
    cases: draw.unaryCases(draw.shapes(1), drawOrdered, draw.distinctOperand),
    gradient: true,
    call: ([x], { axis, options }) => ops.sort(x as Tensor, axis, options),
    method: ([x], { axis, options }) => (x as Tensor).sort(axis, options),
    reference: ([x], { axis, options: { descending } }) =>
      ordered(x as Plain, axis, descending, sizeAlong((x as Plain).shape, axis), "values"),
  } satisfies Row<Ordered> as Row,
  {
    Node: ops.ArgSort,
    fn: ops.argSort,
    dtypes: all,
    cases: draw.unaryCases(draw.shapes(1), drawOrdered, withTies),
    gradient: "the results are positions",
    node: ({ axis, options }) => new ops.ArgSort(axis, options),
    call: ([x], { axis, options }) => ops.argSort(x as Tensor, axis, options),
    method: ([x], { axis, options }) => (x as Tensor).argSort(axis, options),
    reference: ([x], { axis, options: { descending } }) =>
      ordered(x as Plain, axis, descending, sizeAlong((x as Plain).shape, axis), "indices"),
    result: () => "int32",
  } satisfies Row<Ordered> as Row,
  {
    Node: null,
    fn: ops.topK,
    dtypes: all,
    cases: draw.unaryCases(
      draw.shapes(1),
      (shape) =>
        draw.axis(shape.length).chain((axis) =>
          fc.record<TopK>({
            axis: fc.constant(axis),
            k: fc.nat(sizeAlong(shape, axis)),
            largest: fc.boolean(),
            pick: fc.constantFrom("values", "indices"),
          }),
        ),
      draw.distinctOperand,
    ),
    gradient: ({ pick }) => pick === "values",
    call: ([x], { axis, k, largest, pick }) => ops.topK(x as Tensor, k, axis, { largest })[pick] as Tensor,
    method: ([x], { axis, k, largest, pick }) => (x as Tensor).topK(k, axis, { largest })[pick] as Tensor,
    reference: ([x], { axis, k, largest, pick }) => ordered(x as Plain, axis, largest, k, pick),
    // What is picked has the dtype of x, the positions are whole numbers.
    result: ({ pick }) => (pick === "indices" ? "int32" : undefined),
  } satisfies Row<TopK> as Row,
];

// Tensors out of nothing ----------------------------------------------------------------------------------------------

/** What has no operands is drawn in one dtype, which is a setting. */
function rangeRow<S>(
  row: Pick<Row<S & Typed>, "fn" | "call" | "reference">,
  dtypes: readonly DType[],
  settings: fc.Arbitrary<S>,
): Row {
  return {
    ...row,
    Node: null,
    dtypes: ["float64"],
    cases: fc
      .tuple(settings, fc.constantFrom(...dtypes))
      .map(([setting, dtype]) => ({ operands: [], setting: { ...setting, options: { dtype } } })),
    gradient: "it has no input",
    result: ({ options }) => options.dtype,
  } satisfies Row<S & Typed> as Row;
}
interface Typed {
  readonly options: { readonly dtype: DType };
}

const rangeRows: readonly Row[] = [
  rangeRow(
    {
      fn: ops.eye,
      call: (_, { rows, columns, options }) => ops.eye(rows, columns, options),
      reference: (_, { rows, columns = rows }) => fill([rows, columns], ([i, j]) => Number(i === j)),
    },
    all,
    fc.record({ rows: fc.nat(4), columns: fc.option(fc.nat(4), { nil: undefined }) }),
  ),
  rangeRow(
    {
      fn: ops.linspace,
      call: (_, { start, stop, count, options }) => ops.linspace(start, stop, count, options),
      reference: (_, { start, stop, count }) =>
        fill([count], ([i = 0]) => (count === 1 ? start : (start * (count - 1 - i) + stop * i) / (count - 1))),
    },
    ["float64", "float32"],
    fc.record({ start: x, stop: x, count: fc.nat(9) }),
  ),
  rangeRow(
    {
      fn: ops.arange,
      call: (_, { start, stop, step, options }) =>
        start === 0 && step === 1 ? ops.arange(stop, options) : ops.arange(start, stop, step, options),
      reference: (_, { start, stop, step }) => {
        const values: number[] = [];
        for (let v = start; step > 0 ? v < stop : v > stop; v += step) values.push(v);
        return { shape: [values.length], values };
      },
    },
    numbers,
    fc.record({
      start: fc.integer({ min: -3, max: 3 }),
      stop: fc.integer({ min: -6, max: 6 }),
      step: fc.constantFrom(1, 1, 2, 3, -1, -2),
    }),
  ),
];

const inRangeRow: Row<number> = {
  Node: ops.InRange,
  fn: ops.inRange,
  dtypes: ["int32"],
  cases: fc.constantFrom(1, 3, 17).chain((size) =>
    draw
      .shapes(0, 2)
      .chain((shape) => draw.operand(shape, fc.nat(size - 1), "int32"))
      .map((operand) => ({ operands: [operand], setting: size })),
  ),
  gradient: "its inputs are indices",
  node: (size) => new ops.InRange("inRange", size),
  call: ([indices], size) => ops.inRange("inRange", indices as Tensor, size),
  reference: ([indices]) => indices as Plain,
};

export const indexingRows: readonly Row[] = [inRangeRow as Row, ...byIndexRows, ...orderRows, ...rangeRows];
