import type { Traced } from "../../graph/tracing.js";
import type { Use } from "../roots.js";
import type { Scheduler } from "../schedule.js";
import { contractionRules } from "./contraction.js";
import { convolutionRules } from "./convolution.js";
import { indexedRules } from "./indexed.js";
import { movementRules } from "./movement.js";
import { orderRules } from "./order.js";
import { poolRules } from "./pool.js";
import { draw } from "./random.js";
import { reductionRules } from "./reduction.js";
import { scanRules } from "./scan.js";
import { windowRules } from "./windows.js";

/** How a value is computed by kernels of its own. */
export interface KernelRule {
  /** Pushes the kernels that write `s.target(value)`. */
  readonly lower: (value: Traced, s: Scheduler) => void;
  /**
   * How it uses input `i`; "whole" (`s.buffer`) unless it says otherwise: "matrix" is `s.strided`, "inline"
   * `s.element`.
   */
  readonly uses?: (i: number) => Use;
  /** Whether its kernel goes through the elements of its first input. */
  readonly reduces?: boolean;
}

/** By the class of the node. */
const rules: ReadonlyMap<unknown, KernelRule> = new Map<unknown, KernelRule>([
  ...reductionRules,
  ...contractionRules,
  ...movementRules,
  ...indexedRules,
  ...scanRules,
  ...orderRules,
  ...convolutionRules,
  ...windowRules,
  ...poolRules,
]);

export function kernelRuleOf({ source }: Traced): KernelRule | null {
  if (source.kind === "draw") return draw;
  return source.kind === "node" ? (rules.get(source.node.constructor) ?? null) : null;
}
