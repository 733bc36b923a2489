import { Part } from "../../graph/part.js";
import type { Traced } from "../../trace/traced.js";
import { countPart, Scan } from "../../transforms/control/scan-node.js";
import { nodeOf } from "./graph.js";

// What the stages that join loops ask about them.

export function isScan({ source }: Traced): boolean {
  return source.kind === "node" && source.node instanceof Scan;
}

/** The part of a loop's result that a value is; `null` for any other value. */
export function partIn(value: Traced, whole: Traced): Part | null {
  return value.inputs[0] === whole && value.source.kind === "node" && value.source.node instanceof Part
    ? value.source.node
    : null;
}

/** Whether two loops have as many steps; in which direction does not matter. */
export function sameCount(first: Traced, second: Traced): boolean {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  if (a.length !== b.length || b.test !== null) return false;
  const count = b.hasCount ? (second.inputs[second.inputs.length - 1] as Traced) : null;
  if (a.test !== null) return count !== null && partIn(count, first)?.index === countPart;
  return a.hasCount === b.hasCount && (count === null || first.inputs[first.inputs.length - 1] === count);
}

/**
 * What the steps of two loops that have as many are both given: by input of the second one's step, the value of the first one's that it
 * is. A row that the first loop writes is what its step gives, or the carry before that.
 */
export function sharedInputs(first: Traced, second: Traced): Map<Traced, Traced> {
  const [a, b] = [nodeOf<Scan>(first), nodeOf<Scan>(second)];
  const [stepA, stepB] = [a.body.trace, b.body.trace];
  const shared = new Map<Traced, Traced>();
  const isElement = (i: number, { carries, elements }: Scan) => i >= carries && i < carries + elements;
  const given = (input: Traced, i: number): Traced | undefined => {
    if (isElement(i, b)) {
      const index = partIn(input, first)?.index;
      if (index !== undefined && index >= a.carries)
        return index < 2 * a.carries ? stepA.inputs[index - a.carries] : stepA.outputs[index - a.carries];
    }
    return stepA.inputs.find(
      (_, j) => j >= a.carries && first.inputs[j] === input && isElement(j, a) === isElement(i, b),
    );
  };
  stepB.inputs.forEach((own, i) => {
    const same = i < b.carries ? undefined : given(second.inputs[i] as Traced, i);
    if (same !== undefined) shared.set(own, same);
  });
  return shared;
}
