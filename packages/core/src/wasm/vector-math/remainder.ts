import type { Func, Module } from "../encoder.js";
import type { Vector } from "../vector.js";
import { exactProduct } from "./double-double.js";
import { signOf } from "./format.js";

/** The remainder x - n y with the sign of y, exact but for the addition of y where the signs differ. Of doubles. */
export function mod(x: Vector, y: Vector, general: Func): Vector {
  const [a, b] = [x.abs(), y.abs()];
  const quotient = a.div(b);
  const count = quotient.trunc();
  const product = exactProduct(count, b);
  const difference = a.sub(product.high).sub(product.low);
  // The rounded quotient may be one too many.
  const exact = difference.add(difference.less(0).and(b));
  // Halves of a double (see exactProduct) want a size in the middle; with more than 53 bits the count is not exact.
  const extreme = quotient
    .greaterEqual(2 ** 53)
    .or(a.greater(2 ** 900))
    .or(b.greater(2 ** 900))
    .or(b.less(2 ** -900));
  const remainder = exact.rescue(extreme, general, a, b).xor(signOf(x));
  const differs = remainder.notEqual(0).and(remainder.less(0).xor(y.less(0)));
  return differs.select(remainder.add(y), remainder);
}

/** The function (x, y) -> x - n y of two doubles each, not negative, whatever their quotient is. */
export function generalRemainder(module: Module): Func {
  const one = scalarRemainder(module);
  return module.func({ params: ["v128", "v128"], results: ["v128"] }, (code, x, y) => {
    for (const lane of [0, 1]) {
      code.get(x);
      for (const v of [x, y]) code.get(v).lane("f64x2.extract_lane", lane);
      code.call(one).lane("f64x2.replace_lane", lane).set(x);
    }
    code.get(x);
  });
}

/** Long division in binary: every difference of numbers within a factor of 2 is exact. */
function scalarRemainder(module: Module): Func {
  return module.func({ params: ["f64", "f64"], results: ["f64"] }, (code, x, y) => {
    const multiple = code.local("f64");
    code.get(x).f64(Infinity).op("f64.lt").get(y).f64(0).op("f64.gt").op("i32.and").op("i32.eqz");
    code.if(() => code.f64(Number.NaN).op("return"));
    // Infinite y among others.
    code.get(x).get(y).op("f64.lt");
    code.if(() => code.get(x).op("return"));
    code.set(multiple, y);
    const doubled = () => code.get(multiple).get(multiple).op("f64.add");
    code.loop((again) => {
      doubled().get(x).op("f64.le");
      code.if(() => doubled().set(multiple).branch(again));
    });
    code.loop((again) => {
      code.get(multiple).get(x).op("f64.le");
      code.if(() => code.get(x).get(multiple).op("f64.sub").set(x));
      code.get(multiple).f64(0.5).op("f64.mul").tee(multiple).get(y).op("f64.ge").branchIf(again);
    });
    code.get(x);
  });
}
