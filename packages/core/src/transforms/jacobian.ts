import { allocate } from "../dtype.js";
import { asTensor, operand, Tensor } from "../graph/tensor.js";
import { stack } from "../ops/concat.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape, ShapeOf } from "../shape/types.js";
import { Arguments, atPoint } from "./arguments.js";
import { differentiate } from "./grad.js";
import { type Given, leavesOf, matching, type Tensors } from "./structure.js";
import { transposed } from "./vjp.js";

/**
 * The function that computes all first derivatives of `f` at x: element [...i, ...j] is that of element i of the value by element j of x. One walk for
 * each element of the value or of x, whichever has fewer: backward by rows, or forward by columns.
 *
 * @param f from a tensor of the shape of x to a tensor of any shape, float64 or float32
 * @param x float64 or float32; a number is a scalar. Given behind `f` it is where to differentiate at once
 * @returns a function of x; it gives the shape of the value followed by that of x, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` gives no tensor, or reads values and gives what does not depend on x
 *
 * @example
 * jacobian((x) => x.square())(tensor([1, 2])).toArray(); // [[2, 0], [0, 4]]
 */
export function jacobian<X extends Shape = Shape, S extends Shape = Shape>(
  f: (x: Tensor<X>) => Tensor<S>,
): (x: Given<Tensor<X>>) => Tensor<[...S, ...X]>;
export function jacobian<const X extends Tensor | number, S extends Shape>(
  f: (x: Tensors<X>) => Tensor<S>,
  x: X,
): Tensor<[...S, ...ShapeOf<X>]>;
export function jacobian(f: (x: Tensor) => Tensor, ...point: [x?: Tensor | number]): unknown {
  return atPoint("jacobian", f, point as [Tensor], (x) => derivatives("jacobian", f, x));
}

/**
 * The function that computes all second derivatives of a scalar function at x: the Jacobian of its gradient. One walk through the gradient for each
 * element of x; where only its product with a vector is wanted, `hvp` takes one walk.
 *
 * @param f from a tensor of the shape of x to a scalar tensor, float64 or float32
 * @param x float64 or float32; a number is a scalar. Given behind `f` it is where to differentiate at once
 * @returns a function of x; it gives the shape of x twice, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` does not give a scalar tensor, or one that does not depend on x but on
 * values of it that were read
 *
 * @example
 * hessian((x) => x.mul(x).mul(x).sum())(tensor([1, 2])).toArray(); // [[6, 0], [0, 12]]
 */
export function hessian<X extends Shape = Shape>(
  f: (x: Tensor<X>) => Tensor,
): (x: Given<Tensor<X>>) => Tensor<[...X, ...X]>;
export function hessian<const X extends Tensor | number>(
  f: (x: Tensors<X>) => Tensor,
  x: X,
): Tensor<[...ShapeOf<X>, ...ShapeOf<X>]>;
export function hessian(f: (x: Tensor) => Tensor, ...point: [x?: Tensor | number]): unknown {
  const gradient = (at: Tensor) => differentiate("hessian", f, [at]).gradient as Tensor;
  return atPoint("hessian", f, point as [Tensor], (x) => derivatives("hessian", gradient, x));
}

/**
 * The function that computes the product of the Hessian of a scalar function at x with a vector, without the Hessian: the gradient of <gradient, v>.
 *
 * @param f from the structure x to a scalar tensor, float64 or float32
 * @param x a tensor, a number (a scalar), or arrays and records of them
 * @param v in the structure of x, leaf for leaf of the same shape and dtype. Given behind `f`, x and v are what to compute it for
 * at once
 * @returns a function of x and v; it gives the structure of x
 * @throws DTypeError for integers, ShapeError or DTypeError for a v unlike x, GraphError when `f` does not give a scalar
 *
 * @example
 * hvp((x: Tensor) => x.mul(x).mul(x).sum())(tensor([1, 2]), tensor([1, 10])).toArray(); // [6, 120]
 */
export function hvp<X = Tensor>(f: (x: X) => Tensor): (x: Given<X>, v: Given<X>) => X;
export function hvp<const X>(f: (x: Tensors<X>) => Tensor, x: X, v: Given<Tensors<NoInfer<X>>>): Tensors<X>;
export function hvp(f: (x: unknown) => Tensor, ...point: [x?: unknown, v?: unknown]): unknown {
  return atPoint("hvp", f, point as [unknown, unknown], (x, v) => product(f, x, v));
}

function product(f: (x: unknown) => Tensor, x: unknown, v: unknown): unknown {
  const args = new Arguments("hvp", [x]);
  const vector = matching("hvp", "the vector", v, args.edges);
  const slope = args.run((at: unknown) => {
    const { gradient } = differentiate("hvp", f, [at]);
    return leavesOf("hvp", gradient, "the gradient")
      .map(({ leaf }, i) =>
        (leaf as Tensor)
          .mul(vector[i] as Tensor)
          .sum()
          .cast("float64"),
      )
      .reduce((sum, next) => sum.add(next), asTensor(0));
  });
  return args.rebuild(args.pull(slope, slope.constant(1)).gradients)[0];
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
