import { Bytes } from "./bytes.js";
import {
  type LaneMemoryOp,
  type LaneOp,
  laneMemory,
  lanes,
  type MemoryOp,
  memory,
  type PlainOp,
  plain,
} from "./instructions.js";
import { Local, lift, type Value, type ValueOperand, type ValueType, valueTypes } from "./value.js";

/** A function of the module that is being written. */
export interface Func {
  readonly index: number;
}

/** A target of branches: the start of a loop, or the end of a block. */
export interface Label {
  readonly depth: number;
}

const emptyBlockType = 0x40;

/** Scratch for the bit patterns of constants. */
const scratch = new DataView(new ArrayBuffer(16));

/** The body of one function. Every method appends and returns the same object, so that instructions chain. */
export class Code {
  readonly #bytes = new Bytes();
  readonly #locals: ValueType[] = [];
  readonly #params: number;
  #depth = 0;

  constructor(params: number) {
    this.#params = params;
  }

  /** The number of bytes written so far. */
  get size(): number {
    return this.#bytes.length;
  }

  /** A new local variable, zero at the start of the function. */
  local(type: ValueType): Local {
    return new Local(this.#params + this.#locals.push(type) - 1, type);
  }

  op(name: PlainOp): this {
    return this.#number(plain[name]);
  }

  /** Leaves a value on the stack. */
  get(value: Value): this {
    if (value instanceof Local) return this.#indexed(0x20, value.index);
    value.write(this);
    return this;
  }

  /** Sets a local to a value, by default the one on the stack. */
  set(local: Local, value?: ValueOperand): this {
    if (value !== undefined) this.get(lift(local.type, value));
    return this.#indexed(0x21, local.index);
  }

  tee(local: Local): this {
    return this.#indexed(0x22, local.index);
  }

  i32(value: number): this {
    this.#bytes.byte(0x41);
    this.#bytes.signed(value);
    return this;
  }

  i64(value: bigint): this {
    this.#bytes.byte(0x42);
    this.#bytes.signed64(value);
    return this;
  }

  f32(value: number): this {
    scratch.setFloat32(0, value, true);
    return this.#constant(0x43, 4);
  }

  f64(value: number): this {
    scratch.setFloat64(0, value, true);
    return this.#constant(0x44, 8);
  }

  /** A vector of the same float or integer in every lane. */
  splat(type: "i32" | "i64" | "f32" | "f64", value: number | bigint): this {
    for (let at = 0; at < 16; at += type === "i32" || type === "f32" ? 4 : 8) {
      if (type === "i32") scratch.setInt32(at, Number(value), true);
      else if (type === "i64") scratch.setBigInt64(at, BigInt(value), true);
      else if (type === "f32") scratch.setFloat32(at, Number(value), true);
      else scratch.setFloat64(at, Number(value), true);
    }
    this.#number(0xfd00c);
    for (let i = 0; i < 16; i++) this.#bytes.byte(scratch.getUint8(i));
    return this;
  }

  /** A vector of sixteen given bytes. */
  v128(bytes: readonly number[]): this {
    this.#number(0xfd00c);
    for (const byte of bytes) this.#bytes.byte(byte);
    return this;
  }

  /** A load or store at the address on the stack plus a constant `offset` in bytes. */
  memory(name: MemoryOp, offset = 0): this {
    const [number, align] = memory[name];
    return this.#access(number, align, offset);
  }

  /** Stores a value at an address plus a constant. */
  store(name: MemoryOp, address: Value, value: Value, offset = 0): this {
    return this.get(address).get(value).memory(name, offset);
  }

  /** A load or store of one lane: the address lies on the stack, above it the vector. */
  laneMemory(name: LaneMemoryOp, lane: number, offset = 0): this {
    const [number, align] = laneMemory[name];
    this.#access(number, align, offset);
    this.#bytes.byte(lane);
    return this;
  }

  lane(name: LaneOp, lane: number): this {
    this.#number(lanes[name]);
    this.#bytes.byte(lane);
    return this;
  }

  /** The sixteen bytes of a vector, each by its index in the 32 of the two on the stack. */
  shuffle(indices: readonly number[]): this {
    this.#number(0xfd00d);
    for (const index of indices) this.#bytes.byte(index);
    return this;
  }

  /** Copies memory: on the stack are the target, the source and the number of bytes. */
  memoryCopy(): this {
    return this.#raw(0xfc, 0x0a, 0x00, 0x00);
  }

  /** Fills memory: on the stack are the target, the byte and the number of bytes. */
  memoryFill(): this {
    return this.#raw(0xfc, 0x0b, 0x00);
  }

  call(func: Func): this {
    return this.#indexed(0x10, func.index);
  }

  /** A branch to the label starts the body again; without one it runs once. */
  loop(body: (start: Label) => void): this {
    return this.#nest(0x03, body);
  }

  /** A branch to the label leaves the body. */
  block(body: (end: Label) => void): this {
    return this.#nest(0x02, body);
  }

  /** Runs the body when the i32 on the stack is not zero, else the other. */
  if(body: (end: Label) => void, otherwise?: (end: Label) => void): this {
    this.#raw(0x04, emptyBlockType);
    this.#depth += 1;
    const label = { depth: this.#depth };
    body(label);
    if (otherwise !== undefined) {
      this.#bytes.byte(0x05);
      otherwise(label);
    }
    this.#depth -= 1;
    return this.#raw(0x0b);
  }

  branch(to: Label): this {
    return this.#indexed(0x0c, this.#depth - to.depth);
  }

  /** Branches where a condition, by default the one on the stack, is not zero. */
  branchIf(to: Label, condition?: Value): this {
    if (condition !== undefined) this.get(condition);
    return this.#indexed(0x0d, this.#depth - to.depth);
  }

  /** Appends the entry of the code section. */
  encode(to: Bytes): void {
    const head = new Bytes();
    const runs = runsOf(this.#locals);
    head.unsigned(runs.length);
    for (const [type, count] of runs) {
      head.unsigned(count);
      head.byte(valueTypes[type]);
    }
    to.unsigned(head.length + this.#bytes.length + 1);
    to.append(head.view());
    to.append(this.#bytes.view());
    to.byte(0x0b);
  }

  #raw(...bytes: readonly number[]): this {
    for (const byte of bytes) this.#bytes.byte(byte);
    return this;
  }

  #indexed(op: number, index: number): this {
    this.#bytes.byte(op);
    this.#bytes.unsigned(index);
    return this;
  }

  #constant(op: number, size: number): this {
    this.#bytes.byte(op);
    for (let i = 0; i < size; i++) this.#bytes.byte(scratch.getUint8(i));
    return this;
  }

  #access(number: number, align: number, offset: number): this {
    this.#number(number);
    this.#bytes.byte(align);
    this.#bytes.unsigned(offset);
    return this;
  }

  #number(op: number): this {
    if (op <= 0xff) this.#bytes.byte(op);
    else {
      this.#bytes.byte(op >> 12);
      this.#bytes.unsigned(op & 0xfff);
    }
    return this;
  }

  #nest(op: number, body: (label: Label) => void): this {
    this.#raw(op, emptyBlockType);
    this.#depth += 1;
    body({ depth: this.#depth });
    this.#depth -= 1;
    return this.#raw(0x0b);
  }
}

/** Neighbours of one type together: the format counts locals so. */
function runsOf(types: readonly ValueType[]): readonly (readonly [ValueType, number])[] {
  const runs: [ValueType, number][] = [];
  for (const type of types) {
    const last = runs[runs.length - 1];
    if (last?.[0] === type) last[1] += 1;
    else runs.push([type, 1]);
  }
  return runs;
}
