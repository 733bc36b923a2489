import { align, lanesOf, type Scalar, scalarBytes, vectorBytes } from "../../../../wasm/simd.js";
import { type Planes, planesOf } from "../convolution/planes.js";
import { sumBytes } from "../convolution/tiles.js";

/** The elements of a transformed tile. */
export const points = 16;

/**
 * Transformed tiles that are made at a time, at most (or one image's), and the bytes that they may take: with 16 and 32
 * channels 98 and 196 tiles were equally fast, 392 took 15% longer and 784 40%, being larger than the second-level
 * cache.
 */
const tilesTogether = 256;
const tileBytes = 1 << 20;

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
export interface Layout {
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
  /** The same for sums of products, which are doubles. */
  readonly sumPoint: number;
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

export function layoutOf(f: Filtering): Layout {
  const size = scalarBytes[f.scalar];
  const lanes = lanesOf[f.scalar];
  const [down, across] = [Math.ceil(f.rows / 2), Math.ceil(f.columns / 2)];
  const most = Math.min(tilesTogether, tileBytes / (points * (f.channels + f.filters) * size)) / (down * across);
  let images = Math.max(1, Math.min(f.batch, Math.floor(most)));
  while (f.batch % images !== 0) images--;
  // The vectors at the end of a row of tiles reach beyond it: into the next row or image, which is written later, or
  // here.
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
  const sumPoint = f.filters * f.channels * sumBytes;
  let end = 0;
  const next = (bytes: number) => {
    const start = end;
    end += align(bytes);
    return start;
  };
  const at = {
    table: next(8 * f.channels),
    weights: next(points * sumPoint),
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
    sumPoint,
    at,
    bytes: end,
  };
}

/** The scratch memory of both directions. */
export const winogradBytes = (f: Filtering): number => layoutOf(f).bytes;
