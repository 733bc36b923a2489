import { setImmediate } from "node:timers/promises";

/** Of the keyboard, of whoever ends processes, and of a terminal that is closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long synchronous work may go on before signals and the progress bar are served, in milliseconds. */
const slice = 40;

/**
 * Remembers a request to stop, until the work comes to a place where it can. A second one ends the program at once, as
 * if nobody listened.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  /** Is given with the first request. */
  readonly signal = this.controller.signal;
  private served = performance.now();
  private readonly request = (): void => {
    this.controller.abort();
    this.close();
  };

  constructor() {
    for (const signal of signals) process.on(signal, this.request);
    // Nobody reads on, as in `npm start | head`. This one stays: each further line is an error again.
    process.stdout.on("error", this.request);
  }

  close(): void {
    for (const signal of signals) process.off(signal, this.request);
  }

  /** Lets signals and timers in, if it was long ago; then whether the work is to stop. To be called often. */
  async requested(): Promise<boolean> {
    if (performance.now() - this.served > slice) {
      await setImmediate();
      this.served = performance.now();
    }
    return this.signal.aborted;
  }
}
