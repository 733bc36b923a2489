/**
 * Matrix products that skip the zeros of their left operand, where a program finds at run time that most of it is zeros:
 * pixels, one-hot rows, activations behind a relu. Each row of A becomes the list of its non-zero columns, and a row of C
 * the sum of so many rows of B, in registers.
 */
import type { Code, Func, Local, Module } from "./encoder.js";
import type { GemmJob } from "./gemm-plan.js";
import { increase, lanesOf, locals, type Scalar, sizeOf, store, times, vectorBytes } from "./gemm-tile.js";

const instructions = {
  f32: {
    add: "f32x4.add",
    mul: "f32x4.mul",
    madd: "f32x4.relaxed_madd",
    splat: "v128.load32_splat",
    differs: "f32x4.ne",
    mask: "i32x4.bitmask",
    abs: "f32x4.abs",
    less: "f32x4.lt",
  },
  f64: {
    add: "f64x2.add",
    mul: "f64x2.mul",
    madd: "f64x2.relaxed_madd",
    splat: "v128.load64_splat",
    differs: "f64x2.ne",
    mask: "i64x2.bitmask",
    abs: "f64x2.abs",
    less: "f64x2.lt",
  },
} as const;

/** With the broadcast element and what `mul` needs they fill the 15 vector registers that V8 leaves of x86-64's. */
const maxVectors = 13;

/** Lines of A in which non-zeros are counted: what that costs must not be felt where it was in vain. */
const samples = 16;

/** Where less of A than this is not zero, skipping is faster than the dense product. */
const threshold = (relaxed: boolean) => (relaxed ? 0.4 : 0.5);

const indexBytes = 4;

/** The shapes and strides of a job. */
export type SparseShape = Pick<GemmJob, "scalar" | "m" | "n" | "k" | "batch"> & {
  readonly [X in "a" | "b"]: Omit<GemmJob[X], "address">;
};

/** Whether a product is large enough, and its operands lie so, that skipping zeros may pay. */
export function mayBeSparse({ m, n, k, a, b, batch }: SparseShape): boolean {
  const isLined = a.colStride === 1 || a.rowStride === 1;
  return isLined && b.colStride === 1 && b.rowStride === n && batch === undefined && m >= 16 && k >= 16 && n >= 16;
}

const pitchOf = (k: number) => (k + 4) * indexBytes;

export function sparseScratchBytes({ m, k }: Pick<GemmJob, "m" | "k">): number {
  return tableBytes + m * pitchOf(k) + k * maxVectors * vectorBytes;
}

/** For each set of four lanes the numbers of those that are in it. */
const tableBytes = 16 * vectorBytes;

export function emitSparse(module: Module, job: GemmJob, options: { readonly relaxed: boolean; threshold?: number }): Func {
  const { scalar, m, n, k, a, b, c, scratch } = job;
  const size = sizeOf[scalar];
  const lists = scratch + tableBytes;
  const width = columnsOf(scalar, n);
  const panel = lists + m * pitchOf(k);
  const rowsOf = (columns: number) =>
    emitRows(module, job, columns, n > width ? Math.ceil(columns / lanesOf[scalar]) * vectorBytes : n * size, options.relaxed);
  const rows = rowsOf(width);
  return module.func({ params: [], results: ["i32"] }, (code) => {
    emitSample(code, job, options.threshold ?? threshold(options.relaxed));
    code.if(() => code.i32(0).op("return"));
    emitFinite(code, job);
    code.op("i32.eqz").if(() => code.i32(0).op("return"));
    emitLists(code, job, scratch);
    const [bColumn, cColumn] = locals(code, "i32", 2) as [Local, Local];
    code.i32(b.address).set(bColumn).i32(c.address).set(cColumn);
    const block = (columns: number, func: Func) => {
      code.i32(lists).i32(a.address);
      if (n > width) {
        emitPanel(code, job, bColumn, panel, columns);
        code.i32(panel);
      } else code.get(bColumn);
      code.get(cColumn).call(func);
      increase(code, bColumn, width * size);
      increase(code, cColumn, width * size);
    };
    repeat(code, Math.floor(n / width), () => block(width, rows));
    if (n % width > 0) block(n % width, rowsOf(n % width));
    code.i32(1);
  });
}

