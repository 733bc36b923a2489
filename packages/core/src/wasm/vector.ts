import type { Code, Func, Local } from "./encoder.js";
import { integersOf, type Scalar, vectorOf } from "./simd.js";

/** What a value's instructions are written with. */
export interface VectorWriter {
  readonly code: Code;
  /** Whether `mulAdd` and `mulSubFrom` may be fused. */
  readonly relaxed: boolean;
  /** Writes the instructions that leave a value on the stack. */
  push(value: Vector): void;
  /** A local for use between the instructions of this value, to be given back. */
  take(): Local;
  give(local: Local): void;
}

/** A number stands for a vector of it in every lane. */
export type VectorOperand = Vector | number;

/**
 * A value of 128 bits that a formula speaks of: methods make new ones, {@link writeVector} turns the last one into
 * instructions.
 */
export class Vector {
  readonly scalar: Scalar;
  readonly operands: readonly Vector[];
  /** Appends the instructions that leave the value on the stack; it pushes each of the operands exactly once. */
  readonly write: (writer: VectorWriter) => void;

  constructor(scalar: Scalar, operands: readonly Vector[], write: (writer: VectorWriter) => void) {
    this.scalar = scalar;
    this.operands = operands;
    this.write = write;
  }

  /** A placeholder for a local that `writeVector` is given. */
  static input(scalar: Scalar): Vector {
    return new Vector(scalar, [], () => {
      throw new Error("an input of a vector formula has no local: name one in the inputs of writeVector");
    });
  }

  /** The same float in every lane. */
  static of(scalar: Scalar, value: number): Vector {
    return new Vector(scalar, [], ({ code }) => code.splat(scalar, value));
  }

  /** The same integer, of the width of `scalar`, in every lane. */
  static bits(scalar: Scalar, value: bigint): Vector {
    return new Vector(scalar, [], ({ code }) => code.splat(scalar === "f32" ? "i32" : "i64", value));
  }

  /** The result of a function of vectors. */
  static call(scalar: Scalar, func: Func, ...operands: readonly Vector[]): Vector {
    return new Vector(scalar, operands, (writer) => {
      for (const operand of operands) writer.push(operand);
      writer.code.call(func);
    });
  }

  add(y: VectorOperand): Vector {
    return this.#float("add", y);
  }

  sub(y: VectorOperand): Vector {
    return this.#float("sub", y);
  }

  mul(y: VectorOperand): Vector {
    return this.#float("mul", y);
  }

  div(y: VectorOperand): Vector {
    return this.#float("div", y);
  }

  neg(): Vector {
    return this.#float("neg");
  }

  abs(): Vector {
    return this.#float("abs");
  }

  sqrt(): Vector {
    return this.#float("sqrt");
  }

  trunc(): Vector {
    return this.#float("trunc");
  }

  /** y where it is less than this, else this: a NaN in this stays one. */
  atMost(y: VectorOperand): Vector {
    return this.#float("pmin", y);
  }

  /** y where it is greater than this, else this: a NaN in this stays one. */
  atLeast(y: VectorOperand): Vector {
    return this.#float("pmax", y);
  }

  /** Comparisons set all bits of a lane, or none. */
  less(y: VectorOperand): Vector {
    return this.#float("lt", y);
  }

  lessEqual(y: VectorOperand): Vector {
    return this.#float("le", y);
  }

  greater(y: VectorOperand): Vector {
    return this.#float("gt", y);
  }

  greaterEqual(y: VectorOperand): Vector {
    return this.#float("ge", y);
  }

  equal(y: VectorOperand): Vector {
    return this.#float("eq", y);
  }

  notEqual(y: VectorOperand): Vector {
    return this.#float("ne", y);
  }

  and(y: VectorOperand): Vector {
    return this.#bits("and", y);
  }

  or(y: VectorOperand): Vector {
    return this.#bits("or", y);
  }

  xor(y: VectorOperand): Vector {
    return this.#bits("xor", y);
  }

  /** The bits of this that y has not. */
  andNot(y: VectorOperand): Vector {
    return this.#bits("andnot", y);
  }

