import { environmentSwitch } from "../environment.js";
import { Tensor } from "../graph/tensor.js";
import { asValues } from "../graph/tracer.js";
import { formatShape, sameShape, sizeOf } from "../shape/shape.js";
import type { Trace } from "../trace/trace.js";
import type { Traced } from "../trace/traced.js";
import { BlockNode } from "../transforms/control/block-node.js";
import { neededBy } from "./graph/graph.js";
import { type Buffer, bytesOf } from "./ir/buffer.js";
import { type Affine, visitExpressions } from "./ir/expression.js";
import { readsInPlace } from "./ir/in-place.js";
import {
  allStores,
  type Body,
  bodiesOf,
  type ContractionKernel,
  type Copy,
  isRecurrence,
  type Kernel,
  type RepeatKernel,
  readsOf,
  type Schedule,
  storesEach,
  valuesOf,
  writesOf,
} from "./ir/kernel.js";
import { rangeOf } from "./ir/views.js";
import { lifetimesOf, type Plan, type Region } from "./plan/plan.js";

/**
 * Checks a program between the stages: every value is made before it is used, every access of a loop or a product lies inside of its buffer,
 * no two buffers that are needed at one time overlap.
 *
 * @throws Error with the first thing that is wrong: a defect of the compiler
 */
export function verify(trace: Trace, schedule: Schedule, plan: Plan): void {
  verifyGraph(trace);
  verifySchedule(schedule, plan, { start: 0, bytes: plan.bytes }, new Map());
}

function verifySchedule(schedule: Schedule, plan: Plan, region: Region, shared: Body["shared"]): void {
  verifyKernels(schedule);
  verifyPlan(schedule, plan, region, shared);
  for (const body of schedule.kernels.flatMap(bodiesOf)) {
    verifySchedule(body.schedule, plan, plan.regions.get(body.schedule) as Region, body.shared);
  }
}

/** Whether programs are checked that do not ask for it: set in the environment where the project's own tests run. */
export function verifiesAll(): boolean {
  return environmentSwitch("CHAINRULE_VERIFY") === true;
}

function demand(condition: boolean, what: () => string): void {
  if (!condition) throw new Error(`compile: verification failed: ${what()}`);
}

/** Checks a graph: after tracing, and after each pass over it. */
export function verifyGraph(trace: Trace): void {
  const made = new Set<unknown>();
  for (const value of neededBy(trace)) {
    if (value.source.kind === "node" && value.source.node instanceof BlockNode) {
      for (const block of value.source.node.blocks) verifyGraph(block.trace);
    }
    for (const input of value.inputs)
      demand(made.has(input), () => `value ${value.id} uses ${input.id} before it is made`);
    made.add(value);
    verifyShape(value);
  }
}

/** What the rules of the op say of the inputs is what the value is. */
function verifyShape({ id, source, inputs, shape, dtype }: Traced): void {
  if (source.kind !== "node") return;
  const tensors = inputs.map((input) => new Tensor(input.shape, input.dtype, asValues(input), null, false));
  const [expected, kind] = [source.node.shapeRule(...tensors), source.node.dtypeRule(...tensors)];
  demand(
    sameShape(expected, shape) && kind === dtype,
    () => `value ${id}, ${source.node.name}, is ${dtype} ${formatShape(shape)}, not ${kind} ${formatShape(expected)}`,
  );
}

