import { GraphError } from "../errors.js";
import { puttingOff } from "../graph/later.js";
import { checkSeed } from "../graph/node.js";
import { withRecording } from "../graph/recording.js";
import type { Tensor } from "../graph/tensor.js";
import { watcher } from "../graph/watch.js";
import type { Shape } from "../shape/types.js";
import { Arguments, atPoint, checkDirection, inputList, onesLike, type Pulled, zerosLike } from "./arguments.js";
import { type Given, matching, type Tensors } from "./structure.js";

/** The arguments of a function as they can be given. */
export type GivenList<Args extends readonly unknown[]> = { [I in keyof Args]: Given<Args[I]> };

export interface Vjp<Inputs extends readonly unknown[], S extends Shape> {
  readonly value: Tensor<S>;
  /**
   * The gradients of the sum of `dout` times the value, one for each input, in its structure. `dout` has the shape and
   * dtype of the value; a scalar or a number stands for all its elements. May be called any number of times.
   */
  pullback(dout: Tensor<S> | number): Tensors<Inputs>;
}

/**
 * The function that computes the value of `f` at some inputs, and its vector-Jacobian products: reverse mode, with a cotangent of one's own.
 *
 * @param f from the inputs to a tensor of any shape, float64 or float32
 * @param inputs the arguments of `f`: tensors, numbers (scalars), arrays and records of them, one behind the other. Given behind
 * `f` they are where to differentiate at once; there they may also stand in one list
 * @returns a function of the arguments of `f`
 * @throws DTypeError for integers, GraphError when `f` gives no tensor or reads values of an argument and gives what does not
 * depend on it, or (in `pullback`) for a `dout` of another shape
 *
 * @example
 * const { value, pullback } = vjp((x, y) => x.mul(y))(tensor([1, 2]), tensor([3, 4]));
 * value.toArray(); // [3, 8]
 * pullback(tensor([1, 10]))[0].toArray(); // [3, 40]
 */
export function vjp<Args extends readonly unknown[] = [Tensor, ...Tensor[]], S extends Shape = Shape>(
  f: (...inputs: Args) => Tensor<S>,
): (...inputs: GivenList<Args>) => Vjp<Args, S>;
export function vjp<const X extends Tensor | number, S extends Shape>(
  f: (x: Tensors<X>) => Tensor<S>,
  x: X,
): Vjp<readonly [X], S>;
export function vjp<const Inputs extends readonly unknown[], S extends Shape>(
  f: (...inputs: Tensors<Inputs>) => Tensor<S>,
  inputs: Inputs,
): Vjp<Inputs, S>;
export function vjp<const Inputs extends readonly [unknown, unknown, ...unknown[]], S extends Shape>(
  f: (...inputs: Tensors<Inputs>) => Tensor<S>,
  ...inputs: Inputs
): Vjp<Inputs, S>;
export function vjp(f: (...inputs: readonly unknown[]) => Tensor, ...point: readonly unknown[]): unknown {
  if (point.length === 1) return atPoint("vjp", f, point, (inputs) => pulledBack(f, inputList(inputs)));
  return atPoint("vjp", f, point, (...inputs) => pulledBack(f, inputs));
}

function pulledBack(
  f: (...inputs: readonly unknown[]) => Tensor,
  inputs: readonly unknown[],
): Vjp<readonly Tensor[], Shape> {
  const args = new Arguments("vjp", inputs);
  const output = args.run(f);
  const pull = (dout: Tensor | number): Pulled => {
    const seed = typeof dout === "number" ? output.constant(dout) : dout;
    checkSeed("vjp", seed, output);
    return args.pull(output, seed.broadcastTo(output.shape as Shape));
  };
  return {
    value: args.isLinked(output) ? output : output.detach(),
    pullback: (dout) => args.rebuild(pull(dout).gradients) as Tensor[],
  };
}

export interface Jvp<S extends Shape> {
  readonly value: Tensor<S>;
  /** The derivative of the value in the direction of the tangents, of its shape and dtype. */
  readonly tangent: Tensor<S>;
}

