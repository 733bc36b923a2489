/**
 * How many transforms have begun, and how many run their function now. The slot of an edge is, until a walk has met it, how many had
 * begun when it was made, below 0: what is older than the argument of a transform cannot depend on it.
 */
export const transforms = { begun: 1, running: 0 };

/**
 * The age of the oldest of the edges that a walk is for: what is older need not be looked at. 0 where that is not known, as a walk has
 * met one of them. Also 0 where no other transform runs: there it matters whether what is older depends on anything that somebody
 * differentiates by; inside of another transform it is taken to.
 */
export function ageToWalk(wanted: Iterable<{ readonly slot: number }>): number {
  if (transforms.running === 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { slot } of wanted) least = Math.min(least, slot < 0 ? -slot : 0);
  return least;
}

/**
 * Tells a walk that it passes what a consumer wrote, a hook or a gradient of one's own, or what holds such: that may close over what a transform around
 * differentiates by, which no edge of the graph shows.
 */
export function mayCloseOver(walk: { dependsOnOthers: boolean }): void {
  if (transforms.running > 0) walk.dependsOnOthers = true;
}
