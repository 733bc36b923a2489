/**
 * Convolutions with 3 x 3 filters by Winograd's minimal filtering, F(2 x 2, 3 x 3): 16 multiplications for 2 x 2 results in the
 * place of 36. With matrices A, B and G, result = A' [(G w G') (B' x B)] A for each tile of 4 x 4 elements, the product in
 * brackets element by element; over all channels and filters that is 16 products of matrices. Lavin and Gray, Fast Algorithms
 * for Convolutional Neural Networks, 2015. The form is bilinear, and so the gradient of the filters is
 * G' [(A result A') (B' x B)] G.
 */
import type { Code, Local } from "../../wasm/encoder.js";
import { increase, lanesOf, type Scalar, tileRows, vectorBytes } from "../../wasm/gemm-tile.js";
import type { KernelCode } from "../emit/context.js";
import type { Buffer } from "../kernel.js";
import { align, emitTable, forPanels, repeat } from "./convolution-products.js";
import { emitConvolutionTiles, emitDotTiles } from "./convolution-tiles.js";
import { bytesOf, copyLine, emitStage, type Planes, placeIn, planesOf } from "./planes.js";

type Matrix = readonly (readonly number[])[];

const ofElements: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
const ofWeights: Matrix = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const toResults: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];
const transposed = (matrix: Matrix): Matrix =>
  (matrix[0] as readonly number[]).map((_, j) => matrix.map((row) => row[j] as number));

/** The elements of a transformed tile. */
const points = 16;

/** Transformed tiles that are made at a time, at most (or one image's), and the bytes that they may take. */
const tilesTogether = 256;
const tileBytes = 1 << 20;

type Arithmetic = "f32x4" | "f64x2" | "f32" | "f64";

const vectorsOf = { f32: "f32x4", f64: "f64x2" } as const;

/** matrix x tile x matrix': `load` pushes an element of the tile, `give` gets what pushes an element of the result. */
function emitTransform(
  code: Code,
  type: Arithmetic,
  matrix: Matrix,
  load: (row: number, column: number) => void,
  give: (row: number, column: number, push: () => void) => void,
): void {
  const size = (matrix[0] as readonly number[]).length;
  const local = () => code.local(type === "f32" || type === "f64" ? type : "v128");
  const elements = Array.from({ length: size }, local);
  const halfway = matrix.map(() => Array.from({ length: size }, local));
  const combine = (factors: readonly number[], terms: readonly Local[]) => {
    let isFirst = true;
    for (const [i, factor] of factors.entries()) {
      if (factor === 0) continue;
      code.get(terms[i] as Local);
      if (Math.abs(factor) !== 1) {
        if (type === "f32" || type === "f64") code[type](Math.abs(factor));
        else code.splat(type === "f32x4" ? "f32" : "f64", Math.abs(factor));
        code.op(`${type}.mul`);
      }
      if (isFirst && factor < 0) code.op(`${type}.neg`);
      if (!isFirst) code.op(factor < 0 ? `${type}.sub` : `${type}.add`);
      isFirst = false;
    }
  };
  for (let column = 0; column < size; column++) {
    for (const [row, element] of elements.entries()) {
      load(row, column);
      code.set(element);
    }
    for (const [i, factors] of matrix.entries()) {
      combine(factors, elements);
      code.set(halfway[i]?.[column] as Local);
    }
  }
  for (const [i, row] of halfway.entries()) {
    for (const [j, factors] of matrix.entries()) give(i, j, () => combine(factors, row));
  }
}

/** The sizes of a convolution by 3 x 3 filters; `padding` may be negative, and leaves elements out then. */
export interface Filtering {
  readonly scalar: Scalar;
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly padding: readonly [number, number];
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
}

/** Where things stand in the scratch memory; all in bytes. */
interface Layout {
  readonly images: number;
  readonly down: number;
  readonly across: number;
  /** From one line of transformed tiles (all of one channel or filter at one point) to the next. */
  readonly line: number;
  readonly elementPlanes: Planes;
  readonly resultPlanes: Planes;
  /** From one point to the next. */
  readonly elementPoint: number;
  readonly resultPoint: number;
  readonly weightPoint: number;
  readonly at: {
    readonly table: number;
    readonly weights: number;
    readonly elementPlanes: number;
    readonly resultPlanes: number;
    readonly elements: number;
    readonly results: number;
  };
  readonly bytes: number;
}

