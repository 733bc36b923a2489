import { Elementwise } from "../../graph/elementwise.js";
import { sameShape, sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import type { Graph } from "../graph/graph.js";
import type { Affine } from "../ir/expression.js";
import { rowMajor, within } from "../ir/views.js";
import { inlineRuleOf } from "../lower/inline.js";
import { kernelRuleOf } from "../lower/kernels.js";
import type { Piece } from "../lower/lowering.js";
import { seenBy, wholePartsOf } from "../lower/standing.js";

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

/** To how many places a value may be written instead of a copy. */
const mostPlaces = 4;

interface Roots {
  /** Values that get a buffer; all others are computed in the kernels that use them. */
  readonly roots: ReadonlySet<Traced>;
  /** By value that is written where it stands in a root: what it is made of; views of it among them. */
  readonly standing: ReadonlyMap<Traced, readonly Piece[]>;
}

/**
 * Which values get a buffer: results, what a kernel needs as a whole, what several kernels use, and what would be
 * computed more than once for an element. All else is computed in the kernel that uses it; but for scalar ops, which are not among
 * them and have kernels of their own.
 */
export function rootsOf({ order, users, results }: Graph): Roots {
  const roots = new Set<Traced>();
  const standing = new Map<Traced, readonly Piece[]>();
  /** By value that does: its places in that root. */
  const places = new Map<Traced, readonly Affine[]>();
  const inside = new Map<Traced, ReadonlyMap<Traced, readonly (Affine | null)[]>>();
  /** By value: the kernels in which it is computed. */
  const homes = new Map<Traced, ReadonlySet<Home>>();
  const made = new Map<Traced, Home[]>();
  const depths = new Map<Traced, number>();
  for (let i = order.length - 1; i >= 0; i--) {
    const value = order[i] as Traced;
    if (isScalarOp(value) || stands(value)) continue;
    const home = homeOf(value);
    if (home === null) roots.add(value);
    else homes.set(value, home);
  }
  return { roots, standing };

  /** Whether a value is written where it stands in the one that uses it: made of parts alone, and of no use to any other. */
  function stands(value: Traced): boolean {
    if (kernelRuleOf(value)?.parts === undefined) return false;
    const views: Traced[] = [];
    let whole = onlyUserOf(value);
    for (; whole !== null && seenBy(whole) !== null && !roots.has(whole); whole = onlyUserOf(whole)) views.push(whole);
    if (whole === null || kernelRuleOf(whole)?.parts === undefined) return false;
    let found = placesIn(whole).get(views[views.length - 1] ?? value) ?? [];
    for (const view of views.toReversed()) {
      const { value: inner, to } = seenBy(view) as Piece;
      found = found.map((outer) => outer && within(outer, view.shape, to, inner.shape));
    }
    const own = found.filter((to) => to !== null);
    const parts = own.length < found.length || own.length > mostPlaces ? null : wholePartsOf(value);
    if (parts === null) return false;
    for (const view of views) standing.set(view, [seenBy(view) as Piece]);
    standing.set(value, parts);
    places.set(value, own);
    return true;
  }

  function onlyUserOf(value: Traced): Traced | null {
    const [user, ...others] = users.get(value);
    return user === undefined || results.has(value) || others.some((other) => other !== user) ? null : user;
  }

  /** By part of a value: its places in the root that the value is, or stands in; `null` for one that is no affine function. */
  function placesIn(whole: Traced): ReadonlyMap<Traced, readonly (Affine | null)[]> {
    const known = inside.get(whole);
    if (known !== undefined) return known;
    const found = new Map<Traced, (Affine | null)[]>();
    inside.set(whole, found);
    for (const { value, to } of kernelRuleOf(whole)?.parts?.(whole) ?? []) {
      const own = (places.get(whole) ?? [rowMajor(whole.shape)]).map((at) => within(at, whole.shape, to, value.shape));
      const before = found.get(value);
      if (before === undefined) found.set(value, own);
      else before.push(...own);
    }
    return found;
  }

  /** The kernel of a root that uses a value, which may have one for each shape that it moves. */
  function kernelOf(root: Traced, { shape }: Traced): Home {
    const known = made.get(root) ?? [];
    made.set(root, known);
    const moves = kernelRuleOf(root)?.parts !== undefined;
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
        else if (use !== "inline" || roots.has(user) || isScalarOp(user) || standing.has(user))
          home.add(kernelOf(user, value));
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
