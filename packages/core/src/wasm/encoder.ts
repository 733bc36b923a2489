/**
 * An encoder for the WebAssembly binary format: functions are written as calls on a {@link Code}, instructions by the
 * names of the specification, branch targets as labels; the module comes out as bytes. It checks nothing that
 * `WebAssembly.validate` checks. https://webassembly.github.io/spec/core/binary/
 */
import { Bytes } from "./bytes.js";
import { Code, type Func } from "./code.js";
import { Local, type ValueType, valueTypes } from "./value.js";

export { Code, type Func } from "./code.js";
export type { MemoryOp, PlainOp } from "./instructions.js";
export { type Local, Value, type ValueType } from "./value.js";

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
  readonly #shared = new Map<string, Func>();

  /** A function; `body` writes it at once, with the parameters as locals. */
  func<const P extends readonly ValueType[]>(
    signature: Signature<P>,
    body: (code: Code, ...params: { readonly [I in keyof P]: Local }) => void,
  ): Func {
    const { name, params, results = [] } = signature;
    const code = new Code(params.length);
    const func = { index: this.#functions.push({ type: this.#type(params, results), code }) - 1 };
    if (name !== undefined) this.#exports.push({ name, index: func.index });
    const locals = params.map((type, index) => new Local(index, type));
    body(code, ...(locals as unknown as { readonly [I in keyof P]: Local }));
    return func;
  }

  /** A function that several parts of the module call, written when the first of them asks for it. Who has many such
   * functions begins their names with a word of its own. */
  shared(name: string, make: (module: this) => Func): Func {
    const known = this.#shared.get(name);
    if (known !== undefined) return known;
    const func = make(this);
    this.#shared.set(name, func);
    return func;
  }

  /** The number of functions so far. */
  get functionCount(): number {
    return this.#functions.length;
  }

  /**
   * The module's bytes; `pages` of 64 KiB is the size that its memory starts with; "imported" takes one from outside.
   */
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
      for (const { code } of this.#functions) code.encode(content);
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
