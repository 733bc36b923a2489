import type { Vector } from "../vector.js";

/**
 * The root of the sum of squares; both are scaled where squares would leave the range. Infinite if one is. Of doubles.
 */
export function hypot(x: Vector, y: Vector): Vector {
  const [a, b] = [x.abs(), y.abs()];
  const larger = a.atLeast(b);
  const [huge, tiny] = [larger.greater(2 ** 500), larger.less(2 ** -450)];
  const choose = (ifHuge: number, ifTiny: number) => huge.select(ifHuge, tiny.select(ifTiny, 1));
  const factor = choose(2 ** -600, 2 ** 600);
  const [p, q] = [a.mul(factor), b.mul(factor)];
  const root = p
    .mul(p)
    .add(q.mul(q))
    .sqrt()
    .mul(choose(2 ** 600, 2 ** -600));
  return a.equal(Infinity).or(b.equal(Infinity)).select(Infinity, root);
}
