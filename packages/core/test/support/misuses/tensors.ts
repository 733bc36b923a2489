import { cast, DTypeError, fromArray, ShapeError, tensor, variable, zeros } from "../../../src/index.js";
import { type Misuse, t, wrong, z } from "./misuse.js";

// The part of the table of misuses that is about making tensors.

export const tensorsMisuses: readonly Misuse[] = [
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
];
