import { CompileError, GraphError } from "../../errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { concat, stack } from "../../ops/concat.js";
import type { Shape } from "../../shape/types.js";
import { traceBlock } from "../../trace/block.js";
import { zerosOf } from "../arguments.js";
import { type Loop, type LoopResult, type Step, tracedScan } from "./scan-node.js";
import { segment } from "./segment.js";

/** How a loop is run: what changes neither its values nor its gradients. */
export interface Ways {
  /** How many steps the body of a program's loop has. */
  readonly unroll: number;
  /** Of how many steps each the carries between are computed again for a gradient; Infinity where all are kept. */
  readonly checkpoint: number;
}

/** Runs a loop: in eager mode step by step, in a function that is traced as one node. */
export function runLoop(loop: Loop, { unroll, checkpoint }: Ways): LoopResult {
  const steps = tracer() === null ? plainSteps : (own: Loop) => inGroups(own, unroll, tracedScan, plainSteps);
  const together = tracer() === null ? asSegment(steps) : steps;
  return checkpoint < loop.length ? inGroups(loop, checkpoint, steps, together) : steps(loop);
}

type Run = (loop: Loop) => LoopResult;

/** Step after step. */
function plainSteps(loop: Loop): LoopResult {
  const { step, init, xs, length, offset = 0, reverse } = loop;
  if (length === 0) return noSteps(loop);
  let carry = init;
  const results = new Array<readonly Tensor[]>(length);
  for (let k = 0; k < length; k++) {
    const i = reverse ? length - 1 - k : k;
    const made = step(
      carry,
      xs.map((x) => x.slice([i])),
      tracer() === null ? offset + i : undefined,
    );
    carry = made.carry;
    results[i] = made.y;
  }
  const [first] = results as [readonly Tensor[]];
  return { carry, ys: first.map((_, j) => stack(results.map((y) => y[j] as Tensor))) };
}

/** What a step would give is found out without values. */
function noSteps({ op, step, init, xs }: Loop): LoopResult {
  const block = onStandIns(op, () =>
    traceBlock(op, [...init, ...xs.map(elementOf)], (...given) => {
      const { carry, y } = step(given.slice(0, init.length), given.slice(init.length));
      return [...carry, ...y];
    }),
  );
  const forms = block.trace.outputs.slice(init.length);
  const ys = forms.map(({ shape, dtype }) => zerosOf([0, ...shape], dtype));
  return { carry: init, ys };
}

/** Where there are no elements a step runs without values, for the shapes of what it gives. */
function onStandIns<R>(op: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof CompileError) || tracer() !== null) throw error;
    throw new GraphError(
      `${op}: there are no elements, and the step is run once without values, for the shapes of its results: it cannot read any there ` +
        "(item(), data, branches); choose by where(...), or do not call scan over nothing",
      { cause: error },
    );
  }
}

function elementOf({ shape, dtype, name }: Tensor): { shape: Shape; dtype: Tensor["dtype"]; name: string | undefined } {
  return { shape: shape.slice(1), dtype, name };
}

/** The steps as one that keeps nothing for a gradient but where it began. */
function asSegment(run: Run): Run {
  return (loop) => {
    const { init, xs } = loop;
    const results = segment(loop.op, [...init, ...xs], (given) => {
      const { carry, ys } = run({ ...loop, init: given.slice(0, init.length), xs: given.slice(init.length) });
      return [...carry, ...ys];
    });
    return { carry: results.slice(0, init.length), ys: results.slice(init.length) };
  };
}

/** A loop over groups of so many steps, each run by `within`; then what is left of the elements. */
function inGroups(loop: Loop, count: number, around: Run, within: Run): LoopResult {
  const { length, reverse, xs } = loop;
  const groups = Math.floor(length / count);
  if (count === 1 || groups < 2) return around(loop);
  const whole = groups * count;
  const [start, rest] = reverse ? [length - whole, 0] : [0, whole];
  const step: Step = (init, x, group = 0) => {
    const { carry, ys } = within({ ...loop, init, xs: x, length: count, offset: start + group * count });
    return { carry, y: ys };
  };
  const grouped = around({
    ...loop,
    step,
    xs: xs.map((x) => x.slice([[start, start + whole]]).reshape([groups, count, ...x.shape.slice(1)])),
    length: groups,
    offset: 0,
  });
  const ys = grouped.ys.map((y) => y.reshape([whole, ...y.shape.slice(2)]));
  if (whole === length) return { carry: grouped.carry, ys };
  const left = around({
    ...loop,
    init: grouped.carry,
    xs: xs.map((x) => x.slice([[rest, rest + length - whole]])),
    length: length - whole,
    offset: rest,
  });
  const joined = ys.map((y, i) => concat(reverse ? [left.ys[i] as Tensor, y] : [y, left.ys[i] as Tensor]));
  return { carry: left.carry, ys: joined };
}
