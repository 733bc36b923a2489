import { type MemoryOp, type PlainOp, plain } from "./instructions.js";

/** The types of values, by their bytes in the format. */
export const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** What formulas are written into: a function's `Code`. */
interface Writer {
  get(value: Value): this;
  op(name: PlainOp): this;
  memory(name: MemoryOp, offset?: number): this;
  i32(value: number): this;
  i64(value: bigint): this;
  f32(value: number): this;
  f64(value: number): this;
}

/** A number stands for a constant of the other operand's type. */
export type ValueOperand = Value | number | bigint;

/** A scalar, or an address, that a formula speaks of; `Code.get` writes the instructions that leave it on the stack. */
export class Value {
  readonly type: ValueType;
  readonly write: (code: Writer) => void;

  constructor(type: ValueType, write: (code: Writer) => void) {
    this.type = type;
    this.write = write;
  }

  static i32(value: number): Value {
    return constant("i32", value);
  }

  add(y: ValueOperand): Value {
    return y === 0 && this.#isInteger ? this : this.#binary("add", y);
  }

  sub(y: ValueOperand): Value {
    return this.#binary("sub", y);
  }

  mul(y: ValueOperand): Value {
    return this.#binary("mul", y);
  }

  and(y: ValueOperand): Value {
    return this.#binary("and", y);
  }

  or(y: ValueOperand): Value {
    return this.#binary("or", y);
  }

  xor(y: ValueOperand): Value {
    return this.#binary("xor", y);
  }

  shiftLeft(count: ValueOperand): Value {
    return this.#binary("shl", count);
  }

  /** With zeros, or with copies of the sign, in the place of the bits that go. */
  shiftRight(count: ValueOperand): Value {
    return this.#binary("shr_u", count);
  }

  shiftRightSigned(count: ValueOperand): Value {
    return this.#binary("shr_s", count);
  }

  equal(y: ValueOperand): Value {
    return this.#binary("eq", y);
  }

  notEqual(y: ValueOperand): Value {
    return this.#binary("ne", y);
  }

  /** Comparisons of integers with their signs. */
  less(y: ValueOperand): Value {
    return this.#binary(this.#isInteger ? "lt_s" : "lt", y);
  }

  greater(y: ValueOperand): Value {
    return this.#binary(this.#isInteger ? "gt_s" : "gt", y);
  }

  /** Comparisons of integers without signs, as of addresses. */
  below(y: ValueOperand): Value {
    return this.#binary("lt_u", y);
  }

  above(y: ValueOperand): Value {
    return this.#binary("gt_u", y);
  }

  notBelow(y: ValueOperand): Value {
    return this.#binary("ge_u", y);
  }

  notAbove(y: ValueOperand): Value {
    return this.#binary("le_u", y);
  }

  not(): Value {
    return this.op("i32.eqz");
  }

  /** As a truth value: x, or y where it is 0. */
  select(x: Value, y: ValueOperand): Value {
    return new Value(x.type, (code) => code.get(x).get(lift(x.type, y)).get(this).op("select"));
  }

  /** What stands at this address plus a constant. */
  load(op: MemoryOp, offset = 0): Value {
    return new Value(typeIn(op), (code) => code.get(this).memory(op, offset));
  }

  /** Any other instruction on it, and on what else that takes. */
  op(name: PlainOp, ...others: readonly Value[]): Value {
    return new Value(typeIn(name), (code) => {
      code.get(this);
      for (const other of others) code.get(other);
      code.op(name);
    });
  }

  get #isInteger(): boolean {
    return this.type === "i32" || this.type === "i64";
  }

  #binary(name: string, y: ValueOperand): Value {
    const op = `${this.type}.${name}`;
    if (!isPlain(op)) throw new Error(`there is no instruction ${op}`);
    const made = this.op(op, typeof y === "object" ? y : constant(this.type, y));
    return /\.(eq|ne|[lg][te])/.test(op) ? new Value("i32", made.write) : made;
  }
}

const isPlain = (op: string): op is PlainOp => op in plain;

/** The type of what an instruction leaves: `f64x2.add` a vector. */
function typeIn(op: string): ValueType {
  const type = op.slice(0, op.indexOf("."));
  return type in valueTypes ? (type as ValueType) : "v128";
}

function constant(type: ValueType, value: number | bigint): Value {
  if (type === "v128") throw new Error("a number is no vector");
  return new Value(type, (code) => (type === "i64" ? code.i64(BigInt(value)) : code[type](Number(value))));
}

/** Numbers as constants of a type. */
export const lift = (type: ValueType, value: ValueOperand): Value =>
  typeof value === "object" ? value : constant(type, value);

/** A variable of a function. */
export class Local extends Value {
  readonly index: number;

  constructor(index: number, type: ValueType) {
    super(type, (code) => code.get(this));
    this.index = index;
  }
}
