import type { Code, Local } from "./encoder.js";
import { increase, repeat } from "./loops.js";
import { lanesOf, type Scalar, scalarBytes, vectorBytes, vectorOf } from "./simd.js";

/** Vectors that are looked at before the next jump. */
const together = 4;

/** Looks for infinities and NaN in memory. */
export class Finite {
  private readonly code: Code;
  private readonly scalar: Scalar;
  private readonly infinity: Local;
  /** All ones as long as there was none. */
  private readonly finite: Local;

  constructor(code: Code, scalar: Scalar) {
    this.code = code;
    this.scalar = scalar;
    this.infinity = code.local("v128");
    this.finite = code.local("v128");
    code.splat(scalar, Number.POSITIVE_INFINITY).set(this.infinity).splat("i32", -1).set(this.finite);
  }

  /** Appends the look at elements that follow one another; reads nothing behind them. */
  look(from: Local | number, count: number): this {
    const { code, scalar, infinity, finite } = this;
    const [lanes, vector] = [lanesOf[scalar], vectorOf[scalar]];
    const at = code.local("i32");
    (typeof from === "number" ? code.i32(from) : code.get(from)).set(at);
    const vectors = Math.floor(count / lanes);
    const one = (load: "v128.load" | "v128.load32_zero" | "v128.load64_zero", offset: number) => {
      code.get(at).memory(load, offset).op(`${vector}.abs`).get(infinity).op(`${vector}.lt`);
      code.get(finite).op("v128.and").set(finite);
    };
    repeat(code, Math.floor(vectors / together), () => {
      for (let i = 0; i < together; i++) one("v128.load", i * vectorBytes);
      increase(code, at, together * vectorBytes);
    });
    const [size, rest] = [scalarBytes[scalar], count - lanes * vectors];
    for (let i = 0; i < vectors % together; i++) one("v128.load", i * vectorBytes);
    const behind = (vectors % together) * vectorBytes;
    for (let i = 0; i < rest; i++) one(scalar === "f32" ? "v128.load32_zero" : "v128.load64_zero", behind + i * size);
    return this;
  }

  /** Leaves on the stack whether there was none. */
  push(): void {
    this.code.get(this.finite).op("i32x4.all_true");
  }
}
