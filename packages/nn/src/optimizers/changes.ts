import { ChainruleError, formatShape, fromArray, ShapeError, type Tensor } from "@chainrule/core";
import { checkTensors } from "../checks.js";
import type { NamedTensors } from "../layers/layer.js";

/** What one direction has changed: the parameters by s, the gradient by y. */
interface Change {
  readonly s: Float64Array;
  readonly y: Float64Array;
}

/** The last changes, the oldest first, and what they tell of the curvature. */
export class Changes {
  private readonly size: number;
  private readonly most: number;
  list: readonly Change[] = [];

  /** @param size how many elements there are; @param most how many changes are kept */
  constructor(size: number, most: number) {
    this.size = size;
    this.most = most;
  }

  get count(): number {
    return this.list.length;
  }

  /** Takes a change in, unless rounding left it without curvature. */
  remember(change: Change): void {
    if (!(dot(change.s, change.y) > Number.EPSILON * dot(change.y, change.y))) return;
    this.list = [...this.list, change].slice(-this.most);
  }

  /** Downhill, by the inverse of the curvature: Nocedal and Wright, algorithm 7.4. */
  directionFrom(gradient: Float64Array): Float64Array {
    const direction = gradient.map((g) => -g);
    const newest = this.list.at(-1);
    if (newest === undefined) return direction;
    const weights = this.list.map(({ s, y }) => ({ s, y, rho: 1 / dot(s, y), alpha: 0 }));
    for (const weight of weights.toReversed()) {
      weight.alpha = weight.rho * dot(weight.s, direction);
      add(direction, -weight.alpha, weight.y);
    }
    const scale = dot(newest.s, newest.y) / dot(newest.y, newest.y);
    for (let k = 0; k < direction.length; k++) direction[k] = scale * (direction[k] as number);
    for (const { s, y, rho, alpha } of weights) add(direction, alpha - rho * dot(y, direction), s);
    if (dot(direction, gradient) < 0) return direction;
    // Rounding has made nonsense of the changes.
    this.list = [];
    return gradient.map((g) => -g);
  }

  state(): NamedTensors {
    const rows = (of: (change: Change) => Float64Array) => {
      const all = new Float64Array(this.count * this.size);
      for (const [i, change] of this.list.entries()) all.set(of(change), i * this.size);
      return fromArray(all, [this.count, this.size]) as Tensor;
    };
    return { s: rows(({ s }) => s), y: rows(({ y }) => y) };
  }

  loadState(saved: NamedTensors): void {
    checkTensors("LBFGS", "the saved state", saved);
    const { s, y, ...unknown } = saved;
    const [other] = Object.keys(unknown);
    if (s === undefined || y === undefined || other !== undefined) {
      throw new ChainruleError(
        `LBFGS: the saved state has ${other ?? `no ${s === undefined ? "s" : "y"}`}; it is s and y, as state() gives them`,
      );
    }
    const [count = 0] = s.shape;
    for (const [name, { rank, shape, dtype }] of Object.entries({ s, y })) {
      if (rank === 2 && shape[0] === count && shape[1] === this.size && dtype === "float64") continue;
      throw new ShapeError(
        `LBFGS: the saved ${name} is ${dtype} ${formatShape(shape)}, expected float64 ${formatShape([count, this.size])}`,
      );
    }
    const rowOf = ({ data }: Tensor, i: number) => Float64Array.from(data.slice(i * this.size, (i + 1) * this.size));
    this.list = Array.from({ length: count }, (_, i) => ({ s: rowOf(s, i), y: rowOf(y, i) })).slice(-this.most);
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

/** Adds a multiple of `b` to `a`, in place. */
function add(a: Float64Array, factor: number, b: Float64Array): void {
  for (let k = 0; k < a.length; k++) a[k] = (a[k] as number) + factor * (b[k] as number);
}

export function along(x: Float64Array, t: number, direction: Float64Array): Float64Array {
  const point = x.slice();
  add(point, t, direction);
  return point;
}

export function minus(a: Float64Array, b: Float64Array): Float64Array {
  return along(a, -1, b);
}

export function largest(x: Float64Array): number {
  return x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

export function sumOfAbsolutes(x: Float64Array): number {
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}
