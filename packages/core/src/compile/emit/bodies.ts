import type { Code, Func, Local } from "../../wasm/encoder.js";
import { type Buffer, elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { Body, BranchKernel, CallKernel, Copy, RepeatKernel } from "../ir/kernel.js";

/** A function of a kernel or a body, and whether it gives the number of a failure that the program stops with, or 0. */
export interface Call {
  readonly func: Func;
  /** What it is called with. */
  readonly args: readonly number[];
  readonly mayStop: boolean;
}

export function callWith(code: Code, { func, args }: Call): void {
  for (const arg of args) code.i32(arg);
  code.call(func);
}

/** Appends a loop around a body. */
export function emitRepeat(
  kernel: RepeatKernel,
  call: { readonly body: Call; readonly test: Call | null },
  { code, address }: KernelCode,
): void {
  const { length, reverse, body, test, count, counted, enter, rowsIn, carriesOut, rowsOut, leave } = kernel;
  const here = (buffer: Buffer): Place => ({ local: null, offset: address(buffer) });
  const whole = ({ from, to }: Copy) => copy(code, here(from), here(to), bytesOf(to));
  enter.forEach(whole);
  enterDraws(code, body, address);
  const at = code.local("i32");
  /** The number of the row, and of the first one that is none. */
  const row = code.local("i32");
  const end = code.local("i32");
  /** Of a buffer that has a row for each step, the one of this step. */
  const rowOf = (buffer: Buffer, bytes: number): Place => {
    code.get(row).i32(bytes).op("i32.mul").i32(address(buffer)).op("i32.add").set(at);
    return { local: at, offset: 0 };
  };
  const out = ({ from, to }: Copy) => copy(code, here(from), rowOf(to, bytesOf(from)), bytesOf(from));
  if (count === null) code.i32(length < Number.POSITIVE_INFINITY ? length : -1);
  else code.i32(address(count)).memory("i32.load");
  if (reverse) code.i32(1).op("i32.sub").set(row).set(end, -1);
  else code.set(end);
  code.block((done) => {
    code.loop((start) => {
      if (test !== null && call.test !== null) {
        emitCall(code, call.test);
        code.i32(address(test.result)).memory("i32.load8_u").op("i32.eqz").branchIf(done);
        code.get(row).get(end).op("i32.eq");
        code.if(() => code.i32(test.failure).op("return"));
      } else code.get(row).get(end).op("i32.eq").branchIf(done);
      for (const { from, to } of rowsIn) copy(code, rowOf(from, bytesOf(to)), here(to), bytesOf(to));
      carriesOut.forEach(out);
      emitCall(code, call.body);
      rowsOut.forEach(out);
      for (const { to, blocks } of body.draws) advance(code, address(to), blocks);
      code
        .get(row)
        .i32(reverse ? -1 : 1)
        .op("i32.add")
        .set(row)
        .branch(start);
    });
  });
  if (counted !== null) code.i32(address(counted)).get(row).memory("i32.store");
  leave.forEach(whole);
}

/** Appends a choice among bodies. */
export function emitBranch(
  { index, branches }: BranchKernel,
  calls: readonly Call[],
  { code, address }: KernelCode,
): void {
  branches.forEach(({ body, leave }, i) => {
    code.i32(address(index)).memory("i32.load").i32(i).op("i32.eq");
    code.if(() => {
      enterDraws(code, body, address);
      emitCall(code, calls[i] as Call);
      for (const { from, to } of leave) {
        copy(code, { local: null, offset: address(from) }, { local: null, offset: address(to) }, bytesOf(to));
      }
    });
  });
}

/** Appends a call of a body that others call as well. */
export function emitCallKernel({ body, enter, leave }: CallKernel, call: Call, { code, address }: KernelCode): void {
  const whole = ({ from, to }: Copy) =>
    copy(code, { local: null, offset: address(from) }, { local: null, offset: address(to) }, bytesOf(to));
  enter.forEach(whole);
  enterDraws(code, body, address);
  emitCall(code, call);
  leave.forEach(whole);
}

function emitCall(code: Code, call: Call): void {
  callWith(code, call);
  if (!call.mayStop) return;
  const failure = code.local("i32");
  code.tee(failure).if(() => code.get(failure).op("return"));
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
