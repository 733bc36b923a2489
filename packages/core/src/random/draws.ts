/** A generator, seen from below. */
export interface Moving {
  readonly position: number;
  moveTo(position: number): void;
}

/** The generators that were drawn from, and where they stood before. */
export type Draws = Map<Moving, number>;

/** A scope, like that of the recording; `null` where nobody asks. */
let current: Draws | null = null;

/** A generator is about to be moved on from here. */
export function noteDraw(generator: Moving, position: number): void {
  if (current !== null && !current.has(generator)) current.set(generator, position);
}

/** Runs `f` with its draws noted: for the scope around this one, too. */
export function withDraws<R>(draws: Draws, f: () => R): R {
  const before = current;
  current = draws;
  try {
    return f();
  } finally {
    current = before;
    for (const [generator, position] of draws) noteDraw(generator, position);
  }
}
