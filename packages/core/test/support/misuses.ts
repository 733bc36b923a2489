import {
  add,
  ChainruleError,
  CompileError,
  cast,
  checkpoint,
  clipByNorm,
  clipGradNorm,
  compile,
  concat,
  customGradient,
  customOp,
  type DType,
  DTypeError,
  detectAnomaly,
  elementwise,
  exp,
  fromArray,
  Generator,
  GraphError,
  grad,
  gradcheck,
  hessian,
  hvp,
  IndexAdd,
  jvp,
  type Literal,
  Mul,
  Node,
  noGrad,
  numericalGradient,
  type OpRule,
  oneHot,
  print,
  type Shape,
  ShapeError,
  stack,
  stopGradient,
  Take,
  type Tensor,
  tensor,
  Unslice,
  type Values,
  variable,
  vjp,
  zeros,
} from "../../src/index.js";
import { formMisuses } from "./misuses-forms.js";
import { givenMisuses } from "./misuses-given.js";
import { graphMisuses } from "./misuses-graph.js";

// What misuse says, word for word: the op, the shapes or dtypes, and the repair. The shapes and dtypes are hidden from the
// compiler here, which would refuse most of these. ERRORS.md is made of this table.

const z = (...shape: number[]): Tensor => zeros(shape);
const t = (values: Literal, dtype?: DType): Tensor => tensor(values, { dtype }) as Tensor;
const f32 = (values: Literal) => t(values, "float32");
const int = (values: Literal) => t(values, "int32");
/** Calls a function with what its types forbid. */
const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);

/** An op of one's own with nothing wrong. */
const copy: OpRule<1> = { arity: 1, shape: (x) => x, forward: (out, x) => out.set(x.data), backward: [(dout) => dout] };
const rounded = customOp("Rounded", { ...copy, backward: "it is a step" });

/** What libraries give in the place of a promise. */
// biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
const thenable = { then: () => undefined };
/** A tensor as a second copy of the package makes it. */
const foreign = { shape: [2], dtype: "float64", values: Float64Array.of(1, 2), node: null, backward() {} };

/** An op whose local forward gives what it is told to. */
class Giving extends Node {
  override readonly name = "Giving";
  readonly values: unknown;

  constructor(values: unknown) {
    super();
    this.values = values;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override localForward(): Values {
    return this.values as Values;
  }

  override localBackward(dout: Tensor): Tensor {
    return dout;
  }
}

/** An op whose composition is what it is told to be. */
class Composing extends Node {
  override readonly name = "Composing";
  readonly made: unknown;

