import type { DType } from "../../../../dtype.js";
import type { PlacedWindows } from "../../../../ops/pool-windows.js";
import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, repeat } from "../../../../wasm/loops.js";
import { type Buffer, elementBytes } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import { loads, stores } from "../../../ir/elements.js";
import { clear } from "../zeros.js";

const adds = { float64: "f64.add", float32: "f32.add", int32: "i32.add", bool: "i32.add" } as const;

/**
 * What a pooling goes through: windows on each of so many planes. One of the buffers has an element for each window.
 */
export interface Pooling {
  readonly w: PlacedWindows;
  readonly planes: number;
  readonly from: Buffer;
  readonly target: Buffer;
}

/** What a maximum is asked for: itself, or where it stands. */
export type Gives = "value" | "position";

/** Puts the address of element `index` of a buffer on the stack. */
function addressOf(code: Code, address: number, dtype: DType, index: Local): Code {
  return code.get(index).i32(elementBytes[dtype]).op("i32.mul").i32(address).op("i32.add");
}

/** The number at the address on the stack as an f64, which any number of ours is without a change. */
function loadDouble(code: Code, dtype: DType): Code {
  code.memory(loads[dtype]);
  if (dtype === "float64") return code;
  return code.op(dtype === "float32" ? "f64.promote_f32" : "f64.convert_i32_s");
}

function storeDouble(code: Code, dtype: DType): Code {
  if (dtype === "float32") code.op("f32.demote_f64");
  return code.memory(stores[dtype]);
}

/** The window that a loop is at: what it has of its plane. Positions are numbers of elements. */
interface Window {
  readonly plane: Local;
  /** Which window it is, counted from the first of all. */
  readonly number: Local;
  readonly rows: Range;
  readonly columns: Range;
}

/** Along one axis: where the window begins, the padding included, and what it sees, from `first` on up to below `end`. */
interface Range {
  readonly axis: PoolAxis;
  readonly start: Local;
  readonly first: Local;
  readonly end: Local;
}

interface PoolAxis {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number;
  /** Where the padding ends. */
  readonly paddedEnd: number;
}

const rowsOf = (w: PlacedWindows): PoolAxis => ({
  size: w.height,
  count: w.rows,
  kernel: w.kernelHeight,
  stride: w.strideY,
  dilation: w.dilationY,
  padding: w.paddingY,
  paddedEnd: w.endY,
});

const columnsOf = (w: PlacedWindows): PoolAxis => ({
  size: w.width,
  count: w.columns,
  kernel: w.kernelWidth,
  stride: w.strideX,
  dilation: w.dilationX,
  padding: w.paddingX,
  paddedEnd: w.endX,
});

/** Sets what a window that slides sees. */
function clip(code: Code, { axis, start, first, end }: Range): void {
  const { size, kernel, dilation } = axis;
  code.get(start).i32(0).get(start).i32(0).op("i32.gt_s").op("select").set(first);
  if (dilation > 1 && axis.padding > 0) {
    // The first of its elements that is not before the plane.
    code.get(start).i32(0).op("i32.lt_s");
    code.if(() => {
      code
        .i32(dilation - 1)
        .i32(dilation - 1)
        .get(start)
        .op("i32.sub")
        .i32(dilation)
        .op("i32.rem_s");
      code.op("i32.sub").set(first);
    });
  }
  code
    .get(start)
    .i32((kernel - 1) * dilation + 1)
    .op("i32.add")
    .tee(end)
    .i32(size)
    .get(end)
    .i32(size)
    .op("i32.lt_s")
    .op("select")
    .set(end);
}

/**
 * Sets what an adaptive window sees, `start` being its number times the size: the quotients by the count, rounded down and up. In
 * doubles, which hold the products; a quotient that is no whole number differs from one by more than it is rounded by.
 */
