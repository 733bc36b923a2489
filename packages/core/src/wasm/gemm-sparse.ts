/**
 * Matrix products that skip the zeros of their left operand where most of it turns out to be zeros: pixels, one-hot rows,
 * activations behind a relu. Each row of A becomes a list of the columns where it is not zero; then a row of C is the sum
 * of those rows of B, times the elements, in registers.
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

/** Sums of a row of C: with a broadcast element and what `mul` needs they fill the 15 registers that V8 has on x86-64. */
const maxVectors = 13;

/** Below these a product has too few sums to hide latency, or too few elements of A to repay counting. */
const least = { vectors: 8, rows: 32, steps: 32 } as const;

/** Lines of A in which non-zeros are counted: 0.3% of the time of 100 x 784 x 50, where it is in vain. */
const sampledLines = 16;

/**
 * The share of non-zeros up to which skipping is used. Measured in V8 on one core of an Ice Lake Xeon, float32, time of
 * the dense product over that of this one, for 100 x 784 x 50 / the same with A^T of 784 x 100: with mul and add 5.0 / 5.0
 * at a share of 0.05, 3.8 / 3.9 at 0.1, 2.8 / 2.6 at 0.19 (digits of MNIST), 1.7 / 1.9 at 0.3, 1.2 / 1.3 at 0.5, 0.95 / 1
 * at 0.7; with multiply-add, where loads bound it, 2.0 / 2.3 at 0.19, 1.3 / 1.5 at 0.3, 0.8 / 1.1 at 0.5.
 */
export const sparseShare = (relaxed: boolean): number => (relaxed ? 0.3 : 0.5);

/** What is known of a job before it has addresses. */
export type SparseShape = Pick<GemmJob, "scalar" | "m" | "n" | "k" | "accumulate" | "batch"> & {
  readonly [X in "a" | "b"]: Omit<GemmJob[X], "address">;
};

/** Whether a product is one that {@link emitSparse} can compute, and large enough that it may pay. */
export function mayBeSparse({ scalar, m, n, k, a, b, accumulate, batch }: SparseShape): boolean {
  const isLarge = m >= least.rows && k >= least.steps && n >= least.vectors * lanesOf[scalar];
  const isLined = a.colStride === 1 || (a.rowStride === 1 && a.colStride > 0);
  const isDense = b.colStride === 1 && b.rowStride === n;
  return isLarge && isLined && isDense && accumulate !== true && batch === undefined;
}

/** The regions of the scratch; `end` is its size. The list of a row: where it ends, then numbers of columns. */
function regionsOf({ scalar, m, n, k }: Pick<GemmJob, "scalar" | "m" | "n" | "k">) {
  const lanes = lanesOf[scalar];
  const vectors = Math.ceil(n / lanes);
  const panels = Math.ceil(vectors / maxVectors);
  const panelVectors = Math.ceil(vectors / panels);
  const panel = setCount * vectorBytes;
  const lists = panel + (panels === 1 ? 0 : k * panelVectors * vectorBytes);
  // Appending writes whole vectors.
  const listBytes = indexBytes + k * indexBytes + (vectorBytes - indexBytes);
  return { panels, panelColumns: panelVectors * lanes, panel, lists, listBytes, end: lists + m * listBytes };
}

const indexBytes = 4;

/** Columns whose marks are looked up at a time, and the number of sets that they make. */
const setSize = 4;
const setCount = 1 << setSize;

/** The scratch that such a product needs, at a multiple of 16. */
export const sparseScratchBytes = (shape: SparseShape): number => regionsOf(shape).end;

/**
 * A function of no parameters that computes C = A B and returns 1, or returns 0 and leaves C alone: if too much of A is not
 * zero, or B has an infinity or NaN, which zero times is NaN. Reads at most 16 bytes beyond A and B, writes C and the
 * scratch only. `job`: one that {@link mayBeSparse}, its scratch as large as {@link sparseScratchBytes} says.
 */
export function emitSparse(module: Module, job: GemmJob, { relaxed }: { readonly relaxed: boolean }): Func {
  const { n, k, a, b, c, scratch } = job;
  const size = sizeOf[job.scalar];
  const { panels, panelColumns, panel, lists } = regionsOf(job);
  const bStep = panels === 1 ? n * size : panelColumns * size;
  const whole = emitRows(module, job, { columns: Math.min(n, panelColumns), bStep, relaxed });
  return module.func({ params: [], results: ["i32"] }, (code) => {
    emitIsSparse(code, job, sparseShare(relaxed));
    code.op("i32.eqz").if(() => code.i32(0).op("return"));
    emitIsFinite(code, job);
    code.op("i32.eqz").if(() => code.i32(0).op("return"));
    emitLists(code, job);
    const [bColumn, cColumn] = locals(code, "i32", 2) as [Local, Local];
    code.i32(b.address).set(bColumn).i32(c.address).set(cColumn);
    const multiply = (rows: Func) => {
      if (panels > 1) emitPanel(code, bColumn, scratch + panel, { rows: k, from: n * size, to: bStep });
      code.i32(scratch + lists).i32(a.address);
      (panels > 1 ? code.i32(scratch + panel) : code.get(bColumn)).get(cColumn).call(rows);
      increase(code, bColumn, bStep);
      increase(code, cColumn, bStep);
    };
    repeat(code, Math.floor(n / panelColumns), () => multiply(whole));
    const rest = n % panelColumns;
    if (rest > 0) multiply(panels === 1 ? whole : emitRows(module, job, { columns: rest, bStep, relaxed }));
    code.i32(1);
  });
}

