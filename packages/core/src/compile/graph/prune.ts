import { Part } from "../../graph/part.js";
import type { Block } from "../../trace/block.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import type { BlockNode } from "../../transforms/control/block-node.js";
import { Branch } from "../../transforms/control/branch-node.js";
import { Call } from "../../transforms/control/call-node.js";
import { countPart, Scan } from "../../transforms/control/scan-node.js";
import { neededBy, orderOf } from "./graph.js";
import { rewritten, rootsOf, withInputs } from "./rewrite.js";
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
  const needed = new Set(rootsOf(trace));
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
  return rewritten(
    trace,
    (value, now, make) => {
      const { source, inputs, shape, dtype } = value;
      const less = narrowed.get(value);
      if (less !== undefined)
        return make(
          { kind: "node", node: less.node },
          less.inputs.map((i) => now(inputs[i] as Traced)),
        );
      const part = source.kind === "node" && source.node instanceof Part ? source.node : null;
      const index = part === null ? undefined : narrowed.get(inputs[0] as Traced)?.parts.get(part.index);
      return make(
        index === undefined ? source : { kind: "node", node: new Part(index, { shape, dtype }, null) },
        inputs.map(now),
      );
    },
    orderOf(rootsOf(trace)).filter((value) => needed.has(value)),
  );
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
      body: { ...body, trace: givenAlone({ ...trace, outputs: left.map((k) => trace.outputs[k] as Traced) }, inBody) },
    };
    const operandsEnd = body.trace.inputs.length;
    const countInput = node.hasCount ? [operandsEnd + (test === null ? 0 : test.trace.inputs.length - carries)] : [];
    if (test === null || tested === null)
      return { node: node.withLess(less), inputs: [...inBody, ...countInput], parts };
    const inCondition = tested.inputs.flatMap((input, i) => (i >= carries && inTest.has(input) ? [i] : []));
    return {
      node: node.withLess({ ...less, test: { ...test, trace: givenAlone(tested, [...changing, ...inCondition]) } }),
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
    trace: givenAlone(traces[b] as Trace, [...shared, ...(own[b] as number[])]),
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
    less = { block: { ...block, trace: givenAlone(trace, inputs) }, inputs };
    known.set(kept.join(), less);
  }
  return {
    node: node.withLess({ block: less.block, given: less.inputs.filter((i: number) => i < given).length }),
    inputs: less.inputs,
    parts: new Map(kept.map((index, k) => [index, k])),
  };
}

/** A trace that is given those of its inputs alone. */
function givenAlone(trace: Trace, kept: readonly number[]): Trace {
  return withInputs(
    trace,
    kept.map((i) => trace.inputs[i] as Traced),
  );
}
