import type { Code, Func, Local, Module } from "../encoder.js";
import { firstHalves, halvesSwapped, type Scalar } from "../simd.js";
import { Vector } from "../vector.js";
import { applyVector, writeVector } from "../vector-writer.js";
import { erf, erfc, erfcx } from "./erf.js";
import { exp, expm1, sigmoid } from "./exp.js";
import { sign } from "./format.js";
import { cosh, sechSquare, sinh, tanh } from "./hyperbolic.js";
import { hypot } from "./hypot.js";
import { acos, acosh, asin, asinh, atan, atan2, atanh } from "./inverse.js";
import { arityOf, type Call, type MathName } from "./library.js";
import { log, log1p } from "./log.js";
import { pow } from "./pow.js";
import { generalRemainder, mod } from "./remainder.js";
import { hugeTrigonometric, type Trigonometric, trigonometric } from "./trigonometric.js";

export { arityOf, type MathName, mathNames } from "./library.js";

type Formula = (call: Call, x: Vector, y: Vector) => Vector;

/** That of the scalar arithmetic: up to here 1 - z has lost no more than five bits. */
const nearOne = 31 / 32;

/** Those that a loop's body contains; the others are functions that it calls. */
const inlined: Readonly<Record<Scalar, ReadonlySet<MathName>>> = {
  f32: new Set(["exp", "log", "tanh", "sigmoid", "sin", "cos", "sign", "sigmoidSlope", "tanhSlope"]),
  f64: new Set(["exp", "log", "sign", "sigmoidSlope", "tanhSlope"]),
};

const formulas: Readonly<Record<Exclude<MathName, Trigonometric | "mod" | "sigmoidSlope" | "tanhSlope">, Formula>> = {
  exp: (_, x) => exp(x),
  expm1: (_, x) => expm1(x),
  log: (_, x) => log(x),
  log1p: (_, x) => log1p(x),
  asin: (_, x) => asin(x),
  acos: (_, x) => acos(x),
  atan: (_, x) => atan(x),
  sinh: (_, x) => sinh(x),
  cosh: (_, x) => cosh(x),
  tanh: (_, x) => tanh(x),
  asinh: (call, x) => asinh(x, call),
  acosh: (call, x) => acosh(x, call),
  atanh: (call, x) => atanh(x, call),
  sigmoid: (_, x) => sigmoid(x),
  sign: (_, x) => sign(x),
  erf: (_, x) => erf(x),
  erfc: (_, x) => erfc(x),
  erfcx: (_, x) => erfcx(x),
  pow: (_, x, y) => pow(x, y),
  hypot: (_, x, y) => hypot(x, y),
  atan2: (_, y, x) => atan2(y, x),
};

/**
 * The functions of the scalar arithmetic over vectors of four floats or two doubles, for one module. What is not short
 * is written into the module once, as a function, when it is first needed.
 */
export class VectorMath {
  readonly #module: Module;
  readonly #relaxed: boolean;
  /** Formulas of the inlined ones, made once. */
  readonly #inlined = new Map<string, { readonly inputs: readonly Vector[]; readonly root: Vector }>();

  /** With `relaxed` fused multiply-adds are used: instructions of relaxed SIMD, which not every engine has. */
  constructor(module: Module, options: { readonly relaxed?: boolean } = {}) {
    this.#module = module;
    this.#relaxed = options.relaxed ?? false;
  }