function repeat(code: Code, count: number, body: () => void): void {
  if (count === 0) return;
  const counter = code.local("i32");
  code.i32(count).set(counter);
  times(code, counter, body);
}

/** Leaves on the stack whether no more than a share of A is not zero, as far as some of its lines show. */
export function emitIsSparse(code: Code, { scalar, m, k, a }: GemmJob, share: number): void {
  const { differs, mask } = instructions[scalar];
  const [lines, length, stride] = a.colStride === 1 ? [m, k, a.rowStride] : [k, m, a.colStride];
  const vectors = Math.floor(length / lanesOf[scalar]);
  const [line, at, count] = locals(code, "i32", 3) as [Local, Local, Local];
  const zero = code.local("v128");
  code.i32(a.address).set(line).i32(0).set(count);
  repeat(code, sampledLines, () => {
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
    increase(code, line, Math.floor(lines / sampledLines) * stride * sizeOf[scalar]);
  });
  const limit = Math.floor(share * sampledLines * vectors * lanesOf[scalar]);
  code.get(count).i32(limit).op("i32.le_u");
}

/** Leaves on the stack whether B has neither infinities nor NaN. */
export function emitIsFinite(code: Code, { scalar, n, k, b }: GemmJob): void {
  const { abs, less } = instructions[scalar];
  const at = code.local("i32");
  const [finite, infinity] = locals(code, "v128", 2) as [Local, Local];
  const look = () => {
    code.get(at).memory("v128.load").op(abs).get(infinity).op(less).get(finite).op("v128.and").set(finite);
  };
  code.splat(scalar, Number.POSITIVE_INFINITY).set(infinity).splat("i32", -1).set(finite);
  code.i32(b.address).set(at);
  repeat(code, Math.floor((n * k) / lanesOf[scalar]), () => {
    look();
    increase(code, at, vectorBytes);
  });
  // The last vector again, with the elements that are left.
  code.i32(b.address + n * k * sizeOf[scalar] - vectorBytes).set(at);
  look();
  code.get(finite).op("i32x4.all_true");
}

/**
 * Writes the lists, without a branch on the elements: four columns at a time, a table turns the set of those that are not
 * zero into their numbers. Where the columns of A lie side by side it is one row at a time; where its rows do, as many as
 * a vector has lanes.
 */
export function emitLists(code: Code, { scalar, m, k, a, scratch, ...job }: GemmJob): void {
  const { differs, mask } = instructions[scalar];
  const { lists, listBytes } = regionsOf({ scalar, m, k, ...job });
  const lanes = lanesOf[scalar];
  const size = sizeOf[scalar];
  const isByRow = a.colStride === 1;
  const [line, at, list, sets, set] = locals(code, "i32", 5) as [Local, Local, Local, Local, Local];
  const [zero, first, four] = locals(code, "v128", 3) as [Local, Local, Local];
  const ends = locals(code, "i32", isByRow ? 1 : lanes);

  emitMembers(code, scratch);
  const marks = (step: number, steps: number) => {
    if (step >= steps) code.get(zero);
    else
      code
        .get(at)
        .memory("v128.load", step * a.colStride * size)
        .get(zero)
        .op(differs);
  };
  /** Of one row: bits 0 to 3. */
  const setOfRow = (steps: number) => {
    for (let step = 0; step < steps; step += lanes) {
      marks(step, steps);
      code.op(mask);
      if (step > 0) code.i32(step).op("i32.shl").op("i32.or");
    }
    if (steps < setSize) code.i32((1 << steps) - 1).op("i32.and");
  };
  /** Of each lane's row: bits 0 to 3, 4 to 7, and so on. Of two vectors the lanes are interleaved, one byte of each. */
  const setsOfLanes = (steps: number) => {
    const bytes = Array.from({ length: vectorBytes }, (_, i) => i);
    for (const step of [0, 2]) {
      marks(step, steps);
      marks(step + 1, steps);
      code.shuffle(bytes.map((i) => (i % 2) * vectorBytes + ((i >> 1) % lanes) * size));
    }
    code.shuffle(bytes.map((i) => ((i >> 1) % 2) * vectorBytes + (i >> 2) * 2 + (i % 2))).op("i8x16.bitmask");
  };
  const append = (end: Local, shift: number) => {
    code
      .get(sets)
      .i32(shift)
      .op("i32.shr_u")
      .i32(setCount - 1)
      .op("i32.and")
      .set(set);
    code.get(end);
    code.get(set).i32(4).op("i32.shl").memory("v128.load", scratch).get(first).op("i32x4.add").memory("v128.store");
    code.get(end).get(set).op("i32.popcnt").i32(2).op("i32.shl").op("i32.add").set(end);
  };
  const group = (rows: number) => {
    const own = [...ends.slice(0, rows).entries()];
    for (const [r, end] of own)
      code
        .get(list)
        .i32(r * listBytes + indexBytes)
        .op("i32.add")
        .set(end);
    code.get(line).set(at).get(zero).set(first);
    const columns = (steps: number) => {
      if (isByRow) setOfRow(steps);
      else setsOfLanes(steps);
      code.set(sets);
      for (const [r, end] of own) append(end, r * setSize);
      increase(code, at, setSize * a.colStride * size);
      code.get(first).get(four).op("i32x4.add").set(first);
    };
    repeat(code, Math.floor(k / setSize), () => columns(setSize));
    if (k % setSize > 0) columns(k % setSize);
    for (const [r, end] of own)
      code
        .get(list)
        .get(end)
        .memory("i32.store", r * listBytes);
    increase(code, line, rows * a.rowStride * size);
    increase(code, list, rows * listBytes);
  };
  code.splat("i32", setSize).set(four);
  code
    .i32(a.address)
    .set(line)
    .i32(scratch + lists)
    .set(list);
  repeat(code, Math.floor(m / ends.length), () => group(ends.length));
  if (m % ends.length > 0) group(m % ends.length);
}

