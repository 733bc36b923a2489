import { Part } from "../../graph/part.js";
import { KnownValues } from "../../trace/known-values.js";
import type { Trace } from "../../trace/trace.js";
import { type Source, Traced } from "../../trace/traced.js";
import { BlockNode } from "../../transforms/control/block-node.js";
import { countPart, type Scan } from "../../transforms/control/scan-node.js";
import { neededBy, nodeOf, orderOf } from "./graph.js";
import { rewritten, rootsOf, withInputs } from "./rewrite.js";
import { isScan, partIn, sameCount, sharedInputs } from "./scans.js";

/**
 * The same program with one loop in the place of two, where the steps of the second read what those of the first left in the same
 * order: what goes from step to step is handed on within the step, and need not be kept. The tangent of a loop, which reads the carries
 * before each step, is then computed beside it.
 */
export function fuseScans(trace: Trace): Trace {
  let now = trace;
  for (let pair = fusible(now); pair !== null; pair = fusible(now)) now = fused(now, pair);
  return now;
}

interface Pair {
  readonly first: Traced;
  readonly second: Traced;
}

function fusible(trace: Trace): Pair | null {
  const order = neededBy(trace);
  const scans = order.filter(isScan);
  for (const first of scans) {
    const others = scans.filter((other) => other.id > first.id && alike(first, other));
    if (others.length === 0) continue;
    const behind = new Set<Traced>([first]);
    for (const value of order) if (value.inputs.some((input) => behind.has(input))) behind.add(value);
    const second = others.find((other) => isFed(first, other, behind));
    if (second !== undefined) return { first, second };
  }
  return null;
}

/** Whether two loops have the same steps. */
function alike(first: Traced, second: Traced): boolean {
  return nodeOf<Scan>(first).reverse === nodeOf<Scan>(second).reverse && sameCount(first, second);
}

/** Whether the second loop reads rows that the first one writes, and nothing else that depends on it. */
function isFed(first: Traced, second: Traced, behind: ReadonlySet<Traced>): boolean {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  let feeds = false;
  const others = second.inputs.filter((input, i) => {
    const part = partIn(input, first);
    if (part === null) return true;
    if (i === second.inputs.length - 1 && b.hasCount && part.index === countPart) return false;
    const isRow = i >= b.carries && i < b.carries + b.elements && part.index >= a.carries;
    if (isRow) feeds = true;
    return !isRow;
  });
  return feeds && others.every((input) => !behind.has(input));
}

function fused(trace: Trace, { first, second }: Pair): Trace {
  const { node, inputs, partOf } = joined(first, second);
  // In an order in which both loops stand where the second one did, behind what both of them need.
  const order: Traced[] = [];
  const met = new Set<Traced>();
  const needs = (value: Traced) => (value === second || value === first ? inputs : value.inputs);
  const stack = rootsOf(trace).toReversed();
  while (stack.length > 0) {
    const value = stack[stack.length - 1] as Traced;
    const missing = met.has(value) ? [] : needs(value).filter((input) => !met.has(input));
    if (missing.length > 0) {
      stack.push(...missing.toReversed());
      continue;
    }
    stack.pop();
    if (met.has(value)) continue;
    met.add(value);
    // One of the two stands for both.
    if (value === first || value === second) met.add(first).add(second);
    order.push(value);
  }
  const whole = order.find((value) => value === first || value === second) as Traced;
  return rewritten(
    trace,
    (value, now, make) => {
      if (value === whole) return make({ kind: "node", node }, inputs.map(now));
      const part = partIn(value, first) ?? partIn(value, second);
      if (part === null) return make(value.source, value.inputs.map(now));
      const index = partOf(value.inputs[0] as Traced, part.index);
      return make({ kind: "node", node: new Part(index, value, null) }, [now(whole)]);
    },
    order,
  );
}

