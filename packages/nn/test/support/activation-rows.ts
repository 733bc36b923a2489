import type { Tensor } from "@chainrule/core";
import { Affine, constant, ReLU } from "../../src/index.js";
import type { LayerRow } from "./layer-rows.js";
import { affine, at, build, erf, mapped, type Naive, softmax } from "./naive.js";

/** Activations, dropout and what is made of layers. */

const others = [[], [0], [1], [3, 17], [2, 0, 2]] as const;
const softplus = (x: number) => Math.log(1 + Math.exp(x));

function elementwise(layer: string, f: (x: number) => number, more: Partial<LayerRow> = {}): LayerRow {
  return { layer, sizes: [], input: [2, 3], output: [2, 3], others, parameters: {}, naive: mapped(f), ...more };
}

const [alpha, scale] = [1.6732632423543772, 1.0507009873554805];
const geluTanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const twoLayers: Naive = (x, p) => affine("2.")(mapped((x) => Math.max(x, 0))(affine("0.")(x, p), p), p);

/** The slope of an element is the one that `which` says. */
function prelu(which: (index: readonly number[]) => number): Naive {
  return (x, { weight }) =>
    build(x.shape, (...index) => {
      const value = at(x)(...index);
      return value > 0 ? value : at(weight as Tensor)(which(index)) * value;
    });
}

export const activationRows: readonly LayerRow[] = [
  elementwise("ReLU", (x) => Math.max(x, 0)),
  elementwise("Sigmoid", (x) => 1 / (1 + Math.exp(-x))),
  elementwise("Tanh", Math.tanh),
  elementwise("Softplus", softplus),
  elementwise("SiLU", (x) => x / (1 + Math.exp(-x))),
  elementwise("Mish", (x) => x * Math.tanh(softplus(x))),
  elementwise("SELU", (x) => scale * (x > 0 ? x : alpha * (Math.exp(x) - 1))),
  elementwise("LeakyReLU", (x) => (x > 0 ? x : 0.01 * x), {
    options: {},
    wrong: [[[{ slope: Number.NaN }], "slope NaN"]],
  }),
  elementwise("LeakyReLU", (x) => (x > 0 ? x : 0.2 * x), { form: "slope 0.2", options: { slope: 0.2 } }),
  {
    layer: "PReLU",
    sizes: [],
    options: {},
    settings: ["dtype"],
    input: [2, 3],
    others,
    output: [2, 3],
    parameters: { weight: [1] },
    naive: prelu(() => 0),
    wrong: [
      [[{ numParameters: 0 }], "numParameters 0"],
      [[{ init: Number.NaN }], "init NaN"],
    ],
  },
  {
    layer: "PReLU",
    form: "channels",
    sizes: [],
    options: { numParameters: 3, init: 0.5 },
    settings: ["dtype"],
    input: [2, 3, 2],
    others: [
      [2, 3],
      [0, 3],
      [1, 3, 2, 17],
    ],
    output: [2, 3, 2],
    parameters: { weight: [3] },
    naive: prelu(([, channel]) => channel as number),
    refuses: [
      [[2, 4], "PReLU", "3 channels", "numParameters: 4"],
      [[3], "PReLU", "[3]"],
    ],
  },
  elementwise("ELU", (x) => (x > 0 ? x : Math.exp(x) - 1), { options: {}, wrong: [[[{ alpha: "1" }], 'alpha "1"']] }),
  elementwise("ELU", (x) => (x > 0 ? x : 0.5 * (Math.exp(x) - 1)), { form: "alpha 0.5", options: { alpha: 0.5 } }),
  elementwise("GELU", (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), {
    options: {},
    wrong: [[[{ approximate: "erf" }], 'approximate is "none" or "tanh", got "erf"']],
  }),
  elementwise("GELU", geluTanh, { form: "tanh", options: { approximate: "tanh" } }),
  ...[false, true].flatMap((logarithm): LayerRow[] => {
    const layer = logarithm ? "LogSoftmax" : "Softmax";
    return [
      {
        layer,
        sizes: [],
        options: {},
        input: [2, 3],
        others: [[1], [3, 17], [0, 3]],
        output: [2, 3],
        parameters: {},
        naive: softmax(-1, logarithm),
        wrong: [[[{ axis: 0.5 }], "axis 0.5"]],
      },
      {
        layer,
        form: "axis 1",
        sizes: [],
        options: { axis: 1 },
        input: [2, 3, 2],
        output: [2, 3, 2],
        parameters: {},
        naive: softmax(1, logarithm),
        refuses: [[[3], "axis 1"]],
      },
    ];
  }),
  {
    layer: "Dropout",
    sizes: [],
    options: { ratio: 0.4 },
    input: [3, 4],
    others: [[0, 3], [17]],
    output: [3, 4],
    parameters: {},
    naive: (x) => x,
    draws: true,
    wrong: [[[{ ratio: 1 }], "ratio 1"]],
  },
  {
    layer: "Dropout",
    form: "the textbook's",
    sizes: [],
    options: { ratio: 0.25, inverted: false },
    input: [3, 4],
    output: [3, 4],
    parameters: {},
    naive: mapped((x) => 0.75 * x),
    draws: true,
  },
  {
    layer: "Dropout",
    form: "channels",
    sizes: [],
    options: { channels: true },
    input: [2, 3, 2],
    output: [2, 3, 2],
    parameters: {},
    naive: (x) => x,
    draws: true,
  },
  {
    layer: "Sequential",
    sizes: (settings) => [[new Affine(3, 4, settings), new ReLU(), new Affine(4, 2, settings)]],
    input: [3, 3],
    others: [
      [0, 3],
      [17, 3],
    ],
    output: [3, 2],
    parameters: { "0.W": [3, 4], "0.b": [4], "2.W": [4, 2], "2.b": [2] },
    naive: twoLayers,
    refuses: [[[2, 4], "Affine"]],
    wrong: [
      [[5], "a list of layers"],
      [[[ReLU]], "new ReLU()"],
    ],
  },
  {
    layer: "Frozen",
    sizes: (settings) => [new Affine(3, 2, settings)],
    input: [3, 3],
    others: [[0, 3]],
    output: [3, 2],
    parameters: {},
    buffers: { W: [3, 2], b: [2] },
    naive: affine(),
    refuses: [[[2, 4], "Affine"]],
    wrong: [
      [[5], "takes a layer"],
      [[constant(1)], "takes a layer"],
    ],
  },
];