/**
 * The function that computes the value of `f` at some inputs, and its derivative in a direction, the Jacobian-vector product: forward mode. It needs
 * no rule of its own: the vector-Jacobian product is linear in its cotangent, and its transpose by that is this product.
 *
 * @param f from the inputs to a tensor of any shape, float64 or float32; where it has backwards of its own (`customOp`,
 * `customGradient`, hooks) they must be linear in `dout`, as a derivative is
 * @param inputs the list of the arguments of `f`: tensors, numbers (scalars), arrays and records of them; what is no list is the
 * one argument
 * @param tangents the direction, in the structure of the inputs, leaf for leaf of the same shape and dtype. Given behind `f`,
 * inputs and tangents are what to compute it for at once
 * @returns a function of the inputs and the tangents
 * @throws DTypeError for integers, ShapeError or DTypeError for tangents unlike the inputs, GraphError when `f` gives no tensor
 *
 * @example
 * const { value, tangent } = jvp((x) => x.square())(tensor([1, 2]), tensor([1, 10]));
 * value.toArray(); // [1, 4]
 * tangent.toArray(); // [2, 40]
 * jvp((x, y) => x.mul(y))([2, 3], [1, 10]).tangent.item(); // 23
 */
export function jvp<Args extends readonly unknown[] = [Tensor, ...Tensor[]], S extends Shape = Shape>(
  f: (...inputs: Args) => Tensor<S>,
): (inputs: GivenList<Args> | Given<Args[0]>, tangents: GivenList<Args> | Given<Args[0]>) => Jvp<S>;
export function jvp<const X extends Tensor | number, S extends Shape>(
  f: (x: Tensors<X>) => Tensor<S>,
  x: X,
  tangent: Given<Tensors<NoInfer<X>>>,
): Jvp<S>;
export function jvp<const Inputs extends readonly unknown[], S extends Shape>(
  f: (...inputs: Tensors<Inputs>) => Tensor<S>,
  inputs: Inputs,
  tangents: Given<Tensors<NoInfer<Inputs>>>,
): Jvp<S>;
export function jvp(f: (...inputs: readonly unknown[]) => Tensor, ...point: readonly unknown[]): unknown {
  return atPoint("jvp", f, point, (inputs, tangents, ...more) => {
    checkDirection("jvp", more);
    return pushed(f, inputList(inputs), tangents);
  });
}

function pushed(
  f: (...inputs: readonly unknown[]) => Tensor,
  inputs: readonly unknown[],
  tangents: unknown,
): Jvp<Shape> {
  if (tangents === undefined) {
    throw new GraphError(
      "jvp: the tangents are missing, the direction in which to differentiate: jvp(f)(x, v), or jvp(f)([x, y], [v, w])",
    );
  }
  const args = new Arguments("jvp", inputs);
  const directions = matching("jvp", "tangents", tangents, args);
  const output = args.run(f);
  const { cotangent, pulled } = transposed("jvp", args, output, (gradients) =>
    gradients
      .map((gradient, i) =>
        gradient
          .mul(directions[i] as Tensor)
          .sum()
          .cast(output.dtype),
      )
      .reduce((sum, next) => sum.add(next), output.constant(0)),
  );
  const {
    gradients: [tangent],
  } = cotangent.pull(pulled, pulled.constant(1));
  return {
    value: args.isLinked(output) ? output : output.detach(),
    tangent: tangent ?? zerosLike(output),
  };
}

/**
 * What is made, by linear ops, of the gradients of `output`, as a function of its cotangent, a linear one, recorded so that pulling it
 * back to the cotangent gives derivatives of `output`.
 */
export function transposed(
  op: string,
  args: Arguments,
  output: Tensor,
  combined: (gradients: readonly Tensor[]) => Tensor,
): { cotangent: Arguments; pulled: Tensor } {
  // Its value does not matter, as the gradients are linear in it; but 1 makes no 0 x infinity.
  const cotangent = new Arguments(op, [onesLike(output)]);
  try {
    const edge = cotangent.edges[0] as Tensor;
    const pull = () => withRecording(true, () => combined(args.pull(output, edge).gradients));
    // Who looks on wants to see values.
    return { cotangent, pulled: watcher() === null ? puttingOff(edge, pull) : pull() };
  } finally {
    cotangent.close();
  }
}
