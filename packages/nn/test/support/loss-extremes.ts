import { type Tensor, tensor, zeros } from "@chainrule/core";
import {
  binaryCrossEntropyWithLogits,
  cosineSimilarityLoss,
  crossEntropy,
  gaussianNllLoss,
  hingeLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  nllLoss,
  poissonNllLoss,
  smoothL1Loss,
  tripletMarginLoss,
} from "../../src/index.js";

/** A loss where numbers are enormous or infinite: its value, and the gradient of its sum. */
export interface LossExtreme {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  readonly at: readonly number[];
  readonly value: readonly number[];
  readonly gradient: readonly number[];
}

const inf = Number.POSITIVE_INFINITY;
const none = { reduction: "none" } as const;

export const lossExtremes: readonly LossExtreme[] = [
  {
    name: "crossEntropy",
    f: (x) => crossEntropy(x.reshape([2, 2]), [0, 0], { reduction: "none" }),
    at: [1000, -1000, -1000, 1000],
    value: [0, 2000],
    gradient: [0, 0, -1, 1],
  },
  {
    name: "crossEntropy, smoothed",
    f: (x) => crossEntropy(x.reshape([1, 4]), [0], { labelSmoothing: 0.5 }),
    at: [1000, -1000, -1000, -1000],
    value: [750],
    gradient: [0.375, -0.125, -0.125, -0.125],
  },
  {
    name: "crossEntropy with a masked class",
    f: (x) => crossEntropy(x.reshape([2, 2]), [0, 0], { reduction: "none" }),
    at: [0, -inf, -1000, -inf],
    value: [0, 0],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "binaryCrossEntropyWithLogits",
    f: (x) => binaryCrossEntropyWithLogits(x, tensor([1, 0, 1, 0]), { reduction: "none" }),
    at: [1000, -1000, -1000, 1000],
    value: [0, 0, 1000, 1000],
    gradient: [0, 0, -1, 1],
  },
  {
    name: "binaryCrossEntropyWithLogits of infinities",
    f: (x) => binaryCrossEntropyWithLogits(x, tensor([1, 0, 1, 0]), { reduction: "none" }),
    at: [inf, -inf, -inf, inf],
    value: [0, 0, inf, inf],
    gradient: [0, 0, -1, 1],
  },
  {
    name: "huberLoss",
    f: (x) => huberLoss(x, zeros([4]) as Tensor, { reduction: "none" }),
    at: [1e300, -1e300, inf, -inf],
    value: [1e300, 1e300, inf, inf],
    gradient: [1, -1, 1, -1],
  },
  {
    name: "klDivergence by the prediction, a target of 0 where it is -infinity",
    f: (x) => klDivergence(x, tensor([1, 0, 0, 0])),
    at: [-1000, -inf, -1, -inf],
    value: [1000],
    gradient: [-1, 0, 0, 0],
  },
  {
    name: "klDivergence by the logarithms of the target",
    f: (x) => klDivergence(zeros([4]).sub(1) as Tensor, x, { logTarget: true }),
    at: [0, -1000, -inf, -inf],
    value: [1],
    gradient: [2, 0, 0, 0],
  },
  {
    name: "klDivergence by the target, whose p log p has a derivative of 0 at 0",
    f: (x) => klDivergence(zeros([4]).sub(1) as Tensor, x),
    at: [1, 0, 0, 0],
    value: [1],
    gradient: [2, 1, 1, 1],
  },
  {
    name: "crossEntropy, what stands in ignored rows",
    f: (x) => crossEntropy(x.reshape([2, 2]), [0, -1], { ignoreIndex: -1 }),
    at: [1000, -1000, Number.NaN, inf],
    value: [0],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "crossEntropy, all rows ignored",
    f: (x) => crossEntropy(x.reshape([2, 2]), [7, 7], { ignoreIndex: 7 }),
    at: [1000, -1000, Number.NaN, inf],
    value: [Number.NaN],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "crossEntropy, a weight of 0 on what is impossible",
    f: (x) => crossEntropy(x.reshape([2, 2]), [1, 0], { weight: [2, 0], reduction: "none" }),
    at: [0, -inf, 1000, -1000],
    value: [0, 0],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "nllLoss, what stands in ignored rows, and beside the label",
    f: (x) => nllLoss(x.reshape([2, 2]), [0, -1], { ignoreIndex: -1, reduction: "sum" }),
    at: [-1000, -inf, Number.NaN, inf],
    value: [1000],
    gradient: [-1, 0, 0, 0],
  },
  {
    name: "binaryCrossEntropyWithLogits, weighted",
    f: (x) => binaryCrossEntropyWithLogits(x, tensor([1, 0, 1, 0]), { posWeight: 3, weight: tensor(2), ...none }),
    at: [1000, -1000, -1000, 1000],
    value: [0, 0, 6000, 2000],
    gradient: [0, 0, -6, 2],
  },
  {
    name: "l1Loss and smoothL1Loss",
    f: (x) => l1Loss(x, zeros([4]) as Tensor, none).add(smoothL1Loss(x, zeros([4]) as Tensor, { beta: 0, ...none })),
    at: [1e300, -1e300, 0, -inf],
    value: [2e300, 2e300, 0, inf],
    gradient: [2, -2, 0, -2],
  },
  {
    name: "hingeLoss",
    f: (x) => hingeLoss(x, tensor([1, -1, 1, 1]), none),
    at: [1e300, 1e300, 1, -inf],
    value: [0, 1e300, 0, inf],
    gradient: [0, 1, 0, -1],
  },
  {
    name: "cosineSimilarityLoss of enormous vectors, and of 0",
    f: (x) => cosineSimilarityLoss(x.reshape([2, 2]), tensor([[1e200, 0], [1, 1]]), none), // biome-ignore format: a matrix
    at: [1e200, 0, 0, 0],
    value: [0, 1],
    // Of the vector 0, the direction is that of nothing: 0.
    gradient: [0, 0, 0, 0],
  },
  {
    name: "tripletMarginLoss of equal vectors",
    f: (x) => {
      const same: Tensor = x.detach().reshape([1, 4]);
      return tripletMarginLoss(x.reshape([1, 4]) as Tensor, same, same, { eps: 0 });
    },
    at: [1e200, -1e200, 0, 1],
    value: [1],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "gaussianNllLoss by variances of nothing and less",
    f: (x) => gaussianNllLoss(tensor([1, 1, 1, 1]), tensor([1, 1, 1, 1]), x as Tensor<[4]>, { eps: 1, ...none }),
    at: [0, -5, -inf, 0.5],
    value: [0, 0, 0, 0],
    gradient: [0, 0, 0, 0],
  },
  {
    name: "poissonNllLoss of a rate of 0, and of no counts",
    f: (x) => poissonNllLoss(x, tensor([0, 0, 0, 0]), { logInput: false, ...none }),
    at: [0, 1, 1e300, 5],
    value: [0, 1, 1e300, 5],
    gradient: [1, 1, 1, 1],
  },
];