function verifyKernels({ kernels, outputs, assigned, gradients, buffers, aliases }: Schedule): void {
  const written = new Set<Buffer>(buffers.filter(({ role }) => role === "input" || role === "capture"));
  kernels.forEach((kernel, i) => {
    for (const buffer of readsOf(kernel)) {
      demand(written.has(buffer), () => `kernel ${i}, ${kernel.name}, reads buffer ${buffer.id} before it is written`);
    }
    for (const buffer of writesOf(kernel)) {
      demand(buffer.role !== "input", () => `kernel ${i}, ${kernel.name}, writes input ${buffer.id}`);
      written.add(buffer);
    }
    verifyAccesses(kernel, i);
    if (kernel.kind === "repeat") verifyRepeat(kernel, i);
    if (kernel.kind === "call") verifyCopies([...kernel.enter, ...kernel.leave], kernel.name, i);
    if (kernel.kind === "branch")
      verifyCopies(
        kernel.branches.flatMap(({ leave }) => leave),
        kernel.name,
        i,
      );
    verifyOrder(kernel, i, aliases);
  });
  for (const buffer of [...outputs, ...assigned, ...gradients]) {
    demand(buffer === null || written.has(buffer), () => `result ${buffer?.id} is never written`);
  }
}

function verifyCopies(copies: readonly Copy[], name: string, i: number): void {
  for (const { from, to } of copies) {
    demand(
      from.dtype === to.dtype && from.size === to.size,
      () => `kernel ${i}, ${name}, copies buffer ${from.id} of ${from.size} elements to ${to.id} of ${to.size}`,
    );
  }
}

/** What goes into a body and out of it has the same elements on both sides. */
function verifyRepeat(
  { name, length, body, enter, rowsIn, carriesOut, rowsOut, leave }: RepeatKernel,
  i: number,
): void {
  const same = ({ from, to }: Copy, rowsFrom: number, rowsTo: number) =>
    demand(
      from.dtype === to.dtype && from.size * rowsTo === to.size * rowsFrom,
      () => `kernel ${i}, ${name}, copies buffer ${from.id} of ${from.size} elements to ${to.id} of ${to.size}`,
    );
  for (const copy of [...enter, ...leave]) same(copy, 1, 1);
  for (const copy of rowsIn) same(copy, length, 1);
  for (const copy of [...carriesOut, ...rowsOut]) same(copy, 1, length);
  for (const [inner, outer] of body.shared) same({ from: outer, to: inner }, 1, 1);
}

/** What a loop reads of memory that it writes, it reads in the same place, and before it has written there. */
function verifyOrder(kernel: Kernel, i: number, aliases: Schedule["aliases"]): void {
  if (kernel.kind !== "loop") return;
  const memoryOf = (buffer: Buffer) => aliases.get(buffer) ?? buffer;
  for (const { target } of allStores(kernel)) {
    for (const buffer of readsOf(kernel)) {
      demand(
        memoryOf(buffer) !== memoryOf(target) || readsInPlace(kernel, buffer, target),
        () => `kernel ${i}, ${kernel.name}, reads buffer ${buffer.id} elsewhere, or later, than it writes over it`,
      );
    }
  }
}

/** Accesses by affine functions are in range; indices that are values are checked by the program itself. */
function verifyAccesses(kernel: Kernel, i: number): void {
  if (kernel.kind === "contraction") verifyContraction(kernel, i);
  if (kernel.kind !== "loop" || sizeOf(kernel.sizes) === 0) return;
  const outer = storesEach(kernel) ? kernel.sizes : kernel.sizes.slice(0, kernel.sizes.length - kernel.reduced);
  const carries = isRecurrence(kernel.reduction) ? kernel.reduction.carries : [];
  const inside = (buffer: Buffer, at: Affine, sizes: readonly number[]) => {
    const [least, most] = rangeOf(at, sizes);
    demand(
      least >= 0 && most < buffer.size,
      () =>
        `kernel ${i}, ${kernel.name}, goes from ${least} to ${most} in buffer ${buffer.id} of ${buffer.size} elements`,
    );
  };
  for (const { target, to } of kernel.each ?? []) inside(target, to, kernel.sizes);
  for (const { target, to } of kernel.stores) inside(target, to, outer);
  visitExpressions(valuesOf(kernel), (e) => {
    demand(
      e.op !== "state" || carries[e.carry]?.next.kind === e.kind,
      () => `kernel ${i}, ${kernel.name}, reads a state that it does not carry`,
    );
    // Where there is nothing, the check of the indices has stopped the program.
    if (e.op === "load" && !(e.buffer.size === 0 && e.index !== null)) inside(e.buffer, e.at, kernel.sizes);
  });
}

