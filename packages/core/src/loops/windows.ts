// Loops over the windows that slide over planes (the channels of images). Written once, for Float64Array; the build
// prints a copy for each other dtype, as it does of rows.ts.

import type { Windows } from "../shape/window.js";

/**
 * Copies what each window sees of `channels` planes, x from `from` on, into a matrix, `out` from `to` on: neighbouring
 * elements of a window (channel, row and column of the kernel, in this order) stand `elementStep` apart, neighbouring
 * windows `windowStep`. The padding is 0.
 */
export function gatherWindows(
  out: Float64Array,
  to: number,
  x: Float64Array,
  from: number,
  channels: number,
  windows: Windows,
  elementStep: number,
  windowStep: number,
): void {
  const { height, width, kernelHeight, kernelWidth, rows, columns } = windows;
  const { strideY, strideX, paddingY, paddingX, dilationY, dilationX } = windows;
  const unit = windowStep === 1 && strideX === 1;
  let element = to;
  for (let plane = from, last = from + channels * height * width; plane < last; plane += height * width) {
    for (let i = 0; i < kernelHeight; i++) {
      for (let j = 0; j < kernelWidth; j++, element += elementStep) {
        // The windows from `first` to `end` see a column of the plane here, the others see padding. Positions are made
        // integers (| 0), for a quotient is a double, and so would be all that is added to it: half the speed.
        const left = j * dilationX - paddingX;
        const first = Math.min(columns, Math.max(0, Math.ceil(-left / strideX))) | 0;
        const end = Math.max(first, Math.min(columns, Math.ceil((width - left) / strideX))) | 0;
        let at = element;
        for (let r = 0, y = i * dilationY - paddingY; r < rows; r++, y += strideY) {
          const inside = y >= 0 && y < height;
          const start = inside ? first : columns;
          const stop = inside ? end : columns;
          let c = 0;
          for (; c < start; c++, at += windowStep) out[at] = 0;
          let p = (plane + y * width + left + c * strideX) | 0;
          // Most convolutions have a stride of 1: four at a time take half the time.
          if (unit) {
            for (; c + 4 <= stop; c += 4, at += 4, p += 4) {
              out[at] = x[p] as number;
              out[at + 1] = x[p + 1] as number;
              out[at + 2] = x[p + 2] as number;
              out[at + 3] = x[p + 3] as number;
            }
          }
          for (; c < stop; c++, at += windowStep, p += strideX) out[at] = x[p] as number;
          for (; c < columns; c++, at += windowStep) out[at] = 0;
        }
      }
    }
  }
}

/** The adjoint: adds each element of the matrix, x from `from` on, to where in the planes, `out` from `to` on, it is from. */
export function scatterAddWindows(
  out: Float64Array,
  to: number,
  x: Float64Array,
  from: number,
  channels: number,
  windows: Windows,
  elementStep: number,
  windowStep: number,
): void {
  const { height, width, kernelHeight, kernelWidth, rows, columns } = windows;
  const { strideY, strideX, paddingY, paddingX, dilationY, dilationX } = windows;
  const unit = windowStep === 1 && strideX === 1;
  let element = from;
  for (let plane = to, last = to + channels * height * width; plane < last; plane += height * width) {
    for (let i = 0; i < kernelHeight; i++) {
      for (let j = 0; j < kernelWidth; j++, element += elementStep) {
        const left = j * dilationX - paddingX;
        const first = Math.min(columns, Math.max(0, Math.ceil(-left / strideX))) | 0;
        const end = Math.max(first, Math.min(columns, Math.ceil((width - left) / strideX))) | 0;
        for (let r = 0, y = i * dilationY - paddingY; r < rows; r++, y += strideY) {
          if (y < 0 || y >= height) continue;
          let at = (element + (r * columns + first) * windowStep) | 0;
          let p = (plane + y * width + left + first * strideX) | 0;
          let c = first;
          if (unit) {
            for (; c + 4 <= end; c += 4, at += 4, p += 4) {
              out[p] = (out[p] as number) + (x[at] as number);
              out[p + 1] = (out[p + 1] as number) + (x[at + 1] as number);
              out[p + 2] = (out[p + 2] as number) + (x[at + 2] as number);
              out[p + 3] = (out[p + 3] as number) + (x[at + 3] as number);
            }
          }
          for (; c < end; c++, at += windowStep, p += strideX) out[p] = (out[p] as number) + (x[at] as number);
        }
      }
    }
  }
}

