import { sizeOf } from "../../shape/shape.js";
import type { Buffer } from "../ir/buffer.js";
import { type Affine, type Expression, ExpressionBuilder, kindOf, visitExpressions } from "../ir/expression.js";
import { readsInPlace } from "../ir/in-place.js";
import { type Kernel, type LoopKernel, readsOf, type Store } from "../ir/kernel.js";
import { rowMajor, sameAffine } from "../ir/views.js";

/** How many expressions a fused kernel may have: more would not stay in registers. */
const expressionLimit = 200;

/** How many elements a reduction has at least that joins a loop, for vectors along them. */
const reducedLeast = 32;

/**
 * Makes one loop of neighbouring loops over the same elements: what one writes and the next one reads or reduces is then at hand,
 * and what nobody else reads is not written at all.
 *
 * @param aliases buffers that lie in the memory of others; see `updateInPlace`
 */
export function fuseLoops(kernels: readonly Kernel[], aliases: ReadonlyMap<Buffer, Buffer>): readonly Kernel[] {
  const lastReads = new Map<Buffer, number>();
  kernels.forEach((kernel, i) => {
    for (const buffer of readsOf(kernel)) lastReads.set(buffer, i);
  });
  const fused: Kernel[] = [];
  let group: Group | null = null;
  const close = (end: number) => {
    // What is read later, or after the program, has to be written.
    const isKept = ({ target }: Store) =>
      target.role !== "temporary" || aliases.has(target) || (lastReads.get(target) ?? -1) >= end;
    if (group !== null) fused.push(group.kernel(isKept));
    group = null;
  };
  kernels.forEach((kernel, i) => {
    if (group?.takes(kernel) !== true) {
      close(i);
      if (!isSimple(kernel) && !isSimpleReduction(kernel)) {
        fused.push(kernel);
        return;
      }
      group = new Group(kernel, aliases);
    }
    group.add(kernel as LoopKernel);
  });
  close(kernels.length);
  return fused;
}

/** A loop that writes each element of its target where it stands. */
function isSimple(kernel: Kernel): kernel is LoopKernel {
  if (kernel.kind !== "loop" || kernel.reduction !== null || kernel.stores.length !== 1) return false;
  const [{ target, to }] = kernel.stores as readonly [Store];
  const size = kernel.sizes.reduce((product, n) => product * n, 1);
  return size === target.size && size > 0 && to.offset === 0;
}

/** A reduction along the last axes, of so many elements that vectors can go along them. */
function isSimpleReduction(kernel: Kernel): kernel is LoopKernel {
  if (kernel.kind !== "loop" || typeof kernel.reduction !== "string" || kernel.stores.length !== 1) return false;
  const reduced = kernel.sizes.slice(kernel.sizes.length - kernel.reduced);
  return !kernel.sizes.includes(0) && sizeOf(reduced) >= reducedLeast;
}

class Group {
  private readonly first: LoopKernel;
  /** The first of those that reduce; the others do so in the same way. */
  private reduces: LoopKernel | null = null;
  private readonly to: Affine;
  private readonly aliases: ReadonlyMap<Buffer, Buffer>;
  private readonly builder = new ExpressionBuilder();
  private readonly members: LoopKernel[] = [];
  private readonly stores: Store[] = [];
  /** Those of what is reduced. */
  private readonly results: Store[] = [];
  private readonly written = new Map<Buffer, Expression>();
  /** The memory that is written, and the memory that is read in another place than the one that is written. */
  private readonly places = new Set<Buffer>();
  private readonly elsewhere = new Set<Buffer>();
  private readonly inPlace = new Set<Buffer>();
  private readonly hasDoubles: boolean;
  private count = 0;

  constructor(first: LoopKernel, aliases: ReadonlyMap<Buffer, Buffer>) {
    this.first = first;
    this.to = first.reduction === null ? (first.stores[0] as Store).to : rowMajor(first.sizes);
    this.aliases = aliases;
    this.hasDoubles = hasDoubles(first);
  }

