import type { Code, Local } from "../../wasm/encoder.js";
import type { VectorMath } from "../../wasm/vector-math/index.js";
import { type Affine, type Expression, operandsOf, visitExpressions } from "../expression.js";
import type { LoopKernel } from "../kernel.js";
import { elementBytes } from "../kernel.js";
import { Accumulators } from "./accumulators.js";
import type { KernelCode } from "./context.js";
import { loadsOf, type Nest, nestOf } from "./nest.js";
import { Streams } from "./streams.js";
import { type Lanes, lanesFor, type MaskWidth, type Pusher, pushApply, pushConstant } from "./vector.js";
import { loadLanes, loadVector, storeLanes, storeVector } from "./vector-memory.js";

type Load = Extract<Expression, { readonly op: "load" }>;

/** A value that a local holds. */
interface Held {
  readonly local: Local;
  readonly width: MaskWidth;
}

/** One of the vectors that an unrolled loop computes at a time: so many elements behind the first, and what is held of it. */
interface Unit {
  readonly shift: number;
  readonly held: Map<Expression, Held>;
}

/** Appends the loops of a kernel: vectors along one axis, element by element what is left over of it. */
export function emitLoop(kernel: LoopKernel, context: KernelCode): void {
  new LoopEmitter(kernel, context).emit();
}

class LoopEmitter implements Pusher {
  readonly code: Code;
  readonly math: VectorMath;
  readonly lanes: Lanes;
  private readonly kernel: LoopKernel;
  private readonly nest: Nest;
  /** The axis along which vectors go; -1 where there is none. */
  private readonly axis: number;
  /** The axes from the outermost loop to the innermost. */
  private readonly order: readonly number[];
  private readonly streams: Streams;
  private readonly toAt: Affine;
  private readonly accumulators: Accumulators | null;
  private readonly uses = new Map<Expression, number>();
  /** By expression: the innermost loop that it depends on, -1 for none. */
  private readonly depths = new Map<Expression, number>();
  private readonly along = new Set<Expression>();
  private readonly shared = new Map<Expression, Held>();
  /** By load: the bytes that its index adds, where that does not change along the vector. */
  private readonly bases = new Map<Load, Local>();
  private readonly free: Local[] = [];
  private width: number = 1;
  private units: readonly Unit[] = [{ shift: 0, held: new Map() }];
  private unit: Unit = this.units[0] as Unit;

  constructor(kernel: LoopKernel, { code, math, address }: KernelCode) {
    this.kernel = kernel;
    this.code = code;
    this.math = math;
    const kinds = new Set<Expression["kind"]>();
    visitExpressions([kernel.value], (e) => {
      kinds.add(e.kind);
      for (const operand of operandsOf(e)) this.uses.set(operand, (this.uses.get(operand) ?? 0) + 1);
    });
    this.lanes = lanesFor(kinds);
    this.nest = nestOf(kernel);
    this.axis = vectorAxis(kernel, this.nest);
    const { axes } = this.nest;
    const all = axes.map((_, i) => i).filter((i) => i !== this.axis);
    const own = this.axis === -1 ? [] : [this.axis];
    const [kept, reduced] = [all.filter((i) => !axes[i]?.reduced), all.filter((i) => axes[i]?.reduced)];
    this.order = axes[this.axis]?.reduced ? [...kept, ...reduced, ...own] : [...kept, ...own, ...reduced];
    this.toAt = kernel.to;
    this.streams = new Streams(code, this.nest, this.axis, address);
    this.streams.announce(this.toAt, elementBytes[kernel.target.dtype]);
    visitExpressions([kernel.value], (e) => {
      if (e.op === "load") this.streams.announce(e.at, elementBytes[e.buffer.dtype]);
      if (e.op === "index") this.streams.announce(e.at, 1);
    });
    const { reduction } = kernel;
    this.accumulators = reduction === null ? null : new Accumulators(this, reduction, kernel.value.kind);
    visitExpressions([kernel.value], (e) => {
      this.depths.set(e, this.depthOf(e));
      const moves = (e.op === "load" || e.op === "index") && this.strideOf(e.at) !== 0;
      if (moves || operandsOf(e).some((operand) => this.along.has(operand))) this.along.add(e);
    });
  }

