import { Elementwise } from "../../graph/elementwise.js";
import { Add, Sub } from "../../ops/add.js";
import { BroadcastTo } from "../../ops/broadcast-to.js";
import { Cast } from "../../ops/cast.js";
import { Gather } from "../../ops/gather.js";
import { InRange } from "../../ops/in-range.js";
import { Shifted } from "../../ops/moments.js";
import { Mul } from "../../ops/mul.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Slice, viewOf } from "../../ops/slice.js";
import { OneHot, Take } from "../../ops/take.js";
import { Transpose } from "../../ops/transpose.js";
import { normalizeAxis, sizeOf, stridesOf } from "../../shape/shape.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import { type Affine, type Expression, kindOf, numberKindOf } from "../ir/expression.js";
import { constantAffine, linear, type Place, reshaped, scaled, unbroadcast } from "../ir/views.js";
import { alongAxis, amongClasses, checkIndices } from "./check-indices.js";
import { isExtremeShare } from "./extreme-mask.js";
import type { InlineRule, KernelBody } from "./lowering.js";

const literal: InlineRule = {
  element: ({ source, dtype }, _place, k) => {
    const number = k.builder.constant(numberKindOf(dtype), source.kind === "literal" ? source.value : 0);
    return k.builder.as(number, kindOf(dtype));
  },
};

const elementwise: InlineRule = {
  element: (value, place, k, s) => {
    const { rule } = nodeOf<Elementwise>(value);
    const inputs = value.inputs.map((input) => s.element(input, unbroadcast(place, input.shape), k));
    const operand = value.inputs[value.inputs.length - 1] as Traced;
    const result = rule.forward(k.builder.arithmetic(numberKindOf(operand.dtype)), ...inputs);
    const expression = typeof result === "number" ? k.builder.constant(numberKindOf(operand.dtype), result) : result;
    return k.builder.as(expression, kindOf(value.dtype));
  },
};

/** A view: the same element of the input at another place. */
function view(placeIn: (value: Traced, place: Place, sizes: readonly number[]) => Place | null): InlineRule {
  return {
    isRecomputed: true,
    element: (value, place, k, s) => {
      const inner = placeIn(value, place, k.sizes);
      return inner === null ? null : s.element(value.inputs[0] as Traced, inner, k);
    },
  };
}

const reshape = view(({ shape, inputs: [x] }, place, sizes) => reshaped(place, shape, (x as Traced).shape, sizes));

const transpose = view((value, place) => {
  const [x] = value.inputs as [Traced];
  const inner: Affine[] = [];
  nodeOf<Transpose>(value)
    .orderOf(x)
    .forEach((axis, i) => {
      inner[axis] = place[i] as Affine;
    });
  return inner;
});

const broadcastTo = view(({ inputs: [x] }, place) => unbroadcast(place, (x as Traced).shape));

const slice = view((value, place, sizes) => {
  const [x] = value.inputs as [Traced];
  const { start, strides } = viewOf("Slice", x.shape, nodeOf<Slice>(value).ranges);
  // A range is an axis of the result, an index is none.
  let next = 0;
  return stridesOf(x.shape).map((own, axis) => {
    const size = x.shape[axis] as number;
    const first = own === 0 || size === 0 ? 0 : Math.floor(start / own) % size;
    if (typeof nodeOf<Slice>(value).ranges[axis] === "number") return constantAffine(sizes.length, first);
    const at = place[next] as Affine;
    const step = own === 0 ? 1 : (strides[next] as number) / own;
    next++;
    return scaled(at, step, first);
  });
});

/** An index counted from the front. */
function fromFront(index: Expression, size: number, k: KernelBody): Expression {
  const i32 = k.builder.arithmetic("i32");
  return i32.select(i32.less(index, 0), i32.add(index, size), index);
}

/**
 * An element whose place on one axis is a value: `placesOf` gives the place of that value, and the others in the input.
 */
