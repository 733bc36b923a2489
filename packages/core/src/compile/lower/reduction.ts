import type { ArgMax, ArgMin } from "../../ops/arg-max.js";
import { Max, Min } from "../../ops/max.js";
import { Prod } from "../../ops/prod.js";
import type { Reduction } from "../../ops/reduction.js";
import { Sum } from "../../ops/sum.js";
import { normalizeAxes } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import type { ReductionOp } from "../ir/kernel.js";
import { axisOf } from "../ir/views.js";
import type { KernelRule } from "./lowering.js";

/** The axes of the loop that reduces an input: those that are kept, then those that are reduced. */
export function loopOf({ name, axis }: Reduction | ArgMax | ArgMin, shape: Shape) {
  const reduced = normalizeAxes(name, axis, shape);
  const kept = shape.flatMap((_, i) => (reduced.includes(i) ? [] : [i]));
  const order = [...kept, ...reduced];
  return {
    sizes: order.map((i) => shape[i] as number),
    reduced: reduced.length,
    /** Where an element of the input is read. */
    place: shape.map((_, i) => axisOf(order.length, order.indexOf(i))),
  };
}

function reduction(operation: ReductionOp): KernelRule {
  return {
    uses: () => "inline",
    reduces: true,
    lower: (value, s) => {
      const [x] = value.inputs as [Traced];
      const node = nodeOf<Reduction>(value);
      const { sizes, reduced, place } = loopOf(node, x.shape);
      const k = s.body(sizes);
      s.reduce(node.name, k, [operation, reduced], s.element(x, place, k), s.target(value));
    },
  };
}

export const reductionRules: readonly (readonly [unknown, KernelRule])[] = [
  [Sum, reduction("sum")],
  [Prod, reduction("prod")],
  [Max, reduction("max")],
  [Min, reduction("min")],
];
