import type { DType } from "../../src/dtype.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { add, bincount, clamp, matmul, oneHot, take, tensor, where, zeros } from "./declared.js";
import { dot, gather, indexAdd, scatterAdd } from "./indexing.js";
import type * as signature from "./signatures.js";

declare const conv2d: signature.ConvFunction<"conv2d", 2, { readonly stride?: number }>;
declare const unknown: Tensor<[2]>;
declare const several: Tensor<[2], DType>;
const x = zeros([2], { dtype: "float32" });
const y = tensor([1, 2]);
const square = zeros([2, 2]);

// Conditions
where(x, 1, 2); // error: parameter of type 'Tensor<[2], "float32"> & "where: the condition is a bool tensor, got float32; compare it, as in x.greater(0)"
x.where(1, 2); // error: "where: the condition is a bool tensor, got float32; compare it, as in x.greater(0)"
x.cast("int32").where(1, 2); // error: where: the condition is a bool tensor, got int32

// Indices
take(y, x); // error: take: indices are int32, got float32; convert with cast(\"int32\")
y.take(tensor([0, 1])); // error: take: indices are int32, got float64
y.take(x, { axis: 0 }); // error: take: indices are int32, got float32
gather(y, x, 0); // error: gather: indices are int32, got float32
square.gather(square, 1); // error: gather: indices are int32, got float64
scatterAdd(y, x, 1, 0); // error: scatterAdd: indices are int32, got float32
indexAdd(y, x, 1); // error: indexAdd: indices are int32, got float32
bincount(y, 3); // error: bincount: indices are int32, got float64
oneHot(y, 3); // error: oneHot: indices are int32, got float64
y.oneHot(3); // error: oneHot: indices are int32, got float64
y.take(x.less(1)); // error: take: indices are int32, got bool; for a mask write mask.where(x, 0)

// Two dtypes
add(x, y); // error: float32 and float64 do not mix; convert one with cast
y.mul(x); // error: float64 and float32 do not mix
x.less(y); // error: float32 and float64 do not mix
x.less(1).where(x, y); // error: float32 and float64 do not mix
unknown.where(x, y); // error: float32 and float64 do not mix
clamp(unknown, x, y); // error: float32 and float64 do not mix
clamp(x, unknown, y); // error: float32 and float64 do not mix
x.add(unknown).mul(y); // error: float32 and float64 do not mix
unknown.matmul(x).mul(y); // error: float32 and float64 do not mix
clamp(x, 0, y); // error: float32 and float64 do not mix
x.clamp(y); // error: float32 and float64 do not mix
matmul(square, x); // error: float64 and float32 do not mix
dot(x, y); // error: float32 and float64 do not mix
conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 2, 2], { dtype: "float32" })); // error: float64 and float32 do not mix

// Assignments
const float64: Tensor<[2], "float64"> = x; // error: Type '"float32"' is not assignable to type '"float64"'
const certain: Tensor<[2], "float64"> = several; // error: Type 'DType' is not assignable to type '"float64"'
let begun = zeros([2]);
begun = begun.cast("float32"); // error: Type '"float32"' is not assignable to type '"float64"'
zeros([2], { dtype: "float" }); // error: Type '"float"' is not assignable to type
y.cast("float"); // error: Argument of type '"float"' is not assignable to parameter of type 'DType'
function shift<D extends DType>(x: Tensor<[2], D>): Tensor<[2], D> {
  return x.add(y); // error: is not assignable
}

export { begun, certain, float64, shift };
