import { checkFunction } from "../../checks.js";
import { DTypeError, GraphError, ShapeError } from "../../errors.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { checkNoMore, checkOptions } from "../../options.js";
import { formatShape } from "../../shape/shape.js";
import { show } from "../../show.js";
import { describe, leavesOf, type Tensors } from "../structure.js";
import { readNow } from "./cond.js";
import { tracedScan } from "./scan-node.js";
import { matchingCarry, type Next, rebuilt } from "./structured.js";

export interface WhileOptions {
  /**
   * How many steps there are at most: that many are kept, in a compiled function, for a gradient that goes back through them. It is an
   * error when the condition holds after as many. By default there is no limit, and no such gradient in a compiled function.
   */
  readonly limit?: number;
}

/**
 * `body` again and again, as long as `condition` holds: both are functions of the carry, tensors or arrays and records of them, which
 * keep their shapes and dtypes. In eager mode it is made of the ops in them; in a compiled function it is one loop of the program,
 * which ends on a value, and each of the two is traced once.
 *
 * A gradient goes back through the steps that there were; in a compiled function that needs a `limit`, unless the step is linear. Forward mode
 * (`jvp`) needs none. Under `vmap` all derivatives taken of it inside need one. Where a loop is to find a fixed
 * point, `fixedPoint` has a gradient that needs no steps. Random numbers are not drawn in it: how many is not known.
 *
 * @param condition gives a bool scalar
 * @param init the first carry
 * @returns the first carry for which the condition does not hold
 * @throws DTypeError or ShapeError for a condition that is no bool scalar, and for a carry that changes its shape, dtype or structure;
 * GraphError when there are more steps than `limit`
 *
 * @example
 * const doubled = whileLoop((x: Tensor) => x.less(100), (x) => x.mul(2), tensor(3));
 * doubled.item(); // 192
 * grad((x: Tensor) => whileLoop((y: Tensor) => y.less(100), (y) => y.mul(2), x, { limit: 20 }))(3).item(); // 64
 */
export function whileLoop<const C>(
  condition: (carry: Tensors<C>) => Tensor,
  body: (carry: Tensors<C>) => Next<C>,
  init: C,
  options: WhileOptions = {},
  ...none: []
): Tensors<C> {
  checkFunction("whileLoop", condition, "the condition");
  checkFunction("whileLoop", body, "the body");
  checkNoMore("whileLoop", none);
  checkOptions("whileLoop", options, ["limit"]);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new GraphError(`whileLoop: limit ${show(limit)}: a whole number of 0 or more is needed`);
  }
  const leaves = leavesOf("whileLoop", init, "init");
  const paths = leaves.map(({ path }) => path);
  const first = leaves.map(({ leaf }) => asTensor(leaf));
  const frame = frameOf("whileLoop");
  const holds = (carry: readonly Tensor[]) =>
    checkCondition(asStep(frame, null, () => condition(rebuilt(init, carry) as Tensors<C>)));
  const next = (carry: readonly Tensor[], number?: number) => {
    const made: unknown = asStep(frame, number ?? null, () => body(rebuilt(init, carry) as Tensors<C>));
    return matchingCarry("whileLoop", made, paths, carry);
  };
  return rebuilt(init, runWhile({ op: "whileLoop", holds, next, init: first, limit })) as Tensors<C>;
}

interface While {
  readonly op: string;
  readonly holds: (carry: readonly Tensor[]) => Tensor;
  readonly next: (carry: readonly Tensor[], number?: number) => readonly Tensor[];
  readonly init: readonly Tensor[];
  readonly limit: number;
  /** What is wrong when the condition holds after as many steps. */
  readonly repair?: string;
}

/** A loop over flat lists. */
export function runWhile({
  op,
  holds,
  next,
  init,
  limit,
  repair = "give a larger one, or make the loop end",
}: While): readonly Tensor[] {
  const tooMany = () => new GraphError(`${op}: not at the end after ${limit} steps, the limit; ${repair}`);
  if (tracer() !== null) {
    const step = (carry: readonly Tensor[]) => ({ carry: next(carry), y: [] });
    return tracedScan({ op, step, init, xs: [], length: limit, reverse: false, condition: holds, tooMany }).carry;
  }
  let carry = init;
  for (let steps = 0; readNow(holds(carry)) !== 0; steps++) {
    if (steps === limit) throw tooMany();
    carry = next(carry, steps);
  }
  return carry;
}

function checkCondition(made: unknown): Tensor {
  if (!(made instanceof Tensor)) {
    throw new DTypeError(
      `whileLoop: the condition gives a bool scalar, got ${describe(made)}; compare tensors, as in x.less(100)`,
    );
  }
  if (made.dtype !== "bool") {
    throw new DTypeError(
      `whileLoop: the condition gives ${made.dtype}: compare, as in x.less(100), so that it is a bool`,
    );
  }
  if (made.rank > 0) {
    throw new ShapeError(
      `whileLoop: the condition has the shape ${formatShape(made.shape)}: a scalar is needed, as any() and all() give it`,
    );
  }
  return made;
}
