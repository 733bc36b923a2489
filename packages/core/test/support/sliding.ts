import fc from "fast-check";

/** Windows that slide over planes, in nested loops. */

export type Rank = 1 | 2;
export type Sizes = readonly number[];

export interface Sliding {
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly dilation: Sizes;
}

export function countsOf(plane: Sizes, kernel: Sizes, { stride, padding, dilation }: Sliding): number[] {
  return plane.map((size, a) => {
    const span = (dilation[a] as number) * ((kernel[a] as number) - 1) + 1;
    return Math.floor((size + 2 * (padding[a] as number) - span) / (stride[a] as number)) + 1;
  });
}

/** The element of a plane that a window sees in a place of its kernel; undefined in the padding. */
export function seen(
  plane: Sizes,
  window: Sizes,
  place: Sizes,
  { stride, padding, dilation }: Sliding,
): number[] | undefined {
  const index = window.map(
    (i, a) => i * (stride[a] as number) + (place[a] as number) * (dilation[a] as number) - (padding[a] as number),
  );
  return index.every((i, a) => i >= 0 && i < (plane[a] as number)) ? index : undefined;
}

export const perAxis = (rank: number, size: fc.Arbitrary<number>) =>
  fc.array(size, { minLength: rank, maxLength: rank });

export function drawSliding(rank: number): fc.Arbitrary<Sliding> {
  return fc.record({
    stride: perAxis(rank, fc.constantFrom(1, 2, 3)),
    padding: perAxis(rank, fc.constantFrom(0, 1, 2)),
    dilation: perAxis(rank, fc.constantFrom(1, 1, 2)),
  });
}

export const fits = (counts: Sizes) => counts.every((count) => count >= 1);
