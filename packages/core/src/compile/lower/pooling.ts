import type { Traced } from "../../graph/tracing.js";
import { ArgMaxPool, AvgPool, AvgUnpool, MaxPool, MaxUnpool } from "../../ops/pool.js";
import { axesOf, type PlacedWindows, type PoolAxis, seenAlong, seenBy } from "../../ops/pool-windows.js";
import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { type Affine, type Expression, kindOf, type NumberKind, numberKindOf } from "../ir/expression.js";
import type { LoopKernel } from "../ir/kernel.js";
import { axisOf, rowMajor } from "../ir/views.js";
import type { KernelBody, KernelRule, Lowering } from "./lowering.js";
import { fill } from "./movement.js";
import { scatterPlaces } from "./routines/scatter.js";

/** Images as [image, channel, row, column]: where they lie in a buffer. */
interface Planes {
  readonly buffer: Buffer;
  readonly at: Affine;
}

/** One spatial axis is a plane of height 1. */
function planesOf(x: Traced, s: Lowering): Planes {
  const { buffer, at } = s.strided(x);
  const [image, channel, ...spatial] = at.strides as [number, number, ...number[]];
  return {
    buffer,
    at: { offset: at.offset, strides: [image, channel, ...(spatial.length === 1 ? [0] : []), ...spatial] },
  };
}

const planeShape = ([images, channels]: Shape, height: number, width: number): Shape => [
  images as number,
  channels as number,
  height,
  width,
];

/** The last element along an axis that a window that slides looks at, the first one of the padding being 0. */
const reachOf = ({ count, stride, kernel, step }: PoolAxis) => (count - 1) * stride + (kernel - 1) * step;

/** The planes with the padding around them that windows reach; `null` where none leaves them. */
function paddedShape({ rows, columns }: ReturnType<typeof axesOf>, x: Shape): Shape | null {
  if (rows.isAdaptive) return null;
  const [height, width] = [rows, columns].map((axis) => Math.max(axis.padding + axis.size, reachOf(axis) + 1));
  const isPadded = height !== rows.size || width !== columns.size;
  return isPadded ? planeShape(x, height as number, width as number) : null;
}

const interiorOf = ([, , , width = 0]: Shape, { paddingY, paddingX }: PlacedWindows) => paddingY * width + paddingX;

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
  const row = i32.mul(firstAlong(axes.rows, 2), w.width);
  return {
    k,
    element: k.builder.load(buffer, over(at)),
    isSeen: [],
    position: k.builder.index({ ...own, offset: -interiorOf(shape, w) }),
    first: i32.add(
      k.builder.index({ offset: 0, strides: [plane, channel, 0, 0, 0, 0] }),
      i32.add(row, firstAlong(axes.columns, 3)),
    ),
  };
}

const indexOf = (axis: number, stride = 1): Affine => ({
  offset: 0,
  strides: axisOf(6, axis).strides.map((own) => own * stride),
});

/** Windows whose sizes differ: they begin and end where tables say, and what is behind the end is the last element again. */
function adaptive({ buffer, at }: Planes, x: Shape, w: PlacedWindows, s: Lowering): WindowLoop {
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

function loopOver(planes: Planes, x: Shape, w: PlacedWindows, around: number, s: Lowering): WindowLoop {
  return w.isAdaptive ? adaptive(planes, x, w, s) : sliding(planes, x, w, around, s);
}

/** A loop over windows that carries states over their elements and stores what has become of the last of them. */
function fold(
  value: Traced,
  { sizes, builder }: KernelBody,
  carries: readonly (readonly [initial: Expression, next: Expression])[],
  result: Expression,
  s: Lowering,
): void {
  const kernel: LoopKernel = {
    kind: "loop",
    name: nodeOf(value).name,
    sizes,
    reduced: 2,
    reduction: { carries: carries.map(([initial, next]) => ({ initial, next })), isScan: false },
    stores: [
      { value: builder.as(result, kindOf(value.dtype)), target: s.target(value), to: rowMajor(sizes.slice(0, 4)) },
    ],
  };
  s.push(kernel);
}

type PoolNode = MaxPool | ArgMaxPool | AvgPool | AvgUnpool;

const windowsBetween = (value: Traced, x: Shape, y: Shape): PlacedWindows =>
  nodeOf<PoolNode>(value).placing.windowsOn(x.slice(2), y.slice(2));

/** The first maximum of each window, or the first NaN: itself, or where it stands. */
const maximum = (gives: "value" | "position"): KernelRule => ({
  uses: () => "matrix",
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    // Windows of nothing: there is no element, and no maximum.
    if (gives === "value" && sizeOf(x.shape) === 0) {
      fill(s.target(value), Number.NaN, s);
      return;
    }
    const w = windowsBetween(value, x.shape, value.shape);
    const { k, element, position, first } = loopOver(planesOf(x, s), x.shape, w, Number.NEGATIVE_INFINITY, s);
    const kind = element.kind as NumberKind;
    const [numbers, positions] = [k.builder.arithmetic(kind), k.builder.arithmetic("i32")];
    const best = k.builder.state(kind, 0);
    // A NaN stays, as the first of equal ones does.
    const isKept = k.builder.either(numbers.lessEqual(element, best), numbers.notEqual(best, best));
    const next = numbers.select(isKept, best, element);
    const start = k.builder.constant(kind, Number.NEGATIVE_INFINITY);
    if (gives === "value") {
      fold(value, k, [[start, next]], best, s);
      return;
    }
    const at = k.builder.state("i32", 1);
    const moved = positions.select(isKept, at, position);
    fold(
      value,
      k,
      [
        [start, next],
        [first, moved],
      ],
      at,
      s,
    );
  },
});

