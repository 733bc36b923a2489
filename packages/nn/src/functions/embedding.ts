import { checkNoMore, DTypeError, formatShape, inRange, ShapeError, Tensor } from "@chainrule/core";
import { checkTensor } from "../checks.js";
import { indexTensor, type PlainIndices } from "../indices.js";

type Indices = Tensor | PlainIndices;

type IndexShape<I extends Indices> = I extends Tensor<infer S> ? S : I extends number ? [] : [number];

/**
 * The rows of a table at the indices: for each index the vector that stands for it. The gradient of a row is the sum of
 * those of all places where it was used, and zeros for a row that was not. (PyTorch's embedding.)
 *
 * @param weights the table, [V, D]: V vectors of D numbers
 * @param indices from 0 to V - 1: an int32 tensor of any shape [...], or plain numbers
 * @returns [..., D], of the dtype of the table
 *
 * @example
 * embedding(tensor([[1, 2], [3, 4], [5, 6]]), [2, 0]).toArray(); // [[5, 6], [1, 2]]
 *
 * @throws ShapeError for a table that is no matrix, or an index out of range (also a negative one); DTypeError for
 * indices that are not whole numbers.
 */
export function embedding<D extends number, const I extends Indices>(
  weights: Tensor<readonly [number, D] | [number, D]>,
  indices: I,
  ...none: []
): Tensor<[...IndexShape<I>, D]> {
  const op = "embedding";
  checkNoMore(op, none);
  const table: Tensor = weights;
  checkTensor(op, "the table", table);
  if (table.rank !== 2) {
    throw new ShapeError(
      `${op}: the table is [V, D], a row for each index, got ${formatShape(table.shape)}; reshape it`,
    );
  }
  const size = table.shape[0] as number;
  const rows = rowTensor(op, indices);
  const checked = inRange(op, rows, size, "index", `a table of ${formatShape(table.shape)}`);
  return table.take(checked) as Tensor as Tensor<[...IndexShape<I>, D]>;
}

function rowTensor(op: string, indices: Indices): Tensor {
  if (!(indices instanceof Tensor)) return indexTensor(op, "index", indices, "round it first");
  if (indices.dtype === "int32") return indices;
  throw new DTypeError(`${op}: indices are int32, got ${indices.dtype}; convert with cast("int32")`);
}
