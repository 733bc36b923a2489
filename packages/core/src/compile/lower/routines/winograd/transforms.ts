import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { inTurns, scalarBytes, splatLoad, vectorBytes, vectorOf } from "../../../../wasm/simd.js";
import { copyLine, type Planes, placeIn } from "../convolution/planes.js";
import type { Filtering, Layout } from "./layout.js";

export type Matrix = readonly (readonly number[])[];

export const ofElements: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
export const ofWeights: Matrix = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
export const toResults: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];
export const transposed = (matrix: Matrix): Matrix =>
  (matrix[0] as readonly number[]).map((_, j) => matrix.map((row) => row[j] as number));

export type Arithmetic = "f32x4" | "f64x2" | "f32" | "f64";

/** matrix x tile x matrix': `load` pushes an element of the tile, `give` gets what pushes an element of the result. */
export function emitTransform(
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

/**
 * Transforms the tiles of all channels of one image, which is staged: a line for each, `to` being where the first
 * begins.
 */
export function emitTiles(
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
  const size = scalarBytes[planes.scalar];
  const vectors = Math.ceil((across * size) / vectorBytes);
  const [from, at] = locals(code, "i32", 2);
  code.set(from, staged).set(at, to);
  repeat(code, channels, () => {
    repeat(code, down, () => {
      repeat(code, vectors, () => {
        emitTransform(
          code,
          vectorOf[planes.scalar],
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

export function emitWeights(
  code: Code,
  f: Filtering,
  layout: Layout,
  order: FilterOrder,
  from: number,
  to: number,
): void {
  const size = scalarBytes[f.scalar];
  const [filter, channel, at] = locals(code, "i32", 3);
  code.set(filter, from).set(at, to);
  repeat(code, f.filters, () => {
    code.set(channel, filter);
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
export function emitResults(
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
  const size = scalarBytes[scalar];
  const type = vectorOf[scalar];
  const vectors = Math.ceil((across * size) / vectorBytes);
  const rowBytes = 2 * vectors * vectorBytes;
  const [tile, at, row, target, biasAt] = locals(code, "i32", 5);
  const results = locals(code, "v128", 4);
  const addend = code.local("v128");
  code.set(tile, from).set(target, to);
  if (bias !== null) code.i32(bias).set(biasAt);
  const tileRow = (count: number) => {
    code.set(at, tile).set(row, rows);
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
        for (const half of [0, 1] as const) {
          code.get(row).get(even).get(odd).shuffle(inTurns(size, half));
          code.memory("v128.store", i * rowBytes + half * vectorBytes);
        }
      }
      increase(code, at, vectorBytes);
      increase(code, row, 2 * vectorBytes);
    });
    for (let i = 0; i < count; i++) {
      code.set(row, rows + i * rowBytes);
      copyLine(code, scalar, row, target, 0, f.columns);
      increase(code, target, f.columns * size);
    }
    increase(code, tile, across * size);
  };
  repeat(code, f.filters, () => {
    if (bias !== null) code.get(biasAt).memory(splatLoad[scalar]).set(addend);
    repeat(code, Math.floor(f.rows / 2), () => tileRow(2));
    if (f.rows % 2 > 0) tileRow(1);
    increase(code, tile, line - layout.down * across * size);
    increase(code, biasAt, size);
  });
}
