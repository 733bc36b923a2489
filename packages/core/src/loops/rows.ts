// Loops along one axis: an array seen as [outer, n, inner], the axis in the middle. Written once, for Float64Array; the
// build prints a copy for each other dtype, so that the JavaScript engine sees one type of array in each loop. Sums,
// means, extremes and softmax keep `inner` results at once, so that they read the array in the order of memory; where there is
// one, in a variable. Products, scans and what has to know where a maximum stands take the rows one by one.

/** What `momentsAxis` finds out about each row, in doubles whatever the dtype, and what `deviationsAxis` divides by. */
export interface Moments {
  readonly means: Float64Array;
  readonly rests: Float64Array;
  readonly squares: Float64Array;
  readonly scales: Float64Array;
  readonly divisors: Float64Array;
}

/** out[outer, inner] = the sum along the axis, added up in double precision. */
export function sumAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  if (inner === 1) {
    for (let o = 0, at = 0; o < outer; o++) {
      let sum = 0;
      for (const end = at + n; at < end; at++) sum += x[at] as number;
      out[o] = sum;
    }
    return;
  }
  const sums = new Float64Array(inner);
  for (let o = 0, at = 0; o < outer; o++) {
    sums.fill(0);
    for (let j = 0; j < n; j++) for (let i = 0; i < inner; i++) sums[i] = (sums[i] as number) + (x[at++] as number);
    for (let i = 0; i < inner; i++) out[o * inner + i] = sums[i] as number;
  }
}

/** out[outer, inner] = the product along the axis; of whole numbers, the last 32 bits of it. */
export function prodAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const whole = out instanceof Int32Array;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let product = 1;
      for (let j = 0, at = o * n * inner + i; j < n; j++, at += inner) {
        const value = x[at] as number;
        product = whole ? Math.imul(product, value) : product * value;
      }
      out[o * inner + i] = product;
    }
  }
}

/**
 * out[outer, inner] = the mean along the axis. Equal elements have it exactly, and no sum overflows: where it has left the range
 * of a double it is taken again in a scale, and where all may be alike, what is left over from the mean is added up as well.
 */
export function meanAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const sums = new Float64Array(inner);
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    if (inner === 1) {
      let sum = 0;
      for (let at = start; at < end; at++) sum += x[at] as number;
      sums[0] = sum;
    } else {
      sums.fill(0);
      for (let at = start; at < end; ) {
        for (let i = 0; i < inner; i++) sums[i] = (sums[i] as number) + (x[at++] as number);
      }
    }
    for (let i = 0; i < inner; i++) {
      let mean = (sums[i] as number) / n;
      let scale = 1;
      if (!(Math.abs(mean) < Infinity)) {
        [mean, scale] = [0, 2 ** -600];
        for (let at = start + i; at < end; at += inner) mean += (x[at] as number) * scale;
        mean /= n;
      }
      // An infinite mean is near to none.
      if (Math.abs((x[start + i] as number) * scale - mean) < Math.abs(mean) * 2 ** -10) {
        let rest = 0;
        for (let at = start + i; at < end; at += inner) rest += (x[at] as number) * scale - mean;
        mean += rest / n;
      }
      out[o * inner + i] = mean / scale;
    }
  }
}

/**
 * Moments along the axis, of each [outer, inner]: the mean (if `center`; else 0) as `means` + `rests`, and the sum of squared
 * deviations from it, both of the elements times `scales`.
 *
 * The scale is a power of 2, and 1 but where squares leave the range of a double. Where all elements may be alike, the mean is
 * found to twice the precision: deviations as small as the spacing of the elements are right, and those of equal ones are 0.
 */
export function momentsAxis(
  { means, rests, squares, scales }: Moments,
  x: Float64Array,
  outer: number,
  n: number,
  inner: number,
  center: boolean,
): void {
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    const to = o * inner;
    if (inner === 1) {
      let sum = 0;
      if (center) for (let at = start; at < end; at++) sum += x[at] as number;
      const mean = center ? sum / n : 0;
      let square = 0;
      for (let at = start; at < end; at++) {
        const deviation = (x[at] as number) - mean;
        square += deviation * deviation;
      }
      means[o] = mean;
      squares[o] = square;
    } else {
      if (center) {
        for (let at = start; at < end; ) {
          for (let j = to; j < to + inner; j++) means[j] = (means[j] as number) + (x[at++] as number);
        }
        for (let j = to; j < to + inner; j++) means[j] = (means[j] as number) / n;
      }
      for (let at = start; at < end; ) {
        for (let j = to; j < to + inner; j++) {
          const deviation = (x[at++] as number) - (means[j] as number);
          squares[j] = (squares[j] as number) + deviation * deviation;
        }
      }
    }
    for (let i = 0, j = to; i < inner; i++, j++) {
      const mean = means[j] as number;
      const square = squares[j] as number;
      // Above 1e-120 the spacing of doubles has a square that counts; below 1e-280 others than those may have been lost.
      const isLarge = !(square < Infinity);
      const isSmall = square < 1e-280 && Math.abs(mean) < 1e-120;
      const isClose = center && Math.abs((x[start + i] as number) - mean) <= Math.abs(mean) * 2 ** -10;
      scales[j] = 1;
      if (!isLarge && !isSmall && !isClose) continue;
      const scale = isLarge ? 2 ** -600 : isSmall ? 2 ** 600 : 1;
      let shift = 0;
      let rest = 0;
      if (center) {
        for (let at = start + i; at < end; at += inner) shift += (x[at] as number) * scale;
        shift /= n;
        for (let at = start + i; at < end; at += inner) rest += (x[at] as number) * scale - shift;
        rest /= n;
      }
      let sum = 0;
      for (let at = start + i; at < end; at += inner) {
        const deviation = (x[at] as number) * scale - shift - rest;
        sum += deviation * deviation;
      }
      means[j] = shift;
      rests[j] = rest;
      squares[j] = sum;
      scales[j] = scale;
    }
  }
}

