import { Concat, Stack } from "../../ops/concat.js";
import { Pad } from "../../ops/pad.js";
import { Unslice } from "../../ops/slice.js";
import { normalizeAxis, sizeOf, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import { UnsliceSum } from "../graph/unslice-sum.js";
import { rowMajor } from "../ir/views.js";
import type { KernelRule } from "./lowering.js";
import { fill, fillAround, overlaps, type Piece, pieceOf, put } from "./pieces.js";

const moves: Pick<KernelRule, "uses" | "moves"> = { uses: () => "inline", moves: true };

const concat: KernelRule = {
  ...moves,
  lower: (value, s) => {
    const axis = normalizeAxis("Concat", nodeOf<Concat>(value).axis, value.shape);
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    let start = 0;
    const parts = value.inputs.map((input): Piece => {
      const offset = start * (strides[axis] as number);
      start += input.shape[axis] as number;
      return { value: input, to: { offset, strides } };
    });
    put(parts, target, s);
  },
};

const stack: KernelRule = {
  ...moves,
  lower: (value, s) => {
    const { axis: given } = nodeOf<Stack>(value);
    const axis = given < 0 ? given + value.shape.length : given;
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    const inner = strides.filter((_, i) => i !== axis);
    const parts = value.inputs.map(
      (input, i): Piece => ({ value: input, to: { offset: i * (strides[axis] as number), strides: inner } }),
    );
    put(parts, target, s);
  },
};

const pad: KernelRule = {
  ...moves,
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const { widths, value: around } = nodeOf<Pad>(value);
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    fillAround(target, around, { starts: widths.map(([before]) => before), sizes: x.shape }, s);
    const offset = widths.reduce((sum, [before], axis) => sum + before * (strides[axis] as number), 0);
    put([{ value: x, to: { offset, strides } }], target, s);
  },
};

const unslice: KernelRule = {
  ...moves,
  lower: (value, s) => {
    const { ranges } = nodeOf<Unslice>(value);
    const part = pieceOf(value.inputs[0] as Traced, value.shape, ranges);
    const target = s.target(value);
    fillAround(target, 0, part.box, s);
    put([part], target, s);
  },
};

/** Zeros where no part is alone: a part that is the first in its place is written there, any other one is added. */
const unsliceSum: KernelRule = {
  ...moves,
  lower: (value, s) => {
    const { hasWhole, ranges } = nodeOf<UnsliceSum>(value);
    const target = s.target(value);
    const all = ranges.map((own, i) => pieceOf(value.inputs[hasWhole ? i + 1 : i] as Traced, value.shape, own));
    if (hasWhole) {
      put([{ value: value.inputs[0] as Traced, to: rowMajor(value.shape) }], target, s);
      put(
        all.map((part) => ({ ...part, isAdded: true })),
        target,
        s,
      );
      return;
    }
    const overlapping = overlaps(all.map(({ box }) => box));
    const covered = all.reduce((sum, { box }, i) => (overlapping[i] ? sum : sum + sizeOf(box.sizes)), 0);
    if (covered < target.size) fill(target, 0, s);
    put(
      all.map((part, i) => ({ ...part, isAdded: overlapping[i] as boolean })),
      target,
      s,
    );
  },
};

export const movementRules: readonly (readonly [unknown, KernelRule])[] = [
  [Concat, concat],
  [Stack, stack],
  [Pad, pad],
  [Unslice, unslice],
  [UnsliceSum, unsliceSum],
];
