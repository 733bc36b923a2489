import type { Local } from "../../wasm/encoder.js";
import { inTurns, vectorBytes } from "../../wasm/simd.js";
import { elementBytes } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { Expression, NumberKind } from "../ir/expression.js";
import {
  allStores,
  isRecurrence,
  type LoopKernel,
  type Recurrence,
  type Store,
  storesEach,
  valuesOf,
} from "../ir/kernel.js";
import { sameAffine } from "../ir/views.js";
import { Accumulators, identityOf } from "./accumulators.js";
import { type LoopOrder, LoopValues } from "./loop-values.js";
import { loadsOf, type Nest, nestOf } from "./nest.js";
import { Streams } from "./streams.js";
import type { MaskWidth } from "./vector.js";
import { storeLanes, storeVector } from "./vector-memory.js";

/** Recurrences of up to so many steps are written out. */
const unrolledSteps = 16;

/**
 * How many columns at most are added up side by side where there are few, and little is done for each. (Sums of 10 columns over 1000 rows:
 * 2.7 us one vector after the other, 0.8 side by side.)
 */
const mostColumns = 16;

/** Appends the loops of a kernel: vectors along one axis, element by element what is left over of it. */
export function emitLoop(kernel: LoopKernel, context: KernelCode): void {
  new LoopEmitter(kernel, context).emit();
}

class LoopEmitter {
  private readonly kernel: LoopKernel;
  private readonly loops: LoopOrder;
  private readonly streams: Streams;
  private readonly values: LoopValues;
  private readonly address: KernelCode["address"];
  /** Of a reduction without an order: one for each store. */
  private readonly accumulators: readonly Accumulators[] | null;
  private readonly recurrence: Recurrence | null;

  constructor(kernel: LoopKernel, context: KernelCode) {
    this.kernel = kernel;
    this.address = context.address;
    this.loops = orderOf(kernel);
    this.streams = new Streams(context, this.loops.nest, this.loops.axis);
    for (const { to, target } of allStores(kernel)) this.streams.announce(target, to);
    this.values = new LoopValues(kernel, this.loops, this.streams, context);
    const { reduction } = kernel;
    this.recurrence = isRecurrence(reduction) ? reduction : null;
    this.accumulators =
      reduction === null || isRecurrence(reduction)
        ? null
        : kernel.stores.map(({ value }) => new Accumulators(this.values, reduction, value.kind));
  }

  emit(): void {
    const { sizes, reduced } = this.kernel;
    const stored = storesEach(this.kernel) ? sizes : sizes.slice(0, sizes.length - reduced);
    if (!stored.includes(0)) this.from(0);
  }

  // --- the loops -----------------------------------------------------------------------------------------------------

  /** The loops from a depth on. */
  private from(depth: number): void {
    const { nest, order, axis: along } = this.loops;
    const beginsReduction = (depth === order.length || this.isReduced(depth)) && !this.isReduced(depth - 1);
    const [accumulators, recurrence] = beginsReduction ? [this.accumulators, this.recurrence] : [null, null];
    for (const each of accumulators ?? []) each.begin(this.reductionUnits());
    if (recurrence !== null) this.values.begin(recurrence);
    this.values.holding(depth - 1, () => {
      const loops = () => {
        const axis = order[depth];
        if (axis === undefined) {
          this.leaf();
          return;
        }
        const size = nest.axes[axis]?.size as number;
        if (axis === along) this.alongVectors(depth, size);
        else if (this.isUnrolled(depth)) this.streams.unrolled(axis, size, () => this.from(depth + 1));
        else if (size > 0) this.streams.loop(axis, size, 1, () => this.from(depth + 1));
      };
      const guard = accumulators === null ? null : this.guard(depth);
      if (guard === null) loops();
      else this.values.ifAny(guard, loops);
    });
    if (accumulators !== null) this.finish(accumulators);
    if (recurrence === null) return;
    if (!recurrence.isScan) this.values.forEachUnit(() => this.storeAll(this.kernel.stores));
    this.values.end();
  }

  /** Whether the steps of a recurrence from a depth on are few enough to be written out. */
  private isUnrolled(depth: number): boolean {
    if (this.recurrence === null || !this.isReduced(depth)) return false;
    const { nest, order } = this.loops;
    const steps = order.slice(depth).reduce((product, axis) => product * (nest.axes[axis]?.size as number), 1);
    return steps <= unrolledSteps;
  }