function layoutOf(f: Filtering): Layout {
  const size = bytesOf(f.scalar);
  const lanes = lanesOf[f.scalar];
  const [down, across] = [Math.ceil(f.rows / 2), Math.ceil(f.columns / 2)];
  const most = Math.min(tilesTogether, tileBytes / (points * (f.channels + f.filters) * size)) / (down * across);
  let images = Math.max(1, Math.min(f.batch, Math.floor(most)));
  while (f.batch % images !== 0) images--;
  // The vectors at the end of a row of tiles reach beyond it: into the next row or image, which is written later, or here.
  const line = align(images * down * across * size) + vectorBytes;
  // Whole vectors of tiles are read; behind the last tile of a row they are zeros.
  const extent = Math.ceil(across / lanes) * lanes;
  const axis = (size: number, offset: number, extent: number) => ({ size, offset, stride: 2, extent });
  const elementPlanes = planesOf(
    f.scalar,
    axis(f.height, f.padding[0], down + 1),
    axis(f.width, f.padding[1], extent + 1),
  );
  const resultPlanes = planesOf(f.scalar, axis(f.rows, 0, down), axis(f.columns, 0, extent));
  const elementPoint = f.channels * line;
  const resultPoint = f.filters * line;
  const weightPoint = f.filters * f.channels * size;
  let end = 0;
  const next = (bytes: number) => {
    const start = end;
    end += align(bytes);
    return start;
  };
  const at = {
    table: next(8 * f.channels),
    weights: next(points * weightPoint),
    elementPlanes: next(f.channels * elementPlanes.channelBytes + 2 * vectorBytes),
    resultPlanes: next(f.filters * resultPlanes.channelBytes + 2 * vectorBytes),
    elements: next(points * elementPoint),
    results: next(points * resultPoint),
  };
  return {
    images,
    down,
    across,
    line,
    elementPlanes,
    resultPlanes,
    elementPoint,
    resultPoint,
    weightPoint,
    at,
    bytes: end,
  };
}

/** The scratch memory of both directions. */
export const winogradBytes = (f: Filtering): number => layoutOf(f).bytes;

/** Transforms the tiles of all channels of one image, which is staged: a line for each, `to` being where the first begins. */
function emitTiles(
  code: Code,
  matrix: Matrix,
  planes: Planes,
  channels: number,
  layout: Layout,
  staged: number,
  point: number,
  to: Local,
): void {
  const { down, across, line } = layout;
  const size = bytesOf(planes.scalar);
  const vectors = Math.ceil((across * size) / vectorBytes);
  const [from, at] = [code.local("i32"), code.local("i32")];
  code.i32(staged).set(from).get(to).set(at);
  repeat(code, channels, () => {
    repeat(code, down, () => {
      repeat(code, vectors, () => {
        emitTransform(
          code,
          vectorsOf[planes.scalar],
          matrix,
          (row, column) => code.get(from).memory("v128.load", placeIn(planes, row, column)),
          (row, column, push) => {
            code.get(at);
            push();
            code.memory("v128.store", (4 * row + column) * point);
          },
        );
        increase(code, from, vectorBytes);
        increase(code, at, vectorBytes);
      });
      increase(code, from, planes.rowBytes - vectors * vectorBytes);
      increase(code, at, across * size - vectors * vectorBytes);
    });
    increase(code, from, planes.channelBytes - down * planes.rowBytes);
    increase(code, at, line - down * across * size);
  });
}

/** How the filters stand in memory: from one to the next, and from one channel to the next, in elements. */
export interface FilterOrder {
  readonly filter: number;
  readonly channel: number;
  /** From the last weight to the first, as the adjoint needs them. */
  readonly flipped: boolean;
}

function emitWeights(code: Code, f: Filtering, layout: Layout, order: FilterOrder, from: number, to: number): void {
  const size = bytesOf(f.scalar);
  const [filter, channel, at] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code.i32(from).set(filter).i32(to).set(at);
  repeat(code, f.filters, () => {
    code.get(filter).set(channel);
    repeat(code, f.channels, () => {
      emitTransform(
        code,
        f.scalar,
        ofWeights,
        (row, column) => {
          const place = 3 * row + column;
          code.get(channel).memory(`${f.scalar}.load`, (order.flipped ? 8 - place : place) * size);
        },
        (row, column, push) => {
          code.get(at);
          push();
          code.memory(`${f.scalar}.store`, (4 * row + column) * layout.weightPoint);
        },
      );
      increase(code, channel, order.channel * size);
      increase(code, at, size);
    });
    increase(code, filter, order.filter * size);
  });
}

