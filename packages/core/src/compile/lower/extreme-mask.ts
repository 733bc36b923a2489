import type { Node } from "../../graph/node.js";
import { Neg } from "../../ops/add.js";
import { Cast } from "../../ops/cast.js";
import { Equal } from "../../ops/compare.js";
import { Max, Min } from "../../ops/max.js";
import { Mul } from "../../ops/mul.js";
import { ExpandDims, Reshape } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import { sizeOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";

// Where the extremes along an axis are, which is what gradients of max and min begin with: nearly everywhere else are zeros.

const node = ({ source }: Traced): Node | null => (source.kind === "node" ? source.node : null);

/** Whether a value says of each element of a tensor whether it is an extreme along some of its axes. */
export function isExtremeMask(value: Traced): boolean {
  if (!(node(value) instanceof Equal)) return false;
  const [x, spread] = value.inputs as [Traced, Traced];
  const made = node(spread);
  const extreme = made instanceof Reshape || made instanceof ExpandDims ? (spread.inputs[0] as Traced) : spread;
  const reduction = node(extreme);
  return (reduction instanceof Max || reduction instanceof Min) && extreme.inputs[0] === x;
}

/** Whether a value is computed again wherever it is used: the mask, its numbers, and these times a number for each extreme. */
export function isExtremeShare(value: Traced): boolean {
  const op = node(value);
  const [x, y] = value.inputs as [Traced, Traced];
  if (op instanceof Mul) return node(x) instanceof Cast && isExtremeShare(x) && sizeOf(y.shape) < sizeOf(value.shape);
  return op instanceof Cast ? isExtremeMask(x) : isExtremeMask(value);
}

/** How many elements there are for each extreme at least, of a value that is called mostly zeros. */
const fewest = 8;

/** Whether most of a value is zeros by what it is made of. */
export function isMostlyZeros(value: Traced): boolean {
  for (let at = value; ; ) {
    const op = node(at);
    const [x, y] = at.inputs as [Traced, Traced];
    if (op instanceof Cast && isExtremeMask(x)) {
      const [, extreme] = x.inputs as [Traced, Traced];
      return sizeOf(extreme.shape) * fewest <= sizeOf(x.shape);
    }
    if (op instanceof Neg || op instanceof Reshape || op instanceof Transpose) at = x;
    // What is multiplied by a number, or by one for each extreme, which are fewer.
    else if (op instanceof Mul && sizeOf(y.shape) < sizeOf(at.shape)) at = x;
    else if (op instanceof Mul && sizeOf(x.shape) < sizeOf(at.shape)) at = y;
    else return false;
  }
}
