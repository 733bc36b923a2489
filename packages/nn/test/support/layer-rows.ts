import { fromArray, type Random, type Shape, type Tensor } from "@chainrule/core";
import * as nn from "../../src/index.js";
import { type FloatDType, Layer } from "../../src/index.js";
import { wave } from "../support.js";
import { activationRows } from "./activation-rows.js";
import { convolutionRows } from "./convolution-rows.js";
import { denseRows } from "./dense-rows.js";
import type { Naive } from "./naive.js";
import { normalizationRows } from "./normalization-rows.js";
import { poolRows } from "./pool-rows.js";
import { sequenceRows } from "./sequence-rows.js";

/** What `random` and `dtype` a layer with parameters is made with. */
export interface LayerSettings {
  readonly random: Random;
  readonly dtype: FloatDType;
}

/** A layer in one of its forms: all that the tests of layers need to know of it. A layer that is exported has at least one. */
export interface LayerRow {
  /** Its name, as it is exported. */
  readonly layer: string;
  /** What is special about this row, to tell rows of one layer apart. */
  readonly form?: string;
  /** The arguments of the constructor in front of the options; made anew for each use where they are layers. */
  readonly sizes: readonly unknown[] | ((settings: LayerSettings) => readonly unknown[]);
  /** Its options but for `random` and `dtype`; nothing for a layer that takes no options. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Which of `random` and `dtype` are among its options. */
  readonly settings?: readonly (keyof LayerSettings)[];
  /** The input of the checks that take long; and others, for the values alone. */
  readonly input: Shape;
  readonly others?: readonly Shape[];
  /** That the input is whole numbers below this one, int32. */
  readonly below?: number;
  /** The shape of the output for `input`. */
  readonly output: Shape;
  /** The shapes of the parameters and of the buffers by name. */
  readonly parameters: Readonly<Record<string, Shape>>;
  readonly buffers?: Readonly<Record<string, Shape>>;
  /** The same function, written out: in evaluation and, where that is another one, in training. */
  readonly naive: Naive;
  readonly training?: Naive;
  /** Its methods besides `forward` that take inputs and options, and how many inputs. */
  readonly methods?: Readonly<Record<string, number>>;
  /** Whether training draws random numbers. */
  readonly draws?: boolean;
  /** Whether its derivatives and its program are left to the longer form of the tests, because another row has nearly the same. */
  readonly isLong?: boolean;
  /** Inputs that it refuses, with a part of what is said. */
  readonly refuses?: readonly (readonly [input: Shape, ...parts: string[]])[];
  /** Arguments of the constructor that it refuses. */
  readonly wrong?: readonly (readonly [args: readonly unknown[], ...parts: string[]])[];
}

export const nameOf = ({ layer, form }: LayerRow): string => (form === undefined ? layer : `${layer}, ${form}`);

type Class = new (...args: unknown[]) => Layer;

/** The classes of layers that are exported, by name, but for those that are there to be extended. */
export function layerClasses(): ReadonlyMap<string, Class> {
  const all = Object.entries(nn as unknown as Readonly<Record<string, unknown>>);
  const found = all.filter(
    (entry): entry is [string, Class] =>
      typeof entry[1] === "function" && entry[1].prototype instanceof Layer && entry[0] !== "Activation",
  );
  return new Map(found);
}

/** The arguments of the constructor in front of the options. */
export function sizesOf(row: LayerRow, settings: LayerSettings): readonly unknown[] {
  return typeof row.sizes === "function" ? row.sizes(settings) : row.sizes;
}

/** The layer of a row, with first values from the initializers. */
export function makeLayer(row: LayerRow, settings: LayerSettings): Layer {
  const { layer, options } = row;
  const LayerClass = layerClasses().get(layer) as Class;
  const own = Object.fromEntries((row.settings ?? []).map((name) => [name, settings[name]]));
  return new LayerClass(...sizesOf(row, settings), ...(options === undefined ? [] : [{ ...options, ...own }]));
}

export const layerRows: readonly LayerRow[] = [
  ...activationRows,
  ...denseRows,
  ...convolutionRows,
  ...poolRows,
  ...normalizationRows,
  ...sequenceRows,
];

/** A call with options as its last argument, and perhaps with more behind them. */
type Call = (...optionsAndMore: readonly unknown[]) => unknown;

/**
 * For core's test of options: the constructor of each layer that takes options, and its methods, by name. Those that a class has
 * from another are called there.
 */
export function callsOf(settings: LayerSettings): (readonly [callable: string, call: Call])[] {
  return [...layerClasses()].flatMap(([name, LayerClass]) => {
    const row = layerRows.find(({ layer }) => layer === name) as LayerRow;
    const layer = makeLayer(row, settings) as unknown as Readonly<Record<string, Call>>;
    const x = inputOf(row, row.input);
    const methods = Object.entries({ forward: 1, ...row.methods }).filter(([method]) =>
      Object.hasOwn(LayerClass.prototype, method),
    );
    const make: Call = (...o) => new LayerClass(...sizesOf(row, settings), ...o);
    return [
      ...(row.options === undefined ? [] : [[`new ${name}`, make] as const]),
      ...methods.map(([method, inputs]) => {
        const xs = new Array<Tensor>(inputs).fill(x);
        return [`${name}.${method}`, (...o: unknown[]) => layer[method]?.(...xs, ...o)] as const;
      }),
    ];
  });
}

/** The input of a row in a shape. */
export function inputOf({ below }: LayerRow, shape: Shape, dtype: FloatDType = "float64"): Tensor {
  if (below === undefined) return wave(shape).cast(dtype);
  const size = shape.reduce((product, n) => product * n, 1);
  return fromArray(
    Int32Array.from({ length: size }, (_, i) => (3 * i + 1) % below),
    shape,
  );
}
