/** What an evaluation found. */
export interface Evaluation {
  /** Training steps done before. */
  readonly iteration: number;
  /** Epochs done before, with a fraction within one where that is known. */
  readonly epoch: number;
  /**
   * `"test.loss"` and `"test.accuracy"` for an evaluation `test` with a metric `accuracy`, and so on; `"loss"` is the mean of the
   * losses of the training steps since the evaluation before, NaN if there were none.
   */
  readonly values: Readonly<Record<string, number>>;
}

/** How a run went. */
export interface History {
  /** The loss of each training step. */
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
  /** Time of the training steps, in seconds: evaluations and what callbacks do are left out. */
  readonly seconds: number;
  /** Why the run is over: all steps were done, the monitor or `stop()` ended it, or the signal did; `null` if it is not. */
  readonly ended: "done" | "stopped" | "aborted" | null;
}
