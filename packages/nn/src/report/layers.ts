import { namedLayers, ownOf, sizeOf } from "../layers/walk.js";
import type { Trainer } from "../training/trainer.js";
import type { Probed } from "./probe.js";
import type { ReportLayer } from "./report-data.js";

/** The layers of the network, with the shapes that a probe found. */
export function layersOf({ network }: Trainer, found: Probed | null): readonly ReportLayer[] {
  return namedLayers(network).map(({ name, layer, depth }) => ({
    name,
    kind: layer.constructor.name,
    depth,
    output: found?.outputs.get(layer) ?? null,
    parameters: sizeOf(ownOf(layer, "parameters")),
  }));
}
