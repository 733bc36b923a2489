import { isFloat } from "../dtype.js";
import { DTypeError, GraphError } from "../errors.js";
import type { ShapeOf } from "../graph/signatures/operands.js";
import { asTensor, operand, type Tensor } from "../graph/tensor.js";
import { concat } from "../ops/concat.js";
import { checkOptions, isRecord } from "../options.js";
import { formatShape, kept } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { Arguments, atPoint } from "./arguments.js";
import { pulledByElement } from "./bulk.js";
import {
  type Chosen,
  checkChosen,
  differentiate,
  type GradArguments,
  type GradOptions,
  type GradResult,
} from "./grad.js";
import { type Given, leavesOf, mapStructure, type Tensors } from "./structure.js";
import { transposed } from "./vjp.js";

/** The derivatives of each tensor of a result by each of an argument: of the shape of the one followed by that of the other. */
export type Derivatives<Y, X> =
  Y extends Tensor<infer S, infer _> ? By<S, X> : Y extends object ? { [K in keyof Y]: Derivatives<Y[K], X> } : Y;

type By<S extends Shape, X> =
  X extends Tensor<infer T, infer D> ? Tensor<[...S, ...T], D> : X extends object ? { [K in keyof X]: By<S, X[K]> } : X;

/**
 * The function that computes all first derivatives of `f` by its first argument, or by the arguments chosen: element [...i, ...j] is that of
 * element i of the value by element j of x. It takes one walk, backward for all elements of the value or forward for those of x, whichever
 * are fewer.
 *
 * Argument and value may be structures, arrays and records of tensors: in the place of each tensor of the value stand its derivatives by the
 * argument, in the structure of that.
 *
 * @param f from a tensor of the shape of x to a tensor of any shape, float64 or float32; what else it takes is passed on to it
 * @param x float64 or float32; a number is a scalar. Given behind `f`, where it is a tensor or a number, it is where to differentiate at once
 * @returns a function of x (and of what else f takes); it gives the shape of the value followed by that of x, and the dtype of x
 * @throws DTypeError for integers, GraphError when `f` gives no tensor, or reads values and gives what does not depend on x
 *
 * @example
 * jacobian((x) => x.square())(tensor([1, 2])).toArray(); // [[2, 0], [0, 4]]
 * jacobian((x: Tensor, y: Tensor) => x.mul(y), { argument: 1 })(tensor([1, 2]), tensor(3)).toArray(); // [1, 2]
 * const { a } = jacobian(({ a, b }: { a: Tensor; b: Tensor }) => a.mul(b))({ a: tensor(2), b: tensor([3, 4]) });
 * a.toArray(); // [3, 4]
 */
export function jacobian<X extends Shape = Shape, S extends Shape = Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensor<X>, ...rest: Rest) => Tensor<S>,
): (x: Given<Tensor<X>>, ...rest: Rest) => Tensor<[...S, ...X]>;
export function jacobian<const X extends Tensor | number, S extends Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensors<X>, ...rest: Rest) => Tensor<S>,
  x: X,
  ...rest: Rest
): Tensor<[...S, ...ShapeOf<X>]>;
export function jacobian<Args extends readonly unknown[], Y, const N extends Chosen = 0>(
  f: (...args: Args) => Y,
  options?: GradOptions<N>,
): (...args: GradArguments<Args, N>) => Derivatives<Y, GradResult<Args, N>>;
export function jacobian(f: (...given: never[]) => unknown, ...point: readonly unknown[]): unknown {
  return atPointOf("jacobian", f, point, (given, argument) =>
    derivatives("jacobian", f as (...given: readonly unknown[]) => unknown, given, argument),
  );
}

/**
 * The function that computes all second derivatives of a scalar function by its first argument, or by the arguments chosen: the Jacobian of its
 * gradient, in one walk for all elements. Where only its product with a vector is wanted, `hvp` needs no more than that of one.
 *
 * @param f from a tensor of the shape of x to a scalar tensor, float64 or float32; what else it takes is passed on to it
 * @param x float64 or float32, or a structure of such tensors; a number is a scalar. Given behind `f`, where it is a tensor or a number, it is
 * where to differentiate at once
 * @returns a function of x (and of what else f takes); it gives the shape of x twice, and the dtype of x; of a structure, for each of
 * its tensors the derivatives in that structure
 * @throws DTypeError for integers, GraphError when `f` does not give a scalar tensor, or one that does not depend on x but on
 * values of it that were read
 *
 * @example
 * hessian((x) => x.mul(x).mul(x).sum())(tensor([1, 2])).toArray(); // [[6, 0], [0, 12]]
 * const both = hessian((x: Tensor, y: Tensor) => x.mul(y).square(), { argument: [0, 1] })(tensor(2), tensor(3));
 * both[0][1].item(); // 24
 */
