import fc from "fast-check";
import type { Node, Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, fill, indices, type Plain, positionOf, sizeOf } from "./plain.js";
import { all, floats, type Row } from "./row.js";

const x = draw.grid(-2, 2);
type Rank = 1 | 2;
type Sizes = readonly number[];

// Windows, in nested loops --------------------------------------------------------------------------------------------

interface Sliding {
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
}

function countsOf(plane: Sizes, kernel: Sizes, { stride, padding, dilation }: Sliding): number[] {
  return plane.map((size, a) => {
    const span = (dilation[a] as number) * ((kernel[a] as number) - 1) + 1;
    return Math.floor((size + 2 * (padding[a] as number) - span) / (stride[a] as number)) + 1;
  });
}

/** The element of a plane that a window sees in a place of its kernel; undefined in the padding. */
function seen(plane: Sizes, window: Sizes, place: Sizes, { stride, padding, dilation }: Sliding): number[] | undefined {
  const index = window.map(
    (i, a) => i * (stride[a] as number) + (place[a] as number) * (dilation[a] as number) - (padding[a] as number),
  );
  return index.every((i, a) => i >= 0 && i < (plane[a] as number)) ? index : undefined;
}

const perAxis = (rank: number, size: fc.Arbitrary<number>) => fc.array(size, { minLength: rank, maxLength: rank });

function drawSliding(rank: number): fc.Arbitrary<Sliding> {
  return fc.record({
    stride: perAxis(rank, fc.constantFrom(1, 2, 3)),
    padding: perAxis(rank, fc.constantFrom(0, 1, 2)),
    dilation: perAxis(rank, fc.constantFrom(1, 1, 2)),
  });
}

const fits = (counts: Sizes) => counts.every((count) => count >= 1);

// Convolutions --------------------------------------------------------------------------------------------------------

interface Convolution extends Sliding {
  readonly groups: number;
}

interface Drawn {
  readonly options: Convolution;
  /** [N, C, ...plane], [O, C / groups, ...kernel], [N, O, ...counts]. */
  readonly x: Sizes;
  readonly w: Sizes;
  readonly y: Sizes;
}

function drawConvolution(rank: Rank): fc.Arbitrary<Drawn> {
  return fc
    .record({
      sliding: drawSliding(rank),
      groups: fc.constantFrom(1, 1, 2),
      batch: fc.constantFrom(1, 2, 0),
      channels: fc.constantFrom(1, 2),
      filters: fc.constantFrom(1, 2),
      plane: perAxis(rank, fc.integer({ min: 1, max: 5 })),
      kernel: perAxis(rank, fc.integer({ min: 1, max: 3 })),
    })
    .map(({ sliding, groups, batch, channels, filters, plane, kernel }) => ({
      options: { ...sliding, groups },
      x: [batch, channels * groups, ...plane],
      w: [filters * groups, channels, ...kernel],
      y: [batch, filters * groups, ...countsOf(plane, kernel, sliding)],
    }))
    .filter(({ x, w, y }) => fits(y.slice(2)) && sizeOf(x) <= 48 && sizeOf(w) <= 36 && sizeOf(y) <= 60);
}

/** Every product of a convolution: where in y, x and w its three factors stand. */
function products({ x, w, y, options }: Drawn): { y: number; x: number; w: number }[] {
  const [filters, channels] = [(w[0] as number) / options.groups, w[1] as number];
  return indices(y).flatMap(([n = 0, o = 0, ...window]) =>
    indices(w.slice(1)).flatMap(([c = 0, ...place]) => {
      const index = seen(x.slice(2), window, place, options);
      const channel = Math.floor(o / filters) * channels + c;
      if (index === undefined) return [];
      return {
        y: positionOf(y, [n, o, ...window]),
        x: positionOf(x, [n, channel, ...index]),
        w: positionOf(w, [o, c, ...place]),
      };
    }),
  );
}

/** One of the three from the other two, with a bias for each channel. */
function combine(drawn: Drawn, out: "x" | "w" | "y", given: Partial<Record<"x" | "w" | "y", Plain>>, b?: Plain): Plain {
  const shape = drawn[out];
  const values = fill(shape, ([_, channel = 0]) => b?.values[channel] ?? 0).values.slice();
  for (const product of products(drawn)) {
    let value = 1;
    for (const name of ["x", "w", "y"] as const) value *= given[name]?.values[product[name]] ?? 1;
    values[product[out]] = (values[product[out]] as number) + value;
  }
  return { shape, values };
}

function operands(shapes: readonly Sizes[]): fc.Arbitrary<draw.Operand[]> {
  return fc.tuple(...shapes.map((shape) => draw.operand(shape, x)));
}

/** With a bias or without, of as many elements as `shape` has channels. */
const maybeBias = (shape: Sizes) => fc.constantFrom<Sizes[]>([], [[shape[1] as number]]);

