import { DTypeError, formatShape, InRange, type Shape, ShapeError, sameShape, sizeOf, Tensor } from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { indexTensor, type PlainIndices } from "../indices.js";

/**
 * The true classes of a batch: one-hot (a float tensor of the shape of the scores), or the index of each row's class
 * (an int32 tensor, or numbers).
 */
export type Labels = Tensor | PlainIndices;

/** Labels as a tensor: plain numbers are indices. */
export function labelTensor(op: string, labels: Labels): Tensor {
  if (labels instanceof Tensor) return labels;
  return indexTensor(op, "label", labels, "one-hot labels are a float tensor");
}

/** The number of classes and of rows of a batch of scores, [..., classes]; a vector is a batch of one. */
export function batchSizes(op: string, scores: Tensor): { readonly classes: number; readonly rows: number } {
  checkTensor(op, "scores", scores);
  const classes = scores.shape.at(-1);
  if (classes === undefined || classes === 0) {
    throw new ShapeError(
      `${op}: scores of shape ${formatShape(scores.shape)} have no classes; give [classes] or [N, classes]`,
    );
  }
  return { classes, rows: sizeOf(scores.shape.slice(0, -1)) };
}

/** Checks that labels belong to the scores: their shape and their dtype; the range of indices is `checkLabelRange`'s. */
export function checkLabels(op: string, scores: Tensor, labels: Tensor): void {
  batchSizes(op, scores);
  if (labels.dtype !== "int32") {
    if (labels.dtype === "bool")
      throw new DTypeError(`${op}: one-hot labels are floats, got bool; convert with cast("${scores.dtype}")`);
    if (!sameShape(labels.shape, scores.shape)) throw mismatch(op, scores, labels);
    return;
  }
  const indexShape: Shape = scores.shape.slice(0, -1);
  const batchOfOne = scores.rank === 1 && sameShape(labels.shape, [1]);
  if (!sameShape(labels.shape, indexShape) && !batchOfOne) throw mismatch(op, scores, labels);
}

/**
 * Labels that are indices as they are, once they are known to be classes of the scores: in a compiled function at each call,
 * before anything has changed.
 */
export function labelsInRange(op: string, scores: Tensor, labels: Tensor): Tensor {
  return labels.dtype === "int32" ? rangeOf(op, scores).apply(labels) : labels;
}

/** The check by itself, where the values are known and no op is wanted. */
export function checkLabelRange(op: string, scores: Tensor, labels: Tensor): void {
  if (labels.dtype === "int32") rangeOf(op, scores).localForward(labels.shape, "int32", labels);
}

function rangeOf(op: string, scores: Tensor): InRange {
  const { classes } = batchSizes(op, scores);
  return new InRange(op, classes, "label", `${classes} classes`);
}

function mismatch(op: string, scores: Tensor, labels: Tensor): ShapeError {
  const shape = formatShape(scores.shape);
  return new ShapeError(
    `${op}: labels ${labels.dtype} ${formatShape(labels.shape)} for scores ${shape}: they are one-hot, a float tensor ${shape}, ` +
      `or class indices, int32 ${formatShape(scores.shape.slice(0, -1))}; convert with cast or reshape`,
  );
}
