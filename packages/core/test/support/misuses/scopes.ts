import {
  ChainruleError,
  checkpoint,
  clipByNorm,
  clipGradNorm,
  DTypeError,
  detectAnomaly,
  GraphError,
  gradcheck,
  Mul,
  noGrad,
  numericalGradient,
  print,
  type Tensor,
  variable,
} from "../../../src/index.js";
import { f32, int, type Misuse, t, wrong } from "./misuse.js";

// The part of the table of misuses that is about checkpoints, scopes, clipping, checks and pictures.

/** What libraries give in the place of a promise. */
// biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
const thenable = { then: () => undefined };
export const scopesMisuses: readonly Misuse[] = [
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
];