function convRow(rank: Rank, fn: (...args: never[]) => unknown): Row {
  const row: Row<Drawn> = {
    Node: ops.Conv,
    fn,
    dtypes: floats,
    cases: drawConvolution(rank).chain((drawn) =>
      maybeBias(drawn.y)
        .chain((bias) => operands([drawn.x, drawn.w, ...bias]))
        .map((operands) => ({ operands, setting: drawn })),
    ),
    gradient: true,
    node: ({ options }) => new ops.Conv(rank, options),
    call: ([x, w, b], { options }) => (fn as (...args: unknown[]) => Tensor)(x, w, b, options),
    reference: ([x, w, b], drawn) => combine(drawn, "y", { x: x as Plain, w: w as Plain }, b),
  };
  return row as Row;
}

function convTransposeRow(rank: Rank, fn: (...args: never[]) => unknown): Row {
  // The images that are asked for are as large as those which the convolution had.
  const optionsOf = ({ options, x, w, y }: Drawn) => {
    const outputPadding = options.stride.map((stride, a) => {
      const span = (options.dilation[a] as number) * ((w[a + 2] as number) - 1) + 1;
      return (x[a + 2] as number) + 2 * (options.padding[a] as number) - span - ((y[a + 2] as number) - 1) * stride;
    });
    return { ...options, outputPadding };
  };
  const row: Row<Drawn> = {
    Node: ops.ConvTranspose,
    fn,
    dtypes: floats,
    cases: drawConvolution(rank).chain((drawn) =>
      maybeBias(drawn.x)
        .chain((bias) => operands([drawn.y, drawn.w, ...bias]))
        .map((operands) => ({ operands, setting: drawn })),
    ),
    gradient: true,
    node: (drawn) => new ops.ConvTranspose(rank, optionsOf(drawn)),
    call: ([y, w, b], drawn) => (fn as (...args: unknown[]) => Tensor)(y, w, b, optionsOf(drawn)),
    reference: ([y, w, b], drawn) => combine(drawn, "x", { y: y as Plain, w: w as Plain }, b),
  };
  return row as Row;
}

const convWeightsRow: Row<Drawn> = {
  Node: ops.ConvWeights,
  fn: null,
  dtypes: floats,
  cases: drawConvolution(2).chain((drawn) =>
    operands([drawn.x, drawn.y]).map((operands) => ({ operands, setting: drawn })),
  ),
  gradient: true,
  node: ({ w, options }) => new ops.ConvWeights(2, w.slice(2), options),
  call: ([x, y], { w, options }) => new ops.ConvWeights(2, w.slice(2), options).apply(x as Tensor, y as Tensor),
  reference: ([x, y], drawn) => combine(drawn, "w", { x: x as Plain, y: y as Plain }),
};

// Pools ---------------------------------------------------------------------------------------------------------------

interface Pool {
  readonly options: {
    readonly kernel: Sizes;
    readonly stride?: Sizes;
    readonly padding: Sizes;
    readonly countIncludePad?: boolean;
  };
  readonly x: Sizes;
  readonly y: Sizes;
}

const slidingOf = ({ kernel, stride = kernel, padding }: Pool["options"]): Sliding => ({
  stride,
  padding,
  dilation: kernel.map(() => 1),
});

function drawPool(rank: Rank): fc.Arbitrary<Pool> {
  return fc
    .record({
      images: fc.tuple(fc.constantFrom(1, 2, 0), fc.constantFrom(1, 2)),
      plane: perAxis(rank, fc.integer({ min: 1, max: 6 })),
      kernel: perAxis(rank, fc.integer({ min: 1, max: 3 })),
      stride: fc.option(perAxis(rank, fc.integer({ min: 1, max: 3 }))),
      padded: perAxis(rank, fc.nat(1)),
      countIncludePad: fc.option(fc.boolean()),
    })
    .map(({ images, plane, kernel, stride, padded, countIncludePad }) => {
      const options = {
        kernel,
        ...(stride && { stride }),
        padding: kernel.map((size, a) => Math.min(padded[a] as number, size >> 1)),
        ...(countIncludePad !== null && { countIncludePad }),
      };
      const y = [...images, ...countsOf(plane, kernel, slidingOf(options))];
      return { options, x: [...images, ...plane], y };
    })
    .filter(({ x, y }) => fits(y.slice(2)) && sizeOf(x) <= 48);
}

/** The positions in x that a window sees. */
function positionsSeen({ options, x }: Pool, [n = 0, c = 0, ...window]: Sizes): number[] {
  return indices(options.kernel).flatMap((place) => {
    const index = seen(x.slice(2), window, place, slidingOf(options));
    return index === undefined ? [] : positionOf(x, [n, c, ...index]);
  });
}

function placeOfMaximum(x: Plain, positions: readonly number[]): number {
  return positions.reduce((best, p) => ((x.values[p] as number) > (x.values[best] as number) ? p : best));
}

/** How many elements a window's mean is over. */
function countIn({ options }: Pool, positions: readonly number[]): number {
  return (options.countIncludePad ?? true) ? sizeOf(options.kernel) : positions.length;
}

const poolCases = (rank: Rank, shapeOf: (pool: Pool) => Sizes, draws: (shape: Sizes) => fc.Arbitrary<draw.Operand>) =>
  drawPool(rank).chain((pool) => draws(shapeOf(pool)).map((operand) => ({ operands: [operand], setting: pool })));

