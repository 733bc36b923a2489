import { allocate } from "../dtype.js";
import { DTypeError } from "../errors.js";
import type { ShapeOf } from "../graph/signatures/operands.js";
import { asTensor, operand, Tensor } from "../graph/tensor.js";
import { stack } from "../ops/concat.js";
import { isRecord } from "../options.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { Arguments, atPoint, checkDirection, inputList } from "./arguments.js";
import { differentiate } from "./grad.js";
import { type Given, leavesOf, matching, type Tensors } from "./structure.js";
import { type GivenList, transposed } from "./vjp.js";

/**
 * The function that computes all first derivatives of `f` at x: element [...i, ...j] is that of element i of the value by element j of x. One walk for
 * each element of the value or of x, whichever has fewer: backward by rows, or forward by columns.
 *
 * @param f from a tensor of the shape of x to a tensor of any shape, float64 or float32; what else it takes is passed on to it
 * @param x float64 or float32; a number is a scalar. Given behind `f` it is where to differentiate at once
 * @returns a function of x (and of what else f takes); it gives the shape of the value followed by that of x, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` gives no tensor, or reads values and gives what does not depend on x
 *
 * @example
 * jacobian((x) => x.square())(tensor([1, 2])).toArray(); // [[2, 0], [0, 4]]
 */
export function jacobian<X extends Shape = Shape, S extends Shape = Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensor<X>, ...rest: Rest) => Tensor<S>,
): (x: Given<Tensor<X>>, ...rest: Rest) => Tensor<[...S, ...X]>;
export function jacobian<const X extends Tensor | number, S extends Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensors<X>, ...rest: Rest) => Tensor<S>,
  x: X,
  ...rest: Rest
): Tensor<[...S, ...ShapeOf<X>]>;
export function jacobian(f: (x: Tensor, ...rest: unknown[]) => Tensor, ...point: Point): unknown {
  return atPoint("jacobian", f, point, (...given) => derivatives("jacobian", f, given));
}

/**
 * The function that computes all second derivatives of a scalar function at x: the Jacobian of its gradient. One walk through the gradient for each
 * element of x; where only its product with a vector is wanted, `hvp` takes one walk.
 *
 * @param f from a tensor of the shape of x to a scalar tensor, float64 or float32; what else it takes is passed on to it
 * @param x float64 or float32; a number is a scalar. Given behind `f` it is where to differentiate at once
 * @returns a function of x (and of what else f takes); it gives the shape of x twice, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` does not give a scalar tensor, or one that does not depend on x but on
 * values of it that were read
 *
 * @example
 * hessian((x) => x.mul(x).mul(x).sum())(tensor([1, 2])).toArray(); // [[6, 0], [0, 12]]
 */
export function hessian<X extends Shape = Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensor<X>, ...rest: Rest) => Tensor,
): (x: Given<Tensor<X>>, ...rest: Rest) => Tensor<[...X, ...X]>;
export function hessian<const X extends Tensor | number, Rest extends readonly unknown[] = []>(
  f: (x: Tensors<X>, ...rest: Rest) => Tensor,
  x: X,
  ...rest: Rest
): Tensor<[...ShapeOf<X>, ...ShapeOf<X>]>;
export function hessian(f: (x: Tensor, ...rest: unknown[]) => Tensor, ...point: Point): unknown {
  const gradient = (...given: unknown[]) =>
    differentiate("hessian", f as (...given: readonly unknown[]) => Tensor, given).gradient as Tensor;
  return atPoint("hessian", f, point, (...given) => derivatives("hessian", gradient, given));
}

/** Where to differentiate, and what else `f` takes, which is passed on to it as it is. */
type Point = readonly unknown[];