  /**
   * A condition without which there is nothing to reduce, where it is the same for all that is: of a sum, say, of
   * `where(condition, x, 0)`. Rows that need more work than others are written so.
   */
  private guard(depth: number): Expression | null {
    const { reduction } = this.kernel;
    const [{ value }, ...others] = allStores(this.kernel) as readonly [Store, ...Store[]];
    if (
      reduction === null ||
      isRecurrence(reduction) ||
      others.length > 0 ||
      value.op !== "apply" ||
      value.name !== "select"
    )
      return null;
    const [condition, , otherwise] = value.args as readonly [Expression, Expression, Expression];
    const isNothing =
      otherwise.op === "constant" && otherwise.value === identityOf(reduction, otherwise.kind as NumberKind);
    return isNothing && this.values.depth(condition) < depth ? condition : null;
  }

  private isReduced(depth: number): boolean {
    const axis = this.loops.order[depth];
    return axis !== undefined && this.loops.nest.axes[axis]?.reduced === true;
  }

  /** The axis along which the vectors go. */
  private get axis() {
    return this.loops.nest.axes[this.loops.axis];
  }

  /** How many accumulators there are: one for each vector that is computed at a time. */
  private reductionUnits(): number {
    return this.axis?.reduced === true ? this.unroll(this.axis.size) : this.values.units.length;
  }

  private unroll(size: number): number {
    const cost = this.values.count;
    if (this.recurrence !== null && this.loops.order.some((_, depth) => this.isUnrolled(depth))) return 1;
    const reducesOnly = this.accumulators !== null && this.kernel.each === undefined;
    const most = reducesOnly || cost <= 6 ? 4 : cost <= 12 ? 2 : 1;
    const { lanes } = this.values;
    if (size >= 2 * most * lanes) return most;
    const steps = this.loops.nest.axes.reduce((product, axis) => (axis.reduced ? product * axis.size : product), 1);
    if (!reducesOnly || this.axis?.reduced === true || steps < unrolledSteps) return 1;
    // A few columns are added up side by side, so that none waits for the step before.
    const abreast = Math.min(cost <= 4 ? mostColumns / lanes : most, Math.floor(size / lanes));
    return Math.max(1, abreast);
  }

  /** The loop along the vectors: several at a time, then one, then what is left over. */
  private alongVectors(depth: number, size: number): void {
    const { lanes } = this.values;
    const padded = this.mayOverrun() ? Math.ceil(size / lanes) * lanes : size;
    let at = 0;
    for (const [width, count] of [
      [lanes, this.unroll(size)],
      [lanes, 1],
      [1, 1],
    ] as const) {
      const step = width * count;
      const end = at + Math.floor((padded - at) / step) * step;
      if (end > at) {
        const shifts = Array.from({ length: count }, (_, i) => at + i * width);
        this.values.inVectors(width, shifts, () => {
          this.streams.loop(this.loops.axis, end - at, step, () => this.from(depth + 1));
        });
      }
      at = end;
      // One element takes no longer alone.
      if (at < padded - 1 && at > 0 && width === lanes && count === 1 && this.mayRepeat()) {
        this.values.inVectors(lanes, [size - lanes], () => this.from(depth + 1));
        return;
      }
    }
  }

  /** Whether elements may be computed twice, so that the last vector begins in the one before: nothing is read that is written. */
  private mayRepeat(): boolean {
    const { kernel } = this;
    if (this.axis?.reduced === true) return false;
    const written = new Set(allStores(kernel).map(({ target }) => this.address(target)));
    return loadsOf(valuesOf(kernel)).every(({ buffer }) => !written.has(this.address(buffer)));
  }

  /** Whether elements behind the last one may be computed as well: into the padding of the target, from anything. */
  private mayOverrun(): boolean {
    const { values } = this;
    const { stores } = this.kernel;
    const { axes } = this.loops.nest;
    if (axes.length !== 1 || this.kernel.reduction !== null) return false;
    const isWhole = ({ to, target }: Store) =>
      axes[0]?.size === target.size && to.offset === 0 && values.strideOf(to) === 1;
    if (!stores.every(isWhole)) return false;
    return loadsOf(stores.map(({ value }) => value)).every(
      (load) => [0, 1].includes(values.strideOf(load.at)) && (load.index === null || !values.isAlong(load.index.value)),
    );
  }

  /** What the innermost loop does. */
  private leaf(): void {
    const { values, accumulators, recurrence } = this;
    const { each = [], stores } = this.kernel;
    if (recurrence !== null) {
      values.forEachUnit(() => values.step(recurrence, () => recurrence.isScan && this.storeAll(stores)));
      return;
    }
    // Of a row that is reduced, single elements stand in every lane and must not count for each.
    const isRest = this.axis?.reduced === true && values.width === 1;
    values.forEachUnit((unit) => {
      this.storeAll(accumulators === null ? stores : each);
      for (const [i, own] of (accumulators ?? []).entries())
        own.add(isRest ? "rest" : unit, () => values.push((stores[i] as Store).value), values.width);
    });
  }