  /** As a mask: x where the bits of this are set, y where they are not. */
  select(x: VectorOperand, y: VectorOperand): Vector {
    const [first, second] = [this.#lift(x), this.#lift(y)];
    return this.#node([first, second, this], (writer) => {
      writer.push(first);
      writer.push(second);
      writer.push(this);
      writer.code.op("v128.bitselect");
    });
  }

  /** this * y + z, rounded once or twice. */
  mulAdd(y: VectorOperand, z: VectorOperand): Vector {
    const [second, third] = [this.#lift(y), this.#lift(z)];
    const float = vectorOf[this.scalar];
    return this.#node([this, second, third], (writer) => {
      writer.push(this);
      writer.push(second);
      if (!writer.relaxed) writer.code.op(`${float}.mul`);
      writer.push(third);
      writer.code.op(writer.relaxed ? `${float}.relaxed_madd` : `${float}.add`);
    });
  }

  /** z - this * y, rounded once or twice. */
  mulSubFrom(y: VectorOperand, z: VectorOperand): Vector {
    const [second, third] = [this.#lift(y), this.#lift(z)];
    const float = vectorOf[this.scalar];
    return this.#node([third, this, second], (writer) => {
      if (!writer.relaxed) writer.push(third);
      writer.push(this);
      writer.push(second);
      if (writer.relaxed) writer.push(third);
      if (writer.relaxed) writer.code.op(`${float}.relaxed_nmadd`);
      else writer.code.op(`${float}.mul`).op(`${float}.sub`);
    });
  }

  /**
   * The sum of coefficients[i] * this^i, by Estrin's scheme: short chains of instructions that wait for one another.
   */
  polynomial(coefficients: readonly number[]): Vector {
    let terms: readonly VectorOperand[] = coefficients;
    let power: Vector = this;
    while (terms.length > 1) {
      const next: VectorOperand[] = [];
      for (let i = 0; i < terms.length; i += 2) {
        const [low = 0, high] = [terms[i], terms[i + 1]];
        next.push(high === undefined ? low : power.mulAdd(high, low));
      }
      terms = next;
      if (terms.length > 1) power = power.mul(power);
    }
    return this.#lift(terms[0] ?? 0);
  }

  /** Sums and shifts of the lanes as integers. */
  addBits(y: Vector): Vector {
    return this.#binary(`${integersOf[this.scalar]}.add`, y);
  }

  subBits(y: Vector): Vector {
    return this.#binary(`${integersOf[this.scalar]}.sub`, y);
  }

  shiftLeft(count: number): Vector {
    return this.#shift(`${integersOf[this.scalar]}.shl`, count);
  }

  shiftRight(count: number): Vector {
    return this.#shift(`${integersOf[this.scalar]}.shr_u`, count);
  }

  /**
   * Half of the signed integer in the last 32 bits of each lane, rounded down; of the bits above no use is to be made.
   */
  halfBits(): Vector {
    // The shift of 64-bit integers that keeps the sign is no single instruction on most machines.
    return this.#shift("i32x4.shr_s", 1);
  }

  /** In the lanes of the mask, the value of `func` of the operands; it is called only if there are such lanes. */
  rescue(mask: Vector, func: Func, ...operands: readonly Vector[]): Vector {
    return this.#node([this, mask, ...operands], (writer) => {
      const { code } = writer;
      for (const value of [this, mask, ...operands]) writer.push(value);
      const values = operands.map(() => writer.take());
      const [where, result] = [writer.take(), writer.take()];
      for (const value of values.toReversed()) code.set(value);
      code.set(where).set(result).get(where).op("v128.any_true");
      code.if(() => {
        for (const value of values) code.get(value);
        code.call(func).get(result).get(where).op("v128.bitselect").set(result);
      });
      code.get(result);
      for (const local of [...values, where, result]) writer.give(local);
    });
  }

  #float(
    name:
      | ("add" | "sub" | "mul" | "div" | "neg" | "abs" | "sqrt" | "trunc" | "pmin" | "pmax")
      | ("lt" | "le" | "gt" | "ge" | "eq" | "ne"),
    ...operands: readonly VectorOperand[]
  ): Vector {
    const values = [this, ...operands.map((operand) => this.#lift(operand))];
    return this.#node(values, (writer) => {
      for (const value of values) writer.push(value);
      writer.code.op(`${vectorOf[this.scalar]}.${name}`);
    });
  }

  #bits(name: "and" | "or" | "xor" | "andnot", y: VectorOperand): Vector {
    return this.#binary(`v128.${name}`, this.#lift(y));
  }

  #binary(op: Parameters<Code["op"]>[0], y: Vector): Vector {
    return this.#node([this, y], (writer) => {
      writer.push(this);
      writer.push(y);
      writer.code.op(op);
    });
  }

  #shift(op: Parameters<Code["op"]>[0], count: number): Vector {
    return this.#node([this], (writer) => {
      writer.push(this);
      writer.code.i32(count).op(op);
    });
  }

  #node(operands: readonly Vector[], write: (writer: VectorWriter) => void): Vector {
    return new Vector(this.scalar, operands, write);
  }

  #lift(value: VectorOperand): Vector {
    return typeof value === "number" ? Vector.of(this.scalar, value) : value;
  }
}
