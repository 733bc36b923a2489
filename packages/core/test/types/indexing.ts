import type { Tensor } from "../../src/graph/tensor.js";
import { expectShape, expectType, n, zeros } from "./declared.js";
import type * as signature from "./signatures.js";

export declare const dot: signature.DotFunction;
export declare const outer: signature.OuterFunction;
export declare const diagonal: signature.DiagonalFunction;
export declare const trace: signature.TraceFunction;
export declare const tril: signature.TriangleFunction<"tril">;
export declare const flip: signature.FlipFunction;
export declare const roll: signature.RollFunction;
export declare const tile: signature.TileFunction;
export declare const split: signature.SplitFunction;
export declare const unstack: signature.UnstackFunction;
export declare const gather: signature.GatherFunction;
export declare const scatterAdd: signature.ScatterAddFunction;
export declare const indexAdd: signature.IndexAddFunction;
export declare const sort: signature.SortFunction;
export declare const topK: signature.TopKFunction;
export declare const eye: signature.EyeFunction;
export declare const linspace: signature.LinspaceFunction;
export declare const arange: signature.ArangeFunction;
export declare const einsum: signature.EinsumFunction;
declare const unknown: Tensor;
declare const text: string;

const cube = zeros([2, 3, 4]);
const x = zeros([100, 784]);

// Products of vectors
expectShape<[]>()(dot(zeros([3]), zeros([3])));
expectShape<[]>()(zeros([n]).dot(zeros([3])));
expectShape<[]>()(dot(unknown, unknown));
expectShape<[2, 3]>()(outer(zeros([2]), zeros([3])));
expectShape<[2, number]>()(zeros([2]).outer(unknown));

// Sums by name
expectShape<[100, 50]>()(einsum("ij,jk->ik", x, zeros([784, 50])));
expectShape<[50, 100]>()(einsum("ij, kj -> ki", x, zeros([50, 784])));
expectShape<[3]>()(einsum("ii->i", zeros([3, 3])));
expectShape<[]>()(einsum("i,i->", zeros([3]), zeros([n])));
expectShape<[3]>()(einsum("i,i->i", zeros([n]), zeros([3])));
expectShape<[2, number]>()(einsum("ij,jk->ik", zeros([2, 3]), unknown));
expectShape<readonly number[]>()(einsum("ij,jk", zeros([2, 3]), zeros([3, 4])));
expectShape<readonly number[]>()(einsum("...i->i...", cube));
expectShape<readonly number[]>()(einsum(text, cube));

// Diagonals
expectShape<[3]>()(diagonal(zeros([3, 3])));
expectShape<[4, number]>()(cube.transpose([0, 1, 2]).diagonal());
expectShape<[number, number]>()(cube.diagonal({ axis1: -2, axis2: -1 }));
expectShape<readonly number[]>()(diagonal(unknown));
expectShape<[4]>()(trace(cube));
expectShape<[number]>()(cube.trace({ offset: 1 }));
expectShape<[2, 3, 4]>()(tril(cube, -1));
expectShape<[2, 3, 4]>()(cube.triu());

// The same elements in other places
expectShape<[2, 3, 4]>()(flip(cube, [0, -1]));
expectShape<[2, 3, 4]>()(cube.flip());
expectShape<[2, 3, 4]>()(roll(cube, [1, 2], [0, 1]));
expectShape<[2, 3, 4]>()(cube.roll(1, -1));
expectShape<[2, 6, 4]>()(tile(cube, [2, 1]));
expectShape<[5, 2, 3, 4]>()(cube.tile([5, 1, 1, 1]));
expectShape<[7]>()(tile(3, [7]));
expectShape<[number, 12]>()(zeros([n, 4]).tile([2]).pad([[1, 0], [1, 3]])); // biome-ignore format: pairs
expectType<[Tensor<[2, 1, 4], "float64">, Tensor<[2, 2, 4], "float64">]>()(split(cube, [1, 2], 1));
expectType<[Tensor<[number, 3, 4], "float64">, Tensor<[number, 3, 4], "float64">]>()(cube.split(2));
expectType<[Tensor<[2, 4], "float64">, Tensor<[2, 4], "float64">, Tensor<[2, 4], "float64">]>()(unstack(cube, 1));
expectType<Tensor<[784], "float64">[]>()(x.unstack());
expectType<Tensor[]>()(unstack(unknown));

// By index
expectShape<[2, 1]>()(gather(zeros([2, 3]), [[0], [2]], 1));
expectShape<[5, 3, 4]>()(cube.gather(zeros([5, 3, 4], { dtype: "int32" }), 0));
expectShape<readonly number[]>()(gather(cube, unknown, 0));
expectShape<[2, 3]>()(scatterAdd(zeros([2, 3]), [[0], [2]], 1, 1));
expectShape<[2, 3, 4]>()(cube.scatterAdd(zeros([2, 3, 9], { dtype: "int32" }), 1, -1));
expectShape<[2, 3]>()(indexAdd(zeros([2, 3]), [0, 1], zeros([2, 3])));
expectShape<[2, 3, 4]>()(cube.indexAdd([0], 1, -1));

// In order
expectShape<[2, 3, 4]>()(sort(cube, 1, { descending: true }));
expectShape<[2, 3, 4]>()(cube.argSort());
expectShape<[100, 5]>()(topK(x, 5).values);
expectShape<[7, 784]>()(x.topK(7, 0).indices);
expectShape<[100, number]>()(topK(x, n).values);

// Tensors out of nothing
expectShape<[3, 3]>()(eye(3));
expectShape<[2, 3]>()(eye(2, 3, { dtype: "float32" }));
expectShape<[5]>()(linspace(0, 1, 5));
expectShape<[5]>()(arange(5));
expectShape<[number]>()(arange(2.5));
expectShape<[number]>()(arange(-3));
expectShape<[number]>()(arange(0, 10, 2, { dtype: "int32" }));

// A generic layer: attention's scores.
export function scores<N extends number, M extends number>(q: Tensor<[N, 64]>, k: Tensor<[M, 64]>): Tensor<[N, M]> {
  return einsum("nd,md->nm", q, k);
}
