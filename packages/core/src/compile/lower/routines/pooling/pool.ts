import type { Traced } from "../../../../graph/tracing.js";
import { ArgMaxPool, AvgPool, AvgUnpool, MaxPool, MaxUnpool } from "../../../../ops/pool.js";
import type { PlacedWindows } from "../../../../ops/pool-windows.js";
import { sizeOf } from "../../../../shape/shape.js";
import type { Shape } from "../../../../shape/types.js";
import { nodeOf } from "../../../graph/graph.js";
import type { KernelCode } from "../../../ir/context.js";
import type { KernelRule } from "../../lowering.js";
import { clear } from "../zeros.js";
import {
  areCovered,
  emitVectorAverage,
  emitVectorMaximum,
  emitVectorUnpool,
  hasVectors,
  tilesInPairs,
} from "./vectors.js";
import { emitAverage, emitMaximum, emitNaN, emitScatter, emitShare, type Gives, type Pooling } from "./windows.js";

type PoolNode = MaxPool | ArgMaxPool | AvgPool | AvgUnpool;

function windowsBetween(node: PoolNode, x: Shape, y: Shape): PlacedWindows {
  return node.placing.windowsOn(x.slice(2), y.slice(2));
}

/** A kernel with one input; the windows are on the planes of the input, or on those of the result. */
function pool(windowsOn: "input" | "result", emit: (context: KernelCode, pooling: Pooling) => void): KernelRule {
  return {
    lower: (value, s) => {
      const node = nodeOf<PoolNode>(value);
      const [input] = value.inputs as [Traced];
      const [x, y] = windowsOn === "input" ? [input, value] : [value, input];
      const w = windowsBetween(node, x.shape, y.shape);
      const planes = (x.shape[0] as number) * (x.shape[1] as number);
      const pooling: Pooling = { w, planes, from: s.buffer(input), target: s.target(value) };
      s.push({
        kind: "special",
        name: node.name,
        reads: [pooling.from],
        writes: [pooling.target],
        work: { kind: "value", value },
        emit: (context) => emit(context, pooling),
      });
    },
  };
}

const maximum = (gives: Gives) =>
  pool("input", (context, pooling) => {
    const { w, from, target } = pooling;
    // Windows of nothing: there is no element, and no maximum.
    if (gives === "value" && from.size === 0) emitNaN(context, target);
    else if (hasVectors(w, from.dtype)) emitVectorMaximum(context, pooling, gives);
    else emitMaximum(context, pooling, gives);
  });

const avgPool = pool("input", (context, pooling) => {
  if (hasVectors(pooling.w, pooling.from.dtype)) emitVectorAverage(context, pooling);
  else emitAverage(context, pooling);
});

const avgUnpool = pool("result", (context, pooling) => {
  const { w, from, target } = pooling;
  if (!tilesInPairs(w, from.dtype)) {
    emitShare(context, pooling);
    return;
  }
  if (!areCovered(w)) clear(context, target);
  emitVectorUnpool(context, pooling, null);
});

/** The windows that places were found in, if they stand side by side and on as many elements as the result has. */
function windowsOfPlaces(places: Traced, value: Traced): PlacedWindows | null {
  const { source, inputs } = places;
  if (source.kind !== "node" || !(source.node instanceof ArgMaxPool)) return null;
  const shape = inputs[0]?.shape ?? [];
  if (sizeOf(shape) !== sizeOf(value.shape)) return null;
  const w = windowsBetween(source.node, shape, places.shape);
  return tilesInPairs(w, value.dtype) ? w : null;
}

const maxUnpool: KernelRule = {
  lower: (value, s) => {
    const [y, places] = value.inputs as [Traced, Traced];
    const [from, by, target] = [s.buffer(y), s.buffer(places), s.target(value)];
    const w = windowsOfPlaces(places, value);
    s.push({
      kind: "special",
      name: nodeOf<MaxUnpool>(value).name,
      reads: [from, by],
      writes: [target],
      work: { kind: "value", value },
      emit: (context) => {
        if (w === null) {
          emitScatter(context, from, by, target);
          return;
        }
        if (!areCovered(w)) clear(context, target);
        emitVectorUnpool(context, { w, planes: target.size / (w.height * w.width), from, target }, by);
      },
    });
  },
};

export const poolRules: readonly (readonly [unknown, KernelRule])[] = [
  [MaxPool, maximum("value")],
  [ArgMaxPool, maximum("position")],
  [MaxUnpool, maxUnpool],
  [AvgPool, avgPool],
  [AvgUnpool, avgUnpool],
];
