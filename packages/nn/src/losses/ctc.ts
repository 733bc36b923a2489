import {
  arange,
  ChainruleError,
  checkNoMore,
  checkOptions,
  concat,
  cumsum,
  DTypeError,
  formatShape,
  full,
  gather,
  inRange,
  type Shape,
  ShapeError,
  sameShape,
  scan,
  stack,
  Tensor,
  zeros,
} from "@chainrule/core";
import { checkFloat, checkSetting } from "../checks.js";
import { indexTensor, type PlainIndices } from "../indices.js";
import { type Reduced, type Reduction, type ReductionOptions, reduce } from "./reduction.js";

export interface CtcOptions<R extends Reduction> extends ReductionOptions<R> {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number | undefined;
  /** Whether the loss of a sequence that is too short for its target is 0 instead of infinity. Default false. */
  readonly zeroInfinity?: boolean | undefined;
}

/** One loss a sequence: [N] of [T, N, C], a scalar of [T, C]. */
export type CtcRows<S extends Shape> = number extends S["length"]
  ? Shape
  : S extends readonly [number, infer N extends number, number]
    ? [N]
    : S extends readonly [number, number]
      ? []
      : Shape;

/**
 * Connectionist temporal classification: -log of the probability of a target, a list of labels, summed over all the ways in which the
 * steps of a longer sequence can be read as that target: each step is a label or the blank, labels that repeat count once, and then
 * blanks are left out. A. Graves et al., ICML 2006; PyTorch's ctc_loss. The mean is, as there, that of each loss divided by the length
 * of its target (or 1).
 *
 * A sequence that is too short for its target has the loss infinity, and a gradient of 0, with `zeroInfinity` or without. The gradient is
 * that by logP; PyTorch's is another one, which is right only behind a log_softmax, where both become the same.
 *
 * All steps are one loop, `scan`, forward in the sums of probabilities (in logarithms) of the beginnings of the targets.
 *
 * @param logP logarithms of probabilities, such as `scores.logSoftmax()`: [T, N, C], steps first, or [T, C] for one sequence. float64,
 * float32
 * @param targets labels other than the blank: int32 [N, S], padded with anything; [S] for one sequence; or [sum of the target lengths], one
 * behind the other, also as plain numbers
 * @param inputLengths how many of the steps count, int32 [N] or plain numbers, each at most T; one number for one sequence
 * @param targetLengths how many labels each target has, int32 [N] or plain numbers, each at most S; one number for one sequence
 * @returns a scalar; with `reduction: "none"` one loss a sequence, [N]
 *
 * @example
 * const logP = tensor([[[0.4, 0.6]], [[0.7, 0.3]]]).log();
 * const loss = ctcLoss(logP, [1], [2], [1]);
 * loss.neg().exp().item(); // about 0.72
 *
 * @throws ShapeError for targets or lengths that do not belong to logP, a label out of range, a blank among the labels, or lengths that do
 * not add up to the labels one behind the other; DTypeError for other dtypes; ChainruleError for a blank that is no class, or an unknown
 * reduction.
 */
