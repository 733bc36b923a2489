/**
 * An encoder for the WebAssembly binary format: functions are written as calls on a {@link Code}, instructions by the
 * names of the specification, branch targets as labels; the module comes out as bytes. It checks nothing that
 * `WebAssembly.validate` checks. https://webassembly.github.io/spec/core/binary/
 */

const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** Instructions without immediates. Vector instructions are written 0xfd000 + their number of up to twelve bits. */
const plain = {
  return: 0x0f,
  drop: 0x1a,
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_u": 0x49,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_u": 0x6e,
  "i32.and": 0x71,
  "i32.shl": 0x74,
  "f32x4.add": 0xfd0e4,
  "f32x4.mul": 0xfd0e6,
  "f64x2.add": 0xfd0f0,
  "f64x2.mul": 0xfd0f2,
} as const;
export type PlainOp = keyof typeof plain;

/** Loads and stores: number and log2 of the natural alignment in bytes. */
const memory = {
  "i32.load": [0x28, 2],
  "i32.store": [0x36, 2],
  "v128.load": [0xfd000, 4],
  "v128.load32_splat": [0xfd009, 2],
  "v128.load64_splat": [0xfd00a, 3],
  "v128.store": [0xfd00b, 4],
} as const;
export type MemoryOp = keyof typeof memory;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer: the last byte's bit 6 is the sign. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
  return bytes;
}

/** A vector of the binary format: the number of items, then the items. */
function list(items: readonly (readonly number[])[]): number[] {
  const bytes = unsigned(items.length);
  for (const item of items) for (const byte of item) bytes.push(byte);
  return bytes;
}

const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];

/** A name is UTF-8 in the format; the names of exports here are ASCII. */
const nameOf = (text: string): number[] => sized([...text].map((c) => c.charCodeAt(0)));

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

/** The body of one function. Every method appends and returns the same object, so that instructions chain. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #locals: ValueType[] = [];
  readonly #params: number;
  #depth = 0;

  constructor(params: number) {
    this.#params = params;
  }

  /** A new local variable, zero at the start of the function. */
  local(type: ValueType): Local {
    return { index: this.#params + this.#locals.push(type) - 1, type };
  }

  op(name: PlainOp): this {
    return this.#number(plain[name]);
  }

  get(local: Local): this {
    return this.#emit(0x20, ...unsigned(local.index));
  }

  set(local: Local): this {
    return this.#emit(0x21, ...unsigned(local.index));
  }

  tee(local: Local): this {
    return this.#emit(0x22, ...unsigned(local.index));
  }

  i32(value: number): this {
    return this.#emit(0x41, ...signed(value));
  }

  /** A load or store at the address on the stack plus a constant `offset` in bytes. */
  memory(name: MemoryOp, offset = 0): this {
    const [number, align] = memory[name];
    return this.#number(number).#emit(align, ...unsigned(offset));
  }

  /** The sixteen bytes of a vector, each by its index in the 32 of the two on the stack. */
  shuffle(indices: readonly number[]): this {
    return this.#number(0xfd00d).#emit(...indices);
  }

  call(func: Func): this {
    return this.#emit(0x10, ...unsigned(func.index));
  }

  /** A branch to the label starts the body again; without one it runs once. */
  loop(body: (start: Label) => void): this {
    return this.#nest(0x03, body);
  }

  /** A branch to the label leaves the body. */
  block(body: (end: Label) => void): this {
    return this.#nest(0x02, body);
  }

  /** Runs the body when the i32 on the stack is not zero. */
  if(body: (end: Label) => void): this {
    return this.#nest(0x04, body);
  }

  branch(to: Label): this {
    return this.#emit(0x0c, ...unsigned(this.#depth - to.depth));
  }

  branchIf(to: Label): this {
    return this.#emit(0x0d, ...unsigned(this.#depth - to.depth));
  }

  /** The entry of the code section. */
  encode(): number[] {
    const locals = this.#locals.map((type) => [1, valueTypes[type]]);
    return sized([...list(locals), ...this.#bytes, 0x0b]);
  }

  #emit(...bytes: readonly number[]): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  #number(op: number): this {
    return op > 0xff ? this.#emit(op >> 12, ...unsigned(op & 0xfff)) : this.#emit(op);
  }

  #nest(op: number, body: (label: Label) => void): this {
    this.#emit(op, emptyBlockType);
    this.#depth += 1;
    body({ depth: this.#depth });
    this.#depth -= 1;
    return this.#emit(0x0b);
  }
}

/** A module with one memory, exported as `memory`, and functions. */
export class Module {
  readonly #types: number[][] = [];
  readonly #typeIndex = new Map<string, number>();
  readonly #functions: { readonly type: number; readonly code: Code }[] = [];
  readonly #exports: number[][] = [];

  /** A function; `body` writes it at once, with the parameters as locals. With a `name` it is exported. */
  func<const P extends readonly ValueType[]>(
    signature: { readonly name?: string; readonly params: P; readonly results?: readonly ValueType[] },
    body: (code: Code, ...params: { readonly [I in keyof P]: Local }) => void,
  ): Func {
    const { name, params, results = [] } = signature;
    const code = new Code(params.length);
    const func = { index: this.#functions.push({ type: this.#type(params, results), code }) - 1 };
    if (name !== undefined) this.#exports.push([...nameOf(name), 0x00, ...unsigned(func.index)]);
    const locals = params.map((type, index): Local => ({ index, type }));
    body(code, ...(locals as unknown as { readonly [I in keyof P]: Local }));
    return func;
  }

  /** The module's bytes; `pages` of 64 KiB is the size that its memory starts with. */
  encode(pages = 0): Uint8Array<ArrayBuffer> {
    const section = (id: number, content: readonly number[]) => [id, ...sized(content)];
    const memoryExport = [...nameOf("memory"), 0x02, 0x00];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, list(this.#types)),
      ...section(3, list(this.#functions.map((f) => unsigned(f.type)))),
      ...section(5, list([[0x00, ...unsigned(pages)]])),
      ...section(7, list([memoryExport, ...this.#exports])),
      ...section(10, list(this.#functions.map((f) => f.code.encode()))),
    ]);
  }

  #type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const encode = (types: readonly ValueType[]) => list(types.map((type) => [valueTypes[type]]));
    const bytes = [0x60, ...encode(params), ...encode(results)];
    const key = bytes.join();
    const index = this.#typeIndex.get(key) ?? this.#types.push(bytes) - 1;
    this.#typeIndex.set(key, index);
    return index;
  }
}
