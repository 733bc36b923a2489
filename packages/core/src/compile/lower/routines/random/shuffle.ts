import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, repeat } from "../../../../wasm/loops.js";
import { zeroFill } from "../zeros.js";

interface Shuffle {
  readonly n: number;
  readonly count: number;
  /**
   * The address of `count` int32: place i is to be swapped with the one there, which is then replaced by the result.
   */
  readonly target: number;
  readonly scratch: number;
}

/**
 * From so many numbers for each that is wanted on, writing them all out takes longer than a table of those that have
 * moved.
 */
const sparseFrom = 64;

const isSparse = (n: number, count: number) => n > sparseFrom * count;

/** Twice as many entries as are ever taken, so that a free one is near. */
const tableBits = (count: number) => Math.max(2, Math.ceil(Math.log2(2 * count)));

/** The bytes of memory that a shuffle works in. */
export function shuffleBytes(n: number, count: number): number {
  return isSparse(n, count) ? 8 * 2 ** tableBits(count) : 16 * Math.ceil(n / 4);
}

/** Appends the first `count` steps of a Fisher-Yates shuffle of 0 to n - 1; see random/generator.ts. */
export function emitShuffle(code: Code, shuffle: Shuffle): void {
  if (isSparse(shuffle.n, shuffle.count)) emitSparse(code, shuffle);
  else emitDense(code, shuffle);
}

function emitDense(code: Code, { n, count, target, scratch }: Shuffle): void {
  const local = () => code.local("i32");
  const [at, from, j, taken] = [local(), local(), local(), local()];
  const numbers = code.local("v128");
  code
    .i32(scratch)
    .set(at)
    .v128([0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0]))
    .set(numbers);
  repeat(code, Math.ceil(n / 4), () => {
    code.get(at).get(numbers).memory("v128.store");
    code.get(numbers).splat("i32", 4).op("i32x4.add").set(numbers);
    increase(code, at, 16);
  });
  code.i32(target).set(at).i32(scratch).set(from);
  repeat(code, count, () => {
    code
      .get(at)
      .memory("i32.load")
      .i32(2)
      .op("i32.shl")
      .i32(scratch)
      .op("i32.add")
      .tee(j)
      .memory("i32.load")
      .set(taken);
    code.get(j).get(from).memory("i32.load").memory("i32.store");
    code.get(at).get(taken).memory("i32.store");
    increase(code, at, 4);
    increase(code, from, 4);
  });
}

/** Of the places only those are kept whose number is no longer their own: in a hash table with linear probing. */
function emitSparse(code: Code, { count, target, scratch }: Shuffle): void {
  const bits = tableBits(count);
  const bytes = 8 * 2 ** bits;
  const local = () => code.local("i32");
  const [at, i, j, entry, moved] = [local(), local(), local(), local(), local()];
  /**
   * Sets `entry` to that of a place, or to the free one for it. An entry is the place plus 1, 0 if free, and its
   * number.
   */
  const find = (place: Local) => {
    const key = code.local("i32");
    code.get(place).i32(1).op("i32.add").set(key);
    // Multiplicative hashing: the top bits of the product with the golden ratio.
    code
      .get(place)
      .i32(0x9e3779b9)
      .op("i32.mul")
      .i32(32 - bits)
      .op("i32.shr_u")
      .i32(3)
      .op("i32.shl")
      .set(entry);
    code.block((found) => {
      code.loop((next) => {
        code.get(entry).memory("i32.load", scratch).op("i32.eqz").branchIf(found);
        code.get(entry).memory("i32.load", scratch).get(key).op("i32.eq").branchIf(found);
        code
          .get(entry)
          .i32(8)
          .op("i32.add")
          .i32(bytes - 1)
          .op("i32.and")
          .set(entry)
          .branch(next);
      });
    });
  };
  /** Leaves the number at the place whose entry has been found on the stack. */
  const number = (place: Local) => {
    code
      .get(entry)
      .memory("i32.load", scratch + 4)
      .get(place)
      .get(entry)
      .memory("i32.load", scratch)
      .op("select");
  };
  zeroFill(code, scratch, bytes);
  code.i32(target).set(at).i32(0).set(i);
  repeat(code, count, () => {
    find(i);
    number(i);
    code.set(moved);
    code.get(at).memory("i32.load").set(j);
    find(j);
    code.get(at);
    number(j);
    code.memory("i32.store");
    code.get(entry).get(j).i32(1).op("i32.add").memory("i32.store", scratch);
    code
      .get(entry)
      .get(moved)
      .memory("i32.store", scratch + 4);
    increase(code, at, 4);
    increase(code, i, 1);
  });
}
