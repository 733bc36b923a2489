import {
  arange,
  argMax,
  ChainruleError,
  concat,
  conv2d,
  DTypeError,
  einsum,
  eye,
  full,
  maxPool2d,
  ones,
  ShapeError,
  slice,
  stack,
  tensor,
  transpose,
  zeros,
} from "../../src/index.js";
import type { Misuse } from "./misuses.js";

// Forms that mean something else in each library they come from, or that have a clear form here: an error shows it.

/** Calls a function with what its types forbid. */
const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);
/** Calls a method likewise. */
const wrongly = (x: object, method: string, ...args: unknown[]) =>
  ((x as Record<string, unknown>)[method] as (...args: unknown[]) => unknown).apply(x, args);

const x = tensor([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
const cube = zeros([2, 3, 4]);
const image = zeros([1, 1, 4, 4]);
const filters = ones([1, 1, 3, 3]);

export const formMisuses: readonly Misuse[] = [
  {
    kind: "a shape or a dtype behind values",
    advice:
      "Values come with their shape, as nested arrays; `reshape` gives a flat list another one. The dtype is an option.",
    cases: [
      [
        () => wrong(tensor, [1, 2, 3, 4], [2, 2]),
        ShapeError,
        "tensor: a shape [2, 2] behind values; write tensor(values).reshape([2, 2])",
      ],
      [
        () => wrong(tensor, [1], "float32"),
        DTypeError,
        'tensor: "float32" behind values; write tensor(values, { dtype: "float32" })',
      ],
    ],
  },
  {
    kind: "a shape that is none",
    advice: "A shape is a list of sizes, or the sizes one after the other.",
    cases: [
      [() => wrong(zeros, "3"), ShapeError, 'zeros: a shape is given as zeros([2, 3]) or zeros(2, 3), got "3"'],
      [
        () => wrongly(x, "reshape", [3], 2),
        ShapeError,
        "reshape: a shape is given as reshape([2, 3]) or reshape(2, 3), got [3], 2",
      ],
      [() => wrong(full, "2", 1), ShapeError, 'full: a shape is a list of sizes, such as [2, 3], got "2"'],
      [
        () => wrong(eye, [2, 2]),
        ShapeError,
        "eye: takes the numbers of rows and columns, eye(2) or eye(2, 3), got [2, 2]",
      ],
    ],
  },
  {
    kind: "start and stop of a slice",
    advice: "A list with a range for each axis: `slice([[1, 3]])` for rows 1 and 2.",
    cases: [
      [
        () => wrong(slice, x, 1, 3),
        ShapeError,
        "Slice: takes a list with a range for each axis, as in slice([[1, 3]]) for rows 1 and 2, slice([1, 3]) for the element in row 1 and column 3, slice([null, 3]) for column 3; got [1, 3]",
      ],
      [
        () => wrongly(x, "slice", 1),
        ShapeError,
        "Slice: takes a list with a range for each axis, as in slice([[1, 3]]) for rows 1 and 2, slice([1, 3]) for the element in row 1 and column 3, slice([null, 3]) for column 3; got 1",
      ],
    ],
  },
  {
    kind: "two axes alone of a transpose",
    advice: "PyTorch exchanges them, NumPy takes them for the order of all axes: give the order of all as a list.",
    cases: [
      [
        () => wrongly(cube, "transpose", 0, 1),
        ShapeError,
        "Transpose: transpose(0, 1) of [2, 3, 4]: give the order of all axes, transpose([1, 0, 2]) to exchange these two",
      ],
      [
        () => transpose(x, 0, 1),
        ShapeError,
        "Transpose: transpose(0, 1) of [2, 3]: give the order of all axes, transpose([1, 0]) to exchange these two",
      ],
    ],
  },
  {
    kind: "tensors that are not in a list",
    advice: "`concat` and `stack` take a list; the operands of `einsum` come one after the other.",
    cases: [
      [() => wrong(concat, x, x), DTypeError, "concat: takes a list of tensors, concat([a, b]), got a Tensor"],
      [() => wrong(stack, x), DTypeError, "stack: takes a list of tensors, stack([a, b]), got a Tensor"],
      [
        () => wrong(einsum, "ij->i", [x]),
        ShapeError,
        'einsum: the operands come one after the other, as in einsum("ij,jk->ik", a, b), got a list',
      ],
    ],
  },
  {
    kind: "words for a padding",
    advice:
      "Give the number of elements on each side: (kernel - 1) / 2 keeps the size, for an odd kernel and stride 1.",
    cases: [
      [
        () => wrong(conv2d, image, filters, { padding: "same" }),
        ShapeError,
        'Conv2d: padding "same": a whole number of at least 0 is needed, or a pair of them for [vertical, horizontal]; (kernel - 1) / 2 keeps the size at stride 1',
      ],
      [
        () => wrong(maxPool2d, image, 2, 2),
        ShapeError,
        "MaxPool2d: takes the kernel and options, { kernel: 2, stride: 2 } or 2, { stride: 2 }, got 2, 2",
      ],
      [
        () => wrongly(x, "pad", 1),
        ShapeError,
        "Pad: widths are a pair [before, after] for each axis, such as [[1, 1], [0, 2]], got 1 for [2, 3]",
      ],
    ],
  },
  {
    kind: "an axis that is no number",
    advice: "An axis is a whole number, or a list of them; negative ones count from the end.",
    cases: [
      [() => wrongly(x, "sum", "0"), ShapeError, 'Sum: an axis is a whole number, got "0"'],
      [() => wrong(argMax, x, [0, 1]), ShapeError, "ArgMax: an axis is a whole number, got [0, 1]"],
    ],
  },
  {
    kind: "something else in the place of options",
    advice: 'Options are a record: `{ keepDims: true }`, `{ dtype: "float32" }`.',
    cases: [
      [() => wrongly(x, "sum", 0, true), ChainruleError, "Sum: options are a record, { keepDims }, got true"],
      [
        () => wrong(arange, 3, "int32"),
        DTypeError,
        'arange: "int32" behind the numbers; write arange(the numbers, { dtype: "int32" })',
      ],
      [() => wrong(full, 2, 3, 4), ChainruleError, "full: options are a record, { dtype, name }, got 4"],
      [
        () => wrong(argMax, x, { axis: 0 }, { keepDims: true }),
        ChainruleError,
        "ArgMax: got two records of options; put all into one, { axis, keepDims }",
      ],
    ],
  },
];
