/** The loops and steps that kernels are written with. */
import type { Code, Local } from "./encoder.js";

export const locals = (code: Code, type: Local["type"], count: number): Local[] =>
  Array.from({ length: count }, () => code.local(type));

/** Adds a constant or a local to an i32. */
export function increase(code: Code, local: Local, by: number | Local): void {
  if (by === 0) return;
  code.get(local);
  (typeof by === "number" ? code.i32(by) : code.get(by)).op("i32.add").set(local);
}

/** Runs `body` as many times as `count` says, at least once; `count` ends at zero. */
export function times(code: Code, count: Local, body: () => void): void {
  code.loop((again) => {
    body();
    code.get(count).i32(1).op("i32.sub").tee(count).branchIf(again);
  });
}

/**
 * Runs `body` `count` times, a number known here; without a loop where it is one.
 *
 * @param counter an i32 to count in; a new one by default
 */
export function repeat(code: Code, count: number, body: () => void, counter?: Local): void {
  if (count <= 0) return;
  if (count === 1) {
    body();
    return;
  }
  const left = counter ?? code.local("i32");
  code.i32(count).set(left);
  times(code, left, body);
}
