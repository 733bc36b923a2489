import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, locals, repeat, until } from "../../../../wasm/loops.js";
import { zeroFill } from "../../zeros.js";

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
  const [at, from, j, taken] = locals(code, "i32", 4);
  const numbers = code.local("v128");
  const start = [0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0]);
  code.set(at, scratch).v128(start).set(numbers);
  repeat(code, Math.ceil(n / 4), () => {
    code.store("v128.store", at, numbers);
    code.get(numbers).splat("i32", 4).op("i32x4.add").set(numbers);
    increase(code, at, 16);
  });
  code.set(at, target).set(from, scratch);
  repeat(code, count, () => {
    code.set(j, at.load("i32.load").shiftLeft(2).add(scratch)).set(taken, j.load("i32.load"));
    code.store("i32.store", j, from.load("i32.load")).store("i32.store", at, taken);
    increase(code, at, 4);
    increase(code, from, 4);
  });
}

/** Of the places only those are kept whose number is no longer their own: in a hash table with linear probing. */
function emitSparse(code: Code, { count, target, scratch }: Shuffle): void {
  const bits = tableBits(count);
  const bytes = 8 * 2 ** bits;
  const [at, i, j, entry, moved] = locals(code, "i32", 5);
  const owner = entry.load("i32.load", scratch);
  /** Sets `entry` to that of a place, or to the free one for it. An entry is the place plus 1, 0 if free, and its number. */
  const find = (place: Local) => {
    // Multiplicative hashing: the top bits of the product with the golden ratio.
    code.set(
      entry,
      place
        .mul(0x9e3779b9)
        .shiftRight(32 - bits)
        .shiftLeft(3),
    );
    until(code, owner.not().or(owner.equal(place.add(1))), () => code.set(entry, entry.add(8).and(bytes - 1)));
  };
  /** The number at the place whose entry has been found. */
  const number = (place: Local) => owner.select(entry.load("i32.load", scratch + 4), place);
  zeroFill(code, scratch, bytes);
  code.set(at, target).set(i, 0);
  repeat(code, count, () => {
    find(i);
    code.set(moved, number(i)).set(j, at.load("i32.load"));
    find(j);
    code.store("i32.store", at, number(j)).store("i32.store", entry, j.add(1), scratch);
    code.store("i32.store", entry, moved, scratch + 4);
    increase(code, at, 4);
    increase(code, i, 1);
  });
}