function verifyContraction({ name, m, n, k, a, b, target, batch }: ContractionKernel, i: number): void {
  if (m * n === 0) return;
  const inside = (
    { buffer, rowStride, colStride }: ContractionKernel["a"],
    start: number,
    rows: number,
    columns: number,
  ) => {
    if (k === 0) return;
    const last = start + (rows - 1) * rowStride + (columns - 1) * colStride;
    demand(start >= 0 && last < buffer.size, () => `kernel ${i}, ${name}, reads ${last} of ${buffer.size} elements`);
  };
  for (const [fromA, fromB, to] of batch) {
    inside(a, fromA, m, k);
    inside(b, fromB, k, n);
    demand(to >= 0 && to + m * n <= target.size, () => `kernel ${i}, ${name}, writes behind its target`);
  }
}

function verifyPlan(schedule: Schedule, { addresses, regions }: Plan, region: Region, shared: Body["shared"]): void {
  const lifetimes = lifetimesOf(schedule);
  const placed = schedule.buffers.flatMap((buffer) => {
    const start = addresses.get(buffer);
    // A new value in the place of the old one is checked by what reads the old one.
    if (start === undefined || schedule.aliases.has(buffer) || shared.has(buffer)) return [];
    const life = lifetimes.get(buffer) ?? { first: -1, last: schedule.kernels.length };
    return [{ buffer, start, end: start + bytesOf(buffer), ...life }];
  });
  for (const { buffer, start, end } of placed) {
    demand(
      start > 0 && start >= region.start && start % 16 === 0 && end <= region.start + region.bytes,
      () =>
        `buffer ${buffer.id} lies at ${start} to ${end}, outside of ${region.start} to ${region.start + region.bytes}`,
    );
  }
  schedule.kernels.forEach((kernel, i) => {
    for (const body of bodiesOf(kernel)) {
      const { start, bytes } = regions.get(body.schedule) as Region;
      // What one call leaves is of no use to the next.
      const met = placed.find((own) => own.first <= i && i <= own.last && own.start < start + bytes && start < own.end);
      demand(met === undefined, () => `buffer ${met?.buffer.id} lies in the memory of the body of kernel ${i}`);
    }
  });
  for (const [buffer, place] of schedule.aliases) {
    const writer = schedule.kernels.findIndex((kernel) => writesOf(kernel).includes(buffer));
    const late = schedule.kernels.findIndex((kernel, i) => i > writer && readsOf(kernel).includes(place));
    demand(
      late === -1,
      () => `kernel ${late} reads the old values of buffer ${place.id}, which kernel ${writer} replaced`,
    );
    const kernel = schedule.kernels[writer];
    demand(
      kernel === undefined || kernel.kind === "loop" || !readsOf(kernel).includes(place),
      () => `kernel ${writer} reads buffer ${place.id}, which it writes over`,
    );
    demand(addresses.get(buffer) === addresses.get(place), () => `buffer ${buffer.id} does not lie over ${place.id}`);
  }
  placed.sort((a, b) => a.start - b.start);
  placed.forEach((a, i) => {
    for (const b of placed.slice(i + 1)) {
      if (b.start >= a.end) break;
      const [older, newer] = a.first <= b.first ? [a, b] : [b, a];
      const heir = schedule.kernels[newer.first];
      const inherits =
        older.last === newer.first && heir?.kind === "loop" && readsInPlace(heir, older.buffer, newer.buffer);
      demand(older.last < newer.first || inherits, () => `buffers ${a.buffer.id} and ${b.buffer.id} overlap`);
    }
  });
}