/** Copies columns of B to where their rows lie one after the other. */
function emitPanel(code: Code, { scalar, n, k }: GemmJob, from: Local, to: number, columns: number): void {
  const [source, target] = locals(code, "i32", 2) as [Local, Local];
  const vectors = Math.ceil(columns / lanesOf[scalar]);
  code.get(from).set(source).i32(to).set(target);
  repeat(code, k, () => {
    for (let v = 0; v < vectors; v++) {
      code.get(target).get(source).memory("v128.load", v * vectorBytes).memory("v128.store", v * vectorBytes);
    }
    increase(code, source, n * sizeOf[scalar]);
    increase(code, target, vectors * vectorBytes);
  });
}

function columnsOf(scalar: Scalar, n: number): number {
  const lanes = lanesOf[scalar];
  const vectors = Math.ceil(n / lanes);
  return lanes * Math.ceil(vectors / Math.ceil(vectors / maxVectors));
}

function repeat(code: Code, count: number, body: () => void): void {
  if (count === 0) return;
  const counter = code.local("i32");
  code.i32(count).set(counter);
  times(code, counter, body);
}

/** Leaves on the stack whether too many elements are not zero. */
export function emitSample(code: Code, { scalar, m, k, a }: GemmJob, density: number): void {
  const { differs, mask } = instructions[scalar];
  const size = sizeOf[scalar];
  const [lines, length, stride] = a.colStride === 1 ? [m, k, a.rowStride] : [k, m, a.colStride];
  const vectors = Math.floor(length / lanesOf[scalar]);
  const [line, at, count] = locals(code, "i32", 3) as [Local, Local, Local];
  const zero = code.local("v128");
  const sampled = Math.min(lines, samples);
  code.i32(a.address).set(line).i32(0).set(count);
  repeat(code, sampled, () => {
    code.get(line).set(at);
    repeat(code, vectors, () => {
      code
        .get(count)
        .get(at)
        .memory("v128.load")
        .get(zero)
        .op(differs)
        .op(mask)
        .op("i32.popcnt")
        .op("i32.add")
        .set(count);
      increase(code, at, vectorBytes);
    });
    increase(code, line, Math.floor(lines / sampled) * stride * size);
  });
  code
    .get(count)
    .i32(Math.floor(density * sampled * vectors * lanesOf[scalar]))
    .op("i32.gt_u");
}

/** Leaves on the stack whether B is free of infinities and NaN, which times zero are not zero. */
export function emitFinite(code: Code, { scalar, n, k, b }: GemmJob): void {
  const { abs, less } = instructions[scalar];
  const [at] = locals(code, "i32", 1) as [Local];
  const [finite, infinity] = locals(code, "v128", 2) as [Local, Local];
  code.splat(scalar, Number.POSITIVE_INFINITY).set(infinity).splat("i32", -1).set(finite);
  const test = () =>
    code.get(at).memory("v128.load").op(abs).get(infinity).op(less).get(finite).op("v128.and").set(finite);
  code.i32(b.address).set(at);
  repeat(code, Math.floor((n * k) / lanesOf[scalar]), () => {
    test();
    increase(code, at, vectorBytes);
  });
  // The last elements once more, with those that are left.
  code.i32(b.address + n * k * sizeOf[scalar] - vectorBytes).set(at);
  test();
  code.get(finite).op("i32x4.all_true");
}

