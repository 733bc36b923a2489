import { MeanSquaredError, SoftmaxWithLoss, SumOfSquaredErrors } from "@chainrule/nn";

/** The nodes that nn adds to core's, by which a graph comes out of JSON as it went in. */
export const lossNodes = { MeanSquaredError, SoftmaxWithLoss, SumOfSquaredErrors };
