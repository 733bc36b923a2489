import type { LayerRow } from "./layer-rows.js";
import { affine, alongLast } from "./naive.js";

/** Fully connected layers. */

const initialized = ["random", "dtype"] as const;

export const denseRows: readonly LayerRow[] = [
  {
    layer: "Affine",
    sizes: [6, 4],
    options: {},
    settings: initialized,
    input: [3, 6],
    others: [[6], [1, 6], [0, 6], [17, 6], [3, 2, 3], [2, 1, 3, 2]],
    output: [3, 4],
    parameters: { W: [6, 4], b: [4] },
    naive: (x, p) => (x.rank === 1 ? alongLast(affine())(x, p) : affine()(x.reshape([x.shape[0] as number, 6]), p)),
    refuses: [
      [[3, 5], "5 values a row", "new Affine(5, 4)"],
      [[], "[N, 6]"],
      [[3, 2, 6], "12 values a row", "for each place of a sequence use new Linear(6, 4)"],
    ],
    wrong: [
      [[-1, 2], "inputs -1"],
      [[2, 1.5], "outputs 1.5"],
    ],
  },
  {
    layer: "Affine",
    form: "without bias",
    sizes: [3, 2],
    options: { bias: false },
    settings: initialized,
    input: [2, 3],
    output: [2, 2],
    parameters: { W: [3, 2] },
    naive: affine(),
  },
  {
    layer: "Linear",
    sizes: [3, 4],
    options: {},
    settings: initialized,
    input: [2, 3, 3],
    others: [[3], [1, 3], [0, 3], [2, 0, 3], [17, 1, 3], [2, 1, 3, 3]],
    output: [2, 3, 4],
    parameters: { W: [3, 4], b: [4] },
    naive: alongLast(affine()),
    refuses: [
      [[3, 5], "[..., 3] to [..., 4]", "[3, 5]", "new Linear(5, 4)"],
      [[], "Linear"],
    ],
    wrong: [
      [[-1, 2], "inputs -1"],
      [[2, 1.5], "outputs 1.5"],
    ],
  },
  {
    layer: "Linear",
    form: "without bias",
    sizes: [3, 2],
    options: { bias: false },
    settings: initialized,
    input: [2, 3],
    output: [2, 2],
    parameters: { W: [3, 2] },
    naive: affine(),
  },
  {
    layer: "Flatten",
    sizes: [],
    input: [2, 3, 2, 2],
    others: [[0, 3, 4], [3], [1, 17], [3, 0]],
    output: [2, 12],
    parameters: {},
    naive: (x) =>
      x.reshape([x.shape[0] as number, x.size === 0 ? x.shape.slice(1).reduce((a, b) => a * b, 1) : -1]) as typeof x,
    refuses: [[[], "Flatten"]],
  },
];
