import type { Code, Local } from "../../wasm/encoder.js";
import type { VectorMath } from "../../wasm/vector-math/index.js";
import { elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import { type Affine, type Expression, type Load, operandsOf, visitExpressions } from "../ir/expression.js";
import { allStores, isRecurrence, type LoopKernel, type Recurrence, valuesOf } from "../ir/kernel.js";
import type { Nest } from "./nest.js";
import type { Streams } from "./streams.js";
import { type Lanes, lanesFor, type MaskWidth, type Pusher, pushApply, pushConstant } from "./vector.js";
import { loadEveryOther, loadLanes, loadVector } from "./vector-memory.js";

/** A value that a local holds. */
interface Held {
  readonly local: Local;
  readonly width: MaskWidth;
}

/**
 * One of the vectors that an unrolled loop computes at a time: so many elements behind the first, and what is held of
 * it.
 */
interface Unit {
  readonly shift: number;
  readonly held: Map<Expression, Held>;
  /** What a recurrence carries. */
  readonly states: Local[];
}

/** The loops of a kernel from the outermost to the innermost, and along which axis vectors go (-1 for none). */
export interface LoopOrder {
  readonly nest: Nest;
  readonly order: readonly number[];
  readonly axis: number;
}

/**
 * Writes the values of a kernel's expressions: each once where it is needed, and further out in a local what does not
 * change in an inner loop.
 */
export class LoopValues implements Pusher {
  readonly code: Code;
  readonly math: VectorMath;
  readonly lanes: Lanes;
  /**
   * How many elements a vector has in the loop that is being written: as many as lanes, or one, which stands in all of
   * them.
   */
  width = 1;
  units: readonly Unit[] = [{ shift: 0, held: new Map(), states: [] }];
  unit: Unit = this.units[0] as Unit;
  /** What is computed in the innermost loop. */
  private readonly roots: readonly Expression[];
  private readonly loops: LoopOrder;
  private readonly streams: Streams;
  private readonly uses = new Map<Expression, number>();
  /** By expression: the innermost loop that it depends on, -1 for none. */
  private readonly depths = new Map<Expression, number>();
  /** The expressions that change along the vectors. */
  private readonly along = new Set<Expression>();
  private readonly shared = new Map<Expression, Held>();
  /** By load: the bytes that its index adds, where that does not change along the vector. */
  private readonly bases = new Map<Load, Local>();
  private readonly free: Local[] = [];

  constructor(kernel: LoopKernel, loops: LoopOrder, streams: Streams, { code, math }: KernelCode) {
    const { reduction } = kernel;
    const nexts = isRecurrence(reduction) ? reduction.carries.map(({ next }) => next) : [];
    const isStoredLater = isRecurrence(reduction) && !reduction.isScan;
    this.roots = [...nexts, ...(isStoredLater ? [] : allStores(kernel).map(({ value }) => value))];
    this.loops = loops;
    this.streams = streams;
    this.code = code;
    this.math = math;
    const kinds = new Set<Expression["kind"]>();
    const values = valuesOf(kernel);
    for (const value of values) this.uses.set(value, (this.uses.get(value) ?? 0) + 1);
    visitExpressions(values, (e) => {
      kinds.add(e.kind);
      for (const operand of operandsOf(e)) this.uses.set(operand, (this.uses.get(operand) ?? 0) + 1);
      this.depths.set(e, this.depthOf(e));
      const moves = e.op === "state" || ((e.op === "load" || e.op === "index") && this.strideOf(e.at) !== 0);
      if (moves || operandsOf(e).some((operand) => this.along.has(operand))) this.along.add(e);
      if (e.op === "load") streams.announce(e.buffer, e.at);
      if (e.op === "index") streams.announce(null, e.at);
    });
    this.lanes = lanesFor(kinds);
  }

  /** The number of different expressions. */
  get count(): number {
    return this.depths.size;
  }

  /** Runs `body` for vectors of so many elements that begin at the shifts, and goes back to what was before. */
  inVectors(width: number, shifts: readonly number[], body: () => void): void {
    const before = [this.width, this.units, this.unit] as const;
    this.width = width;
    this.units = shifts.map((shift) => ({ shift, held: new Map(), states: [] }));
    this.unit = this.units[0] as Unit;
    body();
    [this.width, this.units, this.unit] = before;
  }

  /**
   * Calls `visit` for each unit, with it as the one whose values are pushed; what is computed meanwhile is forgotten.
   */
  forEachUnit(visit: (unit: number) => void): void {
    this.units.forEach((unit, i) => {
      this.unit = unit;
      const held = new Map(unit.held);
      visit(i);
      this.release(unit, held);
    });
    this.unit = this.units[0] as Unit;
  }

  /** Sets the states of a recurrence to what they begin with. */
  begin({ carries }: Recurrence): void {
    this.forEachUnit(() => {
      for (const { initial } of carries) {
        this.push(initial);
        this.unit.states.push(this.keepTop());
      }
    });
  }

  /** One step of a recurrence for a unit; `store` stores what is to be stored of it, while the states are those before it. */
  step({ carries }: Recurrence, store: () => void): void {
    const made = carries.map(({ next }) => {
      this.push(next);
      return this.keepTop();
    });
    store();
    for (const [i, local] of made.entries()) this.code.get(local).set(this.unit.states[i] as Local);
    this.free.push(...made);
  }

  /** Forgets the states. */
  end(): void {
    for (const { states } of this.units) this.free.push(...states.splice(0));
  }

  private keepTop(): Local {
    const local = this.take();
    this.code.set(local);
    return local;
  }

  push(e: Expression): MaskWidth {
    if (e.op === "constant") {
      pushConstant(this.code, e.kind as "f64" | "f32" | "i32", e.value);
      return "any";
    }
    if (e.op === "state") {
      this.code.get(this.unit.states[e.carry] as Local);
      return "any";
    }
    const held = this.unit.held.get(e) ?? this.shared.get(e);
    if (held !== undefined) {
      this.code.get(held.local);
      return held.width;
    }
    const width = this.compute(e);
    if ((this.uses.get(e) ?? 0) > 1) {
      const local = this.take();
      this.code.tee(local);
      this.unit.held.set(e, { local, width });
    }
    return width;
  }

  private compute(e: Exclude<Expression, { readonly op: "constant" | "state" }>): MaskWidth {
    switch (e.op) {
      case "apply":
        return pushApply(this, e);
      case "index":
        this.pushIndex(e.at);
        return "any";
      case "load":
        return this.load(e);
      default:
        return e satisfies never;
    }
  }

  private load(e: Load): MaskWidth {
    const { code, lanes } = this;
    const { dtype } = e.buffer;
    const bytes = elementBytes[dtype];
    const stride = this.strideOf(e.at);
    const isIndexed = e.index !== null && this.isAlong(e.index.value);
    const width = this.isAlong(e) ? this.width : 1;
    const pushAddress = (lane: number): number => {
      const offset = this.streams.pushAddress(e.buffer, e.at, stride === 0 ? 0 : this.unit.shift + lane);
      const base = this.bases.get(e);
      if (base !== undefined) code.get(base).op("i32.add");
      return offset;
    };
    if (isIndexed || (e.index !== null && !this.bases.has(e))) {
      const { value, stride: step } = e.index as NonNullable<typeof e.index>;
      return this.withScratch((index) => {
        this.push(value);
        code.set(index);
        const pushIndexed = (lane: number) => {
          const offset = pushAddress(stride === 0 ? 0 : lane);
          const from = this.isAlong(value) ? lane : 0;
          code
            .get(index)
            .lane("i32x4.extract_lane", from)
            .i32(step * bytes)
            .op("i32.mul")
            .op("i32.add");
          return offset;
        };
        if (width === 1) return loadVector(code, dtype, 1, lanes, pushIndexed(0));
        return this.withScratch((vector) => loadLanes(code, dtype, width, vector, pushIndexed));
      });
    }
    if (width === 1 || stride === 1) return loadVector(code, dtype, width, lanes, pushAddress(0));
    if (stride === 2 && dtype !== "bool") return loadEveryOther(code, dtype, lanes, pushAddress);
    return this.withScratch((vector) => loadLanes(code, dtype, width, vector, pushAddress));
  }

  private withScratch(body: (local: Local) => MaskWidth): MaskWidth {
    let width: MaskWidth = "any";
    this.scratch(1, (...locals) => {
      width = body(locals[0] as Local);
    });
    return width;
  }

  /** The value of an affine function in each lane. */
  private pushIndex(at: Affine): void {
    const { code } = this;
    const stride = this.strideOf(at);
    this.streams.pushIndex(at, stride === 0 ? 0 : this.unit.shift);
    code.op("i32x4.splat");
    if (stride === 0 || this.width === 1) return;
    const bytes = new Uint8Array(Int32Array.from({ length: 4 }, (_, lane) => lane * stride).buffer);
    code.v128([...bytes]).op("i32x4.add");
  }

  scratch(count: number, body: (...locals: readonly Local[]) => void): void {
    const locals = Array.from({ length: count }, () => this.take());
    body(...locals);
    this.free.push(...locals);
  }

  private take(): Local {
    return this.free.pop() ?? this.code.local("v128");
  }

  private release(unit: Unit, before: ReadonlyMap<Expression, Held>): void {
    for (const [e, { local }] of unit.held) {
      if (before.has(e)) continue;
      unit.held.delete(e);
      this.free.push(local);
    }
  }

  /**
   * Runs `body`, which writes the loops further in, with what changes in the loop at a depth, and no further in, kept in
   * locals. Afterwards it is forgotten: the same loops are written several times, for vectors and for what is left over, and
   * each time their values are others.
   */
  holding(depth: number, body: () => void): void {
    const [values, indices] = this.changingAt(depth);
    const kept = values.flatMap((e) => this.keep(e));
    for (const load of indices) this.keepIndex(load);
    body();
    for (const { e, held, local } of kept) {
      held.delete(e);
      this.free.push(local);
    }
    for (const load of indices) this.bases.delete(load);
  }

  /** The values that change at a depth, and no further in, but are used further in; and the loads whose index does. */
  private changingAt(depth: number): [values: readonly Expression[], indices: readonly Load[]] {
    if (depth >= this.loops.order.length - 1) return [[], []];
    const wanted = new Set<Expression>();
    const indices: Load[] = [];
    visitExpressions(this.roots, (e) => {
      if (e.op === "load" && e.index !== null && !this.isAlong(e.index.value)) {
        if (this.depths.get(e.index.value) === depth) indices.push(e);
      }
      if ((this.depths.get(e) as number) <= depth) return;
      for (const operand of operandsOf(e)) {
        if (this.depths.get(operand) === depth && operand.op !== "constant") wanted.add(operand);
      }
    });
    for (const root of this.roots) if (this.depths.get(root) === depth && root.op !== "constant") wanted.add(root);
    return [[...wanted], indices];
  }

  /** Computes a value into a local: one for all units, or for each its own where the value changes along the vectors. */
  private keep(e: Expression) {
    const perUnit = this.isAlong(e);
    const kept = (perUnit ? this.units : this.units.slice(0, 1)).map((unit) => {
      this.unit = unit;
      const before = new Map(unit.held);
      const width = this.push(e);
      const local = this.keepTop();
      this.release(unit, before);
      const held = perUnit ? unit.held : this.shared;
      held.set(e, { local, width });
      return { e, held, local };
    });
    this.unit = this.units[0] as Unit;
    return kept;
  }

  private keepIndex(load: Load): void {
    const { value, stride } = load.index as NonNullable<Load["index"]>;
    const before = new Map(this.unit.held);
    this.push(value);
    const base = this.code.local("i32");
    const bytes = elementBytes[load.buffer.dtype];
    this.code
      .lane("i32x4.extract_lane", 0)
      .i32(stride * bytes)
      .op("i32.mul")
      .set(base);
    this.bases.set(load, base);
    this.release(this.unit, before);
  }

  /** Runs `body` in a branch that is taken where the condition holds for any element of the vectors. */
  ifAny(condition: Expression, body: () => void): void {
    const units = this.isAlong(condition) ? this.units : this.units.slice(0, 1);
    units.forEach((unit, i) => {
      this.unit = unit;
      const before = new Map(unit.held);
      this.push(condition);
      this.release(unit, before);
      if (i > 0) this.code.op("v128.or");
    });
    this.unit = this.units[0] as Unit;
    this.code.op("v128.any_true").if(body);
  }

  /** The innermost loop that an expression depends on, -1 for none. */
  depth(e: Expression): number {
    return this.depths.get(e) as number;
  }

  /** The stride along the vectors. */
  strideOf(at: Affine): number {
    return this.loops.axis === -1 ? 0 : (this.loops.nest.stridesOf(at)[this.loops.axis] as number);
  }

  /** Whether an expression changes along the vectors. */
  isAlong(e: Expression): boolean {
    return this.along.has(e);
  }

  private depthOf(e: Expression): number {
    // A state changes in each step.
    let depth = e.op === "state" ? this.loops.order.length - 1 : -1;
    for (const operand of operandsOf(e)) depth = Math.max(depth, this.depths.get(operand) ?? this.depthOf(operand));
    if (e.op === "load" || e.op === "index") {
      const strides = this.loops.nest.stridesOf(e.at);
      this.loops.order.forEach((axis, i) => {
        if (strides[axis] !== 0) depth = Math.max(depth, i);
      });
    }
    return depth;
  }
}
