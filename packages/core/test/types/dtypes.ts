import type { DType, OwnedArray, ReadonlyTypedArray } from "../../src/dtype.js";
import type { Tensor, TensorTransfer } from "../../src/graph/tensor.js";
import {
  add,
  argMax,
  bincount,
  clamp,
  concat,
  div,
  exp,
  expectDType,
  expectType,
  less,
  matmul,
  oneHot,
  stack,
  sub,
  sum,
  take,
  tensor,
  variable,
  where,
  zeros,
} from "./declared.js";
import { arange, einsum, eye, gather, linspace, topK } from "./indexing.js";
import type * as signature from "./signatures.js";

declare const isMissing: signature.TestFunction;
declare const count: signature.ReduceFunction<unknown, "int32">;
declare const argSort: signature.SortFunction<"int32">;
declare const conv2d: signature.ConvFunction<"conv2d", 2, { readonly stride?: number }>;
declare const unknown: Tensor;
declare const vector: Tensor<[3]>;
declare const dtype: DType;
declare const float: "float64" | "float32";

const x = zeros([2, 3], { dtype: "float32" });
const y = zeros([2, 3]);
const i = zeros([2], { dtype: "int32" });

// What is made out of nothing is float64, unless said otherwise
expectDType<"float64">()(zeros([2, 3]));
expectDType<"float64">()(zeros(2, 3));
expectDType<"float64">()(zeros([2, 3], { name: "x" }));
expectDType<"float32">()(zeros(2, 3, { dtype: "float32" }));
expectDType<"int32">()(arange(3, { dtype: "int32" }));
expectDType<"float64">()(arange(0, 3, 1));
expectDType<"bool">()(eye(2, { dtype: "bool" }));
expectDType<"float64">()(linspace(0, 1, 3));

// What is made of values has their dtype
expectDType<"float64">()(tensor([[1, 2]]));
expectDType<"float64">()(tensor([]));
expectDType<"float64">()(tensor(1));
expectDType<"bool">()(tensor([[true, false]]));
expectDType<"float32">()(tensor(Float32Array.of(1)));
expectDType<"int32">()(tensor([Uint8Array.of(1)]));
expectDType<"float32">()(tensor([1, 2], { dtype: "float32" }));
expectDType<"float64">()(tensor([1, 2] as number[]));
expectDType<"float32">()(variable([1, 2], { dtype: "float32" }));

// What ops give
expectDType<"float32">()(x.exp());
expectDType<"float64">()(exp(2));
expectDType<"float32">()(x.add(1));
expectDType<"float32">()(sub(1, x));
expectDType<"float64">()(div(1, 2));
expectDType<"int32">()(y.cast("int32"));
expectDType<"bool">()(less(x, 0));
expectDType<"bool">()(x.greaterEqual(x));
expectDType<"bool">()(isMissing(x));
expectDType<"bool">()(x.less(0).logicalNot().logicalAnd(x.isFinite()));
expectDType<"float32">()(x.clamp(0, 1));
expectDType<"float32">()(clamp(0, x, 1));
expectDType<"float32">()(clamp(0, 1, x));
expectDType<"float32">()(x.less(0).where(0, x));
expectDType<"float64">()(where(x.less(0), 0, 1));
expectDType<"float32">()(sum(x, 0));
expectDType<"float32">()(x.max({ axis: 1, keepDims: true }));
expectDType<"int32">()(count(x, 0));
expectDType<"bool">()(x.any());
expectDType<"int32">()(argMax(x, 0));
expectDType<"int32">()(argSort(x));
expectDType<"float32">()(x.sort());
expectDType<"float32">()(topK(x, 1).values);
expectDType<"int32">()(x.topK(1).indices);
expectDType<"float32">()(x.softmax().cumsum(0).transpose().reshape([6]).flip().tile(2).expandDims(0).squeeze(0));
expectDType<"float32">()(x.slice([0]));
expectDType<"float32">()(take(x, i));
expectDType<"float32">()(gather(x, [[0], [1]], 1));
expectDType<"float64">()(oneHot(i, 3));
expectDType<"float32">()(i.oneHot(3, { dtype: "float32" }));
expectDType<"float32">()(x.split(2)[0]);
expectDType<"float32">()(x.unstack()[0]);
expectDType<"float32">()(x.pad([[1, 1], [0, 0]])); // biome-ignore format: pairs
expectDType<"float32">()(matmul(x, x.transpose()));
expectDType<"float32">()(einsum("ij,ij->i", x, x));
expectDType<"float32">()(concat([x, x]));
expectDType<"float32">()(stack([x.sum(), 1]));
expectDType<"float64">()(stack([1, 2]));
expectDType<"float32">()(conv2d(zeros([1, 1, 4, 4], { dtype: "float32" }), zeros([1, 1, 2, 2], { dtype: "float32" })));

