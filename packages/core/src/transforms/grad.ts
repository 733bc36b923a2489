import { checkFunction } from "../checks.js";
import { GraphError } from "../errors.js";
import { asTensor, type Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions, isRecord } from "../options.js";
import { formatShape, kept } from "../shape/shape.js";
import { show } from "../show.js";
import { Arguments } from "./arguments.js";
import { type Given, mapLeaves, type Tensors } from "./structure.js";

/** Which arguments: one, or a list of them. */
export type Chosen = number | readonly number[];

export interface GradOptions<N extends Chosen> {
  /** The argument to differentiate by, counted from 0 (the default), or a list of arguments. */
  readonly argument?: N | undefined;
}

type Indices<N extends Chosen> = N extends readonly number[] ? `${N[number]}` : `${N & number}`;

/** The arguments of a gradient function: those that it differentiates by may be given as numbers. */
export type GradArguments<Args extends readonly unknown[], N extends Chosen> = {
  [I in keyof Args]: I extends Indices<N> ? Given<Args[I]> : Args[I];
};

/** The gradient by one argument, or the list of those by several. */
export type GradResult<Args extends readonly unknown[], N extends Chosen> = N extends readonly number[]
  ? { readonly [I in keyof N]: Tensors<Args[N[I] & number]> }
  : Tensors<Args[N & number]>;

export interface ValueAndGrad<Gradient> {
  readonly value: Tensor<[]>;
  readonly gradient: Gradient;
}

/**
 * The function that computes the value of `f` and its gradient by the first argument, or by the arguments chosen. See
 * `grad`, which it is but for the value.
 *
 * @example
 * const { value, gradient } = valueAndGrad((x: Tensor) => x.square())(3);
 * value.item(); // 9
 * gradient.item(); // 6
 */
export function valueAndGrad<Args extends readonly unknown[] = [Tensor, ...Tensor[]], const N extends Chosen = 0>(
  f: (...args: Args) => Tensor,
  options: GradOptions<N> = {},
  ...none: []
): (...args: GradArguments<Args, N>) => ValueAndGrad<GradResult<Args, N>> {
  checkNoMore("valueAndGrad", none);
  checkCall("valueAndGrad", f, options);
  const argument = kept(options.argument);
  return (...args) => differentiate("valueAndGrad", f, args, argument) as ValueAndGrad<GradResult<Args, N>>;
}

/**
 * The function that computes the gradient of `f` by its first argument, or by the arguments chosen. It is a function of the
 * same arguments and is made of ops, so it can be differentiated again, to any order.
 *
 * An argument to differentiate by is a tensor, a number, or arrays and records of them; `f` gets tensors in their places,
 * and the gradient has the structure of the argument, each tensor of the shape and dtype of its own; that of a number is
 * a float64 scalar tensor. All other arguments are passed to `f` as they are. Where `f` does not depend on an input the
 * gradient is zeros.
 *
 * What is given is not changed, `.grad` included, and may be constants. The gradient is itself part of a graph only when
 * it depends on something that gradients are wanted of: a variable (given, or that `f` closes over) or the argument of a
 * transform around this one. Where only its values are wanted of variables, `noGrad(() => grad(f)(x))` is the faster way.
 *
 * @param f from the arguments to a scalar tensor, float64 or float32
 * @throws GraphError when `f` does not give a scalar tensor, or the argument chosen is not there; DTypeError for an argument
 * of integers or of anything that is no number
 *
 * @example
 * const cube = (x: Tensor) => x.mul(x).mul(x);
 * grad(cube)(2).item(); // 12
 * grad(grad(cube))(2).item(); // 12
 * grad((x: Tensor, y: Tensor) => x.mul(y), { argument: 1 })(tensor(3), 4).item(); // 3
 */
export function grad<Args extends readonly unknown[] = [Tensor, ...Tensor[]], const N extends Chosen = 0>(
  f: (...args: Args) => Tensor,
  options: GradOptions<N> = {},
  ...none: []
): (...args: GradArguments<Args, N>) => GradResult<Args, N> {
  checkNoMore("grad", none);
  checkCall("grad", f, options);
  const argument = kept(options.argument);
  return (...args) => differentiate("grad", f, args, argument).gradient as GradResult<Args, N>;
}

/** What stands behind the function is neither a point to differentiate at nor, as elsewhere, the number of an argument. */
function checkCall(op: string, f: unknown, options: unknown): void {
  checkFunction(op, f);
  if (options !== undefined && !isRecord(options)) throw notOptions(op, options);
  checkOptions(op, options, ["argument"]);
}

function notOptions(op: string, options: unknown): GraphError {
  return new GraphError(
    `${op}: gives a function, which takes the point: ${op}(f)(x); got ${show(options)} behind f (the second argument to ` +
      `differentiate by is chosen by ${op}(f, { argument: 1 }))`,
  );
}

/** The numbers of the arguments to differentiate by, each of which is there. */
export function checkChosen(op: string, given: readonly unknown[], argument: Chosen): readonly number[] {
  const chosen = Array.isArray(argument) ? (argument as readonly number[]) : [argument as number];
  chosen.forEach((at, i) => {
    if (!Number.isInteger(at) || !(at in given)) {
      throw new GraphError(`${op}: argument ${show(at)} is not there: the call has ${given.length}, counted from 0`);
    }
    if (chosen.indexOf(at) !== i)
      throw new GraphError(`${op}: argument ${at} is named twice in [${chosen.join(", ")}]`);
  });
  return chosen;
}

/** The value and the gradient of one call; `op` is the transform that errors name. */
export function differentiate<Args extends readonly unknown[]>(
  op: string,
  f: (...args: Args) => Tensor,
  given: readonly unknown[],
  argument: Chosen = 0,
): ValueAndGrad<unknown> {
  const args = new Arguments(op, given, checkChosen(op, given, argument));
  const value = args.run(f);
  if (value.rank > 0) {
    throw new GraphError(
      `${op}: the function gave a tensor of shape ${formatShape(value.shape)}, not a scalar; reduce it, as in sum(), or use ` +
        "jacobian for all its derivatives or vjp for a combination of them",
    );
  }
  const { gradients, linked } = args.pull(value, value.constant(1));
  const rebuilt = args.rebuild(gradients);
  return {
    value: (linked ? value : value.detach()) as Tensor<[]>,
    gradient: typeof argument === "number" ? rebuilt[0] : rebuilt,
  };
}

/**
 * The same values, seen as constants by every derivative: of any order, by any transform, and by `backward`. Takes a
 * tensor, a number (which becomes a scalar tensor), or arrays and records of them.
 *
 * @example
 * grad((x: Tensor) => x.mul(stopGradient(x)))(3).item(); // 3
 */
export function stopGradient<A>(x: A, ...none: []): Tensors<A> {
  checkNoMore("stopGradient", none);
  return mapLeaves("stopGradient", x, "the argument", (leaf) => asTensor(leaf).detach()) as Tensors<A>;
}
