import { type Shape, type Tensor, tensor } from "@chainrule/core";
import {
  binaryCrossEntropyWithLogits,
  cosineEmbeddingLoss,
  cosineSimilarityLoss,
  crossEntropy,
  crossEntropyError,
  ctcLoss,
  gaussianNllLoss,
  hingeLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  meanSquaredError,
  multiMarginLoss,
  nllLoss,
  poissonNllLoss,
  type Reduction,
  sigmoidWithLoss,
  smoothL1Loss,
  softmaxWithLoss,
  sumOfSquaredErrors,
  tripletMarginLoss,
} from "../../src/index.js";
import { pytorchLosses } from "./pytorch-losses.js";

/*
 * The table of losses: each row is tested for its values (against PyTorch's and against plain loops, on many shapes), its
 * derivatives, its compiled form, its dtypes and its errors by losses.test. A loss of nn without a row fails there.
 */

/** Numbers of a shape: waves, or drawn ones. */
export type Make = (shape: Shape, scale?: number, shift?: number) => Tensor;

type Chunk = readonly number[];

export interface LossRow {
  /** The function of the index, and what is special in this row. */
  readonly name: string;
  readonly f: (reduction: Reduction, ...inputs: Tensor[]) => Tensor;
  /** What it takes, for outputs of a shape, the last axis of which may be one of classes or of the elements of vectors. */
  readonly inputs: (make: Make, shape: Shape) => readonly Tensor[];
  /** One of the losses, of what belongs to it in each of the inputs: a row or an element. */
  readonly naive: (...chunks: Chunk[]) => number;
  /** The part of a loss in the mean; 1 unless given. */
  readonly part?: (...chunks: Chunk[]) => number;
  /** What a loss is divided by before the mean; 1 unless given. */
  readonly divisor?: (...chunks: Chunk[]) => number;
  /** The inputs, counted from 0, by which there is no derivative, though they are floats. */
  readonly fixed?: readonly number[];
  /** The reductions that there are; all unless given. */
  readonly reductions?: readonly Reduction[];
  /** What PyTorch 1.13 gives for waves of shape [3, 4], one after the other and in the mean. */
  readonly torch?: { readonly each: readonly number[]; readonly mean: number } | undefined;
}

const rowsOf = (shape: Shape): Shape => shape.slice(0, -1);
const sizeOf = (shape: Shape) => shape.reduce((product, n) => product * n, 1);
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const first = (chunk: Chunk) => chunk[0] as number;

/** int32 labels, one a row; every third one of a batch is `ignored`, if one is given. */
function indices(shape: Shape, ignored?: number): Tensor {
  const classes = shape.at(-1) as number;
  const size = sizeOf(rowsOf(shape));
  const list = Array.from({ length: size }, (_, i) => (i % 3 === 1 ? ignored : undefined) ?? (i * 2 + 1) % classes);
  return tensor(list, { dtype: "int32" }).reshape(rowsOf(shape)) as Tensor;
}

/** Weights of any number of classes. */
export const weightsOf = (classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => 0.5 + ((c * 3) % 4) / 2);
const weightOf = (label: number) => 0.5 + ((label * 3) % 4) / 2;
const classesOf = (x: Tensor) => x.shape.at(-1) as number;

function logSoftmax(x: Chunk): number[] {
  const max = Math.max(...x);
  const log = max + Math.log(sum(x.map((score) => Math.exp(score - max))));
  return x.map((score) => score - log);
}

/** -sum w q log p, of logarithms and of labels smoothed by a share; a negative label counts nothing. */
function classCost(logP: Chunk, labels: Chunk, isIndex: boolean, weigh: (label: number) => number, share = 0): number {
  if (isIndex && first(labels) < 0) return 0;
  const q = isIndex ? logP.map((_, c) => (c === first(labels) ? 1 : 0)) : labels;
  return -sum(logP.map((log, c) => weigh(c) * ((1 - share) * (q[c] as number) + share / logP.length) * log));
}

const even = () => 1;
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const huber = (e: number, delta: number) => (Math.abs(e) < delta ? (e * e) / 2 : delta * (Math.abs(e) - delta / 2));
const dot = (a: Chunk, b: Chunk) => sum(a.map((x, i) => x * (b[i] as number)));
const cosine = (a: Chunk, b: Chunk) =>
  dot(a, b) / (Math.max(Math.sqrt(dot(a, a)), 1e-8) * Math.max(Math.sqrt(dot(b, b)), 1e-8));
