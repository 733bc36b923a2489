import type { Traced } from "../../graph/tracing.js";
import { Concat, Stack } from "../../ops/concat.js";
import { Pad } from "../../ops/pad.js";
import { Unslice, viewOf } from "../../ops/slice.js";
import { normalizeAxis, stridesOf } from "../../shape/shape.js";
import { kindOf, numberKindOf } from "../expression.js";
import type { Buffer } from "../kernel.js";
import type { Scheduler } from "../schedule.js";
import { ownPlace } from "../views.js";
import { nodeOf } from "./inline.js";
import type { KernelRule } from "./kernels.js";

/** Writes a value into a part of a buffer. */
function put(value: Traced, target: Buffer, offset: number, strides: readonly number[], s: Scheduler) {
  const k = s.body(value.shape);
  const element = s.element(value, ownPlace(value.shape), k);
  s.loop(`into ${target.id}`, k, element, target, { offset, strides });
}

function fill(target: Buffer, value: number, s: Scheduler): void {
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
    for (const input of value.inputs) {
      put(input, target, start * (strides[axis] as number), strides, s);
      start += input.shape[axis] as number;
    }
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
    for (const [i, input] of value.inputs.entries()) put(input, target, i * (strides[axis] as number), inner, s);
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
    put(value.inputs[0] as Traced, target, start, strides, s);
  },
};

const unslice: KernelRule = {
  ...inline,
  lower: (value, s) => {
    const { start, strides } = viewOf("Unslice", value.shape, nodeOf<Unslice>(value).ranges);
    const target = s.target(value);
    fill(target, 0, s);
    put(value.inputs[0] as Traced, target, start, strides, s);
  },
};

export const movementRules: readonly (readonly [unknown, KernelRule])[] = [
  [Concat, concat],
  [Stack, stack],
  [Pad, pad],
  [Unslice, unslice],
];
