import { CompileError } from "../../../../errors.js";
import type { Draw } from "../../../../graph/tracer.js";
import { extent } from "../../../../random/generator.js";
import type { Traced } from "../../../../trace/traced.js";
import type { Code, Local, PlainOp } from "../../../../wasm/encoder.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { firstHalves, halvesSwapped } from "../../../../wasm/simd.js";
import { type Buffer, elementBytes } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import type { KernelRule, Lowering } from "../../lowering.js";
import { normalQuantile } from "./normal-quantile.js";
import { evenWords, groupBlocks, groupElements, oddWords, philox } from "./philox.js";
import { emitShuffle, shuffleBytes } from "./shuffle.js";

/** The bits of four elements that follow one another: the first 32 of each in one vector, the others in the second. */
interface Bits {
  readonly first: Local;
  readonly second: Local;
}

/** Appends code that leaves vector number `part` of the elements that four elements' bits become on the stack. */
type Convert = (bits: Bits, part: number) => void;

/**
 * A draw as `Generator` makes it, to the same bits, out of the state that the program is given: see `generatorBuffer`.
 */
export const draw: KernelRule = {
  lower: (value, s) => {
    const { source } = value;
    if (source.kind !== "draw") throw new Error(`a value from ${source.kind} is no draw`);
    const target = s.target(value);
    const generator = s.generatorBuffer(source.draw.generator);
    if (source.draw.options["replace"] === false) shuffle(source.draw, value, generator, target, s);
    else independent(source.draw, value, generator, target, s);
  },
};

/** Elements that are computed each out of its own bits. */
function independent(draw: Draw, value: Traced, generator: Buffer, target: Buffer, s: Lowering): void {
  s.routine("draw", value, [[generator], [target]], (context) =>
    emitDraw(context, draw, generator, target, converter(context, draw, target)),
  );
}

/** A permutation, or the beginning of one: where to swap, drawn into the target, then the swaps. */
function shuffle(draw: Draw, value: Traced, generator: Buffer, target: Buffer, s: Lowering): void {
  const n = option(draw, "n");
  const scratch = s.scratch(shuffleBytes(n, target.size));
  s.routine("shuffle", value, [[generator], [target, scratch]], (context) => {
    const { code, address } = context;
    const places = code.local("v128");
    const range = code.local("v128");
    code.v128([0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0])).set(places);
    emitDraw(context, draw, generator, target, (bits) => {
      code.splat("i32", n).get(places).op("i32x4.sub").set(range);
      scaled(code, bits, range);
      code.get(places).op("i32x4.add");
      code.get(places).splat("i32", 4).op("i32x4.add").set(places);
    });
    emitShuffle(code, { n, count: target.size, target: address(target), scratch: address(scratch) });
  });
}

