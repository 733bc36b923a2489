import {
  arange,
  argMax,
  ChainruleError,
  clipByValue,
  concat,
  conv2d,
  convTranspose2d,
  DTypeError,
  einsum,
  eye,
  fromArray,
  full,
  GraphError,
  jacobian,
  jvp,
  matmul,
  maxPool2d,
  ones,
  Random,
  Relu,
  ShapeError,
  slice,
  stack,
  type Tensor,
  tensor,
  transpose,
  vjp,
  zeros,
} from "../../../src/index.js";
import type { Misuse } from "./misuse.js";

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
      [
        () => wrongly(x, "slice", [undefined, 1]),
        ShapeError,
        "Slice: takes a list with a range for each axis, as in slice([[1, 3]]) for rows 1 and 2, slice([1, 3]) for the element in row 1 and column 3, slice([null, 3]) for column 3; got [undefined, 1]",
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
    kind: "a padding of another form",
    advice:
      'Give a number, one for each axis, a pair for the two ends of each axis, or a word; "same" keeps the size at stride 1.',
    cases: [
      [
        () => wrong(conv2d, image, filters, { padding: "full" }),
        ShapeError,
        'Conv2d: padding "full": a whole number of at least 0 is needed, or [vertical, horizontal], [[top, bottom], [left, right]], "same" or "valid"',
      ],
      [
        () => wrong(maxPool2d, image, { kernel: 2, padding: [[0, 2], [0, 0]] }), // biome-ignore format: a pair for each axis
        ShapeError,
        "MaxPool2d: padding [[0, 2], [0, 0]] is more than half of the kernel [2, 2]: windows of nothing but padding have no result; use less padding or a larger kernel",
      ],
      [
        () => wrong(convTranspose2d, image, filters, { stride: 2, padding: "same", outputPadding: 1 }),
        ShapeError,
        'ConvTranspose2d: with padding "same" the result is stride times as large as x, outputPadding [1, 1] changes nothing; leave it out, or give the padding in numbers',
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
        'arange: "int32" behind start, stop, step; write arange(start, stop, step, { dtype: "int32" })',
      ],
      [
        () => wrong(zeros, [2], "int32"),
        DTypeError,
        'zeros: "int32" behind shape; write zeros(shape, { dtype: "int32" })',
      ],
      [() => wrong(zeros, [2], [3]), ChainruleError, "zeros: options are a record, { dtype, name }, got [3]"],
      [
        () => wrong(full, [2], 1, "bool"),
        DTypeError,
        'full: "bool" behind shape, value; write full(shape, value, { dtype: "bool" })',
      ],
      [() => wrong(full, [2], 1, [3]), ChainruleError, "full: options are a record, { dtype, name }, got [3]"],
      [
        () => wrong(fromArray, new Float64Array(2), [2], "float32"),
        DTypeError,
        'fromArray: "float32" behind array, shape; write fromArray(array, shape, { dtype: "float32" })',
      ],
      [() => wrong(full, 2, 3, 4), ChainruleError, "full: options are a record, { dtype, name }, got 4"],
      [
        () => wrong(argMax, x, { axis: 0 }, { keepDims: true }),
        ChainruleError,
        "ArgMax: got two records of options; put all into one, { axis, keepDims }",
      ],
    ],
  },
  {
    kind: "an argument that is not taken",
    advice:
      "It would be ignored. What other libraries take there has another form here. Functions let through what `map` and `reduce` pass on, an index and the list.",
    cases: [
      [
        () => wrong(matmul, x, x, false, true),
        ChainruleError,
        "MatMul: got false behind the arguments that it takes; transpose with y.transpose()",
      ],
      [
        () => wrongly(x, "matmul", x, { transposeB: true }),
        ChainruleError,
        "matmul: got an object with transposeB behind the arguments that it takes; transpose with y.transpose()",
      ],
      [
        () => wrongly(x, "add", x, { alpha: 2 }),
        ChainruleError,
        "add: got an object with alpha behind the arguments that it takes; multiply it by that, as in x.add(y.mul(2))",
      ],
      [
        () => wrongly(x, "log", 2),
        ChainruleError,
        "log: got 2 behind the arguments that it takes; another base is x.log().div(Math.log(2))",
      ],
      [
        () => wrongly(x, "take", [0], 0, { mode: "clip" }),
        ChainruleError,
        "take: got an object with mode behind the arguments that it takes; indices are not clipped or wrapped; clamp them before",
      ],
      [
        () => wrong(clipByValue, x, 1, 2),
        ChainruleError,
        "clipByValue: got 2 behind the arguments that it takes; leave it out",
      ],
      [
        () => Reflect.construct(Relu, [{ inplace: true }]),
        ChainruleError,
        "new Relu: got an object with inplace behind the arguments that it takes; values are never changed in place",
      ],
      [
        () => wrong(jvp, (y: Tensor) => y.square(), x, x, x),
        GraphError,
        "jvp: takes the point and the direction, got a Tensor behind them; several arguments of f stand in lists, jvp(f)([x, y], [v, w]), and what is no input is closed over",
      ],
      [
        () =>
          wrong(
            vjp((a: Tensor, b: Tensor) => a.mul(b)),
            [x, x],
          ),
        GraphError,
        'vjp: the function threw "a.mul is not a function"; it names 2 arguments, and was given one, a list: they stand one behind the other, vjp(f)(x, y)',
      ],
      [
        () => jacobian((a: Tensor, b: Tensor) => a.mul(b), { argument: 2 })(x, x),
        GraphError,
        "jacobian: argument 2 is not there: the call has 2, counted from 0",
      ],
    ],
  },
  {
    kind: "an option of another kind",
    advice: "What is true or false is neither a text nor a number, and a number is neither a text nor a tensor.",
    cases: [
      [
        () => wrongly(x, "sum", { axis: 0, keepDims: "false" }),
        ChainruleError,
        'Sum: keepDims "false": true or false is needed',
      ],
      [
        () => wrongly(x, "variance", { correction: tensor(1) }),
        ChainruleError,
        "Variance: correction a Tensor: a number is needed, as item() gives that of a tensor",
      ],
      [
        () => wrong(full, [2], [5, 6]),
        DTypeError,
        "full: the value is one number, for all elements, got [5, 6]; a list of them is for tensor(...)",
      ],
    ],
  },
  {
    kind: "forms of other libraries with another meaning",
    advice: "A mask picks no rows, and random numbers take their shape first.",
    cases: [
      [
        () => wrongly(x, "take", [true, false]),
        DTypeError,
        "take: indices are whole numbers, the places of what is taken, got booleans; for a mask write mask.where(x, 0), or give the places where it holds, such as [0, 2]",
      ],
      [
        () => x.gather(tensor([[true, false, true]]) as never, 0),
        DTypeError,
        "gather: indices are whole numbers, the places of what is taken, got a bool tensor; for a mask write mask.where(x, 0), or give the places where it holds, such as [0, 2]",
      ],
      [
        () => new Random(1).uniform(0, 1),
        ShapeError,
        "uniform: uniform(0, 1) would be an empty tensor; the shape comes first, then the options: uniform([2, 3], { low: 0, high: 1 }), or uniform([0, 1]) for an empty one",
      ],
      [
        () => new Random(1).normal(0, 1),
        ShapeError,
        "normal: normal(0, 1) would be an empty tensor; the shape comes first, then the options: normal([2, 3], { mean: 0, std: 1 }), or normal([0, 1]) for an empty one",
      ],
      [
        () => wrong(tensor, [x, x]),
        DTypeError,
        "tensor: element [0] is a tensor already; tensors are put together by stack([x, y]) and concat([x, y])",
      ],
      [
        () => wrongly(x, "clamp", { min: 2 }),
        DTypeError,
        "Clamp: the bounds stand one behind the other, clamp(-1, 1), undefined for none, got an object with min",
      ],
      [
        () => wrongly(x, "tril", { diagonal: 1 }),
        ChainruleError,
        "tril: unknown option diagonal; did you mean offset? there is offset",
      ],
    ],
  },
];
