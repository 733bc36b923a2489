import { DTypeError, formatShape, type Shape, ShapeError, sameShape, sizeOf, Tensor } from "@chainrule/core";
import { indexTensor, type PlainIndices } from "../functions/indices.js";

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
  const classes = scores.shape.at(-1);
  if (classes === undefined || classes === 0) {
    throw new ShapeError(
      `${op}: scores of shape ${formatShape(scores.shape)} have no classes; give [classes] or [N, classes]`,
    );
  }
  return { classes, rows: sizeOf(scores.shape.slice(0, -1)) };
}

/** Checks that labels belong to the scores: their shape, their dtype, and the range of indices. */
export function checkLabels(op: string, scores: Tensor, labels: Tensor): void {
  const { classes } = batchSizes(op, scores);
  if (labels.dtype !== "int32") {
    if (labels.dtype === "bool")
      throw new DTypeError(`${op}: one-hot labels are floats, got bool; convert with cast("${scores.dtype}")`);
    if (!sameShape(labels.shape, scores.shape)) throw mismatch(op, scores, labels);
    return;
  }
  const indexShape: Shape = scores.shape.slice(0, -1);
  const batchOfOne = scores.rank === 1 && sameShape(labels.shape, [1]);
  if (!sameShape(labels.shape, indexShape) && !batchOfOne) throw mismatch(op, scores, labels);
  let i = 0;
  for (const index of labels.data) {
    if (index < 0 || index >= classes) {
      throw new ShapeError(
        `${op}: label ${index} (element ${i}) is out of range for ${classes} classes: from 0 to ${classes - 1}`,
      );
    }
    i++;
  }
}

function mismatch(op: string, scores: Tensor, labels: Tensor): ShapeError {
  const shape = formatShape(scores.shape);
  return new ShapeError(
    `${op}: labels ${labels.dtype} ${formatShape(labels.shape)} for scores ${shape}: they are one-hot, a float tensor ${shape}, ` +
      `or class indices, int32 ${formatShape(scores.shape.slice(0, -1))}; convert with cast or reshape`,
  );
}
