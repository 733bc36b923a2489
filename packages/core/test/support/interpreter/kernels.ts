import { type Expression, operandsOf, visitExpressions } from "../../../src/compile/ir/expression.js";
import {
  type Body,
  type BranchKernel,
  bodiesOf,
  type CallKernel,
  type ContractionKernel,
  type Copy,
  isRecurrence,
  type Kernel,
  type LoopKernel,
  type Recurrence,
  type RepeatKernel,
  type ScalarKernel,
  type Store,
  storesEach,
} from "../../../src/compile/ir/kernel.js";
import { isLeaf } from "../../../src/compile/ir/scalar-plan.js";
import type { TypedArray } from "../../../src/dtype.js";
import { sizeOf } from "../../../src/shape/shape.js";
import { asKind, operationOf, reducingOf } from "./arithmetic.js";
import { Counter, type Memory, readElement, writeElement } from "./memory.js";
import { runRoutine } from "./routines.js";

/**
 * Runs a kernel as its emitted code is meant to run: element by element in the order of its axes, for each the stores in
 * their order, each read out of the memory as it is then. A value that several stores use is computed once an element.
 *
 * @returns the number of the failure that the program stops with, or 0
 */
export function runKernel(kernel: Kernel, memory: Memory): number {
  switch (kernel.kind) {
    case "loop":
      runLoop(kernel, memory);
      return 0;
    case "contraction":
      runContraction(kernel, memory);
      return 0;
    case "scalars":
      runScalars(kernel, memory);
      return 0;
    case "routine":
      return runRoutine(kernel, memory);
    case "repeat":
      return runRepeat(kernel, memory);
    case "branch": {
      const chosen = kernel.branches[memory.array(kernel.index)[0] as number];
      return chosen === undefined ? 0 : runBranch(chosen, memory);
    }
    case "call":
      return runCall(kernel, memory);
    default:
      return kernel satisfies never;
  }
}

/** How many elements a kernel goes through. An op's own forward, which stands for a routine, is quick. */
export function stepsOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case "loop":
      return sizeOf(kernel.sizes);
    case "contraction":
      return kernel.m * kernel.n * kernel.k * kernel.batch.length;
    case "scalars":
      return kernel.plan.functions.reduce((sum, values) => sum + values.length, 0);
    case "routine":
      return 0;
    case "repeat":
      // How many there are of a loop with a condition is not known.
      return (
        (kernel.length < Number.POSITIVE_INFINITY ? kernel.length : 100) *
        bodiesOf(kernel).reduce((sum, body) => sum + bodySteps(body), 0)
      );
    case "branch":
      return Math.max(...kernel.branches.map(({ body }) => bodySteps(body)));
    case "call":
      return bodySteps(kernel.body);
    default:
      return kernel satisfies never;
  }
}

const bodySteps = ({ schedule }: Body) => schedule.kernels.reduce((sum, inner) => sum + 1 + stepsOf(inner), 0);

function runRepeat(kernel: RepeatKernel, memory: Memory): number {
  const { length, reverse, body, test, count, counted, enter, rowsIn, carriesOut, rowsOut, leave } = kernel;
  const inner = memory.inside(body);
  const rowOf = (array: TypedArray, row: number, size: number) => array.subarray(row * size, (row + 1) * size);
  for (const { from, to } of enter) inner.array(to).set(memory.array(from));
  enterDraws(body, memory, inner);
  const most = count === null ? length : (memory.array(count)[0] as number);
  let step = 0;
  for (; test !== null || step < most; step++) {
    if (test !== null) {
      const within = inner.beside(test.body, memory);
      const failure = runBody(test.body, within);
      if (failure !== 0) return failure;
      if (within.array(test.result)[0] === 0) break;
      if (step === most) return test.failure;
    }
    const row = reverse ? most - 1 - step : step;
    for (const { from, to } of rowsIn) inner.array(to).set(rowOf(memory.array(from), row, to.size));
    const out = ({ from, to }: Copy) => rowOf(memory.array(to), row, from.size).set(inner.array(from));
    carriesOut.forEach(out);
    const failure = runBody(body, inner);
    if (failure !== 0) return failure;
    rowsOut.forEach(out);
    for (const { to, blocks } of body.draws) inner.array(to).set(movedOn(inner.array(to) as Int32Array, blocks));
  }
  if (counted !== null) memory.array(counted)[0] = step;
  for (const { from, to } of leave) memory.array(to).set(inner.array(from));
  return 0;
}

