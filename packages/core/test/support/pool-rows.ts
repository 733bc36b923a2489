import fc from "fast-check";
import type { Node, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, fill, indices, type Plain, positionOf, sizeOf } from "./plain.js";
import { all, floats, type Row } from "./row.js";
import {
  type Padding as Around,
  countsOf,
  drawPadding,
  type Ends,
  endsOf,
  fits,
  perAxis,
  positionIn,
  type Rank,
  type Sizes,
  type Sliding,
  seen,
  spansOf,
} from "./sliding.js";

const x = draw.grid(-2, 2);

// Pools ---------------------------------------------------------------------------------------------------------------

interface Pool {
  readonly options: {
    readonly kernel: Sizes;
    readonly stride?: Sizes;
    readonly padding: Around;
    readonly dilation?: Sizes;
    readonly ceilMode?: boolean;
    readonly countIncludePad?: boolean;
  };
  readonly x: Sizes;
  readonly y: Sizes;
}

const slidingOf = ({ kernel, stride = kernel, dilation = kernel.map(() => 1), ...own }: Pool["options"]): Sliding => ({
  stride,
  dilation,
  ...own,
});

/** Whether padding is at most half of what windows span, and each of them sees an element. */
function sees({ options, x, y }: Pool): boolean {
  const [plane, sliding] = [x.slice(2), slidingOf(options)];
  const [ends, spans] = [endsOf(plane, options.kernel, sliding), spansOf(options.kernel, sliding)];
  return (
    ends.every((both, a) => 2 * Math.max(...(both as Ends)) <= (spans[a] as number)) &&
    indices(y.slice(2)).every((window) =>
      indices(options.kernel).some((place) => seen(plane, options.kernel, window, place, sliding) !== undefined),
    )
  );
}

/** @param averaged whether the op has the option that goes with a mean */
function drawPool(rank: Rank, averaged: boolean): fc.Arbitrary<Pool> {
  return fc
    .record({
      images: fc.tuple(fc.constantFrom(1, 2, 0), fc.constantFrom(1, 2)),
      plane: perAxis(rank, fc.integer({ min: 1, max: 6 })),
      kernel: perAxis(rank, fc.integer({ min: 1, max: 3 })),
      stride: fc.option(perAxis(rank, fc.integer({ min: 1, max: 3 }))),
      padding: drawPadding(rank, 1),
      dilation: fc.option(perAxis(rank, fc.integer({ min: 1, max: 2 }))),
      ceilMode: fc.option(fc.boolean()),
      countIncludePad: averaged ? fc.option(fc.boolean()) : fc.constant(null),
    })
    .map(({ images, plane, kernel, stride, padding, dilation, ceilMode, countIncludePad }) => {
      const options = {
        kernel,
        padding,
        ...(stride && { stride }),
        ...(dilation && { dilation }),
        ...(ceilMode !== null && { ceilMode }),
        ...(countIncludePad !== null && { countIncludePad }),
      };
      const y = [...images, ...countsOf(plane, kernel, slidingOf(options))];
      return { options, x: [...images, ...plane], y };
    })
    .filter((pool) => fits(pool.y.slice(2)) && sizeOf(pool.x) <= 48 && sees(pool));
}

/** The positions in x that a window sees. */
function positionsSeen({ options, x }: Pool, [n = 0, c = 0, ...window]: Sizes): number[] {
  return indices(options.kernel).flatMap((place) => {
    const index = seen(x.slice(2), options.kernel, window, place, slidingOf(options));
    return index === undefined ? [] : positionOf(x, [n, c, ...index]);
  });
}

function placeOfMaximum(x: Plain, positions: readonly number[]): number {
  return positions.reduce((best, p) => ((x.values[p] as number) > (x.values[best] as number) ? p : best));
}

/** How many elements a window's mean is over: those in the plane, and perhaps those in the padding, but none beyond it. */
function countIn({ options, x }: Pool, [, , ...window]: Sizes, positions: readonly number[]): number {
  if (options.countIncludePad === false) return positions.length;
  const [plane, sliding] = [x.slice(2), slidingOf(options)];
  const ends = endsOf(plane, options.kernel, sliding);
  return indices(options.kernel).filter((place) =>
    positionIn(plane, options.kernel, window, place, sliding).every(
      (i, a) => i < (plane[a] as number) + (ends[a] as Ends)[1],
    ),
  ).length;
}

const poolCases = (
  rank: Rank,
  averaged: boolean,
  shapeOf: (pool: Pool) => Sizes,
  draws: (shape: Sizes) => fc.Arbitrary<draw.DrawnOperand>,
) =>
  drawPool(rank, averaged).chain((pool) =>
    draws(shapeOf(pool)).map((operand) => ({ operands: [operand], setting: pool })),
  );

