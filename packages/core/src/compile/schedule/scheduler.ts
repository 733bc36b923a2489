import type { DType } from "../../dtype.js";
import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { type Graph, graphOf, nameOf } from "../graph/graph.js";
import type { Buffer, BufferRole } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import { type Affine, type Expression, ExpressionBuilder, kindOf } from "../ir/expression.js";
import { type Failure, isCheck, type Kernel, type ReductionOp, type Schedule } from "../ir/kernel.js";
import type { RoutineName } from "../ir/routine.js";
import { linear, ownPlace, type Place, rowMajor } from "../ir/views.js";
import { inlineRuleOf } from "../lower/inline.js";
import type { KernelBody, Piece } from "../lower/lowering.js";
import { ruleOf } from "../lower/rules.js";
import { planScalars } from "./plan-scalars.js";
import { isScalarOp, rootsOf } from "./roots.js";

export class Scheduler {
  private readonly trace: Trace;
  private readonly graph: Graph;
  private readonly kernels: Kernel[] = [];
  private readonly all: Buffer[] = [];
  private readonly placed = new Map<Traced, Buffer>();
  /** Values that get a buffer; all others are computed in the kernels that use them. */
  private readonly roots: ReadonlySet<Traced>;
  /** Values that are written where they stand in others: see `Lowering.partsOf`. */
  private readonly standing: ReadonlyMap<Traced, readonly Piece[]>;
  private readonly failures: Failure[];
  private readonly generators: (Buffer | null)[];
  /** Scalars whose kernel has not been written yet: group number `group` of them. */
  private pending: Traced[] = [];
  private group = 1;
  /** By the id of a scalar: the number of its group, 0 for none. */
  private readonly groups: Int32Array;
  /** By the id of a scalar: its expression in the kernel of the group that it was made for last. */
  private readonly made: Expression[];
  private readonly madeFor: Int32Array;
  private readonly done = new Set<string>();
  /** How many buffers there are, in the whole program. */
  private readonly numbers: { next: number };
  private readonly sharedSchedules = new Map<Trace, Schedule>();

  /** @param outer that of what the trace is a part of */
  constructor(trace: Trace, outer: Scheduler | null = null) {
    this.trace = trace;
    this.failures = outer?.failures ?? [];
    this.numbers = outer?.numbers ?? { next: 0 };
    this.graph = graphOf(trace);
    ({ roots: this.roots, standing: this.standing } = rootsOf(this.graph));
    this.groups = new Int32Array(trace.size);
    this.made = new Array(trace.size);
    this.madeFor = new Int32Array(trace.size);
    this.generators = trace.generators.map(() => null);
  }

  /** The kernels as the rules write them; the new values of tensors are copied over the old ones by the last of them. */
  run(): Schedule {
    const { trace, graph } = this;
    const inputs = trace.inputs.map((input) => this.place(input, "input"));
    const captures = trace.captures.map(({ traced }) => this.place(traced, "capture"));
    for (const value of graph.order) {
      if (isScalarOp(value)) {
        this.pending.push(value);
        this.groups[value.id] = this.group;
      } else if (this.roots.has(value) && !this.placed.has(value)) this.compute(value);
    }
    this.flush();
    const outputs = trace.outputs.map((value) => this.output(value));
    const gradients = trace.gradients.map(({ value }) => (value === null ? null : this.output(value)));
    const places = new Map(trace.captures.map(({ tensor }, i) => [tensor, captures[i]]));
    // First all new values, then the copies: one may be made of what another replaces.
    const news = trace.assignments.map(({ value }) => {
      const buffer = this.buffer(value);
      return buffer.role === "capture" ? this.copyOf(value) : buffer;
    });
    const assigned = trace.assignments.map(({ tensor }, i) =>
      this.copy(news[i] as Buffer, places.get(tensor) as Buffer),
    );
    const kernels = [...this.kernels.filter(isEarlyCheck), ...this.kernels.filter((kernel) => !isEarlyCheck(kernel))];
    const { all: buffers, failures, generators, placed } = this;
    return {
      kernels,
      buffers,
      inputs,
      captures,
      outputs,
      assigned,
      gradients,
      generators,
      failures,
      aliases: new Map(),
      places: placed,
    };
  }

  // --- what rules use ------------------------------------------------------------------------------------------------

  /** All elements of a value, row by row; computed now if it has not been. */
  buffer(value: Traced): Buffer {
    if (this.groups[value.id] === this.group) this.flush();
    if (!this.placed.has(value)) this.compute(value);
    return this.placed.get(value) as Buffer;
  }