/** out[outer, j, inner] = the deviation of x from the mean of its row, both times the scale, divided by the row's divisor. */
export function deviationsAxis(
  out: Float64Array,
  x: Float64Array,
  outer: number,
  n: number,
  inner: number,
  { means, rests, scales, divisors }: Moments,
): void {
  for (let o = 0, at = 0; o < outer; o++) {
    const end = at + n * inner;
    if (inner === 1) {
      const mean = means[o] as number;
      const rest = rests[o] as number;
      const scale = scales[o] as number;
      const divisor = divisors[o] as number;
      for (; at < end; at++) out[at] = ((x[at] as number) * scale - mean - rest) / divisor;
      continue;
    }
    while (at < end) {
      for (let j = o * inner; j < (o + 1) * inner; j++, at++) {
        const value = (x[at] as number) * (scales[j] as number) - (means[j] as number) - (rests[j] as number);
        out[at] = value / (divisors[j] as number);
      }
    }
  }
}

/** out[outer, inner] = the maximum along the axis (n > 0); NaN if there is one. */
export function maxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0, at = 0; o < outer; o++) {
    const to = o * inner;
    const end = at + n * inner;
    if (inner === 1) {
      let best = x[at++] as number;
      for (; at < end; at++) best = Math.max(best, x[at] as number);
      out[o] = best;
      continue;
    }
    for (let i = 0; i < inner; i++) out[to + i] = x[at++] as number;
    while (at < end) for (let i = to; i < to + inner; i++) out[i] = Math.max(out[i] as number, x[at++] as number);
  }
}

/** out[outer, inner] = the minimum along the axis (n > 0); NaN if there is one. */
export function minAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0, at = 0; o < outer; o++) {
    const to = o * inner;
    const end = at + n * inner;
    if (inner === 1) {
      let best = x[at++] as number;
      for (; at < end; at++) best = Math.min(best, x[at] as number);
      out[o] = best;
      continue;
    }
    for (let i = 0; i < inner; i++) out[to + i] = x[at++] as number;
    while (at < end) for (let i = to; i < to + inner; i++) out[i] = Math.min(out[i] as number, x[at++] as number);
  }
}

/** out[outer, inner] = where the first maximum along the axis stands (n > 0); the first NaN counts as one. */
export function argMaxAxis(out: Int32Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = x[o * n * inner + i] as number;
      let index = 0;
      for (let j = 1; j < n && !Number.isNaN(best); j++) {
        const value = x[(o * n + j) * inner + i] as number;
        if (!(value <= best)) {
          best = value;
          index = j;
        }
      }
      out[o * inner + i] = index;
    }
  }
}

/** out[outer, inner] = where the first minimum along the axis stands (n > 0); the first NaN counts as one. */
export function argMinAxis(out: Int32Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = x[o * n * inner + i] as number;
      let index = 0;
      for (let j = 1; j < n && !Number.isNaN(best); j++) {
        const value = x[(o * n + j) * inner + i] as number;
        if (!(value >= best)) {
          best = value;
          index = j;
        }
      }
      out[o * inner + i] = index;
    }
  }
}

/**
 * out[outer, inner] = log of the sum of exponentials, shifted by the maximum: max + log1p of the sum of all others, which
 * would be lost beside the 1 that is its exponential. -Infinity over nothing.
 */
export function logSumExpAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      const end = start + n * inner;
      let max = -Infinity;
      let first = -1;
      for (let at = start; at < end; at += inner) {
        const value = x[at] as number;
        if (value > max) first = at;
        max = Math.max(max, value);
      }
      let others = 0;
      for (let at = start; at < end; at += inner) if (at !== first) others += Math.exp((x[at] as number) - max);
      // An infinite maximum is the answer itself: infinity - infinity would be NaN.
      out[o * inner + i] = Math.abs(max) < Infinity ? max + Math.log1p(others) : max;
    }
  }
}