function spread(code: Code, { axis, start, first, end }: Range): void {
  const { size, count } = axis;
  code.get(start).f64(count).op("f64.div").op("i32.trunc_sat_f64_s").set(first);
  code.get(start).f64(size).op("f64.add").f64(count).op("f64.div").op("f64.ceil").op("i32.trunc_sat_f64_s").set(end);
}

/** Calls `visit` for all windows along an axis. */
function forRange(code: Code, range: Range, isAdaptive: boolean, visit: () => void): void {
  const { axis, start } = range;
  if (isAdaptive) code.f64(0).set(start);
  else code.i32(-axis.padding).set(start);
  repeat(code, axis.count, () => {
    (isAdaptive ? spread : clip)(code, range);
    visit();
    if (isAdaptive) code.get(start).f64(axis.size).op("f64.add").set(start);
    else increase(code, start, axis.stride);
  });
}

function forWindows(code: Code, { w, planes }: Pooling, visit: (window: Window) => void): void {
  const local = () => code.local("i32");
  const range = (axis: PoolAxis) => ({
    axis,
    first: local(),
    end: local(),
    start: code.local(w.isAdaptive ? "f64" : "i32"),
  });
  const window = { plane: local(), rows: range(rowsOf(w)), columns: range(columnsOf(w)), number: local() };
  code.i32(0).set(window.plane).i32(0).set(window.number);
  repeat(code, planes, () => {
    forRange(code, window.rows, w.isAdaptive, () =>
      forRange(code, window.columns, w.isAdaptive, () => {
        visit(window);
        increase(code, window.number, 1);
      }),
    );
    increase(code, window.plane, w.height * w.width);
  });
}

/** Calls `visit` with the position of each element of a window. */
function forElements(
  code: Code,
  { width, dilationY, dilationX }: PlacedWindows,
  window: Window,
  visit: (position: Local) => void,
): void {
  const [row, position, end] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code.get(window.rows.first).set(row);
  code.block((done) =>
    code.loop((again) => {
      code.get(row).get(window.rows.end).op("i32.ge_s").branchIf(done);
      code.get(row).i32(width).op("i32.mul").get(window.plane).op("i32.add").tee(position);
      code.get(window.columns.end).op("i32.add").set(end);
      code.get(position).get(window.columns.first).op("i32.add").set(position);
      code.block((rowDone) =>
        code.loop((next) => {
          code.get(position).get(end).op("i32.ge_s").branchIf(rowDone);
          visit(position);
          increase(code, position, dilationX);
          code.branch(next);
        }),
      );
      increase(code, row, dilationY);
      code.branch(again);
    }),
  );
}

/** The first maximum of each window, or the first NaN: its position or itself. */
export function emitMaximum(context: KernelCode, pooling: Pooling, gives: Gives): void {
  const { w, from, target } = pooling;
  const { code, address } = context;
  const [index, best, value] = [code.local("i32"), code.local("f64"), code.local("f64")];
  forWindows(code, pooling, (window) => {
    code
      .get(window.rows.first)
      .i32(w.width)
      .op("i32.mul")
      .get(window.columns.first)
      .op("i32.add")
      .get(window.plane)
      .op("i32.add")
      .set(index);
    loadDouble(addressOf(code, address(from), from.dtype, index), from.dtype).set(best);
    forElements(code, w, window, (position) => {
      loadDouble(addressOf(code, address(from), from.dtype, position), from.dtype).tee(value);
      code.get(best).op("f64.le").op("i32.eqz").get(best).get(best).op("f64.eq").op("i32.and");
      code.if(() => code.get(value).set(best).get(position).set(index));
    });
    addressOf(code, address(target), target.dtype, window.number);
    if (gives === "position") code.get(index);
    else addressOf(code, address(from), from.dtype, index).memory(loads[from.dtype]);
    code.memory(stores[target.dtype]);
  });
}

