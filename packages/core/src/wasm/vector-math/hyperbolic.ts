import type { Scalar } from "../simd.js";
import { Vector } from "../vector.js";
import { exp, moderateExp } from "./exp.js";
import { signOf } from "./format.js";

/**
 * tanh x = x + x^3 P(x^2) for |x| <= 5/8: minimax fits made with Sollya's fpminimax, relative error 2^-61.2 and
 * 2^-32.4.
 */
const nearTanh: Readonly<Record<Scalar, readonly number[]>> = {
  f32: [-0.3333333, 0.13333222, -0.053948447, 0.021708593, -0.008194557, 0.0021570558],
  f64: [
    -0.33333333333333315, 0.13333333333329966, -0.05396825396615323, 0.02186948847080388, -0.008863234340338467,
    0.0035921142371675204, -0.001455727298669684, 0.0005894569740575024, -0.00023702492412309897, 9.157987188863224e-5,
    -3.0207371497610114e-5, 6.0507809015563226e-6,
  ],
};
/** sinh x = x + x^3 P(x^2) for |x| <= 1, in doubles, made in the same way: relative error 2^-62.6. */
const nearSinh = [
  0.16666666666666666, 0.008333333333333519, 0.00019841269841133232, 2.755731927390287e-6, 2.5052098350165263e-8,
  1.6060174315015305e-10, 7.580157504091655e-13, 4.448995073979302e-15,
];

/** An odd function for sizes up to where the series is good, with the sign of x also for -0. */
function odd(x: Vector, bound: number, near: readonly number[], far: (size: Vector) => Vector): Vector {
  const size = x.abs();
  const z = size.mul(size);
  const series = size.mul(z).mulAdd(z.polynomial(near), size);
  return size.lessEqual(bound).select(series, far(size)).xor(signOf(x));
}

/** 1 - 2 / (e^2|x| + 1) for larger arguments. */
export function tanh(x: Vector): Vector {
  const largest = x.scalar === "f32" ? 10 : 20;
  return odd(x, 0.625, nearTanh[x.scalar], (size) => {
    const e = moderateExp(size.atMost(largest).mul(2));
    return Vector.of(x.scalar, 1).sub(Vector.of(x.scalar, 2).div(e.add(1)));
  });
}

/** (e^|x| - e^-|x|) / 2, with e^|x| / 2, which is finite wherever the result is. Of doubles. */
export function sinh(x: Vector): Vector {
  return odd(x, 1, nearSinh, (size) => {
    const e = exp(size, -1);
    return e.sub(Vector.of(x.scalar, 0.25).div(e));
  });
}

export function cosh(x: Vector): Vector {
  const e = exp(x.abs(), -1);
  return e.add(Vector.of(x.scalar, 0.25).div(e));
}

/** (2 / (e^x + e^-x))^2, without overflow. */
export function sechSquare(x: Vector): Vector {
  const e = exp(x.abs().neg());
  const root = e.add(e).div(e.mul(e).add(1));
  return root.mul(root);
}
