import type { Trace } from "../trace/trace.js";
import type { Traced } from "../trace/traced.js";
import { BlockNode } from "../transforms/control/block-node.js";
import type { Scan } from "../transforms/control/scan-node.js";
import { type Computed, computedBy, endsOf } from "./computed-by.js";
import { neededBy, nodeOf } from "./graph/graph.js";
import { type Buffer, bytesOf } from "./ir/buffer.js";
import {
  type Body,
  type BranchKernel,
  type Copy,
  isRecurrence,
  type Kernel,
  type RepeatKernel,
  readsOf,
  type Schedule,
  writesOf,
} from "./ir/kernel.js";
import { lifetimesOf, type Plan } from "./plan/plan.js";
import { bufferName, showKernel } from "./print.js";
import type { ProgramBody, ProgramBuffer, ProgramCopy, ProgramKernel, ProgramSchedule } from "./program-json.js";
import type { Stages } from "./run/stages.js";

/** A schedule, the trace that it was made of, and what stands in its buffers at the end. */
interface Part {
  readonly schedule: Schedule;
  readonly trace: Trace;
  readonly ends: ReadonlyMap<Buffer, Traced>;
  /** The buffers that lie elsewhere. */
  readonly shared: Body["shared"];
}

/**
 * The schedule of a program, and those in its kernels, each once.
 *
 * @param graphs where each trace stands in the list of graphs
 */
export function schedulesToJson(
  { simplified, schedule, plan }: Stages,
  graphs: ReadonlyMap<Trace, number>,
): ProgramSchedule[] {
  const parts: Part[] = [{ schedule, trace: simplified, ends: endsOf(simplified, schedule), shared: new Map() }];
  const places = new Map([[schedule, 0]]);
  const placeOf = (part: Part): number => {
    const place = places.get(part.schedule) ?? parts.push(part) - 1;
    places.set(part.schedule, place);
    return place;
  };
  const made: ProgramSchedule[] = [];
  // Those that come up are added behind.
  for (const part of parts) {
    // The program itself has all of the memory.
    const { start, bytes } = plan.regions.get(part.schedule) ?? { start: 0, bytes: plan.bytes };
    const computed = computedBy(neededBy(part.trace), part.schedule, part.ends);
    made.push({
      graph: graphs.get(part.trace) as number,
      kernels: part.schedule.kernels.map((kernel, i) => kernelOf(kernel, computed[i] as Computed, part, placeOf)),
      buffers: buffersOf(part, plan),
      address: start,
      bytes,
    });
  }
  return made;
}

const namesOf = (buffers: readonly Buffer[]) => [...new Set(buffers)].map(bufferName);

function kernelOf(
  kernel: Kernel,
  { values, partOf }: Computed,
  part: Part,
  placeOf: (part: Part) => number,
): ProgramKernel {
  const bodies = bodiesToJson(kernel, values, part, placeOf);
  return {
    kind: kernel.kind,
    name: kernel.name,
    text: showKernel(kernel),
    ...sizesOf(kernel),
    values: values.map(({ id }) => id),
    partOf: partOf?.id ?? null,
    reads: namesOf(readsOf(kernel)),
    writes: namesOf(writesOf(kernel)),
    ...(bodies.length === 0 ? {} : { bodies }),
  };
}

function sizesOf(kernel: Kernel): Pick<ProgramKernel, "sizes" | "reduced" | "reduction"> {
  if (kernel.kind === "loop") {
    const { sizes, reduced, reduction } = kernel;
    return { sizes: [...sizes], reduced, reduction: isRecurrence(reduction) ? "steps" : reduction };
  }
  if (kernel.kind === "contraction") {
    const { batch, m, n, k } = kernel;
    return { sizes: [batch.length, m, n, k], reduced: 1, reduction: "sum" };
  }
  const isCounted = kernel.kind === "repeat" && kernel.length < Number.POSITIVE_INFINITY;
  return { sizes: isCounted ? [kernel.length] : [], reduced: 0, reduction: null };
}

