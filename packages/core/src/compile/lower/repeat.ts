import { Part } from "../../graph/part.js";
import { Tensor } from "../../graph/tensor.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { Scan } from "../../transforms/control/scan-node.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import type { Body, Copy, Schedule } from "../ir/kernel.js";
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
    const { block, carries: count, elements, length, reverse } = nodeOf<Scan>(value);
    const { trace } = block;
    const outer = value.inputs.map((input) => s.rows(input));
    const parts = partsOf(value, s);
    const given = trace.inputs.slice(count);
    const carried = trace.inputs.slice(0, count).map((traced) => ({ traced, tensor: keyOf(traced) }));
    const results = trace.outputs.slice(count).flatMap((output, i) => {
      const to = parts.get(2 * count + i);
      return to === undefined ? [] : [{ output, to }];
    });
    const schedule = s.schedule({
      ...trace,
      inputs: given,
      captures: carried,
      outputs: results.map(({ output }) => output),
      assignments: carried.map(({ tensor }, j) => ({ tensor, value: trace.outputs[j] as Traced })),
    });
    const into = (index: number, from: Buffer | undefined): Copy[] => {
      const to = parts.get(index);
      return to === undefined ? [] : [{ from: from as Buffer, to: s.target(to) }];
    };
    s.push({
      kind: "repeat",
      name: "Scan",
      length,
      reverse,
      body: {
        schedule,
        shared: new Map(
          schedule.inputs.slice(elements).map((buffer, i) => [buffer, outer[count + elements + i] as Buffer]),
        ),
        draws: drawsOf(trace, schedule, s),
      },
      enter: schedule.captures.map((to, j) => ({ from: outer[j] as Buffer, to })),
      rowsIn: schedule.inputs.slice(0, elements).map((to, i) => ({ from: outer[count + i] as Buffer, to })),
      carriesOut: schedule.captures.flatMap((from, j) => into(count + j, from)),
      rowsOut: results.map(({ to }, i) => ({ from: schedule.outputs[i] as Buffer, to: s.target(to) })),
      leave: schedule.captures.flatMap((from, j) => into(j, from)),
    });
  },
};

/** A tensor to know a carry by. */
function keyOf({ shape, dtype }: Traced): Tensor {
  return new Tensor(shape, dtype, 0, null, false);
}

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
];
