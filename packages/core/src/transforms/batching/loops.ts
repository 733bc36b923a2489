import type { Tensor } from "../../graph/tensor.js";
import { arange } from "../../ops/arange.js";
import { zerosOf } from "../arguments.js";
import { overAll } from "../control/again.js";
import { countPart, type Loop, type LoopResult, type Scan } from "../control/scan-node.js";
import { type Batched, expanded, moveAxis } from "./batched.js";
import { flagsOf } from "./flags.js";
import { chosen, standIn } from "./masks.js";
import { type Program, traceElement, type Wanted, wantedOf } from "./record.js";
import type { Run } from "./run.js";
import { runSteps } from "./steps.js";

/**
 * A loop for a batch: the same one, whose step is the step for all elements. Where the number of steps differs between them, it goes on
 * until all are done, and those that are keep their carries.
 */
export function batchedLoop(
  node: Scan,
  inputs: readonly Batched[],
  run: Run,
  parts: ReadonlySet<number>,
): readonly (Batched | undefined)[] {
  const { carries, elements, length, body } = node;
  const init = inputs.slice(0, carries);
  const xs = inputs.slice(carries, carries + elements);
  if (length === 0) return withoutSteps(node, init);
  const hasRows = elements > 0 || [...parts].some((index) => index >= carries);
  if (length === Number.POSITIVE_INFINITY && hasRows) throw node.withoutLimit();
  const count = node.hasCount ? inputs[inputs.length - 1] : undefined;
  const behind = carries + elements;
  const closedOver = {
    body: inputs.slice(behind, behind + body.operands.length),
    test: inputs.slice(behind + body.operands.length),
  };
  return new BatchedLoop(node, init, xs, closedOver, count, run, parts, wantedOf(inputs)).results();
}

/** The parts of a loop of no steps: the first carries, and results of no elements. */
function withoutSteps({ body, carries }: Scan, init: readonly Batched[]): Batched[] {
  const { inputs, outputs } = body.trace;
  const none = [...inputs.slice(0, carries), ...outputs.slice(carries)].map(({ shape, dtype }) =>
    zerosOf([0, ...shape], dtype),
  );
  return [...init, ...[...none, zerosOf([], "int32")].map((tensor) => ({ tensor, isBatched: false }))];
}

/** What the step and the condition of a loop close over. */
interface ClosedOver {
  readonly body: readonly Batched[];
  readonly test: readonly Batched[];
}

class BatchedLoop {
  private readonly node: Scan;
  private readonly init: readonly Batched[];
  private readonly xs: readonly Batched[];
  private readonly closedOver: ClosedOver;
  private readonly count: Batched | undefined;
  private readonly run: Run;
  private readonly body: Program;
  private readonly test: Program | null;
  /** Whether the number of steps differs between the elements. */
  private readonly isMasked: boolean;
  /** Which carries differ, and which results. */
  private readonly flags: readonly boolean[];
  private readonly flagsOfYs: readonly boolean[];
  private readonly wants: { readonly before: boolean; readonly count: boolean };

  constructor(
    node: Scan,
    init: readonly Batched[],
    xs: readonly Batched[],
    closedOver: ClosedOver,
    count: Batched | undefined,
    run: Run,
    parts: ReadonlySet<number>,
    wanted: Wanted,
  ) {
    const { carries, op, elements, stepAgain, conditionAgain } = node;
    this.node = node;
    this.init = init;
    this.xs = xs;
    this.closedOver = closedOver;
    this.count = count;
    this.run = run;
    this.wants = {
      before: [...parts].some((index) => index >= carries && index < 2 * carries),
      count: parts.has(countPart),
    };
    const first = ({ tensor, isBatched }: Batched) => ({
      tensor: (isBatched ? moveAxis(tensor, 1, 0) : tensor).slice([0]),
      isBatched,
    });
    const ofStep = [...init, ...xs.map(first), ...closedOver.body];
    this.body = traceElement(op, ofStep, overAll(carries + elements, stepAgain), run, wanted);
    this.test =
      conditionAgain === null
        ? null
        : traceElement(op, [...init, ...closedOver.test], overAll(carries, conditionAgain), run, wanted);
    const differ = (list: readonly Batched[]) => list.map(({ isBatched }) => isBatched);
    const flags = init.map(({ isBatched }) => isBatched);
    let isMasked = count?.isBatched === true;
    let results: readonly boolean[] = [];
    // What is the same for all elements at first need not stay so.
    for (let isStable = false; !isStable; ) {
      isMasked ||= this.test !== null && flagsOf(this.test, [...flags, ...differ(closedOver.test)])[0] === true;
      const given = [...flags, ...differ(xs), ...differ(closedOver.body)];
      results = flagsOf(this.body, given).map((own) => own || isMasked);
      isStable = flags.every((own, j) => own || results[j] === false);
      results.slice(0, carries).forEach((own, j) => {
        flags[j] ||= own;
      });
    }
    this.isMasked = isMasked;
    this.flags = flags;
    this.flagsOfYs = results.slice(carries);
  }

