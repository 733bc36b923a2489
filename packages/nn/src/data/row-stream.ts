import type { Random } from "@chainrule/core";

/*
 * Rows that come in lists, one list for each piece of a file: what is done row by row is done at once, and not by a promise each.
 */

/**
 * The same things in another order, of which no more than `size` are held at a time: each one that comes takes the place of one
 * that is drawn, which goes on. With a size of all of them they are shuffled as a whole.
 */
export async function* shuffledBy<T>(
  pieces: AsyncIterable<readonly T[]>,
  size: number,
  random: Random,
): AsyncGenerator<readonly T[]> {
  const held: T[] = [];
  const { generator } = random;
  // Drawn many at a time: numbers come in blocks.
  let drawn = generator.uniform(0);
  let used = 0;
  const draw = (below: number) => {
    if (used === drawn.length) {
      drawn = generator.uniform(1024);
      used = 0;
    }
    return Math.floor((drawn[used++] as number) * below);
  };
  for await (const piece of pieces) {
    const out: T[] = [];
    for (const item of piece) {
      if (held.length < size) {
        held.push(item);
        continue;
      }
      const at = draw(held.length);
      out.push(held[at] as T);
      held[at] = item;
    }
    if (out.length > 0) yield out;
  }
  for (let left = held.length; left > 1; left--) {
    const at = draw(left);
    [held[at], held[left - 1]] = [held[left - 1] as T, held[at] as T];
  }
  yield held;
}

/** Lists of `size` things, the last one perhaps shorter. */
export async function* grouped<T>(pieces: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const piece of pieces) {
    for (const item of piece) {
      if (group.push(item) < size) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
