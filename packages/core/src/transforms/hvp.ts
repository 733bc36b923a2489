import { asTensor, type Tensor } from "../graph/tensor.js";
import { Arguments, atPoint, checkDirection, inputList } from "./arguments.js";
import { differentiate } from "./grad.js";
import { type Given, leavesOf, matching, type Tensors } from "./structure.js";
import type { GivenList } from "./vjp.js";

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
  const vector = matching("hvp", "the vector", v, args);
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
