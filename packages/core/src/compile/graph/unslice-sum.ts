import { allocate, type DType, type Values } from "../../dtype.js";
import { Node } from "../../graph/node.js";
import type { Tensor } from "../../graph/tensor.js";
import { addToView } from "../../loops/copy.js";
import { Unslice, viewOf } from "../../ops/slice.js";
import { sizeOf } from "../../shape/shape.js";
import type { Range, Shape } from "../../shape/types.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { type Join, joinTerms } from "./chains.js";
import { nodeOf } from "./graph.js";

/**
 * What parts of a tensor add up to, each where its ranges read, one after another: the gradient of a tensor that is used in slices,
 * which takes the work of its parts, where a sum of `Unslice` takes that of the whole for each. With a whole as its first
 * input it begins with that, else with zeros. Made by `joinUnslices` alone: no graph of eager mode has one.
 */
export class UnsliceSum extends Node {
  override readonly name = "UnsliceSum";
  readonly shape: Shape;
  readonly hasWhole: boolean;
  /** By part. */
  readonly ranges: readonly (readonly Range[])[];

  constructor(shape: Shape, hasWhole: boolean, ranges: readonly (readonly Range[])[]) {
    super();
    this.shape = shape;
    this.hasWhole = hasWhole;
    this.ranges = ranges;
  }

  override attributes(): Record<string, unknown> {
    return { shape: this.shape, hasWhole: this.hasWhole, ranges: this.ranges };
  }

  override shapeRule(..._inputs: Tensor[]): Shape {
    return this.shape;
  }

  override dtypeRule(x: Tensor): DType {
    return x.dtype;
  }

  override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    const out = allocate(dtype, sizeOf(shape));
    const [whole] = inputs as [Tensor];
    if (this.hasWhole) out.set(whole.array);
    for (const [i, ranges] of this.ranges.entries()) {
      const part = inputs[this.hasWhole ? i + 1 : i] as Tensor;
      const view = viewOf(this.name, shape, ranges);
      addToView(out, part.array, view.shape, view.start, view.strides);
    }
    return out;
  }

  override localBackward(): never {
    throw this.notDifferentiable("it is made when all gradients have been");
  }
}

/** The same program with each run of parts that are added up as one value; in the same order, so that it rounds in the same way. */
export function joinUnslices(trace: Trace): Trace {
  return joinTerms(trace, unslices, joinUnslices);
}

const unslices: Join = {
  op: Unslice,
  isTerm: () => true,
  least: 2,
  together: (run, before, { shape }, now, make) => {
    const ranges = run.map((part) => nodeOf<Unslice>(part).ranges);
    const node = new UnsliceSum(shape, before !== null, ranges);
    const parts = run.map(({ inputs: [x] }) => now(x as Traced));
    return make({ kind: "node", node }, before === null ? parts : [before, ...parts]);
  },
};