/** How many elements a window averages, as an f64. */
function pushCount(code: Code, w: PlacedWindows, { rows, columns }: Window): void {
  if (w.countsPadding && isWithinPadding(rows.axis) && isWithinPadding(columns.axis)) {
    code.f64(w.kernelHeight * w.kernelWidth);
    return;
  }
  for (const range of [rows, columns]) {
    if (w.countsPadding) pushCounted(code, range);
    else pushSeen(code, range);
  }
  code.op("i32.mul").op("f64.convert_i32_s");
}

/** Whether no window reaches beyond the padding: only in ceil mode may one. */
const isWithinPadding = ({ count, stride, kernel, dilation, padding, paddedEnd }: PoolAxis): boolean =>
  (count - 1) * stride + (kernel - 1) * dilation < paddedEnd + padding;

/** How many elements a window has along an axis up to the end of the padding, that before included. */
function pushCounted(code: Code, { axis: { kernel, dilation, paddedEnd }, start }: Range): void {
  const count = code.local("i32");
  code
    .i32(paddedEnd + dilation - 1)
    .get(start)
    .op("i32.sub");
  if (dilation > 1) code.i32(dilation).op("i32.div_u");
  code.tee(count).i32(kernel).get(count).i32(kernel).op("i32.lt_s").op("select");
}

/** How many elements a window sees along an axis. */
function pushSeen(code: Code, { axis: { dilation }, first, end }: Range): void {
  code.get(end).get(first).op("i32.sub");
  if (dilation > 1)
    code
      .i32(dilation - 1)
      .op("i32.add")
      .i32(dilation)
      .op("i32.div_u");
}

/** The mean of each window. */
export function emitAverage(context: KernelCode, pooling: Pooling): void {
  const { w, from, target } = pooling;
  const { code, address } = context;
  const sum = code.local("f64");
  forWindows(code, pooling, (window) => {
    code.f64(0).set(sum);
    forElements(code, w, window, (position) => {
      code.get(sum);
      loadDouble(addressOf(code, address(from), from.dtype, position), from.dtype)
        .op("f64.add")
        .set(sum);
    });
    addressOf(code, address(target), target.dtype, window.number).get(sum);
    pushCount(code, w, window);
    storeDouble(code.op("f64.div"), target.dtype);
  });
}

/** To each element of a window the same share of the window's value. */
export function emitShare(context: KernelCode, pooling: Pooling): void {
  const { w, from, target } = pooling;
  const { code, address } = context;
  const [share, at] = [code.local("f64"), code.local("i32")];
  clear(context, target);
  forWindows(code, pooling, (window) => {
    loadDouble(addressOf(code, address(from), from.dtype, window.number), from.dtype);
    pushCount(code, w, window);
    code.op("f64.div").set(share);
    forElements(code, w, window, (position) => {
      addressOf(code, address(target), target.dtype, position).tee(at).get(at);
      storeDouble(loadDouble(code, target.dtype).get(share).op("f64.add"), target.dtype);
    });
  });
}

export function emitNaN({ code, address }: KernelCode, target: Buffer): void {
  const at = code.local("i32");
  code.i32(address(target)).set(at);
  repeat(code, target.size, () => {
    code.get(at);
    storeDouble(code.f64(Number.NaN), target.dtype);
    increase(code, at, elementBytes[target.dtype]);
  });
}

/** Zeros, then one element after the other. */
export function emitScatter(context: KernelCode, from: Buffer, places: Buffer, target: Buffer): void {
  const { code, address } = context;
  clear(context, target);
  const [at, place, to] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code.i32(address(from)).set(at).i32(address(places)).set(place);
  repeat(code, from.size, () => {
    // As in an array, an element outside of it is none.
    code.get(place).memory("i32.load").tee(to).i32(target.size).op("i32.lt_u");
    code.if(() => {
      addressOf(code, address(target), target.dtype, to).tee(to).get(to).memory(loads[target.dtype]);
      code.get(at).memory(loads[from.dtype]).op(adds[from.dtype]).memory(stores[target.dtype]);
    });
    increase(code, at, elementBytes[from.dtype]);
    increase(code, place, 4);
  });
}
