import { ShapeError } from "../errors.js";
import { commonDType } from "../graph/node.js";
import type { EinsumFunction } from "../graph/signatures/products.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { Equation, type Labels } from "./einsum-equation.js";
import { MatMul } from "./matmul.js";

/** A tensor whose axes have names. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: Labels;
}

function sizeOf({ x, labels }: Labelled, label: string): number {
  return x.shape[labels.indexOf(label)] as number;
}

function sizesOf(t: Labelled, labels: Labels): number[] {
  return labels.map((label) => sizeOf(t, label));
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const sameLabels = (a: Labels, b: Labels) => a.length === b.length && a.every((label, i) => label === b[i]);

// A step that changes nothing makes no node: "ij,jk->ik" is one MatMul.

function reshaped(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : x.reshape(shape);
}

function ordered({ x, labels }: Labelled, order: Labels): Tensor {
  return sameLabels(labels, order) ? x : x.transpose(order.map((label) => labels.indexOf(label)));
}

/** Of axes with one name, the diagonal. */
function withoutRepeats({ x, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (second === -1) return { x, labels };
  const label = labels[second] as string;
  const [axis1, axis2] = [labels.indexOf(label), second];
  const others = labels.filter((_, i) => i !== axis1 && i !== axis2);
  return withoutRepeats({ x: x.diagonal({ axis1, axis2 }) as Tensor, labels: [...others, label] });
}

/** Without the axes of size 1 that broadcast against a larger size elsewhere. */
function withoutBroadcast({ x, labels }: Labelled, equation: Equation): Labelled {
  const kept = labels.flatMap((label, i) => (x.shape[i] === 1 && equation.sizes.get(label) !== 1 ? [] : [i]));
  return {
    x: reshaped(
      x,
      kept.map((i) => x.shape[i] as number),
    ),
    labels: kept.map((i) => labels[i] as string),
  };
}

/** The sum over the axes that nobody else needs. */
function summed({ x, labels }: Labelled, isNeeded: (label: string) => boolean): Labelled {
  const axis = labels.flatMap((label, i) => (isNeeded(label) ? [] : [i]));
  return axis.length === 0 ? { x, labels } : { x: x.sum({ axis }), labels: labels.filter(isNeeded) };
}

/** The product of two operands, summed over the names that both have and nobody needs afterwards. */
function contract(first: Labelled, second: Labelled, isNeeded: (label: string) => boolean): Labelled {
  const a = summed(first, (label) => isNeeded(label) || second.labels.includes(label));
  const b = summed(second, (label) => isNeeded(label) || first.labels.includes(label));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter(isNeeded);
  const inner = shared.filter((label) => !isNeeded(label));
  const left = a.labels.filter((label) => !b.labels.includes(label));
  const right = b.labels.filter((label) => !a.labels.includes(label));
  const labels = [...batch, ...left, ...right];
  const ones = right.map(() => 1);
  if (inner.length === 0) {
    const x = reshaped(ordered(a, [...batch, ...left]), [...sizesOf(a, batch), ...sizesOf(a, left), ...ones]);
    const y = reshaped(ordered(b, [...batch, ...right]), [
      ...sizesOf(b, batch),
      ...(batch.length === 0 ? [] : left.map(() => 1)),
      ...sizesOf(b, right),
    ]);
    return { x: x.mul(y), labels };
  }
  const [x, xFlipped] = matrices(a, batch, left, inner);
  const [y, yFlipped] = matrices(b, batch, right, inner);
  // [left, inner] x [inner, right]: what comes the other way round is transposed by a flag, without a copy.
  const out = new MatMul(xFlipped, y.rank > 1 && !yFlipped).apply(x, y);
  return { x: reshaped(out, [...sizesOf(a, batch), ...sizesOf(a, left), ...sizesOf(b, right)]), labels };
}

/** As a batch of matrices [own, inner], or [inner, own] where the axes stand so; as a vector, where that will do. */
function matrices(t: Labelled, batch: Labels, own: Labels, inner: Labels): [x: Tensor, flipped: boolean] {
  const k = product(sizesOf(t, inner));
  const n = product(sizesOf(t, own));
  if (batch.length === 0 && own.length === 0) return [reshaped(ordered(t, inner), [k]), false];
  const flipped = own.length > 0 && sameLabels(t.labels, [...batch, ...inner, ...own]);
  const x = flipped ? t.x : ordered(t, [...batch, ...own, ...inner]);
  return [reshaped(x, [...sizesOf(t, batch), ...(flipped ? [k, n] : [n, k])]), flipped];
}

/**
 * Einstein's summation: a product of tensors whose axes are named by letters, summed over every letter that is not in the
 * result. A letter twice in one operand is its diagonal. Without "->" the result has the letters that occur once, in
 * alphabetical order. "..." stands for the axes in front, or between, that are not named; they broadcast. Spaces do not count
 * (the rules of NumPy's `einsum`, but that a letter has one size everywhere). Operands are multiplied from left to right,
 * matrix products wherever a letter is summed. float64, float32, int32; with one operand and nothing summed, any dtype.
 *
 * @example
 * einsum("ij,jk->ik", tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])).toArray(); // [[19, 22], [43, 50]]
 * einsum("ii", tensor([[1, 2], [3, 4]])).item(); // 5
 * einsum("...i,i->...", tensor([[1, 2], [3, 4]]), tensor([10, 1])).toArray(); // [12, 34]
 *
 * @throws ShapeError when the equation cannot be read, does not name all axes, or gives one letter two sizes.
 */
export const einsum = ((text: string, ...operands: readonly Tensor[]) => {
  if (typeof text !== "string") {
    throw new ShapeError(`einsum: the equation comes first, as in einsum("ij,jk->ik", a, b), got ${show(text)}`);
  }
  if (Array.isArray(operands[0])) {
    throw new ShapeError(`einsum: the operands come one after the other, as in einsum("ij,jk->ik", a, b), got a list`);
  }
  const tensors = operands.map((x) => operand("einsum", x));
  const equation = new Equation(
    text,
    tensors.map((x) => x.shape),
  );
  commonDType("einsum", tensors);
  const [first, ...others] = tensors.map((x, i) =>
    withoutBroadcast(withoutRepeats({ x, labels: equation.terms[i] as Labels }), equation),
  ) as [Labelled, ...Labelled[]];
  const { output } = equation;
  const all = others.reduce((done, next, i) => {
    const needed = new Set([...output, ...others.slice(i + 1).flatMap((later) => later.labels)]);
    return contract(done, next, (label) => needed.has(label));
  }, first);
  return ordered(
    summed(all, (label) => output.includes(label)),
    output,
  );
}) as EinsumFunction;
