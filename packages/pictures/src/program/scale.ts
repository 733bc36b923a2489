/** Addresses on the vertical axis: to scale, but that each buffer is at least as high as a line of text. */
export interface Scale {
  readonly height: number;
  /** How far above the lowest address, in pixels. */
  at(address: number): number;
  /** The addresses at which something begins or ends, in order. */
  readonly marks: readonly number[];
}

/**
 * @param pieces what lies in memory: address and bytes
 * @param height of all of it, in pixels, to scale
 * @param least how high a piece is at least
 */
export function scaleOf(
  pieces: readonly { readonly address: number; readonly bytes: number }[],
  height: number,
  least: number,
): Scale {
  const marks = [...new Set(pieces.flatMap(({ address, bytes }) => [address, address + bytes]))].sort((a, b) => a - b);
  const [first, last] = [marks[0] as number, marks.at(-1) as number];
  const places = new Map<number, number>();
  let place = 0;
  let before = first;
  for (const mark of marks) {
    place += ((mark - before) / (last - first)) * height;
    for (const { address, bytes } of pieces) {
      if (address + bytes === mark) place = Math.max(place, (places.get(address) as number) + least);
    }
    places.set(mark, place);
    before = mark;
  }
  return { height: place, marks, at: (address) => places.get(address) as number };
}
