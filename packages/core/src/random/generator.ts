import { allocateFor } from "../dtype.js";
import { ChainruleError } from "../errors.js";
import { tracer } from "../graph/tracer.js";
import { checkNoMore, checkOptions, isRecord } from "../options.js";
import { show } from "../show.js";
import { noteDraw } from "./draws.js";
import { normalQuantile } from "./normal.js";
import { mulHigh, philox4x32 } from "./philox.js";

interface FloatArrays {
  float64: Float64Array;
  float32: Float32Array;
}

/** The dtypes of a draw of real numbers. */
export type RandomDType = keyof FloatArrays;

export interface UniformOptions<D extends RandomDType = RandomDType> {
  /** Smallest value that may be drawn. Default 0. */
  readonly low?: number;
  /** Every value is below it. Default 1. */
  readonly high?: number;
  /** Default "float64". */
  readonly dtype?: D;
}

export interface NormalOptions<D extends RandomDType = RandomDType> {
  /** Default 0. */
  readonly mean?: number;
  /** Standard deviation, 0 or more. Default 1. */
  readonly std?: number;
  /** Default "float64". */
  readonly dtype?: D;
}

export interface IntegersOptions {
  /** Smallest value that may be drawn, at least -2^31. Default 0. */
  readonly low?: number;
  /** Every value is below it; at most 2^31. */
  readonly high: number;
}

export interface ChoiceOptions {
  /** May an index be drawn twice? Default true. */
  readonly replace?: boolean;
}

/** All that a generator is, as plain JSON. */
export interface GeneratorState {
  readonly algorithm: "philox4x32-10";
  /** Two uint32, low word first. */
  readonly key: readonly [number, number];
  /** Two uint32, low word first. */
  readonly stream: readonly [number, number];
  /** Blocks used so far, at most 2^52. */
  readonly position: number;
}

const TWO_32 = 4294967296;
const INT32_MIN = -2147483648;
const INT32_END = 2147483648;
/** No program comes this far; from here on years are left before a double could no longer count the blocks. */
const POSITION_MAX = 4503599627370496;
/** Units in the last place of fractions of 24, 52 and 53 bits. */
const UNIT_24 = 1 / 16777216;
const UNIT_52 = 1 / 4503599627370496;
const UNIT_53 = 1 / 9007199254740992;
const SMALLEST_FLOAT32 = 1.401298464324817e-45;

/** Elements drawn at a time: their words stay in the processor's nearest cache. Even, since a block holds two. */
const CHUNK = 512;
const words = new Uint32Array(2 * CHUNK);

const dtypes: readonly string[] = ["float64", "float32"] satisfies RandomDType[];

/**
 * Seeded random numbers: the same seed gives the same bits in Node and in every browser.
 *
 *     const generator = new Generator(42);
 *     const weights = generator.normal(784 * 50, { std: 0.01, dtype: "float32" });
 *     const batch = generator.fork(iteration).choice(60000, 100);
 *
 * **Where element i comes from.** A block of Philox4x32-10 is four words w0..w3, the function of a key (the seed), a
 * stream (see {@link fork}) and a position. Element i of a draw that begins at position p takes 64 bits: w0 and w1 of
 * the block at p + floor(i / 2) if i is even, w2 and w3 if it is odd; the first of the two is the high word. Every method
 * follows this rule, whatever the dtype, and none rejects and draws again: a draw of n elements moves the position on by
 * ceil(n / 2), and any element can be computed without the others. The dtype changes the precision of the numbers and
 * nothing else: a float32 draw is the float64 draw of the same seed, cut or rounded to float32.
 *
 * In a function that is compiled, draw tensors with a `Random`: the arrays that this class gives would be drawn once, when
 * the function is traced, and so are an error there. (Where they are the same at each call they are not: for a generator that
 * the function makes, or a fork of one that it closes over.)
 *
 * Not for cryptography.
 *
 * @example
 * const generator = new Generator(42);
 * generator.integers(5, { low: 0, high: 10 }).length; // 5
 * new Generator(42).uniform(1)[0] === new Generator(42).uniform(1)[0]; // true
 */
