/**
 * The kernels of the matrix product, written through the encoder: packing, and tiles of sums in 128-bit vectors.
 * Float32 and float64 differ in lanes and instructions only; each has its own module, since few programs need both.
 */
import { type Code, type Func, type Local, Module } from "./encoder.js";

export const vectorBytes = 16;

/**
 * The tile of sums in registers: 4 rows x 2 vectors. With the two vectors of b and a broadcast value a row it uses 14
 * of the 16 vector registers of x86-64. Measured in V8, GFLOP/s float32 (mul and add apart, 27 at most on that core):
 * 4 x 2 26.7, 2 x 4 26.8 (more noise), 3 x 3 26, 3 x 2 25, 4 x 3 25, 5 x 2 25, 6 x 2 23, 8 x 1 21; float64 half of it.
 */
export const tileRows = 4;
export const tileVectors = 2;

export const lanesOf = { f32: 4, f64: 2 } as const;
export type Scalar = keyof typeof lanesOf;

/** What differs between the two element types in a kernel. */
const instructions = {
  f32: { add: "f32x4.add", mul: "f32x4.mul", splat: "v128.load32_splat" },
  f64: { add: "f64x2.add", mul: "f64x2.mul", splat: "v128.load64_splat" },
} as const;

/** Adds a constant or a local to a local. */
function increase(f: Code, local: Local, by: number | Local): void {
  f.get(local);
  (typeof by === "number" ? f.i32(by) : f.get(by)).op("i32.add").set(local);
}

/** Runs `body`, which must move `pointer` on, until `pointer` equals `end`; at least once. */
function until(f: Code, pointer: Local, end: Local, body: () => void): void {
  f.loop((start) => {
    body();
    f.get(pointer).get(end).op("i32.ne").branchIf(start);
  });
}

const vectors = (f: Code, count: number): Local[] => Array.from({ length: count }, () => f.local("v128"));

/**
 * The tile at `c` (rows `stride` bytes apart) = or += the panel of rows from `a` to `end` times the panel of columns at
 * `b`. A function of its own, so that the engine's optimized code replaces the baseline one early in a long product.
 */
function emitTile(module: Module, scalar: Scalar, width: number): Func {
  const { add, mul, splat } = instructions[scalar];
  const size = vectorBytes / lanesOf[scalar];
  return module.func({ params: ["i32", "i32", "i32", "i32", "i32", "i32"] }, (f, a, end, b, c, stride, accumulate) => {
    const sums = Array.from({ length: tileRows }, () => vectors(f, width));
    const columns = vectors(f, width);
    const rows = vectors(f, tileRows);
    until(f, a, end, () => {
      for (const [v, column] of columns.entries())
        f.get(b)
          .memory("v128.load", v * vectorBytes)
          .set(column);
      rows.forEach((row, r) => {
        f.get(a)
          .memory(splat, r * size)
          .set(row);
        columns.forEach((column, v) => {
          const sum = sums[r]?.[v] as Local;
          f.get(sum).get(row).get(column).op(mul).op(add).set(sum);
        });
      });
      increase(f, a, tileRows * size);
      increase(f, b, tileVectors * vectorBytes);
    });
    for (const row of sums) {
      f.get(accumulate).if(() => {
        for (const [v, sum] of row.entries())
          f.get(sum)
            .get(c)
            .memory("v128.load", v * vectorBytes)
            .op(add)
            .set(sum);
      });
      for (const [v, sum] of row.entries())
        f.get(c)
          .get(sum)
          .memory("v128.store", v * vectorBytes);
      increase(f, c, stride);
    }
  });
}

/**
 * Every tile of a block: panels of rows from `a` to `aEnd`, of columns from `b` to `bEnd`. The rows of the result at
 * `c` are as long as the panels are wide together; of the last panel only half is computed where `half` says so.
 */
function emitMultiply(module: Module, scalar: Scalar): void {
  const whole = emitTile(module, scalar, tileVectors);
  const narrow = emitTile(module, scalar, tileVectors / 2);
  const size = vectorBytes / lanesOf[scalar];
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.func({ name: "multiply", params }, (f, a, aEnd, b, bEnd, c, k, half, accumulate) => {
    const [aPanel, bPanel, column, stride] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    f.get(k)
      .i32(tileRows * size)
      .op("i32.mul")
      .set(aPanel);
    f.get(k)
      .i32(tileVectors * vectorBytes)
      .op("i32.mul")
      .set(bPanel);
    f.get(bEnd).get(b).op("i32.sub").get(k).op("i32.div_u").set(stride);
    const call = (tile: Func) => {
      f.get(a).get(a).get(aPanel).op("i32.add").get(column).get(c).get(stride).get(accumulate).call(tile);
      increase(f, c, tileVectors * vectorBytes);
      increase(f, column, bPanel);
    };
    f.get(half).if(() => f.get(bEnd).get(bPanel).op("i32.sub").set(bEnd));
    until(f, a, aEnd, () => {
      f.get(b).set(column);
      f.block((none) => {
        f.get(b).get(bEnd).op("i32.eq").branchIf(none);
        until(f, column, bEnd, () => call(whole));
      });
      f.get(half).if(() => call(narrow));
      f.get(c)
        .get(stride)
        .i32(tileRows - 1)
        .op("i32.mul")
        .op("i32.add")
        .set(c);
      increase(f, a, aPanel);
    });
  });
}

