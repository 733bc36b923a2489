import { DTypeError, GraphError, noGrad, ShapeError, type Tensor, variable } from "../../../src/index.js";
import { f32, int, type Misuse, rounded, t, z } from "./misuse.js";

// The part of the table of misuses that is about values, gradients and updates.

export const backwardMisuses: readonly Misuse[] = [
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
];