export function ctcLoss<S extends Shape, R extends Reduction = "mean">(
  logP: Tensor<S>,
  targets: Tensor | readonly number[] | Int32Array,
  inputLengths: Tensor | PlainIndices,
  targetLengths: Tensor | PlainIndices,
  options: CtcOptions<R> = {},
  ...none: []
): Reduced<R, CtcRows<S>> {
  const op = "ctcLoss";
  checkNoMore(op, none);
  checkOptions(op, options, ["blank", "zeroInfinity", "reduction"], ["zeroInfinity"]);
  const { blank = 0, zeroInfinity = false, reduction = "mean" as R } = options;
  checkFloat(op, "logP", logP);
  const given: Tensor = logP;
  const one = given.rank === 2;
  const scores = one ? (given.expandDims(1) as Tensor) : given;
  if (scores.rank !== 3 || scores.shape[2] === 0) {
    throw new ShapeError(
      `${op}: logP is [T, N, C], or [T, C] for one sequence, got ${formatShape(given.shape)}; order the axes with transpose`,
    );
  }
  const [steps, rows, classes] = scores.shape as [number, number, number];
  const isClass = () => Number.isInteger(blank) && blank >= 0 && blank < classes;
  checkSetting(op, "blank", blank, isClass, `a class from 0 to ${classes - 1}`);
  const batch: Batch = { op, rows, one, classes, blank };
  const counted = lengthsOf(batch, "input length", inputLengths, steps, `${steps} steps`);
  const { labels, lengths } = targetsOf(batch, targets, targetLengths);
  const all = costsOf(batch, scores, counted, labels, lengths);
  const losses = zeroInfinity ? all.equal(Number.POSITIVE_INFINITY).where(0, all) : all;
  const each = reduction === "mean" ? losses.div(lengths.maximum(1).cast(losses.dtype)) : losses;
  return reduce(op, one ? each.reshape([]) : each, reduction);
}

interface Batch {
  readonly op: string;
  readonly rows: number;
  /** Whether it is one sequence, without an axis for the batch. */
  readonly one: boolean;
  readonly classes: number;
  readonly blank: number;
}

/** -log p of each target, [N], for logP [T, N, C] and targets [N, S] with blanks as padding. */
function costsOf({ rows, blank }: Batch, logP: Tensor, counted: Tensor, labels: Tensor, lengths: Tensor): Tensor {
  const [steps, width] = [logP.shape[0] as number, labels.shape[1] as number];
  // A blank before, between and behind the labels: a way through the steps goes from each of these to itself, to the next one, or from a
  // label to the next label that is another one.
  const blanks = labels.mul(0).add(blank);
  const last = full([rows, 1], blank, { dtype: "int32" }) as Tensor;
  const places = 2 * width + 1;
  const path: Tensor = concat([stack([blanks, labels], 2).reshape([rows, 2 * width]), last], 1);
  const twoBefore = (x: Tensor, begin: number): Tensor =>
    concat([full([rows, 2], begin, { dtype: x.dtype }) as Tensor, x], 1);
  const canSkip = path.notEqual(twoBefore(path, blank).slice([null, [0, places]]));
  const step = (sums: Tensor, { emitted, time }: { readonly emitted: Tensor; readonly time: Tensor }) => {
    const before = twoBefore(sums, Number.NEGATIVE_INFINITY);
    const skipped = canSkip.where(before.slice([null, [0, places]]), Number.NEGATIVE_INFINITY);
    const next = stack([sums, before.slice([null, [1, places + 1]]), skipped]).logSumExp(0);
    return [counted.greater(time).expandDims(1).where(next.add(emitted), sums)] as const;
  };
  const emitted = gather(logP, path.expandDims(0).broadcastTo([steps, rows, places]), 2);
  const { dtype } = logP;
  const begin = concat([zeros([rows, 1], { dtype }), full([rows, places - 1], Number.NEGATIVE_INFINITY, { dtype })], 1);
  const [sums] = scan(step, begin as Tensor, {
    emitted: emitted as Tensor,
    time: arange(steps, { dtype: "int32" }) as Tensor,
  });
  // The last label or the blank behind it.
  const end = lengths.mul(2).expandDims(1);
  const inLabel = end.greater(0).where(gather(sums, end.sub(1).maximum(0), 1), Number.NEGATIVE_INFINITY);
  return concat([gather(sums, end, 1), inLabel as Tensor], 1)
    .logSumExp(1)
    .neg();
}

/** Lengths as a tensor, int32 [N], known to be at most `most`. */
function lengthsOf(
  { op, rows, one }: Batch,
  what: string,
  given: Tensor | PlainIndices,
  most: number,
  of: string,
): Tensor {
  const lengths = given instanceof Tensor ? given : indexTensor(op, what, given, "give one for each sequence");
  checkInt32(op, `${what}s`, lengths);
  if (!sameShape(lengths.shape, [rows]) && !(one && lengths.rank === 0)) {
    throw new ShapeError(
      `${op}: ${what}s ${formatShape(lengths.shape)} for ${rows} sequences: one is needed for each, ${formatShape([rows])}`,
    );
  }
  return inRange(op, lengths.reshape([rows]), most + 1, what, of);
}