  takes(kernel: Kernel): kernel is LoopKernel {
    const isReduction = isSimpleReduction(kernel);
    if (!isReduction && !isSimple(kernel)) return false;
    if (!sameSizes(kernel.sizes, this.first.sizes)) return false;
    const [{ value, target, to }] = kernel.stores as readonly [Store];
    if (hasDoubles(kernel) !== this.hasDoubles) return false;
    if (isReduction ? !this.mayReduce(kernel) : !sameAffine(to, this.to)) return false;
    const memory = this.memoryOf(target);
    if (this.places.has(memory) || this.elsewhere.has(memory)) return false;
    // What is reduced is written at another time than what is written for each element.
    if ((isReduction || this.reduces !== null) && this.inPlace.has(memory)) return false;
    let fits = true;
    let count = this.count;
    visitExpressions([value], (e) => {
      count++;
      if (e.op !== "load") return;
      const inPlace = e.index === null && sameAffine(e.at, this.to);
      // Strided reads would make all of the loop what only one of them is.
      if (!inPlace && e.at.strides.some((stride, axis) => stride !== 0 && stride !== this.to.strides[axis]))
        fits = false;
      if (this.places.has(this.memoryOf(e.buffer)) && !(inPlace && this.written.has(e.buffer))) fits = false;
    });
    return fits && count <= expressionLimit;
  }

  add(kernel: LoopKernel): void {
    const [{ value, target, to }] = kernel.stores as readonly [Store];
    const made = this.rebuilt(value);
    this.members.push(kernel);
    this.places.add(this.memoryOf(target));
    if (kernel.reduction !== null) {
      this.reduces ??= kernel;
      this.results.push({ value: made, target, to });
      return;
    }
    this.stores.push({ value: made, target, to });
    this.written.set(target, made);
  }

  /** Whether a reduction goes along the same axes as those that there are, in the same way, and reads some of what the group has at hand. */
  private mayReduce(kernel: LoopKernel): boolean {
    const { reduces } = this;
    const isAlike = reduces === null || (reduces.reduced === kernel.reduced && reduces.reduction === kernel.reduction);
    const isSafe = reduces !== null || [...this.places].every((memory) => !this.inPlace.has(memory));
    const has = (buffer: Buffer) => this.written.has(buffer) || this.inPlace.has(this.memoryOf(buffer));
    return isAlike && isSafe && readsOf(kernel).some(has);
  }

  kernel(isKept: (store: Store) => boolean): Kernel {
    const { sizes } = this.first;
    if (this.members.length === 1) return this.first;
    const names = [...new Set(this.members.map(({ name }) => name))];
    const name = names.length > 3 ? `${names.slice(0, 2).join(", ")} and others` : names.join(", ");
    const { reduces, results } = this;
    const made = (stores: readonly Store[]): LoopKernel => {
      if (reduces === null) return { kind: "loop", name, sizes, reduced: 0, reduction: null, stores };
      const { reduced, reduction } = reduces;
      const each = stores.length === 0 ? {} : { each: stores };
      return { kind: "loop", name, sizes, reduced, reduction, ...each, stores: results };
    };
    const fewer = made(this.stores.filter(isKept));
    if (reduces !== null) return fewer;
    // Without its own store a value is computed where it is used, which may be behind the write over what it reads.
    const read = readsOf(fewer);
    const isSafe = fewer.stores.every(({ target }) => {
      const memory = this.memoryOf(target);
      return read.every((buffer) => this.memoryOf(buffer) !== memory || readsInPlace(fewer, buffer, target));
    });
    return isSafe ? fewer : made(this.stores);
  }

  private memoryOf(buffer: Buffer): Buffer {
    return this.aliases.get(buffer) ?? buffer;
  }

  /** The expression among those of the group: what another member writes is not loaded. */
  private rebuilt(value: Expression): Expression {
    const made = new Map<Expression, Expression>();
    const now = (e: Expression) => made.get(e) as Expression;
    visitExpressions([value], (e) => {
      this.count++;
      made.set(e, this.again(e, now));
    });
    return now(value);
  }

  private again(e: Expression, now: (e: Expression) => Expression): Expression {
    const { builder } = this;
    switch (e.op) {
      case "constant":
        return builder.constant(e.kind as Exclude<Expression["kind"], "mask">, e.value);
      case "index":
        return builder.index(e.at);
      case "load": {
        const written = this.written.get(e.buffer);
        if (written !== undefined) return builder.as(written, kindOf(e.buffer.dtype));
        const isInPlace = e.index === null && sameAffine(e.at, this.to);
        (isInPlace ? this.inPlace : this.elsewhere).add(this.memoryOf(e.buffer));
        return builder.load(e.buffer, e.at, e.index === null ? null : { ...e.index, value: now(e.index.value) });
      }
      case "apply":
        return builder.apply(e.name, e.kind, e.args.map(now));
      case "state":
        throw new Error("loops with states are not fused");
      default:
        return e satisfies never;
    }
  }
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Doubles halve the lanes of all that is in a loop. */
function hasDoubles({ stores }: LoopKernel): boolean {
  let found = false;
  visitExpressions(
    stores.map(({ value }) => value),
    (e) => {
      if (e.kind === "f64") found = true;
    },
  );
  return found;
}
