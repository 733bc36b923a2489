import type { Tensor } from "../../src/index.js";
import type { RandomGraph } from "../../src/testing/index.js";
import { firstDifference, type Kind } from "./kind.js";

/*
 * The smooth graphs of `@chainrule/core/testing`, those of the engine under test: first gradients against differences, and
 * compiled against eager. What they cannot draw stands there: see `graphs` in testing/graphs.ts.
 */

const tolerance = { float64: 1e-9, float32: 1e-4 };

export function graphsOf(testing: typeof import("../../src/testing/index.js")): Kind<RandomGraph> {
  return {
    name: "graphs",
    weight: 1,
    programs: testing.graphs({ maxOps: 16 }),
    check: (e, { f, inputs }) => {
      const report = e.gradcheck(f, inputs, { atol: 1e-6 });
      if (!report.ok) return report.toString();
      const both = e.valueAndGrad((...given: Tensor[]) => f(...given), {
        argument: inputs.map((_, i) => i),
      }) as unknown as (...given: readonly Tensor[]) => {
        readonly value: Tensor;
        readonly gradient: readonly Tensor[];
      };
      const results = (...given: Tensor[]) => {
        const { value, gradient } = both(...given);
        return [value, ...gradient];
      };
      const compiled = e.compile(results) as typeof results;
      return firstDifference(compiled(...inputs), results(...inputs), tolerance);
    },
  };
}
