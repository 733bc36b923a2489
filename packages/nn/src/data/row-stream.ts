import type { Random } from "@chainrule/core";

/**
 * The same things in another order, of which no more than `size` are held at a time: each one that comes takes the place of one
 * that is drawn, which goes on. With a size of all of them they are shuffled as a whole.
 */
export async function* shuffledBy<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
  random: Random,
): AsyncGenerator<T> {
  const held: T[] = [];
  // Drawn many at a time: numbers come in blocks.
  const generator = random.generator;
  let drawn = generator.uniform(0);
  let used = 0;
  const draw = (below: number) => {
    if (used === drawn.length) {
      drawn = generator.uniform(1024);
      used = 0;
    }
    return Math.floor((drawn[used++] as number) * below);
  };
  for await (const item of items) {
    if (held.length < size) {
      held.push(item);
      continue;
    }
    const at = draw(held.length);
    const out = held[at] as T;
    held[at] = item;
    yield out;
  }
  while (held.length > 0) {
    const at = draw(held.length);
    const out = held[at] as T;
    held[at] = held[held.length - 1] as T;
    held.pop();
    yield out;
  }
}

/** Lists of `size` things, the last one perhaps shorter. */
export async function* grouped<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
