import type { Func, Module } from "../../../../wasm/encoder.js";
import { locals, repeat } from "../../../../wasm/loops.js";
import { everyOther, inTurns } from "../../../../wasm/simd.js";

/** Blocks that are computed at once, and the elements that take 64 bits of them. */
export const groupBlocks = 4;
export const groupElements = 8;

const rounds = 10;

/** The words of the even, or of the odd, lanes of two vectors. */
export const evenWords = everyOther(4);
export const oddWords = everyOther(4, 1);

/**
 * Four blocks of Philox4x32-10 (see random/philox.ts) in the lanes of vectors. Parameters: the low words of the four
 * counters, their high words, and the address of a generator's key and stream. Results: the first words of elements 0
 * to 3, their second words, and the same of elements 4 to 7.
 */
export function philox(module: Module): Func {
  const results = ["v128", "v128", "v128", "v128"] as const;
  return module.func({ params: ["v128", "v128", "i32"], results }, (code, x0, x1, generator) => {
    const [x2, x3, k0, k1, low, high] = locals(code, "v128", 6);
    const [multiplier0, multiplier1] = locals(code, "v128", 2);
    [k0, k1, x2, x3].forEach((local, i) => {
      code.set(local, generator.load("v128.load32_splat", 4 * i));
    });
    code.splat("i32", 0xd2511f53).set(multiplier0).splat("i32", 0xcd9e8d57).set(multiplier1);
    const multiply = (x: typeof x0, y: typeof x0) => {
      code.get(x).get(y).op("i64x2.extmul_low_i32x4_u").set(low);
      code.get(x).get(y).op("i64x2.extmul_high_i32x4_u").set(high);
    };
    repeat(code, rounds, () => {
      // The new x0 and x1 are made of the old x2, and the other way round: x0 waits on the stack.
      multiply(x2, multiplier1);
      code.get(low).get(high).shuffle(oddWords).get(x1).op("v128.xor").get(k0).op("v128.xor");
      code.get(low).get(high).shuffle(evenWords).set(x1);
      multiply(x0, multiplier0);
      code.get(low).get(high).shuffle(oddWords).get(x3).op("v128.xor").get(k1).op("v128.xor").set(x2);
      code.get(low).get(high).shuffle(evenWords).set(x3);
      code.set(x0);
      code.get(k0).splat("i32", 0x9e3779b9).op("i32x4.add").set(k0);
      code.get(k1).splat("i32", 0xbb67ae85).op("i32x4.add").set(k1);
    });
    for (const half of [0, 1] as const) {
      code.get(x0).get(x2).shuffle(inTurns(4, half)).get(x1).get(x3).shuffle(inTurns(4, half));
    }
  });
}
