import type { Traced } from "../../graph/tracing.js";
import { Prod } from "../../ops/prod.js";
import { Max, Min, Sum } from "../../ops/reduce.js";
import type { Reduction } from "../../ops/reduction.js";
import { normalizeAxes, stridesOf } from "../../shape/shape.js";
import { kindOf } from "../expression.js";
import type { LoopKernel } from "../kernel.js";
import { axisOf, linear, ownPlace } from "../views.js";
import { nodeOf } from "./inline.js";
import type { KernelRule } from "./kernels.js";

/** One loop, of which the reduced axes come last. */
function reduction(operation: "sum" | "prod" | "max" | "min"): KernelRule {
  return {
    uses: () => "inline",
    reduces: true,
    lower: (value, s) => {
      const [x] = value.inputs as [Traced];
      const { axis, name } = nodeOf<Reduction>(value);
      const reduced = normalizeAxes(name, axis, x.shape);
      const kept = x.shape.flatMap((_, i) => (reduced.includes(i) ? [] : [i]));
      const order = [...kept, ...reduced];
      const k = s.kernelling(order.map((i) => x.shape[i] as number));
      const place = x.shape.map((_, i) => axisOf(k.sizes.length, order.indexOf(i)));
      const element = k.builder.as(s.element(x, place, k), kindOf(value.dtype));
      const outer = kept.map((i) => x.shape[i] as number);
      const kernel: LoopKernel = {
        kind: "loop",
        name,
        sizes: k.sizes,
        reduced: reduced.length,
        reduction: reduced.length === 0 ? null : operation,
        stores: [
          {
            value: element,
            target: s.target(value),
            to: linear(ownPlace(outer, outer.length), stridesOf(outer), outer.length),
          },
        ],
      };
      s.push(kernel);
    },
  };
}

export const reductionRules: readonly (readonly [unknown, KernelRule])[] = [
  [Sum, reduction("sum")],
  [Prod, reduction("prod")],
  [Max, reduction("max")],
  [Min, reduction("min")],
];
