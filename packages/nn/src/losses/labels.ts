import {
  ChainruleError,
  DTypeError,
  formatShape,
  InRange,
  oneHot,
  type Shape,
  ShapeError,
  sameShape,
  show,
  sizeOf,
  Tensor,
  tensor,
} from "@chainrule/core";
import { checkDType, checkFloat, checkParameter, checkTensor } from "../checks.js";
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

/** The labels of scores as a tensor, both looked at; `what` is what errors call the scores. */
export function labelsOf(op: string, what: string, scores: Tensor, t: Labels): Tensor {
  const labels = labelTensor(op, t);
  checkFloat(op, what, scores);
  checkLabels(op, scores, labels);
  if (labels.dtype !== "int32") checkDType(op, "labels", labels, what, scores);
  return labels;
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

export interface IgnoredLabel {
  /**
   * A label that counts nothing, such as that of padding: any int32, be it a class or not. Rows with it cost 0, have gradients of
   * 0 whatever stands in them, and are left out of the mean. None unless given (PyTorch's default is -100).
   */
  readonly ignoreIndex?: number | undefined;
}

/** The labels of a batch by class: where a row has its class, or which probability. */
export interface Target {
  /** bool, of the shape of the scores, for labels that are indices: true at the label, nowhere in a row that is ignored. */
  readonly hot?: Tensor;
  /** Floats of the shape of the scores, for labels that are probabilities. */
  readonly probabilities?: Tensor;
  /** Which rows count, bool, [...]; `undefined` for all. */
  readonly kept?: Tensor;
}

/** The labels by class, after all checks. */
export function targetOf(op: string, scores: Tensor, labels: Tensor, ignoreIndex?: number): Target {
  if (labels.dtype !== "int32") {
    if (ignoreIndex === undefined) return { probabilities: labels };
    throw new ChainruleError(
      `${op}: ignoreIndex ${ignoreIndex}: labels of ${labels.dtype} are no indices; give the index of each class, as of t.argMax(-1)`,
    );
  }
  const { classes } = batchSizes(op, scores);
  const rows = scores.shape.slice(0, -1);
  if (ignoreIndex === undefined) return { hot: hotOf(labelsInRange(op, scores, labels), classes, scores.shape) };
  const ignored = labels.equal(ignoreIndex);
  const hot = hotOf(labelsInRange(op, scores, ignored.where(0, labels)), classes, scores.shape);
  const kept: Tensor = ignored.logicalNot().reshape(rows);
  return { hot: kept.expandDims(-1).logicalAnd(hot), kept };
}

function hotOf(labels: Tensor, classes: number, shape: Shape): Tensor {
  return (oneHot(labels, classes, { dtype: "bool" }) as Tensor).reshape(shape);
}

/** Refuses what is no int32 as the label that is ignored. */
export function checkIgnoreIndex(op: string, ignoreIndex: unknown): void {
  if (ignoreIndex === undefined || (typeof ignoreIndex === "number" && (ignoreIndex | 0) === ignoreIndex)) return;
  throw new ChainruleError(`${op}: ignoreIndex ${show(ignoreIndex)}: a label is needed, a whole number such as -1`);
}

/** The weights of the classes as a tensor, [classes], of the dtype of the scores. */
export function classWeights(op: string, weight: Tensor | readonly number[] | undefined, scores: Tensor) {
  if (weight === undefined) return undefined;
  const given: Tensor = Array.isArray(weight)
    ? tensor(weight as number[], { dtype: scores.dtype })
    : (weight as Tensor);
  checkParameter(op, "weight", given, [batchSizes(op, scores).classes], scores);
  return given;
}
