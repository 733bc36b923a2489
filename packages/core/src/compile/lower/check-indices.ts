import { ShapeError } from "../../errors.js";
import { BroadcastTo } from "../../ops/broadcast-to.js";
import { InRange } from "../../ops/in-range.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Slice } from "../../ops/slice.js";
import { Transpose } from "../../ops/transpose.js";
import { formatShape } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import { increase, repeat } from "../../wasm/loops.js";
import { nameOf } from "../graph/graph.js";
import type { Lowering } from "./lowering.js";

interface IndexRange {
  readonly least: number;
  readonly most: number;
  /** The error for the index at a place. */
  readonly error: (index: number, element: number) => ShapeError;
}

/** Indices along an axis, which count from the end where they are negative. */
export function alongAxis(value: Traced, size: number, axis: number, shape: Shape): IndexRange {
  const range = size === 0 ? "there is nothing to take" : `from ${-size} to ${size - 1}`;
  return {
    least: -size,
    most: size - 1,
    error: (index, element) =>
      new ShapeError(
        `${nameOf(value)}: index ${index} (element ${element} of the indices) is out of range for axis ${axis} of ` +
          `${formatShape(shape)}: ${range}`,
      ),
  };
}

/** Classes, from 0 on. */
export function amongClasses(value: Traced, classes: number): IndexRange {
  return {
    least: 0,
    most: classes - 1,
    error: (index, element) =>
      new ShapeError(
        `${nameOf(value)}: index ${index} (element ${element} of the indices) is none of ${classes} classes: from 0 to ${classes - 1}`,
      ),
  };
}

const views: readonly unknown[] = [Reshape, ExpandDims, Squeeze, Transpose, BroadcastTo, Slice];

/** Whether all of the indices have been in an `InRange` that lets nothing else pass, whose own check is made where they are read. */
function areChecked(indices: Traced, { least, most }: IndexRange): boolean {
  let at = indices;
  for (;;) {
    const { source } = at;
    if (source.kind !== "node") return false;
    if (source.node instanceof InRange && least <= 0 && source.node.size - 1 <= most) return true;
    if (!(source.node instanceof InRange) && !views.includes(source.node.constructor)) return false;
    at = at.inputs[0] as Traced;
  }
}

/**
 * A kernel that stops the program where an index is out of range, before anything has been changed; loads that come
 * after it need no check of their own.
 */
export function checkIndices(value: Traced, indices: Traced, range: IndexRange, s: Lowering): void {
  if (areChecked(indices, range)) return;
  const { least, most } = range;
  s.once(`indices ${indices.id} ${least} ${most}`, () => {
    const buffer = s.rows(indices);
    const name = nameOf(value);
    const failure = s.failure({
      buffer,
      error: (values) => {
        const element = values.findIndex((index) => index < least || index > most);
        return range.error(values[element] as number, element);
      },
    });
    s.push({
      kind: "routine",
      routine: "check",
      name: `check ${name}`,
      reads: [buffer],
      writes: [],
      work: { least, most, failure },
      emit: ({ code, address }) => {
        if (buffer.size === 0) return;
        if (most < least) {
          code.i32(failure).op("return");
          return;
        }
        const at = code.local("i32");
        code.set(at, address(buffer));
        repeat(code, buffer.size, () => {
          // One unsigned comparison: what is below the least one is far above the most.
          code.get(
            at
              .load("i32.load")
              .sub(least)
              .above(most - least),
          );
          code.if(() => code.i32(failure).op("return"));
          increase(code, at, 4);
        });
      },
    });
  });
}
