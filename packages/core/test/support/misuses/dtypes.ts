import {
  add,
  compile,
  DTypeError,
  exp,
  GraphError,
  Node,
  type Shape,
  ShapeError,
  type Tensor,
  type Values,
} from "../../../src/index.js";
import { f32, int, type Misuse, t, wrong } from "./misuse.js";

// The part of the table of misuses that is about dtypes, and what is no tensor.

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

export const dtypesMisuses: readonly Misuse[] = [
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
];
