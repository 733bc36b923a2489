import { type Affine, type Expression, type Load, visitExpressions } from "../ir/expression.js";
import { allStores, type LoopKernel, valuesOf } from "../ir/kernel.js";

/** An axis of a loop nest. */
export interface Axis {
  readonly size: number;
  readonly reduced: boolean;
}

/** The loops of a kernel: neighbouring axes that are one to every access are one, those of size 1 are gone. */
export interface Nest {
  readonly axes: readonly Axis[];
  /** The strides of an affine function of the kernel's axes over those of the nest. */
  readonly stridesOf: (at: Affine) => readonly number[];
}

export function nestOf(kernel: LoopKernel): Nest {
  const { sizes, reduced } = kernel;
  const outer = sizes.length - reduced;
  const accesses: (readonly number[])[] = allStores(kernel).map(({ to }) =>
    sizes.map((_, axis) => to.strides[axis] ?? 0),
  );
  visitExpressions(valuesOf(kernel), (e) => {
    if (e.op === "load" || e.op === "index") accesses.push(e.at.strides);
  });
  // Groups of axes, from the last: each begins with its innermost one.
  const groups: { size: number; reduced: boolean; first: number; last: number }[] = [];
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const size = sizes[axis] as number;
    if (size === 1) continue;
    const isReduced = axis >= outer;
    const inner = groups[groups.length - 1];
    const joins =
      inner?.reduced === isReduced &&
      accesses.every((strides) => strides[axis] === (strides[inner.first] as number) * (sizes[inner.first] as number));
    if (inner !== undefined && joins) {
      inner.size *= size;
      inner.first = axis;
    } else groups.push({ size, reduced: isReduced, first: axis, last: axis });
  }
  groups.reverse();
  const known = new Map<Affine, readonly number[]>();
  return {
    axes: groups.map(({ size, reduced }) => ({ size, reduced })),
    stridesOf: (at) => {
      let strides = known.get(at);
      if (strides === undefined) {
        strides = groups.map(({ last }) => at.strides[last] ?? 0);
        known.set(at, strides);
      }
      return strides;
    },
  };
}

/** The buffers' elements that expressions load, each load once. */
export function loadsOf(values: readonly Expression[]): Load[] {
  const loads: Load[] = [];
  visitExpressions(values, (e) => {
    if (e.op === "load") loads.push(e);
  });
  return loads;
}
