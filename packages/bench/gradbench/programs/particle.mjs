import { stack, tensor, whileLoop } from "@chainrule/core";
import { argmin } from "./descent.mjs";
import { inAllModes } from "./modes.mjs";

const interval = 0.1;

/** The steps of a flight are kept for a gradient: 100 would be one of 10 seconds, and it takes half as long. */
const limit = 400;

/** The square of where a particle comes down that flies past two charges, one of which is w lower than the other. */
function landing(w, gradient) {
  const [shift] = w.unstack();
  const charges = [stack([tensor(10), shift.neg().add(10)]), tensor([10, 0])];
  const potential = (x) =>
    charges.map((charge) => x.sub(charge).square().sum().rsqrt()).reduce((sum, one) => sum.add(one));
  const force = gradient(potential);
  const next = ({ x, v }) => x.add(v.mul(interval));
  const { x, v } = whileLoop(
    (state) => next(state).slice([1]).greater(0),
    (state) => ({ x: next(state), v: state.v.sub(force(state.x).mul(interval)) }),
    { x: tensor([0, 8]), v: tensor([0.75, 0]) },
    { limit },
  );
  const below = next({ x, v });
  const time = below
    .slice([1])
    .div(v.slice([1]))
    .neg();
  return below
    .slice([0])
    .add(v.slice([0]).mul(time))
    .square();
}

/** @type {import("../programs.mjs").Evaluation} */
export const particle = {
  arguments: ({ w }) => [tensor([w])],
  functions: inAllModes((outer, inner) => (w) => {
    const f = (at) => landing(at, inner);
    return argmin(f, outer(f), w).slice([0]);
  }),
};
