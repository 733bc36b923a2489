import type { DType } from "../../../../dtype.js";
import type { PlacedWindows } from "../../../../ops/pool-windows.js";
import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, repeat } from "../../../../wasm/loops.js";
import {
  everyOther,
  firstHalves,
  integersOf,
  lanesOf,
  type Scalar,
  scalarBytes,
  vectorBytes,
  vectorOf,
} from "../../../../wasm/simd.js";
import { type Buffer, scalarOf } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";

import type { Gives, Pooling } from "./windows.js";

/** Windows of more elements are taken one by one: their code is in a loop. */
const unrolledElements = 16;

/** Whether several neighbouring windows can be computed at a time. */
export function hasVectors(w: PlacedWindows, dtype: DType): boolean {
  if (dtype !== "float32" && dtype !== "float64") return false;
  return (
    !w.isAdaptive &&
    w.strideX <= 2 &&
    w.paddingX + w.paddingY === 0 &&
    lastSeen(w.rows, w.strideY, w.kernelHeight, w.dilationY) < w.height &&
    lastSeen(w.columns, w.strideX, w.kernelWidth, w.dilationX) < w.width &&
    w.kernelHeight * w.kernelWidth <= unrolledElements &&
    w.columns >= lanesOf[scalarOf({ dtype })]
  );
}

const lastSeen = (count: number, stride: number, kernel: number, dilation: number): number =>
  (count - 1) * stride + (kernel - 1) * dilation;

/** As many neighbouring windows as a vector has lanes. */
interface Block {
  readonly scalar: Scalar;
  /** The address of the first element of the first window, and of its result. */
  readonly from: Local;
  readonly to: Local;
  /** Where that element stands in the buffer, if it was asked for. */
  readonly position: Local;
}

/**
 * Calls `visit` for blocks that cover all windows; the last one of a row overlaps the one before where they do not
 * divide.
 */
function forBlocks({ code, address }: KernelCode, { w, planes, from, target }: Pooling, visit: (block: Block) => void) {
  const scalar = scalarOf(from);
  const [size, lanes] = [scalarBytes[scalar], lanesOf[scalar]];
  const resultSize = target.dtype === "int32" ? 4 : size;
  const local = () => code.local("i32");
  const block = { scalar, from: local(), to: local(), position: local() } as const;
  const move = (columns: number) => {
    increase(code, block.from, columns * w.strideX * size);
    increase(code, block.position, columns * w.strideX);
    increase(code, block.to, columns * resultSize);
  };
  const visitNext = () => {
    visit(block);
    move(lanes);
  };
  const whole = Math.floor(w.columns / lanes);
  const rest = w.columns % lanes;
  code.i32(address(from)).set(block.from).i32(address(target)).set(block.to).i32(0).set(block.position);
  repeat(code, planes, () => {
    repeat(code, w.rows, () => {
      repeat(code, whole, visitNext);
      if (rest > 0) {
        move(rest - lanes);
        visitNext();
      }
      const down = w.strideY * w.width - w.columns * w.strideX;
      increase(code, block.from, down * size);
      increase(code, block.position, down);
    });
    const left = (w.height - w.rows * w.strideY) * w.width;
    increase(code, block.from, left * size);
    increase(code, block.position, left);
  });
}

/** Puts on the stack what all windows of a block have in one place of the kernel. */
function pushElements(code: Code, w: PlacedWindows, { scalar, from }: Block, row: number, column: number): void {
  const size = scalarBytes[scalar];
  const start = row * w.width * size;
  if (w.strideX === 1) {
    code.get(from).memory("v128.load", start + column * size);
    return;
  }
  // Every other element of two vectors: the even ones, or the odd ones, so that nothing behind the row is needed.
  const parity = column % 2 === 0 ? 0 : 1;
  const at = start + (column - parity) * size;
  code
    .get(from)
    .memory("v128.load", at)
    .get(from)
    .memory("v128.load", at + vectorBytes);
  code.shuffle(everyOther(size, parity));
}

/** The elements of a window, row by row. */
function elementsOf(w: PlacedWindows): (readonly [row: number, column: number])[] {
  return Array.from({ length: w.kernelHeight * w.kernelWidth }, (_, i) => [
    Math.floor(i / w.kernelWidth) * w.dilationY,
    (i % w.kernelWidth) * w.dilationX,
  ]);
}