/** out = exp(x - max) / sum along the axis. */
export function softmaxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const maxima = new Float64Array(inner);
  const sums = new Float64Array(inner);
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    if (inner === 1) {
      let max = -Infinity;
      for (let at = start; at < end; at++) max = Math.max(max, x[at] as number);
      let sum = 0;
      for (let at = start; at < end; at++) {
        const e = Math.exp((x[at] as number) - max);
        out[at] = e;
        sum += e;
      }
      for (let at = start; at < end; at++) out[at] = (out[at] as number) / sum;
      continue;
    }
    maxima.fill(-Infinity);
    sums.fill(0);
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++) maxima[i] = Math.max(maxima[i] as number, x[at++] as number);
    }
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++, at++) {
        const e = Math.exp((x[at] as number) - (maxima[i] as number));
        out[at] = e;
        sums[i] = (sums[i] as number) + e;
      }
    }
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++, at++) out[at] = (out[at] as number) / (sums[i] as number);
    }
  }
}

/** out = x - max - log(sum of exp(x - max)) along the axis, the logarithm as in logSumExpAxis. */
export function logSoftmaxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      const end = start + n * inner;
      let max = -Infinity;
      let first = -1;
      for (let at = start; at < end; at += inner) {
        const value = x[at] as number;
        if (value > max) first = at;
        max = Math.max(max, value);
      }
      let others = 0;
      for (let at = start; at < end; at += inner) if (at !== first) others += Math.exp((x[at] as number) - max);
      const log = Math.abs(max) < Infinity ? Math.log1p(others) : Number.NaN;
      for (let at = start; at < end; at += inner) out[at] = (x[at] as number) - max - log;
    }
  }
}

/** out[j] = x[0] + ... + x[j] along the axis; from the last one on if `reverse`, and without x[j] itself if `exclusive`. */
export function cumsumAxis(
  out: Float64Array,
  x: Float64Array,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
  exclusive: boolean,
): void {
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let j = 0, at = (o * n + (reverse ? n - 1 : 0)) * inner + i; j < n; j++, at += step) {
        if (exclusive) out[at] = sum;
        sum += x[at] as number;
        if (!exclusive) out[at] = sum;
      }
    }
  }
}

/** out[j] = x[0] * ... * x[j] along the axis; from the last one on if `reverse`, and without x[j] itself if `exclusive`. */
export function cumprodAxis(
  out: Float64Array,
  x: Float64Array,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
  exclusive: boolean,
): void {
  const whole = out instanceof Int32Array;
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let product = 1;
      for (let j = 0, at = (o * n + (reverse ? n - 1 : 0)) * inner + i; j < n; j++, at += step) {
        const value = x[at] as number;
        if (exclusive) out[at] = product;
        product = whole ? Math.imul(product, value) : product * value;
        if (!exclusive) out[at] = product;
      }
    }
  }
}

/** out[0] = 0, out[j + 1] = a[j] out[j] + b[j] along the axis; from the last one on if `reverse`. */
export function linearScanAxis(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
): void {
  const step = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let state = 0;
      for (let j = 0, at = (o * n + (reverse ? n - 1 : 0)) * inner + i; j < n; j++, at += step) {
        out[at] = state;
        // The first factor has nothing to multiply: where it is infinite, times 0 would be NaN.
        state = j === 0 ? (b[at] as number) : (a[at] as number) * state + (b[at] as number);
      }
    }
  }
}

/** `n` elements of `out` from `to` on, each `toStep` further, from x likewise. */
export function copyRow(
  out: Float64Array,
  to: number,
  toStep: number,
  x: Float64Array,
  from: number,
  fromStep: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) out[to + i * toStep] = x[from + i * fromStep] as number;
}

/** out[outer, rows[r], inner] += x[outer, r, inner], `n` being the size of the axis in `out`. */
export function scatterAddAxis(
  out: Float64Array,
  x: Float64Array,
  rows: Int32Array,
  outer: number,
  n: number,
  inner: number,
): void {
  for (let o = 0, from = 0; o < outer; o++) {
    for (let r = 0; r < rows.length; r++) {
      const to = (o * n + (rows[r] as number)) * inner;
      for (let i = 0; i < inner; i++, from++) out[to + i] = (out[to + i] as number) + (x[from] as number);
    }
  }
}

/** A row of a gather: `n` elements of `out` from `at` on, each from x `indices` strides further than its own place. */
export function gatherRow(
  out: Float64Array,
  x: Float64Array,
  indices: Int32Array,
  at: number,
  n: number,
  from: number,
  step: number,
  stride: number,
): void {
  for (let i = 0; i < n; i++) out[at + i] = x[from + i * step + (indices[at + i] as number) * stride] as number;
}

/** The adjoint: `n` elements of x from `at` on, each added where `gatherRow` would read it. */
export function scatterAddRow(
  out: Float64Array,
  x: Float64Array,
  indices: Int32Array,
  at: number,
  n: number,
  to: number,
  step: number,
  stride: number,
): void {
  for (let i = 0; i < n; i++) {
    const place = to + i * step + (indices[at + i] as number) * stride;
    out[place] = (out[place] as number) + (x[at + i] as number);
  }
}
