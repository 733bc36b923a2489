/** The end of the program for a reason that the user can read in one line; anything else that is thrown is a bug. */
export class Stop extends Error {
  override readonly name = "Stop";
  /** 1: the run failed; 2: bad input, nothing was changed; 130: interrupted. */
  readonly exitCode: 1 | 2 | 130;

  constructor(exitCode: 1 | 2 | 130, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was thrown, as one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ");
}
