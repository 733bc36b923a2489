import { compile, grad, stack, tensor, vmap } from "@chainrule/core";
import * as rose from "rose";
import { uniform } from "../../data.mjs";

/** A graph is laid out: all points repel each other, and springs hold those that are neighbours on a ring, and on one of sevens. */
const strides = [1, 7];

const points = (n) =>
  Array.from({ length: n }, (_, i) => [...uniform(2 * n, 1, Float64Array).subarray(2 * i, 2 * i + 2)]);

async function withRose({ n }) {
  const { Real, Vec, add, compile, div, fn, iadd, imod, mul, sqrt, sub, sum, vjp } = rose;
  const Point = Vec(2, Real);
  const Points = Vec(n, Point);
  const square = fn([Point, Point], Real, ([x1, y1], [x2, y2]) => {
    const [x, y] = [sub(x1, x2), sub(y1, y2)];
    return add(mul(x, x), mul(y, y));
  });
  const repulsion = fn([Point, Point], Real, (a, b) => div(0.5, add(square(a, b), 0.01)));
  const spring = fn([Point, Point], Real, (a, b) => {
    const stretch = sub(sqrt(square(a, b)), 0.1);
    return mul(stretch, stretch);
  });
  const energy = fn([Points], Real, (p) =>
    strides.reduce(
      (total, stride) =>
        add(
          total,
          sum(n, (i) => spring(p[i], p[imod(n, iadd(n, i, stride))])),
        ),
      sum(n, (i) => sum(n, (j) => repulsion(p[i], p[j]))),
    ),
  );
  const gradient = await compile(fn([Points], Points, (p) => vjp(energy)(p).grad(1)));
  const at = points(n);
  return () => gradient(at);
}

/** Our programs, by the energy of the points [n, 2]. */
const withOurs =
  (energy) =>
  ({ n }) => {
    const gradient = compile(grad(energy));
    const at = tensor(points(n));
    const out = new Float64Array(2 * n);
    return () => {
      gradient.into(out, at);
      return out;
    };
  };

function ofTensors(p) {
  const repulsion = p.expandDims(1).sub(p).square().sum(2).add(0.01).reciprocal().sum().div(2);
  const springs = strides.map((stride) => p.sub(p.roll(-stride, 0)).square().sum(1).sqrt().sub(0.1).square().sum());
  return springs.reduce((total, part) => total.add(part), repulsion);
}

const square = ([x1, y1], [x2, y2]) => x1.sub(x2).square().add(y1.sub(y2).square());
const repulsion = (a, b) => square(a, b).add(0.01).reciprocal().div(2);
const spring = (a, b) => square(a, b).sqrt().sub(0.1).square();

/** A function of two points and their coordinates, for all points. */
function ofPoints(p) {
  const onPoints = (f) => (a, b) => f(a.unstack(), b.unstack());
  const all = vmap((a) => vmap((b) => onPoints(repulsion)(a, b))(p).sum())(p).sum();
  return strides.reduce((total, stride) => total.add(vmap(onPoints(spring))(p, p.roll(-stride, 0)).sum()), all);
}

/** A term for each pair, in numbers. */
function ofNumbers(p) {
  const points = p.unstack().map((point) => point.unstack());
  const terms = points.flatMap((a, i) => [
    ...points.slice(0, i).map((b) => repulsion(a, b).mul(2)),
    ...strides.map((stride) => spring(a, points[(i + stride) % points.length])),
  ]);
  return stack(terms).sum();
}

/** @type {import("../programs.mjs").Program} */
export const layout = { contestants: { ours: withOurs(ofTensors), Rose: withRose } };

/** @type {import("../programs.mjs").Program} */
export const layoutByPoint = { contestants: { ours: withOurs(ofPoints), Rose: withRose } };

/** @type {import("../programs.mjs").Program} */
export const layoutByNumber = { contestants: { ours: withOurs(ofNumbers), Rose: withRose } };