/** The results of one image: `from` is where its first tile stands, `to` its first result, both of the first filter. */
function emitResults(
  code: Code,
  f: Filtering,
  layout: Layout,
  from: Local,
  to: Local,
  rows: number,
  bias: number | null,
) {
  const { across, line, resultPoint } = layout;
  const { scalar } = f;
  const size = bytesOf(scalar);
  const type = vectorsOf[scalar];
  const vectors = Math.ceil((across * size) / vectorBytes);
  const rowBytes = 2 * vectors * vectorBytes;
  const local = () => code.local("i32");
  const [tile, at, row, target, biasAt] = [local(), local(), local(), local(), local()];
  const results = [code.local("v128"), code.local("v128"), code.local("v128"), code.local("v128")];
  const addend = code.local("v128");
  const interleaved = (half: number) =>
    Array.from({ length: vectorBytes }, (_, i) => {
      const lane = Math.floor(i / size);
      return half * 8 + Math.floor(lane / 2) * size + (lane % 2) * vectorBytes + (i % size);
    });
  code.get(from).set(tile).get(to).set(target);
  if (bias !== null) code.i32(bias).set(biasAt);
  const tileRow = (count: number) => {
    code.get(tile).set(at).i32(rows).set(row);
    repeat(code, vectors, () => {
      emitTransform(
        code,
        type,
        toResults,
        (i, j) => code.get(at).memory("v128.load", (4 * i + j) * resultPoint),
        (i, j, push) => {
          push();
          if (bias !== null) code.get(addend).op(`${type}.add`);
          code.set(results[2 * i + j] as Local);
        },
      );
      for (let i = 0; i < count; i++) {
        const [even, odd] = [results[2 * i] as Local, results[2 * i + 1] as Local];
        for (const half of [0, 1]) {
          code.get(row).get(even).get(odd).shuffle(interleaved(half));
          code.memory("v128.store", i * rowBytes + half * vectorBytes);
        }
      }
      increase(code, at, vectorBytes);
      increase(code, row, 2 * vectorBytes);
    });
    for (let i = 0; i < count; i++) {
      code.i32(rows + i * rowBytes).set(row);
      copyLine(code, scalar, row, target, 0, f.columns);
      increase(code, target, f.columns * size);
    }
    increase(code, tile, across * size);
  };
  repeat(code, f.filters, () => {
    if (bias !== null)
      code
        .get(biasAt)
        .memory(scalar === "f32" ? "v128.load32_splat" : "v128.load64_splat")
        .set(addend);
    repeat(code, Math.floor(f.rows / 2), () => tileRow(2));
    if (f.rows % 2 > 0) tileRow(1);
    increase(code, tile, line - layout.down * across * size);
    increase(code, biasAt, size);
  });
}

export interface FilteringBuffers {
  readonly source: Buffer;
  readonly weights: Buffer;
  readonly bias: Buffer | null;
  readonly target: Buffer;
  readonly scratch: Buffer;
}

/** result = the convolution of the source by the weights. */
export function emitWinograd(context: KernelCode, f: Filtering, order: FilterOrder, buffers: FilteringBuffers): void {
  const { code, module, relaxed, address } = context;
  const layout = layoutOf(f);
  const { images, line, at, elementPlanes } = layout;
  const size = bytesOf(f.scalar);
  const base = address(buffers.scratch);
  const local = () => code.local("i32");
  const [source, target, staged, lines] = [local(), local(), local(), local()];
  const [weights, elements, results] = [local(), local(), local()];
  code.i32(base).i32(0).i32(layout.bytes).memoryFill();
  emitTable(code, base + at.table, f.channels, [{ weight: 0, plane: 0 }], size, line);
  emitWeights(code, f, layout, order, address(buffers.weights), base + at.weights);
  code.i32(address(buffers.source)).set(source).i32(address(buffers.target)).set(target);
  code.i32(base + at.elementPlanes).set(staged);
  const tiles = new Map<number, ReturnType<typeof emitConvolutionTiles>>();
  repeat(code, f.batch / images, () => {
    code.i32(base + at.elements).set(lines);
    repeat(code, images, () => {
      emitStage(code, elementPlanes, f.channels, source, staged);
      emitTiles(
        code,
        ofElements,
        elementPlanes,
        f.channels,
        layout,
        base + at.elementPlanes,
        layout.elementPoint,
        lines,
      );
      increase(code, source, f.channels * f.height * f.width * size);
      increase(code, lines, layout.down * layout.across * size);
    });
    code
      .i32(base + at.weights)
      .set(weights)
      .i32(base + at.elements)
      .set(elements)
      .i32(base + at.results)
      .set(results);
    repeat(code, points, () => {
      forPanels(code, f.filters, tileRows(relaxed), (height) => {
        const func =
          tiles.get(height) ??
          emitConvolutionTiles(module, {
            scalar: f.scalar,
            relaxed,
            filters: height,
            columns: images * layout.down * layout.across,
            weightStep: f.channels * size,
            resultStep: line,
            planeRow: 0,
            resultRow: 0,
            resultColumn: size,
            bias: false,
          });
        tiles.set(height, func);
        const [start, end] = [base + at.table, base + at.table + 8 * f.channels];
        code.get(weights).get(elements).get(results).i32(0).i32(start).i32(end).i32(1).call(func);
        increase(code, weights, height * f.channels * size);
        increase(code, results, height * line);
      });
      increase(code, elements, layout.elementPoint);
    });
    code.i32(base + at.results).set(lines);
    repeat(code, images, () => {
      const bias = buffers.bias === null ? null : address(buffers.bias);
      // The planes of results are free here: two rows of them.
      emitResults(code, f, layout, lines, target, base + at.resultPlanes, bias);
      increase(code, lines, layout.down * layout.across * size);
      increase(code, target, f.filters * f.rows * f.columns * size);
    });
  });
}

