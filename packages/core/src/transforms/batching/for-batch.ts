import type { Tensor } from "../../graph/tensor.js";
import { expanded } from "./batched.js";
import { drawsOneByOne } from "./draws.js";
import { traceElement, ValueWanted } from "./record.js";
import { Replay } from "./replay.js";

/**
 * What a function gives for each element of the inputs, all of which have the batch as their first axis; `null` where it wants to read a
 * value, or draws in a loop, which has to be done for one element after the other.
 */
export function forBatch(
  op: string,
  inputs: readonly Tensor[],
  f: (...elements: readonly Tensor[]) => readonly Tensor[],
): Tensor[] | null {
  const batch = inputs.map((tensor) => ({ tensor, isBatched: true }));
  const size = inputs[0]?.shape[0] as number;
  try {
    const program = traceElement(op, batch, f);
    if (drawsOneByOne(program)) return null;
    const results = new Replay(program, batch, size, "different").run();
    return results.map((result) => expanded(result, size));
  } catch (error) {
    if (error instanceof ValueWanted) return null;
    throw error;
  }
}
