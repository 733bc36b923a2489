import { grad, tensor } from "@chainrule/core";

const square = (x) => x.mul(x);

/** @type {import("../programs.mjs").Evaluation} */
export const hello = {
  arguments: (x) => [tensor(x)],
  functions: { square, double: grad(square) },
};