/** A term of a sum in doubles, 0 for what the window does not see. */
const seenTerm = (k: KernelBody, isSeen: readonly Expression[], term: Expression): Expression =>
  isSeen.reduce((sum, condition) => k.builder.arithmetic("f64").select(condition, sum, 0), term);

/** How many elements the mean of a window counts, a double. */
function countOf(k: KernelBody, w: PlacedWindows, [rows, columns]: readonly [Affine, Affine]): Expression {
  const axes = axesOf(w);
  const along = (axis: PoolAxis, at: Affine): Expression => {
    const [count, ...others] = new Set(seenBy(axis).counts);
    if (others.length === 0) return k.builder.constant("f64", count ?? 1);
    return seenAlong(k.builder.arithmetic("f64"), axis, k.builder.as(k.builder.index(at), "f64")).count;
  };
  return k.builder.arithmetic("f64").mul(along(axes.rows, rows), along(axes.columns, columns));
}

const avgPool: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const w = windowsBetween(value, x.shape, value.shape);
    const { k, element, isSeen } = loopOver(planesOf(x, s), x.shape, w, 0, s);
    const doubles = k.builder.arithmetic("f64");
    const sum = k.builder.state("f64", 0);
    const term = k.builder.as(element, "f64");
    const next = doubles.add(sum, seenTerm(k, isSeen, term));
    const mean = doubles.div(sum, countOf(k, w, [axisOf(6, 2), axisOf(6, 3)]));
    fold(value, k, [[k.builder.constant("f64", 0), next]], mean, s);
  },
};

/** To each element of a window its share of the window's value, window by window. */
const avgUnpool: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const [y] = value.inputs as [Traced];
    const w = windowsBetween(value, value.shape, y.shape);
    const given = planesOf(y, s);
    const axes = axesOf(w);
    // Rounded once, a quotient of two float32 is the same in doubles; a sum with what is there already is not.
    const kind = !w.isAdaptive && areApart(axes) ? numberKindOf(value.dtype) : "f64";
    const shareOf = (k: KernelBody, at: Affine, windows: readonly [Affine, Affine]) => {
      const [number, count] = [k.builder.load(given.buffer, at), countOf(k, w, windows)];
      return k.builder.arithmetic(kind).div(number, k.builder.as(count, kind));
    };
    if (!w.isAdaptive) {
      spread(value, value.shape, y.shape, w, given.at, shareOf, s);
      return;
    }
    // Elements i of a plane see the windows that see them: as those of a pool of the windows would.
    const shares = s.temporary("float64", planeShape(y.shape, w.rows, w.columns));
    const each = s.body(shares.shape);
    s.loop("shares", each, shareOf(each, given.at, [axisOf(4, 2), axisOf(4, 3)]), shares);
    const dual = { ...w, height: w.rows, width: w.columns, rows: w.height, columns: w.width };
    const { k, element, isSeen } = adaptive({ buffer: shares, at: rowMajor(shares.shape) }, shares.shape, dual, s);
    const doubles = k.builder.arithmetic("f64");
    const own = numberKindOf(value.dtype);
    const sum = k.builder.state(own, 0);
    const next = k.builder.as(doubles.add(k.builder.as(sum, "f64"), seenTerm(k, isSeen, element)), own);
    fold(value, k, [[k.builder.constant(own, 0), next]], sum, s);
  },
};

/** Whether each element belongs to one window at most, and whether to one at least. */
const isApart = ({ stride, kernel, step }: PoolAxis) => (kernel - 1) * step < stride;
const areApart = ({ rows, columns }: ReturnType<typeof axesOf>) => isApart(rows) && isApart(columns);
const isCovered = (axis: PoolAxis) =>
  axis.step === 1 && axis.stride <= axis.kernel && reachOf(axis) + 1 >= axis.padding + axis.size;