export function emitLists(code: Code, { scalar, m, k, a }: GemmJob, scratch: number, skip = 0): void {
  const { differs, mask } = instructions[scalar];
  const lanes = lanesOf[scalar];
  const isRows = a.colStride === 1;
  for (let set = 0; set < 16; set++) {
    const members = [0, 1, 2, 3].filter((lane) => (set >> lane) & 1);
    code
      .i32(scratch + set * vectorBytes)
      .v128([0, 1, 2, 3].flatMap((i) => [members[i] ?? 0, 0, 0, 0]))
      .memory("v128.store");
  }
  const [line, at, list, bits] = locals(code, "i32", 4) as [Local, Local, Local, Local];
  const [zero, first, step] = locals(code, "v128", 3) as [Local, Local, Local];
  const count = isRows ? 1 : lanes;
  const ends = locals(code, "i32", count);
  const differing = (offset: number) => code.get(at).memory("v128.load", offset).get(zero).op(differs);
  const append = (end: Local, shift: number) => {
    code.get(end).get(bits);
    if (shift < 4) code.i32(4 - shift).op("i32.shl");
    else if (shift > 4) code.i32(shift - 4).op("i32.shr_u");
    code.i32(15 << 4).op("i32.and").memory("v128.load", scratch).get(first).op("i32x4.add").memory("v128.store");
    code.get(end).get(bits).i32(15 << shift).op("i32.and").op("i32.popcnt").i32(2).op("i32.shl").op("i32.add").set(end);
  };
  const four = (steps: number, lists: number) => {
    if (isRows) {
      for (let j = 0; j < steps; j += lanes) {
        differing(j * sizeOf[scalar]).op(mask);
        if (j > 0) code.i32(j).op("i32.shl").op("i32.or");
      }
      if (steps < 4) code.i32((1 << steps) - 1).op("i32.and");
    } else {
      const pair = (i: number) => {
        for (let j = i; j < i + 2; j++) {
          if (j < steps) differing(j * a.colStride * sizeOf[scalar]);
          else code.get(zero);
        }
        code.shuffle(Array.from({ length: 16 }, (_, byte) => (byte % 2) * 16 + (((byte >> 1) * sizeOf[scalar]) % 16)));
      };
      pair(0);
      pair(2);
      code.shuffle(Array.from({ length: 16 }, (_, byte) => (byte >> 2) * 2 + (byte % 2) + ((byte >> 1) % 2) * 16)).op("i8x16.bitmask");
    }
    code.set(bits);
    const all = () => { for (const [j, end] of ends.slice(0, lists).entries()) append(end, 4 * j); };
    if (skip) code.get(bits).if(all); else all();
    increase(code, at, 4 * a.colStride * sizeOf[scalar]);
    code.get(first).get(step).op("i32x4.add").set(first);
  };
  const group = (lists: number) => {
    for (const [j, end] of ends.slice(0, lists).entries()) {
      code.get(list).i32(j * pitchOf(k) + indexBytes).op("i32.add").set(end);
    }
    code.get(line).set(at).get(zero).set(first);
    repeat(code, Math.floor(k / 4), () => four(4, lists));
    if (k % 4 > 0) four(k % 4, lists);
    for (const [j, end] of ends.slice(0, lists).entries()) code.get(list).get(end).memory("i32.store", j * pitchOf(k));
    increase(code, line, lists * a.rowStride * sizeOf[scalar]);
    increase(code, list, lists * pitchOf(k));
  };
  code.splat("i32", 4).set(step);
  code.i32(a.address).set(line).i32(scratch + tableBytes).set(list);
  repeat(code, Math.floor(m / count), () => group(count));
  if (m % count > 0) group(m % count);
}

/** Columns of C from the lists. */
export function emitRows(module: Module, { scalar, m, k, a, c }: GemmJob, columns: number, bStep: number, relaxed: boolean): Func {
  const { add, mul, madd, splat } = instructions[scalar];
  const lanes = lanesOf[scalar];
  const size = sizeOf[scalar];
  return module.func({ params: ["i32", "i32", "i32", "i32"] }, (code, list, aRow, b0, cRow) => {
    const [at, end, index, bRow] = locals(code, "i32", 4) as [Local, Local, Local, Local];
    const sums = locals(code, "v128", Math.ceil(columns / lanes));
    const [x, zero] = locals(code, "v128", 2) as [Local, Local];
    repeat(code, m, () => {
      for (const sum of sums) code.get(zero).set(sum);
      code.get(list).i32(indexBytes).op("i32.add").set(at);
      code.block((none) => {
        code.get(at).get(list).memory("i32.load").tee(end).op("i32.eq").branchIf(none);
        code.loop((start) => {
          code
            .get(at)
            .memory("i32.load")
            .tee(index)
            .i32(bStep)
            .op("i32.mul")
            .get(b0)
            .op("i32.add")
            .set(bRow);
          code
            .get(aRow)
            .get(index)
            .i32(a.colStride * size)
            .op("i32.mul")
            .op("i32.add")
            .memory(splat)
            .set(x);
          for (const [v, sum] of sums.entries()) {
            if (relaxed)
              code
                .get(x)
                .get(bRow)
                .memory("v128.load", v * vectorBytes)
                .get(sum)
                .op(madd)
                .set(sum);
            else
              code
                .get(sum)
                .get(x)
                .get(bRow)
                .memory("v128.load", v * vectorBytes)
                .op(mul)
                .op(add)
                .set(sum);
          }
          code.get(at).i32(indexBytes).op("i32.add").tee(at).get(end).op("i32.ne").branchIf(start);
        });
      });
      for (const [v, sum] of sums.entries()) store(code, scalar, cRow, v * vectorBytes, sum, columns - v * lanes);
      increase(code, aRow, a.rowStride * size);
      increase(code, cRow, c.rowStride * size);
      increase(code, list, pitchOf(k));
    });
  });
}
