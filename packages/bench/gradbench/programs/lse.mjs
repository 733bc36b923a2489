import { grad, tensor } from "@chainrule/core";

const logSumExp = (x) => x.logSumExp();

/** @type {import("../programs.mjs").Evaluation} */
export const lse = {
  arguments: ({ x }) => [tensor(x)],
  functions: { primal: logSumExp, gradient: grad(logSumExp) },
};
