import { concat, tensor } from "@chainrule/core";
import { argmax, argmin } from "./descent.mjs";
import { inAllModes } from "./modes.mjs";

/** The steps of the inner descent are kept for a gradient that goes back through them. */
const limit = 1000;

const height = (x, y) => x.square().sum().sub(y.square().sum());

/** @type {import("../programs.mjs").Evaluation} */
export const saddle = {
  arguments: ({ start }) => [tensor(start)],
  functions: inAllModes((outer, inner) => (start) => {
    const highest = (x) => {
      const f = (y) => height(x, y);
      return argmax(f, inner(f), start, { limit });
    };
    const greatest = (x) => height(x, highest(x));
    const x = argmin(greatest, outer(greatest), start);
    return concat([x, highest(x)]);
  }),
};
