// Loops along one axis: an array seen as [outer, n, inner], the axis in the middle. Written once, for Float64Array; the
// build prints a copy for each other dtype, so that the JavaScript engine sees one type of array in each loop.

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

/** out[outer, inner] = the maximum along the axis (n > 0); NaN if there is one. */
export function maxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = x[o * n * inner + i] as number;
      for (let j = 1; j < n; j++) best = Math.max(best, x[(o * n + j) * inner + i] as number);
      out[o * inner + i] = best;
    }
  }
}

/** out[outer, inner] = the minimum along the axis (n > 0); NaN if there is one. */
export function minAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = x[o * n * inner + i] as number;
      for (let j = 1; j < n; j++) best = Math.min(best, x[(o * n + j) * inner + i] as number);
      out[o * inner + i] = best;
    }
  }
}

/** out[outer, inner] = where the first maximum along the axis stands (n > 0); the first NaN counts as one. */
export function argMaxAxis(out: Int32Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = x[o * n * inner + i] as number;
      let index = 0;
      for (let j = 1; j < n && best === best; j++) {
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

/** out[outer, inner] = log of the sum of exponentials, shifted by the maximum. -Infinity over nothing. */
export function logSumExpAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      let max = -Infinity;
      for (let j = 0; j < n; j++) max = Math.max(max, x[start + j * inner] as number);
      let sum = 0;
      // An infinite maximum is the answer itself: infinity - infinity would be NaN.
      const finite = Math.abs(max) < Infinity;
      if (finite) for (let j = 0; j < n; j++) sum += Math.exp((x[start + j * inner] as number) - max);
      out[o * inner + i] = finite ? max + Math.log(sum) : max;
    }
  }
}

/** out = exp(x - max) / sum along the axis. */
export function softmaxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      let max = -Infinity;
      for (let j = 0; j < n; j++) max = Math.max(max, x[start + j * inner] as number);
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const e = Math.exp((x[start + j * inner] as number) - max);
        out[start + j * inner] = e;
        sum += e;
      }
      for (let j = 0; j < n; j++) out[start + j * inner] = (out[start + j * inner] as number) / sum;
    }
  }
}

/** out = x - max - log(sum of exp(x - max)) along the axis. */
export function logSoftmaxAxis(out: Float64Array, x: Float64Array, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * n * inner + i;
      let max = -Infinity;
      for (let j = 0; j < n; j++) max = Math.max(max, x[start + j * inner] as number);
      let sum = 0;
      for (let j = 0; j < n; j++) sum += Math.exp((x[start + j * inner] as number) - max);
      const log = Math.log(sum);
      for (let j = 0; j < n; j++) out[start + j * inner] = (x[start + j * inner] as number) - max - log;
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
