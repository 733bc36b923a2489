import { ArgMax, ArgMin } from "../../ops/arg-max.js";
import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { type Expression, numberKindOf } from "../ir/expression.js";
import { rowMajor } from "../ir/views.js";
import type { KernelBody, KernelRule } from "./lowering.js";
import { loopOf } from "./reduction.js";

/** Two reductions: the extreme itself, then the least position at which it stands. */
function argExtreme(operation: "max" | "min"): KernelRule {
  return {
    uses: () => "matrix",
    reduces: true,
    lower: (value, s) => {
      const [x] = value.inputs as [Traced];
      const node = nodeOf<ArgMax | ArgMin>(value);
      const { sizes, reduced, place } = loopOf(node, x.shape);
      const outer = sizes.slice(0, sizes.length - reduced);
      const kind = numberKindOf(x.dtype);
      const reduce = (
        target: Buffer,
        reduction: "max" | "min",
        of: (k: KernelBody, element: Expression) => Expression,
      ) => {
        const k = s.body(sizes);
        const element = k.builder.as(s.element(x, place, k), kind);
        s.reduce(node.name, k, [reduction, reduced], of(k, element), target);
      };

      const extreme = s.temporary(x.dtype === "bool" ? "int32" : x.dtype, outer);
      reduce(extreme, operation, (_, element) => element);
      reduce(s.target(value), "min", ({ builder }, element) => {
        const [numbers, positions] = [builder.arithmetic(kind), builder.arithmetic("i32")];
        const strides = [...outer.map(() => 0), ...stridesOf(sizes.slice(outer.length))];
        const position = builder.index({ offset: 0, strides });
        const isExtreme = numbers.equal(element, builder.load(extreme, rowMajor(outer, sizes.length)));
        const found = positions.select(isExtreme, position, sizeOf(sizes));
        // Where there is a NaN the extreme is one, which equals nothing.
        return kind === "i32" ? found : positions.select(numbers.notEqual(element, element), position, found);
      });
    },
  };
}

export const argMaxRules: readonly (readonly [unknown, KernelRule])[] = [
  [ArgMax, argExtreme("max")],
  [ArgMin, argExtreme("min")],
];
