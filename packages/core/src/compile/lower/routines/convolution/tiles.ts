import type { Code, Func, Local, Module } from "../../../../wasm/encoder.js";
import { increase, locals, repeat, times } from "../../../../wasm/loops.js";
import {
  lanesOf,
  multiplyAdd,
  partialVectors,
  type Scalar,
  scalarBytes,
  splatLoad,
  vectorBytes,
  vectorOf,
} from "../../../../wasm/simd.js";

/** What is baked into a function of tiles. Distances are in bytes. */
interface ConvolutionTiles {
  readonly scalar: Scalar;
  readonly relaxed: boolean;
  /** The filters of a tile, and the vectors of windows. */
  readonly filters: number;
  readonly vectors: number;
  /** The windows of a row. */
  readonly columns: number;
  /** From one filter to the next: in the weights and in the result. */
  readonly weightStep: number;
  readonly resultStep: number;
  /** From one row of windows to the next: in the planes and in the result. */
  readonly planeRow: number;
  readonly resultRow: number;
  /** From one column to the next, in the result; one element where the results lie side by side. */
  readonly resultColumn: number;
  readonly bias: boolean;
  /**
   * How far behind an element of the planes its mask stands, all ones or zeros: a product that is masked is left out, be it NaN.
   * `null` without masks.
   */
  readonly mask: number | null;
}

/**
 * Rows of windows times some filters, as a product of matrices whose second operand is never made: a table says, for
 * each element of a window, where its weight stands and where the element stands, relative to the first; neighbouring
 * windows see neighbouring elements. Parameters: weights, planes, result, bias, the table and its end, number of rows
 * (1 at least). Reads whole vectors of the planes.
 */
export function convolutionTiles(module: Module, shape: ConvolutionTiles): Func {
  return module.shared(`convolution tiles ${JSON.stringify(shape)}`, () => emitConvolutionTiles(module, shape));
}

function emitConvolutionTiles(module: Module, shape: ConvolutionTiles): Func {
  const { scalar, filters, vectors, columns, planeRow, resultRow, resultColumn } = shape;
  const lanes = lanesOf[scalar];
  const whole = vectors * lanes;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, weights, planes, result, bias, table, end, rows) => {
    const sums = Array.from({ length: filters }, () => locals(f, "v128", vectors));
    const spare = {
      seen: locals(f, "v128", vectors),
      splats: locals(f, "v128", filters),
      masks: locals(f, "v128", vectors),
    };
    const [x, to, weight, element, entry] = locals(f, "i32", 5) as [Local, Local, Local, Local, Local];
    const tile = (count: number) => {
      const width = Math.ceil(count / lanes);
      const used = sums.map((row) => row.slice(0, width));
      for (const sum of used.flat()) f.splat("i32", 0).set(sum);
      f.get(table).tee(entry).get(end).op("i32.ne");
      f.if(() =>
        f.loop((again) => {
          f.get(entry).memory("i32.load").get(weights).op("i32.add").set(weight);
          f.get(entry).memory("i32.load", 4).get(x).op("i32.add").set(element);
          const seen = spare.seen.slice(0, width);
          const masks = shape.mask === null ? [] : spare.masks.slice(0, width);
          for (const [vectors, distance] of [
            [seen, 0],
            [masks, shape.mask ?? 0],
          ] as const)
            for (const [v, vector] of vectors.entries())
              f.get(element)
                .memory("v128.load", distance + v * vectorBytes)
                .set(vector);
          for (const [r, splat] of spare.splats.entries()) {
            f.get(weight)
              .memory(splatLoad[scalar], r * shape.weightStep)
              .set(splat);
            for (const [v, vector] of seen.entries()) {
              const sum = used[r]?.[v] as Local;
              const mask = masks[v];
              if (mask === undefined) multiplyAdd(f, scalar, shape.relaxed, sum, () => f.get(splat).get(vector));
              else {
                f.get(splat).get(vector).op(`${vectorOf[scalar]}.mul`).get(mask).op("v128.and");
                f.get(sum).op(`${vectorOf[scalar]}.add`).set(sum);
              }
            }
          }
          f.get(entry).i32(8).op("i32.add").tee(entry).get(end).op("i32.ne").branchIf(again);
        }),
      );
      for (const [r, row] of used.entries()) {
        if (shape.bias) {
          const splat = spare.splats[0] as Local;
          f.get(bias)
            .memory(splatLoad[scalar], r * scalarBytes[scalar])
            .set(splat);
          for (const sum of row) f.get(sum).get(splat).op(`${vectorOf[scalar]}.add`).set(sum);
        }
        for (const [v, sum] of row.entries()) {
          const offset = r * shape.resultStep + v * lanes * resultColumn;
          storeApart(f, scalar, to, offset, sum, Math.min(lanes, count - v * lanes), resultColumn);
        }
      }
    };
    times(f, rows, () => {
      f.get(planes).set(x).get(result).set(to);
      repeat(f, Math.floor(columns / whole), () => {
        tile(whole);
        increase(f, x, vectors * vectorBytes);
        increase(f, to, whole * resultColumn);
      });
      if (columns % whole > 0) tile(columns % whole);
      increase(f, planes, planeRow);
      increase(f, result, resultRow);
    });
  });
}

