import { grad, scan, tensor, zeros } from "@chainrule/core";

/** y'(0) = x(0), y'(i) = x(i) y(i - 1), from 0 at time 0 to time 2, by s steps of Runge-Kutta. */
function solution(x, s) {
  const h = 2 / s;
  const slope = (y) => x.mul(y.slice([[null, -1]]).pad([[1, 0]], 1));
  const step = (y) => {
    const k1 = slope(y);
    const k2 = slope(y.add(k1.mul(h / 2)));
    const k3 = slope(y.add(k2.mul(h / 2)));
    const k4 = slope(y.add(k3.mul(h)));
    return [
      y.add(
        k1
          .add(k2.mul(2))
          .add(k3.mul(2))
          .add(k4)
          .mul(h / 6),
      ),
    ];
  };
  return scan(step, zeros(x.shape), undefined, { length: s })[0];
}

/** @type {import("../programs.mjs").Evaluation} */
export const ode = {
  arguments: ({ x, s }) => [tensor(x), s],
  functions: { primal: solution, gradient: grad((x, s) => solution(x, s).slice([-1])) },
};
