import type { DType } from "../../dtype.js";
import type { Windows } from "../../kernels/windows.js";
import type { Code, Local } from "../../wasm/encoder.js";
import { increase, repeat } from "../../wasm/loops.js";
import type { KernelCode } from "../emit/context.js";
import { loads, stores } from "../emit/elements.js";
import { type Buffer, elementBytes } from "../kernel.js";
import { clear } from "./zeros.js";

const adds = { float64: "f64.add", float32: "f32.add", int32: "i32.add", bool: "i32.add" } as const;

/**
 * What a pooling goes through: windows on each of so many planes. One of the buffers has an element for each window.
 */
export interface Pooling {
  readonly w: Windows;
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
  readonly top: Local;
  readonly bottom: Local;
  readonly left: Local;
  readonly right: Local;
  /** Which window it is, counted from the first of all. */
  readonly number: Local;
}

function forWindows(code: Code, { w, planes }: Pooling, visit: (window: Window) => void): void {
  const local = () => code.local("i32");
  const window = { plane: local(), top: local(), bottom: local(), left: local(), right: local(), number: local() };
  const [y, x] = [local(), local()];
  const clip = (at: Local, kernel: number, size: number, first: Local, end: Local) => {
    code.get(at).i32(0).get(at).i32(0).op("i32.gt_s").op("select").set(first);
    code.get(at).i32(kernel).op("i32.add").tee(end).i32(size).get(end).i32(size).op("i32.lt_s").op("select").set(end);
  };
  code.i32(0).set(window.plane).i32(0).set(window.number);
  repeat(code, planes, () => {
    code.i32(-w.paddingY).set(y);
    repeat(code, w.rows, () => {
      clip(y, w.kernelHeight, w.height, window.top, window.bottom);
      code.i32(-w.paddingX).set(x);
      repeat(code, w.columns, () => {
        clip(x, w.kernelWidth, w.width, window.left, window.right);
        visit(window);
        increase(code, window.number, 1);
        increase(code, x, w.strideX);
      });
      increase(code, y, w.strideY);
    });
    increase(code, window.plane, w.height * w.width);
  });
}

/** Calls `visit` with the position of each element of a window. */
function forElements(code: Code, { width }: Windows, window: Window, visit: (position: Local) => void): void {
  const [row, position, end] = [code.local("i32"), code.local("i32"), code.local("i32")];
  code.get(window.top).set(row);
  code.block((done) =>
    code.loop((again) => {
      code.get(row).get(window.bottom).op("i32.ge_s").branchIf(done);
      code.get(row).i32(width).op("i32.mul").get(window.plane).op("i32.add").tee(position);
      code.get(window.right).op("i32.add").set(end);
      code.get(position).get(window.left).op("i32.add").set(position);
      code.block((rowDone) =>
        code.loop((next) => {
          code.get(position).get(end).op("i32.ge_s").branchIf(rowDone);
          visit(position);
          increase(code, position, 1);
          code.branch(next);
        }),
      );
      increase(code, row, 1);
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
      .get(window.top)
      .i32(w.width)
      .op("i32.mul")
      .get(window.left)
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
function pushCount(code: Code, w: Windows, window: Window, countPadding: boolean): void {
  if (countPadding) {
    code.f64(w.kernelHeight * w.kernelWidth);
    return;
  }
  code.get(window.bottom).get(window.top).op("i32.sub").get(window.right).get(window.left).op("i32.sub");
  code.op("i32.mul").op("f64.convert_i32_s");
}

/** The mean of each window. */
export function emitAverage(context: KernelCode, pooling: Pooling, countPadding: boolean): void {
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
    pushCount(code, w, window, countPadding);
    storeDouble(code.op("f64.div"), target.dtype);
  });
}

/** To each element of a window the same share of the window's value. */
export function emitShare(context: KernelCode, pooling: Pooling, countPadding: boolean): void {
  const { w, from, target } = pooling;
  const { code, address } = context;
  const [share, at] = [code.local("f64"), code.local("i32")];
  clear(context, target);
  forWindows(code, pooling, (window) => {
    loadDouble(addressOf(code, address(from), from.dtype, window.number), from.dtype);
    pushCount(code, w, window, countPadding);
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
