/**
 * The innermost part of the matrix product: a tile of sums in 128-bit registers. Float32 and float64 differ in lanes
 * and instructions only.
 */
import type { Code, Func, Local, Module } from "./encoder.js";
import { increase, locals, times } from "./loops.js";
import { lanesOf, multiplyAdd, type Scalar, splatLoad, vectorBytes, vectorOf } from "./simd.js";

/** The sums of a tile, which stay in registers: rows of a times vectors of b. */
export interface Tile {
  readonly rows: number;
  /** The width of a packed panel of columns, and of the tiles that read b in place. */
  readonly vectors: number;
}

/** The form of the code that is written. Tiles give the same bits, whichever is taken; multiply-adds do not. */
export interface Target {
  /** Multiply-adds are those of relaxed SIMD, which round once. */
  readonly relaxed: boolean;
  readonly tile: Tile;
}

/**
 * The tiles that were measured to be the best of some engine, the one that is the best of most first; all give the same bits. With the
 * vectors of b and a broadcast element of a their sums must fit into the 16 vector registers of x86-64, of which V8 keeps one and `mul`
 * needs one; where V8 packs two vectors into one register they may be twice as many. GFLOP/s float32 on one core:
 * of an Ice Lake Xeon (2.8 GHz), with mul and add apart, where the two floating-point ports allow 27.7: 4 x 2 27.6, 2 x 4 27.7, 3 x 3 27.6,
 * 5 x 2 27.5, 6 x 2 27.4, 4 x 3 27.4 (under load the first four stay ahead by 5%), 8 x 1 24.5; with multiply-add, of at most 55.7:
 * 4 x 2 47.6, 5 x 2 53.0, 6 x 2 52.7, 3 x 3 49.8, 2 x 4 47.5, 4 x 3 37 (spilled), 8 x 1 36.
 * Of an AMD EPYC (Node 20, 22 / 24, 26): apart, 4 x 2 40, 38 / 42, 5 x 2 24 / 37; multiply-add, 5 x 2 22 (Node 22, spilled) / 53,
 * 4 x 2 47 / 50. Packed in pairs (Node 24): apart, 4 x 4 83, 3 x 4 80, 5 x 4 73, 4 x 2 65; multiply-add, 5 x 4 104, 4 x 4 100, 6 x 2 74.
 */
export const tilesOf = (relaxed: boolean, wide: boolean): readonly [Tile, ...Tile[]] => {
  const pairs = relaxed ? [tile(5, 4), tile(4, 4)] : [tile(4, 4), tile(5, 4)];
  const others = wide ? pairs : [];
  return relaxed ? [tile(5, 2), tile(4, 2), ...others] : [tile(4, 2), ...others];
};

const tile = (rows: number, vectors: number): Tile => ({ rows, vectors });

/** The most vectors of a tile, where vectors are not packed and where they are. */
export const mostVectors = { usual: 2, wide: 4 } as const;

/** The vectors of a tile of one or two rows, where b is read in place: sums enough to hide latency. */
export const wideVectors = 6;

/** The rows of a tile that is one vector wide, where the panel of a allows any number: sums enough to hide latency. */
export const narrowRows = 8;

/** What is baked into a function of tiles. Distances are in bytes. */
export interface TileShape {
  readonly scalar: Scalar;
  /** Multiply-add in one instruction. */
  readonly relaxed: boolean;
  readonly rows: number;
  readonly columns: number;
  /** From one row of a to the next, and from one step of k to the next. */
  readonly aRow: number;
  readonly aStep: number;
  readonly bStep: number;
}

/**
 * A stack of tiles, one below the other: each is = or += its rows of a times the same columns of b. Parameters: a,
 * bytes from one tile's rows of a to the next one's, b, c, bytes from one row of c to the next, number of tiles (1 at
 * least), k (1 at least), 1 to accumulate. Reads whole vectors of b and c, writes no column of c beyond its own.
 */
export function emitTiles(module: Module, shape: TileShape): Func {
  const { scalar, relaxed, rows, columns, aRow, aStep, bStep } = shape;
  const lanes = lanesOf[scalar];
  const width = Math.ceil(columns / lanes);
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, a, aTile, b, c, cRow, count, k, accumulate) => {
    const sums = Array.from({ length: rows }, () => locals(f, "v128", width));
    const column = locals(f, "v128", width);
    const row = locals(f, "v128", rows);
    const [aAt, bAt, step] = locals(f, "i32", 3) as [Local, Local, Local];
    // Never set: a constant would take 18 bytes for each sum.
    const zero = f.local("v128");
    times(f, count, () => {
      f.get(a).set(aAt).get(b).set(bAt).get(k).set(step);
      for (const sum of sums.flat()) f.get(zero).set(sum);
      times(f, step, () => {
        for (const [v, vector] of column.entries())
          f.get(bAt)
            .memory("v128.load", v * vectorBytes)
            .set(vector);
        for (const [r, broadcast] of row.entries()) {
          f.get(aAt)
            .memory(splatLoad[scalar], r * aRow)
            .set(broadcast);
          for (const [v, vector] of column.entries()) {
            const sum = sums[r]?.[v] as Local;
            multiplyAdd(f, scalar, relaxed, sum, () => f.get(broadcast).get(vector));
          }
        }
        increase(f, aAt, aStep);
        increase(f, bAt, bStep);
      });
      for (const row of sums) {
        f.get(accumulate).if(() => {
          for (const [v, sum] of row.entries())
            f.get(sum)
              .get(c)
              .memory("v128.load", v * vectorBytes)
              .op(`${vectorOf[scalar]}.add`)
              .set(sum);
        });
        for (const [v, sum] of row.entries()) store(f, scalar, c, v * vectorBytes, sum, columns - v * lanes);
        increase(f, c, cRow);
      }
      increase(f, a, aTile);
    });
  });
}

/** Stores the first `count` lanes of a vector, all of them where `count` is larger. */
export function store(f: Code, scalar: Scalar, to: Local, offset: number, vector: Local, count: number): void {
  f.get(to).get(vector);
  if (count >= lanesOf[scalar]) f.memory("v128.store", offset);
  else if (scalar === "f64") f.laneMemory("v128.store64_lane", 0, offset);
  else if (count === 1) f.laneMemory("v128.store32_lane", 0, offset);
  else {
    f.laneMemory("v128.store64_lane", 0, offset);
    if (count === 3)
      f.get(to)
        .get(vector)
        .laneMemory("v128.store32_lane", 2, offset + 8);
  }
}