  constructor(composition: unknown) {
    super();
    this.made = composition;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override composed(): Tensor | null {
    return this.made as Tensor | null;
  }

  override localBackward(dout: Tensor): Tensor {
    return dout;
  }
}

type Case = readonly [
  misuse: () => unknown,
  error: typeof ChainruleError | typeof ShapeError | typeof DTypeError | typeof GraphError | typeof CompileError,
  message: string,
];

export interface Misuse {
  readonly kind: string;
  /** What to do about it, for ERRORS.md. */
  readonly advice: string;
  readonly cases: readonly Case[];
}

/** Lists that are no range, of which a part would be left out or made up, and how an error shows them. */
const noRanges: readonly (readonly [range: readonly unknown[], shown: string])[] = [
  [[], "[]"],
  [[1], "[1]"],
  [[undefined, 1], "[undefined, 1]"],
  [[0, undefined], "[0, undefined]"],
  [[0, 2, undefined], "[0, 2, undefined]"],
  [new Array(2), "[undefined, undefined]"],
  [[0, 1, 1, 9], "[0, 1, 1, 9]"],
  [["0", "1"], '["0", "1"]'],
];

export const misuses: readonly Misuse[] = [
  {
    kind: "shapes that do not broadcast",
    advice:
      "Give the axes equal sizes, or 1, counted from the last; `reshape` or `expandDims` puts a size of 1 where it is needed.",
    cases: [
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
    ],
  },
  {
    kind: "inner sizes of a matrix product that differ",
    advice: "Transpose the operand that the message names; or check which layer's output this is.",
    cases: [
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
    ],
  },
  {
    kind: "batches of a matrix product that do not broadcast",
    advice: "Give both operands the same leading axes, or 1.",
    cases: [
      [
        () => z(2, 3, 4).matmul(z(3, 4, 5)),
        ShapeError,
        "MatMul: [2, 3, 4] x [3, 4, 5]: batches: [2] and [3] do not broadcast: sizes 2 and 3 differ (axis -1); equal sizes, or a size of 1, are needed on each axis counted from the last",
      ],
    ],
  },
  {
    kind: "a scalar in a matrix product",
    advice: "Multiply by a scalar with `mul`.",
    cases: [[() => z(2).matmul(t(2)), ShapeError, "MatMul: [2] x []: a scalar is no matrix; use mul for scalars"]],
  },
  {
    kind: "an axis out of range, negative ones included",
    advice: "Axes go from -rank to rank - 1; print `x.shape` where you are not sure.",
    cases: [
      [() => z(2, 3).sum(2), ShapeError, "Sum: axis 2 is out of range for [2, 3]: axes go from -2 to 1"],
      [() => z(2, 3).sum(-3), ShapeError, "Sum: axis -3 is out of range for [2, 3]: axes go from -2 to 1"],
      [() => z(2, 3).softmax(2), ShapeError, "Softmax: axis 2 is out of range for [2, 3]: axes go from -2 to 1"],
    ],
  },
  {
    kind: "an axis of a scalar",
    advice: "A scalar has no axes: leave the argument out, or check what reduced the tensor before.",
    cases: [
      [() => t(1).sum(0), ShapeError, "Sum: axis 0 is out of range for []: a scalar has no axes"],
      [() => t(1).softmax(), ShapeError, "Softmax: axis -1 is out of range for []: a scalar has no axes"],
    ],
  },
  {
    kind: "an axis that is named twice",
    advice: "Name each axis once; -2 and 0 of a matrix are the same.",
    cases: [[() => z(2, 3).mean([0, -2]), ShapeError, "Mean: axis 0 is named twice for [2, 3]"]],
  },
  {
    kind: "an option that a reduction does not have",
    advice: "Compare the spelling with the names that the message lists.",
    cases: [
      [
        () => z(2, 3).sum({ keepdims: true } as object),
        ChainruleError,
        "Sum: unknown option keepdims; did you mean keepDims? there are axis, keepDims",
      ],
      [
        () => z(2, 3).sum({ correction: 1 } as object),
        ChainruleError,
        "Sum: unknown option correction; there are axis, keepDims",
      ],
      [
        () => z(2, 3).variance({ ord: 1 } as object),
        ChainruleError,
        "Variance: unknown option ord; there are axis, keepDims, correction",
      ],
    ],
  },
  {
    kind: "a reduction of nothing",
    advice: "The greatest of no elements does not exist: check for the empty input before.",
    cases: [
      [
        () => z(2, 0).max({ axis: 1 }),
        ShapeError,
        "Max: [2, 0] has no elements along axis 1: the max of nothing does not exist; check that the input is not empty",
      ],
      [
        () => z(0).argMax(),
        ShapeError,
        "ArgMax: [0] has no elements to choose from; check that the input is not empty",
      ],
      [
        () => z(0).min(),
        ShapeError,
        "Min: [0] has no elements along axis 0: the min of nothing does not exist; check that the input is not empty",
      ],
    ],
  },
  {
    kind: "two float dtypes in one op",
    advice: "Convert one of them with `cast`: nothing is promoted silently.",
    cases: [
      [
        () => f32([1]).add(t([1])),
        DTypeError,
        `Add: float32 and float64 do not mix; convert one with cast("float64") or the other with cast("float32")`,
      ],
      [
        () => t([true]).where(f32([1]), t([1])),
        DTypeError,
        `Where: float32 and float64 do not mix; convert one with cast("float64") or the other with cast("float32")`,
      ],
    ],
  },
  {
    kind: "integers and floats in one op",
    advice: 'Convert the integers with `cast("float64")`.',
    cases: [
      [
        () => int([1]).mul(t([1.5])),
        DTypeError,
        `Mul: int32 and float64 do not mix; convert int32 with cast("float64")`,
      ],
    ],
  },
  {
    kind: "a number that the dtype does not hold",
    advice: 'Convert the tensor with `cast("float64")`, or give a number of its dtype.',
    cases: [
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
      [
        () => t([1.5], "int32"),
        DTypeError,
        `tensor: 1.5 is no int32 (a whole number from -2147483648 to 2147483647); convert with cast("float64")`,
      ],
      [() => t([2], "bool"), DTypeError, `tensor: 2 is no bool (0 or 1); convert with cast("float64")`],
    ],
  },
  {
    kind: "integers in an op of floats",
    advice: 'Convert with `cast("float64")`.',
    cases: [
      [() => int([1]).exp(), DTypeError, `Exp: takes float64 or float32, got int32; convert with cast("float64")`],
      [() => int([1]).div(2), DTypeError, `Div: takes float64 or float32, got int32; convert with cast("float64")`],
    ],
  },
  {
    kind: "bools in an op of numbers",
    advice: "Convert with `cast`: `int32` to count, `float64` to compute.",
    cases: [
      [() => t([true]).add(1), DTypeError, `Add: takes numbers, got bool; convert with cast("float64")`],
      [
        () => t([[true]]).matmul(t([[true]])),
        DTypeError,
        `MatMul: takes numbers, got bool; convert with cast("float64")`,
      ],
      [() => t([true]).sum(), DTypeError, `Sum: takes numbers, got bool; convert with cast("int32")`],
    ],
  },
  {
    kind: "a condition that is no bool",
    advice: "Compare: `x.greater(0)`, `x.notEqual(0)`.",
    cases: [
      [
        () => t([1, 0]).where(1, 2),
        DTypeError,
        "Where: the condition is a bool tensor, got float64; compare it, as in x.greater(0)",
      ],
    ],
  },
  {
    kind: "operands that are no tensors",
    advice: "Make a tensor of an array with `tensor(...)`; `undefined` is often a missing argument.",
    cases: [
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
    ],
  },
  {
    kind: "a tensor of another copy of the package",
    advice: "Let the package manager, or the bundler, give all code one copy of @chainrule/core.",
    cases: [
      [
        () => wrong(add, t(1), foreign),
        DTypeError,
        "Add: got a tensor of another copy of @chainrule/core; install one version only (a bundler may have to dedupe it)",
      ],
    ],
  },
  {
    kind: "what is left of a tensor that was sent to a worker",
    advice: "A message carries plain data: send `x.toTransfer()`, and make a tensor of it with `fromTransfer`.",
    cases: [
      [
        () => wrong(add, t(1), structuredClone(t(1))),
        DTypeError,
        "Add: takes tensors and numbers, got the plain object that structuredClone makes of a tensor (send x.toTransfer(), and make a tensor of it with fromTransfer(...))",
      ],
      [
        () => wrong(add, t(1), t(1).toTransfer()),
        DTypeError,
        "Add: takes tensors and numbers, got a tensor in the form of toTransfer (make a tensor of it with fromTransfer(...))",
      ],
      [
        () => wrong(add, t(1), t(1).toJSON()),
        DTypeError,
        "Add: takes tensors and numbers, got a tensor in the form of toJSON (make a tensor of it with fromJSON(...))",
      ],
    ],
  },
  {
    kind: "a local forward that gives other values than its shape and dtype",
    advice:
      "A plain number for the shape `[]`, else a typed array of the dtype with as many elements as the shape has.",
    cases: [
      [
        () => new Giving(Float64Array.of(1)).apply(t(1)),
        ShapeError,
        "Giving: its local forward gave a Float64Array of length 1 for the shape []; give a plain number, as in out[0]",
      ],
      [
        () => new Giving(Float64Array.of(1)).apply(t([1, 2])),
        ShapeError,
        "Giving: its local forward gave a Float64Array of length 1 for float64 [2]; give a typed array of that dtype with 2 elements",
      ],
      [
        () => new Giving(Float32Array.of(1)).apply(t([1])),
        ShapeError,
        "Giving: its local forward gave a Float32Array of length 1 for float64 [1]; give a typed array of that dtype with 1 element",
      ],
      [
        () => new Giving([1, 2]).apply(t([1, 2])),
        ShapeError,
        "Giving: its local forward gave an array of length 2, not a typed one, for float64 [2]; give a typed array of that dtype with 2 elements",
      ],
    ],
  },
  {
    kind: "an op composed of others that gives something else than its rules say, or nothing",
    advice: "The result of `composed` has the shape and dtype of the rules; an op has that or a `localForward`.",
    cases: [
      [
        () => new Composing(t([1])).apply(t([1, 2])),
        ShapeError,
        "Composing: its composed gave float64 [1], and its rules say float64 [2]",
      ],
      [
        () => compile((x: Tensor) => new Composing(x.sum()).apply(x))(t([1, 2])),
        ShapeError,
        "Composing: its composed gave float64 [], and its rules say float64 [2]",
      ],
      [
        () => new Composing(null).apply(t([1, 2])),
        GraphError,
        "Composing: computes nothing: give its class localForward(shape, dtype, ...inputs), over arrays, or composed(...inputs), in ops",
      ],
      [
        () => new Composing(3).apply(t([1, 2])),
        DTypeError,
        "Composing: composed: takes tensors, got number; make a tensor of it with tensor(...)",
      ],
    ],
  },
  {
    kind: "ragged arrays",
    advice: "All rows of an axis have one length.",
    cases: [
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
    ],
  },
  {
    kind: "elements that are no numbers",
    advice: "Convert texts and dates to numbers first; look for a hole in the data.",
    cases: [
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
        // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
        () => wrong(tensor, [[1, , 3]]),
        DTypeError,
        "tensor: element [0][1] is undefined; a tensor is made of numbers or booleans, nested in arrays",
      ],
    ],
  },
  {
    kind: "an unknown dtype",
    advice: "There are float64, float32, int32 and bool.",
    cases: [
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
    ],
  },
  {
    kind: "a variable of integers",
    advice: "Gradients are wanted of variables: use float64 here, or `tensor(...)` for a constant.",
    cases: [
      [
        () => variable([1], { dtype: "int32" }),
        DTypeError,
        `variable: integers and bools have no gradient, got int32; use dtype "float64" here, or tensor(...) for a constant`,
      ],
    ],
  },
  {
    kind: "sizes that are no shape",
    advice: "Sizes are whole numbers, 0 or more.",
    cases: [[() => z(2, -1), ShapeError, "zeros: [2, -1] is no shape: a size is a whole number, 0 or more"]],
  },
  {
    kind: "elements that do not fill a shape",
    advice: "The product of the sizes is the number of elements.",
    cases: [
      [
        () => fromArray(Float64Array.of(1, 2, 3), [2, 2]),
        ShapeError,
        "fromArray: 3 elements do not make the shape [2, 2], which has 4",
      ],
    ],
  },
  {
    kind: "a reshape to another number of elements",
    advice: "Keep the product of the sizes; leave one as -1 to have it computed.",
    cases: [
      [
        () => z(2, 3).reshape([4, 2]),
        ShapeError,
        "Reshape: [2, 3] to [4, 2]: 6 elements do not fill it; the product of the sizes must be 6 (one size may be -1, to be computed)",
      ],
    ],
  },
  {
    kind: "sizes of a reshape that are not clear",
    advice: "One size at most is -1, and beside a 0 none is.",
    cases: [
      [
        () => z(2, 3).reshape([-1, -1]),
        ShapeError,
        "Reshape: [2, 3] to [-1, -1]: only one size can be left open as -1",
      ],
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
    ],
  },
  {
    kind: "a broadcast to sizes that do not fit",
    advice: "Only axes of size 1 are repeated: `reshape` or `expandDims` first.",
    cases: [
      [
        () => z(2, 3).broadcastTo([2, 4]),
        ShapeError,
        "BroadcastTo: [2, 3] to [2, 4]: each axis, counted from the last, must have the size that is asked for, or 1; reshape or expandDims first",
      ],
    ],
  },
  {
    kind: "a new axis out of range",
    advice: "It can stand before, between and behind the axes that are there.",
    cases: [
      [
        () => z(2).expandDims(3),
        ShapeError,
        "ExpandDims: axis 3 is out of range for [2]: the new axis can stand from -2 to 1",
      ],
    ],
  },
  {
    kind: "a squeeze of an axis that is not 1",
    advice: "Take an element of the axis with `slice`, or reduce over it.",
    cases: [[() => z(2, 1).squeeze(0), ShapeError, "Squeeze: axis 0 of [2, 1] has size 2; only axes of size 1 can go"]],
  },
  {
    kind: "a transpose that is no order of the axes",
    advice: "Name each axis once.",
    cases: [
      [
        () => z(2, 3).transpose([0, 0]),
        ShapeError,
        "Transpose: [0, 0] is no order of the 2 axes of [2, 3]: name each once",
      ],
    ],
  },
  {
    kind: "more ranges than axes",
    advice: "Give `slice` one range for each axis at most.",
    cases: [[() => z(2).slice([0, 0]), ShapeError, "Slice: 2 ranges for [2]: give one for each axis at most"]],
  },
  {
    kind: "an index out of range",
    advice: "Indices go from -size to size - 1; labels from 0 to classes - 1.",
    cases: [
      [() => z(2).slice([2]), ShapeError, "Slice: index 2 is out of range for axis 0 of [2]: from -2 to 1"],
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
      [
        () => oneHot([10], 10),
        ShapeError,
        "OneHot: index 10 (element 0 of the indices) is none of 10 classes: from 0 to 9",
      ],
      [
        () => oneHot([1, -1], 3),
        ShapeError,
        "OneHot: index -1 (element 1 of the indices) is none of 3 classes: from 0 to 2",
      ],
    ],
  },
  {
    kind: "a range that is none",
    advice: "`[start, stop]` or `[start, stop, step]`, with `null` for an open end, and a step other than 0.",
    cases: [
      [
        () => z(2).slice([[0, 1, 0]]),
        ShapeError,
        "Slice: [0, 1, 0] is no range of [2]: give [start, stop] or [start, stop, step], whole numbers or null, the step not 0",
      ],
      ...noRanges.map(
        ([range, shown]): Case => [
          () => z(2).slice([range as never]),
          ShapeError,
          `Slice: ${shown} is no range of [2]: give [start, stop] or [start, stop, step], whole numbers or null, the step not 0`,
        ],
      ),
      [
        () => compile((x: Tensor) => x.slice([[1] as never]))(z(2)),
        ShapeError,
        "Slice: [1] is no range of [2]: give [start, stop] or [start, stop, step], whole numbers or null, the step not 0",
      ],
    ],
  },
  {
    kind: "indices that are no integers",
    advice: 'Convert with `cast("int32")`.',
    cases: [
      [
        () => z(3).take(t([1])),
        DTypeError,
        `take: indices are an int32 tensor, got float64; convert with cast("int32")`,
      ],
      [
        () => new Take(0).forward(z(3), t([1.5])),
        DTypeError,
        `Take: indices are an int32 tensor, got float64; convert with cast("int32")`,
      ],
    ],
  },
  {
    kind: "no classes",
    advice: "One-hot vectors have at least one element.",
    cases: [[() => oneHot([0], 0), ShapeError, "OneHot: 0 classes: a whole number of at least 1 is needed"]],
  },
  {
    kind: "tensors that do not fit one behind the other",
    advice: "`concat` wants equal sizes on all other axes; see which axis is meant.",
    cases: [
      [
        () => concat([z(2, 3), z(2, 4)]),
        ShapeError,
        "Concat: [2, 3] and [2, 4]: sizes must be equal on every axis but axis 0; did you mean axis 1?",
      ],
    ],
  },
  {
    kind: "scalars one behind the other",
    advice: "Use `stack`, which makes the axis.",
    cases: [
      [
        () => concat([t(1), t(2)]),
        ShapeError,
        "Concat: scalars have no axis to stand one behind the other on; use stack",
      ],
    ],
  },
  {
    kind: "an empty list of tensors",
    advice: "Check for the empty list before.",
    cases: [[() => wrong(concat, []), ShapeError, "concat: an empty list of tensors has no shape; give at least one"]],
  },
  {
    kind: "a stack of different shapes",
    advice: "Use `concat`, or reshape.",
    cases: [[() => stack([z(2), z(3)]), ShapeError, "Stack: [2] and [3]: shapes must be equal; use concat for others"]],
  },
  {
    kind: "an adjoint of indexing given what was never taken",
    advice: "These nodes undo a `slice` or `take`: give them a tensor of the shape that it gives.",
    cases: [
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
    ],
  },
  {
    kind: "the number of a tensor with several",
    advice: "Read `data` or `toArray()`, or reduce first.",
    cases: [
      [
        () => z(2, 3).item(),
        ShapeError,
        "item: a tensor of shape [2, 3] has 6 elements, not one; read data or toArray()",
      ],
    ],
  },
  {
    kind: "backward on a non-scalar without a seed gradient",
    advice: "Reduce it to a scalar, as in `y.sum().backward()`, or give `{ seed }`.",
    cases: [
      [
        () => variable([1, 2]).square().backward(),
        GraphError,
        "Square: backward() of a tensor of shape [2] needs a gradient of that shape: reduce it to a scalar first, as in y.sum().backward(), or give one, as in y.backward({ seed })",
      ],
    ],
  },
  {
    kind: "backward of what depends on no variable",
    advice: "Make the inputs with `variable(...)`, and compute outside of `noGrad`.",
    cases: [
      [
        () => t(1).backward(),
        GraphError,
        "backward() of a tensor that depends on no variable, or was computed in noGrad(), behind detach() or from numbers that were read; make the inputs with variable(...) instead of tensor(...)",
      ],
      [
        () => noGrad(() => variable(1).mul(2)).backward(),
        GraphError,
        "backward() of a tensor that depends on no variable, or was computed in noGrad(), behind detach() or from numbers that were read; make the inputs with variable(...) instead of tensor(...)",
      ],
    ],
  },
  {
    kind: "backward of integers",
    advice: "Integers have no gradient: convert before the computation that it is wanted of.",
    cases: [
      [
        () => int(1).backward(),
        DTypeError,
        `backward() of a tensor of dtype int32: integers and bools have no gradient; convert with cast("float64") first`,
      ],
    ],
  },
  {
    kind: "a seed of another shape or dtype",
    advice: "Give a tensor like the output, or a number for all its elements.",
    cases: [
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
    ],
  },
  {
    kind: "a graph used after its variable has changed",
    advice: "Compute the output again after `assign` or the optimizer's step, then call `backward()`.",
    cases: [
      [
        () => {
          const w = variable(1, { name: "w" });
          const y = w.mul(2);
          w.assign(3);
          y.backward();
        },
        GraphError,
        "Mul: its input w was updated with assign() after this graph had used it; compute the output again after the update, then call backward()",
      ],
    ],
  },
  {
    kind: "new values of another shape or dtype",
    advice: "`assign` keeps the shape and the dtype; make a new variable for others.",
    cases: [
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
    ],
  },
  {
    kind: "new values for a result",
    advice: "Only variables and constants take new values.",
    cases: [
      [
        () => variable([1, 2]).mul(2).assign([1, 2]),
        GraphError,
        "assign: this tensor is the result of Mul; only variables and constants take new values",
      ],
    ],
  },
  {
    kind: "a gradient through an op that has none",
    advice: "`detach()` the input where no gradient is meant.",
    cases: [
      [
        () =>
          rounded(variable([1.2, 2]))
            .sum()
            .backward(),
        GraphError,
        "Rounded: not differentiable: it is a step; detach() the input if no gradient is meant",
      ],
    ],
  },
  {
    kind: "a gradient of another shape or dtype",
    advice: "What is put into `.grad` is like the tensor.",
    cases: [
      [
        () => {
          const w: Tensor = variable([1, 2], { name: "W" });
          w.grad = t(1);
        },
        GraphError,
        "grad: float64 [] given as the gradient of W, float64 [2]; the two are alike in shape and dtype",
      ],
    ],
  },
  {
    kind: "a hook on what gets no gradient",
    advice: "Make the tensor, or what it is computed from, with `variable(...)`.",
    cases: [
      [
        () => t(1).onGradient(() => undefined),
        GraphError,
        "onGradient: this tensor, float64 [], gets no gradient: it is a constant or depends on none but constants; make it, or what it is computed from, with variable(...)",
      ],
    ],
  },
  {
    kind: "a hook that gives another shape or dtype",
    advice: "A hook gives a tensor like the one it got, or nothing.",
    cases: [
      [
        () => {
          const w = variable([1, 2], { name: "w" });
          w.onGradient(() => t(1));
          w.sum().backward();
        },
        GraphError,
        "onGradient: a hook gave float64 [] for the gradient of w, float64 [2]; give a tensor like the one it got, or nothing",
      ],
    ],
  },
  {
    kind: "the gradient of a function that gives no scalar",
    advice: "Reduce the result, or take `jacobian` or `vjp`.",
    cases: [
      [
        () => grad((x: Tensor) => x.mul(2))(t([1, 2])),
        GraphError,
        "grad: the function gave a tensor of shape [2], not a scalar; reduce it, as in sum(), or use jacobian for all its derivatives or vjp for a combination of them",
      ],
      [
        () => hessian((x: Tensor) => x, t([1, 2])),
        GraphError,
        "hessian: the function gave a tensor of shape [2], not a scalar; reduce it, as in sum(), or use jacobian for all its derivatives or vjp for a combination of them",
      ],
    ],
  },
  {
    kind: "a derivative by integers",
    advice: 'Convert with `cast("float64")`, or close over what is not differentiated by.',
    cases: [
      [
        () => grad((x: Tensor) => x)(int([1, 2])),
        DTypeError,
        `grad: argument 0 is int32 [2]: integers and bools have no gradient; convert with cast("float64"), or choose the arguments to differentiate by, or close over it`,
      ],
    ],
  },
  {
    kind: "a derivative of integers or bools",
    advice: "The function gives a float64 or float32 tensor.",
    cases: [
      [
        () => grad((x: Tensor) => x.greater(0))(2),
        DTypeError,
        "grad: the function gave bool []: integers and bools have no derivative; give a float64 or float32 tensor",
      ],
    ],
  },
  {
    kind: "a function that leaves the graph",
    advice: "Compute with ops: `item()`, `data` and promises have no gradient.",
    cases: [
      [
        () =>
          wrong(
            grad((x: Tensor) => wrong(() => x.item()) as Tensor),
            2,
          ),
        GraphError,
        "grad: the function must give a tensor, got number 2: compute with ops; item() and data leave the graph",
      ],
      [
        () =>
          wrong(
            grad((x: Tensor) => wrong(async () => x) as Tensor),
            2,
          ),
        GraphError,
        "grad: the function must give a tensor, got a promise: differentiate the synchronous part",
      ],
    ],
  },
  {
    kind: "an argument that is not there",
    advice: "Arguments are counted from 0, each named once.",
    cases: [
      [
        () =>
          wrong(
            grad((x: Tensor) => x, { argument: 1 }),
            2,
          ),
        GraphError,
        "grad: argument 1 is not there: the call has 1, counted from 0",
      ],
      [
        () =>
          wrong(
            grad((x: Tensor) => x, { argument: [0, 0] }),
            2,
          ),
        GraphError,
        "grad: argument 0 is named twice in [0, 0]",
      ],
    ],
  },
  {
    kind: "an argument that is no structure of tensors",
    advice: "Tensors, numbers, and arrays and plain records of them; let the function close over the rest.",
    cases: [
      [
        () =>
          wrong(
            grad((x: Tensor) => x),
            { rate: "1" },
          ),
        DTypeError,
        "grad: argument 0.rate is string 1; here go tensors, numbers, and arrays and plain records of them (make a tensor with tensor(...), or let the function close over what has no gradient)",
      ],
      [
        () => wrong(stopGradient, "x"),
        DTypeError,
        "stopGradient: the argument is string x; here go tensors, numbers, and arrays and plain records of them (make a tensor with tensor(...), or let the function close over what has no gradient)",
      ],
    ],
  },
  {
    kind: "a vector unlike its inputs",
    advice: "Vectors of `vjp`, `jvp` and `hvp` have the structure, shapes and dtypes of what they go with.",
    cases: [
      [
        () => vjp((x: Tensor) => x, [t([1, 2])]).pullback(t([1, 2, 3])),
        GraphError,
        "vjp: backward takes a gradient of the output's shape [2], or a number for all elements, got [3]",
      ],
      [
        () => jvp((x: Tensor) => x, [t([1, 2])], [t([1, 2, 3])]),
        ShapeError,
        "jvp: tangents[0] has the shape [3], and its input [2]; they have one shape",
      ],
      [
        () => wrong(jvp, (x: Tensor) => x, [t([1, 2])], []),
        ShapeError,
        "jvp: 0 tensors as tangents for 1 inputs; give the structure of the inputs",
      ],
      [
        () => hvp((x: Tensor) => x.sum(), t([1, 2]), f32([1, 2])),
        DTypeError,
        `hvp: the vector is float32, and its input float64; convert with cast("float64")`,
      ],
    ],
  },
  {
    kind: "an op of one's own without a name, inputs or gradients",
    advice: "A name, at least one input, and a gradient (or `null`) for each.",
    cases: [
      [() => customOp("", copy), GraphError, "customOp: an op needs a name, for errors and pictures"],
      [
        () => wrong(customOp, "None", { ...copy, arity: 0, backward: [] }),
        GraphError,
        "customOp: None: arity 0; an op has at least one input",
      ],
      [
        () => wrong(customOp, "Two", { ...copy, arity: 2 }),
        GraphError,
        "customOp: Two: 1 gradients for 2 inputs; give one, or null, for each input",
      ],
      [
        () => wrong(elementwise, "Cube", { forward: (_k: unknown, x: unknown) => x, backward: [] }),
        GraphError,
        "elementwise: Cube: forward takes k and 1 inputs, backward has 0 gradients; one to three inputs are needed, none of them optional, and a gradient (or null) for each",
      ],
    ],
  },
  {
    kind: "an op of one's own with another number of inputs",
    advice: "Call it with as many inputs as it has gradients for.",
    cases: [
      [() => wrong(customOp("Copy", copy), t([1]), t([2])), GraphError, "Copy: takes 1 input, got 2"],
      [
        () =>
          wrong(
            customGradient((x: Tensor) => x, [null]),
            1,
            2,
          ),
        GraphError,
        "CustomGradient: 2 inputs, and gradients for 1; give one gradient, or null, for each input",
      ],
    ],
  },
  {
    kind: "a forward of one's own that gives a result",
    advice: "It fills the array that it gets first: `out.set(...)`.",
    cases: [
      [
        () => wrong(customOp("Twice", { ...copy, forward: (_out, x) => wrong(() => x.data) as undefined }), t([1])),
        GraphError,
        "Twice: forward gave a result; it fills the array that it gets first, as in out.set(...)",
      ],
    ],
  },
  {
    kind: "a shape rule of one's own that gives no shape",
    advice: "It gives whole numbers, 0 or more.",
    cases: [
      [
        () => customOp("Copy", { ...copy, shape: () => [-1] })(t([1])),
        ShapeError,
        "Copy: [-1] is no shape: a size is a whole number, 0 or more",
      ],
    ],
  },
  {
    kind: "a backward of one's own of another shape or dtype",
    advice:
      "The gradient has the shape of the input (or of the output, where the input was broadcast to it), and its dtype.",
    cases: [
      [
        () =>
          customOp("Copy", { ...copy, backward: [() => z(3)] })(variable([1, 2]))
            .sum()
            .backward(),
        ShapeError,
        "Copy: its local backward gave a gradient of shape [3] for input 0 of shape [2]; it must have the shape of the output or of the input",
      ],
      [
        () =>
          customOp("Copy", { ...copy, backward: [(dout) => dout.cast("float32")] })(variable([1, 2]))
            .sum()
            .backward(),
        DTypeError,
        `Copy: its local backward gave a float32 gradient for input 0, which is float64; convert with cast("float64")`,
      ],
    ],
  },
  {
    kind: "a checkpoint of nothing",
    advice: "Give the inputs of the segment after the function.",
    cases: [
      [() => wrong(checkpoint, () => t(1)), GraphError, "checkpoint: give at least one input, after the function"],
    ],
  },
  {
    kind: "a checkpoint that is not repeatable",
    advice: "Draw random masks outside of the segment.",
    cases: [
      [
        () => {
          let calls = 0;
          checkpoint((x: Tensor) => x.mul(++calls), variable(2)).backward();
        },
        GraphError,
        "Checkpoint: the function gave other values when it was computed again for the backward pass; it must depend on nothing but its inputs: draw random numbers outside of it, and change nothing in between",
      ],
    ],
  },
  {
    kind: "an asynchronous function in a scope",
    advice: "Put the scope around each synchronous part.",
    cases: [
      [
        () => noGrad(async () => 1),
        GraphError,
        "noGrad: the function gives a promise, whose work is done when noGrad is over; use noGrad around each synchronous part instead",
      ],
      [
        () => detectAnomaly(async () => 1),
        GraphError,
        "detectAnomaly: the function gives a promise, whose work is done when detectAnomaly is over; use detectAnomaly around each synchronous part instead",
      ],
      [
        () => noGrad(() => thenable),
        GraphError,
        "noGrad: the function gives a promise, whose work is done when noGrad is over; use noGrad around each synchronous part instead",
      ],
      [
        () => detectAnomaly(() => thenable),
        GraphError,
        "detectAnomaly: the function gives a promise, whose work is done when detectAnomaly is over; use detectAnomaly around each synchronous part instead",
      ],
    ],
  },
  {
    kind: "a limit of clipping that is none",
    advice: "A finite number above 0.",
    cases: [[() => clipByNorm([t([1])], 0), GraphError, "clipByNorm: the limit is a finite number above 0, got 0"]],
  },
  {
    kind: "a number in the place of a parameter",
    advice: "Give variables, in arrays and records as you like.",
    cases: [
      [
        () => clipGradNorm([3], 1),
        GraphError,
        "clipGradNorm: the parameters[0] is the number 3; parameters are variables",
      ],
    ],
  },
  {
    kind: "a gradient check of float32 or integers",
    advice: 'Convert with `cast("float64")`; `allowFloat32` checks coarsely.',
    cases: [
      [
        () => gradcheck((x) => x, [f32([1]).named("x")]),
        DTypeError,
        `gradcheck: x is float32, whose seven digits do not tell a wrong derivative from rounding; convert with cast("float64"), or pass { allowFloat32: true } for a coarse check`,
      ],
      [
        () => gradcheck((x) => x, [int([1]).named("x")]),
        DTypeError,
        `gradcheck: x is int32: integers and bools have no gradient and no small changes; pass { allowIntegers: true } to hold it fixed, or convert with cast("float64")`,
      ],
    ],
  },
  {
    kind: "a numerical gradient that does not exist",
    advice: "The function gives a scalar, of floats.",
    cases: [
      [
        () => numericalGradient((x) => x.mul(2), t([1, 2])),
        GraphError,
        "numericalGradient: the function gave a tensor of shape [2], not a scalar; reduce it, as in sum()",
      ],
      [
        () => numericalGradient((x) => x.sum(), int([1, 2])),
        DTypeError,
        `numericalGradient: int32 values have no small changes; convert with cast("float64")`,
      ],
      [
        () => numericalGradient((() => undefined) as never, 1),
        GraphError,
        "numericalGradient: the function gave undefined, not a scalar; return a number, or the result of ops on the argument",
      ],
      [
        () => {
          let calls = 0;
          return numericalGradient((x) => x.mul(++calls), 1);
        },
        GraphError,
        "numericalGradient: the function gave 1 and then 4 for the same input, so differences mean nothing; draw random numbers (a dropout mask) once, outside of it, or fix the seed inside",
      ],
      [
        () => numericalGradient((x) => x.square(), 1, { h: 0 }),
        ChainruleError,
        "numericalGradient: h 0 is no step: a number above 0 is needed",
      ],
      [
        () => numericalGradient((x) => x.square(), 1e13, { h: 1e-4 }),
        ChainruleError,
        "numericalGradient: an element is 10000000000000, which 0.0001 more or less does not change; give a larger h",
      ],
    ],
  },
  {
    kind: "a node used backward before forward",
    advice: "Call `node.forward(...)` first, with all its inputs.",
    cases: [
      [() => new Mul().backward(1), GraphError, "Mul: backward before forward: call node.forward(...) first"],
      [
        () => wrong((node: Mul) => wrong(node.forward.bind(node), 1), new Mul()),
        GraphError,
        "Mul: forward takes 2 inputs, got 1",
      ],
    ],
  },
  {
    kind: "a picture of no lines",
    advice: "`maxNodes` is a whole number of at least 0, or Infinity.",
    cases: [
      [
        () => print(t(1), { maxNodes: -1 }),
        ChainruleError,
        "print: maxNodes -1 is no number of lines: a whole number of at least 0, or Infinity for all",
      ],
    ],
  },
  {
    kind: "a value read, or branched on, in a compiled function",
    advice:
      "Choose with `where`, return the tensor and read it outside, or call the function without `compile`: in a program there are no values while it is made.",
    cases: [
      [
        () => compile((x: Tensor) => x.mul(x.sum().item()))(z(2)),
        CompileError,
        "compile: the value of the result of Sum, float64 [], is not known while the function is traced: item(), data, toArray() and branches on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function without compile",
      ],
    ],
  },
  {
    kind: "a shape that depends on values in a compiled function",
    advice: "Give the number as a plain constant, or compute it outside: a program has fixed shapes.",
    cases: [
      [
        () => compile((x: Tensor) => oneHot(x, wrong(x.max().item.bind(x.max())) as number))(int([1, 2])),
        CompileError,
        "compile: the value of the result of Max, int32 [], is not known while the function is traced: item(), data, toArray() and branches on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function without compile",
      ],
    ],
  },
  {
    kind: "an op that cannot be compiled",
    advice: "Give its class `composed(...inputs)` in ops, or write it with `elementwise`.",
    cases: [
      [
        () => compile((x: Tensor) => rounded(x))(z(2)),
        CompileError,
        "compile: Rounded [2] cannot be compiled: its local forward is JavaScript over arrays; give its class a composed(...inputs) in ops, write it with elementwise(...), or call the function without compile",
      ],
    ],
  },
  {
    kind: "a variable, or a part of a graph, as the argument of a compiled function",
    advice: "Let the function close over a variable; compile the function that computes the gradient.",
    cases: [
      [
        () => compile((x: Tensor) => x)(variable([1], { name: "w" })),
        CompileError,
        "compile: argument 0 is the variable w; let the function close over it, so that the program can update it, or give its values with detach()",
      ],
      [
        () => compile((x: Tensor) => x)(variable([1]).mul(2)),
        CompileError,
        "compile: argument 0 is part of a graph, and the result of a program is not: compile the function that computes the gradient, as in compile(grad(f)), or give the values with detach()",
      ],
    ],
  },
  {
    kind: "a number that changes from call to call, given to a compiled function",
    advice:
      "Give it as a tensor, `tensor(k)`: a number is a constant of the program, and each of its values makes another one.",
    cases: [
      [
        () => {
          const f = compile((x: Tensor, rate: number) => x.mul(rate));
          for (let step = 1; step <= 9; step++) f(z(2), 1 / step);
        },
        CompileError,
        "compile: argument 1 is the number 0.1111111111111111, after 8 other ones, and a number is a constant of the program, which is compiled anew for each; give what changes from call to call as a tensor, tensor(k), or compile a function for each that closes over the number",
      ],
      [
        () =>
          wrong(
            compile((x: Tensor, scale: Tensor) => scale.mul(x)),
            z(2),
            3,
          ),
        CompileError,
        'compile: the function threw "scale.mul is not a function"; argument 1 is the number 3, and is that number inside of the function as well: where a tensor is meant, give tensor(3)',
      ],
    ],
  },
  {
    kind: "a generator's own draws in a compiled function",
    advice: "Draw tensors with a `Random`: those are drawn at each call.",
    cases: [
      [
        () => {
          const generator = new Generator(1);
          compile((x: Tensor) => x.add(t(generator.normal(2))))(z(2));
        },
        CompileError,
        "compile: generator.normal would be of use once, when the function is traced, and not at each call: draw tensors there, as in new Random(generator).normal(shape), and use the generator itself outside of the compiled function",
      ],
    ],
  },
  {
    kind: "an argument that a program cannot take, or a result that it cannot give",
    advice:
      "Give tensors, `Random` sources, constants, and arrays and plain records of them; close over anything else.",
    cases: [
      [
        () =>
          wrong(
            compile((x: unknown) => x),
            Float64Array.of(1),
          ),
        CompileError,
        "compile: argument 0 is an instance of Float64Array; a program takes tensors, Random sources, constants (numbers, texts, booleans, null), and arrays and plain records of them; make a tensor of it with tensor(...)",
      ],
      [
        () => {
          const parts: unknown[] = [];
          parts.push(parts);
          compile((x: unknown) => x)(parts);
        },
        CompileError,
        "compile: argument 0 contains itself; give arrays and plain records that are a few levels deep",
      ],
      [
        () => compile(() => new Map())(),
        CompileError,
        "compile: the result is an instance of Map; a program gives tensors, and arrays and plain records of them",
      ],
    ],
  },
  {
    kind: "a gradient that a compiled function would add to",
    advice: "`zeroGrad()` before the call, or first thing in the function; or give the gradient as an argument.",
    cases: [
      [
        () => {
          const w = variable([1], { name: "w" });
          const step = compile(() => w.square().sum().backward());
          step();
          step();
        },
        GraphError,
        "compile: w [1] has a gradient from before the call, to which the compiled function would add; call zeroGrad() before, or first thing in the function; or give the gradient to the function as an argument",
      ],
    ],
  },
  {
    kind: "a tensor whose value was read while tracing, changed afterwards",
    advice: "Use the tensor in ops in the place of its value: a program reads it at each call.",
    cases: [
      [
        () => {
          const rate = tensor(0.1, { name: "rate" });
          const f = compile((x: Tensor) => x.mul(rate.item()));
          f(t([1]));
          rate.assign(0.2);
          f(t([1]));
        },
        CompileError,
        "compile: the value of rate [] was read when the function was traced, and has changed since; use the tensor itself in ops, or clear() the programs of the function",
      ],
    ],
  },
  ...formMisuses,
  ...graphMisuses,
  ...givenMisuses,
];
