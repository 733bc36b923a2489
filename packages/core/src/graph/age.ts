/**
 * How many transforms have begun, and how many run their function now. Edges keep, as their slot below 0, how many had begun when
 * they were made, until a walk has met them: what is older than the argument of a transform cannot depend on it.
 */
export const transforms = { begun: 1, running: 0 };

/**
 * Edges of an age below this one need no look when a walk is for the edges given: the age of the oldest of these; 0 where a walk has
 * met one, so that its age is not known. Also where no other transform runs: then it may matter whether what is older depends on
 * anything that somebody differentiates by; inside of another one it is taken to.
 */
export function ageToWalk(wanted: Iterable<{ readonly slot: number }>): number {
  if (transforms.running === 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { slot } of wanted) least = Math.min(least, slot < 0 ? -slot : 0);
  return least;
}