  /** Stores what has been reduced. */
  private finish(accumulators: readonly Accumulators[]): void {
    const { values } = this;
    for (const [i, own] of accumulators.entries()) {
      const store = this.kernel.stores[i] as Store;
      if (this.axis?.reduced === true) this.store(store, () => own.pushTotal());
      else values.forEachUnit((unit) => this.store(store, () => own.pushVector(unit, values.width)));
    }
  }

  private storeAll(stores: readonly Store[]): void {
    for (let i = 0; i < stores.length; i++) {
      const [store, next] = [stores[i] as Store, stores[i + 1]];
      if (next !== undefined && this.takeTurns(store, next)) {
        this.storePair(store, next);
        i++;
      } else this.store(store, () => this.values.push(store.value));
    }
  }

  /** Whether vectors of two stores fill memory by turns. */
  private takeTurns({ target, to }: Store, next: Store): boolean {
    const { values } = this;
    return (
      target === next.target &&
      target.dtype !== "bool" &&
      values.width * elementBytes[target.dtype] === vectorBytes &&
      values.strideOf(to) === 2 &&
      sameAffine({ ...to, offset: to.offset + 1 }, next.to)
    );
  }

  private storePair({ value, target, to }: Store, next: Store): void {
    const { values, streams } = this;
    const { code } = values;
    const bytes = elementBytes[target.dtype];
    values.scratch(2, (...locals) => {
      const [first, second] = locals as readonly [Local, Local];
      for (const [own, local] of [
        [value, first],
        [next.value, second],
      ] as const) {
        values.push(own);
        code.set(local);
      }
      for (const half of [0, 1] as const) {
        const offset = streams.pushAddress(target, to, values.unit.shift + (half * values.width) / 2);
        code.get(first).get(second).shuffle(inTurns(bytes, half)).memory("v128.store", offset);
      }
    });
  }

  private store({ target, to }: Store, pushValue: () => MaskWidth): void {
    const { values, streams } = this;
    const { code, lanes, width } = values;
    const pushAddress = (lane: number) => streams.pushAddress(target, to, values.unit.shift + lane);
    if (width === 1 || values.strideOf(to) === 1) {
      const offset = pushAddress(0);
      const mask = pushValue();
      storeVector(code, target.dtype, width, lanes, mask, offset);
      return;
    }
    values.scratch(1, (...locals) => {
      const [vector] = locals as readonly [Local];
      const mask = pushValue();
      code.set(vector);
      storeLanes(code, target.dtype, width, vector, mask, pushAddress);
    });
  }
}

/** Vectors go along the innermost loop, or just outside of the loops that reduce. */
function orderOf(kernel: LoopKernel): LoopOrder {
  const nest = nestOf(kernel);
  const axis = vectorAxis(kernel, nest);
  const others = nest.axes.map((_, i) => i).filter((i) => i !== axis);
  const own = axis === -1 ? [] : [axis];
  const kept = others.filter((i) => !nest.axes[i]?.reduced);
  const reduced = others.filter((i) => nest.axes[i]?.reduced);
  const order = nest.axes[axis]?.reduced ? [...kept, ...reduced, ...own] : [...kept, ...own, ...reduced];
  return { nest, axis, order };
}

/**
 * The axis along which most of what is read (and what is written) lies without gaps; of equal ones the innermost. An
 * axis shorter than a vector is no good.
 */
function vectorAxis(kernel: LoopKernel, nest: Nest): number {
  const { axes } = nest;
  const loads = loadsOf(valuesOf(kernel)).map((load) => nest.stridesOf(load.at));
  const each = (kernel.each ?? []).map(({ to }) => nest.stridesOf(to));
  const targets = kernel.stores.map(({ to }) => nest.stridesOf(to));
  // What moves along one axis only is read once for all of another.
  const weightOf = (strides: readonly number[]) => (strides.filter((stride) => stride !== 0).length > 1 ? 4 : 1);
  let [best, most] = [-1, Number.NEGATIVE_INFINITY];
  const isOrdered = isRecurrence(kernel.reduction);
  axes.forEach(({ size, reduced }, axis) => {
    if (reduced && isOrdered) return;
    let score = 0;
    for (const strides of loads) score += weightOf(strides) * (strides[axis] === 1 ? 2 : strides[axis] === 0 ? 1 : 0);
    for (const to of reduced ? each : [...each, ...targets]) score += weightOf(to) * (to[axis] === 1 ? 3 : -2);
    if (size < 4) score -= 32;
    if (score >= most) [best, most] = [axis, score];
  });
  return best;
}
