import { type Histogram, rounded } from "./report-data.js";

/** As many as can be told apart in a picture. */
const bins = 48;

/** Of more elements a part is looked at, evenly spread: it costs no more, and looks the same. */
const most = 1 << 16;

/** Counts the elements of an array in bins from the least to the greatest. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  // Odd, so that it is not always the same columns of a matrix, whose widths are most often even.
  const stride = values.length > most ? Math.ceil(values.length / most) | 1 : 1;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [sum, squares, zeros, bad, count] = [0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i] as number;
    count++;
    if (!Number.isFinite(value)) {
      bad++;
      continue;
    }
    if (value < low) low = value;
    if (value > high) high = value;
    if (value === 0) zeros++;
    sum += value;
    squares += value * value;
  }
  const good = count - bad;
  const shares = { zeros: count === 0 ? 0 : (rounded(zeros / count, 4) ?? 0), bad };
  if (good === 0) return { low: null, high: null, counts: [], mean: null, std: null, ...shares };
  const mean = sum / good;
  const moments = { mean: rounded(mean), std: rounded(Math.sqrt(Math.max(0, squares / good - mean * mean))) };
  const counts: number[] = Array(low === high ? 1 : bins).fill(0);
  const scale = low === high ? 0 : bins / (high - low);
  for (let i = 0; i < values.length; i += stride) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(counts.length - 1, Math.floor((value - low) * scale));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { low: rounded(low), high: rounded(high), counts, ...moments, ...shares };
}