  /** The buffer for the result of a value, which its kernel rule writes. */
  target(value: Traced): Buffer {
    return this.placed.get(value) ?? this.place(value, this.graph.given.has(value) ? "output" : "temporary");
  }

  temporary(dtype: DType, shape: Shape): Buffer {
    return this.newBuffer(dtype, shape, "temporary");
  }

  /** The state of a generator that the program draws from; see `Schedule`. */
  generatorBuffer(index: number): Buffer {
    const known = this.generators[index];
    if (known) return known;
    const made = this.newBuffer("int32", [6], "input");
    this.generators[index] = made;
    return made;
  }

  /** Memory that one kernel uses while it runs. */
  scratch(bytes: number): Buffer {
    return this.newBuffer("bool", [bytes], "scratch");
  }

  push(kernel: Kernel): void {
    this.kernels.push(kernel);
  }

  /** Registers an error that a check may stop the program with; returns the number that it does so with. */
  failure(failure: Failure): number {
    return this.failures.push(failure);
  }

  /** A routine that computes a value into the first buffer that it writes; see `Routines`. */
  routine(
    routine: Exclude<RoutineName, "check">,
    value: Traced,
    [reads, writes]: readonly [reads: readonly Buffer[], writes: readonly Buffer[]],
    emit: (context: KernelCode) => void,
  ): void {
    this.push({ kind: "routine", routine, name: nameOf(value), reads, writes, emit, work: { value } });
  }

  /** What a value is made of that is written where it stands in another one; `undefined` for any other. */
  partsOf(value: Traced): readonly Piece[] | undefined {
    return this.standing.get(value);
  }

  /** The body of a new kernel over axes of these sizes. */
  body(sizes: readonly number[]): KernelBody {
    return { sizes, builder: new ExpressionBuilder(), known: new Map() };
  }

  /** An element of a value as an expression of a kernel: loaded, or computed where it is used. */
  element(value: Traced, place: Place, k: KernelBody): Expression {
    if (k.group === undefined || place.length > 0) return this.read(value, place, k);
    if (this.madeFor[value.id] === k.group) return this.made[value.id] as Expression;
    return this.keep(value, this.read(value, place, k), k.group);
  }

  /** Keeps the expression of a scalar in the kernel of a group. */
  private keep({ id }: Traced, made: Expression, group: number): Expression {
    this.made[id] = made;
    this.madeFor[id] = group;
    return made;
  }

  private read(value: Traced, place: Place, k: KernelBody): Expression {
    if (this.groups[value.id] === this.group) this.flush();
    const buffer = this.placed.get(value);
    if (buffer !== undefined) return k.builder.load(buffer, linear(place, stridesOf(value.shape), k.sizes.length));
    return this.computed(value, place, k) ?? this.materialized(value, place, k);
  }

