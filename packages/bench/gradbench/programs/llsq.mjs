import { grad, linspace, scan, tensor, zeros } from "@chainrule/core";

/** Half the squared distance of the polynomial with the coefficients x from the sign, at n points from -1 to 1. */
function distance(x, n) {
  const t = linspace(-1, 1, n);
  const [polynomial] = scan((sum, coefficient) => [sum.mul(t).add(coefficient)], zeros([n]), x, { reverse: true });
  return t.sign().sub(polynomial).square().sum().div(2);
}

/** @type {import("../programs.mjs").Evaluation} */
export const llsq = {
  arguments: ({ x, n }) => [tensor(x), n],
  functions: { primal: distance, gradient: grad(distance) },
};
