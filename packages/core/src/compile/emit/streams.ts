import type { Code, Local } from "../../wasm/encoder.js";
import { increase } from "../../wasm/loops.js";
import { type Buffer, elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { Affine } from "../ir/expression.js";
import type { Nest } from "./nest.js";

interface Counter {
  /** In bytes, along each axis. */
  readonly steps: readonly number[];
  /** What it counts from, where that is no constant. */
  readonly base: Local | null;
  /** The counter in the innermost loop so far; none before the first. */
  local: Local | null;
}

/**
 * The addresses that the loops of a kernel go through. What moves in the same steps in every loop shares one counter in
 * bytes, and has its own beginning as the constant offset of its loads: a loop over whole buffers has one counter in
 * all.
 */
export class Streams {
  private readonly code: Code;
  private readonly nest: Nest;
  private readonly axis: number;
  private readonly address: (buffer: Buffer) => number;
  private readonly base: (buffer: Buffer) => Local | null;
  /** By the steps, and what they begin at. */
  private readonly counters = new Map<string, Counter>();
  /** By axis: the index in a loop that is written out. */
  private readonly fixed = new Map<number, number>();

  constructor({ code, address, base }: KernelCode, nest: Nest, axis: number) {
    this.code = code;
    this.nest = nest;
    this.axis = axis;
    this.address = address;
    this.base = base;
  }

  /** Runs `body` for `count` elements of an axis in steps of `step`, at least one. */
  loop(axis: number, count: number, step: number, body: () => void): void {
    if (count === step) {
      body();
      return;
    }
    const { code } = this;
    const moving = [...this.counters.values()].filter(({ steps }) => steps[axis] !== 0);
    const before = moving.map(({ local }) => local);
    const ends = moving.findIndex(({ local, base }) => local === null && base === null);
    for (const counter of moving) {
      const local = code.local("i32");
      code.set(local, counter.local ?? counter.base ?? 0);
      counter.local = local;
    }
    const own = ends === -1 ? code.local("i32") : null;
    if (own !== null) code.set(own, count / step);
    code.loop((again) => {
      body();
      for (const { local, steps } of moving) increase(code, local as Local, (steps[axis] as number) * step);
      if (own !== null) code.get(own.sub(1)).tee(own).branchIf(again);
      else {
        const { local, steps } = moving[ends] as (typeof moving)[number];
        code.branchIf(again, (local as Local).notEqual((steps[axis] as number) * count));
      }
    });
    moving.forEach((counter, i) => {
      counter.local = before[i] as Local | null;
    });
  }

  /** Writes `body` for each of `count` elements of an axis, without a loop. */
  unrolled(axis: number, count: number, body: () => void): void {
    for (let i = 0; i < count; i++) {
      this.fixed.set(axis, i);
      body();
    }
    this.fixed.delete(axis);
  }

  /** Announces what will be addressed (`null`: an index); counters exist only for what has been announced before the first loop. */
  announce(buffer: Buffer | null, at: Affine): void {
    this.counterOf(buffer, at);
  }

  private counterOf(buffer: Buffer | null, at: Affine): Counter {
    const bytes = buffer === null ? 1 : elementBytes[buffer.dtype];
    const base = buffer === null ? null : this.base(buffer);
    const steps = this.nest.stridesOf(at).map((stride) => stride * bytes);
    const key = base === null ? steps.join() : `${steps.join()} ${base.index}`;
    const known = this.counters.get(key) ?? { steps, base, local: null };
    this.counters.set(key, known);
    return known;
  }

  /**
   * Pushes the address of the element `shift` elements on along the vectors; the constant offset that remains is
   * returned.
   */
  pushAddress(buffer: Buffer, at: Affine, shift: number): number {
    const offset = this.known(at, shift) * elementBytes[buffer.dtype];
    return this.pushSum(this.counterOf(buffer, at), this.address(buffer) + offset, true);
  }

  /** Pushes the value of an affine function. */
  pushIndex(at: Affine, shift: number): void {
    this.pushSum(this.counterOf(null, at), this.known(at, shift), false);
  }

  /** What no counter counts, in elements. */
  private known(at: Affine, shift: number): number {
    const strides = this.nest.stridesOf(at);
    let sum = at.offset + (this.axis === -1 ? 0 : shift * (strides[this.axis] as number));
    for (const [axis, i] of this.fixed) sum += i * (strides[axis] as number);
    return sum;
  }

  private pushSum({ steps, base, local }: Counter, constant: number, asOffset: boolean): number {
    const { code } = this;
    const isForward = steps.every((step) => step >= 0);
    if (local === null) {
      if (base !== null) code.get(base);
      else code.i32(asOffset ? 0 : constant);
      return asOffset ? constant : 0;
    }
    code.get(local);
    // A counter that goes below 0 is only an address together with its beginning.
    if (asOffset && isForward) return constant;
    if (constant !== 0) code.i32(constant).op("i32.add");
    return 0;
  }
}