export class Generator {
  readonly #key = new Uint32Array(2);
  /** Words 0 and 1 are the position of the block to come, 2 and 3 the stream. */
  readonly #counter = new Uint32Array(4);
  #position = 0;

  /**
   * @param seed a safe integer, or a bigint that fits in 64 bits (signed or unsigned: -1n and 2n ** 64n - 1n are one seed)
   * @throws ChainruleError for any other seed
   */
  constructor(seed: number | bigint, ...none: []) {
    checkNoMore("Generator", none);
    if (typeof seed === "bigint" ? seed < -(1n << 63n) || seed >= 1n << 64n : !Number.isSafeInteger(seed)) {
      throw new ChainruleError(
        `Generator: seed ${show(seed)} is not a safe integer (a whole number within 2^53 - 1 of zero); ` +
          "a larger seed may be a bigint of up to 64 bits",
      );
    }
    tracer()?.generatorMade(this, null, 0);
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.#key[0] = Number(bits & 0xffffffffn);
    this.#key[1] = Number(bits >> 32n);
  }

  /** Blocks of 128 random bits used so far; the next draw begins at this one. */
  get position(): number {
    tracer()?.generatorUsed(this, "position");
    return this.#position;
  }

  /**
   * `n` numbers in [low, high).
   *
   * They are low + (high - low) u, u being the top 53 bits of the element's 64 as a fraction (float64), or the top 24
   * (float32): u is a multiple of 2^-53 or 2^-24 below 1, with no rounding. Where the result would round to `high`, or to
   * below `low`, it is the nearest number of the dtype that lies inside.
   *
   * @throws ChainruleError if n is not a size, low is not below high, high - low overflows, or [low, high) holds no number of
   * the dtype
   */
  uniform<D extends RandomDType = "float64">(n: number, options: UniformOptions<D> = {}, ...none: []): FloatArrays[D] {
    checkNoMore("uniform", none);
    tracer()?.generatorUsed(this, "uniform");
    checkOptions("uniform", options, ["low", "high", "dtype"]);
    const { low = 0, high = 1, dtype = "float64" as D } = options;
    const drawn = allocate("uniform", n, dtype);
    const span = Number.isFinite(low) && Number.isFinite(high) ? high - low : Number.NaN;
    if (!(span > 0 && span < Infinity)) {
      throw new ChainruleError(
        `uniform: low ${show(low)} and high ${show(high)} must be finite, low below high, and high - low must not overflow`,
      );
    }
    const [least, most] = extent(low, high, dtype);
    if (least > most)
      throw new ChainruleError(`uniform: no ${dtype} lies in [${low}, ${high}); widen it, or use float64`);

    const out: Float64Array | Float32Array = drawn;
    const single = dtype === "float32";
    for (let start = 0; start < n; start += CHUNK) {
      const end = this.#draw(start, n);
      for (let i = start, w = 0; i < end; i++, w += 2) {
        const first = words[w] as number;
        const u = single ? (first >>> 8) * UNIT_24 : (first * 2097152 + ((words[w + 1] as number) >>> 11)) * UNIT_53;
        const x = low + span * u;
        out[i] = Math.max(least, Math.min(x, most));
      }
    }
    return drawn;
  }

  /**
   * `n` numbers of the normal distribution: mean + std z, z being the quantile (see {@link normalQuantile}) of
   * (m + 1/2) 2^-52, where m is the top 52 bits of the element's 64. That fraction is exact, never 0 or 1, and as far
   * from 0 as its mirror image is from 1: z is symmetric, and at most 8.21 in size. Computed in float64; float32 rounds
   * the result.
   *
   * @throws ChainruleError if n is not a size, mean is not finite, or std is negative or not finite
   */
  normal<D extends RandomDType = "float64">(n: number, options: NormalOptions<D> = {}, ...none: []): FloatArrays[D] {
    checkNoMore("normal", none);
    tracer()?.generatorUsed(this, "normal");
    checkOptions("normal", options, ["mean", "std", "dtype"]);
    const { mean = 0, std = 1, dtype = "float64" as D } = options;
    const drawn = allocate("normal", n, dtype);
    if (!Number.isFinite(mean)) throw new ChainruleError(`normal: mean ${show(mean)} is not a finite number`);
    if (!(Number.isFinite(std) && std >= 0)) {
      throw new ChainruleError(
        `normal: std ${show(std)} is not a standard deviation; it must be finite, and 0 or more`,
      );
    }
    const out: Float64Array | Float32Array = drawn;
    for (let start = 0; start < n; start += CHUNK) {
      const end = this.#draw(start, n);
      for (let i = start, w = 0; i < end; i++, w += 2) {
        const m = (words[w] as number) * 1048576 + ((words[w + 1] as number) >>> 12);
        out[i] = mean + std * normalQuantile((m + 0.5) * UNIT_52);
      }
    }
    return drawn;
  }

