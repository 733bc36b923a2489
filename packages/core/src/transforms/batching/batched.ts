import { fromArray } from "../../graph/factory.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Shape } from "../../shape/types.js";

/** A value for each element of a batch: with the batch as its first axis, or one that is the same for all of them. */
export interface Batched {
  readonly tensor: Tensor;
  readonly isBatched: boolean;
}

/** The shape that it has for one element. */
export function elementShape({ tensor, isBatched }: Batched): Shape {
  return isBatched ? tensor.shape.slice(1) : tensor.shape;
}

/** With the batch first and so many axes behind it, to broadcast against others; one that is the same for all stays as it is. */
export function aligned({ tensor, isBatched }: Batched, rank: number): Tensor {
  if (!isBatched || tensor.rank === rank + 1) return tensor;
  const [size = 0, ...shape] = tensor.shape;
  return tensor.reshape([size, ...new Array<number>(rank - shape.length).fill(1), ...shape]);
}

/** With the batch first in any case. */
export function expanded({ tensor, isBatched }: Batched, size: number): Tensor {
  return isBatched ? tensor : tensor.broadcastTo([size, ...tensor.shape]);
}

/** A tensor with one axis in another place. */
export function moveAxis(t: Tensor, from: number, to: number): Tensor {
  if (from === to) return t;
  const order = t.shape.map((_, axis) => axis);
  order.splice(from, 1);
  order.splice(to, 0, from);
  return t.transpose(order);
}

/** The batch as a part of the first axis behind it. */
export function folded(t: Tensor): Tensor {
  const [size = 0, first = 0, ...rest] = t.shape;
  return t.reshape([size * first, ...rest]);
}

/** Indices into a table of so many rows for each element of a batch, as those into all tables, one below the other. */
export function inTable(indices: Tensor, rows: number): Tensor {
  return indices.add(startsOf(indices, rows));
}

/** Where the table of each element begins, to go with its int32 indices. */
export function startsOf(indices: Tensor, rows: number): Tensor {
  const [size = 0, ...shape] = indices.shape;
  const starts = Int32Array.from({ length: size }, (_, i) => i * rows);
  return fromArray(starts, [size, ...shape.map(() => 1)]);
}