function poolRow(
  rank: Rank,
  Class: new (rank: Rank, options: Pool["options"]) => Node,
  fn: ((...args: never[]) => unknown) | null,
  window: (x: Plain, positions: readonly number[], pool: Pool, index: Sizes) => number,
): Row {
  const row: Row<Pool> = {
    Node: Class,
    fn,
    dtypes: floats,
    cases: poolCases(rank, window === mean, ({ x }) => x, draw.distinctOperand),
    gradient: true,
    node: ({ options }) => new Class(rank, options),
    call: ([x], { options }) =>
      fn === null ? new Class(rank, options).apply(x as Tensor) : (fn as (...args: unknown[]) => Tensor)(x, options),
    reference: ([x], pool) => fill(pool.y, (index) => window(x as Plain, positionsSeen(pool, index), pool, index)),
  };
  return row as Row;
}

const maximum = (x: Plain, positions: readonly number[]) => x.values[placeOfMaximum(x, positions)] as number;
const mean = (x: Plain, positions: readonly number[], pool: Pool, index: Sizes) =>
  positions.reduce((sum, p) => sum + (x.values[p] as number), 0) / countIn(pool, index, positions);

const unpoolRows: readonly Row[] = [
  {
    ...poolRow(2, ops.ArgMaxPool, null, placeOfMaximum),
    cases: poolCases(
      2,
      false,
      ({ x }) => x,
      (shape) => draw.operand(shape, fc.integer({ min: -1, max: 1 })),
    ),
    gradient: "the results are positions",
    result: () => "int32",
  } as Row,
  {
    Node: ops.MaxUnpool,
    fn: null,
    dtypes: floats,
    cases: draw
      .shapes(1)
      .filter((shape) => sizeOf(shape) > 0)
      .chain((shape) =>
        draw
          .shapes(0, 2)
          .chain((taken) =>
            fc
              .tuple(draw.operand(taken, x), draw.operand(taken, fc.nat(sizeOf(shape) - 1), "int32"))
              .map((operands) => ({ operands, setting: shape })),
          ),
      ),
    gradient: true,
    node: (shape) => new ops.MaxUnpool(shape),
    call: (inputs, shape) => new ops.MaxUnpool(shape).apply(...inputs),
    reference: ([y, places], shape) => {
      const values = new Array<number>(sizeOf(shape)).fill(0);
      places?.values.forEach((place, i) => {
        values[place] = (values[place] as number) + (y?.values[i] as number);
      });
      return { shape, values };
    },
  } satisfies Row<Sizes> as Row,
  {
    Node: ops.AvgUnpool,
    fn: null,
    dtypes: floats,
    cases: poolCases(
      2,
      true,
      ({ y }) => y,
      (shape) => draw.operand(shape, x),
    ),
    gradient: true,
    node: ({ x, options }) => new ops.AvgUnpool(2, x, options),
    call: ([y], { x, options }) => new ops.AvgUnpool(2, x, options).apply(y as Tensor),
    reference: ([y], pool) => {
      const values = new Array<number>(sizeOf(pool.x)).fill(0);
      for (const index of indices(pool.y)) {
        const positions = positionsSeen(pool, index);
        const share = at(y as Plain, index) / countIn(pool, index, positions);
        for (const p of positions) values[p] = (values[p] as number) + share;
      }
      return { shape: pool.x, values };
    },
  } satisfies Row<Pool> as Row,
];

// Windows that are spread over the planes ------------------------------------------------------------------------------

interface Spread {
  readonly x: Sizes;
  readonly outputSize: Sizes;
}

/** The positions in x that a window sees: from floor(i size / count) up to ceil((i + 1) size / count) along each axis. */
function positionsSpread({ x, outputSize }: Spread, [n = 0, c = 0, ...window]: Sizes): number[] {
  const ranges = window.map((i, a) => {
    const [size, count] = [x[a + 2] as number, outputSize[a] as number];
    return [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)] as const;
  });
  const isSeen = (index: Sizes) => index.every((i, a) => i >= (ranges[a]?.[0] ?? 0) && i < (ranges[a]?.[1] ?? 0));
  return indices(x.slice(2))
    .filter(isSeen)
    .map((index) => positionOf(x, [n, c, ...index]));
}

const maximumOf = (x: Plain, positions: readonly number[]) => Math.max(...positions.map((p) => x.values[p] as number));
const meanOf = (x: Plain, positions: readonly number[]) =>
  positions.reduce((sum, p) => sum + (x.values[p] as number), 0) / positions.length;