const distance = (a: Chunk, b: Chunk, p: number) => {
  const e = a.map((x, i) => Math.abs(x - (b[i] as number) + 1e-6));
  return p === Number.POSITIVE_INFINITY ? Math.max(0, ...e) : sum(e.map((x) => x ** p)) ** (1 / p);
};

const scoresAndIndices = (make: Make, shape: Shape) => [make(shape, 2), indices(shape)];
const scoresAndSomeIndices = (make: Make, shape: Shape) => [make(shape, 2), indices(shape, -1)];
const distributions = (make: Make, shape: Shape) => [make(shape, 2), make(shape, 3, 1).softmax() as Tensor];
const pairs = (make: Make, shape: Shape) => [make(shape, 2), make(shape, 1, 1)];
const vectors = (make: Make, shape: Shape) => [make(shape), make(shape, 1, 1), make(shape, 1, 2)];
/** -1 and 1 in turn, a dtype's float. */
const signs = (shape: Shape) =>
  tensor(Array.from({ length: sizeOf(shape) }, (_, i) => 1 - 2 * (i % 2))).reshape(shape) as Tensor;

/** Of each row a target of one or two labels, and two or three steps that count. */
function sequences(make: Make, shape: Shape): Tensor[] {
  const rows = rowsOf(shape);
  const classes = shape.at(-1) as number;
  const each = (f: (n: number) => number) =>
    tensor(
      Array.from({ length: sizeOf(rows) }, (_, n) => f(n)),
      { dtype: "int32" },
    );
  const lists = Array.from({ length: 2 * sizeOf(rows) }, (_, i) => (classes === 1 ? 0 : 1 + (i % (classes - 1))));
  const count = rows.length === 0 ? [] : [sizeOf(rows)];
  return [
    make([...rows, 3, classes], 2),
    tensor(lists, { dtype: "int32" }).reshape([...count, 2]) as Tensor,
    each((n) => (n % 4 === 0 ? 2 : 3)).reshape(count),
    each((n) => (classes === 1 ? 0 : 1 + (n % 2))).reshape(count),
  ];
}

/**
 * The CTC loss by all lists of classes, one for each step, that are read as the target, and its gradient; logP has the classes of each step.
 * Of no such list the loss is infinity, with a gradient of 0.
 */
export function ctcOfAllPaths(logP: readonly Chunk[], target: Chunk, blank = 0) {
  const [steps, classes] = [logP.length, logP[0]?.length ?? 1] as const;
  const gradient = logP.map((row) => row.map(() => 0));
  let total = 0;
  for (let code = 0; code < classes ** steps; code++) {
    const path = logP.map((_, t) => Math.floor(code / classes ** t) % classes);
    const read = path.filter((label, t) => label !== blank && label !== path[t - 1]);
    if (read.length !== target.length || read.some((label, i) => label !== target[i])) continue;
    const chance = Math.exp(sum(path.map((label, t) => (logP[t] as Chunk)[label] as number)));
    total += chance;
    path.forEach((label, t) => {
      const row = gradient[t] as number[];
      row[label] = (row[label] as number) - chance;
    });
  }
  return {
    loss: -Math.log(total),
    gradient: gradient.map((row) => row.map((part) => (total === 0 ? 0 : part / total))),
  };
}

type Row = Omit<LossRow, "torch">;

