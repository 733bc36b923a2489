import { Elementwise } from "../../graph/elementwise.js";
import { sameShape, sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
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
 * computed more than once for an element. All else is computed in the kernel that uses it; but for scalar ops, which are not among
 * them and have kernels of their own.
 */
export function rootsOf({ order, users, results }: Graph): Set<Traced> {
  const roots = new Set<Traced>();
  /** By value: the kernels in which it is computed. */
  const homes = new Map<Traced, ReadonlySet<Home>>();
  const made = new Map<Traced, Home[]>();
  const depths = new Map<Traced, number>();
  for (let i = order.length - 1; i >= 0; i--) {
    const value = order[i] as Traced;
    if (isScalarOp(value)) continue;
    const home = homeOf(value);
    if (home === null) roots.add(value);
    else homes.set(value, home);
  }
  return roots;

  /** The kernel of a root that uses a value, which may have one for each shape that it moves. */
  function kernelOf(root: Traced, { shape }: Traced): Home {
    const known = made.get(root) ?? [];
    made.set(root, known);
    const moves = kernelRuleOf(root)?.moves === true;
    const found = moves ? known.find((home) => sameShape(home.shape, shape)) : known[0];
    if (found !== undefined) return found;
    const home = { root, shape, iterations: moves ? sizeOf(shape) : iterations(root), count: 0 };
    known.push(home);
    return home;
  }

  function homeOf(value: Traced): ReadonlySet<Home> | null {
    const inline = inlineRuleOf(value);
    if (inline === null || results.has(value)) return null;
    if (value.source.kind === "literal") return new Set();
    let depth = 1;
    for (const user of users.get(value)) depth = Math.max(depth, 1 + (depths.get(user) ?? 0));
    if (depth > depthLimit) return null;
    depths.set(value, depth);
    const home = new Set<Home>();
    let isWhole = false;
    for (const user of users.get(value)) {
      const rule = inlineRuleOf(user);
      user.inputs.forEach((input, i) => {
        if (input !== value) return;
        const use = rule === null ? (kernelRuleOf(user)?.uses?.(i) ?? "whole") : (rule.uses?.(i) ?? "inline");
        if (use !== "inline" && !inline.isRecomputed) isWhole = true;
        else if (use !== "inline" || roots.has(user) || isScalarOp(user)) home.add(kernelOf(user, value));
        else for (const kernel of homes.get(user) ?? []) home.add(kernel);
      });
    }
    if (inline.isRecomputed) return home;
    const [kernel] = home;
    if (isWhole || home.size !== 1 || kernel === undefined) return null;
    if (isScalarOp(kernel.root) || kernel.iterations > Math.max(1, sizeOf(value.shape))) return null;
    kernel.count++;
    if (kernel.count > kernelLimit) return null;
    return home;
  }
}

/** A kernel in which values are computed. */
interface Home {
  readonly root: Traced;
  readonly shape: Shape;
  /** How many elements it goes through. */
  readonly iterations: number;
  /** How many values are computed in it. */
  count: number;
}

/** How many elements the kernel of a root goes through. */
function iterations(root: Traced): number {
  const own = sizeOf(root.shape);
  return kernelRuleOf(root)?.reduces === true ? Math.max(own, sizeOf((root.inputs[0] as Traced).shape)) : own;
}
