import type { LayerRow } from "./layer-rows.js";
import { adaptivePool, alongLines, average, globally, pool } from "./naive.js";

/** Pools. */

const max = (values: readonly number[]) => Math.max(...values);

export const poolRows: readonly LayerRow[] = [
  {
    layer: "MaxPool2d",
    sizes: [2],
    options: {},
    input: [2, 2, 4, 5],
    others: [
      [1, 3, 2, 2],
      [0, 2, 3, 3],
      [3, 1, 2, 17],
    ],
    output: [2, 2, 2, 2],
    parameters: {},
    naive: pool([2, 2], max),
    refuses: [
      [[2, 2, 4], "MaxPool2d"],
      [[1, 1, 1, 4], "larger than the input"],
    ],
    wrong: [
      [[0], "kernel 0"],
      [[[1, 2, 3]], "kernel"],
      [[2, { padding: 2 }], "padding"],
      [[2, { stride: 0 }], "stride 0"],
    ],
  },
  {
    layer: "MaxPool1d",
    sizes: [3],
    options: { stride: 2, padding: 1 },
    input: [2, 2, 5],
    others: [
      [1, 3, 1],
      [0, 2, 3],
      [1, 1, 17],
    ],
    output: [2, 2, 3],
    parameters: {},
    naive: alongLines(
      pool([1, 3], max, {
        stride: [1, 2],
        padding: [
          [0, 0],
          [1, 1],
        ],
      }),
    ),
    refuses: [[[2, 2, 4, 4], "MaxPool1d"]],
    wrong: [[[0], "kernel 0"]],
  },
  {
    layer: "AvgPool2d",
    sizes: [[2, 3]],
    options: { stride: 1, padding: [1, 1], countIncludePad: false },
    input: [1, 2, 3, 4],
    others: [
      [1, 3, 2, 3],
      [0, 2, 3, 3],
      [3, 1, 2, 17],
    ],
    output: [1, 2, 4, 4],
    parameters: {},
    naive: pool([2, 3], average, {
      stride: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    refuses: [[[2, 2, 4], "AvgPool2d"]],
    wrong: [
      [[0], "kernel 0"],
      [[2, { countIncludePad: 1 }], "countIncludePad"],
    ],
  },
  {
    layer: "AvgPool1d",
    sizes: [2],
    options: {},
    input: [2, 2, 5],
    others: [
      [1, 3, 2],
      [0, 2, 3],
      [1, 1, 17],
    ],
    output: [2, 2, 2],
    parameters: {},
    naive: alongLines(pool([1, 2], average)),
    refuses: [[[2, 2, 4, 4], "AvgPool1d"]],
    wrong: [[[0], "kernel 0"]],
  },
  {
    layer: "MaxPool2d",
    form: "dilated, up to the end",
    sizes: [2],
    options: { stride: 2, dilation: [1, 2], ceilMode: true },
    input: [1, 2, 3, 6],
    others: [
      [1, 1, 5, 3],
      [2, 1, 17, 4],
    ],
    output: [1, 2, 2, 3],
    parameters: {},
    naive: pool([2, 2], max, { stride: [2, 2], dilation: [1, 2], ceilMode: true }),
    wrong: [[[2, { ceilMode: 1 }], "ceilMode"]],
  },
  {
    layer: "AvgPool2d",
    form: "padded at some ends, up to the end",
    sizes: [3],
    options: {
      stride: 2,
      ceilMode: true,
      padding: [
        [1, 0],
        [0, 1],
      ],
    },
    input: [1, 1, 4, 5],
    others: [[2, 1, 17, 3]],
    output: [1, 1, 2, 3],
    parameters: {},
    naive: pool([3, 3], (values, places) => (average(values) * values.length) / places, {
      stride: [2, 2],
      padding: [
        [1, 0],
        [0, 1],
      ],
      ceilMode: true,
    }),
  },
  ...(["AdaptiveAvgPool", "AdaptiveMaxPool"] as const).flatMap((layer): LayerRow[] => {
    const reduce = layer === "AdaptiveAvgPool" ? average : max;
    return [
      {
        layer: `${layer}2d`,
        sizes: [[2, 3]],
        input: [1, 2, 3, 5],
        others: [
          [1, 1, 1, 1],
          [0, 2, 3, 3],
          [1, 1, 17, 3],
        ],
        output: [1, 2, 2, 3],
        parameters: {},
        naive: adaptivePool([2, 3], reduce),
        refuses: [[[2, 3, 4], layer.slice("Adaptive".length)]],
        wrong: [
          [[0], "outputSize 0"],
          [[[1, 2, 3]], "outputSize"],
        ],
      },
      {
        layer: `${layer}1d`,
        sizes: [3],
        input: [2, 2, 5],
        others: [
          [1, 1, 1],
          [0, 2, 3],
          [1, 1, 17],
        ],
        output: [2, 2, 3],
        parameters: {},
        naive: alongLines(adaptivePool([1, 3], reduce)),
        wrong: [[[0.5], "outputSize 0.5"]],
      },
    ];
  }),
  {
    layer: "GlobalAvgPool",
    sizes: [],
    input: [2, 3, 2, 2],
    others: [
      [1, 3, 1],
      [0, 2, 3, 3],
      [1, 1, 17],
    ],
    output: [2, 3],
    parameters: {},
    naive: globally(average),
    refuses: [[[2, 3], "globalAvgPool", "[2, 3]"]],
  },
  {
    layer: "GlobalMaxPool",
    sizes: [],
    input: [2, 3, 2, 2],
    others: [
      [1, 3, 1],
      [0, 2, 3, 3],
      [1, 1, 17],
    ],
    output: [2, 3],
    parameters: {},
    naive: globally(max),
    refuses: [[[2, 3], "globalMaxPool", "[2, 3]"]],
  },
];
