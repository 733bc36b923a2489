import type { Node } from "../../graph/node.js";
import { Part } from "../../graph/part.js";
import { Conv, ConvTranspose, ConvWeights } from "../../ops/conv.js";
import { MatMul } from "../../ops/matmul.js";
import { sizeOf } from "../../shape/shape.js";
import { KnownValues } from "../../trace/known-values.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import type { Scan } from "../../transforms/control/scan-node.js";
import { neededBy, nodeOf, orderOf } from "./graph.js";
import { rewritten, withInputs } from "./rewrite.js";
import { isScan, partIn, sameCount, sharedInputs } from "./scans.js";

/** From how many terms on a product takes longer than to write its result and read it again. */
export const leastTerms = 4;

/**
 * The same program with products that the steps of a loop computed handed on to the loop that goes back through them, as rows, where that
 * one would compute them again from the carries before each step.
 */
export function reuseProducts(trace: Trace): Trace {
  let now = trace;
  const done = new Set<string>();
  for (;;) {
    const scans = neededBy(now).filter(isScan);
    const pair = scans
      .flatMap((second) => scans.filter((first) => first.id < second.id).map((first) => ({ first, second })))
      .find(
        ({ first, second }) =>
          !done.has(`${scans.indexOf(first)} ${scans.indexOf(second)}`) && readsRowsOf(first, second),
      );
    if (pair === undefined) return now;
    done.add(`${scans.indexOf(pair.first)} ${scans.indexOf(pair.second)}`);
    now = handedOn(now, pair.first, pair.second);
  }
}

/** Whether a loop reads rows of another one, which has as many steps; in which direction does not matter. */
function readsRowsOf(first: Traced, second: Traced): boolean {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  return (
    a.length !== Number.POSITIVE_INFINITY &&
    sameCount(first, second) &&
    second.inputs.slice(b.carries, b.carries + b.elements).some((x) => (partIn(x, first)?.index ?? -1) >= a.carries)
  );
}

function handedOn(trace: Trace, first: Traced, second: Traced): Trace {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  const again = computedAgain(first, second);
  if (again.length === 0) return trace;
  const more = [...new Set(again.map(({ inFirst }) => inFirst))];
  const results = a.body.trace.outputs.length - a.carries;
  const firstNode = a.withLess({
    body: { ...a.body, trace: { ...a.body.trace, outputs: [...a.body.trace.outputs, ...more] } },
  });
  const end = b.carries + b.elements;
  const step = b.body.trace;
  const products = new Map(again.map(({ inSecond, inFirst }) => [inSecond, inFirst]));
  const secondNode = b.withLess({
    elements: b.elements + more.length,
    body: { ...b.body, trace: withInputs(step, step.inputs.toSpliced(end, 0, ...more), products) },
  });
  const parts: Traced[] = [];
  return rewritten(trace, (value, now, make) => {
    if (value === first) {
      const whole = make({ kind: "node", node: firstNode }, value.inputs.map(now));
      more.forEach(({ shape, dtype }, i) => {
        const form = { shape: [a.length, ...shape], dtype };
        const node = new Part(2 * a.carries + results + i, form, null);
        parts.push(make({ kind: "node", node }, [whole], form));
      });
      return whole;
    }
    const inputs = value.inputs.map(now);
    if (value !== second) return make(value.source, inputs);
    return make({ kind: "node", node: secondNode }, inputs.toSpliced(end, 0, ...parts));
  });
}

/** A product in the step of the second loop, and the same one in that of the first. */
interface Again {
  readonly inFirst: Traced;
  readonly inSecond: Traced;
}

function computedAgain(first: Traced, second: Traced): readonly Again[] {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  const [stepA, stepB] = [a.body.trace, b.body.trace];
  /** By value of the second step: that of the first one which it is. */
  const same = sharedInputs(first, second);
  const known = new KnownValues();
  const inFirst = new Set(orderOf(stepA.outputs));
  for (const value of inFirst) if (value.source.kind === "node") known.of(value.source.node, value.inputs, () => value);
  const literals = new Map<string, Traced>();
  for (const value of inFirst) if (value.source.kind === "literal") literals.set(literalKey(value), value);
  for (const value of orderOf(stepB.outputs)) {
    const { source } = value;
    const literal = source.kind === "literal" ? literals.get(literalKey(value)) : undefined;
    if (literal !== undefined) same.set(value, literal);
    if (source.kind !== "node" || !value.inputs.every((input) => same.has(input))) continue;
    const inputs = value.inputs.map((input) => same.get(input) as Traced);
    const met = known.of(source.node, inputs, () => value);
    if (inFirst.has(met)) same.set(value, met);
  }
  // What is made of products alone is handed on in their place, where it is as small.
  const users = usersIn(stepB);
  const climbed = (value: Traced): Traced => {
    const [user, ...others] = users.get(value) ?? [];
    const climbs = user != null && others.length === 0 && same.has(user) && sizeOf(user.shape) <= sizeOf(value.shape);
    return climbs ? climbed(user) : value;
  };
  const costly = [...same.keys()].filter(isCostly).map(climbed);
  return [...new Set(costly)].map((inSecond) => ({ inSecond, inFirst: same.get(inSecond) as Traced }));
}

function usersIn({ outputs }: Trace): ReadonlyMap<Traced, readonly (Traced | null)[]> {
  const users = new Map<Traced, (Traced | null)[]>();
  const use = (value: Traced, by: Traced | null) => users.set(value, [...(users.get(value) ?? []), by]);
  for (const value of orderOf(outputs)) for (const input of value.inputs) use(input, value);
  for (const output of outputs) use(output, null);
  return users;
}

const literalKey = ({ source, dtype }: Traced) =>
  source.kind === "literal" ? `${dtype} ${Object.is(source.value, -0) ? "-0" : source.value}` : "";

function isCostly({ source, inputs }: Traced): boolean {
  const node: Node | null = source.kind === "node" ? source.node : null;
  if (node instanceof MatMul) return (inputs[0]?.shape.at(-1) ?? 0) >= leastTerms;
  return node instanceof Conv || node instanceof ConvTranspose || node instanceof ConvWeights;
}