  emit(): void {
    const { sizes, reduced, reduction } = this.kernel;
    const outer = sizes.length - reduced;
    if (sizes.slice(0, outer).includes(0)) return;
    if (reduction === null && sizes.includes(0)) return;
    this.from(0);
  }

  // --- the loops -----------------------------------------------------------------------------------------------------

  /** The loops from a depth on. */
  private from(depth: number): void {
    const isFirstReduced =
      this.accumulators !== null &&
      (depth === this.order.length || this.isReduced(depth)) &&
      !this.isReduced(depth - 1);
    if (isFirstReduced) this.accumulators?.begin(this.reductionUnits());
    this.hold(depth - 1);
    if (depth === this.order.length) this.leaf();
    else {
      const axis = this.order[depth] as number;
      const size = this.nest.axes[axis]?.size as number;
      if (axis === this.axis) this.alongVectors(depth, size);
      else if (size > 0) this.streams.loop(axis, size, 1, () => this.from(depth + 1));
    }
    if (isFirstReduced) this.finish();
  }

  private isReduced(depth: number): boolean {
    const axis = this.order[depth];
    return axis !== undefined && this.nest.axes[axis]?.reduced === true;
  }

  /** How many accumulators there are: one for each vector that is computed at a time. */
  private reductionUnits(): number {
    const axis = this.nest.axes[this.axis];
    return axis?.reduced === true ? this.unroll(axis.size) : this.units.length;
  }

  private unroll(size: number): number {
    const cost = this.depths.size;
    const most = this.accumulators !== null ? 4 : cost <= 6 ? 4 : cost <= 12 ? 2 : 1;
    return size >= 2 * most * this.lanes ? most : 1;
  }

  /** The loop along the vectors: several at a time, then one, then what is left over. */
  private alongVectors(depth: number, size: number): void {
    const { lanes } = this;
    const unroll = this.unroll(size);
    const padded = this.mayOverrun() ? Math.ceil(size / lanes) * lanes : size;
    let at = 0;
    for (const [width, count] of [
      [lanes, unroll],
      [lanes, 1],
      [1, 1],
    ] as const) {
      const step = width * count;
      const end = at + Math.floor((padded - at) / step) * step;
      if (end > at) {
        const start = at;
        const before = [this.width, this.units, this.unit] as const;
        this.width = width;
        this.units = Array.from({ length: count }, (_, i) => ({ shift: start + i * width, held: new Map() }));
        this.unit = this.units[0] as Unit;
        this.streams.loop(this.axis, end - at, step, () => this.from(depth + 1));
        [this.width, this.units, this.unit] = before;
      }
      at = end;
    }
  }

  /** Whether elements behind the last one may be computed as well: into the padding of the target, from anything. */
  private mayOverrun(): boolean {
    const { axes } = this.nest;
    const { target } = this.kernel;
    if (axes.length !== 1 || this.accumulators !== null || axes[0]?.size !== target.size) return false;
    if (this.toAt.offset !== 0 || this.strideOf(this.toAt) !== 1) return false;
    return loadsOf(this.kernel.value).every(
      (load) => [0, 1].includes(this.strideOf(load.at)) && (load.index === null || !this.isAlong(load.index.value)),
    );
  }

  /** What the innermost loop does. */
  private leaf(): void {
    const vectorOfReduction = this.nest.axes[this.axis]?.reduced === true;
    this.units.forEach((unit, i) => {
      this.unit = unit;
      const held = new Map(unit.held);
      if (this.accumulators !== null) {
        const rest = vectorOfReduction && this.width === 1 && this.lanes > 1;
        this.accumulators.add(rest ? "rest" : i, () => this.push(this.kernel.value), this.width);
      } else this.store((value) => this.push(value));
      // What was computed for this element alone is not there any more.
      this.release(unit, held);
    });
    this.unit = this.units[0] as Unit;
  }

  private finish(): void {
    const vectorOfReduction = this.nest.axes[this.axis]?.reduced === true;
    if (vectorOfReduction) {
      this.width = 1;
      this.store(() => this.accumulators?.pushTotal() as MaskWidth);
      return;
    }
    this.units.forEach((unit, i) => {
      this.unit = unit;
      this.store(() => this.accumulators?.pushVector(i, this.width) as MaskWidth);
    });
    this.unit = this.units[0] as Unit;
  }