  /** Does something at most once in this program. */
  once(key: string, work: () => void): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    work();
  }

  /** A loop that writes an expression to a buffer, over the axes of a kernel. */
  loop(name: string, { sizes, builder }: KernelBody, value: Expression, target: Buffer, to = rowMajor(sizes)): void {
    const store = { value: builder.as(value, kindOf(target.dtype)), target, to };
    this.push({ kind: "loop", name, sizes, reduced: 0, reduction: null, stores: [store] });
  }

  /** A loop that reduces an expression over the last axes of a kernel, so many; the others are those of the target. */
  reduce(
    name: string,
    { sizes, builder }: KernelBody,
    [reduction, reduced]: readonly [ReductionOp, number],
    value: Expression,
    target: Buffer,
  ): void {
    const to = rowMajor(sizes.slice(0, sizes.length - reduced));
    const store = { value: builder.as(value, kindOf(target.dtype)), target, to };
    this.push({ kind: "loop", name, sizes, reduced, reduction: reduced === 0 ? null : reduction, stores: [store] });
  }

  /** Where a value lies if it is a view of a buffer; computed into a buffer of its own if it is not. */
  strided(value: Traced): { readonly buffer: Buffer; readonly at: Affine } {
    const k = this.body(value.shape);
    const element = this.element(value, ownPlace(value.shape), k);
    if (element.op === "load" && element.index === null && element.at.strides.every((stride) => stride >= 0)) {
      return { buffer: element.buffer, at: element.at };
    }
    return { buffer: this.placed.get(value) ?? this.materialize(value), at: rowMajor(value.shape) };
  }

  /** The buffer in which all elements of a value lie row by row, its own or one that it is a view of. */
  rows(value: Traced): Buffer {
    const { buffer, at } = this.strided(value);
    const { strides } = rowMajor(value.shape);
    const isWhole = at.offset === 0 && value.shape.every((n, axis) => n === 1 || at.strides[axis] === strides[axis]);
    return isWhole && buffer.size === sizeOf(value.shape) ? buffer : this.buffer(value);
  }

  usersOf(value: Traced): readonly Traced[] {
    return this.graph.users.get(value);
  }

  /** The schedule of a part of the program that is a trace of its own. */
  schedule(trace: Trace): Schedule {
    return new Scheduler(trace, this).run();
  }

  get order(): readonly Traced[] {
    return this.graph.order;
  }

  /** The same, once for each trace. */
  shared(trace: Trace): Schedule {
    const known = this.sharedSchedules.get(trace) ?? this.schedule(trace);
    this.sharedSchedules.set(trace, known);
    return known;
  }

  // --- the work ------------------------------------------------------------------------------------------------------

  private compute(value: Traced): void {
    const rule = ruleOf(value);
    if (rule.kind === "kernel") rule.rule.lower(value, this);
    else this.materialize(value);
  }

  private materialize(value: Traced): Buffer {
    const k = this.body(value.shape);
    const element = this.computed(value, ownPlace(value.shape), k);
    if (element === null) {
      // A reshape of what is computed in an order that the new shape cannot follow.
      const [x] = value.inputs as [Traced];
      const buffer = this.buffer(x);
      this.placed.set(value, buffer);
      if (!this.graph.results.has(value) && buffer.role !== "capture") return buffer;
      this.placed.delete(value);
      return this.copy(buffer, this.target(value));
    }
    const target = this.target(value);
    this.loop(nameOf(value), k, element, target);
    return target;
  }

  /** The element computed here; `null` where only a buffer can be read in this order. */
  private computed(value: Traced, place: Place, k: KernelBody): Expression | null {
    const key = `${value.id}:${place.map(({ offset, strides }) => `${offset},${strides.join()}`).join(";")}`;
    const known = k.known.get(key);
    if (known !== undefined) return known;
    const rule = ruleOf(value);
    if (rule.kind === "kernel") {
      this.compute(value);
      return this.element(value, place, k);
    }
    const made = rule.rule.element(value, place, k, this);
    if (made !== null) k.known.set(key, made);
    return made;
  }

  private materialized(value: Traced, place: Place, k: KernelBody): Expression {
    const [x] = value.inputs as [Traced];
    const buffer = this.buffer(x);
    return k.builder.load(buffer, linear(place, stridesOf(value.shape), k.sizes.length));
  }

  /** Writes the kernel of the scalars that have come together. */
  private flush(): void {
    const { pending, group, groups } = this;
    if (pending.length === 0) return;
    this.pending = [];
    this.group++;
    const k = { ...this.body([]), group };
    for (const value of pending)
      this.keep(value, inlineRuleOf(value)?.element(value, scalar, k, this) as Expression, group);
    const { results, users } = this.graph;
    const stored = pending.filter(
      (value) => results.has(value) || users.get(value).some((user) => groups[user.id] !== group),
    );
    const stores = stored.map((value) => {
      const target = this.target(value);
      return { value: k.builder.as(this.made[value.id] as Expression, kindOf(target.dtype)), target };
    });
    if (stores.length === 0) return;
    const plan = planScalars(stores);
    const scratch = plan.slotCount === 0 ? null : this.scratch(8 * plan.slotCount);
    this.push({ kind: "scalars", name: "scalars", stores, plan, scratch });
  }

  private output(value: Traced): Buffer {
    const buffer = this.buffer(value);
    const isChanged = buffer.role === "capture" && this.trace.assignments.length > 0;
    return isChanged ? this.copyOf(value) : buffer;
  }

  private copyOf(value: Traced): Buffer {
    return this.copy(this.buffer(value), this.newBuffer(value.dtype, value.shape, "output"));
  }

  private copy(from: Buffer, target: Buffer): Buffer {
    const k = this.body([target.size]);
    this.loop("copy", k, k.builder.load(from, rowMajor(k.sizes)), target);
    return target;
  }

  private place(value: Traced, role: BufferRole): Buffer {
    const made = this.newBuffer(value.dtype, value.shape, role);
    this.placed.set(value, made);
    return made;
  }

  private newBuffer(dtype: DType, shape: Shape, role: BufferRole): Buffer {
    const made: Buffer = { id: this.numbers.next++, dtype, shape, size: sizeOf(shape), role };
    this.all.push(made);
    return made;
  }
}

/** The one element of a scalar. */
const scalar: Place = [];

/** A check of what is there from the beginning. */
function isEarlyCheck(kernel: Kernel): boolean {
  return isCheck(kernel) && kernel.reads.every(({ role }) => role === "input" || role === "capture");
}
