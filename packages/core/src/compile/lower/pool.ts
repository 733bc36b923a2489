import type { Traced } from "../../graph/tracing.js";
import type { Windows } from "../../kernels/windows.js";
import { ArgMaxPool, AvgPool, AvgUnpool, MaxPool, MaxUnpool } from "../../ops/pool.js";
import { sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { windowsOf } from "../../shape/window.js";
import { nodeOf } from "./inline.js";
import type { KernelRule } from "./kernels.js";
import {
  areCovered,
  emitVectorAverage,
  emitVectorMaximum,
  emitVectorUnpool,
  type Gives,
  hasVectors,
  tilesInPairs,
} from "./pool-vectors.js";
import { emitAverage, emitMaximum, emitNaN, emitScatter, emitShare, emitZeros } from "./pool-windows.js";

type PoolNode = MaxPool | ArgMaxPool | AvgPool | AvgUnpool;

function windowsBetween(node: PoolNode, x: Shape, y: Shape): Windows {
  const { stride, padding } = node;
  return windowsOf(x.slice(2), node.kernel, y.slice(2), { stride, padding, dilation: node.kernel.map(() => 1) });
}

const maximum = (gives: Gives): KernelRule => ({
  lower: (value, s) => {
    const node = nodeOf<MaxPool | ArgMaxPool>(value);
    const [x] = value.inputs as [Traced];
    const w = windowsBetween(node, x.shape, value.shape);
    const planes = (x.shape[0] as number) * (x.shape[1] as number);
    const [from, target] = [s.buffer(x), s.target(value)];
    s.push({
      kind: "special",
      name: node.name,
      reads: [from],
      writes: [target],
      emit: (context) => {
        // Windows of nothing: there is no element, and no maximum.
        if (gives === "value" && from.size === 0) emitNaN(context, target);
        else if (hasVectors(w, from.dtype)) emitVectorMaximum(context, w, planes, from, target, gives);
        else emitMaximum(context, w, planes, from, target, gives);
      },
    });
  },
});

const avgPool: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<AvgPool>(value);
    const [x] = value.inputs as [Traced];
    const w = windowsBetween(node, x.shape, value.shape);
    const planes = (x.shape[0] as number) * (x.shape[1] as number);
    const [from, target] = [s.buffer(x), s.target(value)];
    const { countIncludePad = true } = node.options;
    s.push({
      kind: "special",
      name: node.name,
      reads: [from],
      writes: [target],
      emit: (context) => {
        if (hasVectors(w, from.dtype)) emitVectorAverage(context, w, planes, from, target);
        else emitAverage(context, w, planes, from, target, countIncludePad);
      },
    });
  },
};

const avgUnpool: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<AvgUnpool>(value);
    const [y] = value.inputs as [Traced];
    const w = windowsBetween(node, value.shape, y.shape);
    const planes = (y.shape[0] as number) * (y.shape[1] as number);
    const [from, target] = [s.buffer(y), s.target(value)];
    const { countIncludePad = true } = node.options;
    s.push({
      kind: "special",
      name: node.name,
      reads: [from],
      writes: [target],
      emit: (context) => {
        if (!tilesInPairs(w, from.dtype)) {
          emitShare(context, w, planes, from, target, countIncludePad);
          return;
        }
        if (!areCovered(w)) emitZeros(context, target);
        emitVectorUnpool(context, w, planes, from, null, target);
      },
    });
  },
};

/** The windows that places were found in, if they stand side by side and on as many elements as the result has. */
function windowsOfPlaces(places: Traced, value: Traced): Windows | null {
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
      emit: (context) => {
        if (w === null) {
          emitScatter(context, from, by, target);
          return;
        }
        if (!areCovered(w)) emitZeros(context, target);
        emitVectorUnpool(context, w, target.size / (w.height * w.width), from, by, target);
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
