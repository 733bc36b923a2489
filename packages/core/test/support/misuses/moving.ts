import {
  bincount,
  compile,
  concat,
  DTypeError,
  IndexAdd,
  oneHot,
  ShapeError,
  stack,
  Take,
  type Tensor,
  Unslice,
} from "../../../src/index.js";
import { type Case, int, type Misuse, t, wrong, z } from "./misuse.js";

// The part of the table of misuses that is about reshaping, indexing and joining.

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

export const movingMisuses: readonly Misuse[] = [
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
      [
        () => bincount([0, 3], 3),
        ShapeError,
        "Bincount: index 3 (element 1 of the indices) is out of range for a length of 3: from 0 to 2",
      ],
      [
        () => bincount([-1], 3),
        ShapeError,
        "Bincount: index -1 (element 0 of the indices) is out of range for a length of 3: from 0 to 2",
      ],
      [
        () => bincount([0], 0),
        ShapeError,
        "Bincount: index 0 (element 0 of the indices) is out of range for a length of 0: there is nothing to count",
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
    kind: "a length of counts that is none",
    advice: "The length is the number of different values: their maximum and 1.",
    cases: [[() => bincount([0], -1), ShapeError, "Bincount: length -1: a whole number of at least 0 is needed"]],
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
];