/** For each set of four columns the numbers of its members, in ascending order, as a vector; behind them zeros. */
function emitMembers(code: Code, address: number): void {
  for (let set = 0; set < setCount; set++) {
    const members = [0, 1, 2, 3].filter((column) => (set >> column) % 2 === 1);
    code
      .i32(address + set * vectorBytes)
      .v128([0, 1, 2, 3].flatMap((i) => [members[i] ?? 0, 0, 0, 0]))
      .memory("v128.store");
  }
}

/** Copies columns of B together: rows far apart would meet the same sets of the caches, and more pages than the TLB has. */
function emitPanel(code: Code, b: Local, panel: number, bytes: { rows: number; from: number; to: number }): void {
  const [source, target] = locals(code, "i32", 2) as [Local, Local];
  code.get(b).set(source).i32(panel).set(target);
  repeat(code, bytes.rows, () => {
    for (let offset = 0; offset < bytes.to; offset += vectorBytes) {
      code.get(target).get(source).memory("v128.load", offset).memory("v128.store", offset);
    }
    increase(code, source, bytes.from);
    increase(code, target, bytes.to);
  });
}

/** So many columns of C by the lists. Parameters: the lists, A, the columns of B, those of C. */
function emitRows(
  module: Module,
  job: GemmJob,
  { columns, bStep, relaxed }: { readonly columns: number; readonly bStep: number; readonly relaxed: boolean },
): Func {
  const { scalar, m, a, c } = job;
  const { add, mul, madd, splat } = instructions[scalar];
  const { listBytes } = regionsOf(job);
  const lanes = lanesOf[scalar];
  const size = sizeOf[scalar];
  return module.func({ params: ["i32", "i32", "i32", "i32"] }, (code, list, aRow, b, cRow) => {
    const [at, end, index, bRow] = locals(code, "i32", 4) as [Local, Local, Local, Local];
    const sums = locals(code, "v128", Math.ceil(columns / lanes));
    const [element, zero] = locals(code, "v128", 2) as [Local, Local];
    const addRow = () => {
      code.get(at).memory("i32.load").tee(index).i32(bStep).op("i32.mul").get(b).op("i32.add").set(bRow);
      code
        .get(index)
        .i32(a.colStride * size)
        .op("i32.mul")
        .get(aRow)
        .op("i32.add")
        .memory(splat)
        .set(element);
      for (const [v, sum] of sums.entries()) {
        const row = () => code.get(bRow).memory("v128.load", v * vectorBytes);
        if (relaxed) {
          code.get(element);
          row().get(sum).op(madd).set(sum);
        } else {
          code.get(sum).get(element);
          row().op(mul).op(add).set(sum);
        }
      }
    };
    repeat(code, m, () => {
      for (const sum of sums) code.get(zero).set(sum);
      code.get(list).memory("i32.load").set(end);
      code
        .get(list)
        .i32(indexBytes)
        .op("i32.add")
        .tee(at)
        .get(end)
        .op("i32.ne")
        .if(() => {
          code.loop((next) => {
            addRow();
            code.get(at).i32(indexBytes).op("i32.add").tee(at).get(end).op("i32.ne").branchIf(next);
          });
        });
      for (const [v, sum] of sums.entries()) store(code, scalar, cRow, v * vectorBytes, sum, columns - v * lanes);
      increase(code, aRow, a.rowStride * size);
      increase(code, cRow, c.rowStride * size);
      increase(code, list, listBytes);
    });
  });
}