/** target = the gradient of the weights; `weights` is that of the results. */
export function emitWinogradWeights(context: KernelCode, f: Filtering, buffers: Omit<FilteringBuffers, "bias">): void {
  const { code, module, relaxed, address } = context;
  const layout = layoutOf(f);
  const { images, line, at } = layout;
  const size = bytesOf(f.scalar);
  const base = address(buffers.scratch);
  const local = () => code.local("i32");
  const [source, given, staged, lines] = [local(), local(), local(), local()];
  const [sums, elements, results, target] = [local(), local(), local(), local()];
  code.i32(base).i32(0).i32(layout.bytes).memoryFill();
  emitTable(code, base + at.table, f.channels, [{ weight: 0, plane: 0 }], null, line);
  code.i32(address(buffers.source)).set(source).i32(address(buffers.weights)).set(given);
  const dots = new Map<number, ReturnType<typeof emitDotTiles>>();
  const prepare = (from: Local, matrix: Matrix, planes: Planes, channels: number, bytes: number, stagedAt: number) => {
    code.i32(stagedAt).set(staged);
    emitStage(code, planes, channels, from, staged);
    const [point, start] =
      planes === layout.elementPlanes ? [layout.elementPoint, at.elements] : [layout.resultPoint, at.results];
    code
      .get(lines)
      .i32(base + start)
      .op("i32.add")
      .set(target);
    emitTiles(code, matrix, planes, channels, layout, stagedAt, point, target);
    increase(code, from, channels * bytes);
  };
  repeat(code, f.batch / images, () => {
    code.i32(0).set(lines);
    repeat(code, images, () => {
      const [elementPlanes, resultPlanes] = [base + at.elementPlanes, base + at.resultPlanes];
      prepare(source, ofElements, layout.elementPlanes, f.channels, f.height * f.width * size, elementPlanes);
      prepare(given, transposed(toResults), layout.resultPlanes, f.filters, f.rows * f.columns * size, resultPlanes);
      increase(code, lines, layout.down * layout.across * size);
    });
    code
      .i32(base + at.weights)
      .set(sums)
      .i32(base + at.elements)
      .set(elements)
      .i32(base + at.results)
      .set(results);
    repeat(code, points, () => {
      forPanels(code, f.filters, 4, (height) => {
        const func =
          dots.get(height) ??
          emitDotTiles(module, {
            scalar: f.scalar,
            relaxed,
            rows: height,
            rowStep: line,
            resultStep: f.channels * size,
            columns: f.channels,
            vectors: line / vectorBytes - 1,
          });
        dots.set(height, func);
        code
          .get(results)
          .get(elements)
          .get(sums)
          .i32(base + at.table)
          .call(func);
        increase(code, results, height * line);
        increase(code, sums, height * f.channels * size);
      });
      increase(code, elements, layout.elementPoint);
    });
  });
  code
    .i32(base + at.weights)
    .set(sums)
    .i32(address(buffers.target))
    .set(target);
  repeat(code, f.filters * f.channels, () => {
    emitTransform(
      code,
      f.scalar,
      transposed(ofWeights),
      (row, column) => code.get(sums).memory(`${f.scalar}.load`, (4 * row + column) * layout.weightPoint),
      (row, column, push) => {
        code.get(target);
        push();
        code.memory(`${f.scalar}.store`, (3 * row + column) * size);
      },
    );
    increase(code, sums, size);
    increase(code, target, 9 * size);
  });
}
