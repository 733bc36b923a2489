// The local formulas of the ops, as the engine has them.
import * as core from "@chainrule/core";
import { escaped } from "./links.mjs";
import { nodeOf } from "./samples.mjs";

/** Of an op with a node of its own: what it computes and, by input, its derivative or gradient, as pairs of a title and HTML. */
export function formulasOf(name) {
  const node = nodeOf(name);
  const formula = node === undefined ? undefined : core.formulaOf(node);
  if (formula === undefined) return undefined;
  const backward = formula.backward.filter((text) => text !== null);
  return [["Forward", escaped(formula.forward)], ...backward.map((text) => ["Backward", escaped(text)])];
}
