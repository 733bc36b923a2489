import {
  customGradient,
  customOp,
  DTypeError,
  elementwise,
  GraphError,
  ShapeError,
  type Tensor,
  variable,
} from "../../../src/index.js";
import { copy, type Misuse, t, wrong, z } from "./misuse.js";

// The part of the table of misuses that is about ops of one's own.

export const ownOpsMisuses: readonly Misuse[] = [
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
];
