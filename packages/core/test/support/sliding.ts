import fc from "fast-check";

/** Windows that slide over planes, in nested loops. */

export type Rank = 1 | 2;
export type Sizes = readonly number[];
export type Ends = readonly [before: number, after: number];
export type Padding = number | "same" | "valid" | readonly (number | Ends)[];

export interface Sliding {
  readonly stride: Sizes;
  readonly padding: Padding;
  readonly dilation: Sizes;
  readonly ceilMode?: boolean;
}

/** How far a window of so many elements reaches, at a dilation. */
export const spansOf = (kernel: Sizes, { dilation }: Sliding) =>
  kernel.map((size, a) => (dilation[a] as number) * (size - 1) + 1);

/** The padding of each axis; that of "same" as TensorFlow's documentation writes it. */
export function endsOf(plane: Sizes, kernel: Sizes, sliding: Sliding): Ends[] {
  const { padding, stride } = sliding;
  return plane.map((size, a): Ends => {
    if (padding === "same") {
      const [span, step] = [spansOf(kernel, sliding)[a] as number, stride[a] as number];
      const total = Math.max(size % step === 0 ? span - step : span - (size % step), 0);
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    }
    const own = padding === "valid" ? 0 : typeof padding === "number" ? padding : (padding[a] as number | Ends);
    return typeof own === "number" ? [own, own] : own;
  });
}

export function countsOf(plane: Sizes, kernel: Sizes, sliding: Sliding): number[] {
  const [spans, ends] = [spansOf(kernel, sliding), endsOf(plane, kernel, sliding)];
  return plane.map((size, a) => {
    const [[before, after], step, span] = [ends[a] as Ends, sliding.stride[a] as number, spans[a] as number];
    let count = 0;
    // Window after window: each within the padded plane or, in ceil mode, the last one over its end.
    for (let start = -before; start + span <= size + after; start += step) count++;
    const next = count * step - before;
    const isLeft = next + span - step < size + after && next < size;
    return sliding.ceilMode === true && isLeft ? count + 1 : count;
  });
}

/** The element of a plane that a window sees in a place of its kernel; undefined in the padding. */
export function seen(plane: Sizes, kernel: Sizes, window: Sizes, place: Sizes, sliding: Sliding): number[] | undefined {
  const index = positionIn(plane, kernel, window, place, sliding);
  return index.every((i, a) => i >= 0 && i < (plane[a] as number)) ? index : undefined;
}

/** Where that is, in the plane or around it. */
export function positionIn(plane: Sizes, kernel: Sizes, window: Sizes, place: Sizes, sliding: Sliding): number[] {
  const ends = endsOf(plane, kernel, sliding);
  const { stride, dilation } = sliding;
  return window.map(
    (i, a) => i * (stride[a] as number) + (place[a] as number) * (dilation[a] as number) - (ends[a] as Ends)[0],
  );
}

export const perAxis = (rank: number, size: fc.Arbitrary<number>) =>
  fc.array(size, { minLength: rank, maxLength: rank });

/** A padding in any of its forms, of at most `most` at an end. */
export function drawPadding(rank: number, most: number): fc.Arbitrary<Padding> {
  const size = fc.nat(most);
  return fc.oneof(
    perAxis(rank, size),
    fc.array(fc.tuple(size, size), { minLength: rank, maxLength: rank }),
    fc.constantFrom("same" as const, "valid" as const, 1),
  );
}

export function drawSliding(rank: number): fc.Arbitrary<Sliding> {
  return fc.record({
    stride: perAxis(rank, fc.constantFrom(1, 2, 3)),
    padding: drawPadding(rank, 2),
    dilation: perAxis(rank, fc.constantFrom(1, 1, 2)),
  });
}

export const fits = (counts: Sizes) => counts.every((count) => count >= 1);
