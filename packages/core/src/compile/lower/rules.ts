import { CompileError } from "../../errors.js";
import { formatShape } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nameOf } from "../graph/graph.js";
import { inlineRuleOf } from "./inline.js";
import { kernelRuleOf } from "./kernels.js";
import type { InlineRule, KernelRule } from "./lowering.js";

export type Rule =
  | { readonly kind: "inline"; readonly rule: InlineRule }
  | { readonly kind: "kernel"; readonly rule: KernelRule };

/** @throws CompileError for an op that has no rule */
export function ruleOf(value: Traced): Rule {
  const inline = inlineRuleOf(value);
  if (inline !== null) return { kind: "inline", rule: inline };
  const kernel = kernelRuleOf(value);
  if (kernel !== null) return { kind: "kernel", rule: kernel };
  throw notCompiled(value);
}

function notCompiled(value: Traced): CompileError {
  return new CompileError(
    `compile: ${nameOf(value)} ${formatShape(value.shape)} cannot be compiled: its local forward is JavaScript over ` +
      "arrays; give its class a composed(...inputs) in ops, write it with elementwise(...), or call the function without compile",
  );
}
