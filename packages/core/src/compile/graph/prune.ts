import { Part } from "../../graph/part.js";
import type { Block } from "../../trace/block.js";
import type { Trace } from "../../trace/trace.js";
import { Traced } from "../../trace/traced.js";
import type { BlockNode } from "../../transforms/control/block-node.js";
import { Branch } from "../../transforms/control/branch-node.js";
import { Call } from "../../transforms/control/call-node.js";
import { countPart, Scan } from "../../transforms/control/scan-node.js";
import { neededBy, orderOf, resultsOf } from "./graph.js";
import { hasBlocks, isBlock } from "./simplify.js";

/** A block node with less in it. */
interface Narrowed {
  readonly node: BlockNode;
  /** The inputs that it still has, by their old numbers. */
  readonly inputs: readonly number[];
  /** By the old number of a part, the new one. */
  readonly parts: ReadonlyMap<number, number>;
}

/**
 * The same program without what nobody uses inside of its blocks: results of a loop, the carries and elements that only those need, and
 * all that was computed for them outside. The tangent of a loop needs no gradients, and a gradient not the values of what is linear.
 */
export function prune(trace: Trace): Trace {
  if (!hasBlocks(trace)) return trace;
  const order = neededBy(trace);
  const needed = new Set(resultsOf(trace));
  /** By a block node's output: the numbers of the parts that are used. */
  const used = new Map<Traced, Set<number>>();
  const narrowed = new Map<Traced, Narrowed>();
  for (const value of order.toReversed()) {
    if (!needed.has(value)) continue;
    const { source, inputs } = value;
    const node = source.kind === "node" ? source.node : null;
    if (node instanceof Part) {
      const [whole] = inputs as [Traced];
      const parts = used.get(whole) ?? new Set();
      used.set(whole, parts.add(node.index));
    }
    const less = isBlock(value) ? narrow(node as BlockNode, used.get(value) ?? new Set()) : null;
    if (less !== null) narrowed.set(value, less);
    for (const [i, input] of inputs.entries()) if (less === null || less.inputs.includes(i)) needed.add(input);
  }
  return rebuilt(
    trace,
    order.filter((value) => needed.has(value)),
    narrowed,
  );
}

/** A trace of those values alone, with other block nodes. */
function rebuilt(trace: Trace, order: readonly Traced[], narrowed: ReadonlyMap<Traced, Narrowed>): Trace {
  const made = new Map<Traced, Traced>();
  const again = (value: Traced): Traced => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const { shape, dtype, inputs } = value;
    const less = narrowed.get(value);
    const kept = less === undefined ? inputs : less.inputs.map((i) => inputs[i] as Traced);
    const now = new Traced(
      made.size,
      shape,
      dtype,
      sourceOf(value, less),
      kept.map((input) => made.get(input) as Traced),
    );
    made.set(value, now);
    return now;
  };
  const sourceOf = ({ source, shape, dtype, inputs }: Traced, less: Narrowed | undefined): Traced["source"] => {
    if (less !== undefined) return { kind: "node", node: less.node };
    if (source.kind !== "node" || !(source.node instanceof Part)) return source;
    const index = narrowed.get(inputs[0] as Traced)?.parts.get(source.node.index);
    return index === undefined ? source : { kind: "node", node: new Part(index, { shape, dtype }, null) };
  };
  for (const value of order) again(value);
  return {
    ...trace,
    inputs: trace.inputs.map(again),
    captures: trace.captures.map(({ tensor, traced }) => ({ tensor, traced: again(traced) })),
    outputs: trace.outputs.map(again),
    assignments: trace.assignments.map(({ tensor, value }) => ({ tensor, value: again(value) })),
    gradients: trace.gradients.map(({ tensor, value }) => ({ tensor, value: value === null ? null : again(value) })),
    size: made.size,
  };
}

function narrow(node: BlockNode, used: ReadonlySet<number>): Narrowed {
  if (node instanceof Scan) return narrowScan(node, used);
  if (node instanceof Branch) return narrowBranch(node, used);
  if (node instanceof Call) return narrowCall(node, used);
  throw new Error(`${node.name} has no parts that could be left out`);
}