function adaptiveRow(
  rank: Rank,
  Class: new (rank: Rank, options: { readonly outputSize: Sizes }) => Node,
  fn: (...args: never[]) => unknown,
  window: (x: Plain, positions: readonly number[]) => number,
): Row {
  const row: Row<Spread> = {
    Node: Class,
    fn,
    dtypes: floats,
    cases: fc
      .record({
        images: fc.tuple(fc.constantFrom(1, 2, 0), fc.constantFrom(1, 2)),
        plane: perAxis(rank, fc.integer({ min: 1, max: 6 })),
        outputSize: perAxis(rank, fc.integer({ min: 1, max: 4 })),
      })
      .filter(({ images, plane }) => sizeOf([...images, ...plane]) <= 48)
      .chain(({ images, plane, outputSize }) => {
        const x = [...images, ...plane];
        return draw.distinctOperand(x).map((operand) => ({ operands: [operand], setting: { x, outputSize } }));
      }),
    gradient: true,
    node: ({ outputSize }) => new Class(rank, { outputSize }),
    call: ([x], { outputSize }) => (fn as (...args: unknown[]) => Tensor)(x, outputSize),
    reference: ([x], spread) =>
      fill([...spread.x.slice(0, 2), ...spread.outputSize], (index) =>
        window(x as Plain, positionsSpread(spread, index)),
      ),
  };
  return row as Row;
}

function globalRow(fn: (...args: never[]) => unknown, window: (x: Plain, positions: readonly number[]) => number): Row {
  const row: Row<{ readonly x: Sizes; readonly keepDims: boolean }> = {
    Node: null,
    fn,
    dtypes: floats,
    cases: fc
      .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 5 }), fc.boolean())
      .filter(([x]) => sizeOf(x) <= 36)
      .chain(([x, keepDims]) =>
        draw.distinctOperand(x).map((operand) => ({ operands: [operand], setting: { x, keepDims } })),
      ),
    gradient: true,
    call: ([x], { keepDims }) => (fn as (...args: unknown[]) => Tensor)(x, { keepDims }),
    reference: ([x], setting) => {
      const outputSize = setting.x.slice(2).map(() => 1);
      const { shape, values } = fill([...setting.x.slice(0, 2), ...outputSize], (index) =>
        window(x as Plain, positionsSpread({ x: setting.x, outputSize }, index)),
      );
      return { shape: setting.keepDims ? shape : shape.slice(0, 2), values };
    },
  };
  return row as Row;
}

// Padding -------------------------------------------------------------------------------------------------------------

interface Padding {
  readonly widths: readonly (readonly [number, number])[];
  readonly value: number | undefined;
}

const padRow: Row<Padding> = {
  Node: ops.Pad,
  fn: ops.pad,
  dtypes: all,
  cases: draw.unaryCases(draw.shapes(), (shape) =>
    fc.record({
      widths: fc.tuple(...shape.map(() => fc.tuple(fc.nat(2), fc.nat(2)))),
      value: fc.constantFrom(undefined, 0, 1),
    }),
  ),
  gradient: true,
  node: ({ widths, value }) => new ops.Pad(widths, value),
  call: ([x], { widths, value }) => ops.pad(x as Tensor, widths, value),
  method: ([x], { widths, value }) => (x as Tensor).pad(widths, value),
  reference: ([x], { widths, value = 0 }) => {
    const { shape } = x as Plain;
    return fill(
      shape.map((size, axis) => size + (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0)),
      (index) => {
        const inside = index.map((i, axis) => i - (widths[axis]?.[0] ?? 0));
        return inside.every((i, axis) => i >= 0 && i < (shape[axis] as number)) ? at(x as Plain, inside) : value;
      },
    );
  },
};

/** Pools and padding. */
export const poolRows: readonly Row[] = [
  poolRow(1, ops.MaxPool, ops.maxPool1d, maximum),
  poolRow(2, ops.MaxPool, ops.maxPool2d, maximum),
  poolRow(1, ops.AvgPool, ops.avgPool1d, mean),
  poolRow(2, ops.AvgPool, ops.avgPool2d, mean),
  adaptiveRow(1, ops.MaxPool, ops.adaptiveMaxPool1d, maximumOf),
  adaptiveRow(2, ops.MaxPool, ops.adaptiveMaxPool2d, maximumOf),
  adaptiveRow(1, ops.AvgPool, ops.adaptiveAvgPool1d, meanOf),
  adaptiveRow(2, ops.AvgPool, ops.adaptiveAvgPool2d, meanOf),
  globalRow(ops.globalMaxPool, maximumOf),
  globalRow(ops.globalAvgPool, meanOf),
  ...unpoolRows,
  padRow as Row,
];