function poolRow(
  rank: Rank,
  Class: new (rank: Rank, options: Pool["options"]) => Node,
  fn: ((...args: never[]) => unknown) | null,
  window: (x: Plain, positions: readonly number[], pool: Pool) => number,
): Row {
  const row: Row<Pool> = {
    Node: Class,
    fn,
    dtypes: floats,
    cases: poolCases(rank, ({ x }) => x, draw.distinctOperand),
    gradient: true,
    node: ({ options }) => new Class(rank, options),
    call: ([x], { options }) =>
      fn === null ? new Class(rank, options).apply(x as Tensor) : (fn as (...args: unknown[]) => Tensor)(x, options),
    reference: ([x], pool) => fill(pool.y, (index) => window(x as Plain, positionsSeen(pool, index), pool)),
  };
  return row as Row;
}

const maximum = (x: Plain, positions: readonly number[]) => x.values[placeOfMaximum(x, positions)] as number;
const mean = (x: Plain, positions: readonly number[], pool: Pool) =>
  positions.reduce((sum, p) => sum + (x.values[p] as number), 0) / countIn(pool, positions);

const unpoolRows: readonly Row[] = [
  {
    ...poolRow(2, ops.ArgMaxPool, null, placeOfMaximum),
    cases: poolCases(
      2,
      ({ x }) => x,
      (shape) => draw.operand(shape, fc.integer({ min: -1, max: 1 })),
    ),
    gradient: "the result are positions",
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
        const share = at(y as Plain, index) / countIn(pool, positions);
        for (const p of positions) values[p] = (values[p] as number) + share;
      }
      return { shape: pool.x, values };
    },
  } satisfies Row<Pool> as Row,
];

// Window matrices and padding -----------------------------------------------------------------------------------------

/** What each element of the matrix of windows is in the images: a position, or undefined in the padding. */
function matrixOf({ x, y, w, options }: Drawn): { shape: number[]; sources: (number | undefined)[] } {
  const rows = indices([y[0] as number, ...y.slice(2)]);
  const columns = indices([x[1] as number, ...w.slice(2)]);
  const sources = rows.flatMap(([n = 0, ...window]) =>
    columns.map(([c = 0, ...place]) => {
      const index = seen(x.slice(2), window, place, options);
      return index && positionOf(x, [n, c, ...index]);
    }),
  );
  return { shape: [rows.length, columns.length], sources };
}

const im2colOptions = ({ w, options: { groups: _, ...sliding } }: Drawn) => ({ kernel: w.slice(2), ...sliding });
type Images = readonly [number, number, number, number];

const matrixRows: readonly Row[] = [
  {
    Node: ops.Im2col,
    fn: ops.im2col,
    dtypes: floats,
    cases: drawConvolution(2).chain((drawn) =>
      draw.operand(drawn.x, x).map((operand) => ({ operands: [operand], setting: drawn })),
    ),
    gradient: true,
    node: (drawn) => new ops.Im2col(im2colOptions(drawn)),
    call: ([x], drawn) => ops.im2col(x as Tensor, im2colOptions(drawn)),
    reference: ([x], drawn) => {
      const { shape, sources } = matrixOf(drawn);
      return { shape, values: sources.map((source) => (source === undefined ? 0 : (x?.values[source] as number))) };
    },
  } satisfies Row<Drawn> as Row,
  {
    Node: ops.Col2im,
    fn: ops.col2im,
    dtypes: floats,
    cases: drawConvolution(2).chain((drawn) =>
      draw.operand(matrixOf(drawn).shape, x).map((operand) => ({ operands: [operand], setting: drawn })),
    ),
    gradient: true,
    node: (drawn) => new ops.Col2im(drawn.x, im2colOptions(drawn)),
    call: ([columns], drawn) => ops.col2im(columns as Tensor, drawn.x as Images, im2colOptions(drawn)),
    reference: ([columns], drawn) => {
      const values = new Array<number>(sizeOf(drawn.x)).fill(0);
      matrixOf(drawn).sources.forEach((source, i) => {
        if (source !== undefined) values[source] = (values[source] as number) + (columns?.values[i] as number);
      });
      return { shape: drawn.x, values };
    },
  } satisfies Row<Drawn> as Row,
];

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

/** Ops with windows that slide over planes, and padding. */
export const windowRows: readonly Row[] = [
  convRow(1, ops.conv1d),
  convRow(2, ops.conv2d),
  convTransposeRow(1, ops.convTranspose1d),
  convTransposeRow(2, ops.convTranspose2d),
  convWeightsRow as Row,
  poolRow(1, ops.MaxPool, ops.maxPool1d, maximum),
  poolRow(2, ops.MaxPool, ops.maxPool2d, maximum),
  poolRow(1, ops.AvgPool, ops.avgPool1d, mean),
  poolRow(2, ops.AvgPool, ops.avgPool2d, mean),
  ...unpoolRows,
  ...matrixRows,
  padRow as Row,
];
