import { ArgMaxPool, AvgPool, AvgUnpool, MaxPool, MaxUnpool } from "../../ops/pool.js";
import { axesOf, type PlacedWindows, type PoolAxis, seenAlong, seenBy } from "../../ops/pool-windows.js";
import { sizeOf, stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import { type Affine, type Expression, kindOf, type NumberKind, numberKindOf } from "../ir/expression.js";
import type { LoopKernel } from "../ir/kernel.js";
import { axisOf, rowMajor } from "../ir/views.js";
import type { KernelBody, KernelRule, Lowering } from "./lowering.js";
import { fill } from "./pieces.js";
import { adaptive, interiorOf, loopOver, paddedShape, planeShape, planesOf, reachOf } from "./pool-loops.js";
import { scatterPlaces } from "./routines/scatter.js";

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
      const own = k.builder.arithmetic(kind);
      return own.add(0, own.div(number, k.builder.as(count, kind)));
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

/** Elements of a window that a loop stores at once. */
const storesAtOnce = 8;

/** As many positions as are stored at once, up to the last one. */
const endsOf = (last: number, atOnce: number) => Array.from({ length: atOnce }, (_, i) => last + 1 - atOnce + i);

/**
 * What an element gets of a window, added to 0, as -0 is nowhere the sum of what comes together: `at` is where the window stands
 * among all, `windows` its row and its column.
 */
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
  // Of few elements all are stored at once, or those of a row.
  const columnsAtOnce = !isSum && w.kernelWidth <= storesAtOnce ? w.kernelWidth : 1;
  const rowsAtOnce = !isSum && w.kernelHeight * w.kernelWidth <= storesAtOnce ? w.kernelHeight : 1;
  bands.forEach((height, i) => {
    const last = w.kernelHeight - 1 - i;
    const k = s.body([...y.slice(0, 2), height / rowsAtOnce, w.kernelWidth / columnsAtOnce, w.rows, w.columns]);
    const placeIn = (planes: Shape, start: number, row: number, column: number): Affine => {
      const [image, channel, perRow] = stridesOf(planes) as [number, number, number];
      return {
        offset: start + row * w.dilationY * perRow + column * w.dilationX,
        strides: [image, channel, -w.dilationY * perRow, -w.dilationX, w.strideY * perRow, w.strideX],
      };
    };
    const [image, channel, row, column] = strides as [number, number, number, number];
    const from = { offset, strides: [image, channel, 0, 0, row, column] };
    const ends = endsOf(last, rowsAtOnce).flatMap((row) =>
      endsOf(w.kernelWidth - 1, columnsAtOnce).map((column) => [row, column] as const),
    );
    const stores = ends.map((end) => {
      const to = placeIn(padding ?? shape, 0, ...end);
      const position = k.builder.index(placeIn(shape, -interiorOf(shape, w), ...end));
      const own = part(k, from, [axisOf(6, 4), axisOf(6, 5)], position);
      const [kind, wide] = [numberKindOf(value.dtype), own.kind as NumberKind];
      const sum = isSum ? k.builder.arithmetic(wide).add(k.builder.as(k.builder.load(sums, to), wide), own) : own;
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
      return numbers.select(isHere, numbers.add(0, k.builder.load(given, at)), 0);
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
