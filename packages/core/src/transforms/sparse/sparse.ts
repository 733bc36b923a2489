import { checkFunction } from "../../checks.js";
import { DTypeError, ShapeError } from "../../errors.js";
import { fromArray } from "../../graph/factory.js";
import type { Tensor } from "../../graph/tensor.js";
import { arange } from "../../ops/arange.js";
import { concat } from "../../ops/concat.js";
import { checkNoMore, checkOptions } from "../../options.js";
import { formatShape, kept } from "../../shape/shape.js";
import { show } from "../../show.js";
import type { Arguments } from "../arguments.js";
import { pulledBySeeds } from "../bulk.js";
import { type Chosen, differentiate, type GradArguments, type GradOptions } from "../grad.js";
import { joined, runAt } from "../jacobian.js";
import { transposed } from "../vjp.js";
import { type Coloring, coloringOf } from "./coloring.js";
import { type Pattern, patternOf } from "./pattern.js";
import { SparseMatrix } from "./sparse-matrix.js";
import { starColoringOf } from "./star-coloring.js";

export interface SparseOptions<N extends Chosen = 0> extends GradOptions<N> {
  /**
   * Where elements other than 0 may stand: lists of as many rows as columns, such as an earlier result. By default it is found from the
   * graph, at each call. Elements that are not 0 and not in the pattern make others wrong. Of a Hessian one triangle is enough.
   */
  readonly pattern?: { readonly rows: ArrayLike<number>; readonly columns: ArrayLike<number> } | undefined;
}

/**
 * The function that computes the first derivatives of `f` where they are not 0 for certain: `jacobian` for many elements of which each depends on
 * few. Rows, or columns, that have no element in common are computed together, so that it takes one walk for as many as there are such groups:
 * three for a tridiagonal matrix of any size.
 *
 * Rows count the elements of the value, columns those of the arguments; of structures, those of their tensors one behind the other.
 *
 * Which element depends on which is found from the ops: exactly for those that work element by element, move elements or reduce, by rows and
 * columns for products. A result of another op (a convolution, a loop, `customOp`) counts as dependent on all that goes in. Where an index is
 * computed from values, the pattern is that at these values.
 *
 * @param f as for `jacobian`: from tensors, arrays and records of them to the same
 * @returns a function of the arguments of `f`; it gives a `SparseMatrix`
 * @throws as `jacobian`, and ShapeError for a pattern that leaves the matrix
 *
 * @example
 * const second = (x: Tensor) => x.slice([[2, null]]).sub(x.slice([[1, -1]]).square()).add(x.slice([[null, -2]]));
 * const J = sparseJacobian(second)(tensor([1, 2, 3, 4]));
 * J.toDense().toArray(); // [[1, -4, 1, 0], [0, 1, -6, 1]]
 * J.matmul(tensor([1, 1, 1, 1])).toArray(); // [-2, -4]
 * J.values.size; // 6
 */
export function sparseJacobian<Args extends readonly unknown[] = [Tensor, ...Tensor[]], const N extends Chosen = 0>(
  f: (...args: Args) => unknown,
  options: SparseOptions<N> = {},
  ...none: []
): (...args: GradArguments<Args, N>) => SparseMatrix {
  checkNoMore("sparseJacobian", none);
  return sparse("sparseJacobian", f, options, () => f as AnyFunction);
}

/**
 * The function that computes the second derivatives of a scalar function where they are not 0 for certain: the sparse Jacobian of its
 * gradient, see `sparseJacobian`. Of two elements that mirror each other one is computed, where that takes fewer walks.
 *
 * @param f from the arguments to a scalar tensor, float64 or float32
 * @returns a function of the arguments of `f`; it gives a square `SparseMatrix`, with all elements of a symmetric pair
 * @throws as `hessian`, and ShapeError for a pattern that leaves the matrix
 *
 * @example
 * const f = (x: Tensor) => x.slice([[1, null]]).mul(x.slice([[null, -1]])).square().sum();
 * sparseHessian(f)(tensor([1, 2, 3])).toDense().toArray(); // [[8, 8, 0], [8, 20, 24], [0, 24, 8]]
 */
export function sparseHessian<Args extends readonly unknown[] = [Tensor, ...Tensor[]], const N extends Chosen = 0>(
  f: (...args: Args) => Tensor,
  options: SparseOptions<N> = {},
  ...none: []
): (...args: GradArguments<Args, N>) => SparseMatrix {
  checkNoMore("sparseHessian", none);
  const scalar = f as (...given: readonly unknown[]) => Tensor;
  return sparse("sparseHessian", f, options, (argument) => (...at) => {
    return differentiate("sparseHessian", scalar, at, argument).gradient;
  });
}

type AnyFunction = (...given: readonly unknown[]) => unknown;

function sparse(
  op: string,
  f: unknown,
  options: SparseOptions<Chosen>,
  derived: (argument: Chosen) => AnyFunction,
): (...given: readonly unknown[]) => SparseMatrix {
  checkFunction(op, f);
  checkOptions(op, options, ["argument", "pattern"]);
  const argument = kept(options.argument) ?? 0;
  const pattern = options.pattern === undefined ? null : patternGiven(op, options.pattern);
  return (...given) => {
    const { args, output } = runAt(op, derived(argument), given, argument);
    const shape = [output.size, args.edges.reduce((sum, { size }) => sum + size, 0)] as const;
    if (pattern !== null) checkInside(op, pattern, shape);
    const places = pattern ?? patternOf(output, args.edges);
    return new SparseMatrix(places, valuesAt(op, args, output, places, shape, op === "sparseHessian"), shape);
  };
}

