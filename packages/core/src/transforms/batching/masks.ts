import type { Tensor } from "../../graph/tensor.js";
import { where } from "../../ops/where.js";
import type { Batched } from "./batched.js";

/** `x` for the elements of a batch where the mask holds, `y` for the others. */
export function chosen(mask: Tensor, x: Tensor, y: Tensor): Tensor {
  const rank = Math.max(x.rank, y.rank);
  return where(mask.reshape([...mask.shape, ...new Array<number>(rank - 1).fill(1)]), x, y) as Tensor;
}

/**
 * What elements that do not take part are computed with: the value of the first one that does. So a function that is not meant for them
 * sees nothing that it is not meant for, and makes no infinity that 0 times it would make NaN of in a gradient.
 */
export function standIn({ tensor, isBatched }: Batched, mask: Tensor): Batched {
  if (!isBatched) return { tensor, isBatched };
  const first = mask.cast("int32").argMax() as Tensor;
  return { tensor: chosen(mask, tensor, tensor.take(first).detach().expandDims(0)), isBatched };
}
