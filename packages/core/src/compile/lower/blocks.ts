import { Part } from "../../graph/part.js";
import { Tensor } from "../../graph/tensor.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { Branch } from "../../transforms/control/branch-node.js";
import { Call } from "../../transforms/control/call-node.js";
import { countPart, Scan } from "../../transforms/control/scan-node.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import type { Body, Copy, RepeatKernel, Schedule } from "../ir/kernel.js";
import type { KernelRule, Lowering } from "./lowering.js";

/** A result of a block node: computed with the others. */
const part: KernelRule = {
  lower: (value, s) => {
    s.buffer(value.inputs[0] as Traced);
  },
};

/** The results of a block node that are used, by their number. */
function partsOf(value: Traced, s: Lowering): ReadonlyMap<number, Traced> {
  return new Map(s.usersOf(value).map((user) => [nodeOf<Part>(user).index, user]));
}

const scan: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const node = nodeOf<Scan>(value);
    const { body, test, carries: count, elements, length, reverse } = node;
    const { trace } = body;
    const outer = value.inputs.map((input) => s.rows(input));
    const parts = partsOf(value, s);
    const carried = trace.inputs.slice(0, count).map((traced) => ({ traced, tensor: keyOf(traced) }));
    const results = trace.outputs.slice(count).flatMap((output, i) => {
      const to = parts.get(2 * count + i);
      return to === undefined ? [] : [{ output, to }];
    });
    const schedule = s.schedule({
      ...trace,
      inputs: trace.inputs.slice(count),
      captures: carried,
      outputs: results.map(({ output }) => output),
      assignments: carried.map(({ tensor }, j) => ({ tensor, value: trace.outputs[j] as Traced })),
    });
    const into = (index: number, from: Buffer | undefined): Copy[] => {
      const to = parts.get(index);
      return to === undefined ? [] : [{ from: from as Buffer, to: s.target(to) }];
    };
    const hasRows = elements > 0 || [...parts.keys()].some((index) => index >= count);
    if (hasRows && length === Number.POSITIVE_INFINITY) throw node.withoutLimit();
    const counted = parts.get(countPart);
    const operands = outer.slice(count + elements);
    s.push({
      kind: "repeat",
      name: node.name,
      length,
      reverse,
      body: bodyOf(trace, schedule, schedule.inputs.slice(elements), operands, s),
      test: test === null ? null : testOf(node, test.trace, schedule.captures, outer.slice(trace.inputs.length), s),
      count: node.hasCount ? (outer[outer.length - 1] as Buffer) : null,
      counted: counted === undefined ? null : s.target(counted),
      enter: schedule.captures.map((to, j) => ({ from: outer[j] as Buffer, to })),
      rowsIn: schedule.inputs.slice(0, elements).map((to, i) => ({ from: outer[count + i] as Buffer, to })),
      carriesOut: schedule.captures.flatMap((from, j) => into(count + j, from)),
      rowsOut: results.map(({ to }, i) => ({ from: schedule.outputs[i] as Buffer, to: s.target(to) })),
      leave: schedule.captures.flatMap((from, j) => into(j, from)),
    });
  },
};

/** The condition of a loop: what it is given are the carries, and what it closes over. */
function testOf(
  node: Scan,
  trace: Trace,
  carries: readonly Buffer[],
  operands: readonly Buffer[],
  s: Lowering,
): RepeatKernel["test"] {
  const schedule = s.schedule(trace);
  const [result] = schedule.outputs as readonly [Buffer];
  const error = () => node.tooMany?.() ?? new Error(`${node.name}: too many steps`);
  return {
    body: bodyOf(trace, schedule, schedule.inputs, [...carries, ...operands], s),
    result,
    failure: s.failure({ buffer: result, error }),
  };
}

const branch: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const { blocks, operands } = nodeOf<Branch>(value);
    const [index, ...outer] = value.inputs.map((input) => s.rows(input)) as [Buffer, ...Buffer[]];
    const parts = [...partsOf(value, s)];
    let own = operands;
    const branches = blocks.map(({ trace }) => {
      const schedule = s.schedule({ ...trace, outputs: parts.map(([i]) => trace.outputs[i] as Traced) });
      const end = own + trace.inputs.length - operands;
      const given = [...outer.slice(0, operands), ...outer.slice(own, end)];
      own = end;
      return {
        body: bodyOf(trace, schedule, schedule.inputs, given, s),
        leave: parts.map(([, to], k) => ({ from: schedule.outputs[k] as Buffer, to: s.target(to) })),
      };
    });
    s.push({ kind: "branch", name: "Branch", index, branches });
  },
};

/** A body that shares some of its inputs with what is around it. */
function bodyOf(
  trace: Trace,
  schedule: Schedule,
  inputs: readonly Buffer[],
  outer: readonly Buffer[],
  s: Lowering,
): Body {
  return {
    schedule,
    shared: new Map(inputs.map((buffer, i) => [buffer, outer[i] as Buffer])),
    draws: drawsOf(trace, schedule, s),
  };
}

/** A tensor to know a carry by. */
function keyOf({ shape, dtype }: Traced): Tensor {
  return new Tensor(shape, dtype, 0, null, false);
}

const call: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const { name, block, moved } = nodeOf<Call>(value);
    const { trace } = block;
    const outer = value.inputs.map((input) => s.rows(input));
    const schedule = s.shared(trace);
    const isShared = sharedInputs(value, schedule, s);
    const [shared, own] = [true, false].map((which) => outer.flatMap((_, i) => (isShared[i] === which ? [i] : [])));
    const inner = (list: readonly number[] = []) => list.map((i) => schedule.inputs[i] as Buffer);
    const around = (list: readonly number[] = []) => list.map((i) => outer[i] as Buffer);
    const body = bodyOf(trace, schedule, inner(shared), around(shared), s);
    const movedOn = new Map(block.draws.map(({ index }, i) => [schedule.generators[index], moved[i] as number]));
    s.push({
      kind: "call",
      name,
      body: {
        ...body,
        draws: body.draws.map((draw) => ({ ...draw, start: draw.start + (movedOn.get(draw.to) ?? 0) })),
      },
      enter: inner(own).map((to, i) => ({ from: around(own)[i] as Buffer, to })),
      leave: [...partsOf(value, s)].map(([i, to]) => ({ from: schedule.outputs[i] as Buffer, to: s.target(to) })),
    });
  },
};

/** By the schedule of a function: which of its inputs are the same in all calls, as mostly what it closes over. */
const sharedBy = new WeakMap<Schedule, readonly boolean[]>();

function sharedInputs(value: Traced, schedule: Schedule, s: Lowering): readonly boolean[] {
  const known = sharedBy.get(schedule);
  if (known !== undefined) return known;
  const { block } = nodeOf<Call>(value);
  const calls = s.order.filter((other) => isCall(other) && nodeOf<Call>(other).block === block);
  const made = value.inputs.map((input, i) => calls.every(({ inputs }) => inputs[i] === input));
  sharedBy.set(schedule, made);
  return made;
}

const isCall = ({ source }: Traced) => source.kind === "node" && source.node instanceof Call;

function drawsOf({ generators }: Trace, schedule: Schedule, s: Lowering): Body["draws"] {
  return generators.flatMap(({ source, blocks }, i) => {
    const to = schedule.generators[i];
    if (to === null || to === undefined || source.kind !== "enclosing") return [];
    return [{ from: s.generatorBuffer(source.index), to, start: source.start, blocks }];
  });
}

export const blockRules: readonly (readonly [unknown, KernelRule])[] = [
  [Part, part],
  [Scan, scan],
  [Branch, branch],
  [Call, call],
];
