import { CompileError } from "../errors.js";
import { Part } from "../graph/part.js";
import { checkNoMore } from "../options.js";
import { show } from "../show.js";
import type { Trace } from "../trace/trace.js";
import type { Traced } from "../trace/traced.js";
import { BlockNode } from "../transforms/control/block-node.js";
import { Branch } from "../transforms/control/branch-node.js";
import type { Call } from "../transforms/control/call-node.js";
import { countPart, Scan } from "../transforms/control/scan-node.js";
import { nameOf, neededBy, nodeOf } from "./graph/graph.js";
import { usesOf } from "./print.js";
import { Program } from "./program.js";
import type { ProgramBlock, ProgramGraph, ProgramJSON, ProgramValue } from "./program-json.js";
import { schedulesToJson } from "./schedules-to-json.js";

/**
 * What the compiler made of a function, as plain data that JSON can hold, for pictures and tools: the graph as it was traced
 * and simplified (values with op, shape, dtype and inputs; loops, branches and calls with graphs of their own), the kernels in
 * their order (what each computes, reads and writes), and the plan of the memory (address, size and lifetime of each buffer).
 *
 * @param program of a compiled function: `f.program(...args)`
 * @throws CompileError for what is no program
 *
 * @example
 * const f = compile((x: Tensor) => x.sub(1).square().sum().exp());
 * const { simplified, schedules, bytes } = programToJson(f.program(tensor([1, 2, 3])));
 * simplified[0]?.values.map(({ label }) => label); // ["input 0", "1", "Sub", "Square", "Sum", "Exp"]
 * schedules[0]?.kernels.map(({ name, values }) => [name, values]); // [["Sum", [2, 3, 4]], ["scalars", [5]]]
 * bytes; // 96
 */
export function programToJson(program: Program<unknown>, ...none: []): ProgramJSON {
  checkNoMore("programToJson", none);
  if (!(program instanceof Program)) {
    throw new CompileError(
      `programToJson: takes the program of a compiled function, f.program(...args) of f = compile(...), got ${show(program)}`,
    );
  }
  const { stages } = program.executable;
  const simplified = graphsOf(stages.simplified);
  return {
    format: "chainrule program",
    version: 1,
    traced: graphsOf(stages.traced).graphs,
    simplified: simplified.graphs,
    schedules: schedulesToJson(stages, simplified.places),
    bytes: stages.plan.bytes,
    bytesWithoutReuse: stages.plan.bytesWithoutReuse,
  };
}

interface Graphs {
  readonly graphs: readonly ProgramGraph[];
  /** Where each trace stands among them. */
  readonly places: ReadonlyMap<Trace, number>;
}

/** A trace as a graph, and what stands in its blocks. */
function graphsOf(trace: Trace): Graphs {
  const graphs: ProgramGraph[] = [];
  const traces = [trace];
  const places = new Map([[trace, 0]]);
  const placeOf = (inner: Trace): number => {
    const place = places.get(inner) ?? traces.push(inner) - 1;
    places.set(inner, place);
    return place;
  };
  // Those that come up are added behind.
  for (const each of traces) graphs.push(graphOf(each, placeOf));
  return { graphs, places };
}

function graphOf(trace: Trace, placeOf: (inner: Trace) => number): ProgramGraph {
  const names = new Map(trace.captures.map(({ tensor, traced }) => [traced, tensor.name]));
  const uses = usesOf(trace);
  return {
    values: neededBy(trace).map((value): ProgramValue => {
      const { id, source, dtype, shape, inputs } = value;
      const name = names.get(value);
      const node = source.kind === "node" ? source.node : null;
      const settings = node === null ? [] : Object.entries(node.attributes());
      const own = uses.get(value);
      return {
        id,
        kind: source.kind === "node" ? "op" : source.kind === "literal" ? "number" : source.kind,
        label: nameOf(value),
        ...(name === undefined ? {} : { name }),
        dtype,
        shape: [...shape],
        inputs: inputs.map((input) => input.id),
        ...(settings.length === 0 ? {} : { settings: plain(Object.fromEntries(settings)) as Record<string, unknown> }),
        ...(own === undefined ? {} : { uses: own }),
        ...(node instanceof BlockNode ? { blocks: blocksOf(node, placeOf) } : {}),
        ...(node instanceof Part ? { part: partName(value) } : {}),
      };
    }),
    inputs: trace.inputs.map(({ id }) => id),
    outputs: trace.outputs.map(({ id }) => id),
  };
}

/** What JSON makes of settings, numbers that it does not have as texts. */
function plain(settings: unknown): unknown {
  return JSON.parse(
    JSON.stringify(settings, (_key, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}

/** `count` names of one kind, each with the input of the node that it stands for, from one of them on. */
const named = (as: string, count: number, from: number) =>
  Array.from({ length: count }, (_, i) => ({ from: from + i, as: `${as} ${i}` }));

const closedOver = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => ({ from: from + i, as: "closed over" }));

const numbered = (as: string, count: number) => Array.from({ length: count }, (_, i) => `${as} ${i}`);

function blocksOf(node: BlockNode, placeOf: (inner: Trace) => number): ProgramBlock[] {
  if (node instanceof Scan) return blocksOfLoop(node, placeOf);
  if (node instanceof Branch) {
    const { operands, blocks } = node;
    let own = 1 + operands;
    return blocks.map(({ trace }, i) => {
      const given = [...named("argument", operands, 1), ...closedOver(trace.inputs.length - operands, own)];
      own += trace.inputs.length - operands;
      return {
        role: `branch ${i}`,
        graph: placeOf(trace),
        inputs: given,
        outputs: numbered("result", trace.outputs.length),
      };
    });
  }
  const { given, block } = node as Call;
  const { trace } = block;
  return [
    {
      role: "function",
      graph: placeOf(trace),
      inputs: [...named("argument", given, 0), ...closedOver(trace.inputs.length - given, given)],
      outputs: numbered("result", trace.outputs.length),
    },
  ];
}

function blocksOfLoop({ body, test, carries, elements }: Scan, placeOf: (inner: Trace) => number): ProgramBlock[] {
  const given = carries + elements;
  const { inputs, outputs } = body.trace;
  const step: ProgramBlock = {
    role: "step",
    graph: placeOf(body.trace),
    inputs: [
      ...named("carry", carries, 0),
      ...named("x", elements, carries),
      ...closedOver(inputs.length - given, given),
    ],
    outputs: [...numbered("carry", carries), ...numbered("y", outputs.length - carries)],
  };
  if (test === null) return [step];
  const condition: ProgramBlock = {
    role: "condition",
    graph: placeOf(test.trace),
    inputs: [...named("carry", carries, 0), ...closedOver(test.trace.inputs.length - carries, inputs.length)],
    outputs: ["another step"],
  };
  return [step, condition];
}

/** Which of the results of its node a part is. */
function partName(value: Traced): string {
  const { index } = nodeOf<Part>(value);
  const whole = nodeOf(value.inputs[0] as Traced);
  if (!(whole instanceof Scan)) return `result ${index}`;
  if (index === countPart) return "steps";
  if (index < whole.carries) return `carry ${index}`;
  if (index < 2 * whole.carries) return `carry ${index - whole.carries} before each step`;
  return `y ${index - 2 * whole.carries}`;
}
