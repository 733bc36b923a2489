/** The non-zero elements of a matrix, row by row: what a sparse product walks along. */
import type { Code, Local, Value } from "./encoder.js";
import type { GemmJob, MatrixShape } from "./gemm-plan.js";
import { increase, locals, repeat } from "./loops.js";
import { lanesOf, scalarBytes, vectorBytes, vectorOf } from "./simd.js";

/** The bits of a vector's lanes, one each. */
export const maskOf = { f32: "i32x4.bitmask", f64: "i64x2.bitmask" } as const;

export const indexBytes = 4;

/** Columns whose marks are looked up at a time, and the number of sets that they make. */
const setSize = 4;
const setCount = 1 << setSize;

interface ListedMatrix extends Pick<GemmJob, "scalar" | "m" | "k"> {
  readonly a: MatrixShape;
}

/** Where the matrix begins, where the lists of its m rows lie, one after the other, and what is looked up to write them. */
interface ListPlace {
  readonly a: Local;
  readonly lists: Value;
  readonly members: Local;
}

export const membersBytes = setCount * vectorBytes;

/** The bytes from one list to the next: where it ends, k indices at most, and what a whole vector at its end takes. */
export const listBytes = (k: number): number => indexBytes + k * indexBytes + (vectorBytes - indexBytes);

/**
 * Writes for each row of A the address of its list's end, then the columns where it is not zero, in ascending order;
 * there is no branch on the elements. Four columns at a time are a set of those that are not zero, for which a table
 * has their numbers. Where the columns of A lie side by side it is one row at a time; where its rows do, as many as a
 * vector has lanes.
 */
export function emitLists(code: Code, { scalar, m, k, a }: ListedMatrix, { a: from, lists, members }: ListPlace): void {
  const pitch = listBytes(k);
  const lanes = lanesOf[scalar];
  const size = scalarBytes[scalar];
  const isByRow = a.colStride === 1;
  const [line, at, list, sets, set] = locals(code, "i32", 5);
  const [zero, first, four] = locals(code, "v128", 3);
  const ends = locals(code, "i32", isByRow ? 1 : lanes);

  emitMembers(code, members);
  const marks = (step: number, steps: number) => {
    if (step >= steps) code.get(zero);
    else
      code
        .get(at.load("v128.load", step * a.colStride * size))
        .get(zero)
        .op(`${vectorOf[scalar]}.ne`);
  };
  /** Of one row: bits 0 to 3. */
  const setOfRow = (steps: number) => {
    for (let step = 0; step < steps; step += lanes) {
      marks(step, steps);
      code.op(maskOf[scalar]);
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
    code.set(set, sets.shiftRight(shift).and(setCount - 1));
    code.get(end);
    code.get(set.shiftLeft(4).add(members).load("v128.load")).get(first).op("i32x4.add").memory("v128.store");
    code.get(end).get(set).op("i32.popcnt").i32(2).op("i32.shl").op("i32.add").set(end);
  };
  const group = (rows: number) => {
    const own = [...ends.slice(0, rows).entries()];
    for (const [r, end] of own) code.set(end, list.add(r * pitch + indexBytes));
    code.set(at, line).set(first, zero);
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
    for (const [r, end] of own) code.store("i32.store", list, end, r * pitch);
    increase(code, line, rows * a.rowStride * size);
    increase(code, list, rows * pitch);
  };
  code.splat("i32", setSize).set(four);
  code.set(line, from).set(list, lists);
  repeat(code, Math.floor(m / ends.length), () => group(ends.length));
  if (m % ends.length > 0) group(m % ends.length);
}

/** For each set of four columns the numbers of its members, in ascending order, as a vector; behind them zeros. */
function emitMembers(code: Code, to: Local): void {
  for (let set = 0; set < setCount; set++) {
    const members = [0, 1, 2, 3].filter((column) => (set >> column) % 2 === 1);
    code
      .get(to)
      .v128([0, 1, 2, 3].flatMap((i) => [members[i] ?? 0, 0, 0, 0]))
      .memory("v128.store", set * vectorBytes);
  }
}