/** The schedules that a kernel runs, which were made of the blocks of a node. */
function bodiesToJson(
  kernel: Kernel,
  values: readonly Traced[],
  part: Part,
  placeOf: (part: Part) => number,
): ProgramBody[] {
  if (kernel.kind !== "repeat" && kernel.kind !== "branch" && kernel.kind !== "call") return [];
  const node = values.map(({ source }) => (source.kind === "node" ? source.node : null)).find(isBlockNode);
  if (node === undefined) throw new Error(`compile: no node was found for the kernel ${kernel.name}`);
  const traces = node.blocks.map(({ trace }) => trace);
  const body = (role: string, { schedule, shared }: Body, i: number, ends: Part["ends"], copies: ProgramCopy[]) => ({
    role,
    schedule: placeOf({ schedule, trace: traces[i] as Trace, ends, shared }),
    copies,
  });
  /** Which result of the node a buffer around it has. */
  const indexOf = (buffer: Buffer) =>
    values.filter((value) => part.schedule.places.get(value) === buffer).map(partIndex)[0] as number;
  const left = (copies: readonly Copy[], i: number) =>
    new Map(copies.map(({ from, to }) => [from, traces[i]?.outputs[indexOf(to)] as Traced]));
  switch (kernel.kind) {
    case "repeat": {
      const { test } = kernel;
      const { carries } = node as Scan;
      const [trace] = traces as [Trace];
      const ends = new Map([
        ...kernel.rowsOut.map(({ from, to }) => [from, trace.outputs[indexOf(to) - carries] as Traced] as const),
        ...kernel.body.schedule.assigned.map((buffer, j) => [buffer, trace.outputs[j] as Traced] as const),
      ]);
      const step = body("step", kernel.body, 0, ends, copiesOfLoop(kernel));
      if (test === null) return [step];
      const asked = new Map([[test.result, traces[1]?.outputs[0] as Traced]]);
      return [body("condition", test.body, 1, asked, []), step];
    }
    case "branch":
      return kernel.branches.map(({ body: own, leave }: BranchKernel["branches"][number], i) =>
        body(`branch ${i}`, own, i, left(leave, i), copiesOf(leave, "behind")),
      );
    case "call": {
      const { outputs } = kernel.body.schedule;
      const ends = new Map(outputs.map((buffer, i) => [buffer, traces[0]?.outputs[i] as Traced]));
      return [
        body("function", kernel.body, 0, ends, [
          ...copiesOf(kernel.enter, "before"),
          ...copiesOf(kernel.leave, "behind"),
        ]),
      ];
    }
    default:
      return kernel satisfies never;
  }
}

const isBlockNode = (node: unknown): node is BlockNode => node instanceof BlockNode;

/** The number of a result; -1 for what is none. */
function partIndex(value: Traced): number {
  return nodeOf<{ readonly index?: number } & BlockNode>(value).index ?? -1;
}

function copiesOf(copies: readonly Copy[], when: ProgramCopy["when"], rows?: "from" | "to"): ProgramCopy[] {
  return copies.map(({ from, to }) => ({
    from: bufferName(from),
    to: bufferName(to),
    when,
    ...(rows === undefined ? {} : { rows }),
  }));
}

const copiesOfLoop = ({ enter, rowsIn, carriesOut, rowsOut, leave }: RepeatKernel): ProgramCopy[] => [
  ...copiesOf(enter, "before"),
  ...copiesOf(rowsIn, "before each step", "from"),
  ...copiesOf(carriesOut, "before each step", "to"),
  ...copiesOf(rowsOut, "behind each step", "to"),
  ...copiesOf(leave, "behind"),
];

function buffersOf({ schedule, trace, shared }: Part, { addresses }: Plan): ProgramBuffer[] {
  const lifetimes = lifetimesOf(schedule);
  const values = new Map<Buffer, number[]>();
  for (const [value, buffer] of schedule.places) values.set(buffer, [...(values.get(buffer) ?? []), value.id]);
  const names = new Map(trace.captures.map(({ tensor }, i) => [schedule.captures[i], tensor.name]));
  return schedule.buffers.flatMap((buffer) => {
    const address = addresses.get(buffer);
    if (address === undefined) return [];
    const [over, outer] = [schedule.aliases.get(buffer), shared.get(buffer)];
    const life = over === undefined ? lifetimes.get(buffer) : undefined;
    const tensor = names.get(buffer);
    return [
      {
        name: bufferName(buffer),
        role: buffer.role,
        dtype: buffer.dtype,
        shape: [...buffer.shape],
        address,
        bytes: bytesOf(buffer),
        values: values.get(buffer) ?? [],
        ...(tensor === undefined ? {} : { tensor }),
        first: life?.first ?? null,
        last: life?.last ?? null,
        ...(over === undefined ? {} : { over: bufferName(over) }),
        ...(outer === undefined ? {} : { sharedWith: bufferName(outer) }),
      },
    ];
  });
}