/** Both loops as one node: what it is given, and the numbers of the parts of both. */
function joined(first: Traced, second: Traced) {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  const carries = a.carries + b.carries;
  const split = (inputs: readonly Traced[], { carries: count, elements, body }: Scan) => ({
    init: inputs.slice(0, count),
    xs: inputs.slice(count, count + elements),
    operands: inputs.slice(count + elements, body.trace.inputs.length),
  });
  const [ofA, ofB] = [split(first.inputs, a), split(second.inputs, b)];
  const rest = first.inputs.slice(a.body.trace.inputs.length);
  // What both read they have once.
  const known = sharedInputs(first, second);
  const isOwn = (i: number) => !known.has(b.body.trace.inputs[i] as Traced);
  const ownXs = ofB.xs.filter((_, i) => isOwn(b.carries + i));
  const ownOperands = ofB.operands.filter((_, i) => isOwn(b.carries + b.elements + i));
  const inputs = [...ofA.init, ...ofB.init, ...ofA.xs, ...ownXs, ...ofA.operands, ...ownOperands, ...rest];
  const trace = joinedBody(a, b, known);
  // The condition is given more carries, and does not look at them.
  const test = a.test && {
    ...a.test,
    trace: withInputs(
      a.test.trace,
      a.test.trace.inputs.toSpliced(a.carries, 0, ...b.body.trace.inputs.slice(0, b.carries)),
    ),
  };
  const node = a.withLess({ carries, elements: a.elements + ownXs.length, body: { ...a.body, trace }, test });
  const results = a.body.trace.outputs.length - a.carries;
  return {
    node,
    inputs,
    partOf: (whole: Traced, index: number): number => {
      if (index === countPart) return index;
      const [count, before] = whole === first ? [a.carries, 0] : [b.carries, a.carries];
      if (index < count) return before + index;
      if (index < 2 * count) return carries + before + index - count;
      return 2 * carries + (whole === first ? 0 : results) + index - 2 * count;
    },
  };
}

/** One step of both. @param known by input of the second step: the value of the first one that it is */
function joinedBody(a: Scan, b: Scan, known: ReadonlyMap<Traced, Traced>): Trace {
  const [traceA, traceB] = [a.body.trace, b.body.trace];
  const made = new Map<Traced, Traced>();
  let next = 0;
  // What both compute is computed once.
  const equal = new KnownValues();
  const copy = (value: Traced, source: Source) => {
    const { shape, dtype } = value;
    const operands = value.inputs.map((input) => made.get(input) as Traced);
    const make = () => new Traced(next++, shape, dtype, source, operands);
    const copied = source.kind === "node" ? equal.of(source.node, operands, make) : make();
    made.set(value, copied);
    return copied;
  };
  const inputs: Traced[] = [];
  const give = (list: readonly Traced[]) => {
    for (const value of list) inputs.push(copy(value, { kind: "input", index: inputs.length }));
  };
  const isOwn = (value: Traced) => !known.has(value);
  give(traceA.inputs.slice(0, a.carries));
  give(traceB.inputs.slice(0, b.carries));
  give(traceA.inputs.slice(a.carries, a.carries + a.elements));
  give(traceB.inputs.slice(b.carries, b.carries + b.elements).filter(isOwn));
  give(traceA.inputs.slice(a.carries + a.elements));
  give(traceB.inputs.slice(b.carries + b.elements).filter(isOwn));
  for (const value of orderOf(traceA.outputs)) if (!made.has(value)) copy(value, value.source);
  for (const [value, same] of known) made.set(value, made.get(same) as Traced);
  for (const value of orderOf(traceB.outputs)) {
    if (!made.has(value)) copy(value, drawnLater(value.source, traceA.generators.length));
  }
  const outputs = [
    ...traceA.outputs.slice(0, a.carries),
    ...traceB.outputs.slice(0, b.carries),
    ...traceA.outputs.slice(a.carries),
    ...traceB.outputs.slice(b.carries),
  ].map((value) => made.get(value) as Traced);
  return { ...traceA, inputs, outputs, generators: [...traceA.generators, ...traceB.generators], size: next };
}

/** What draws, by itself or in the blocks of a node, from generators behind those of another trace. */
function drawnLater(source: Source, count: number): Source {
  if (source.kind === "draw") {
    return { kind: "draw", draw: { ...source.draw, generator: source.draw.generator + count } };
  }
  if (source.kind !== "node" || !(source.node instanceof BlockNode)) return source;
  const blocks = source.node.blocks.map((block) => {
    const generators = block.trace.generators.map((each) =>
      each.source.kind === "enclosing"
        ? { ...each, source: { ...each.source, index: each.source.index + count } }
        : each,
    );
    return { ...block, trace: { ...block.trace, generators } };
  });
  return { kind: "node", node: source.node.withBlocks(blocks) };
}
