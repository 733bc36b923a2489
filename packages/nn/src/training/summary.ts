import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  type DType,
  formatShape,
  noGrad,
  type Shape,
  ShapeError,
  show,
  zeros,
} from "@chainrule/core";
import { Layer } from "../layers/layer.js";
import { namedLayers, ownOf, sizeOf, watched } from "../layers/walk.js";

/** One layer of a network. */
export interface LayerSummary {
  /** As in the names of its parameters; "" for the network itself. */
  readonly name: string;
  /** The name of its class. */
  readonly kind: string;
  /** Of what it gave the first time that it was called; `null` if it was not. */
  readonly output: Shape | null;
  /** Elements of its own parameters; those of its parts are counted there. */
  readonly parameters: number;
  readonly buffers: number;
}

export interface Summary {
  readonly layers: readonly LayerSummary[];
  /** Elements of all parameters; a tensor that two layers share counts once. */
  readonly parameters: number;
  /** Elements that are kept, but not trained. */
  readonly buffers: number;
  /** As a table for people. */
  toString(): string;
}

export interface SummaryOptions {
  /** Of the input that is tried. Default float64, or that of the first parameter. */
  readonly dtype?: DType | undefined;
}

/**
 * The layers of a network, what shape each gives, and how many parameters it has. The network is called once, on zeros.
 *
 * @param shape of an input, with the axis of the batch, as in [1, 784]
 *
 * @example
 * const network = new Sequential([new Affine(4, 3, { initializer: constant(0) }), new ReLU()]);
 * summary(network, [1, 4]).parameters; // 15
 * summary(network, [1, 4]).layers.map(({ name, kind, output }) => [name, kind, output]); // [["", "Sequential", [1, 3]], ["0", "Affine", [1, 3]], ["1", "ReLU", [1, 3]]]
 * String(summary(network, [1, 4])).split("\n").length; // 6
 *
 * @throws ShapeError for what is no shape; what the network throws for such an input
 */
export function summary(network: Layer, shape: Shape, options: SummaryOptions = {}, ...none: []): Summary {
  checkNoMore("summary", none);
  checkOptions("summary", options, ["dtype"]);
  if (!(network instanceof Layer)) throw new ChainruleError(`summary: takes a layer, got ${show(network)}`);
  if (!Array.isArray(shape)) {
    throw new ShapeError(
      `summary: takes the shape of an input, as in summary(network, [1, 784]), got ${show(shape)}; of a tensor that is x.shape`,
    );
  }
  const { dtype = Object.values(network.parameters())[0]?.dtype ?? "float64" } = options;
  const found = namedLayers(network);
  /** The shape of what each layer gives first. */
  const outputs = new Map<Layer, Shape>();
  watched(
    found.map(({ layer }) => layer),
    (layer, output) => {
      if (!outputs.has(layer)) outputs.set(layer, output.shape);
    },
    () => noGrad(() => network.forward(zeros(shape, { dtype }))),
  );
  const layers = found.map(({ name, layer }): LayerSummary => {
    return {
      name,
      kind: layer.constructor.name,
      output: outputs.get(layer) ?? null,
      parameters: sizeOf(ownOf(layer, "parameters")),
      buffers: sizeOf(ownOf(layer, "buffers")),
    };
  });
  const parameters = sizeOf(Object.values(network.parameters()));
  const buffers = sizeOf(Object.values(network.buffers()));
  const depths = found.map(({ depth }) => depth);
  return { layers, parameters, buffers, toString: () => table(layers, depths, parameters, buffers) };
}

function table(
  layers: readonly LayerSummary[],
  depths: readonly number[],
  parameters: number,
  buffers: number,
): string {
  const number = (n: number) => n.toLocaleString("en-US");
  const rows = layers.map(({ name, kind, output, parameters: own }, i) => {
    return [
      `${"  ".repeat(depths[i] ?? 0)}${name === "" ? kind : `${name}: ${kind}`}`,
      output === null ? "-" : formatShape(output),
      number(own),
    ] as const;
  });
  const all = [["layer", "output", "parameters"] as const, ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map(([layer, output, count]) =>
    [layer.padEnd(widths[0] ?? 0), output.padEnd(widths[1] ?? 0), count.padStart(widths[2] ?? 0)].join("  "),
  );
  const kept = buffers === 0 ? "" : `, ${number(buffers)} numbers besides that are kept and not trained`;
  return [...lines, "", `${number(parameters)} parameters${kept}`].join("\n");
}
