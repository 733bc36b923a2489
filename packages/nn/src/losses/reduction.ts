import { ChainruleError, type Shape, type Tensor } from "@chainrule/core";

/** What becomes of the losses of a batch: their mean, their sum, or one after the other in a tensor. */
export type Reduction = "mean" | "sum" | "none";

export interface ReductionOptions<R extends Reduction> {
  /** "mean" unless said otherwise; the mean of no losses is NaN, their sum 0. */
  readonly reduction?: R | undefined;
}

/** A scalar, or with "none" the losses of shape S. */
export type Reduced<R extends Reduction, S extends Shape> = R extends "none" ? Tensor<S> : Tensor<[]>;

/** The shape of one loss a row: without the last axis, that of the classes. */
export type Rows<S extends Shape> = number extends S["length"]
  ? Shape
  : S extends readonly [...infer Batch extends Shape, number]
    ? Batch
    : Shape;

export function reduce<R extends Reduction, S extends Shape>(op: string, losses: Tensor, reduction: R): Reduced<R, S> {
  return reducedBy(op, losses, reduction) as Reduced<R, S>;
}

function reducedBy(op: string, losses: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case "mean":
      return losses.mean();
    case "sum":
      return losses.sum();
    case "none":
      return losses;
    default:
      reduction satisfies never;
      throw new ChainruleError(`${op}: reduction ${JSON.stringify(reduction)}: "mean", "sum" or "none" is needed`);
  }
}

/**
 * weight x cost, where an infinite cost counts nothing if its weight is 0: the limit of p log p, and what a class of
 * probability 0 adds to an expected cost. The gradients are those of the product, and stay finite there, too.
 */
export function weighed(weight: Tensor, cost: Tensor): Tensor {
  return weight.mul(finiteWhereUnused(weight, cost));
}

export function finiteWhereUnused(weight: Tensor, cost: Tensor): Tensor {
  return weight.equal(0).where(cost.abs().equal(Number.POSITIVE_INFINITY).where(0, cost), cost);
}
