import { Concat, Stack } from "../../ops/concat.js";
import { Pad } from "../../ops/pad.js";
import { Unslice } from "../../ops/slice.js";
import { normalizeAxis, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import { UnsliceSum } from "../graph/unslice-sum.js";
import type { Buffer } from "../ir/buffer.js";
import { rowMajor } from "../ir/views.js";
import type { KernelRule, Lowering, Piece } from "./lowering.js";
import { coveredBy, fill, fillAround, overlaps, pieceOf, put } from "./pieces.js";

type Around = (value: Traced, target: Buffer, s: Lowering, parts: readonly Piece[]) => void;

/** A rule for what is put together from parts, behind what `around` fills. */
function moving(parts: (value: Traced) => readonly Piece[], around: Around = () => {}): KernelRule {
  return {
    uses: () => "inline",
    parts,
    lower: (value, s) => {
      const target = s.target(value);
      const own = parts(value);
      around(value, target, s, own);
      put(own, target, s);
    },
  };
}

const concat = moving((value) => {
  const axis = normalizeAxis("Concat", nodeOf<Concat>(value).axis, value.shape);
  const strides = stridesOf(value.shape);
  let start = 0;
  return value.inputs.map((input) => {
    const offset = start * (strides[axis] as number);
    start += input.shape[axis] as number;
    return { value: input, to: { offset, strides } };
  });
});

const stack = moving((value) => {
  const { axis: given } = nodeOf<Stack>(value);
  const axis = given < 0 ? given + value.shape.length : given;
  const strides = stridesOf(value.shape);
  const inner = strides.filter((_, i) => i !== axis);
  const step = strides[axis] as number;
  return value.inputs.map((input, i) => ({ value: input, to: { offset: i * step, strides: inner } }));
});

const pad = moving(
  (value) => {
    const [x] = value.inputs as [Traced];
    const strides = stridesOf(value.shape);
    const { widths } = nodeOf<Pad>(value);
    const offset = widths.reduce((sum, [before], axis) => sum + before * (strides[axis] as number), 0);
    return [{ value: x, to: { offset, strides } }];
  },
  (value, target, s) => {
    const [{ shape: sizes }] = value.inputs as [Traced];
    const { widths, value: around } = nodeOf<Pad>(value);
    fillAround(target, around, { starts: widths.map(([before]) => before), sizes }, s);
  },
);

const unsliced = (value: Traced) => pieceOf(value.inputs[0] as Traced, value.shape, nodeOf<Unslice>(value).ranges);

const unslice = moving(
  (value) => [unsliced(value)],
  (value, target, s) => fillAround(target, 0, unsliced(value).box, s),
);

/** Zeros where no part is alone: a part that is the first in its place is written there, any other one is added. */
const unsliceSum = moving(
  (value) => {
    const { hasWhole, ranges } = nodeOf<UnsliceSum>(value);
    const parts = ranges.map((own, i) => pieceOf(value.inputs[hasWhole ? i + 1 : i] as Traced, value.shape, own));
    const isAdded = hasWhole ? parts.map(() => true) : overlaps(parts.map(({ box }) => box));
    const added = parts.map((part, i): Piece => ({ ...part, isAdded: isAdded[i] as boolean }));
    return hasWhole ? [{ value: value.inputs[0] as Traced, to: rowMajor(value.shape) }, ...added] : added;
  },
  (_value, target, s, parts) => {
    if (coveredBy(parts) < target.size) fill(target, 0, s);
  },
);

export const movementRules: readonly (readonly [unknown, KernelRule])[] = [
  [Concat, concat],
  [Stack, stack],
  [Pad, pad],
  [Unslice, unslice],
  [UnsliceSum, unsliceSum],
];