/** What each window sees along one axis: from `first` on, `step` further each time, up to below `end`. */
export interface AxisWindows {
  /** Of the plane. */
  readonly size: number;
  readonly step: number;
  readonly firsts: readonly number[];
  readonly ends: readonly number[];
  /** How many elements a mean counts. */
  readonly counts: readonly number[];
}

/** The windows of a pool on each plane: all that a window of `rows` and one of `columns` see. */
export interface PoolWindows {
  readonly rows: AxisWindows;
  readonly columns: AxisWindows;
}

/** out[plane, row, column] = where in x the first maximum of the window stands; the first NaN counts as one. */
export function argMaxWindows(out: Int32Array, x: Float64Array, windows: PoolWindows): void {
  const { rows, columns } = windows;
  const [width, down, across] = [columns.size, rows.step, columns.step];
  for (let plane = 0, at = 0; at < out.length; plane += rows.size * width) {
    for (let r = 0; r < rows.firsts.length; r++) {
      const top = rows.firsts[r] as number;
      const bottom = rows.ends[r] as number;
      for (let c = 0; c < columns.firsts.length; c++) {
        const left = columns.firsts[c] as number;
        const right = columns.ends[c] as number;
        let index = plane + top * width + left;
        let best = x[index] as number;
        for (let i = top; i < bottom; i += down) {
          for (let p = plane + i * width + left, end = plane + i * width + right; p < end; p += across) {
            const value = x[p] as number;
            if (!(value <= best) && !Number.isNaN(best)) {
              best = value;
              index = p;
            }
          }
        }
        out[at++] = index;
      }
    }
  }
}

/** out[i] = x[places[i]]. */
export function gatherPlaces(out: Float64Array, x: Float64Array, places: Int32Array): void {
  for (let i = 0; i < places.length; i++) out[i] = x[places[i] as number] as number;
}

/** out[places[i]] += x[i]. */
export function scatterAddPlaces(out: Float64Array, x: Float64Array, places: Int32Array): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    out[place] = (out[place] as number) + (x[i] as number);
  }
}

/** out[plane, row, column] = the mean of the window, added up in double precision. */
export function averageWindows(out: Float64Array, x: Float64Array, windows: PoolWindows): void {
  const { rows, columns } = windows;
  const [width, down, across] = [columns.size, rows.step, columns.step];
  for (let plane = 0, at = 0; at < out.length; plane += rows.size * width) {
    for (let r = 0; r < rows.firsts.length; r++) {
      const top = rows.firsts[r] as number;
      const bottom = rows.ends[r] as number;
      for (let c = 0; c < columns.firsts.length; c++) {
        const left = columns.firsts[c] as number;
        const right = columns.ends[c] as number;
        let sum = 0;
        for (let i = top; i < bottom; i += down) {
          for (let p = plane + i * width + left, end = plane + i * width + right; p < end; p += across)
            sum += x[p] as number;
        }
        out[at++] = sum / ((rows.counts[r] as number) * (columns.counts[c] as number));
      }
    }
  }
}

/** The adjoint: adds to each element of a window its share of x[plane, row, column]. */
export function shareWindows(out: Float64Array, x: Float64Array, windows: PoolWindows): void {
  const { rows, columns } = windows;
  const [width, down, across] = [columns.size, rows.step, columns.step];
  for (let plane = 0, at = 0; at < x.length; plane += rows.size * width) {
    for (let r = 0; r < rows.firsts.length; r++) {
      const top = rows.firsts[r] as number;
      const bottom = rows.ends[r] as number;
      for (let c = 0; c < columns.firsts.length; c++) {
        const left = columns.firsts[c] as number;
        const right = columns.ends[c] as number;
        const share = (x[at++] as number) / ((rows.counts[r] as number) * (columns.counts[c] as number));
        for (let i = top; i < bottom; i += down) {
          for (let p = plane + i * width + left, end = plane + i * width + right; p < end; p += across) {
            out[p] = (out[p] as number) + share;
          }
        }
      }
    }
  }
}

/** out[image, channel, ...] += x[channel], `size` being the size of a plane. */
export function addToPlanes(out: Float64Array, x: Float64Array, size: number): void {
  for (let at = 0, channel = 0; at < out.length; channel = channel + 1 === x.length ? 0 : channel + 1) {
    const value = x[channel] as number;
    for (const end = at + size; at < end; at++) out[at] = (out[at] as number) + value;
  }
}
