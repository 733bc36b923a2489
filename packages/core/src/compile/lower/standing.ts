import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { rowMajor } from "../ir/views.js";
import { kernelRuleOf } from "./kernels.js";
import type { Piece } from "./lowering.js";
import { coveredBy } from "./pieces.js";

/** A view of all elements of another value as where these stand in it; `null` for any other value. */
export function seenBy({ source, shape, inputs }: Traced): Piece | null {
  if (source.kind !== "node") return null;
  const { node } = source;
  const [x] = inputs as [Traced];
  if (node instanceof Reshape || node instanceof ExpandDims || node instanceof Squeeze)
    return { value: x, to: rowMajor(x.shape) };
  if (!(node instanceof Transpose)) return null;
  const own = stridesOf(shape);
  const strides: number[] = [];
  for (const [i, axis] of node.orderOf(x).entries()) strides[axis] = own[i] as number;
  return { value: x, to: { offset: 0, strides } };
}

/** The parts of a value that is nothing else; `null` for any other value. */
export function wholePartsOf(value: Traced): readonly Piece[] | null {
  const parts = kernelRuleOf(value)?.parts?.(value);
  if (parts === undefined || parts.some(({ isAdded }) => isAdded) || coveredBy(parts) < sizeOf(value.shape))
    return null;
  return parts;
}
