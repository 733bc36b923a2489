import type { Traced } from "../../trace/traced.js";
import { argMaxRules } from "./arg-max.js";
import { blockRules } from "./blocks.js";
import { contractionRules } from "./contraction.js";
import type { KernelRule } from "./lowering.js";
import { movementRules } from "./movement.js";
import { poolRules } from "./pooling.js";
import { reductionRules } from "./reduction.js";
import { bincountRules } from "./routines/bincount.js";
import { convolutionRules } from "./routines/convolution/convolution.js";
import { draw } from "./routines/random/random.js";
import { indexedRules } from "./routines/scatter.js";
import { sortRules } from "./routines/sort/sort.js";
import { scanRules } from "./scan.js";
import { windowRules } from "./windows.js";

/** By the class of the node; made at the first need, so that a bundle without `compile` has none of them. */
let rules: ReadonlyMap<unknown, KernelRule> | null = null;

const allRules = (): ReadonlyMap<unknown, KernelRule> =>
  new Map<unknown, KernelRule>([
    ...reductionRules,
    ...contractionRules,
    ...movementRules,
    ...indexedRules,
    ...bincountRules,
    ...scanRules,
    ...argMaxRules,
    ...sortRules,
    ...convolutionRules,
    ...windowRules,
    ...poolRules,
    ...blockRules,
  ]);

export function kernelRuleOf({ source }: Traced): KernelRule | null {
  if (source.kind === "draw") return draw;
  if (source.kind !== "node") return null;
  rules ??= allRules();
  return rules.get(source.node.constructor) ?? null;
}
