import type { Shape } from "@chainrule/core";
import type { LayerRow } from "./layer-rows.js";
import { at, build } from "./naive.js";
import { recurrent, selfAttention, transformerBlock } from "./naive-sequences.js";

/** Embeddings, recurrent networks and attention. */

const initialized = ["random", "dtype"] as const;

/** The parameters of one direction of one layer. */
function cell(prefix: string, inputs: number, hidden: number, gates: number, bias = true): Record<string, Shape> {
  return {
    [`${prefix}.Wx`]: [inputs, gates * hidden],
    [`${prefix}.Wh`]: [hidden, gates * hidden],
    ...(bias && { [`${prefix}.b`]: [gates * hidden] }),
    ...(bias && gates === 3 && { [`${prefix}.bh`]: [hidden] }),
  };
}

function recurrentRow(layer: string, kind: string, gates: number): LayerRow[] {
  const common = { layer, settings: initialized };
  return [
    {
      ...common,
      sizes: [3, 2],
      options: {},
      input: [2, 3, 3],
      others: [
        [1, 1, 3],
        [0, 2, 3],
        [2, 0, 3],
        [3, 17, 3],
      ],
      output: [2, 3, 2],
      parameters: cell("cells.0", 3, 2, gates),
      naive: recurrent(kind),
      refuses: [
        [[3, 3], layer, "[N, T, 3]", "expandDims(0)"],
        [[2, 3, 4], `new ${layer}(4, 2)`],
      ],
      wrong: [
        [[0, 2], `${layer}: inputs 0`],
        [[3, 1.5], "hidden 1.5"],
        [[3, 2, { layers: 0 }], "layers 0"],
        [[3, 2, { dropout: 1 }], "dropout 1"],
      ],
    },
    {
      ...common,
      form: "two layers, both directions",
      sizes: [2, 2],
      options: { layers: 2, bidirectional: true },
      input: [1, 2, 2],
      others: [
        [1, 1, 2],
        [3, 4, 2],
      ],
      output: [1, 2, 4],
      parameters: {
        ...cell("cells.0", 2, 2, gates),
        ...cell("cells.1", 4, 2, gates),
        ...cell("reversed.0", 2, 2, gates),
        ...cell("reversed.1", 4, 2, gates),
      },
      naive: recurrent(kind, { layers: 2, bidirectional: true }),
      isLong: layer !== "LSTM",
    },
    {
      ...common,
      form: "two layers, dropout, without biases",
      sizes: [2, 3],
      options: { layers: 2, dropout: 0.3, bias: false },
      input: [1, 2, 2],
      output: [1, 2, 3],
      parameters: { ...cell("cells.0", 2, 3, gates, false), ...cell("cells.1", 3, 3, gates, false) },
      naive: recurrent(kind, { layers: 2 }),
      draws: true,
      isLong: layer !== "GRU",
    },
  ];
}

const linear = (name: string, inputs: number, outputs: number, bias = true): Record<string, Shape> => ({
  [`${name}.W`]: [inputs, outputs],
  ...(bias && { [`${name}.b`]: [outputs] }),
});
const heads = (prefix: string, size: number, bias = true) =>
  Object.assign({}, ...["query", "key", "value", "output"].map((part) => linear(`${prefix}${part}`, size, size, bias)));
const norm = (name: string, size: number): Record<string, Shape> => ({
  [`${name}.weight`]: [size],
  [`${name}.bias`]: [size],
});
const block = (size: number, hidden: number): Record<string, Shape> => ({
  ...norm("norm1", size),
  ...heads("attention.", size),
  ...norm("norm2", size),
  ...linear("linear1", size, hidden),
  ...linear("linear2", hidden, size),
});

export const sequenceRows: readonly LayerRow[] = [
  {
    layer: "Embedding",
    sizes: [5, 3],
    options: {},
    settings: initialized,
    below: 5,
    input: [2, 3],
    others: [[], [1], [0, 2], [17]],
    output: [2, 3, 3],
    parameters: { W: [5, 3] },
    naive: (x, p) => {
      const [index, rows] = [at(x), at(p["W"] as typeof x)];
      return build([...x.shape, 3], (...place) => rows(index(...place.slice(0, -1)), place.at(-1) as number));
    },
    wrong: [
      [[-1, 3], "Embedding: words -1"],
      [[5, 0.5], "size 0.5"],
    ],
  },
  ...recurrentRow("RNN", "tanh", 1),
  {
    layer: "RNN",
    form: "relu",
    sizes: [2, 3],
    options: { activation: "relu" },
    settings: initialized,
    input: [2, 2, 2],
    output: [2, 2, 3],
    parameters: cell("cells.0", 2, 3, 1),
    naive: recurrent("relu"),
    wrong: [[[2, 3, { activation: "gelu" }], 'activation is "tanh" or "relu", got "gelu"']],
  },
  ...recurrentRow("LSTM", "LSTM", 4),
  ...recurrentRow("GRU", "GRU", 3),
  {
    layer: "MultiHeadAttention",
    sizes: [4, 2],
    options: {},
    settings: initialized,
    input: [2, 3, 4],
    others: [
      [1, 1, 4],
      [0, 2, 4],
      [1, 17, 4],
    ],
    output: [2, 3, 4],
    methods: { attend: 3 },
    parameters: heads("", 4),
    naive: selfAttention(2),
    refuses: [
      [[3, 4], "[N, T, 4]"],
      [[2, 3, 3], "[N, T, 4]", "[2, 3, 3]"],
    ],
    wrong: [
      [[4, 3], "3 heads do not divide the size 4"],
      [[0, 1], "size 0"],
      [[4, 2, { dropout: 1 }], "dropout 1"],
    ],
  },
  {
    layer: "MultiHeadAttention",
    form: "causal, dropout, without biases",
    sizes: [2, 1],
    options: { causal: true, dropout: 0.4, bias: false },
    settings: initialized,
    input: [2, 3, 2],
    output: [2, 3, 2],
    parameters: heads("", 2, false),
    naive: selfAttention(1, true),
    draws: true,
  },
  {
    layer: "TransformerBlock",
    sizes: [4, 2],
    options: { hidden: 3 },
    settings: initialized,
    input: [1, 3, 4],
    others: [
      [0, 2, 4],
      [2, 1, 4],
    ],
    output: [1, 3, 4],
    methods: { run: 1 },
    parameters: block(4, 3),
    naive: transformerBlock({ heads: 2 }),
    refuses: [[[3, 5], "[4]"]],
    wrong: [
      [[4, 3], "TransformerBlock: 3 heads do not divide"],
      [[4, 2, { hidden: 0 }], "hidden 0"],
      [[4, 2, { activation: "tanh" }], 'activation is "gelu" or "relu"'],
      [[4, 2, { eps: -1 }], "eps -1"],
    ],
  },
  {
    layer: "TransformerBlock",
    form: "normalised behind, relu",
    sizes: [4, 2],
    options: { normFirst: false, activation: "relu", hidden: 5 },
    settings: initialized,
    input: [1, 2, 4],
    output: [1, 2, 4],
    parameters: block(4, 5),
    naive: transformerBlock({ heads: 2, normFirst: false, activation: "relu" }),
    isLong: true,
  },
  {
    layer: "TransformerBlock",
    form: "causal, dropout",
    sizes: [2, 1],
    options: { causal: true, dropout: 0.2 },
    settings: initialized,
    input: [1, 3, 2],
    output: [1, 3, 2],
    parameters: block(2, 8),
    naive: transformerBlock({ heads: 1, causal: true }),
    draws: true,
  },
];