function indexed(
  placesOf: (
    place: Place,
    axis: number,
    indices: Traced,
    none: Affine,
  ) => { readonly own: Place; readonly inner: Place },
): InlineRule {
  return {
    uses: (i) => (i === 0 ? "matrix" : "inline"),
    element: (value, place, k, s) => {
      const [x, indices] = value.inputs as [Traced, Traced];
      const node = nodeOf<Take | Gather>(value);
      const axis = normalizeAxis(node.name, node.axis, x.shape);
      const size = x.shape[axis] as number;
      checkIndices(value, indices, alongAxis(value, size, axis, x.shape), s);
      const { own, inner } = placesOf(place, axis, indices, constantAffine(k.sizes.length));
      const index = fromFront(s.element(indices, own, k), size, k);
      const { buffer, at } = s.strided(x);
      const { offset, strides } = linear(inner, at.strides, k.sizes.length);
      const address = { offset: offset + at.offset, strides };
      return k.builder.load(buffer, address, { value: index, stride: at.strides[axis] as number });
    },
  };
}

/** The axes of the indices stand in the place of the axis. */
const take = indexed((place, axis, { shape: { length: rank } }, none) => ({
  own: place.slice(axis, axis + rank),
  inner: [...place.slice(0, axis), none, ...place.slice(axis + rank)],
}));

/** Each element has an index of its own. */
const gather = indexed((place, axis, _indices, none) => ({
  own: place,
  inner: place.map((at, i) => (i === axis ? none : at)),
}));

const oneHot: InlineRule = {
  element: (value, place, k, s) => {
    const [indices] = value.inputs as [Traced];
    const { classes } = nodeOf<OneHot>(value);
    checkIndices(value, indices, amongClasses(value, classes), s);
    const index = s.element(indices, place.slice(0, -1), k);
    const position = k.builder.index(place[place.length - 1] as Affine);
    return k.builder.as(k.builder.arithmetic("i32").equal(index, position), kindOf(value.dtype));
  },
};

/** The indices themselves, once they have been checked. */
const inRange: InlineRule = {
  isRecomputed: true,
  element: (value, place, k, s) => {
    const [indices] = value.inputs as [Traced];
    const node = nodeOf<InRange>(value);
    const error = (index: number, element: number) => node.outOfRange(index, element);
    checkIndices(value, indices, { least: 0, most: node.size - 1, error }, s);
    return s.element(indices, place, k);
  },
};

const cast: InlineRule = {
  element: (value, place, k, s) => k.builder.as(s.element(value.inputs[0] as Traced, place, k), kindOf(value.dtype)),
};

const widening: InlineRule = { ...cast, isRecomputed: true };

/** One operation on what is at hand, which costs less than to write down its results and to read them again. */
const recomputed: InlineRule = { ...elementwise, isRecomputed: true };

/**
 * Whether a value is one operation on two that are much smaller, such as the differences of all pairs. (Distances of 10^4 points in 10
 * dimensions to 100 others, and their gradient: 100 ms and 87 MB, 27 ms and 9 MB with differences that are taken again.)
 */
function isOuter({ source, shape, inputs }: Traced): boolean {
  if (source.kind !== "node") return false;
  const { node } = source;
  if (!(node instanceof Add || node instanceof Sub || node instanceof Mul)) return false;
  const [x, y] = inputs as [Traced, Traced];
  return 4 * (sizeOf(x.shape) + sizeOf(y.shape)) <= sizeOf(shape);
}

const rules: ReadonlyMap<unknown, InlineRule> = new Map<unknown, InlineRule>([
  [Cast, cast],
  [Shifted, recomputed],
  [Reshape, reshape],
  [ExpandDims, reshape],
  [Squeeze, reshape],
  [Transpose, transpose],
  [BroadcastTo, broadcastTo],
  [Slice, slice],
  [Take, take],
  [Gather, gather],
  [OneHot, oneHot],
  [InRange, inRange],
]);

/** The rule of a value that can be computed where it is used; `null` for any other. */
export function inlineRuleOf(value: Traced): InlineRule | null {
  const { source, dtype, inputs } = value;
  if (source.kind === "literal") return literal;
  if (source.kind !== "node") return null;
  // Half as many bytes are read as would be written.
  if (source.node instanceof Cast && dtype === "float64" && inputs[0]?.dtype === "float32") return widening;
  if (isExtremeShare(value)) return source.node instanceof Cast ? widening : recomputed;
  if (isOuter(value)) return recomputed;
  return rules.get(source.node.constructor) ?? (source.node instanceof Elementwise ? elementwise : null);
}
