// Loops along one axis: an array seen as [outer, n, inner], the axis in the middle. Written once, for Float64Array; the
// build prints a copy for each other dtype, so that the JavaScript engine sees one type of array in each loop. A reduction
// keeps `inner` results at once, so that it reads the array in the order of memory; where there is one, in a variable.

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

/** out[outer, inner] = the sum of squared deviations from the mean along the axis, divided by `freedom`; its root if `root`. */
export function varianceAxis(
  out: Float64Array,
  x: Float64Array,
  outer: number,
  n: number,
  inner: number,
  freedom: number,
  root: boolean,
): void {
  const means = new Float64Array(inner);
  const squares = new Float64Array(inner);
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    if (inner === 1) {
      let sum = 0;
      for (let at = start; at < end; at++) sum += x[at] as number;
      const mean = sum / n;
      let square = 0;
      for (let at = start; at < end; at++) {
        const deviation = (x[at] as number) - mean;
        square += deviation * deviation;
      }
      squares[0] = square;
    } else {
      means.fill(0);
      squares.fill(0);
      for (let at = start; at < end; )
        for (let i = 0; i < inner; i++) means[i] = (means[i] as number) + (x[at++] as number);
      for (let i = 0; i < inner; i++) means[i] = (means[i] as number) / n;
      for (let at = start; at < end; ) {
        for (let i = 0; i < inner; i++) {
          const deviation = (x[at++] as number) - (means[i] as number);
          squares[i] = (squares[i] as number) + deviation * deviation;
        }
      }
    }
    for (let i = 0; i < inner; i++) {
      const variance = (squares[i] as number) / freedom;
      out[o * inner + i] = root ? Math.sqrt(variance) : variance;
    }
  }
}

/** out[outer, inner] = the root of the sum of squares along the axis, also where the squares leave the range of a double. */
export function normAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const sums = new Float64Array(inner);
  for (let o = 0, at = 0; o < outer; o++) {
    const end = at + n * inner;
    if (inner === 1) {
      let sum = 0;
      for (; at < end; at++) sum += (x[at] as number) * (x[at] as number);
      sums[0] = sum;
    } else {
      sums.fill(0);
      while (at < end) {
        for (let i = 0; i < inner; i++, at++) sums[i] = (sums[i] as number) + (x[at] as number) * (x[at] as number);
      }
    }
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      let squares = sums[i] as number;
      // Below 1e-290 squares that have been lost to underflow would count.
      let scale = 1;
      if (!(squares > 1e-290 && squares < Infinity)) {
        let largest = 0;
        for (let j = 0; j < n; j++) largest = Math.max(largest, Math.abs(x[start + j * inner] as number));
        if (largest > 0 && largest < Infinity) {
          // A power of 2, which to divide by rounds nothing.
          scale = 2 ** Math.floor(Math.log2(largest));
          squares = 0;
          for (let j = 0; j < n; j++) {
            const value = (x[start + j * inner] as number) / scale;
            squares += value * value;
          }
        }
      }
      out[o * inner + i] = scale * Math.sqrt(squares);
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

/** out[outer, inner] = log of the sum of exponentials, shifted by the maximum. -Infinity over nothing. */
export function logSumExpAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const maxima = new Float64Array(inner);
  const sums = new Float64Array(inner);
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    if (inner === 1) {
      let max = -Infinity;
      for (let at = start; at < end; at++) max = Math.max(max, x[at] as number);
      let sum = 0;
      for (let at = start; at < end; at++) sum += Math.exp((x[at] as number) - max);
      // An infinite maximum is the answer itself: infinity - infinity would be NaN.
      out[o] = Math.abs(max) < Infinity ? max + Math.log(sum) : max;
      continue;
    }
    maxima.fill(-Infinity);
    sums.fill(0);
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++) maxima[i] = Math.max(maxima[i] as number, x[at++] as number);
    }
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++, at++) {
        sums[i] = (sums[i] as number) + Math.exp((x[at] as number) - (maxima[i] as number));
      }
    }
    for (let i = 0; i < inner; i++) {
      const max = maxima[i] as number;
      out[o * inner + i] = Math.abs(max) < Infinity ? max + Math.log(sums[i] as number) : max;
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

/** out = x - max - log(sum of exp(x - max)) along the axis. */
export function logSoftmaxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  const maxima = new Float64Array(inner);
  const sums = new Float64Array(inner);
  for (let o = 0, start = 0; o < outer; o++, start += n * inner) {
    const end = start + n * inner;
    if (inner === 1) {
      let max = -Infinity;
      for (let at = start; at < end; at++) max = Math.max(max, x[at] as number);
      let sum = 0;
      for (let at = start; at < end; at++) sum += Math.exp((x[at] as number) - max);
      const log = Math.log(sum);
      for (let at = start; at < end; at++) out[at] = (x[at] as number) - max - log;
      continue;
    }
    maxima.fill(-Infinity);
    sums.fill(0);
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++) maxima[i] = Math.max(maxima[i] as number, x[at++] as number);
    }
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++, at++) {
        sums[i] = (sums[i] as number) + Math.exp((x[at] as number) - (maxima[i] as number));
      }
    }
    for (let i = 0; i < inner; i++) sums[i] = Math.log(sums[i] as number);
    for (let at = start; at < end; ) {
      for (let i = 0; i < inner; i++, at++) out[at] = (x[at] as number) - (maxima[i] as number) - (sums[i] as number);
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
