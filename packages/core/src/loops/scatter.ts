import type { TypedArray } from "../dtype.js";
import { rowLoops } from "../loops/generated.js";
import { partialTerms } from "../wasm/simd.js";

export { partialTerms };

type ScatterAdder = (out: TypedArray, x: TypedArray, rows: Int32Array, outer: number, n: number, inner: number) => void;

/** out[outer, rows[r], inner] += x[outer, r, inner], `n` being the size of the axis in `out`; of one dtype. */
export function addRows(
  out: TypedArray,
  x: TypedArray,
  rows: Int32Array,
  outer: number,
  n: number,
  inner: number,
): void {
  if (out instanceof Float64Array) rowLoops.float64.scatterAddAxis(out, x as Float64Array, rows, outer, n, inner);
  else if (out instanceof Float32Array && rows.length > partialTerms) {
    addCounted(out, x as Float32Array, rows, outer, n, inner);
  } else {
    const dtype = out instanceof Float32Array ? "float32" : "int32";
    (rowLoops[dtype].scatterAddAxis as ScatterAdder)(out, x, rows, outer, n, inner);
  }
}

/** Counts how often each index has come, and puts what has been added up by then away before it is too many times. */
function addCounted(
  out: Float32Array,
  x: Float32Array,
  rows: Int32Array,
  outer: number,
  n: number,
  inner: number,
): void {
  const counts = new Uint16Array(n);
  let carried: Float64Array | null = null;
  for (let o = 0, from = 0; o < outer; o++) {
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as number;
      const to = (o * n + row) * inner;
      if (counts[row] === partialTerms) {
        carried ??= new Float64Array(out.length);
        for (let i = to; i < to + inner; i++) {
          carried[i] = (carried[i] as number) + (out[i] as number);
          out[i] = 0;
        }
        counts[row] = 0;
      }
      counts[row] = (counts[row] as number) + 1;
      for (let i = 0; i < inner; i++, from++) out[to + i] = (out[to + i] as number) + (x[from] as number);
    }
  }
  if (carried === null) return;
  for (let i = 0; i < out.length; i++) out[i] = (carried[i] as number) + (out[i] as number);
}
