import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { everyOther, lanesOf, type Scalar, scalarBytes, vectorBytes } from "../../../../wasm/simd.js";

/** Rows of at most so many vectors are copied without a loop. */
const unrolledVectors = 16;

/**
 * How the indices of one axis are laid out in padded planes: index i stands at i + offset, in the part of the axis that
 * has all positions with the same remainder by `stride`. So the elements that windows see in one place of their kernel
 * lie side by side, whatever the stride. Indices that fall outside are left out.
 */
export interface PlaneAxis {
  readonly size: number;
  readonly offset: number;
  readonly stride: number;
  /** The positions of each part. */
  readonly extent: number;
}

/** Planes [channel, part of rows, part of columns, image, row, column]; sizes in bytes. */
export interface Planes {
  readonly scalar: Scalar;
  readonly rows: PlaneAxis;
  readonly columns: PlaneAxis;
  readonly rowBytes: number;
  /** One image in one part. */
  readonly imageBytes: number;
  /** All images in one part. */
  readonly partBytes: number;
  readonly channelBytes: number;
}

export function planesOf(scalar: Scalar, rows: PlaneAxis, columns: PlaneAxis, images = 1, unit = 1): Planes {
  const size = scalarBytes[scalar];
  const rowBytes = columns.extent * size;
  const imageBytes = rows.extent * rowBytes;
  const partBytes = Math.ceil((images * imageBytes) / unit) * unit;
  const channelBytes = rows.stride * columns.stride * partBytes;
  return { scalar, rows, columns, rowBytes, imageBytes, partBytes, channelBytes };
}

/** Where position 0 of a place `down` and `right` of the first one stands in the planes of a channel. */
export function placeIn({ scalar, rows, columns, rowBytes, partBytes }: Planes, down: number, right: number): number {
  const part = (down % rows.stride) * columns.stride + (right % columns.stride);
  const [row, column] = [Math.floor(down / rows.stride), Math.floor(right / columns.stride)];
  return part * partBytes + row * rowBytes + column * scalarBytes[scalar];
}

/** The indices of an axis that have a position: the first, and behind the last. */
function inside({ size, offset, stride, extent }: PlaneAxis): readonly [number, number] {
  const first = Math.min(size, Math.max(0, -offset));
  return [first, Math.max(first, Math.min(size, stride * extent - offset))];
}

/**
 * Copies the channels of one image, `from` on in memory, into planes that are zeros around. `to` is where the image
 * stands in the planes of the first channel.
 */
export function emitStage(code: Code, planes: Planes, channels: number, from: Local, to: Local): void {
  const { scalar, rows, columns, rowBytes, partBytes, channelBytes } = planes;
  const size = scalarBytes[scalar];
  const [[top, bottom], [left, right]] = [inside(rows), inside(columns)];
  const width = right - left;
  if (channels === 0 || top === bottom || width === 0) return;
  const whole = rows.stride * columns.stride === 1 && width === columns.size && width === columns.extent;
  const [lineCount, line] = whole ? [1, (bottom - top) * width] : [bottom - top, width];
  const [source, plane, target] = locals(code, "i32", 3);
  const part = code.local("i32");
  code.set(source, from.add((top * columns.size + left) * size));
  code.set(plane, to);
  repeat(code, channels, () => {
    const first = top + rows.offset;
    code.set(target, plane.add(placeIn(planes, first, 0)));
    code.set(part, first % rows.stride);
    repeat(code, lineCount, () => {
      if (columns.stride === 1) copyLine(code, scalar, source, target, left + columns.offset, line);
      else spreadLine(code, planes, source, target, left + columns.offset, line);
      increase(code, source, columns.size * size);
      if (rows.stride === 1) increase(code, target, rowBytes);
      else nextPart(code, part, target, rows.stride, columns.stride * partBytes, rowBytes);
    });
    increase(code, source, (rows.size - lineCount) * columns.size * size);
    increase(code, plane, channelBytes);
  });
}

/** Moves to the next part; behind the last one to the first, one position further. */
function nextPart(code: Code, part: Local, at: Local, stride: number, partBytes: number, step: number): void {
  increase(code, at, partBytes);
  code.set(part, part.add(1)).get(part.equal(stride));
  code.if(() => {
    code.set(part, 0);
    increase(code, at, step - stride * partBytes);
  });
}

export function copyLine(code: Code, scalar: Scalar, from: Local, to: Local, position: number, count: number): void {
  const size = scalarBytes[scalar];
  const lanes = lanesOf[scalar];
  const start = position * size;
  if (count > unrolledVectors * lanes) {
    code
      .get(to.add(start))
      .get(from)
      .i32(count * size)
      .memoryCopy();
    return;
  }
  const move = (
    load: "v128.load" | "f32.load" | "f64.load",
    store: "v128.store" | "f32.store" | "f64.store",
    at: number,
  ) =>
    code
      .get(to)
      .get(from)
      .memory(load, at)
      .memory(store, start + at);
  if (count < lanes) {
    for (let i = 0; i < count; i++) move(`${scalar}.load`, `${scalar}.store`, i * size);
    return;
  }
  for (let i = 0; i + lanes <= count; i += lanes) move("v128.load", "v128.store", i * size);
  // The last vector overlaps the one before.
  if (count % lanes !== 0) move("v128.load", "v128.store", count * size - vectorBytes);
}

/** A line into the parts of its columns. */
function spreadLine(code: Code, planes: Planes, from: Local, to: Local, position: number, count: number): void {
  if (planes.columns.stride === 2 && count <= unrolledVectors * lanesOf[planes.scalar]) {
    halveLine(code, planes, from, to, position, count);
    return;
  }
  const { scalar, columns, partBytes } = planes;
  const size = scalarBytes[scalar];
  const [at, target, part] = locals(code, "i32", 3);
  code.set(at, from);
  code.set(target, to.add(placeIn(planes, 0, position)));
  code.set(part, position % columns.stride);
  repeat(code, count, () => {
    code.get(target).get(at).memory(`${scalar}.load`).memory(`${scalar}.store`);
    increase(code, at, size);
    nextPart(code, part, target, columns.stride, partBytes, size);
  });
}

/** A line into two parts, every other element of two vectors at a time; the last two overlap the ones before. */
function halveLine(code: Code, planes: Planes, from: Local, to: Local, position: number, count: number): void {
  const { scalar } = planes;
  const size = scalarBytes[scalar];
  const both = 2 * lanesOf[scalar];
  if (count < both) {
    for (let i = 0; i < count; i++) {
      const place = placeIn(planes, 0, position + i);
      code
        .get(to)
        .get(from)
        .memory(`${scalar}.load`, i * size)
        .memory(`${scalar}.store`, place);
    }
    return;
  }
  for (let i = 0; i < count; i += both) {
    const start = Math.min(i, count - both);
    for (const parity of [0, 1] as const) {
      code
        .get(to)
        .get(from.load("v128.load", start * size))
        .get(from.load("v128.load", start * size + vectorBytes));
      code.shuffle(everyOther(size, parity)).memory("v128.store", placeIn(planes, 0, position + start + parity));
    }
  }
}
