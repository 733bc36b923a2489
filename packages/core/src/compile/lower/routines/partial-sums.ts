import type { Code, Local } from "../../../wasm/encoder.js";
import { increase, repeat } from "../../../wasm/loops.js";
import { align, partialTerms } from "../../../wasm/simd.js";
import { zeroFill } from "./zeros.js";

/** Bytes for the counters, and for a double for each element. */
export const partialBytes = (counters: number, size: number): number => align(4 * counters) + 8 * size;

/**
 * Sums of float32 in a target that grow term by term in any order: a counter says how many terms have come, and what has been
 * added up by then is put away in doubles before it is too many. (As `addRows` does it.)
 */
export class PartialSums {
  private readonly code: Code;
  private readonly counts: number;
  private readonly carried: number;
  private readonly target: number;
  private readonly size: number;
  private readonly isCarried: Local;

  constructor(code: Code, scratch: number, counters: number, target: number, size: number) {
    this.code = code;
    this.counts = scratch;
    this.carried = scratch + align(4 * counters);
    this.target = target;
    this.size = size;
    this.isCarried = code.local("i32");
    zeroFill(code, scratch, 4 * counters);
    code.i32(0).set(this.isCarried);
  }

  /** To be called before something is added to the `n` elements at `to`; `pushOffset` pushes the offset of their counter. */
  count(pushOffset: () => void, to: Local, n: number): void {
    const { code, counts } = this;
    const [at, count] = [code.local("i32"), code.local("i32")];
    pushOffset();
    code.tee(at).memory("i32.load", counts).tee(count).i32(partialTerms).op("i32.ge_u");
    code.if(() => {
      this.carry(to, n);
      code.i32(0).set(count);
    });
    code.get(at).get(count).i32(1).op("i32.add").memory("i32.store", counts);
  }

  private carry(to: Local, n: number): void {
    const { code, carried, target, size, isCarried } = this;
    const [from, at] = [code.local("i32"), code.local("i32")];
    code.get(isCarried).op("i32.eqz");
    code.if(() => {
      zeroFill(code, carried, 8 * size);
      code.i32(1).set(isCarried);
    });
    code.get(to).set(from).get(to).i32(target).op("i32.sub").i32(1).op("i32.shl").set(at);
    repeat(code, n, () => {
      code.get(at).get(at).memory("f64.load", carried);
      code.get(from).memory("f32.load").op("f64.promote_f32").op("f64.add").memory("f64.store", carried);
      code.get(from).f32(0).memory("f32.store");
      increase(code, from, 4);
      increase(code, at, 8);
    });
  }

  /** Adds to the target what has been put away. */
  finish(): void {
    const { code, carried, target, size, isCarried } = this;
    code.get(isCarried).if(() => {
      const [to, at] = [code.local("i32"), code.local("i32")];
      code.i32(target).set(to).i32(0).set(at);
      repeat(code, size, () => {
        code.get(to).get(at).memory("f64.load", carried);
        code.get(to).memory("f32.load").op("f64.promote_f32").op("f64.add").op("f32.demote_f64").memory("f32.store");
        increase(code, to, 4);
        increase(code, at, 8);
      });
    });
  }
}
