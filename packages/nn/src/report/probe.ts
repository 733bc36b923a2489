import { graphOf, type Node, type Tensor, tensorsIn } from "@chainrule/core";
import type { Layer } from "../layers/layer.js";
import { namedLayers, watched } from "../layers/walk.js";
import { leavesOf } from "../training/train-step.js";
import type { Trainer } from "../training/trainer.js";
import { histogramOf } from "./histogram.js";
import { type Histogram, rounded } from "./report-data.js";

/** Ops that are activation functions; what is inside of losses and of other ops is not looked at. */
const activations: readonly string[] = [
  "Relu",
  "LeakyRelu",
  "Elu",
  "Selu",
  "Gelu",
  "GeluTanh",
  "Silu",
  "HardSwish",
  "Sigmoid",
  "Tanh",
  "Softplus",
];

/** An unrolled network has them without end. */
const mostActivations = 64;

/** What a probe found in one tensor. */
export interface Found {
  readonly shape: readonly number[];
  readonly histogram: Histogram;
}

export interface Probed {
  /** By name, in forward order. */
  readonly activations: ReadonlyMap<string, Found>;
  /** By name of the parameter; without those that the loss does not depend on. */
  readonly gradients: ReadonlyMap<string, Found>;
  /** By name of the activation: for each unit of a ReLU the share of its outputs that are not 0. */
  readonly units: ReadonlyMap<string, readonly number[]>;
  /** What each layer gave first. */
  readonly outputs: ReadonlyMap<Layer, readonly number[]>;
}

/**
 * Runs a batch through the network in the form of evaluation, and looks at what is on the way. Parameters, gradients and layers are
 * afterwards as they were.
 */
export function probed(trainer: Trainer, batch: unknown): Probed {
  const layers = namedLayers(trainer.network);
  const names = new Map(
    layers.map(({ name, layer }) => [layer, name === "" ? kindOf(layer) : `${name}: ${kindOf(layer)}`]),
  );
  const given = new Map<Tensor, string>();
  const outputs = new Map<Layer, readonly number[]>();
  const tell = (layer: Layer, output: Tensor) => {
    if (!outputs.has(layer)) outputs.set(layer, output.shape);
    // What is made of others gives what the last of them gave.
    if (!given.has(output)) given.set(output, names.get(layer) ?? "");
  };
  const { output, loss } = watched(
    layers.map(({ layer }) => layer),
    tell,
    () => trainer.forward(batch as never),
  );
  const found = activationsIn(tensorsIn(output), given);
  const gradients = gradientsOf(loss, trainer.optimizer.parameters);
  return {
    activations: new Map(found.map(({ name, tensor }) => [name, look(tensor)])),
    gradients: new Map([...gradients].map(([name, gradient]) => [name, look(gradient)])),
    units: new Map(
      found.flatMap(({ name, tensor }) =>
        tensor.node?.name === "Relu" ? [[name, activeShares(tensor)] as const] : [],
      ),
    ),
    outputs,
  };
}

const kindOf = (layer: Layer) => layer.constructor.name;

export const look = (tensor: Tensor): Found => ({ shape: tensor.shape, histogram: histogramOf(tensor.data) });

/** Outputs of layers, and of activation functions that are no layers, each under a name of its own. */
function activationsIn(
  outputs: readonly Tensor[],
  given: ReadonlyMap<Tensor, string>,
): readonly { readonly name: string; readonly tensor: Tensor }[] {
  const names = new Map<string, number>();
  const unique = (name: string) => {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
  const found: { readonly name: string; readonly tensor: Tensor }[] = [];
  for (const { tensor } of graphOf(outputs).edges) {
    if (found.length === mostActivations) break;
    const name = given.get(tensor) ?? nameOf(tensor.node, given);
    if (name !== undefined && tensor.size > 0) found.push({ name: unique(name), tensor });
  }
  return found;
}

/** "relu(affine1)" */
function nameOf(node: Node | null, given: ReadonlyMap<Tensor, string>): string | undefined {
  if (node === null || !activations.includes(node.name)) return undefined;
  const [input] = node.inputs;
  const of = input === undefined ? undefined : given.get(input)?.split(":")[0];
  return of === undefined ? node.name.toLowerCase() : `${node.name.toLowerCase()}(${of})`;
}

/** The gradients of a loss by the parameters; what these have in `.grad` is theirs again afterwards. */
function gradientsOf(loss: Tensor, parameters: Readonly<Record<string, Tensor>>): ReadonlyMap<string, Tensor> {
  if (!loss.requiresGrad) return new Map();
  const named = Object.entries(parameters);
  const leaves = leavesOf(loss);
  const before = leaves.map((leaf) => leaf.grad);
  for (const leaf of leaves) leaf.zeroGrad();
  try {
    loss.backward();
    return new Map(named.flatMap(([name, { grad }]) => (grad === null ? [] : [[name, grad] as const])));
  } finally {
    leaves.forEach((leaf, i) => {
      leaf.grad = before[i] ?? null;
    });
  }
}

/** For each unit the share of its outputs that are not 0. */
function activeShares(output: Tensor): readonly number[] {
  const { shape, data, size } = output;
  const axis = unitAxis(output);
  const units = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const counts = new Float64Array(units);
  for (let i = 0; i < size; i++) {
    const unit = Math.floor(i / inner) % units;
    if (data[i] !== 0) counts[unit] = (counts[unit] as number) + 1;
  }
  return Array.from(counts, (count) => rounded((count * units) / size, 3) ?? 0);
}

/** Where the units are: on the last axis, or on the channels, which stand second, behind a convolution. */
function unitAxis(output: Tensor): number {
  for (let at: Tensor | undefined = output; at?.node != null; at = at.node.inputs[0]) {
    if (/^Conv/.test(at.node.name)) return 1;
    if (/^(MatMul|Reshape)$/.test(at.node.name)) break;
  }
  return output.rank - 1;
}
