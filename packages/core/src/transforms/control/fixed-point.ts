import { checkFunction } from "../../checks.js";
import { isFloat } from "../../dtype.js";
import { DTypeError, GraphError, ShapeError } from "../../errors.js";
import { withRecording } from "../../graph/recording.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, Tensor } from "../../graph/tensor.js";
import { checkNoMore, checkOptions } from "../../options.js";
import { formatShape, sameShape } from "../../shape/shape.js";
import { show } from "../../show.js";
import { checkResult } from "../arguments.js";
import { jacobian } from "../jacobian.js";
import { describe, type Given, leavesOf, type Tensors } from "../structure.js";
import { implicit } from "./implicit.js";
import { type Flat, pulled } from "./pull.js";
import { solveLinear } from "./solve-linear.js";
import { matchingCarry, type Next, rebuilt } from "./structured.js";
import { runWhile } from "./while.js";

export interface SolveOptions {
  /**
   * Steps are taken until one changes no element by more than this part of it, or of 1 where it is smaller. Default 1e-10, in float32
   * 1e-5.
   */
  readonly tolerance?: number;
  /** It is an error when so many steps do not get there. Default 1000; of `rootOf` 100. */
  readonly limit?: number;
}

/**
 * The fixed point that `f` comes to when it is applied again and again: x = f(x). Its derivatives, of any order, are those of the implicit
 * function, by what `f` closes over: no step is gone back through, and none is kept. In a compiled function it is one loop.
 *
 * @param f a contraction near the fixed point: from tensors, or arrays and records of them, float64 or float32, to the same
 * @param init where to begin; the fixed point does not depend on it, and it gets no gradient
 * @throws GraphError when the steps do not come to an end; DTypeError for integers
 *
 * @example
 * const root = (a: Tensor) => fixedPoint((x: Tensor) => x.add(a.div(x)).div(2), tensor(1));
 * root(tensor(9)).item(); // about 3
 * grad(root)(9).item(); // about 0.16666666666666666
 * grad(grad(root))(9).item(); // about -0.009259259259259259
 */
export function fixedPoint<const C>(
  f: (x: Tensors<C>) => Next<C>,
  init: C,
  options: SolveOptions = {},
  ...none: []
): Tensors<C> {
  checkFunction("fixedPoint", f);
  checkNoMore("fixedPoint", none);
  const settings = settingsOf("fixedPoint", options, 1000);
  const leaves = leavesOf("fixedPoint", init, "init");
  const paths = leaves.map(({ path }) => path);
  const first = leaves.map(({ leaf, path }) => floatOf("fixedPoint", asTensor(leaf), path));
  const frame = frameOf("fixedPoint");
  const flat: Numbered = (x, number) => {
    const made: unknown = asStep(frame, number ?? null, () => f(rebuilt(init, x) as Tensors<C>));
    return matchingCarry("fixedPoint", made, paths, x);
  };
  return rebuilt(init, fixed(flat, first, settings)) as Tensors<C>;
}

interface Settings {
  readonly tolerance: number | undefined;
  readonly limit: number;
}

/** A function over flat lists that may be told which step it is. */
type Numbered = (given: readonly Tensor[], number?: number) => readonly Tensor[];

function fixed(f: Numbered, init: readonly Tensor[], settings: Settings, isGradient = false): readonly Tensor[] {
  const [op, repair] = isGradient
    ? (["fixedPoint, its gradient", "the function contracts slowly: give a higher limit or tolerance"] as const)
    : (["fixedPoint", beginNearer] as const);
  const solution = withRecording(false, () => iterated(op, f, init, settings, repair));
  return implicit(
    "fixedPoint",
    (x) => f(x),
    solution,
    (f, douts, x, captured) => {
      // The gradient is linear in that of the solution: what is large enough there is a matter of its size.
      const size = sizeOfAll(douts);
      const sized = douts.map((dout) => dout.div(size.cast(dout.dtype)));
      // u = dout + J^T u, a fixed point itself.
      const step: Flat = (u) => pulled(f, x, u, []).given.map((pull, j) => (sized[j] as Tensor).add(pull as Tensor));
      const u = fixed(step, sized, settings, true).map((each) => each.mul(size.cast(each.dtype)));
      return pulled(f, x, u, captured).captured;
    },
  );
}

/** The largest element by its amount, as a float64 constant; 1 where all are 0. */
function sizeOfAll(tensors: readonly Tensor[]): Tensor {
  const sizes = tensors.filter(({ size }) => size > 0).map((x) => x.detach().abs().max().cast("float64") as Tensor);
  const most = sizes.reduce((a, b) => a.maximum(b) as Tensor, asTensor(0));
  return most.equal(0).where(1, most).detach() as Tensor;
}

const notSingular =
  "begin nearer, or give a higher limit or tolerance; where the Jacobian of f is singular, as at a double root, Newton's steps lead nowhere: " +
  "use fixedPoint, or another f with this root";

const beginNearer =
  "begin nearer, or give a higher limit or tolerance; where values have become NaN there is no end: detectAnomaly tells of the first";