/** Stores the first `count` lanes of a vector, `step` bytes apart. */
function storeApart(
  f: Code,
  scalar: Scalar,
  to: Local,
  offset: number,
  vector: Local,
  count: number,
  step: number,
): void {
  const size = scalarBytes[scalar];
  if (step === size && count === lanesOf[scalar]) {
    f.get(to).get(vector).memory("v128.store", offset);
    return;
  }
  const store = scalar === "f32" ? "v128.store32_lane" : "v128.store64_lane";
  for (let lane = 0; lane < count; lane++)
    f.get(to)
      .get(vector)
      .laneMemory(store, lane, offset + lane * step);
}

/**
 * The most rows of a tile of dot products: with two columns their sums and what they are made of fill the registers.
 */
export const dotRows = 4;

/** Bytes of a sum of dot products. */
export const sumBytes = 8;

/** What is baked into a function of dot products. Distances are in bytes. */
interface DotTiles {
  readonly scalar: Scalar;
  readonly relaxed: boolean;
  /** The rows of a tile, and from one to the next: in the first operand and in the result, which is of doubles. */
  readonly rows: number;
  readonly rowStep: number;
  readonly resultStep: number;
  /** The columns of the result. */
  readonly columns: number;
  /** The length of the dot products, in vectors (1 at least). */
  readonly vectors: number;
  /** Whether elements of the second operand count as 0 where a mask, all ones or zeros, says so, be they NaN. */
  readonly masked: boolean;
}

/**
 * Adds to each element of some rows of the result, a double, the dot product of a row of the first operand and of what stands at
 * the column's place in the second one. Parameters: first operand, second operand, result, the table of the places in
 * bytes, the masks. Reads whole vectors; of float32 no more than `partialVectors` vectors are added up before they go to the result.
 */
export function dotTiles(module: Module, shape: DotTiles): Func {
  return module.shared(`dot tiles ${JSON.stringify(shape)}`, () => emitDotTiles(module, shape));
}

function emitDotTiles(module: Module, shape: DotTiles): Func {
  const { scalar, columns, rowStep, resultStep } = shape;
  const params = ["i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, first, second, result, table, masks) => {
    const sums = Array.from({ length: shape.rows }, () => locals(f, "v128", 2));
    const rows = locals(f, "v128", shape.rows);
    const [seen, at] = [f.local("v128"), f.local("i32")];
    const [mask, maskAt] = [f.local("v128"), f.local("i32")];
    const places = locals(f, "i32", 2);
    const tile = (width: number) => {
      const used = sums.map((row) => row.slice(0, width));
      for (const [v, place] of places.slice(0, width).entries()) {
        f.get(table)
          .memory("i32.load", v * 4)
          .get(second)
          .op("i32.add")
          .set(place);
      }
      f.get(first).set(at);
      if (shape.masked) f.get(masks).set(maskAt);
      const part = (vectors: number) => {
        for (const sum of used.flat()) f.splat("i32", 0).set(sum);
        repeat(f, vectors, () => {
          if (shape.masked) {
            f.get(maskAt).memory("v128.load").set(mask);
            increase(f, maskAt, vectorBytes);
          }
          for (const [r, row] of rows.entries())
            f.get(at)
              .memory("v128.load", r * rowStep)
              .set(row);
          for (const [v, place] of places.slice(0, width).entries()) {
            f.get(place).memory("v128.load");
            if (shape.masked) f.get(mask).op("v128.and");
            f.set(seen);
            for (const [r, row] of rows.entries()) {
              multiplyAdd(f, scalar, shape.relaxed, used[r]?.[v] as Local, () => f.get(row).get(seen));
            }
            increase(f, place, vectorBytes);
          }
          increase(f, at, vectorBytes);
        });
        for (const [r, row] of used.entries()) {
          for (const [v, sum] of row.entries()) addLanes(f, scalar, result, r * resultStep + v * sumBytes, sum);
        }
      };
      repeat(f, Math.floor(shape.vectors / partialVectors), () => part(partialVectors));
      if (shape.vectors % partialVectors > 0) part(shape.vectors % partialVectors);
      increase(f, table, width * 4);
      increase(f, result, width * sumBytes);
    };
    repeat(f, Math.floor(columns / 2), () => tile(2));
    if (columns % 2 > 0) tile(1);
  });
}

/** Adds the sum of a vector's lanes to a double in memory. */
function addLanes(f: Code, scalar: Scalar, to: Local, offset: number, vector: Local): void {
  const fold = (bytes: number) => {
    const indices = Array.from({ length: vectorBytes }, (_, i) => (i + bytes) % vectorBytes);
    f.get(vector).get(vector).get(vector).shuffle(indices).op(`${vectorOf[scalar]}.add`).set(vector);
  };
  fold(8);
  if (scalar === "f32") fold(4);
  f.get(to).get(to).memory("f64.load", offset).get(vector).lane(`${vectorOf[scalar]}.extract_lane`, 0);
  if (scalar === "f32") f.op("f64.promote_f32");
  f.op("f64.add").memory("f64.store", offset);
}