  /**
   * `n` whole numbers in [low, high).
   *
   * Each is low + floor(r b / 2^64), b being the element's 64 bits and r = high - low, without the rejection step of its
   * source (D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019). The bias that is left: the
   * probability of a value is off 1 / r by less than 2^-64, which is less than r 2^-64 <= 2^-32 of itself; it is exact
   * where r is a power of two.
   *
   * @throws ChainruleError if n is not a size, low or high is not a whole number in -2^31..2^31, or low is not below high
   */
  integers(n: number, options: IntegersOptions, ...none: []): Int32Array {
    checkNoMore("integers", none);
    tracer()?.generatorUsed(this, "integers");
    checkOptions("integers", options, ["low", "high"]);
    const { low = 0, high } = options ?? {};
    requireSize("integers", n);
    if (!Number.isInteger(low) || !Number.isInteger(high) || low < INT32_MIN || high > INT32_END || low >= high) {
      throw new ChainruleError(
        `integers: low ${show(low)} and high ${show(high)} must be whole numbers, low below high, in -2^31..2^31 (high is exclusive)`,
      );
    }
    const out = allocateFor("integers", "int32", n) as Int32Array;
    const range = high - low;
    for (let start = 0; start < n; start += CHUNK) {
      const end = this.#draw(start, n);
      for (let i = start, w = 0; i < end; i++, w += 2) {
        out[i] = low + scale(words[w] as number, words[w + 1] as number, range);
      }
    }
    return out;
  }

  /**
   * The numbers 0..n-1 in random order: `choice(n, n, { replace: false })`.
   *
   * @throws ChainruleError if n is not a whole number in 0..2^31
   */
  permutation(n: number, ...none: []): Int32Array {
    checkNoMore("permutation", none);
    tracer()?.generatorUsed(this, "permutation");
    requireCount("permutation", n);
    return this.#shuffle(n, n);
  }

  /**
   * `count` indices out of 0..n-1. With replacement they are `integers(count, { high: n })`; without, they are all
   * different, in random order, and the beginning of the `permutation(n)` of the same position. A small choice out of
   * many costs time and memory in proportion to `count`, not to `n`.
   *
   * @throws ChainruleError if n is not a whole number in 0..2^31, count is not a size, or there are not enough indices
   */
  choice(n: number, count: number, options: ChoiceOptions = {}, ...none: []): Int32Array {
    checkNoMore("choice", none);
    tracer()?.generatorUsed(this, "choice");
    checkOptions("choice", options, ["replace"], ["replace"]);
    const { replace = true } = options;
    requireCount("choice", n);
    requireSize("choice", count);
    if (replace) {
      if (count === 0) return new Int32Array(0);
      if (n === 0) throw new ChainruleError(`choice: cannot take ${count} indices out of 0; n must be 1 or more`);
      return this.integers(count, { high: n });
    }
    if (count > n) {
      throw new ChainruleError(
        `choice: cannot take ${count} different indices out of ${n}; ask for at most ${n}, or pass { replace: true }`,
      );
    }
    return this.#shuffle(n, count);
  }