  private store(pushValue: (value: Expression) => MaskWidth): void {
    const { target, value } = this.kernel;
    const bytes = elementBytes[target.dtype];
    const stride = this.strideOf(this.toAt);
    const pushAddress = (lane: number) => this.streams.pushAddress(target, this.toAt, bytes, this.unit.shift + lane);
    if (this.width === 1 || stride === 1) {
      const offset = pushAddress(0);
      const width = pushValue(value);
      storeVector(this.code, target.dtype, this.width, this.lanes, width, offset);
      return;
    }
    this.scratch(1, (...locals) => {
      const [vector] = locals as readonly [Local];
      const width = pushValue(value);
      this.code.set(vector);
      storeLanes(this.code, target.dtype, this.width, vector, width, pushAddress);
    });
  }

  // --- values --------------------------------------------------------------------------------------------------------

  push(e: Expression): MaskWidth {
    if (e.op === "constant") {
      pushConstant(this.code, e.kind as "f64" | "f32" | "i32", e.value);
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

  private compute(e: Exclude<Expression, { readonly op: "constant" }>): MaskWidth {
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
      const offset = this.streams.pushAddress(e.buffer, e.at, bytes, stride === 0 ? 0 : this.unit.shift + lane);
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

  /** Keeps in locals what changes in the loop at a depth, and no further in, but is used further in. */
  private hold(depth: number): void {
    const innermost = this.order.length - 1;
    if (depth >= innermost) return;
    const wanted = new Set<Expression>();
    const indices: Load[] = [];
    visitExpressions([this.kernel.value], (e) => {
      if (e.op === "load" && e.index !== null && !this.isAlong(e.index.value)) {
        if (this.depths.get(e.index.value) === depth) indices.push(e);
      }
      if ((this.depths.get(e) as number) <= depth) return;
      for (const operand of operandsOf(e)) {
        if (this.depths.get(operand) === depth && operand.op !== "constant") wanted.add(operand);
      }
    });
    if (this.depths.get(this.kernel.value) === depth && this.kernel.value.op !== "constant")
      wanted.add(this.kernel.value);
    for (const e of wanted) {
      const perUnit = this.isAlong(e);
      for (const unit of perUnit ? this.units : this.units.slice(0, 1)) {
        this.unit = unit;
        const before = new Map(unit.held);
        const width = this.push(e);
        const local = this.code.local("v128");
        this.code.set(local);
        this.release(unit, before);
        if (perUnit) unit.held.set(e, { local, width });
        else this.shared.set(e, { local, width });
      }
    }
    this.unit = this.units[0] as Unit;
    for (const load of indices) {
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
  }

  private strideOf(at: Affine): number {
    return this.axis === -1 ? 0 : (this.nest.stridesOf(at)[this.axis] as number);
  }

  /** Whether an expression changes along the vectors. */
  private isAlong(e: Expression): boolean {
    return this.along.has(e);
  }

  private depthOf(e: Expression): number {
    let depth = -1;
    for (const operand of operandsOf(e)) depth = Math.max(depth, this.depths.get(operand) ?? this.depthOf(operand));
    if (e.op === "load" || e.op === "index") {
      const strides = this.nest.stridesOf(e.at);
      this.order.forEach((axis, i) => {
        if (strides[axis] !== 0) depth = Math.max(depth, i);
      });
    }
    return depth;
  }
}

/**
 * The axis along which most of what is read (and what is written) lies without gaps; of equal ones the innermost. An axis
 * shorter than a vector is no good.
 */
function vectorAxis(kernel: LoopKernel, nest: Nest): number {
  const { axes } = nest;
  const loads = loadsOf(kernel.value).map((load) => nest.stridesOf(load.at));
  const to = nest.stridesOf(kernel.to);
  let [best, most] = [-1, Number.NEGATIVE_INFINITY];
  axes.forEach(({ size, reduced }, axis) => {
    let score = 0;
    for (const strides of loads) score += strides[axis] === 1 ? 2 : strides[axis] === 0 ? 1 : 0;
    if (!reduced) score += to[axis] === 1 ? 3 : -2;
    if (size < 4) score -= 8;
    if (score >= most) [best, most] = [axis, score];
  });
  return best;
}
