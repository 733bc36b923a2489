import type { Code, Func, Local } from "../../wasm/encoder.js";
import { type Buffer, elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { Body, Copy, RepeatKernel } from "../ir/kernel.js";

/** Appends a loop around a body; `call` runs that once, and may give the number of a failure. */
export function emitRepeat(
  { length, reverse, body, enter, rowsIn, carriesOut, rowsOut, leave }: RepeatKernel,
  call: { readonly func: Func; readonly mayStop: boolean },
  { code, address }: KernelCode,
): void {
  const whole = ({ from, to }: Copy) =>
    copy(code, { local: null, offset: address(from) }, { local: null, offset: address(to) }, bytesOf(to));
  enter.forEach(whole);
  if (length > 0) {
    enterDraws(code, body, address);
    const row = code.local("i32");
    const at = code.local("i32");
    const failure = code.local("i32");
    /** Of a buffer that has a row for each step, the one of this step. */
    const rowOf = (buffer: Buffer, bytes: number): Place => {
      code.get(row).i32(bytes).op("i32.mul").i32(address(buffer)).op("i32.add").set(at);
      return { local: at, offset: 0 };
    };
    const here = (buffer: Buffer): Place => ({ local: null, offset: address(buffer) });
    const out = ({ from, to }: Copy) => copy(code, here(from), rowOf(to, bytesOf(from)), bytesOf(from));
    code.set(row, reverse ? length - 1 : 0);
    code.loop((start) => {
      for (const { from, to } of rowsIn) copy(code, rowOf(from, bytesOf(to)), here(to), bytesOf(to));
      carriesOut.forEach(out);
      code.call(call.func);
      if (call.mayStop) code.tee(failure).if(() => code.get(failure).op("return"));
      rowsOut.forEach(out);
      for (const { to, blocks } of body.draws) advance(code, address(to), blocks);
      code
        .get(row)
        .i32(reverse ? -1 : 1)
        .op("i32.add")
        .tee(row);
      code
        .i32(reverse ? -1 : length)
        .op("i32.ne")
        .branchIf(start);
    });
  }
  leave.forEach(whole);
}

/** An address: that in a local, if there is one, plus a constant. */
interface Place {
  readonly local: Local | null;
  readonly offset: number;
}

const bytesOf = ({ dtype, size }: Buffer) => size * elementBytes[dtype];

/** Up to how many bytes are copied by instructions of their own; the engine's copy has to be called. */
const mostCopied = 256;

function copy(code: Code, from: Place, to: Place, bytes: number): void {
  const push = ({ local, offset }: Place) => {
    if (local === null) code.i32(offset);
    else code.get(local);
  };
  if (bytes > mostCopied) {
    push(to);
    push(from);
    code.i32(bytes).memoryCopy();
    return;
  }
  let at = 0;
  const step = (
    size: number,
    load: "v128.load" | "i64.load" | "i32.load" | "i32.load8_u",
    store: "v128.store" | "i64.store" | "i32.store" | "i32.store8",
  ) => {
    for (; at + size <= bytes; at += size) {
      push(to);
      push(from);
      code.memory(load, at).memory(store, at);
    }
  };
  step(16, "v128.load", "v128.store");
  step(8, "i64.load", "i64.store");
  step(4, "i32.load", "i32.store");
  step(1, "i32.load8_u", "i32.store8");
}

/** The state of each generator of a body, as the first step finds it: see `generatorBuffer`. */
function enterDraws(code: Code, { draws }: Body, address: (buffer: Buffer) => number): void {
  for (const { from, to, start } of draws) {
    copy(code, { local: null, offset: address(from) }, { local: null, offset: address(to) }, 24);
    advance(code, address(to), start);
  }
}

/** Moves the state of a generator on. */
function advance(code: Code, state: number, blocks: number): void {
  if (blocks === 0) return;
  code.i32(state).i32(state).memory("i64.load", 16).i64(BigInt(blocks)).op("i64.add").memory("i64.store", 16);
}