export function hessian<X extends Shape = Shape, Rest extends readonly unknown[] = []>(
  f: (x: Tensor<X>, ...rest: Rest) => Tensor,
): (x: Given<Tensor<X>>, ...rest: Rest) => Tensor<[...X, ...X]>;
export function hessian<const X extends Tensor | number, Rest extends readonly unknown[] = []>(
  f: (x: Tensors<X>, ...rest: Rest) => Tensor,
  x: X,
  ...rest: Rest
): Tensor<[...ShapeOf<X>, ...ShapeOf<X>]>;
export function hessian<Args extends readonly unknown[], const N extends Chosen = 0>(
  f: (...args: Args) => Tensor,
  options?: GradOptions<N>,
): (...args: GradArguments<Args, N>) => Derivatives<GradResult<Args, N>, GradResult<Args, N>>;
export function hessian(f: (...given: never[]) => Tensor, ...point: readonly unknown[]): unknown {
  return atPointOf("hessian", f, point, (given, argument) => {
    const scalar = f as (...given: readonly unknown[]) => Tensor;
    const gradient = (...at: readonly unknown[]) => differentiate("hessian", scalar, at, argument).gradient;
    return derivatives("hessian", gradient, given, argument);
  });
}

/** A record behind `f` is options, as elsewhere; a point there is a tensor or a number. */
export function atPointOf(
  op: string,
  f: unknown,
  point: readonly unknown[],
  apply: (given: readonly unknown[], argument: Chosen) => unknown,
  names: readonly string[] = ["argument"],
): unknown {
  const [first] = point;
  if (!isRecord(first) || point.length > 1) {
    if (point.length > 0) operand(op, first as Tensor);
    return atPoint(op, f, point, (...given) => apply(given, 0));
  }
  checkOptions(op, first, names);
  const argument = kept((first as GradOptions<Chosen>).argument) ?? 0;
  return atPoint(op, f, [], (...given) => apply(given, argument));
}

/** The arguments of one call, and what the function gave: as one tensor, and each of those in its structure. */
export interface Run {
  readonly args: Arguments;
  readonly output: Tensor;
  readonly form: unknown;
  readonly leaves: readonly Tensor[];
}

export function runAt(
  op: string,
  f: (...given: readonly unknown[]) => unknown,
  given: readonly unknown[],
  argument: Chosen,
): Run {
  const [point] = given;
  if (point === undefined && argument === 0) operand(op, point as never);
  const args = new Arguments(op, given, checkChosen(op, given, argument));
  let form: unknown;
  let leaves: readonly Tensor[] = [];
  const flat = (...at: readonly unknown[]): Tensor => {
    form = f(...at);
    if (!Array.isArray(form) && !isRecord(form)) {
      leaves = [form as Tensor];
      return form as Tensor;
    }
    leaves = leavesOf(op, form, "the result").map(({ leaf, path }) => floatOf(op, asTensor(leaf), path));
    if (leaves.length === 0) throw new GraphError(`${op}: the function gave a structure without tensors`);
    return joined(leaves);
  };
  // By how many arguments it takes an error says what was meant.
  Object.defineProperty(flat, "length", { value: f.length });
  return { args, output: args.run(flat), form, leaves };
}

function derivatives(
  op: string,
  f: (...given: readonly unknown[]) => unknown,
  given: readonly unknown[],
  argument: Chosen,
): unknown {
  const { args, output, form, leaves } = runAt(op, f, given, argument);
  const blocks = blocksOf(op, args, output);
  let row = 0;
  let next = 0;
  return mapStructure(form, (leaf) => {
    if (leaf === undefined) return leaf;
    const { shape, size } = leaves[next++] as Tensor;
    const own = blocks.map((block, k) => {
      const part = leaves.length === 1 ? block : block.slice([[row, row + size]]);
      return part.reshape([...shape, ...(args.edges[k] as Tensor).shape]) as Tensor;
    });
    row += size;
    const rebuilt = args.rebuild(own);
    return Array.isArray(argument) ? rebuilt : rebuilt[0];
  });
}

/** For each edge of the arguments the derivatives of all elements of the output, [elements, ...shape of the edge]. */
function blocksOf(op: string, args: Arguments, output: Tensor): readonly Tensor[] {
  const { edges } = args;
  const columns = edges.reduce((sum, { size }) => sum + size, 0);
  if (!output.requiresGrad || output.size === 0 || columns === 0) {
    return edges.map((edge) => edge.constant(0).broadcastTo([output.size, ...edge.shape]));
  }
  if (output.size <= columns) return pulledByElement(op, args, output);
  const { cotangent, pulled } = transposed(op, args, output, joined);
  const [all] = pulledByElement(op, cotangent, pulled) as [Tensor];
  const rows = all.reshape([columns, output.size]).transpose() as Tensor;
  let from = 0;
  return edges.map(({ size, shape, dtype }) => {
    const own = edges.length === 1 ? rows : rows.slice([null, [from, from + size]]);
    from += size;
    return own.reshape([output.size, ...shape]).cast(dtype) as Tensor;
  });
}

/** Tensors as one vector; of different dtypes in float64. */
export function joined(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors as readonly [Tensor, ...Tensor[]];
  if (others.length === 0) return first.reshape([first.size]);
  const dtype = others.every((other) => other.dtype === first.dtype) ? first.dtype : "float64";
  return concat(tensors.map((each) => each.cast(dtype).reshape([each.size])));
}

function floatOf(op: string, x: Tensor, path: string): Tensor {
  if (isFloat(x.dtype)) return x;
  throw new DTypeError(
    `${op}: ${path} is ${x.dtype} ${formatShape(x.shape)}: integers and bools have no derivative; give float64 or float32 tensors`,
  );
}