/** Closes the gaps between rows: from `stride` bytes apart at `from` to `length` bytes apart, in place. */
function emitCompact(module: Module): void {
  module.func({ name: "compact", params: ["i32", "i32", "i32", "i32"] }, (f, from, end, stride, length) => {
    const [to, at] = [f.local("i32"), f.local("i32")];
    f.get(from).set(to);
    until(f, from, end, () => {
      // Whole vectors: what they write beyond the row lies before the next one's source.
      f.i32(0).set(at);
      until(f, at, stride, () => {
        f.get(to).get(at).op("i32.add").get(from).get(at).op("i32.add").memory("v128.load").memory("v128.store");
        increase(f, at, vectorBytes);
      });
      increase(f, from, stride);
      increase(f, to, length);
    });
  });
}

/**
 * Packs lines that lie along the panel: step p of the panel is `width` vectors of line p (`step` bytes apart). The last
 * panel may read beyond its lines; sums of what it finds there are never copied out.
 */
function emitPackLines(module: Module, width: number): void {
  const name = `lines${width}`;
  module.func({ name, params: ["i32", "i32", "i32", "i32", "i32"] }, (f, from, to, end, depth, step) => {
    const [line, panelEnd] = [f.local("i32"), f.local("i32")];
    until(f, to, end, () => {
      f.get(from).set(line);
      f.get(to)
        .get(depth)
        .i32(width * vectorBytes)
        .op("i32.mul")
        .op("i32.add")
        .set(panelEnd);
      until(f, to, panelEnd, () => {
        for (let v = 0; v < width; v++) {
          f.get(to)
            .get(line)
            .memory("v128.load", v * vectorBytes)
            .memory("v128.store", v * vectorBytes);
        }
        increase(f, to, width * vectorBytes);
        increase(f, line, step);
      });
      increase(f, from, width * vectorBytes);
    });
  });
}

/** A square of as many vectors as lanes, transposed: two vectors interleave at a time, first lanes, then pairs. */
function transpose(f: Code, scalar: Scalar, rows: readonly Local[], spare: readonly Local[]): void {
  const interleave = (lane: number, half: number) => (x: Local, y: Local, to: Local) => {
    const lanes = Array.from({ length: 8 / lane }, (_, i) => half * 8 + i * lane);
    const bytes = lanes.flatMap((at) => [at, at + vectorBytes]);
    const indices = bytes.flatMap((at) => Array.from({ length: lane }, (_, i) => at + i));
    f.get(x).get(y).shuffle(indices).set(to);
  };
  const [r0, r1, r2, r3] = rows as [Local, Local, Local, Local];
  const [s0, s1, s2, s3] = spare as [Local, Local, Local, Local];
  const [low, high] = [interleave(8, 0), interleave(8, 1)];
  if (scalar === "f64") {
    low(r0, r1, s0);
    high(r0, r1, s1);
    f.get(s0).set(r0).get(s1).set(r1);
    return;
  }
  const [low4, high4] = [interleave(4, 0), interleave(4, 1)];
  low4(r0, r1, s0);
  high4(r0, r1, s1);
  low4(r2, r3, s2);
  high4(r2, r3, s3);
  low(s0, s2, r0);
  high(s0, s2, r1);
  low(s1, s3, r2);
  high(s1, s3, r3);
}

/**
 * Packs lines that lie across the panel: each of its lanes is a line of its own, so squares of lanes are transposed.
 * Beyond the depth a square spills into the start of the next panel, which is written afterwards.
 */
function emitPackColumns(module: Module, scalar: Scalar, width: number): void {
  const name = `columns${width}`;
  const lanes = lanesOf[scalar];
  const size = vectorBytes / lanes;
  module.func({ name, params: ["i32", "i32", "i32", "i32", "i32"] }, (f, from, to, end, depth, step) => {
    const [at, lineEnd] = [f.local("i32"), f.local("i32")];
    const pointers = Array.from({ length: width * lanes }, () => f.local("i32"));
    const square = vectors(f, lanes);
    const spare = vectors(f, lanes);
    until(f, to, end, () => {
      f.get(to).set(at);
      for (const pointer of pointers) {
        f.get(from).set(pointer);
        increase(f, from, step);
      }
      const first = pointers[0] as Local;
      // The depth is rounded up to whole squares.
      f.get(depth)
        .i32(lanes - 1)
        .op("i32.add")
        .i32(-lanes)
        .op("i32.and")
        .i32(size)
        .op("i32.mul");
      f.get(first).op("i32.add").set(lineEnd);
      until(f, first, lineEnd, () => {
        for (let v = 0; v < width; v++) {
          for (const [r, row] of square.entries())
            f.get(pointers[v * lanes + r] as Local)
              .memory("v128.load")
              .set(row);
          transpose(f, scalar, square, spare);
          for (const [r, row] of square.entries())
            f.get(at)
              .get(row)
              .memory("v128.store", (r * width + v) * vectorBytes);
        }
        for (const pointer of pointers) increase(f, pointer, vectorBytes);
        increase(f, at, lanes * width * vectorBytes);
      });
      f.get(to)
        .get(depth)
        .i32(width * vectorBytes)
        .op("i32.mul")
        .op("i32.add")
        .set(to);
    });
  });
}

/** The widths in vectors of the panels of rows and of columns; for float64 they are the same. */
export const panelVectors = (scalar: Scalar) => ({ rows: tileRows / lanesOf[scalar], columns: tileVectors });

/** The module's bytes, below the 4 KiB that every browser compiles synchronously on its main thread. */
export function gemmModule(scalar: Scalar): Uint8Array<ArrayBuffer> {
  const module = new Module();
  emitMultiply(module, scalar);
  emitCompact(module);
  const { rows, columns } = panelVectors(scalar);
  for (const width of new Set([rows, columns])) {
    emitPackLines(module, width);
    emitPackColumns(module, scalar, width);
  }
  return module.encode();
}
