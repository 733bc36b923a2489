import { Tensor } from "@chainrule/core";
import type { Layer } from "./layer.js";

export interface NamedLayer {
  /** As in the names of its parameters; "" for the network itself. */
  readonly name: string;
  readonly layer: Layer;
  /** Of how many layers, one in the other, it is a part. */
  readonly depth: number;
}

/** Each layer once, under its first name, the parts behind what they are parts of. */
export function namedLayers(network: Layer): readonly NamedLayer[] {
  const seen = new Set<Layer>();
  const visit = (name: string, layer: Layer, depth: number): NamedLayer[] => {
    if (seen.has(layer)) return [];
    seen.add(layer);
    const parts = Object.entries(layer.parts());
    return [
      { name, layer, depth },
      ...parts.flatMap(([part, inner]) => visit(name === "" ? part : `${name}.${part}`, inner, depth + 1)),
    ];
  };
  return visit("", network, 0);
}

/** Those of a layer's parameters or buffers that are in none of its parts, whatever it calls them. */
export function ownOf(layer: Layer, what: "parameters" | "buffers"): readonly Tensor[] {
  const inParts = new Set(Object.values(layer.parts()).flatMap((part) => Object.values(part[what]())));
  return Object.values(layer[what]()).filter((tensor) => !inParts.has(tensor));
}

/** The elements of tensors, each of which counts once. */
export function sizeOf(tensors: readonly Tensor[]): number {
  return [...new Set(tensors)].reduce((sum, { size }) => sum + size, 0);
}

/** Runs `f`, and tells what the layers give while it does. */
export function watched<R>(layers: readonly Layer[], told: (layer: Layer, output: Tensor) => void, f: () => R): R {
  const undo = layers.map((layer) => {
    const { forward } = layer;
    // Most have it from their class, but it may be a field.
    const isOwn = Object.hasOwn(layer, "forward");
    layer.forward = (...given) => {
      const output = forward.apply(layer, given);
      if (output instanceof Tensor) told(layer, output);
      return output;
    };
    return () => {
      if (isOwn) layer.forward = forward;
      else Reflect.deleteProperty(layer, "forward");
    };
  });
  try {
    return f();
  } finally {
    for (const back of undo) back();
  }
}