function narrowScan(node: Scan, used: ReadonlySet<number>): Narrowed {
  const { carries, elements, body, test } = node;
  const tested = test === null ? null : prune(test.trace);
  const inTest = new Set(tested === null ? [] : orderOf(tested.outputs));
  const indices = [...used].filter((index) => index !== countPart);
  const live = new Set(indices.filter((index) => index < 2 * carries).map((index) => index % carries));
  tested?.inputs.forEach((input, i) => {
    if (i < carries && inTest.has(input)) live.add(i);
  });
  const results = indices.filter((index) => index >= 2 * carries).toSorted((a, b) => a - b);
  for (;;) {
    const kept = [...live].toSorted((a, b) => a - b);
    const outputs = [...kept, ...results.map((index) => index - carries)].map((i) => body.trace.outputs[i] as Traced);
    const trace = prune({ ...body.trace, outputs });
    const reached = new Set(orderOf(trace.outputs));
    const more = trace.inputs.findIndex((input, i) => i < carries && !live.has(i) && reached.has(input));
    if (more >= 0) {
      live.add(more);
      continue;
    }
    // What each step hands on as it is is the same in all of them.
    const isConstant = (j: number) =>
      test === null && trace.outputs[kept.indexOf(j)] === trace.inputs[j] && !used.has(j) && !used.has(carries + j);
    const changing = kept.filter((j) => !isConstant(j));
    const others = trace.inputs.flatMap((input, i) => (i >= carries && reached.has(input) ? [i] : []));
    const inBody = [...changing, ...others, ...kept.filter(isConstant)];
    const parts = new Map([[countPart, countPart]]);
    changing.forEach((j, k) => {
      parts.set(j, k).set(carries + j, changing.length + k);
    });
    results.forEach((index, k) => {
      parts.set(index, 2 * changing.length + k);
    });
    const left = [...changing.map((j) => kept.indexOf(j)), ...results.map((_, k) => kept.length + k)];
    const less = {
      carries: changing.length,
      elements: others.filter((i) => i < carries + elements).length,
      body: { ...body, trace: withInputs({ ...trace, outputs: left.map((k) => trace.outputs[k] as Traced) }, inBody) },
    };
    const operandsEnd = body.trace.inputs.length;
    const countInput = node.hasCount ? [operandsEnd + (test === null ? 0 : test.trace.inputs.length - carries)] : [];
    if (test === null || tested === null)
      return { node: node.withLess(less), inputs: [...inBody, ...countInput], parts };
    const inCondition = tested.inputs.flatMap((input, i) => (i >= carries && inTest.has(input) ? [i] : []));
    return {
      node: node.withLess({ ...less, test: { ...test, trace: withInputs(tested, [...changing, ...inCondition]) } }),
      inputs: [...inBody, ...inCondition.map((i) => operandsEnd + i - carries), ...countInput],
      parts,
    };
  }
}

function narrowBranch(node: Branch, used: ReadonlySet<number>): Narrowed {
  const { operands, blocks } = node;
  const kept = [...used].toSorted((a, b) => a - b);
  const traces = blocks.map(({ trace }) => prune({ ...trace, outputs: kept.map((i) => trace.outputs[i] as Traced) }));
  const reached = traces.map(({ outputs }) => new Set(orderOf(outputs)));
  const isReached = (b: number, i: number) => reached[b]?.has(traces[b]?.inputs[i] as Traced) === true;
  const shared = Array.from({ length: operands }, (_, i) => i).filter((i) => traces.some((_, b) => isReached(b, i)));
  const own = traces.map(({ inputs }, b) => inputs.flatMap((_, i) => (i >= operands && isReached(b, i) ? [i] : [])));
  let start = 1;
  const captured = own.flatMap((list, b) => {
    const first = start;
    start += (traces[b]?.inputs.length ?? 0) - operands;
    return list.map((i) => first + i);
  });
  const less = blocks.map((block, b) => ({
    ...block,
    trace: withInputs(traces[b] as Trace, [...shared, ...(own[b] as number[])]),
  }));
  return {
    node: node.withLess({ blocks: less, operands: shared.length }),
    inputs: [0, ...shared.map((i) => 1 + i), ...captured],
    parts: new Map(kept.map((index, k) => [index, k])),
  };
}

/** Of a function that is called from many places: by the numbers of the results that are used, what is left of it. */
const calledBlocks = new WeakMap<Block, Map<string, { readonly block: Block; readonly inputs: readonly number[] }>>();

function narrowCall(node: Call, used: ReadonlySet<number>): Narrowed {
  const { block, given } = node;
  const kept = [...used].toSorted((a, b) => a - b);
  const known = calledBlocks.get(block) ?? new Map();
  calledBlocks.set(block, known);
  let less = known.get(kept.join());
  if (less === undefined) {
    const trace = prune({ ...block.trace, outputs: kept.map((i) => block.trace.outputs[i] as Traced) });
    const reached = new Set(orderOf(trace.outputs));
    const inputs = trace.inputs.flatMap((input, i) => (reached.has(input) ? [i] : []));
    less = { block: { ...block, trace: withInputs(trace, inputs) }, inputs };
    known.set(kept.join(), less);
  }
  return {
    node: node.withLess({ block: less.block, given: less.inputs.filter((i: number) => i < given).length }),
    inputs: less.inputs,
    parts: new Map(kept.map((index, k) => [index, k])),
  };
}

/** A trace that is given those of its inputs alone. */
function withInputs(trace: Trace, kept: readonly number[]): Trace {
  const inputs = kept.map((i) => trace.inputs[i] as Traced);
  const renumbered = new Map<Traced, Traced>();
  inputs.forEach(({ shape, dtype, id }, index) => {
    renumbered.set(inputs[index] as Traced, new Traced(id, shape, dtype, { kind: "input", index }, []));
  });
  for (const value of orderOf([...trace.outputs, ...inputs])) {
    if (renumbered.has(value)) continue;
    const { id, shape, dtype, source } = value;
    renumbered.set(
      value,
      new Traced(
        id,
        shape,
        dtype,
        source,
        value.inputs.map((input) => renumbered.get(input) as Traced),
      ),
    );
  }
  const now = (value: Traced) => renumbered.get(value) as Traced;
  return { ...trace, inputs: inputs.map(now), outputs: trace.outputs.map(now) };
}
