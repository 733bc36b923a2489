import {
  DTypeError,
  GraphError,
  grad,
  hessian,
  hvp,
  jvp,
  ShapeError,
  stopGradient,
  type Tensor,
  vjp,
} from "../../../src/index.js";
import { f32, int, type Misuse, t, wrong } from "./misuse.js";

// The part of the table of misuses that is about derivatives of functions.

export const functionsMisuses: readonly Misuse[] = [
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
];