// Two operands have one dtype, so that what is known of one is known of both
expectDType<"float32">()(x.add(unknown));
expectDType<"float32">()(add(unknown, x));
expectDType<"float32">()(matmul(unknown, x));
expectDType<"float32">()(x.matmul(unknown));
expectDType<"float32">()(conv2d(unknown, zeros([1, 1, 2, 2], { dtype: "float32" })));
expectDType<"float32">()(unknown.where(unknown, x));
expectDType<"float32">()(x.mul(zeros([3], { dtype: float })));

// Where nothing is known the dtype is \`any\`: such a tensor goes wherever one is asked for, and what is read of it is any of four
expectType<Tensor<[2, 3]>>()(zeros([2, 3], { dtype }));
expectType<Tensor<[2, 3]>>()(zeros([2, 3], { dtype: float }));
expectType<Tensor<[2, 3]>>()(y.cast(dtype));
expectDType<DType>()(tensor([] as Parameters<typeof tensor>[0]));
expectType<Tensor>()(unknown.add(unknown));
expectType<Tensor>()(unknown.exp());
expectType<Tensor>()(matmul(unknown, unknown));
expectType<Tensor>()(stack([unknown, 1]));
expectType<Tensor>()(concat([x, unknown]));
expectDType<DType>()(unknown);
expectDType<DType>()(vector.exp());
expectDType<"bool">()(unknown.less(0));
expectDType<"int32">()(unknown.take(unknown).argMax());
expectType<ReadonlyTypedArray>()(unknown.data);
expectType<DType>()(unknown.toTransfer().dtype);
expectType<OwnedArray>()(unknown.toTransfer().data);
export const elements: Float64Array | Float32Array | Int32Array | Uint8Array = unknown.toTransfer().data;
unknown.where(unknown.gather(unknown, 0), oneHot(unknown, 3).take(vector)).clamp(unknown, y);
bincount(unknown, 3).add(unknown);

// What is annotated without a dtype goes both ways
declare function layer(x: Tensor<[2, 3]>): Tensor<[2, 3]>;
let h = zeros([2, 3]);
h = layer(h);
h = h.add(layer(h)).relu();
h = layer(zeros([2, 3], { dtype: "float32" }));
h = zeros([2, 3], { dtype });
h = h.cast(dtype).mul(zeros([2, 3], { dtype: unknown.dtype }));
let total = tensor(0, { dtype: "float32" });
total = total.add(layer(x).sum());
let both = zeros([2]) as Tensor;
both = both.cast("float32");
export const ends = [h, total, both];

// What tensors hold
expectType<Tensor<[2, 3], "float32"> | null>()(x.grad);
expectType<TensorTransfer<[2, 3], "float32">>()(x.toTransfer());
expectType<ReadonlyTypedArray<"float32">>()(x.data);
export const copy: Float32Array = x.data.slice();
expectDType<"float32">()(x.detach());

// A tensor of a dtype is one of any
const any: Tensor = x;
const known: Tensor<[2, 3]> = x;
const floats: Tensor<[2, 3], "float64" | "float32"> = x;
expectDType<DType>()(known);
const again: Tensor<[2, 3], "float64"> = known;
expectDType<"float64">()(again);
expectType<Tensor[]>()([any, known, floats, vector]);

// Dtypes that are type parameters
function swish<S extends readonly number[], D extends DType>(x: Tensor<S, D>): Tensor<S, D> {
  return x.mul(x.neg().exp().add(1).pow(-1)).add(x);
}
function affine<N extends number, D extends DType>(x: Tensor<[N, 3], D>, w: Tensor<[3, 4], D>): Tensor<[N, 4], D> {
  return x.matmul(w).relu().softmax();
}
function mask<S extends readonly number[], D extends DType>(x: Tensor<S, D>): Tensor<S, D> {
  return x.greater(0).where(x.clamp(-1, 1), 0);
}
function rows<N extends number, D extends DType>(table: Tensor<[9, 3], D>, i: Tensor<[N], "int32">): Tensor<[N, 3], D> {
  return table.take(i);
}
function dense<N extends number, D extends DType>(
  x: Tensor<[N, 3], D>,
  w: Tensor<[3, 4]>,
  b: Tensor<[4]>,
): Tensor<[N, 4], D> {
  const y = x.matmul(w).add(b).relu();
  return b.mul(y.add(y)).div(y.sub(b)).softmax();
}
function like<N extends number, D extends DType>(x: Tensor<[N], D>, y: Tensor<[N]>): Tensor<[N], D> {
  const start = zeros(x.shape, { dtype: x.dtype });
  return start.mul(2).add(start).add(x).sub(y.cast(x.dtype));
}
function to<S extends readonly number[], D extends DType>(x: Tensor<S>, dtype: D): Tensor<S, D> {
  return x.cast(dtype).exp();
}
expectDType<"float32">()(dense(x, zeros([3, 4]), zeros([4])));
expectDType<"float32">()(like(zeros([2], { dtype: "float32" }), zeros([2])));
expectDType<"float32">()(to(y, "float32"));
expectDType<"float32">()(swish(x));
expectDType<"float32">()(affine(x, zeros([3, 4], { dtype: "float32" })));
expectDType<"float32">()(mask(x));
expectDType<"float32">()(rows(zeros([9, 3], { dtype: "float32" }), i));
