import * as formulas from "../../../../random/normal-formulas.js";
import type { Func, Module } from "../../../../wasm/encoder.js";
import { Vector } from "../../../../wasm/vector.js";
import { writeVector } from "../../../../wasm/vector-writer.js";

const arithmetic = {
  add: (x: Vector, y: Vector | number) => x.add(y),
  sub: (x: Vector, y: Vector | number) => x.sub(y),
  mul: (x: Vector, y: Vector | number) => x.mul(y),
  div: (x: Vector, y: Vector) => x.div(y),
};

/** The quantile of the standard normal distribution for two doubles at once, of p from 2^-53 to 1 - 2^-53: see random/normal.ts. */
export function normalQuantile(module: Module): Func {
  const far = vectorFunc(module, (r) => formulas.quantileInFarTail(arithmetic, r.sub(5)));
  const tails = vectorFunc(module, (p) => {
    const q = p.sub(0.5);
    const r = log(q.less(0).select(p, Vector.of("f64", 1).sub(p)))
      .neg()
      .sqrt();
    const z = formulas.quantileInNearTail(arithmetic, r.sub(1.6)).rescue(r.greater(5), far, r);
    return q.less(0).select(z.neg(), z);
  });
  return vectorFunc(module, (p) => {
    const q = p.sub(0.5);
    const value = q.mul(formulas.quantileInCentre(arithmetic, Vector.of("f64", 0.180625).sub(q.mul(q))));
    return value.rescue(q.abs().greater(0.425), tails, p);
  });
}

function vectorFunc(module: Module, formula: (x: Vector) => Vector): Func {
  return module.func({ params: ["v128"], results: ["v128"] }, (code, local) => {
    const x = Vector.input("f64");
    writeVector(code, formula(x), new Map([[x, local]]));
  });
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
  return formulas.logarithm(arithmetic, f, k);
}