function patternGiven(op: string, { rows, columns }: NonNullable<SparseOptions["pattern"]>): Pattern {
  const made = [rows, columns].map((list) => Int32Array.from(list ?? [])) as [Int32Array, Int32Array];
  const [own, others] = made;
  const isOf = (list: ArrayLike<number>, copy: Int32Array) => copy.every((index, i) => index === list[i] && index >= 0);
  const areLists = rows?.length === own.length && columns?.length === others.length;
  if (!areLists || own.length !== others.length || !isOf(rows, own) || !isOf(columns, others)) {
    throw new DTypeError(
      `${op}: the pattern is two lists of whole numbers, as many rows as columns, got ${show(rows)} and ${show(columns)}`,
    );
  }
  return op === "sparseHessian" ? mirrored({ rows: own, columns: others }) : once({ rows: own, columns: others });
}

/** Each place once, in the order of the rows. */
function once({ rows, columns }: Pattern): Pattern {
  const order = Array.from(rows.keys()).sort(
    (a, b) => (rows[a] as number) - (rows[b] as number) || (columns[a] as number) - (columns[b] as number),
  );
  const isNew = (at: number, i: number) => {
    const last = order[i - 1];
    return last === undefined || rows[at] !== rows[last] || columns[at] !== columns[last];
  };
  const kept = order.filter(isNew);
  return {
    rows: Int32Array.from(kept, (at) => rows[at] as number),
    columns: Int32Array.from(kept, (at) => columns[at] as number),
  };
}

function both(a: Int32Array, b: Int32Array): Int32Array {
  const all = new Int32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** A symmetric matrix is often told by one of its triangles. */
function mirrored({ rows, columns }: Pattern): Pattern {
  return once({ rows: both(rows, columns), columns: both(columns, rows) });
}

function checkInside(op: string, { rows, columns }: Pattern, shape: readonly [number, number]): void {
  const at = rows.findIndex((row, i) => row >= shape[0] || (columns[i] as number) >= shape[1]);
  if (at < 0) return;
  throw new ShapeError(
    `${op}: the pattern has an element in row ${rows[at]} and column ${columns[at]}, and the matrix is ${formatShape(shape)}`,
  );
}

/** The elements of the pattern, by one walk for each colour, all at once. */
function valuesAt(
  op: string,
  args: Arguments,
  output: Tensor,
  places: Pattern,
  [m, n]: readonly [number, number],
  isSymmetric: boolean,
): Tensor {
  if (places.rows.length === 0) return joined(args.edges).constant(0).broadcastTo([0]);
  const coloring = coloringOf(places, [m, n]);
  const { rows, columns } = places;
  const star = isSymmetric && coloring.count > 2 ? starColoringOf(places, n) : null;
  if (star !== null && star.count < coloring.count) {
    return taken(rowSums(op, args, output, star), star.lines, star.across, star, n);
  }
  if (coloring.by === "rows") {
    return taken(rowSums(op, args, output, coloring), rows, columns, coloring, n);
  }
  const { cotangent, pulled } = transposed(op, args, output, joined);
  const [sums] = pulledBySeeds(op, cotangent, pulled, seedsOf(coloring, pulled)) as [Tensor];
  return taken(sums.cast(pulled.dtype), columns, rows, coloring, m);
}

/** For each colour the sum of the rows that have it. */
function rowSums(op: string, args: Arguments, output: Tensor, coloring: Coloring): Tensor {
  const made = pulledBySeeds(op, args, output, seedsOf(coloring, output));
  return side(made.map((block, i) => block.reshape([coloring.count, (args.edges[i] as Tensor).size])));
}

/** For each colour 1 in the lines that have it, in the form of the root. */
function seedsOf({ colors, count }: Coloring, { shape, dtype }: Tensor): Tensor {
  const own = fromArray(colors, [1, colors.length]) as Tensor;
  const numbers = arange(count, { dtype: "int32" }) as Tensor;
  return numbers
    .reshape([count, 1])
    .equal(own)
    .cast(dtype)
    .reshape([count, ...shape]);
}

/** Of the sum for each colour, [colours, lines across], the element of each place of the pattern. */
function taken(sums: Tensor, lines: Int32Array, across: Int32Array, { colors }: Coloring, count: number): Tensor {
  const at = lines.map((line, i) => (colors[line] as number) * count + (across[i] as number));
  return sums.reshape([sums.size]).take(fromArray(at, [at.length])) as Tensor;
}

function side(blocks: readonly Tensor[]): Tensor {
  const [first, ...others] = blocks as readonly [Tensor, ...Tensor[]];
  if (others.length === 0) return first;
  const dtype = others.every((other) => other.dtype === first.dtype) ? first.dtype : "float64";
  return concat(
    blocks.map((block) => block.cast(dtype)),
    1,
  );
}