/** Targets as [N, S], with the blank behind the last label of each, and their lengths, [N]. */
function targetsOf(
  batch: Batch,
  targets: Tensor | PlainIndices,
  targetLengths: Tensor | PlainIndices,
): { readonly labels: Tensor; readonly lengths: Tensor } {
  const { op, rows, one, blank } = batch;
  const given =
    targets instanceof Tensor ? targets : indexTensor(op, "label", targets, "a matrix of labels is an int32 tensor");
  checkInt32(op, "targets", given);
  if (!one && given.rank === 1) return joinedTargets(batch, given, targetLengths);
  const padded: Tensor = one && given.rank === 1 ? given.expandDims(0) : given;
  if (padded.rank !== 2 || padded.shape[0] !== rows || (one && given.rank !== 1)) {
    const expected = one ? "[S] for one sequence" : `[${rows}, S], or the labels of all ${rows} one behind the other`;
    throw new ShapeError(`${op}: targets ${formatShape(given.shape)}: they are ${expected}; reshape them`);
  }
  const width = padded.shape[1] as number;
  const lengths = lengthsOf(batch, "target length", targetLengths, width, `targets of ${width} labels`);
  const isLabel = placesIn(lengths, width);
  const labels = width === 0 ? padded : checkedLabels(batch, isLabel.where(padded, 0), isLabel);
  return { labels: isLabel.where(labels, blank), lengths };
}

/** Of labels one behind the other. */
function joinedTargets(batch: Batch, given: Tensor, targetLengths: Tensor | PlainIndices) {
  const { op, rows, blank } = batch;
  const total = given.shape[0] as number;
  const joined = `${total} labels one behind the other`;
  const each = lengthsOf(batch, "target length", targetLengths, total, joined);
  const left = each.sum().neg().add(total);
  const none = inRange(
    op,
    left,
    1,
    "labels that belong to no target,",
    `${joined}, to which the target lengths add up`,
  );
  const lengths = each.add(none);
  if (total === 0) return { labels: zeros([rows, 0], { dtype: "int32" }) as Tensor, lengths };
  const width = longest(lengths) ?? total;
  const labels = checkedLabels(batch, given);
  const at = cumsum(lengths, 0)
    .sub(lengths)
    .expandDims(1)
    .add(arange(width, { dtype: "int32" }));
  return { labels: placesIn(lengths, width).where(labels.take(at.minimum(total - 1)), blank), lengths };
}

/** How long the longest target is, where that is known: not in a compiled function, nor in one that `vmap` runs. */
function longest(lengths: Tensor): number | undefined {
  try {
    return lengths.max().item();
  } catch (error) {
    if (error instanceof ChainruleError) return undefined;
    throw error;
  }
}

/** Which of `width` places are within the lengths, bool [N, width]. */
function placesIn(lengths: Tensor, width: number): Tensor {
  return lengths.expandDims(1).greater(arange(width, { dtype: "int32" }) as Tensor);
}

/** Labels that are known to be classes, and not the blank; in a compiled function at each call. */
function checkedLabels({ op, classes, blank }: Batch, labels: Tensor, counts?: Tensor): Tensor {
  const known: Tensor = inRange(op, labels, classes, "label", `${classes} classes`);
  const isBlank = counts === undefined ? known.equal(blank) : counts.logicalAnd(known.equal(blank));
  const blanks = isBlank.cast("int32") as Tensor;
  return known.add(inRange(op, blanks, 1, "blanks in the place of a label,", `targets of classes other than ${blank}`));
}

function checkInt32(op: string, what: string, x: Tensor): void {
  if (x.dtype !== "int32") throw new DTypeError(`${op}: ${what} are int32, got ${x.dtype}; convert with cast("int32")`);
}