/**
 * The function that computes the product of the Hessian of a scalar function at x with a vector, without the Hessian: the gradient of <gradient, v>.
 *
 * @param f from the inputs to a scalar tensor, float64 or float32
 * @param x the list of the arguments of `f`: tensors, numbers (scalars), arrays and records of them; what is no list is the one
 * argument
 * @param v in the structure of x, leaf for leaf of the same shape and dtype. Given behind `f`, x and v are what to compute it for
 * at once
 * @returns a function of x and v; it gives the structure of x
 * @throws DTypeError for integers, ShapeError or DTypeError for a v unlike x, GraphError when `f` does not give a scalar
 *
 * @example
 * hvp((x: Tensor) => x.mul(x).mul(x).sum())(tensor([1, 2]), tensor([1, 10])).toArray(); // [6, 120]
 */
export function hvp<Args extends readonly unknown[] = [Tensor]>(f: (...inputs: Args) => Tensor): Hvp<Args>;
export function hvp<const X extends readonly unknown[]>(
  f: (...inputs: Tensors<X>) => Tensor,
  x: X,
  v: Given<Tensors<NoInfer<X>>>,
): Tensors<X>;
export function hvp<const X>(f: (x: Tensors<X>) => Tensor, x: X, v: Given<Tensors<NoInfer<X>>>): Tensors<X>;
export function hvp(f: (...inputs: readonly unknown[]) => Tensor, ...point: readonly unknown[]): unknown {
  return atPoint("hvp", f, point, (x, v, ...more) => {
    checkDirection("hvp", more);
    return product(f, x, v);
  });
}

/** A list of arguments gives a list, and one that is none the one product. */
interface Hvp<Args extends readonly unknown[]> {
  (x: Given<Args[0]>, v: Given<Args[0]>): Args[0];
  (x: GivenList<Args>, v: GivenList<Args>): Args;
}

function product(f: (...inputs: readonly unknown[]) => Tensor, x: unknown, v: unknown): unknown {
  const args = new Arguments("hvp", inputList(x));
  const vector = matching("hvp", "the vector", v, args.edges);
  const slope = args.run((...at: readonly unknown[]) => {
    const { gradient } = differentiate(
      "hvp",
      f,
      at,
      at.map((_, i) => i),
    );
    return leavesOf("hvp", gradient, "the gradient")
      .map(({ leaf }, i) =>
        (leaf as Tensor)
          .mul(vector[i] as Tensor)
          .sum()
          .cast("float64"),
      )
      .reduce((sum, next) => sum.add(next), asTensor(0));
  });
  const products = args.rebuild(args.pull(slope, slope.constant(1)).gradients);
  return Array.isArray(x) ? products : products[0];
}

function derivatives(op: string, f: (x: Tensor, ...rest: unknown[]) => Tensor, [x, ...rest]: Point): Tensor {
  const args = new Arguments(op, [pointOf(op, x), ...rest], [0]);
  const output = args.run(f as (...given: readonly unknown[]) => Tensor);
  const input = args.edges[0] as Tensor;
  const shape = [...output.shape, ...input.shape];
  if (!output.requiresGrad || sizeOf(shape) === 0) return input.constant(0).broadcastTo(shape);
  if (output.size <= input.size) return stack(rows(args, output)).reshape(shape);
  const { cotangent, gradients } = transposed(op, args, output);
  const columns = stack(rows(cotangent, gradients[0] as Tensor));
  return columns.reshape([input.size, output.size]).transpose().reshape(shape);
}

/** The point, a tensor or a number; a record behind f would be options elsewhere. */
function pointOf(op: string, x: unknown): Tensor {
  if (!isRecord(x)) return operand(op, x as Tensor);
  throw new DTypeError(
    `${op}: the point is a tensor or a number, got ${show(x)}; ${op} differentiates by the first argument: write ` +
      `${op}((y) => f(x, y)) for another, and grad or vjp for records`,
  );
}

/** The gradients of `root`, seeded with 1 at one element after the other. */
function rows(args: Arguments, root: Tensor): Tensor[] {
  return Array.from({ length: root.size }, (_, i) => args.pull(root, oneAt(i, root)).gradients[0] as Tensor);
}

/** 1 at element `i`, else 0. */
function oneAt(i: number, like: Tensor): Tensor {
  if (like.rank === 0) return like.constant(1);
  const array = allocate(like.dtype, like.size);
  array[i] = 1;
  return new Tensor(like.shape, like.dtype, array, null, false);
}