/** Steps until nothing changes any more. */
function iterated(
  op: string,
  step: Numbered,
  init: readonly Tensor[],
  { tolerance, limit }: Settings,
  repair: string,
): readonly Tensor[] {
  const tolerances = init.map(({ dtype }) => tolerance ?? (dtype === "float32" ? 1e-5 : 1e-10));
  // Behind the values: whether they are still on their way.
  const next: Numbered = (carry, number) => {
    const x = carry.slice(0, -1);
    const made = step(x, number);
    const isFar = made.map((value, j) => {
      const old = x[j] as Tensor;
      const change = value.sub(old).abs();
      const allowed = old
        .abs()
        .maximum(1)
        .mul(tolerances[j] as number);
      // From one infinity to the other it is not far, and no end either.
      const near = change.lessEqual(allowed).logicalAnd(change.less(Number.POSITIVE_INFINITY));
      return near.all().logicalNot() as Tensor;
    });
    return [...made, isFar.reduce((a, b) => a.logicalOr(b))];
  };
  const holds = (carry: readonly Tensor[]) => carry[carry.length - 1] as Tensor;
  const start = [...init, asTensor(1).cast("bool")];
  return runWhile({ op, holds, next, init: start, limit, repair }).slice(0, -1);
}

/**
 * The x near `init` at which `f` is 0, by Newton's method. Its derivatives, of any order, are those of the implicit function, by what
 * `f` closes over. In a compiled function it is one loop.
 *
 * @param f from a tensor to one of its shape, float64 or float32, with an invertible Jacobian at the root
 * @param init where to begin: the root does not depend on it but for which one it is, and it gets no gradient
 * @throws GraphError when the steps do not come to an end; ShapeError when f gives another shape, DTypeError for integers
 *
 * @example
 * const root = (a: Tensor) => rootOf((x: Tensor) => x.square().sub(a), 2);
 * root(tensor(9)).item(); // about 3
 * grad(root)(9).item(); // about 0.16666666666666666
 */
export function rootOf(f: (x: Tensor) => Tensor, init: Given<Tensor>, options: SolveOptions = {}, ...none: []): Tensor {
  checkFunction("rootOf", f);
  checkNoMore("rootOf", none);
  const settings = settingsOf("rootOf", options, 100);
  if (!(init instanceof Tensor) && typeof init !== "number") {
    throw new DTypeError(
      `rootOf: init is ${describe(init)}; the unknowns are one tensor, or a number: put them into one with concat, or use fixedPoint`,
    );
  }
  const first = floatOf("rootOf", asTensor(init as Tensor | number), "init");
  const values = (x: Tensor): Tensor => {
    const made: unknown = asStep(frameOf("rootOf"), null, () => f(x));
    checkResult("rootOf", made);
    if (sameShape(made.shape, x.shape) && made.dtype === x.dtype) return made;
    throw new ShapeError(
      `rootOf: f gives ${made.dtype} ${formatShape(made.shape)} of ${x.dtype} ${formatShape(x.shape)}; it gives as many equations as ` +
        "there are unknowns, of one shape and dtype",
    );
  };
  const slopesOf = (f: (x: Tensor) => Tensor, x: Tensor) => (jacobian(f)(x) as Tensor).reshape([x.size, x.size]);
  const slopes = (x: Tensor) => slopesOf(values, x);
  const solution = withRecording(false, () => {
    const [found] = iterated("rootOf", ([x]) => [newton(values, slopes, x as Tensor)], [first], settings, notSingular);
    return found as Tensor;
  });
  const flat: Flat = ([x]) => [values(x as Tensor)];
  const [root] = implicit("rootOf", flat, [solution], (f, [dout], [x], captured) => {
    const values = (at: Tensor) => f([at])[0] as Tensor;
    const u = solveLinear(slopesOf(values, x as Tensor).transpose(), (dout as Tensor).reshape([solution.size])).neg();
    return pulled(f, [x as Tensor], [u.reshape(solution.shape)], captured).captured;
  });
  return root as Tensor;
}

function newton(values: (x: Tensor) => Tensor, slopes: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return x.sub(solveLinear(slopes(x), values(x).reshape([x.size])).reshape(x.shape));
}

function settingsOf(op: string, options: SolveOptions, most: number): Settings {
  checkOptions(op, options, ["tolerance", "limit"]);
  const { tolerance, limit = most } = options;
  if (tolerance !== undefined && !(typeof tolerance === "number" && tolerance >= 0)) {
    throw new GraphError(`${op}: tolerance ${show(tolerance)}: a number of 0 or more is needed`);
  }
  if (!(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new GraphError(`${op}: limit ${show(limit)}: a whole number of 1 or more is needed`);
  }
  return { tolerance, limit };
}

function floatOf(op: string, x: Tensor, path: string): Tensor {
  if (isFloat(x.dtype)) return x.detach();
  throw new DTypeError(`${op}: ${path} is ${x.dtype} ${formatShape(x.shape)}; convert with cast("float64")`);
}
