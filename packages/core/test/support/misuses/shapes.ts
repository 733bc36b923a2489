import { ChainruleError, ShapeError } from "../../../src/index.js";
import { type Misuse, t, z } from "./misuse.js";

// The part of the table of misuses that is about sizes and axes: broadcasting, products, reductions.

export const shapesMisuses: readonly Misuse[] = [
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
];
