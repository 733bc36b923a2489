import { allocate } from "../dtype.js";
import { asTensor, operand, Tensor } from "../graph/tensor.js";
import { stack } from "../ops/concat.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape, ShapeOf } from "../shape/types.js";
import { Arguments } from "./arguments.js";
import { differentiate } from "./grad.js";
import { type Given, leavesOf, matching, type Tensors } from "./structure.js";
import { transposed } from "./vjp.js";

/**
 * All first derivatives of `f` at x: element [...i, ...j] is that of element i of the value by element j of x. One walk for
 * each element of the value or of x, whichever has fewer: backward by rows, or forward by columns.
 *
 * @param f from a tensor of the shape of x to a tensor of any shape, float64 or float32
 * @param x float64 or float32; a number is a scalar
 * @returns the shape of the value followed by that of x, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` gives no tensor
 *
 * @example
 * jacobian((x) => x.square(), tensor([1, 2])).toArray(); // [[2, 0], [0, 4]]
 */
export function jacobian<const X extends Tensor | number, S extends Shape>(
  f: (x: Tensors<X>) => Tensor<S>,
  x: X,
): Tensor<[...S, ...ShapeOf<X>]> {
  return derivatives("jacobian", f as unknown as (x: Tensor) => Tensor, x) as Tensor<[...S, ...ShapeOf<X>]>;
}

/**
 * All second derivatives of a scalar function at x: the Jacobian of its gradient. One walk through the gradient for each
 * element of x; where only its product with a vector is wanted, `hvp` takes one walk.
 *
 * @param f from a tensor of the shape of x to a scalar tensor, float64 or float32
 * @param x float64 or float32; a number is a scalar
 * @returns the shape of x twice, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` does not give a scalar tensor
 *
 * @example
 * hessian((x) => x.mul(x).mul(x).sum(), tensor([1, 2])).toArray(); // [[6, 0], [0, 12]]
 */
export function hessian<const X extends Tensor | number>(
  f: (x: Tensors<X>) => Tensor,
  x: X,
): Tensor<[...ShapeOf<X>, ...ShapeOf<X>]> {
  const gradient = (at: Tensor) =>
    differentiate("hessian", f as unknown as (x: Tensor) => Tensor, [at]).gradient as Tensor;
  return derivatives("hessian", gradient, x) as Tensor<[...ShapeOf<X>, ...ShapeOf<X>]>;
}

/**
 * The product of the Hessian of a scalar function at x with a vector, without the Hessian: the gradient of <gradient, v>.
 *
 * @param f from the structure x to a scalar tensor, float64 or float32
 * @param x a tensor, a number (a scalar), or arrays and records of them
 * @param v in the structure of x, leaf for leaf of the same shape and dtype
 * @returns the structure of x
 * @throws DTypeError for integers, ShapeError or DTypeError for a v unlike x, GraphError when `f` does not give a scalar
 *
 * @example
 * hvp((x) => x.mul(x).mul(x).sum(), tensor([1, 2]), tensor([1, 10])).toArray(); // [6, 120]
 */
export function hvp<const X>(f: (x: Tensors<X>) => Tensor, x: X, v: Given<Tensors<NoInfer<X>>>): Tensors<X> {
  const args = new Arguments("hvp", [x]);
  const vector = matching("hvp", "the vector", v, args.edges);
  const slope = args.run((at: Tensors<X>) => {
    const { gradient } = differentiate("hvp", f as (x: unknown) => Tensor, [at]);
    return leavesOf("hvp", gradient, "the gradient")
      .map(({ leaf }, i) =>
        (leaf as Tensor)
          .mul(vector[i] as Tensor)
          .sum()
          .cast("float64"),
      )
      .reduce((sum, next) => sum.add(next), asTensor(0));
  });
  return args.rebuild(args.pull(slope, slope.constant(1)).gradients)[0] as Tensors<X>;
}

function derivatives(op: string, f: (x: Tensor) => Tensor, x: Tensor | number): Tensor {
  const args = new Arguments(op, [operand(op, x)]);
  const output = args.run(f);
  const input = args.edges[0] as Tensor;
  const shape = [...output.shape, ...input.shape];
  if (!output.requiresGrad || sizeOf(shape) === 0) return input.constant(0).broadcastTo(shape);
  if (output.size <= input.size) return stack(rows(args, output)).reshape(shape);
  const { cotangent, gradients } = transposed(op, args, output);
  const columns = stack(rows(cotangent, gradients[0] as Tensor));
  return columns.reshape([input.size, output.size]).transpose().reshape(shape);
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