  /** The parts of the node, those that nobody wants left out. */
  results(): (Batched | undefined)[] {
    const { node, flags, flagsOfYs, wants } = this;
    const { carries } = node;
    const { carry, ys } = this.loop();
    const along = (y: Tensor | undefined, isBatched: boolean | undefined) =>
      y && { tensor: isBatched === true ? moveAxis(y, 1, 0) : y, isBatched: isBatched === true };
    const own = wants.before ? ys.slice(carries) : ys;
    return [
      ...flags.map((isBatched, j) => ({ tensor: carry[j] as Tensor, isBatched })),
      ...flags.map((isBatched, j) => (wants.before ? along(ys[j], isBatched) : undefined)),
      ...own.map((y, i) => along(y, flagsOfYs[i])),
      wants.count ? { tensor: carry[carries] as Tensor, isBatched: this.isMasked } : undefined,
    ];
  }

  private loop(): LoopResult {
    const { node, run, init, xs, flags, flagsOfYs, wants, isMasked, count, test } = this;
    const { carries, op, length, reverse, body } = node;
    const whole = init.map((x, j) => (flags[j] === true ? expanded(x, run.size) : x.tensor));
    const safe = isMasked && test !== null ? this.standIns(whole) : null;
    const counts = zerosOf(isMasked ? [run.size] : [], "int32");
    const isCounted = isMasked && count !== undefined;
    const loop: Loop = {
      op,
      init: wants.count ? [...whole, counts] : whole,
      xs: [
        ...(isCounted ? [arange(length, { dtype: "int32" }) as Tensor] : []),
        ...xs.map(({ tensor, isBatched }) => (isBatched ? moveAxis(tensor, 1, 0) : tensor)),
      ],
      length,
      reverse,
      step: (state, given) => {
        const carry = state.slice(0, carries);
        const active = this.active(carry, given[0]);
        const made = this.step(active, safe, carry, isCounted ? given.slice(1) : given);
        const next = made.slice(0, carries);
        const steps = wants.count ? [countOn(state[carries] as Tensor, active)] : [];
        return { carry: [...next, ...steps], y: [...(wants.before ? carry : []), ...made.slice(carries)] };
      },
      ...(node.tooMany !== undefined && { tooMany: node.tooMany }),
      ...(test !== null && {
        condition: (state: readonly Tensor[]) => {
          const carry = state.slice(0, carries);
          return this.active(carry, undefined)?.any() ?? this.holds(test, carry).tensor;
        },
      }),
      ...(count !== undefined && { count: isMasked ? largest(count.tensor) : count.tensor }),
    };
    const forms = (list: readonly { shape: readonly number[]; dtype: Tensor["dtype"] }[], own: readonly boolean[]) =>
      list.map(({ shape, dtype }, i) => ({ dtype, shape: own[i] === true ? [run.size, ...shape] : shape }));
    const before = wants.before ? forms(body.trace.inputs.slice(0, carries), flags) : [];
    return runSteps(loop, [...before, ...forms(body.trace.outputs.slice(carries), flagsOfYs)]);
  }

  private batched(carry: readonly Tensor[]): Batched[] {
    return carry.map((tensor, j) => ({ tensor, isBatched: this.flags[j] === true }));
  }

  /** Which elements take the step, where not all do. */
  private active(carry: readonly Tensor[], at: Tensor | undefined): Tensor | null {
    if (!this.isMasked) return null;
    if (this.test === null) return (at as Tensor).less((this.count as Batched).tensor);
    return expanded(this.holds(this.test, carry), this.run.size);
  }

  private holds(test: Program, carry: readonly Tensor[]): Batched {
    return this.run.replay(test, [...this.batched(carry), ...this.closedOver.test])[0] as Batched;
  }

  private step(
    active: Tensor | null,
    safe: readonly Tensor[] | null,
    carry: readonly Tensor[],
    x: readonly Tensor[],
  ): Tensor[] {
    const { run, flags, flagsOfYs, xs } = this;
    const start =
      active === null || safe === null ? carry : carry.map((own, j) => chosen(active, own, safe[j] as Tensor));
    const elements = x.map((tensor, i) => ({ tensor, isBatched: xs[i]?.isBatched === true }));
    const isBatched = [...flags, ...flagsOfYs];
    const made = run
      .replay(this.body, [...this.batched(start), ...elements, ...this.closedOver.body])
      .map((result, i) => (isBatched[i] === true ? expanded(result, run.size) : result.tensor));
    if (active === null) return made;
    return made.map((result, i) => chosen(active, result, carry[i] ?? result.constant(0).broadcastTo(result.shape)));
  }

  /** What elements that are done go through the step with: their first carry, or where they take no step at all, that of one which does. */
  private standIns(whole: readonly Tensor[]): readonly Tensor[] {
    if (this.run.size === 0) return whole;
    const active = this.active(whole, undefined) as Tensor;
    return whole.map((tensor) => standIn({ tensor, isBatched: true }, active).tensor.detach());
  }
}

function countOn(steps: Tensor, active: Tensor | null): Tensor {
  return steps.add(active === null ? 1 : active.cast("int32"));
}

function largest(counts: Tensor): Tensor {
  return counts.size === 0 ? counts.sum() : counts.max();
}
