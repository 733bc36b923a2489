import { ShapeError } from "../../errors.js";
import type { Traced } from "../../graph/tracing.js";
import { formatShape } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { nameOf } from "../graph.js";
import type { Scheduler } from "../schedule.js";

interface IndexRange {
  readonly least: number;
  readonly most: number;
  /** What the indices are for; `null` for classes. */
  readonly axis: number | null;
  readonly shape: Shape;
}

/**
 * A kernel that stops the program where an index is out of range, before anything has been changed; loads that come
 * after it need no check of their own.
 */
export function checkIndices(value: Traced, indices: Traced, range: IndexRange, s: Scheduler): void {
  const { least, most } = range;
  s.once(`indices ${indices.id} ${least} ${most}`, () => {
    const buffer = s.buffer(indices);
    const name = nameOf(value);
    const failure = s.failure({ buffer, error: (values) => indexError(name, values, range) });
    s.push({
      kind: "special",
      name: `check ${name}`,
      reads: [buffer],
      writes: [],
      work: { kind: "check", least, most, failure },
      emit: ({ code, address }) => {
        const start = address(buffer);
        if (buffer.size === 0) return;
        if (most < least) {
          code.i32(failure).op("return");
          return;
        }
        const at = code.local("i32");
        code.i32(start).set(at);
        code.loop((again) => {
          // One unsigned comparison: what is below the least one is far above the most.
          code
            .get(at)
            .memory("i32.load")
            .i32(least)
            .op("i32.sub")
            .i32(most - least)
            .op("i32.gt_u");
          code.if(() => code.i32(failure).op("return"));
          code
            .get(at)
            .i32(4)
            .op("i32.add")
            .tee(at)
            .i32(start + 4 * buffer.size)
            .op("i32.ne")
            .branchIf(again);
        });
      },
    });
  });
}

function indexError(name: string, values: Int32Array, { least, most, axis, shape }: IndexRange): ShapeError {
  const i = values.findIndex((index) => index < least || index > most);
  const index = values[i];
  if (axis === null) {
    return new ShapeError(
      `${name}: index ${index} (element ${i} of the indices) is none of ${most + 1} classes: from 0 to ${most}`,
    );
  }
  const range = most < 0 ? "there is nothing to take" : `from ${least} to ${most}`;
  return new ShapeError(
    `${name}: index ${index} (element ${i} of the indices) is out of range for axis ${axis} of ${formatShape(shape)}: ${range}`,
  );
}
