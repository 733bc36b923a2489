import type { Func, Module } from "../encoder.js";
import { locals } from "../loops.js";
import type { Scalar } from "../simd.js";
import { Vector } from "../vector.js";
import { writeVector } from "../vector-writer.js";
import { formats, signOf } from "./format.js";
import { hugeReduction } from "./huge-reduction.js";

/**
 * x = q pi/2 + r with |r| <= pi/4; of r a double or float is kept and what its rounding lost. Up to `limit` by W. J.
 * Cody and W. Waite, Software Manual for the Elementary Functions (1980): pi/2 in four parts, of which q times each of
 * the first three is exact. Beyond it by M. H. Payne and R. N. Hanek, "Radian reduction for trigonometric functions",
 * SIGNUM Newsletter 18 (1983), p. 19; see huge-reduction.ts.
 */
const halfPi: Readonly<Record<Scalar, readonly [number, number, number, number]>> = {
  f32: [1.57073974609375, 5.657970905303955e-5, 9.920881893776823e-10, 5.390302953474238e-15],
  f64: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32],
};
const limit = { f32: 800, f64: 1.6e6 } as const;

/**
 * sin r = r + r^3 S(r^2), cos r = 1 - r^2 / 2 + r^4 C(r^2): minimax fits made for this file with Sollya's fpminimax.
 */
const sine: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [-0.16666667, 0.008333372, -0.00019849905, 2.8004306e-6],
  f64: [
    -0.1666666666666663, 0.008333333333321898, -0.00019841269829431722, 2.7557313570498283e-6, -2.5050740180718963e-8,
    1.589580555011871e-10,
  ],
};
const cosine: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [0.041666646, -0.0013887311, 2.4432546e-5],
  f64: [
    0.041666666666666595, -0.0013888888888873322, 2.4801587288980358e-5, -2.7557314208521055e-7, 2.087570398210434e-9,
    -1.13586646156194e-11,
  ],
};

export type Trigonometric = "sin" | "cos" | "tan";

interface Reduced {
  readonly r: Vector;
  readonly lost: Vector;
  /** In its last two bits. */
  readonly q: Vector;
}

/** For x from 0 to the limit. */
function reduce(x: Vector): Reduced {
  const [p1, p2, p3, p4] = halfPi[x.scalar];
  const { roundingConstant } = formats[x.scalar];
  const q = x.mulAdd(2 / Math.PI, roundingConstant);
  const whole = q.sub(roundingConstant);
  const near = whole.mulSubFrom(p2, whole.mulSubFrom(p1, x));
  const third = whole.mul(p3);
  const coarse = near.sub(third);
  const small = whole.mulAdd(p4, coarse.sub(near).add(third));
  const r = coarse.sub(small);
  return { r, lost: coarse.sub(r).sub(small), q };
}

function sineOf({ r, lost }: Reduced, z: Vector): Vector {
  // sin(r + lost) = sin r + lost cos r.
  const correction = z.mulSubFrom(lost.mul(0.5), lost);
  return r.add(z.mul(r).mulAdd(z.polynomial(sine[r.scalar]), correction));
}

function cosineOf({ r, lost }: Reduced, z: Vector): Vector {
  // The rounding error of 1 - z / 2 is known, and cos(r + lost) = cos r - lost sin r.
  const half = z.mul(0.5);
  const first = half.neg().add(1);
  const rounding = first.neg().add(1).sub(half);
  return first.add(z.mul(z).mulAdd(z.polynomial(cosine[r.scalar]), r.mulSubFrom(lost, rounding)));
}

/** The function of |x| = q pi/2 + r, with the sign of x; the functions with signs are periodic in q. */
function fromReduced(name: Trigonometric, x: Vector, reduced: Reduced): Vector {
  const { scalar } = x;
  const z = reduced.r.mul(reduced.r);
  const [s, c] = [sineOf(reduced, z), cosineOf(reduced, z)];
  const one = Vector.bits(scalar, 1n);
  const quadrant = name === "cos" ? reduced.q.addBits(one) : reduced.q;
  const odd = Vector.bits(scalar, 0n).subBits(quadrant.and(one));
  const width = scalar === "f32" ? 32 : 64;
  if (name === "tan") {
    const sign = odd.and(Vector.bits(scalar, formats[scalar].signBit)).xor(signOf(x));
    return odd.select(c, s).div(odd.select(s, c)).xor(sign);
  }
  const sign = quadrant.and(Vector.bits(scalar, 2n)).shiftLeft(width - 2);
  return odd.select(c, s).xor(name === "sin" ? sign.xor(signOf(x)) : sign);
}

/** `huge` computes it for arguments beyond the limit. */
export function trigonometric(name: Trigonometric, x: Vector, huge: Func): Vector {
  const size = x.abs();
  return fromReduced(name, x, reduce(size)).rescue(size.greater(limit[x.scalar]), huge, x);
}

/** The function of two doubles, right for those that are beyond the limit. */
export function hugeTrigonometric(module: Module, name: Trigonometric): Func {
  const reduceHuge = hugeReduction(module);
  return module.func({ params: ["v128"], results: ["v128"] }, (code, x) => {
    const [r, lost, q] = locals(code, "v128", 3);
    for (const lane of [0, 1]) {
      code.get(x).lane("f64x2.extract_lane", lane).op("f64.abs").call(reduceHuge);
      const integer = code.local("i64");
      const [high, low] = locals(code, "f64", 2);
      code.set(integer).set(low).set(high);
      code.get(r).get(high).lane("f64x2.replace_lane", lane).set(r);
      code.get(lost).get(low).lane("f64x2.replace_lane", lane).set(lost);
      code.get(q).get(integer).lane("i64x2.replace_lane", lane).set(q);
    }
    const [vx, vr, vlost, vq] = [Vector.input("f64"), Vector.input("f64"), Vector.input("f64"), Vector.input("f64")];
    const root = fromReduced(name, vx, { r: vr, lost: vlost, q: vq });
    writeVector(
      code,
      root,
      new Map([
        [vx, x],
        [vr, r],
        [vlost, lost],
        [vq, q],
      ]),
    );
  });
}
