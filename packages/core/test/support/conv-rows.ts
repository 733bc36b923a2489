import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { fill, indices, type Plain, positionOf, sizeOf } from "./plain.js";
import { floats, type Row } from "./row.js";
import {
  countsOf,
  drawSliding,
  endsOf,
  fits,
  perAxis,
  type Rank,
  type Sizes,
  type Sliding,
  seen,
  spansOf,
} from "./sliding.js";

const x = draw.grid(-2, 2);

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
      const index = seen(x.slice(2), w.slice(2), window, place, options);
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

function operands(shapes: readonly Sizes[]): fc.Arbitrary<draw.DrawnOperand[]> {
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
    const [spans, padding] = [spansOf(w.slice(2), options), endsOf(x.slice(2), w.slice(2), options)];
    const outputPadding = options.stride.map((stride, a) => {
      const [before, after] = padding[a] as [number, number];
      return (x[a + 2] as number) + before + after - (spans[a] as number) - ((y[a + 2] as number) - 1) * stride;
    });
    return { ...options, padding, outputPadding };
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

// Window matrices -----------------------------------------------------------------------------------------

/** What each element of the matrix of windows is in the images: a position, or undefined in the padding. */
function matrixOf({ x, y, w, options }: Drawn): { shape: number[]; sources: (number | undefined)[] } {
  const rows = indices([y[0] as number, ...y.slice(2)]);
  const columns = indices([x[1] as number, ...w.slice(2)]);
  const sources = rows.flatMap(([n = 0, ...window]) =>
    columns.map(([c = 0, ...place]) => {
      const index = seen(x.slice(2), w.slice(2), window, place, options);
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

/** Convolutions, and the matrices of their windows. */
export const convRows: readonly Row[] = [
  convRow(1, ops.conv1d),
  convRow(2, ops.conv2d),
  convTransposeRow(1, ops.convTranspose1d),
  convTransposeRow(2, ops.convTranspose2d),
  convWeightsRow as Row,
  ...matrixRows,
];
