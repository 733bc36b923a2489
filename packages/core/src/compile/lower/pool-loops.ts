import { axesOf, type PlacedWindows, type PoolAxis, seenAlong, seenBy } from "../../ops/pool-windows.js";
import { stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import type { Buffer } from "../ir/buffer.js";
import type { Affine, Expression } from "../ir/expression.js";
import { axisOf, rowMajor } from "../ir/views.js";
import type { KernelBody, Lowering } from "./lowering.js";
import { fill } from "./pieces.js";

/** Images as [image, channel, row, column]: where they lie in a buffer. */
interface Planes {
  readonly buffer: Buffer;
  readonly at: Affine;
}

/** One spatial axis is a plane of height 1. */
export function planesOf(x: Traced, s: Lowering): Planes {
  const { buffer, at } = s.strided(x);
  const [image, channel, ...spatial] = at.strides as [number, number, ...number[]];
  return {
    buffer,
    at: { offset: at.offset, strides: [image, channel, ...(spatial.length === 1 ? [0] : []), ...spatial] },
  };
}

export const planeShape = ([images, channels]: Shape, height: number, width: number): Shape => [
  images as number,
  channels as number,
  height,
  width,
];

/** The last element along an axis that a window that slides looks at, the first one of the padding being 0. */
export const reachOf = ({ count, stride, kernel, step }: PoolAxis) => (count - 1) * stride + (kernel - 1) * step;

/** The planes with the padding around them that windows reach; `null` where none leaves them. */
export function paddedShape({ rows, columns }: ReturnType<typeof axesOf>, x: Shape): Shape | null {
  if (rows.isAdaptive) return null;
  const [height, width] = [rows, columns].map((axis) => Math.max(axis.padding + axis.size, reachOf(axis) + 1));
  const isPadded = height !== rows.size || width !== columns.size;
  return isPadded ? planeShape(x, height as number, width as number) : null;
}

export const interiorOf = ([, , , width = 0]: Shape, { paddingY, paddingX }: PlacedWindows) =>
  paddingY * width + paddingX;

/** What loops over windows and over their elements, [image, channel, row, column; row, column], have at each step. */
interface WindowLoop {
  readonly k: KernelBody;
  readonly element: Expression;
  /** Whether the window has such a row and such a column; none where it always has. */
  readonly isSeen: readonly Expression[];
  /** Where the element stands in the flattened planes, and where the first does that the window sees. */
  readonly position: Expression;
  readonly first: Expression;
}

/** Windows of one size, over planes that are padded with `around` where windows leave them. */
function sliding(planes: Planes, x: Shape, w: PlacedWindows, around: number, s: Lowering): WindowLoop {
  const axes = axesOf(w);
  const shape = planeShape(x, w.height, w.width);
  const padding = paddedShape(axes, x);
  let { buffer, at } = planes;
  if (padding !== null) {
    buffer = s.temporary(planes.buffer.dtype, padding);
    fill(buffer, around, s);
    const k = s.body(shape);
    const to = { offset: interiorOf(padding, w), strides: stridesOf(padding) };
    s.loop("padded", k, k.builder.load(planes.buffer, planes.at), buffer, to);
    at = rowMajor(padding);
  }
  const k = s.body([...shape.slice(0, 2), w.rows, w.columns, w.kernelHeight, w.kernelWidth]);
  const over = ({ offset, strides: [image = 0, channel = 0, row = 0, column = 0] }: Affine): Affine => ({
    offset,
    strides: [image, channel, row * w.strideY, column * w.strideX, row * w.dilationY, column * w.dilationX],
  });
  const own = over(rowMajor(shape));
  const [plane, channel] = own.strides as [number, number];
  const i32 = k.builder.arithmetic("i32");
  const firstAlong = ({ stride, padding, step }: PoolAxis, axis: number): Expression => {
    const start = k.builder.index({ ...indexOf(axis, stride), offset: -padding });
    if (padding === 0) return start;
    return i32.select(i32.less(start, 0), step === 1 ? 0 : i32.mod(start, step), start);
  };
  const first =
    padding === null
      ? k.builder.index({ ...own, strides: [...own.strides.slice(0, 4), 0, 0] })
      : i32.add(
          k.builder.index({ offset: 0, strides: [plane, channel, 0, 0, 0, 0] }),
          i32.add(i32.mul(firstAlong(axes.rows, 2), w.width), firstAlong(axes.columns, 3)),
        );
  return {
    k,
    element: k.builder.load(buffer, over(at)),
    isSeen: [],
    position: k.builder.index({ ...own, offset: -interiorOf(shape, w) }),
    first,
  };
}

const indexOf = (axis: number, stride = 1): Affine => ({
  offset: 0,
  strides: axisOf(6, axis).strides.map((own) => own * stride),
});

/** Windows whose sizes differ: they begin and end where tables say, and what is behind the end is the last element again. */
export function adaptive({ buffer, at }: Planes, x: Shape, w: PlacedWindows, s: Lowering): WindowLoop {
  const axes = axesOf(w);
  const table = (axis: PoolAxis, end: "first" | "end"): Buffer => {
    const k = s.body([axis.count]);
    const number = k.builder.as(k.builder.index(axisOf(1, 0)), "f64");
    const made = s.temporary("int32", [axis.count]);
    s.loop("windows", k, seenAlong(k.builder.arithmetic("f64"), axis, number)[end], made);
    return made;
  };
  const longest = (axis: PoolAxis) => seenBy(axis).counts.reduce((most, count) => Math.max(most, count), 0);
  const k = s.body([...x.slice(0, 2), w.rows, w.columns, longest(axes.rows), longest(axes.columns)]);
  const [i32, { builder }] = [k.builder.arithmetic("i32"), k];
  const along = (axis: PoolAxis, window: number, element: number) => {
    const [first, end] = [table(axis, "first"), table(axis, "end")].map((own) => builder.load(own, axisOf(6, window)));
    const index = i32.add(first as Expression, builder.index(axisOf(6, element)));
    return {
      first: first as Expression,
      index: i32.min(index, i32.sub(end as Expression, 1)),
      isSeen: i32.less(index, end as Expression),
    };
  };
  const [row, column] = [along(axes.rows, 2, 4), along(axes.columns, 3, 5)];
  const [image, channel, down, across] = at.strides as [number, number, number, number];
  const place = (rows: Expression, columns: Expression, [y, x]: readonly [number, number]) =>
    i32.add(i32.mul(rows, y), i32.mul(columns, x));
  const over = (image: number, channel: number): Affine => ({ offset: 0, strides: [image, channel, 0, 0, 0, 0] });
  const plane = w.height * w.width;
  const base = builder.index(over((x[1] as number) * plane, plane));
  const inPlane = [w.width, 1] as const;
  return {
    k,
    element: builder.load(
      buffer,
      { ...over(image, channel), offset: at.offset },
      { value: place(row.index, column.index, [down, across]), stride: 1 },
    ),
    isSeen: [row.isSeen, column.isSeen],
    position: i32.add(base, place(row.index, column.index, inPlane)),
    first: i32.add(base, place(row.first, column.first, inPlane)),
  };
}

export function loopOver(planes: Planes, x: Shape, w: PlacedWindows, around: number, s: Lowering): WindowLoop {
  return w.isAdaptive ? adaptive(planes, x, w, s) : sliding(planes, x, w, around, s);
}
