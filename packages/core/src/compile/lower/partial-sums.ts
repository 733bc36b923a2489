import type { Code, Local, Value } from "../../wasm/encoder.js";
import { increase, locals, repeat } from "../../wasm/loops.js";
import { align, partialTerms } from "../../wasm/simd.js";
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
    code.set(this.isCarried, 0);
  }

  /** To be called before something is added to the `n` elements at `to`; `counter` is the offset of their counter. */
  count(counter: Value, to: Local, n: number): void {
    const { code, counts } = this;
    const [at, count] = locals(code, "i32", 2);
    code.set(at, counter).set(count, at.load("i32.load", counts));
    code.get(count.notBelow(partialTerms)).if(() => {
      this.carry(to, n);
      code.set(count, 0);
    });
    code.store("i32.store", at, count.add(1), counts);
  }

  private carry(to: Local, n: number): void {
    const { code, carried, target, size, isCarried } = this;
    const [from, at] = locals(code, "i32", 2);
    code.get(isCarried.not()).if(() => {
      zeroFill(code, carried, 8 * size);
      code.set(isCarried, 1);
    });
    code.set(from, to).set(at, to.sub(target).shiftLeft(1));
    repeat(code, n, () => {
      code.store("f64.store", at, sumAt(at, carried, from), carried);
      code.get(from).f32(0).memory("f32.store");
      increase(code, from, 4);
      increase(code, at, 8);
    });
  }

  /** Adds to the target what has been put away. */
  finish(): void {
    const { code, carried, target, size, isCarried } = this;
    code.get(isCarried).if(() => {
      const [to, at] = locals(code, "i32", 2);
      code.set(to, target).set(at, 0);
      repeat(code, size, () => {
        code.store("f32.store", to, sumAt(at, carried, to).op("f32.demote_f64"));
        increase(code, to, 4);
        increase(code, at, 8);
      });
    });
  }
}

/** A double that has been put away, and the element that has grown since. */
const sumAt = (at: Value, carried: number, element: Value): Value =>
  at.load("f64.load", carried).add(element.load("f32.load").op("f64.promote_f32"));
