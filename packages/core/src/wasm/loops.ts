/** The loops and steps that kernels are written with. */
import type { Code, Local, Value } from "./encoder.js";

type Locals<N extends number, L extends Local[] = []> = number extends N
  ? Local[]
  : L["length"] extends N
    ? L
    : Locals<N, [...L, Local]>;

/** So many new locals. */
export const locals = <const N extends number>(code: Code, type: Local["type"], count: N): Locals<N> =>
  Array.from({ length: count }, () => code.local(type)) as unknown as Locals<N>;

/** Adds a constant or a local to an i32. */
export function increase(code: Code, local: Local, by: number | Local): void {
  if (by === 0) return;
  code.set(local, local.add(by));
}

/** Runs `body` as many times as `count` says, at least once; `count` ends at zero. */
export function times(code: Code, count: Local, body: () => void): void {
  code.loop((again) => {
    body();
    code.get(count.sub(1)).tee(count).branchIf(again);
  });
}

/** Runs `body` again and again until the condition holds before it. */
export function until(code: Code, condition: Value, body: () => void): void {
  code.block((done) => {
    code.loop((again) => {
      code.branchIf(done, condition);
      body();
      code.branch(again);
    });
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
  code.set(left, count);
  times(code, left, body);
}