/** Appends the loop of a draw: as many blocks at a time as make eight elements. */
function emitDraw(context: KernelCode, draw: Draw, generator: Buffer, target: Buffer, convert: Convert): void {
  const { code, module, address } = context;
  const bytes = elementBytes[target.dtype];
  const lanes = 16 / bytes;
  const vector = () => code.local("v128");
  const halves: readonly Bits[] = [
    { first: vector(), second: vector() },
    { first: vector(), second: vector() },
  ];
  // The numbers of the blocks, of 64 bits each.
  const counters = locals(code, "v128", 2);
  code.i32(address(generator)).memory("i64.load", 16).i64(BigInt(draw.offset)).op("i64.add").op("i64x2.splat");
  code.tee(counters[0]).splat("i64", 2).op("i64x2.add").set(counters[1]);
  for (const counter of counters) {
    code.get(counter).v128([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).op("i64x2.add").set(counter);
  }
  const at = code.local("i32");
  code.set(at, address(target));

  const group = (elements: number) => {
    for (const words of [evenWords, oddWords]) code.get(counters[0]).get(counters[1]).shuffle(words);
    code.i32(address(generator)).call(module.shared("philox", philox));
    for (const { first, second } of halves.toReversed()) code.set(second).set(first);
    for (const counter of counters) code.get(counter).splat("i64", groupBlocks).op("i64x2.add").set(counter);
    // The last vector may end in the padding of the buffer.
    for (let start = 0; start < elements; start += lanes) {
      code.get(at);
      convert(halves[start < 4 ? 0 : 1] as Bits, (start % 4) / lanes);
      code.memory("v128.store", start * bytes);
    }
    increase(code, at, groupElements * bytes);
  };
  repeat(code, Math.floor(target.size / groupElements), () => group(groupElements));
  if (target.size % groupElements > 0) group(target.size % groupElements);
}

function converter(context: KernelCode, draw: Draw, { dtype }: Buffer): Convert {
  switch (draw.method) {
    case "uniform":
      return uniform(context.code, option(draw, "low"), option(draw, "high"), dtype === "float32");
    case "normal":
      return normal(context, option(draw, "mean"), option(draw, "std"), dtype === "float32");
    case "integers":
      return integers(context.code, option(draw, "low"), option(draw, "high"));
    case "choice":
      return integers(context.code, 0, option(draw, "n"));
    default:
      return draw.method satisfies never;
  }
}

function uniform(code: Code, low: number, high: number, single: boolean): Convert {
  const isUnit = low === 0 && high === 1;
  if (single && isUnit) {
    return ({ first }) =>
      code
        .get(first)
        .i32(8)
        .op("i32x4.shr_u")
        .op("f32x4.convert_i32x4_s")
        .splat("f32", 2 ** -24)
        .op("f32x4.mul");
  }
  const [least, most] = extent(low, high, single ? "float32" : "float64");
  const pair = ({ first, second }: Bits, half: number) => {
    if (single) {
      words(code, first, half);
      code
        .i32(8)
        .op("i32x4.shr_u")
        .op("f64x2.convert_low_i32x4_u")
        .splat("f64", 2 ** -24)
        .op("f64x2.mul");
    } else {
      fraction(code, { first, second }, half, 53);
      code.splat("f64", 2 ** -53).op("f64x2.mul");
      if (isUnit) return;
    }
    code
      .splat("f64", high - low)
      .op("f64x2.mul")
      .splat("f64", low)
      .op("f64x2.add");
    code.splat("f64", most).op("f64x2.pmin").splat("f64", least).op("f64x2.pmax");
  };
  return single ? (bits) => singles(code, (half) => pair(bits, half)) : pair;
}

function normal({ code, module }: KernelCode, mean: number, std: number, single: boolean): Convert {
  const quantile = module.shared("normal quantile", normalQuantile);
  const pair = (bits: Bits, half: number) => {
    fraction(code, bits, half, 52);
    code
      .splat("f64", 0.5)
      .op("f64x2.add")
      .splat("f64", 2 ** -52)
      .op("f64x2.mul")
      .call(quantile);
    code.splat("f64", std).op("f64x2.mul").splat("f64", mean).op("f64x2.add");
  };
  return single ? (bits) => singles(code, (half) => pair(bits, half)) : pair;
}

function integers(code: Code, low: number, high: number): Convert {
  const range = code.local("v128");
  return (bits) => {
    if (high - low === 2 ** 32) code.get(bits.first);
    else {
      code.splat("i32", high - low).set(range);
      scaled(code, bits, range);
    }
    code.splat("i32", low).op("i32x4.add");
  };
}

/** Leaves the top bits of two elements on the stack, as whole numbers in doubles. */
function fraction(code: Code, { first, second }: Bits, half: number, bits: 52 | 53): void {
  words(code, first, half);
  code
    .op("f64x2.convert_low_i32x4_u")
    .splat("f64", 2 ** (bits - 32))
    .op("f64x2.mul");
  words(code, second, half);
  code
    .i32(64 - bits)
    .op("i32x4.shr_u")
    .op("f64x2.convert_low_i32x4_u")
    .op("f64x2.add");
}

/** Leaves the words of one half of a vector in the first half of the one on the stack. */
function words(code: Code, vector: Local, half: number): void {
  code.get(vector);
  if (half === 1) code.get(vector).shuffle(halvesSwapped);
}

/** Four floats out of two times two doubles. */
function singles(code: Code, pair: (half: number) => void): void {
  for (const half of [0, 1]) {
    pair(half);
    code.op("f32x4.demote_f64x2_zero");
  }
  code.shuffle(firstHalves);
}

/** Leaves floor(range b / 2^64) on the stack, b being the 64 bits of each element, for ranges below 2^32. */
function scaled(code: Code, { first, second }: Bits, range: Local): void {
  const products: readonly PlainOp[] = ["i64x2.extmul_low_i32x4_u", "i64x2.extmul_high_i32x4_u"];
  for (const product of products) {
    code.get(second).get(range).op(product).i32(32).op("i64x2.shr_u");
    code.get(first).get(range).op(product).op("i64x2.add");
  }
  code.shuffle(oddWords);
}

function option({ method, options }: Draw, name: string): number {
  const value = options[name];
  if (typeof value === "number") return value;
  throw new CompileError(`compile: a draw of the method ${method} without ${name}`);
}
