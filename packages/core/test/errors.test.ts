import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  add,
  ChainruleError,
  cast,
  concat,
  type DType,
  DTypeError,
  exp,
  fromArray,
  GraphError,
  type Literal,
  numericalGradient,
  oneHot,
  IndexAdd,
  ShapeError,
  stack,
  Take,
  type Tensor,
  tensor,
  Unslice,
  variable,
  zeros,
} from "../src/index.js";

// What misuse says, word for word: the op, the shapes or dtypes, and the repair. The shapes and dtypes are hidden from the
// compiler here, which would refuse most of these.

const z = (...shape: number[]): Tensor => zeros(shape);
const t = (values: Literal, dtype?: DType): Tensor => tensor(values, { dtype }) as Tensor;
const f32 = (values: Literal) => t(values, "float32");
const int = (values: Literal) => t(values, "int32");
/** Calls a function with what its types forbid. */
const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);

const misuses: [
  misuse: () => unknown,
  kind: typeof ShapeError | typeof DTypeError | typeof GraphError,
  message: string,
][] = [
  [
    () => z(2, 3).add(z(2)),
    ShapeError,
    "Add: [2, 3] and [2] do not broadcast: sizes 3 and 2 differ (axis -1); did you mean the second reshaped to [2, 1]?",
  ],
  [
    () => z(2).add(z(2, 3)),
    ShapeError,
    "Add: [2] and [2, 3] do not broadcast: sizes 2 and 3 differ (axis -1); did you mean the first reshaped to [2, 1]?",
  ],
  [
    () => z(2, 3).mul(z(4, 3)),
    ShapeError,
    "Mul: [2, 3] and [4, 3] do not broadcast: sizes 2 and 4 differ (axis -2); equal sizes, or a size of 1, are needed on each axis counted from the last",
  ],
  [
    () => z(100, 784).matmul(z(100, 784)),
    ShapeError,
    "MatMul: [100, 784] x [100, 784]: inner sizes 784 and 100 differ; did you mean a.matmul(b.transpose())?",
  ],
  [
    () => z(100, 784).matmul(z(100, 50)),
    ShapeError,
    "MatMul: [100, 784] x [100, 50]: inner sizes 784 and 100 differ; did you mean a.transpose().matmul(b)?",
  ],
  [
    () => z(5, 2, 3).matmul(z(5, 4, 3)),
    ShapeError,
    "MatMul: [5, 2, 3] x [5, 4, 3]: inner sizes 3 and 4 differ; did you mean a.matmul(b.transpose([0, 2, 1]))?",
  ],
  [
    () => z(2, 3).matmul(z(4, 5)),
    ShapeError,
    "MatMul: [2, 3] x [4, 5]: inner sizes 3 and 4 differ; the last axis of a and the second to last of b (its only one, if a vector) must have the same size",
  ],
  [() => z(2).matmul(t(2)), ShapeError, "MatMul: [2] x []: a scalar is no matrix; use mul for scalars"],
  [
    () => z(2, 3, 4).matmul(z(3, 4, 5)),
    ShapeError,
    "MatMul: [2, 3, 4] x [3, 4, 5]: batches: [2] and [3] do not broadcast: sizes 2 and 3 differ (axis -1); equal sizes, or a size of 1, are needed on each axis counted from the last",
  ],
  [() => t([[true]]).matmul(t([[true]])), DTypeError, `MatMul: takes numbers, got bool; convert with cast("float64")`],
  [() => z(2, 3).sum(2), ShapeError, "Sum: axis 2 is out of range for [2, 3]: axes go from -2 to 1"],
  [() => t(1).sum(0), ShapeError, "Sum: axis 0 is out of range for []: a scalar has no axes"],
  [() => z(2, 3).mean([0, -2]), ShapeError, "Mean: axis 0 is named twice for [2, 3]"],
  [
    () => z(2, 0).max({ axis: 1 }),
    ShapeError,
    "Max: [2, 0] has no elements along axis 1: the max of nothing does not exist; check that the input is not empty",
  ],
  [() => z(0).argMax(), ShapeError, "ArgMax: [0] has no elements to choose from; check that the input is not empty"],
  [() => t(1).softmax(), ShapeError, "Softmax: axis -1 is out of range for []: a scalar has no axes"],
  [
    () => f32([1]).add(t([1])),
    DTypeError,
    `Add: float32 and float64 do not mix; convert one with cast("float64") or the other with cast("float32")`,
  ],
  [() => int([1]).mul(t([1.5])), DTypeError, `Mul: int32 and float64 do not mix; convert int32 with cast("float64")`],
  [
    () => int([1]).add(1.5),
    DTypeError,
    `Add: 1.5 is no int32 (a whole number from -2147483648 to 2147483647); convert with cast("float64")`,
  ],
  [
    () => int([1]).clamp(0.5, 1),
    DTypeError,
    `Clamp: 0.5 is no int32 (a whole number from -2147483648 to 2147483647); convert with cast("float64")`,
  ],
  [() => int([1]).exp(), DTypeError, `Exp: takes float64 or float32, got int32; convert with cast("float64")`],
  [() => int([1]).div(2), DTypeError, `Div: takes float64 or float32, got int32; convert with cast("float64")`],
  [() => t([true]).add(1), DTypeError, `Add: takes numbers, got bool; convert with cast("float64")`],
  [() => t([true]).sum(), DTypeError, `Sum: takes numbers, got bool; convert with cast("int32")`],
  [
    () => t([1, 0]).where(1, 2),
    DTypeError,
    "Where: the condition is a bool tensor, got float64; compare it, as in x.greater(0)",
  ],
  [
    () => t([true]).where(f32([1]), t([1])),
    DTypeError,
    `Where: float32 and float64 do not mix; convert one with cast("float64") or the other with cast("float32")`,
  ],
  [
    () => t([[1, 2], [3]]),
    ShapeError,
    "tensor: ragged: the first elements make the shape [2, 2], but element [1] has length 1; all rows of an axis have the same length",
  ],
  [
    () => t([[1, 2], 3]),
    ShapeError,
    "tensor: ragged: the first elements make the shape [2, 2], but element [1] is the number 3; all rows of an axis have the same length",
  ],
  [
    () => wrong(tensor, "1"),
    DTypeError,
    `tensor: the value is "1"; a tensor is made of numbers or booleans, nested in arrays`,
  ],
  [
    () => wrong(tensor, [1, undefined]),
    DTypeError,
    "tensor: element [1] is undefined; a tensor is made of numbers or booleans, nested in arrays",
  ],
  [
    () => t([1.5], "int32"),
    DTypeError,
    `tensor: 1.5 is no int32 (a whole number from -2147483648 to 2147483647); convert with cast("float64")`,
  ],
  [() => t([2], "bool"), DTypeError, `tensor: 2 is no bool (0 or 1); convert with cast("float64")`],
  [
    () => wrong(zeros, [2], { dtype: "float16" }),
    DTypeError,
    `zeros: "float16" is no dtype; there are float64, float32, int32, bool`,
  ],
  [
    () => wrong(cast, t([1]), "float16"),
    DTypeError,
    `Cast: "float16" is no dtype; there are float64, float32, int32, bool`,
  ],
  [
    () => variable([1], { dtype: "int32" }),
    DTypeError,
    `variable: integers and bools have no gradient, got int32; use dtype "float64" here, or tensor(...) for a constant`,
  ],
  [() => z(2, -1), ShapeError, "zeros: [2, -1] is no shape: a size is a whole number, 0 or more"],
  [
    () => fromArray(Float64Array.of(1, 2, 3), [2, 2]),
    ShapeError,
    "fromArray: 3 elements do not make the shape [2, 2], which has 4",
  ],
  [
    () => z(2, 3).reshape([4, 2]),
    ShapeError,
    "Reshape: [2, 3] to [4, 2]: 6 elements do not fill it; the product of the sizes must be 6 (one size may be -1, to be computed)",
  ],
  [() => z(2, 3).reshape([-1, -1]), ShapeError, "Reshape: [2, 3] to [-1, -1]: only one size can be left open as -1"],
  [
    () => z(2, 3, 4).reshape([-1, -1, -1]),
    ShapeError,
    "Reshape: [2, 3, 4] to [-1, -1, -1]: only one size can be left open as -1",
  ],
  [
    () => z(3).reshape([1.5, -1]),
    ShapeError,
    "Reshape: [3] to [1.5, -1]: a size is a whole number, 0 or more (or one of them -1, to be computed)",
  ],
  [
    () => z(0).reshape([0, -1]),
    ShapeError,
    "Reshape: [0] to [0, -1]: beside a 0 any size would do for -1; write the size that is meant",
  ],
  [
    () => z(2, 3).broadcastTo([2, 4]),
    ShapeError,
    "BroadcastTo: [2, 3] to [2, 4]: each axis, counted from the last, must have the size that is asked for, or 1; reshape or expandDims first",
  ],
  [
    () => z(2).expandDims(3),
    ShapeError,
    "ExpandDims: axis 3 is out of range for [2]: the new axis can stand from -2 to 1",
  ],
  [() => z(2, 1).squeeze(0), ShapeError, "Squeeze: axis 0 of [2, 1] has size 2; only axes of size 1 can go"],
  [
    () => z(2, 3).transpose([0, 0]),
    ShapeError,
    "Transpose: [0, 0] is no order of the 2 axes of [2, 3]: name each once",
  ],
  [() => z(2).slice([0, 0]), ShapeError, "Slice: 2 ranges for [2]: give one for each axis at most"],
  [() => z(2).slice([2]), ShapeError, "Slice: index 2 is out of range for axis 0 of [2]: from -2 to 1"],
  [
    () => z(2).slice([[0, 1, 0]]),
    ShapeError,
    "Slice: [0,1,0] is no range of [2]: give [start, stop] or [start, stop, step], whole numbers or null, the step not 0",
  ],
  [
    () => z(3, 2).take([0, 3]),
    ShapeError,
    "Take: index 3 (element 1 of the indices) is out of range for axis 0 of [3, 2]: from -3 to 2",
  ],
  [
    () => z(0, 2).take([0]),
    ShapeError,
    "Take: index 0 (element 0 of the indices) is out of range for axis 0 of [0, 2]: there is nothing to take",
  ],
  [() => z(3).take(t([1])), DTypeError, `take: indices are an int32 tensor, got float64; convert with cast("int32")`],
  [
    () => new Take(0).forward(z(3), t([1.5])),
    DTypeError,
    `Take: indices are an int32 tensor, got float64; convert with cast("int32")`,
  ],
  [
    () => oneHot([10], 10),
    ShapeError,
    "OneHot: index 10 (element 0 of the indices) is out of range for 10 classes: from -10 to 9",
  ],
  [() => oneHot([0], 0), ShapeError, "OneHot: 0 classes: a whole number of at least 1 is needed"],
  [
    () => concat([z(2, 3), z(2, 4)]),
    ShapeError,
    "Concat: [2, 3] and [2, 4]: sizes must be equal on every axis but axis 0; did you mean axis 1?",
  ],
  [() => concat([t(1), t(2)]), ShapeError, "Concat: scalars have no axis to stand one behind the other on; use stack"],
  [() => wrong(concat, []), ShapeError, "concat: an empty list of tensors has no shape; give at least one"],
  [() => stack([z(2), z(3)]), ShapeError, "Stack: [2] and [3]: shapes must be equal; use concat for others"],
  [() => z(2, 3).item(), ShapeError, "item: a tensor of shape [2, 3] has 6 elements, not one; read data or toArray()"],
  [
    () => variable([1, 2]).square().backward(),
    GraphError,
    "Square: backward() of a tensor of shape [2] needs a gradient of that shape: reduce it to a scalar first, as in y.sum().backward(), or give one, as in y.backward({ seed })",
  ],
  [
    () => t(1).backward(),
    GraphError,
    "backward() of a tensor that depends on no variable, or was computed in noGrad() or behind detach(); make the inputs with variable(...) instead of tensor(...)",
  ],
  [
    () => int(1).backward(),
    DTypeError,
    `backward() of a tensor of dtype int32: integers and bools have no gradient; convert with cast("float64") first`,
  ],
  [
    () =>
      variable([1, 2])
        .square()
        .backward({ seed: z(3) }),
    GraphError,
    "Square: backward takes a gradient of the output's shape [2], or a number for all elements, got [3]",
  ],
  [
    () =>
      variable([1, 2])
        .square()
        .backward({ seed: f32([1, 2]) }),
    DTypeError,
    `Square: backward takes a gradient of the output's dtype float64, got float32; convert with cast("float64")`,
  ],
  [
    () => variable([1, 2], { name: "W" }).assign(t([1, 2, 3])),
    ShapeError,
    "assign: shape [3] given to W of shape [2]; reshape it, or make a new variable",
  ],
  [
    () => variable([1, 2], { name: "W" }).assign(f32([1, 2])),
    DTypeError,
    `assign: float32 given to a float64 tensor; convert with cast("float64")`,
  ],
  [
    () => variable([1, 2]).mul(2).assign([1, 2]),
    GraphError,
    "assign: this tensor is the result of Mul; only variables and constants take new values",
  ],
  [() => new Unslice([[0, 2]], [3]).forward(z(3)), ShapeError, "Unslice: the ranges read [2] of [3], got [3]"],
  [
    () => new IndexAdd([3, 2]).forward(z(2, 2), int([0])),
    ShapeError,
    "IndexAdd: [2, 2] at indices [1] into [3, 2]: expected [1, 2]",
  ],
  [
    () => new IndexAdd([3]).forward(t([true]), int([0])),
    DTypeError,
    `IndexAdd: takes numbers, got bool; convert with cast("int32")`,
  ],
  [
    () => numericalGradient((x) => x.mul(2), t([1, 2])),
    GraphError,
    "numericalGradient: the function gave a tensor of shape [2], not a scalar; reduce it, as in sum()",
  ],
  [
    () => numericalGradient((x) => x.sum(), int([1, 2])),
    DTypeError,
    `numericalGradient: int32 values cannot change by 0.0001; convert with cast("float64")`,
  ],
  [
    () => wrong(add, t(1), undefined),
    DTypeError,
    "Add: takes tensors and numbers, got undefined; make a tensor of it with tensor(...)",
  ],
  [
    () => wrong(add, t(1), [1, 2]),
    DTypeError,
    "Add: takes tensors and numbers, got an array; make a tensor of it with tensor(...)",
  ],
  [
    () => wrong(exp, "x"),
    DTypeError,
    "Exp: takes tensors and numbers, got string; make a tensor of it with tensor(...)",
  ],
];

for (const [misuse, kind, message] of misuses) {
  test(String(misuse).replace("() => ", ""), () => {
    let error: unknown;
    try {
      misuse();
    } catch (thrown) {
      error = thrown;
    }
    assert.instance(error, kind);
    assert.instance(error, ChainruleError);
    assert.is((error as Error).message, message);
    assert.is((error as Error).name, kind.name);
  });
}

test.run();
