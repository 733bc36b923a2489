import type { Tensor } from "../../graph/tensor.js";
import { runLoop } from "../control/run-loop.js";
import type { Batched } from "./batched.js";

/** What is right for any function: one element of the batch after the other, in a program as a loop. */
export function oneByOne(
  op: string,
  inputs: readonly Batched[],
  size: number,
  f: (...elements: readonly Tensor[]) => readonly Tensor[],
): Batched[] {
  const xs = inputs.filter(({ isBatched }) => isBatched).map(({ tensor }) => tensor);
  const step = (_: readonly Tensor[], x: readonly Tensor[]) => {
    let next = 0;
    const given = inputs.map(({ tensor, isBatched }) => (isBatched ? (x[next++] as Tensor) : tensor));
    return { carry: [], y: f(...given) };
  };
  const loop = { op, step, init: [], xs, length: size, reverse: false };
  const { ys } = runLoop(loop, { unroll: 1, checkpoint: Number.POSITIVE_INFINITY });
  return ys.map((tensor) => ({ tensor, isBatched: true }));
}
