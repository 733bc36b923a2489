import type { Code, Func, Local, Module } from "../../wasm/encoder.js";

/** Appends a loop that runs `body` a constant number of times. */
export function repeat(code: Code, count: number, body: () => void): void {
  if (count <= 0) return;
  if (count === 1) {
    body();
    return;
  }
  const left = code.local("i32");
  code.i32(count).set(left);
  code.loop((again) => {
    body();
    code.get(left).i32(1).op("i32.sub").tee(left).branchIf(again);
  });
}

/** Adds a constant to an i32. */
export function advance(code: Code, local: Local, by: number): void {
  if (by !== 0) code.get(local).i32(by).op("i32.add").set(local);
}

/** Replaces the index on the stack, which may count from the end, by one that counts from the front. */
export function countFromFront(code: Code, size: number): void {
  const index = code.local("i32");
  code.tee(index).i32(31).op("i32.shr_s").i32(size).op("i32.and").get(index).op("i32.add");
}

const functions = new WeakMap<Module, Map<string, Func>>();

/** A function that the kernels of a module share, written when the first of them calls it. */
export function shared(module: Module, name: string, make: (module: Module) => Func): Func {
  const known = functions.get(module) ?? new Map<string, Func>();
  functions.set(module, known);
  const func = known.get(name) ?? make(module);
  known.set(name, func);
  return func;
}
