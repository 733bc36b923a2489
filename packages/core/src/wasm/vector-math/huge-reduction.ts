import type { Code, Func, Local, Module } from "../encoder.js";
import { locals } from "../loops.js";

/** The first 1280 bits of 2 / pi behind the binary point. */
const twoOverPi = [
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
  0xf0cfbc209af4361dn,
];

/** pi/2: 21 bits, whose product with 32 bits is exact, and the rest. */
const halfPi = [1.570796012878418, 3.139164786504813e-7] as const;

/**
 * The function (x: f64) -> (r: f64, lost: f64, q: i64) with x = q pi/2 + r + lost mod 2 pi, |r| <= pi/4, for x from
 * 2^20 on; NaN for infinity and NaN.
 *
 * With x = 2^e M, M of 53 bits, only those bits of 2/pi matter whose product with 2^e is below 4 (whole multiples of 4
 * change nothing) and not below 2^-190: 192 bits, as three words W0, W1, W2. Their product with M modulo 2^192 has in
 * its first two bits the quadrant, in the others the fraction, to 2^-137; the least fraction of any double is about
 * 2^-62.
 */
export function hugeReduction(module: Module): Func {
  const word = wordOfTwoOverPi(module);
  const high = highProduct(module);
  return module.func({ params: ["f64"], results: ["f64", "f64", "i64"] }, (code, x) => {
    const [bits, m, first] = [code.local("i64"), code.local("i64"), code.local("i32")];
    code.get(x).op("i64.reinterpret_f64").tee(bits).i64(52n).op("i64.shr_u").op("i32.wrap_i64");
    // The word list begins with 64 zero bits; bit i of 2/pi, counted from 1, is at i + 63, and the window starts at e -
    // 1.
    code
      .i32(1075 - 62)
      .op("i32.sub")
      .set(first);
    code
      .get(bits)
      .i64((1n << 52n) - 1n)
      .op("i64.and")
      .i64(1n << 52n)
      .op("i64.or")
      .set(m);
    const [w0, w1, w2] = [0, 1, 2].map((n) => {
      const w = code.local("i64");
      code
        .get(first.add(64 * n))
        .call(word)
        .set(w);
      return w;
    }) as [Local, Local, Local];
    const [p0, p1, p2] = locals(code, "i64", 3);
    const times = (w: Local) => code.get(m).get(w).op("i64.mul");
    times(w2).set(p2);
    times(w1).get(m).get(w2).call(high).op("i64.add").set(p1);
    times(w0).get(m).get(w1).call(high).op("i64.add");
    // The carry: the sum p1 is less than what was added to it.
    code.get(p1).get(m).get(w2).call(high).op("i64.lt_u").op("i64.extend_i32_u").op("i64.add").set(p0);
    const q = code.local("i64");
    code
      .get(p0)
      .i64(1n << 61n)
      .op("i64.add")
      .i64(62n)
      .op("i64.shr_u")
      .set(q);
    const [f0, f1, sign] = locals(code, "i64", 3);
    joined(code, p0, p1, 2).set(f0);
    joined(code, p1, p2, 2).set(f1);
    // A fraction from a half on is negative; inverting all bits negates it but for its last one.
    code.get(f0).i64(63n).op("i64.shr_s").set(sign);
    for (const f of [f0, f1]) code.get(f).get(sign).op("i64.xor").set(f);
    const [coarse, fine, r] = locals(code, "f64", 3);
    const mask = 0xffffffffn;
    code
      .get(f0)
      .i64(~mask)
      .op("i64.and")
      .op("f64.convert_i64_u")
      .f64(2 ** -64)
      .op("f64.mul")
      .set(coarse);
    code
      .get(f0)
      .i64(mask)
      .op("i64.and")
      .op("f64.convert_i64_u")
      .f64(2 ** -64)
      .op("f64.mul");
    code
      .get(f1)
      .op("f64.convert_i64_u")
      .f64(2 ** -128)
      .op("f64.mul")
      .op("f64.add")
      .set(fine);
    // r = coarse * the first part + everything else.
    code
      .get(fine)
      .f64(Math.PI / 2)
      .op("f64.mul")
      .get(coarse)
      .f64(halfPi[1])
      .op("f64.mul")
      .op("f64.add")
      .set(fine);
    code.get(coarse).f64(halfPi[0]).op("f64.mul").tee(coarse).get(fine).op("f64.add").set(r);
    code.get(fine).get(r).get(coarse).op("f64.sub").op("f64.sub").set(fine);
    const negative = code.local("f64");
    code.get(sign).i64(1n).op("i64.or").op("f64.convert_i64_s").set(negative);
    // x - x is 0, or NaN.
    code.get(r).get(negative).op("f64.mul").get(x).get(x).op("f64.sub").op("f64.add");
    code.get(fine).get(negative).op("f64.mul").get(q);
  });
}

/** 64 bits from two words, `shift` bits behind the start of the first. */
function joined(code: Code, first: Local, second: Local, shift: number): Code {
  code.get(first).i64(BigInt(shift)).op("i64.shl");
  return code
    .get(second)
    .i64(BigInt(64 - shift))
    .op("i64.shr_u")
    .op("i64.or");
}

/** (position: i32) -> the 64 bits from this position in 64 zero bits and 2/pi. */
function wordOfTwoOverPi(module: Module): Func {
  const whole = module.func({ params: ["i32"], results: ["i64"] }, (code, index) => {
    for (const [i, bits] of twoOverPi.entries()) {
      code.get(index.equal(i + 1)).if(() => code.i64(bits).op("return"));
    }
    code.i64(0n);
  });
  return module.func({ params: ["i32"], results: ["i64"] }, (code, position) => {
    const [index, offset] = [code.local("i32"), code.local("i64")];
    code.get(position).i32(6).op("i32.shr_s").tee(index).call(whole);
    code.get(position.and(63)).op("i64.extend_i32_u").tee(offset).op("i64.shl");
    // In two shifts, as one by 64 is one by 0.
    code.get(index.add(1)).call(whole).i64(1n).op("i64.shr_u");
    code.i64(63n).get(offset).op("i64.sub").op("i64.shr_u").op("i64.or");
  });
}

/** (x: i64, y: i64) -> the upper 64 bits of the product of the unsigned x < 2^53 and y, from 32-bit halves. */
function highProduct(module: Module): Func {
  return module.func({ params: ["i64", "i64"], results: ["i64"] }, (code, x, y) => {
    const low = (v: Local) => code.get(v).i64(0xffffffffn).op("i64.and");
    const top = (v: Local) => code.get(v).i64(32n).op("i64.shr_u");
    const middle = code.local("i64");
    const other = code.local("i64");
    // (x0 y0 >> 32) + x1 y0, then its halves: none of the sums overflows.
    low(x);
    low(y).op("i64.mul").i64(32n).op("i64.shr_u");
    top(x);
    low(y).op("i64.mul").op("i64.add").set(middle);
    low(x);
    top(y).op("i64.mul");
    low(middle).op("i64.add").set(other);
    top(x);
    top(y).op("i64.mul");
    top(middle).op("i64.add");
    top(other).op("i64.add");
  });
}
