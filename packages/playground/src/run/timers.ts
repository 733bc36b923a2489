// Timers that are counted: a program whose timers wait has not come to its end.

/**
 * Puts its own in the place of the worker's timers.
 *
 * @param changed is called when the first of them begins to wait, and when none waits any more
 * @returns whether any waits
 */
export function watchTimers(changed: () => void): () => boolean {
  const [startTimeout, startInterval, endTimeout, endInterval] = [
    setTimeout.bind(globalThis),
    setInterval.bind(globalThis),
    clearTimeout.bind(globalThis),
    clearInterval.bind(globalThis),
  ];
  const waiting = new Set<number>();
  let isWaiting = false;
  const look = () => {
    if (isWaiting === waiting.size > 0) return;
    isWaiting = !isWaiting;
    changed();
  };
  const add = (timer: number): number => {
    waiting.add(timer);
    look();
    return timer;
  };
  const remove = (timer: number | undefined) => {
    // Not at once: what awaited this timer may set the next.
    if (timer !== undefined && waiting.delete(timer)) startTimeout(look);
  };
  Object.assign(globalThis, {
    setTimeout(work: (...values: unknown[]) => void, milliseconds?: number, ...values: unknown[]): number {
      const timer = startTimeout(() => {
        try {
          work(...values);
        } finally {
          remove(timer);
        }
      }, milliseconds);
      return add(timer);
    },
    setInterval: (work: () => void, milliseconds?: number, ...values: unknown[]) =>
      add(startInterval(work, milliseconds, ...values)),
    clearTimeout(timer?: number): void {
      endTimeout(timer);
      remove(timer);
    },
    clearInterval(timer?: number): void {
      endInterval(timer);
      remove(timer);
    },
  });
  return () => isWaiting;
}