/** Columns of windows that a loop stores at once. */
const storesAtOnce = 8;

/** What an element gets of a window: `at` is where the window stands among all, `windows` its row and its column. */
type Part = (k: KernelBody, at: Affine, windows: readonly [Affine, Affine], position: Expression) => Expression;

/** Loops over the elements of windows, [image, channel; row, column of the kernel; row, column], last elements first. */
function spread(
  value: Traced,
  x: Shape,
  y: Shape,
  w: PlacedWindows,
  { offset, strides }: Affine,
  part: Part,
  s: Lowering,
): void {
  const axes = axesOf(w);
  const shape = planeShape(x, w.height, w.width);
  const padding = paddedShape(axes, x);
  const target = s.target(value);
  const sums = padding === null ? target : s.temporary(value.dtype, padding);
  const isSum = !areApart(axes);
  if (isSum || !isCovered(axes.rows) || !isCovered(axes.columns)) fill(sums, 0, s);
  // Windows come in their order at each element if the rows of a kernel do from the last to the first, each in a loop of its own.
  const bands = isSum ? new Array<number>(w.kernelHeight).fill(1) : [w.kernelHeight];
  // Of few columns all are stored at once.
  const isWritten = !isSum && w.kernelWidth <= storesAtOnce;
  const ends = isWritten ? Array.from({ length: w.kernelWidth }, (_, i) => i) : [w.kernelWidth - 1];
  bands.forEach((height, i) => {
    const last = w.kernelHeight - 1 - i;
    const k = s.body([...y.slice(0, 2), height, isWritten ? 1 : w.kernelWidth, w.rows, w.columns]);
    const placeIn = (planes: Shape, start: number, column: number): Affine => {
      const [image, channel, perRow] = stridesOf(planes) as [number, number, number];
      return {
        offset: start + last * w.dilationY * perRow + column * w.dilationX,
        strides: [image, channel, -w.dilationY * perRow, -w.dilationX, w.strideY * perRow, w.strideX],
      };
    };
    const [image, channel, row, column] = strides as [number, number, number, number];
    const from = { offset, strides: [image, channel, 0, 0, row, column] };
    const stores = ends.map((end) => {
      const to = placeIn(padding ?? shape, 0, end);
      const position = k.builder.index(placeIn(shape, -interiorOf(shape, w), end));
      const own = part(k, from, [axisOf(6, 4), axisOf(6, 5)], position);
      const [kind, wide] = [numberKindOf(value.dtype), own.kind as NumberKind];
      const before = isSum ? k.builder.load(sums, to) : k.builder.constant(kind, 0);
      const sum = k.builder.arithmetic(wide).add(k.builder.as(before, wide), own);
      return { value: k.builder.as(sum, kind), target: sums, to };
    });
    s.push({ kind: "loop", name: nodeOf(value).name, sizes: k.sizes, reduced: 0, reduction: null, stores });
  });
  if (padding === null) return;
  const k = s.body(shape);
  const inside = { offset: interiorOf(padding, w), strides: stridesOf(padding) };
  s.loop(nodeOf(value).name, k, k.builder.load(sums, inside), target);
}

/** The windows that places were found in, if no element is in two of them. */
function windowsOfPlaces(places: Traced, value: Traced): PlacedWindows | null {
  const { source, inputs } = places;
  if (source.kind !== "node" || !(source.node instanceof ArgMaxPool)) return null;
  const shape = inputs[0]?.shape ?? [];
  if (sizeOf(shape) !== sizeOf(value.shape)) return null;
  const w = windowsBetween(places, shape, places.shape);
  const axes = axesOf(w);
  return !w.isAdaptive && areApart(axes) && paddedShape(axes, shape) === null ? w : null;
}

const maxUnpool: KernelRule = {
  lower: (value, s) => {
    const [y, places] = value.inputs as [Traced, Traced];
    const w = windowsOfPlaces(places, value);
    if (w === null) {
      scatterPlaces(value, s);
      return;
    }
    const [given, by, x] = [s.buffer(y), s.buffer(places), places.inputs[0] as Traced];
    const chosen: Part = (k, at, _windows, position) => {
      const isHere = k.builder.arithmetic("i32").equal(k.builder.load(by, at), position);
      const numbers = k.builder.arithmetic(numberKindOf(value.dtype));
      return numbers.select(isHere, k.builder.load(given, at), 0);
    };
    spread(value, x.shape, y.shape, w, rowMajor(planeShape(y.shape, w.rows, w.columns)), chosen, s);
  },
};

export const poolRules: readonly (readonly [unknown, KernelRule])[] = [
  [MaxPool, maximum("value")],
  [ArgMaxPool, maximum("position")],
  [MaxUnpool, maxUnpool],
  [AvgPool, avgPool],
  [AvgUnpool, avgUnpool],
];