const rows: readonly Row[] = [
  {
    name: "crossEntropy of indices",
    f: (reduction, x, t) => crossEntropy(x as Tensor, t as Tensor, { reduction }),
    inputs: scoresAndIndices,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, true, even),
  },
  {
    name: "crossEntropy of indices, smoothed",
    f: (reduction, x, t) => crossEntropy(x as Tensor, t as Tensor, { reduction, labelSmoothing: 0.1 }),
    inputs: scoresAndIndices,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, true, even, 0.1),
  },
  {
    name: "crossEntropy of indices, weighted",
    f: (reduction, x, t) =>
      crossEntropy(x as Tensor, t as Tensor, { reduction, weight: weightsOf(classesOf(x as Tensor)) }),
    inputs: scoresAndIndices,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, true, weightOf),
    part: (_, t) => weightOf(first(t as Chunk)),
  },
  {
    name: "crossEntropy of indices, some ignored, smoothed",
    f: (reduction, x, t) => crossEntropy(x as Tensor, t as Tensor, { reduction, ignoreIndex: -1, labelSmoothing: 0.1 }),
    inputs: scoresAndSomeIndices,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, true, even, 0.1),
    part: (_, t) => (first(t as Chunk) < 0 ? 0 : 1),
  },
  {
    name: "crossEntropy of probabilities",
    f: (reduction, x, t) => crossEntropy(x as Tensor, t as Tensor, { reduction }),
    inputs: distributions,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, false, even),
  },
  {
    name: "crossEntropy of probabilities, weighted, smoothed",
    f: (reduction, x, t) => {
      const weight = weightsOf(classesOf(x as Tensor));
      return crossEntropy(x as Tensor, t as Tensor, { reduction, labelSmoothing: 0.3, weight });
    },
    inputs: distributions,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, false, weightOf, 0.3),
  },
  {
    name: "softmaxWithLoss of indices, weighted, some ignored, smoothed",
    f: (reduction, x, t) => {
      const weight = weightsOf(classesOf(x as Tensor));
      return softmaxWithLoss(x as Tensor, t as Tensor, { reduction, labelSmoothing: 0.1, ignoreIndex: -1, weight });
    },
    inputs: scoresAndSomeIndices,
    naive: (x, t) => classCost(logSoftmax(x as Chunk), t as Chunk, true, weightOf, 0.1),
    part: (_, t) => (first(t as Chunk) < 0 ? 0 : weightOf(first(t as Chunk))),
  },
  {
    name: "crossEntropyError of probabilities",
    f: (_, y, t) => crossEntropyError(y as Tensor, t as Tensor),
    inputs: (make, shape) => distributions(make, shape).map((x) => x.softmax() as Tensor),
    naive: (y, t) => -sum((y as Chunk).map((p, c) => ((t as Chunk)[c] as number) * Math.log(p + 1e-7))),
    reductions: ["mean"],
  },
  {
    name: "nllLoss of indices",
    f: (reduction, x, t) => nllLoss(x as Tensor, t as Tensor, { reduction }),
    inputs: scoresAndIndices,
    naive: (x, t) => classCost(x as Chunk, t as Chunk, true, even),
  },
  {
    name: "nllLoss of indices, weighted, some ignored",
    f: (reduction, x, t) =>
      nllLoss(x as Tensor, t as Tensor, { reduction, ignoreIndex: -1, weight: weightsOf(classesOf(x as Tensor)) }),
    inputs: scoresAndSomeIndices,
    naive: (x, t) => classCost(x as Chunk, t as Chunk, true, weightOf),
    part: (_, t) => (first(t as Chunk) < 0 ? 0 : weightOf(first(t as Chunk))),
  },
  {
    name: "nllLoss of probabilities",
    f: (reduction, x, t) => nllLoss(x as Tensor, t as Tensor, { reduction }),
    inputs: distributions,
    naive: (x, t) => classCost(x as Chunk, t as Chunk, false, even),
  },
  {
    name: "binaryCrossEntropyWithLogits",
    f: (reduction, x, t) => binaryCrossEntropyWithLogits(x as Tensor, t as Tensor, { reduction }),
    inputs: (make, shape) => [make(shape, 2), make(shape, 1, 1).sigmoid() as Tensor],
    naive: ([x], [t]) => (t as number) * softplus(-(x as number)) + (1 - (t as number)) * softplus(x as number),
  },
  {
    name: "binaryCrossEntropyWithLogits, weighted by tensors",
    f: (reduction, x, t, weight, posWeight) =>
      binaryCrossEntropyWithLogits(x as Tensor, t as Tensor, { reduction, weight, posWeight: posWeight as Tensor }),
    inputs: (make, shape) => [
      make(shape, 2),
      make(shape, 1, 1).sigmoid() as Tensor,
      make(shape, 1, 2).add(2) as Tensor,
      make(shape, 1, 3).add(2) as Tensor,
    ],
    naive: ([x], [t], [w], [p]) =>
      (w as number) *
      ((p as number) * (t as number) * softplus(-(x as number)) + (1 - (t as number)) * softplus(x as number)),
  },
  {
    name: "sigmoidWithLoss, positive weight",
    f: (reduction, x, t) => sigmoidWithLoss(x as Tensor, t as Tensor, { reduction, posWeight: 3 }),
    inputs: (make, shape) => [make(shape, 2), make(shape, 1, 1).sigmoid() as Tensor],
    naive: ([x], [t]) => 3 * (t as number) * softplus(-(x as number)) + (1 - (t as number)) * softplus(x as number),
  },
  {
    name: "meanSquaredError",
    f: (reduction, y, t) => meanSquaredError(y as Tensor, t as Tensor, { reduction }),
    inputs: pairs,
    naive: ([y], [t]) => ((y as number) - (t as number)) ** 2,
  },
  {
    name: "sumOfSquaredErrors",
    f: (_, y, t) => sumOfSquaredErrors(y as Tensor, t as Tensor),
    inputs: pairs,
    naive: ([y], [t]) => ((y as number) - (t as number)) ** 2 / 2,
    reductions: ["sum"],
  },
  {
    name: "l1Loss",
    f: (reduction, y, t) => l1Loss(y as Tensor, t as Tensor, { reduction }),
    inputs: pairs,
    naive: ([y], [t]) => Math.abs((y as number) - (t as number)),
  },
  {
    name: "huberLoss",
    f: (reduction, y, t) => huberLoss(y as Tensor, t as Tensor, { reduction, delta: 0.8 }),
    inputs: pairs,
    naive: ([y], [t]) => huber((y as number) - (t as number), 0.8),
  },
  {
    name: "smoothL1Loss",
    f: (reduction, y, t) => smoothL1Loss(y as Tensor, t as Tensor, { reduction, beta: 0.5 }),
    inputs: pairs,
    naive: ([y], [t]) => huber((y as number) - (t as number), 0.5) / 0.5,
  },
  {
    name: "smoothL1Loss, beta 0",
    f: (reduction, y, t) => smoothL1Loss(y as Tensor, t as Tensor, { reduction, beta: 0 }),
    inputs: pairs,
    naive: ([y], [t]) => Math.abs((y as number) - (t as number)),
  },
  {
    name: "klDivergence of probabilities",
    f: (reduction, x, p) => klDivergence(x as Tensor, p as Tensor, { reduction }),
    inputs: distributions,
    naive: (x, p) => sum((p as Chunk).map((p, c) => p * (Math.log(p) - ((x as Chunk)[c] as number)))),
  },
  {
    name: "klDivergence of logarithms",
    f: (reduction, x, p) => klDivergence(x as Tensor, p as Tensor, { reduction, logTarget: true }),
    inputs: pairs,
    naive: (x, p) => sum((p as Chunk).map((log, c) => Math.exp(log) * (log - ((x as Chunk)[c] as number)))),
  },
  ...([1, 2] as const).flatMap((p): Row[] => [
    {
      name: `hingeLoss, p ${p}`,
      f: (reduction, y, t) => hingeLoss(y as Tensor, t as Tensor, { reduction, p, margin: 0.7 }),
      inputs: (make, shape) => [make(shape), signs(shape)],
      naive: ([y], [t]) => Math.max(0, 0.7 - (y as number) * (t as number)) ** p,
    },
    {
      name: `multiMarginLoss, p ${p}, weighted`,
      f: (reduction, x, t) => {
        const weight = weightsOf(classesOf(x as Tensor));
        return multiMarginLoss(x as Tensor, t as Tensor, { reduction, p, margin: 0.7, weight });
      },
      inputs: scoresAndIndices,
      naive: (x, t) => {
        const [scores, label] = [x as Chunk, first(t as Chunk)];
        const lost = scores.map((score, c) => (c === label ? 0 : Math.max(0, 0.7 - (scores[label] as number) + score)));
        return (weightOf(label) * sum(lost.map((x) => x ** p))) / scores.length;
      },
    },
  ]),
  {
    name: "cosineSimilarityLoss",
    f: (reduction, a, b) => cosineSimilarityLoss(a as Tensor, b as Tensor, { reduction }),
    inputs: (make, shape) => vectors(make, shape).slice(1),
    naive: (a, b) => 1 - cosine(a as Chunk, b as Chunk),
  },
  {
    name: "cosineEmbeddingLoss",
    f: (reduction, a, b, t) => cosineEmbeddingLoss(a as Tensor, b as Tensor, t as Tensor, { reduction, margin: -0.3 }),
    inputs: (make, shape) => [...vectors(make, shape).slice(1), signs(rowsOf(shape))],
    fixed: [2],
    naive: (a, b, t) => {
      const cos = cosine(a as Chunk, b as Chunk);
      return first(t as Chunk) > 0 ? 1 - cos : Math.max(0, cos + 0.3);
    },
  },
  ...([1, 2, Number.POSITIVE_INFINITY] as const).map(
    (p): Row => ({
      name: `tripletMarginLoss, p ${p}`,
      f: (reduction, a, b, c) => tripletMarginLoss(a as Tensor, b as Tensor, c as Tensor, { reduction, p }),
      inputs: vectors,
      naive: (a, b, c) => Math.max(0, distance(a as Chunk, b as Chunk, p) - distance(a as Chunk, c as Chunk, p) + 1),
    }),
  ),
  {
    name: "tripletMarginLoss, swapped",
    f: (reduction, a, b, c) =>
      tripletMarginLoss(a as Tensor, b as Tensor, c as Tensor, { reduction, swap: true, margin: 2 }),
    inputs: vectors,
    naive: (a, b, c) => {
      const far = Math.min(distance(a as Chunk, c as Chunk, 2), distance(b as Chunk, c as Chunk, 2));
      return Math.max(0, distance(a as Chunk, b as Chunk, 2) - far + 2);
    },
  },
  ...[false, true].flatMap((full): Row[] => [
    {
      name: `gaussianNllLoss${full ? ", full" : ""}`,
      f: (reduction, y, t, v) => gaussianNllLoss(y as Tensor, t as Tensor, v as Tensor, { reduction, full }),
      inputs: (make, shape) => [...pairs(make, shape), make(shape, 1, 2).exp() as Tensor],
      naive: ([y], [t], [v]) =>
        (Math.log(v as number) + ((y as number) - (t as number)) ** 2 / (v as number)) / 2 +
        (full ? Math.log(2 * Math.PI) / 2 : 0),
    },
    {
      name: `poissonNllLoss${full ? ", full" : ""}`,
      f: (reduction, x, t) => poissonNllLoss(x as Tensor, t as Tensor, { reduction, full }),
      inputs: (make, shape) => [make(shape), make(shape, 3, 1).abs() as Tensor],
      naive: ([x], [t]) => Math.exp(x as number) - (t as number) * (x as number) + (full ? stirling(t as number) : 0),
    },
  ]),
  {
    name: "ctcLoss",
    f: (reduction, x, ...[targets, inputLengths, targetLengths]) => {
      const rows = (x as Tensor).shape.slice(0, -2);
      const [steps, classes] = (x as Tensor).shape.slice(-2) as [number, number];
      const logP = rows.length === 0 ? x : x?.reshape([sizeOf(rows), steps, classes]).transpose([1, 0, 2]);
      const [t, counted, lengths] = [targets, inputLengths, targetLengths] as [Tensor, Tensor, Tensor];
      const loss: Tensor = ctcLoss(logP as Tensor, t, counted, lengths, { reduction });
      return reduction === "none" ? loss.reshape(rows) : loss;
    },
    inputs: sequences,
    naive: (x, targets, [steps] = [], [length] = []) => {
      const classes = (x as Chunk).length / 3;
      const logP = Array.from({ length: steps as number }, (_, t) =>
        (x as Chunk).slice(t * classes, (t + 1) * classes),
      );
      return ctcOfAllPaths(logP, (targets as Chunk).slice(0, length)).loss;
    },
    divisor: (_x, _targets, _steps, [length] = []) => Math.max(1, length as number),
  },
  {
    name: "poissonNllLoss of rates",
    f: (reduction, x, t) => poissonNllLoss(x as Tensor, t as Tensor, { reduction, logInput: false }),
    inputs: (make, shape) => [make(shape).exp() as Tensor, make(shape, 3, 1).abs() as Tensor],
    naive: ([x], [t]) => (x as number) - (t as number) * Math.log((x as number) + 1e-8),
  },
];

function stirling(t: number): number {
  return t > 1 ? t * Math.log(t) - t + Math.log(2 * Math.PI * t) / 2 : 0;
}

export const lossRows: readonly LossRow[] = rows.map((row) => ({ ...row, torch: pytorchLosses[row.name] }));