function runBranch({ body, leave }: BranchKernel["branches"][number], memory: Memory): number {
  return runCall({ body, enter: [], leave }, memory);
}

function runCall({ body, enter, leave }: Pick<CallKernel, "body" | "enter" | "leave">, memory: Memory): number {
  const inner = memory.inside(body);
  for (const { from, to } of enter) inner.array(to).set(memory.array(from));
  enterDraws(body, memory, inner);
  const failure = runBody(body, inner);
  if (failure !== 0) return failure;
  for (const { from, to } of leave) memory.array(to).set(inner.array(from));
  return 0;
}

function enterDraws({ draws }: Body, memory: Memory, inner: Memory): void {
  for (const { from, to, start } of draws) inner.array(to).set(movedOn(memory.array(from) as Int32Array, start));
}

function runBody({ schedule }: Body, inner: Memory): number {
  for (const [i, own] of schedule.kernels.entries()) {
    const failure = runKernel(own, inner);
    if (failure !== 0) return failure;
    inner.done(i);
  }
  return 0;
}

/** The words of a generator whose position is another one. */
export function movedOn(words: Int32Array, blocks: number): Int32Array {
  const moved = words.slice();
  const position =
    BigInt.asUintN(32, BigInt(words[4] as number)) + (BigInt(words[5] as number) << 32n) + BigInt(blocks);
  moved[4] = Number(BigInt.asIntN(32, position));
  moved[5] = Number(BigInt.asIntN(32, position >> 32n));
  return moved;
}

function runLoop(kernel: LoopKernel, memory: Memory): void {
  const { sizes, reduced, reduction, each = [], stores } = kernel;
  const outer = sizes.slice(0, sizes.length - reduced);
  const inner = sizes.slice(outer.length);
  if ((storesEach(kernel) ? sizes : outer).includes(0)) return;
  if (isRecurrence(reduction)) {
    runRecurrence(reduction, kernel, memory);
    return;
  }
  const [counter, outerCounter] = [new Counter(sizes), new Counter(outer)];
  const values: number[] = [];
  const places = new Map<Expression, number>();
  /** For each store what has to be computed for it that has not been computed for those before it. */
  const work = [...each, ...stores].map(({ value, target, to }, i) => {
    const steps: (() => void)[] = [];
    visitExpressions([value], (e) => {
      if (places.has(e)) return;
      const place = places.size;
      places.set(e, place);
      const compute = computing(e, (operand) => places.get(operand) as number, values, counter, memory);
      steps.push(() => {
        values[place] = compute();
      });
    });
    return {
      steps,
      place: places.get(value) as number,
      kind: value.kind,
      target,
      array: memory.array(target),
      at: (reduction === null || i < each.length ? counter : outerCounter).follow(to),
    };
  });
  const storeNow = ({ steps, place, target, array, at }: (typeof work)[number]) => {
    for (const step of steps) step();
    writeElement(target, array, at.value, values[place] as number);
  };
  if (reduction === null) {
    do work.forEach(storeNow);
    while (counter.next());
    return;
  }
  const reducing = work.slice(each.length).map((store) => ({ ...store, ...reducingOf(reduction, store.kind), sum: 0 }));
  const count = sizeOf(inner);
  do {
    for (const store of reducing) store.sum = store.identity;
    for (let i = 0; i < count; i++) {
      work.slice(0, each.length).forEach(storeNow);
      for (const store of reducing) {
        for (const step of store.steps) step();
        store.sum = store.combine(store.sum, values[store.place] as number);
      }
      counter.next();
    }
    for (const { target, array, at, kind, sum } of reducing) writeElement(target, array, at.value, asKind(kind, sum));
  } while (outerCounter.next());
}