  /**
   * Appends the code that replaces the vector x on top of the stack, or x and above it y, by the function's value. The
   * operands of atan2 are y, then x.
   */
  emit(code: Code, scalar: Scalar, name: MathName): void {
    if (!inlined[scalar].has(name)) {
      code.call(this.#func(scalar, name));
      return;
    }
    const key = `${scalar} ${name}`;
    let known = this.#inlined.get(key);
    if (known === undefined) {
      const [x, y] = [Vector.input(scalar), Vector.input(scalar)];
      known = { inputs: arityOf(name) === 1 ? [x] : [x, y], root: this.#formula(scalar, name, x, y) };
      this.#inlined.set(key, known);
    }
    applyVector(code, known.inputs, known.root, this.#relaxed);
  }

  #func(scalar: Scalar, name: MathName): Func {
    return this.#module.shared(`vector ${scalar} ${name}`, () =>
      scalar === "f32" && !inlined.f32.has(name) ? this.#viaDoubles(name) : this.#direct(scalar, name),
    );
  }

  #direct(scalar: Scalar, name: MathName): Func {
    const [x, y] = [Vector.input(scalar), Vector.input(scalar)];
    const root = this.#formula(scalar, name, x, y);
    const write = (code: Code, inputs: readonly (readonly [Vector, Local])[]) =>
      writeVector(code, root, new Map(inputs), this.#relaxed);
    return arityOf(name) === 1
      ? this.#module.func({ params: ["v128"], results: ["v128"] }, (code, a) => write(code, [[x, a]]))
      : this.#module.func({ params: ["v128", "v128"], results: ["v128"] }, (code, a, b) =>
          write(code, [
            [x, a],
            [y, b],
          ]),
        );
  }

  #formula(scalar: Scalar, name: MathName, x: Vector, y: Vector): Vector {
    switch (name) {
      case "sin":
      case "cos":
      case "tan":
        return trigonometric(
          name,
          x,
          this.#module.shared(`vector ${scalar} huge ${name}`, () => this.#huge(scalar, name)),
        );
      case "mod":
        return mod(
          x,
          y,
          this.#module.shared("vector general remainder", () => generalRemainder(this.#module)),
        );
      // The exponential only where there are lanes that need it.
      case "sigmoidSlope":
        return y.mul(Vector.of(scalar, 1).sub(y)).rescue(y.greaterEqual(nearOne), this.#far(name, scalar), x, y);
      case "tanhSlope":
        return Vector.of(scalar, 1)
          .sub(y)
          .mul(y.add(1))
          .rescue(y.abs().greaterEqual(nearOne), this.#far(name, scalar), x, y);
      default:
        return formulas[name](this.#call, x, y);
    }
  }

  /** The slope of a result z that is nearly 1, as a function of x and z. */
  #far(name: "sigmoidSlope" | "tanhSlope", scalar: Scalar): Func {
    return this.#module.shared(`vector ${scalar} far ${name}`, (module) =>
      module.func({ params: ["v128", "v128"], results: ["v128"] }, (code, a, b) => {
        const [x, z] = [Vector.input(scalar), Vector.input(scalar)];
        const root = name === "tanhSlope" ? sechSquare(x) : z.mul(sigmoid(x.neg()));
        const inputs = name === "tanhSlope" ? [[x, a] as const] : [[x, a] as const, [z, b] as const];
        writeVector(code, root, new Map(inputs), this.#relaxed);
      }),
    );
  }

  /** For floats doubles will do, whose limit is far beyond. */
  #huge(scalar: Scalar, name: Trigonometric): Func {
    return scalar === "f32" ? this.#viaDoubles(name) : hugeTrigonometric(this.#module, name);
  }

  /** The function of floats by way of the one of doubles, half of the lanes at a time. */
  #viaDoubles(name: MathName): Func {
    const double = this.#func("f64", name);
    const low = (code: Code, local: Local) => code.get(local).op("f64x2.promote_low_f32x4");
    const high = (code: Code, local: Local) =>
      code.get(local).get(local).shuffle(halvesSwapped).op("f64x2.promote_low_f32x4");
    const write = (code: Code, ...locals: readonly Local[]) => {
      for (const half of [low, high]) {
        for (const local of locals) half(code, local);
        code.call(double).op("f32x4.demote_f64x2_zero");
      }
      code.shuffle(firstHalves);
    };
    return arityOf(name) === 1
      ? this.#module.func({ params: ["v128"], results: ["v128"] }, write)
      : this.#module.func({ params: ["v128", "v128"], results: ["v128"] }, write);
  }

  readonly #call: Call = (name, ...operands) => Vector.call("f64", this.#func("f64", name), ...operands);
}
