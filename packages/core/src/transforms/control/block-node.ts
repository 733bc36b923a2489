import type { DType } from "../../dtype.js";
import { Part, Parted } from "../../graph/part.js";
import { isRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer, withTracer } from "../../graph/tracer.js";
import type { Shape } from "../../shape/types.js";
import type { Block } from "../../trace/block.js";
import { Recorder } from "../../trace/trace.js";

/**
 * A node that runs functions which were traced by themselves, such as the step of a loop. Only what is traced has such nodes: in eager
 * mode these functions are called.
 */
export abstract class BlockNode extends Parted {
  abstract readonly blocks: readonly Block[];

  /** The same node with others in their places. */
  abstract withBlocks(blocks: readonly Block[]): BlockNode;
}

/** A node whose results are the solution of equations, which were traced by themselves where anything is. */
export abstract class Solved extends Parted {
  /** The equations; `null` where there are values. */
  abstract readonly block: Block | null;

  /** What it was made of: what the equations close over, and the solution. */
  abstract readonly needs: readonly Tensor[];

  /** The results of such a node made of other tensors. */
  abstract onceMore(needs: readonly Tensor[]): readonly Tensor[];
}

/** Result number `index` of a block node. */
export function partOf(whole: Tensor, index: number, form: { readonly shape: Shape; readonly dtype: DType }): Tensor {
  const current = tracer();
  // Of a node in a trace around this one, as where a gradient is pulled back in a step, the part is there as well.
  const owner = current instanceof Recorder ? current.ownerOf(whole) : null;
  const part = () => samePart(whole, index, () => new Part(index, form, null).apply(whole));
  return owner === null || owner === current ? part() : withTracer(owner, part);
}

/** The parts of each whole, by their numbers, apart from those made where nothing is recorded. */
const parts = new WeakMap<Tensor, Map<string, Tensor>>();

/** One edge for each part: a step that is run again closes over the same ones, and gradients find them. */
export function samePart(whole: Tensor, index: number, make: () => Tensor): Tensor {
  const own = parts.get(whole) ?? new Map<string, Tensor>();
  parts.set(whole, own);
  const key = `${index} ${isRecording()}`;
  const part = own.get(key) ?? make();
  own.set(key, part);
  return part;
}