/** Step by step: first all that the states go on to, then what is stored, while the states are still those before the step. */
function runRecurrence({ carries, isScan }: Recurrence, { sizes, reduced, stores }: LoopKernel, memory: Memory): void {
  const outer = sizes.slice(0, sizes.length - reduced);
  const count = sizeOf(sizes.slice(outer.length));
  const [counter, outerCounter] = [new Counter(sizes), new Counter(outer)];
  const states: number[] = [];
  /** The value of an expression now; what has been computed in this step is not computed again. */
  const evaluator = (own: Counter) => {
    const functions = new Map<Expression, () => number>();
    let known = new Map<Expression, number>();
    const at = (e: Expression): number => {
      const value = known.get(e);
      if (value !== undefined) return value;
      let compute = functions.get(e);
      if (compute === undefined) {
        const operands = operandsOf(e);
        const values: number[] = [];
        const place = (operand: Expression) => operands.indexOf(operand);
        const inner = e.op === "state" ? () => states[e.carry] as number : computing(e, place, values, own, memory);
        compute = () => {
          for (const [i, operand] of operands.entries()) values[i] = at(operand);
          return inner();
        };
        functions.set(e, compute);
      }
      const made = compute();
      known.set(e, made);
      return made;
    };
    return {
      at,
      step: () => {
        known = new Map();
      },
    };
  };
  const [inside, outside] = [evaluator(counter), evaluator(outerCounter)];
  const write = (place: (e: Store) => number, value: (e: Expression) => number) => {
    for (const store of stores)
      writeElement(store.target, memory.array(store.target), place(store), value(store.value));
  };
  const places = new Map(stores.map((store) => [store, (isScan ? counter : outerCounter).follow(store.to)]));
  const placeOf = (store: Store) => places.get(store)?.value as number;
  do {
    outside.step();
    for (const [i, { initial }] of carries.entries()) states[i] = outside.at(initial);
    for (let i = 0; i < count; i++) {
      inside.step();
      const next = carries.map((carry) => inside.at(carry.next));
      if (isScan) write(placeOf, inside.at);
      states.splice(0, states.length, ...next);
      counter.next();
    }
    outside.step();
    if (!isScan) write(placeOf, outside.at);
  } while (outerCounter.next());
}

/** The function that computes an expression at the current indices, out of the values of its operands. */
function computing(
  e: Expression,
  placeOf: (operand: Expression) => number,
  values: readonly number[],
  counter: Counter,
  memory: Memory,
): () => number {
  switch (e.op) {
    case "constant":
      return () => e.value;
    case "index": {
      const at = counter.follow(e.at);
      return () => at.value | 0;
    }
    case "load": {
      const { buffer, index } = e;
      const [array, at] = [memory.array(buffer), counter.follow(e.at)];
      if (index === null) return () => readElement(buffer, array, at.value);
      const place = placeOf(index.value);
      return () => readElement(buffer, array, at.value + (values[place] as number) * index.stride);
    }
    case "apply": {
      const operation = operationOf(e);
      const [x = 0, y = 0, w = 0] = e.args.map(placeOf);
      return () => operation(values[x] as number, values[y] as number, values[w] as number);
    }
    case "state":
      throw new Error("a state outside of a recurrence");
    default:
      return e satisfies never;
  }
}

/** Leaves are read where they are used, all else is computed once, and stored when it has been. */
function runScalars({ plan }: ScalarKernel, memory: Memory): void {
  const values: number[] = [];
  const now = (e: Expression) => (isLeaf(e) ? leaf(e, memory) : (values[e.id] as number));
  for (const e of plan.functions.flat()) {
    values[e.id] = isLeaf(e) ? leaf(e, memory) : inner(e, now, memory);
    for (const target of plan.targets.get(e.id) ?? [])
      writeElement(target, memory.array(target), 0, values[e.id] as number);
  }
}

function leaf(e: Expression, memory: Memory): number {
  if (e.op === "constant") return e.value;
  if (e.op === "index") return e.at.offset;
  if (e.op === "load") return readElement(e.buffer, memory.array(e.buffer), e.at.offset);
  throw new Error(`${e.op} is no leaf`);
}

function inner(e: Expression, now: (e: Expression) => number, memory: Memory): number {
  const [x = 0, y = 0, w = 0] = operandsOf(e).map(now);
  if (e.op === "apply") return operationOf(e)(x, y, w);
  if (e.op === "load" && e.index !== null) {
    return readElement(e.buffer, memory.array(e.buffer), e.at.offset + x * e.index.stride);
  }
  throw new Error(`${e.op} is a leaf`);
}

function runContraction({ m, n, k, a, b, target, batch }: ContractionKernel, memory: Memory): void {
  const [left, right, result] = [memory.array(a.buffer), memory.array(b.buffer), memory.array(target)];
  for (const [fromA, fromB, to] of batch) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const x = readElement(a.buffer, left, fromA + i * a.rowStride + p * a.colStride);
          const y = readElement(b.buffer, right, fromB + p * b.rowStride + j * b.colStride);
          sum += x * y;
        }
        writeElement(target, result, to + i * n + j, sum);
      }
    }
  }
}
