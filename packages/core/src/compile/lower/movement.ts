import { Concat, Stack } from "../../ops/concat.js";
import { Pad } from "../../ops/pad.js";
import { Unslice, viewOf } from "../../ops/slice.js";
import { normalizeAxis, sameShape, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { kindOf, numberKindOf } from "../ir/expression.js";
import { ownPlace } from "../ir/views.js";
import type { KernelRule, Lowering } from "./lowering.js";

/** A value, and where its part of a buffer begins. */
interface Part {
  readonly value: Traced;
  readonly offset: number;
}

/** From how many parts on those of one shape are written by common loops, and by how many of them each. */
const MANY = 64;

/** Writes values into their parts of a buffer: a loop for each, but not a hundred thousand loops. */
function put(parts: readonly Part[], target: Buffer, strides: readonly number[], s: Lowering): void {
  const together = parts.length <= MANY ? 1 : MANY;
  for (let start = 0, end = 1; start < parts.length; start = end++) {
    const { shape } = (parts[start] as Part).value;
    while (end < parts.length && end - start < together && sameShape((parts[end] as Part).value.shape, shape)) end++;
    const k = s.body(shape);
    const stores = parts.slice(start, end).map(({ value, offset }) => ({
      value: k.builder.as(s.element(value, ownPlace(shape), k), kindOf(target.dtype)),
      target,
      to: { offset, strides },
    }));
    s.push({ kind: "loop", name: `into ${target.id}`, sizes: k.sizes, reduced: 0, reduction: null, stores });
  }
}

export function fill(target: Buffer, value: number, s: Lowering): void {
  const k = s.body([target.size]);
  const number = k.builder.constant(numberKindOf(target.dtype), value);
  s.loop("fill", k, k.builder.as(number, kindOf(target.dtype)), target);
}

const inline: Pick<KernelRule, "uses"> = { uses: () => "inline" };

const concat: KernelRule = {
  ...inline,
  lower: (value, s) => {
    const axis = normalizeAxis("Concat", nodeOf<Concat>(value).axis, value.shape);
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    let start = 0;
    const parts = value.inputs.map((input): Part => {
      const offset = start * (strides[axis] as number);
      start += input.shape[axis] as number;
      return { value: input, offset };
    });
    put(parts, target, strides, s);
  },
};

const stack: KernelRule = {
  ...inline,
  lower: (value, s) => {
    const { axis: given } = nodeOf<Stack>(value);
    const axis = given < 0 ? given + value.shape.length : given;
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    const inner = strides.filter((_, i) => i !== axis);
    const parts = value.inputs.map((input, i): Part => ({ value: input, offset: i * (strides[axis] as number) }));
    put(parts, target, inner, s);
  },
};

const pad: KernelRule = {
  ...inline,
  lower: (value, s) => {
    const { widths, value: around } = nodeOf<Pad>(value);
    const strides = stridesOf(value.shape);
    const target = s.target(value);
    fill(target, around, s);
    const start = widths.reduce((sum, [before], axis) => sum + before * (strides[axis] as number), 0);
    put([{ value: value.inputs[0] as Traced, offset: start }], target, strides, s);
  },
};

const unslice: KernelRule = {
  ...inline,
  lower: (value, s) => {
    const { start, strides } = viewOf("Unslice", value.shape, nodeOf<Unslice>(value).ranges);
    const target = s.target(value);
    fill(target, 0, s);
    put([{ value: value.inputs[0] as Traced, offset: start }], target, strides, s);
  },
};

export const movementRules: readonly (readonly [unknown, KernelRule])[] = [
  [Concat, concat],
  [Stack, stack],
  [Pad, pad],
  [Unslice, unslice],
];
