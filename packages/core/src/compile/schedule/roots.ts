import { Elementwise } from "../../graph/elementwise.js";
import { sizeOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import type { Graph } from "../graph/graph.js";
import { inlineRuleOf } from "../lower/inline.js";
import { kernelRuleOf } from "../lower/kernels.js";

/**
 * How many operations may be computed in one kernel: beyond, the engine's optimiser would take longer than it saves.
 */
const kernelLimit = 150;

/**
 * How many ops, views among them, may stand between a value and the kernel that it is computed in: rules call each
 * other.
 */
const depthLimit = 250;

/** An op that computes one number out of others. */
export function isScalarOp({ shape, source, inputs }: Traced): boolean {
  return (
    shape.length === 0 &&
    source.kind === "node" &&
    source.node instanceof Elementwise &&
    inputs.every((input) => input.shape.length === 0)
  );
}

/**
 * Which values get a buffer: results, what a kernel needs as a whole, what several kernels use, and what would be
 * computed more than once for an element. All else is computed in the kernel that uses it.
 */
export function rootsOf({ order, users, results }: Graph): Set<Traced> {
  const roots = new Set<Traced>();
  /** By value: the roots in whose kernels it is computed. */
  const homes = new Map<Traced, ReadonlySet<Traced>>();
  const counts = new Map<Traced, number>();
  const depths = new Map<Traced, number>();
  for (let i = order.length - 1; i >= 0; i--) {
    const value = order[i] as Traced;
    const home = homeOf(value);
    if (home === null) roots.add(value);
    else homes.set(value, home);
  }
  return roots;

  function homeOf(value: Traced): ReadonlySet<Traced> | null {
    const inline = inlineRuleOf(value);
    if (inline === null || results.has(value) || isScalarOp(value)) return null;
    if (value.source.kind === "literal") return new Set();
    let depth = 1;
    for (const user of users.get(value) ?? []) depth = Math.max(depth, 1 + (depths.get(user) ?? 0));
    if (depth > depthLimit) return null;
    depths.set(value, depth);
    const home = new Set<Traced>();
    for (const user of users.get(value) ?? []) {
      const rule = inlineRuleOf(user);
      user.inputs.forEach((input, i) => {
        if (input !== value) return;
        const use = rule === null ? (kernelRuleOf(user)?.uses?.(i) ?? "whole") : (rule.uses?.(i) ?? "inline");
        if (use !== "inline" && !inline.isRecomputed) home.add(value);
        else if (use !== "inline" || roots.has(user)) home.add(user);
        else for (const root of homes.get(user) ?? []) home.add(root);
      });
    }
    if (inline.isRecomputed) return home;
    const [root] = home;
    if (home.size !== 1 || root === undefined || root === value) return null;
    if (isScalarOp(root) || iterations(root) > Math.max(1, sizeOf(value.shape))) return null;
    const count = (counts.get(root) ?? 0) + 1;
    if (count > kernelLimit) return null;
    counts.set(root, count);
    return home;
  }
}

/** How many elements the kernel of a root goes through. */
function iterations(root: Traced): number {
  const own = sizeOf(root.shape);
  return kernelRuleOf(root)?.reduces === true ? Math.max(own, sizeOf((root.inputs[0] as Traced).shape)) : own;
}
