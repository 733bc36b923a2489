import type { Func, Module } from "../../../../wasm/encoder.js";
import { Vector } from "../../../../wasm/vector.js";
import { writeVector } from "../../../../wasm/vector-writer.js";

/**
 * random/normal.ts over vectors of two doubles, with the same operations in the same order, so that the bits are the
 * same. The numbers stand there a second time because its speed hangs on their standing in its code.
 *
 * Sources: M. J. Wichura, Algorithm AS 241, routine PPND16 (Applied Statistics 37, 1988); fdlibm's e_log.c for the
 * logarithm.
 */
const centre = {
  top: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const nearTail = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const farTail = {
  top: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  bottom: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/** The quantile of the standard normal distribution for two doubles at once, of p from 2^-53 to 1 - 2^-53. */
export function normalQuantile(module: Module): Func {
  const far = vectorFunc(module, (r) => rational(r.sub(5), farTail));
  const tails = vectorFunc(module, (p) => {
    const q = p.sub(0.5);
    const r = log(q.less(0).select(p, Vector.of("f64", 1).sub(p)))
      .neg()
      .sqrt();
    const z = rational(r.sub(1.6), nearTail).rescue(r.greater(5), far, r);
    return q.less(0).select(z.neg(), z);
  });
  return vectorFunc(module, (p) => {
    const q = p.sub(0.5);
    const value = q.mul(rational(Vector.of("f64", 0.180625).sub(q.mul(q)), centre));
    return value.rescue(q.abs().greater(0.425), tails, p);
  });
}

function vectorFunc(module: Module, formula: (x: Vector) => Vector): Func {
  return module.func({ params: ["v128"], results: ["v128"] }, (code, local) => {
    const x = Vector.input("f64");
    writeVector(code, formula(x), new Map([[x, local]]));
  });
}

function rational(r: Vector, { top, bottom }: typeof centre): Vector {
  return polynomial(r, top).div(polynomial(r, bottom));
}

/** Even and odd powers apart, as there; `Vector.polynomial` has another order. */
function polynomial(r: Vector, coefficients: readonly number[]): Vector {
  const w = r.mul(r);
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0] = coefficients;
  const even = w.mul(w.mul(w.mul(c6).add(c4)).add(c2)).add(c0);
  const odd = w.mul(w.mul(w.mul(c7).add(c5)).add(c3)).add(c1);
  return even.add(r.mul(odd));
}

/** Of a normal x > 0. */
function log(x: Vector): Vector {
  const shifted = x.addBits(Vector.bits("f64", 0x95f62n << 32n));
  // An integer becomes a float as the last bits of a float without a fraction.
  const k = shifted
    .shiftRight(52)
    .or(2 ** 52)
    .sub(2 ** 52 + 1023);
  const f = shifted
    .and(Vector.bits("f64", (1n << 52n) - 1n))
    .addBits(Vector.bits("f64", 0x3fe6a09en << 32n))
    .sub(1);
  const s = f.div(f.add(2));
  const z = s.mul(s);
  const w = z.mul(z);
  const odd = w
    .mul(w.mul(w.mul(0.14798198605116586).add(0.1818357216161805)).add(0.2857142874366239))
    .add(0.6666666666666735);
  const even = w.mul(w.mul(0.15313837699209373).add(0.22222198432149784)).add(0.3999999999940942);
  const r = z.mul(odd).add(w.mul(even));
  const halfSquare = f.mul(0.5).mul(f);
  const small = s.mul(halfSquare.add(r)).add(k.mul(1.9082149292705877e-10));
  return k.mul(0.6931471803691238).sub(halfSquare.sub(small).sub(f));
}