/** See `emitMaximum`. */
export function emitVectorMaximum(context: KernelCode, pooling: Pooling, gives: Gives): void {
  const { code } = context;
  const { w } = pooling;
  const [best, value, taken, index, offsets] = [
    code.local("v128"),
    code.local("v128"),
    code.local("v128"),
    code.local("v128"),
    code.local("v128"),
  ];
  forBlocks(context, pooling, (block) => {
    const isSingle = block.scalar === "f32";
    const [shape, integers] = [vectorOf[block.scalar], integersOf[block.scalar]];
    const width = isSingle ? "i32" : "i64";
    if (gives === "position") {
      code.get(block.position);
      if (!isSingle) code.op("i64.extend_i32_u");
      code.op(`${integers}.splat`);
      const lanes = Array.from({ length: lanesOf[block.scalar] }, (_, i) => i * w.strideX);
      code.v128(lanes.flatMap((at) => littleEndian(at, vectorBytes / lanes.length))).op(`${integers}.add`);
      code.tee(offsets).set(index);
    }
    for (const [i, [row, column]] of elementsOf(w).entries()) {
      pushElements(code, w, block, row, column);
      if (i === 0) {
        code.set(best);
        continue;
      }
      code.set(value).get(best).get(best).op(`${shape}.eq`).get(value).get(best).op(`${shape}.le`).op("v128.andnot");
      code.set(taken).get(value).get(best).get(taken).op("v128.bitselect").set(best);
      if (gives === "value") continue;
      code.get(offsets).splat(width, isSingle ? row * w.width + column : BigInt(row * w.width + column));
      code.op(`${integers}.add`).get(index).get(taken).op("v128.bitselect").set(index);
    }
    code.get(block.to);
    if (gives === "value") code.get(best).memory("v128.store");
    else if (isSingle) code.get(index).memory("v128.store");
    else {
      code.get(index).get(index).shuffle([0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
      code.laneMemory("v128.store64_lane", 0);
    }
  });
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

/** See `emitAverage`. */
export function emitVectorAverage(context: KernelCode, pooling: Pooling): void {
  const { code } = context;
  const { w } = pooling;
  const [value, low, high] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const count = w.kernelHeight * w.kernelWidth;
  const upper = [8, 9, 10, 11, 12, 13, 14, 15];
  forBlocks(context, pooling, (block) => {
    const isSingle = block.scalar === "f32";
    code.splat("f64", 0).set(low).splat("f64", 0).set(high);
    for (const [row, column] of elementsOf(w)) {
      pushElements(code, w, block, row, column);
      if (!isSingle) {
        code.get(low).op("f64x2.add").set(low);
        continue;
      }
      code.tee(value).op("f64x2.promote_low_f32x4").get(low).op("f64x2.add").set(low);
      code
        .get(value)
        .get(value)
        .shuffle([...upper, ...upper])
        .op("f64x2.promote_low_f32x4");
      code.get(high).op("f64x2.add").set(high);
    }
    const mean = (sum: Local) => code.get(sum).splat("f64", count).op("f64x2.div");
    code.get(block.to);
    mean(low);
    if (isSingle) {
      code.op("f32x4.demote_f64x2_zero");
      mean(high);
      code.op("f32x4.demote_f64x2_zero").shuffle(firstHalves);
    }
    code.memory("v128.store");
  });
}

/** Whether windows of two columns stand side by side, so that each element belongs to one window at most. */
export function tilesInPairs(w: PlacedWindows, dtype: DType): boolean {
  const isWhole = w.dilationY * w.dilationX === 1;
  const isSideBySide = isWhole && w.kernelWidth === 2 && w.strideX === 2 && w.kernelHeight === w.strideY;
  return dtype === "float32" && isSideBySide && hasVectors(w, dtype);
}

/** The bytes of two vectors of floats in turns, of their first or second halves. */
const inTurns = (half: number): number[] =>
  [0, 1].flatMap((lane) =>
    [0, vectorBytes].flatMap((vector) => [0, 1, 2, 3].map((i) => vector + half * 8 + lane * 4 + i)),
  );

/**
 * Writes all elements of the windows, for windows that `tilesInPairs`; elements of no window are not written. With
 * places: zeros but where the window's place is, which gets the window's element of `from`. Without: its share for
 * each.
 */
export function emitVectorUnpool(context: KernelCode, pooling: Pooling, places: Buffer | null): void {
  const { code, address } = context;
  const { w, from, target } = pooling;
  const [value, place, first] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const columns = [code.local("v128"), code.local("v128")] as const;
  forBlocks(context, { ...pooling, from: target, target: from }, (block) => {
    // Adding to zero: a negative zero is lost, as it is in eager mode.
    code.splat("f32", 0).get(block.to).memory("v128.load").op("f32x4.add").set(value);
    if (places === null) {
      // In float64 and then rounded, as in eager mode, the quotient is the same float: 53 bits are more than 2 x 24 +
      // 1.
      code
        .get(value)
        .splat("f32", w.kernelHeight * w.kernelWidth)
        .op("f32x4.div")
        .set(value);
      for (const local of columns) code.get(value).set(local);
    } else {
      code
        .get(block.to)
        .i32(address(places) - address(from))
        .op("i32.add")
        .memory("v128.load")
        .set(place);
      code.get(block.position).op("i32x4.splat");
      code
        .v128([0, 2, 4, 6].flatMap((at) => littleEndian(at, 4)))
        .op("i32x4.add")
        .set(first);
    }
    for (let row = 0; row < w.kernelHeight; row++) {
      for (const [column, local] of columns.entries()) {
        if (places === null) continue;
        code
          .get(first)
          .splat("i32", row * w.width + column)
          .op("i32x4.add")
          .get(place)
          .op("i32x4.eq");
        code.get(value).op("v128.and").set(local);
      }
      for (const half of [0, 1]) {
        code.get(block.from).get(columns[0]).get(columns[1]).shuffle(inTurns(half));
        code.memory("v128.store", row * w.width * 4 + half * vectorBytes);
      }
    }
  });
}

/** Whether each element belongs to a window, where windows stand side by side. */
export function areCovered(w: PlacedWindows): boolean {
  return w.rows * w.kernelHeight === w.height && w.columns * w.kernelWidth === w.width;
}
