import { compile, concat, grad, scan, tensor, zeros } from "@chainrule/core";
import * as rose from "rose";
import { uniform } from "../../data.mjs";

/** A cloth of n x n masses, between which there are springs along rows and columns, falls; its upper row is held. */
const [stiffness, length, gravity, interval] = [50, 0.1, -9.81, 1e-3];

/** Where it lies: a little off the places where the springs are at rest. */
function places(n) {
  const shifts = uniform(3 * n * n, 1, Float64Array);
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => [i, j, 0].map((at, k) => at * length + 0.02 * shifts[3 * (n * i + j) + k])),
  );
}

/** The gradient, by where the masses are at first, of their mean height at the end. */
async function withRose({ n, steps }) {
  const { Real, Vec, add, compile, div, fn, iadd, igt, ilt, imod, mul, select, sqrt, sub, sum, vec, vjp } = rose;
  const Point = Vec(3, Real);
  const Cloth = Vec(n, Vec(n, Point));
  const pull = fn([Point, Point], Point, (a, b) => {
    const d = vec(3, Real, (k) => sub(b[k], a[k]));
    const distance = sqrt(sum(3, (k) => mul(d[k], d[k])));
    const force = mul(stiffness, sub(1, div(length, distance)));
    return vec(3, Real, (k) => mul(force, d[k]));
  });
  const none = [0, 0, 0];
  const after = (i) => imod(n, iadd(n, i, 1));
  const before = (i) => imod(n, iadd(n, i, n - 1));
  const ofAll = (f) => vec(n, Vec(n, Point), (i) => vec(n, Point, (j) => f(i, j)));
  /** What a spring does to the mass in front of it; behind the last one there is none. */
  const below = fn([Cloth], Cloth, (x) =>
    ofAll((i, j) => select(ilt(n, i, n - 1), Point, pull(x[i][j], x[after(i)][j]), none)),
  );
  const beside = fn([Cloth], Cloth, (x) =>
    ofAll((i, j) => select(ilt(n, j, n - 1), Point, pull(x[i][j], x[i][after(j)]), none)),
  );
  const acceleration = fn([Cloth], Cloth, (x) => {
    const [down, right] = [below(x), beside(x)];
    return ofAll((i, j) => {
      const along = (k) => add(sub(down[i][j][k], down[before(i)][j][k]), sub(right[i][j][k], right[i][before(j)][k]));
      return select(igt(n, i, 0), Point, [along(0), along(1), add(along(2), gravity)], none);
    });
  });
  const State = { x: Cloth, v: Cloth, a: Cloth };
  const each = (f) => vec(n, Vec(n, Point), (i) => vec(n, Point, (j) => vec(3, Real, (k) => f(i, j, k))));
  const step = fn([State], State, ({ x, v, a }) => {
    const next = each((i, j, k) =>
      add(x[i][j][k], add(mul(interval, v[i][j][k]), mul((interval * interval) / 2, a[i][j][k]))),
    );
    const b = acceleration(next);
    return { x: next, v: each((i, j, k) => add(v[i][j][k], mul(interval / 2, add(a[i][j][k], b[i][j][k])))), a: b };
  });
  const height = fn([Cloth], Real, (x) => {
    let state = { x, v: each(() => 0), a: acceleration(x) };
    for (let i = 0; i < steps; i++) state = step(state);
    return div(
      sum(n, (i) => sum(n, (j) => state.x[i][j][2])),
      n * n,
    );
  });
  const gradient = await compile(fn([Cloth], Cloth, (x) => vjp(height)(x).grad(1)));
  const at = places(n);
  return () => gradient(at);
}

function acceleration(x) {
  /** Along an axis, what the springs do to both of their ends. */
  const pulls = [0, 1].map((axis) => {
    const part = (range) => x.slice(axis === 0 ? [range] : [null, range]);
    const d = part([1, null]).sub(part([null, -1]));
    const force = d.mul(d.square().sum(2, { keepDims: true }).rsqrt().mul(-length).add(1).mul(stiffness));
    const widths = (first, last) => [0, 1, 2].map((own) => (own === axis ? [first, last] : [0, 0]));
    return force.pad(widths(0, 1)).sub(force.pad(widths(1, 0)));
  });
  const all = pulls[0].add(pulls[1]).add(tensor([0, 0, gravity]));
  return concat([zeros([1, x.shape[1], 3]), all.slice([[1, null]])]);
}

const height = (steps) => (x) => {
  const step = ({ x, v, a }) => {
    const next = x.add(v.mul(interval)).add(a.mul((interval * interval) / 2));
    const b = acceleration(next);
    return [{ x: next, v: v.add(a.add(b).mul(interval / 2)), a: b }];
  };
  const [last] = scan(step, { x, v: zeros(x.shape), a: acceleration(x) }, undefined, { length: steps });
  return last.x.slice([null, null, 2]).mean();
};

function withOurs({ n, steps }) {
  const gradient = compile(grad(height(steps)));
  const at = tensor(places(n));
  const out = new Float64Array(3 * n * n);
  return () => {
    gradient.into(out, at);
    return out;
  };
}

/** @type {import("../programs.mjs").Program} */
export const cloth = { contestants: { ours: withOurs, Rose: withRose } };