  /**
   * An independent generator, the same one whenever the same generator is asked for the same stream, wherever either
   * stands: it begins at position 0, and this generator does not move. `generator.fork(iteration)` makes a training run
   * that can be resumed at any iteration.
   *
   * The first fork keeps the seed's key and counts in a stream of its own (the high words of the counter), so that a
   * seed's forks and the seed itself never share a block. A fork of a fork has no counter words left: it takes its key
   * from a block that no draw reaches, and shares numbers with another only if two 64-bit keys meet by chance.
   *
   * @param stream a safe integer, 0 or more
   * @throws ChainruleError for any other stream
   */
  fork(stream: number, ...none: []): Generator {
    checkNoMore("fork", none);
    if (!Number.isSafeInteger(stream) || stream < 0 || stream === Number.MAX_SAFE_INTEGER) {
      throw new ChainruleError(`fork: stream ${show(stream)} is not a whole number in 0..2^53 - 2`);
    }
    const child = new Generator(0);
    const [, , stream0 = 0, stream1 = 0] = this.#counter;
    if (stream0 === 0 && stream1 === 0) {
      child.#key.set(this.#key);
    } else {
      philox4x32(Uint32Array.of(0xffffffff, 0xffffffff, stream0, stream1), this.#key, words);
      child.#key.set(words.subarray(0, 2));
    }
    // Stream 0 is the unforked generator's own.
    setWide(child.#counter, 2, stream + 1);
    tracer()?.generatorMade(child, this, stream);
    return child;
  }

  /**
   * Puts the next draw at a position: a program that draws the numbers itself moves the generator on with this.
   *
   * @throws ChainruleError for a position that no draw reaches
   */
  moveTo(position: number, ...none: []): void {
    checkNoMore("moveTo", none);
    tracer()?.generatorUsed(this, "moveTo");
    if (!isWhole(position, POSITION_MAX)) {
      throw new ChainruleError(`moveTo: position ${show(position)} is not a whole number in 0..2^52`);
    }
    this.#position = position;
  }

  /** What {@link fromState} needs to go on from here; survives JSON.stringify and JSON.parse. */
  state(...none: []): GeneratorState {
    checkNoMore("state", none);
    tracer()?.generatorUsed(this, "state");
    const [key0 = 0, key1 = 0] = this.#key;
    const [, , stream0 = 0, stream1 = 0] = this.#counter;
    return { algorithm: "philox4x32-10", key: [key0, key1], stream: [stream0, stream1], position: this.#position };
  }

  /**
   * The generator whose {@link state} this was: its next draws are the ones that the other would have made.
   *
   * @throws ChainruleError if it is not the state of a generator
   */
  static fromState(state: GeneratorState, ...none: []): Generator {
    checkNoMore("Generator.fromState", none);
    const { algorithm, key, stream, position } = isRecord(state) ? state : ({} as Partial<GeneratorState>);
    if (algorithm !== "philox4x32-10" || !isPair(key) || !isPair(stream) || !isWhole(position, POSITION_MAX)) {
      throw new ChainruleError(
        `Generator.fromState: not a state of philox4x32-10: algorithm ${show(algorithm)}, key ${show(key)}, stream ` +
          `${show(stream)}, position ${show(position)}`,
      );
    }
    const generator = new Generator(0);
    generator.#key.set(key);
    generator.#counter.set(stream, 2);
    generator.#position = position;
    return generator;
  }

  /** Draws the words of elements start, start + 1, ... of `n`, at most a chunk of them; returns the end of the chunk. */
  #draw(start: number, n: number): number {
    const end = Math.min(start + CHUNK, n);
    const blocks = (end - start + 1) >>> 1;
    setWide(this.#counter, 0, this.#position);
    philox4x32(this.#counter, this.#key, words, blocks);
    noteDraw(this, this.#position);
    this.#position += blocks;
    return end;
  }

  /**
   * The first `count` steps of a Fisher-Yates shuffle of 0..n-1 (R. Durstenfeld, "Algorithm 235: random permutation",
   * Communications of the ACM 7, 1964): step i swaps places i and j, j being drawn from i..n-1.
   */
  #shuffle(n: number, count: number): Int32Array {
    // Writing out 0..n-1 takes far less than a map's time for each number, until there are many more than are wanted.
    if (n > 64 * count) return this.#shuffleSparsely(n, count);
    const values = allocateFor("permutation", "int32", n) as Int32Array;
    for (let i = 0; i < n; i++) values[i] = i;
    for (let start = 0; start < count; start += CHUNK) {
      const end = this.#draw(start, count);
      for (let i = start, w = 0; i < end; i++, w += 2) {
        const j = i + scale(words[w] as number, words[w + 1] as number, n - i);
        const taken = values[j] as number;
        values[j] = values[i] as number;
        values[i] = taken;
      }
    }
    return count < n ? values.slice(0, count) : values;
  }

  /** The same shuffle, holding only the places whose value is no longer their own index. */
  #shuffleSparsely(n: number, count: number): Int32Array {
    const out = allocateFor("choice", "int32", count) as Int32Array;
    const moved = new Map<number, number>();
    for (let start = 0; start < count; start += CHUNK) {
      const end = this.#draw(start, count);
      for (let i = start, w = 0; i < end; i++, w += 2) {
        const j = i + scale(words[w] as number, words[w + 1] as number, n - i);
        out[i] = moved.get(j) ?? j;
        moved.set(j, moved.get(i) ?? i);
      }
    }
    return out;
  }
}

/** floor(range (2^32 high + low) / 2^64): a number in 0..range-1, for a range in 1..2^32. */
function scale(high: number, low: number, range: number): number {
  if (range === TWO_32) return high;
  const carry = (Math.imul(high, range) >>> 0) + (mulHigh(low, range) >>> 0) >= TWO_32 ? 1 : 0;
  return (mulHigh(high, range) >>> 0) + carry;
}

/** Splits a safe integer over two words of a counter, low word first. */
function setWide(counter: Uint32Array, at: 0 | 2, value: number): void {
  counter[at] = value % TWO_32;
  counter[at + 1] = Math.floor(value / TWO_32);
}

/** The least and the greatest number of the dtype in [low, high); the least is the greater one if there is none. */
export function extent(low: number, high: number, dtype: RandomDType): [number, number] {
  if (dtype === "float64") return [low, nextBelow(high, dtype)];
  const first = Math.fround(low);
  const last = Math.fround(high);
  return [first >= low ? first : -nextBelow(-first, dtype), last < high ? last : nextBelow(last, dtype)];
}

/** The number of the dtype just below `x`, itself of that dtype: as an integer, its bit pattern is one step away. */
function nextBelow(x: number, dtype: RandomDType): number {
  const view = new DataView(new ArrayBuffer(8));
  if (dtype === "float64") {
    if (x === 0) return -Number.MIN_VALUE;
    view.setFloat64(0, x);
    view.setBigUint64(0, view.getBigUint64(0) + (x > 0 ? -1n : 1n));
    return view.getFloat64(0);
  }
  if (x === 0) return -SMALLEST_FLOAT32;
  view.setFloat32(0, x);
  view.setUint32(0, view.getUint32(0) + (x > 0 ? -1 : 1));
  return view.getFloat32(0);
}

function allocate<D extends RandomDType>(method: string, n: number, dtype: D): FloatArrays[D] {
  requireSize(method, n);
  if (!dtypes.includes(dtype)) {
    throw new ChainruleError(
      `${method}: dtype ${typeof dtype === "string" ? dtype : show(dtype)} is not one of float64, float32`,
    );
  }
  return allocateFor(method, dtype, n) as FloatArrays[D];
}

function requireSize(method: string, n: number): void {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new ChainruleError(`${method}: cannot draw ${show(n)} elements; ask for a whole number, 0 or more`);
  }
}

function requireCount(method: string, n: number): void {
  if (!Number.isInteger(n) || n < 0 || n > INT32_END) {
    throw new ChainruleError(
      `${method}: n is ${show(n)}; it must be a whole number in 0..2^31, to fit 0..n-1 in int32`,
    );
  }
}

function isPair(words: readonly number[] | undefined): words is readonly [number, number] {
  return Array.isArray(words) && words.length === 2 && words.every((word) => isWhole(word, TWO_32 - 1));
}

function isWhole(value: number | undefined, most: number): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
