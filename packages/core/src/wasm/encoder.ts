/**
 * An encoder for the WebAssembly binary format: functions are written as calls on a {@link Code}, instructions by the
 * names of the specification, branch targets as labels; the module comes out as bytes. It checks nothing that
 * `WebAssembly.validate` checks. https://webassembly.github.io/spec/core/binary/
 */
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

export type { MemoryOp, PlainOp } from "./instructions.js";

const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** Bytes that are appended to: code may be megabytes long. */
class Bytes {
  #array = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#array.length) this.#grow(1);
    this.#array[this.length++] = value;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer: the last byte's bit 6 is the sign. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  /** A name is UTF-8 in the format; the names here are ASCII. */
  name(text: string): void {
    this.unsigned(text.length);
    for (const c of text) this.byte(c.charCodeAt(0));
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#array.length) this.#grow(bytes.length);
    this.#array.set(bytes, this.length);
    this.length += bytes.length;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#array.subarray(0, this.length);
  }

  #grow(by: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#array.length, this.length + by));
    grown.set(this.#array);
    this.#array = grown;
  }
}

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

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
    return { index: this.#params + this.#locals.push(type) - 1, type };
  }

  op(name: PlainOp): this {
    return this.#number(plain[name]);
  }

  get(local: Local): this {
    return this.#indexed(0x20, local.index);
  }

  set(local: Local): this {
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

  branchIf(to: Label): this {
    return this.#indexed(0x0d, this.#depth - to.depth);
  }

  /** The entry of the code section. */
  encode(): Uint8Array<ArrayBuffer> {
    const body = new Bytes();
    const runs = runsOf(this.#locals);
    body.unsigned(runs.length);
    for (const [type, count] of runs) {
      body.unsigned(count);
      body.byte(valueTypes[type]);
    }
    body.append(this.#bytes.view());
    body.byte(0x0b);
    const entry = new Bytes();
    entry.unsigned(body.length);
    entry.append(body.view());
    return entry.view();
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

interface Signature<P extends readonly ValueType[]> {
  /** With a name the function is exported. */
  readonly name?: string;
  readonly params: P;
  readonly results?: readonly ValueType[];
}

/** A module with one memory and functions. The memory is its own, exported as `memory`, or imported as `env.memory`. */
export class Module {
  readonly #types: Uint8Array[] = [];
  readonly #typeIndex = new Map<string, number>();
  readonly #functions: { readonly type: number; readonly code: Code }[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];

  /** A function; `body` writes it at once, with the parameters as locals. */
  func<const P extends readonly ValueType[]>(
    signature: Signature<P>,
    body: (code: Code, ...params: { readonly [I in keyof P]: Local }) => void,
  ): Func {
    const { name, params, results = [] } = signature;
    const code = new Code(params.length);
    const func = { index: this.#functions.push({ type: this.#type(params, results), code }) - 1 };
    if (name !== undefined) this.#exports.push({ name, index: func.index });
    const locals = params.map((type, index): Local => ({ index, type }));
    body(code, ...(locals as unknown as { readonly [I in keyof P]: Local }));
    return func;
  }

  /** The number of functions so far. */
  get functionCount(): number {
    return this.#functions.length;
  }

  /** The module's bytes; `pages` of 64 KiB is the size that its memory starts with; "imported" takes one from outside. */
  encode(pages: number | "imported" = 0): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    for (const byte of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) out.byte(byte);
    const section = (id: number, count: number, write: (content: Bytes) => void) => {
      const content = new Bytes();
      content.unsigned(count);
      write(content);
      out.byte(id);
      out.unsigned(content.length);
      out.append(content.view());
    };
    section(1, this.#types.length, (content) => {
      for (const type of this.#types) content.append(type);
    });
    if (pages === "imported") {
      section(2, 1, (content) => {
        content.name("env");
        content.name("memory");
        content.byte(0x02);
        content.byte(0x00);
        content.unsigned(0);
      });
    }
    section(3, this.#functions.length, (content) => {
      for (const { type } of this.#functions) content.unsigned(type);
    });
    if (pages !== "imported") {
      section(5, 1, (content) => {
        content.byte(0x00);
        content.unsigned(pages);
      });
    }
    section(7, this.#exports.length + (pages === "imported" ? 0 : 1), (content) => {
      if (pages !== "imported") {
        content.name("memory");
        content.byte(0x02);
        content.byte(0x00);
      }
      for (const { name, index } of this.#exports) {
        content.name(name);
        content.byte(0x00);
        content.unsigned(index);
      }
    });
    section(10, this.#functions.length, (content) => {
      for (const { code } of this.#functions) content.append(code.encode());
    });
    return out.view();
  }

  #type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#typeIndex.get(key);
    if (known !== undefined) return known;
    const bytes = new Bytes();
    bytes.byte(0x60);
    for (const types of [params, results]) {
      bytes.unsigned(types.length);
      for (const type of types) bytes.byte(valueTypes[type]);
    }
    const index = this.#types.push(bytes.view()) - 1;
    this.#typeIndex.set(key, index);
    return index;
  }
}
