// Between the page and the worker that trains.

export interface Settings {
  readonly lr: number;
  readonly batchSize: number;
  /** Slow enough to watch. */
  readonly isSlow: boolean;
}

export type Command =
  | { readonly do: "start"; readonly settings: Settings }
  | { readonly do: "pause" }
  | { readonly do: "reset" }
  | { readonly do: "settings"; readonly settings: Settings }
  /** 784 numbers from 0 to 1. */
  | { readonly do: "classify"; readonly id: number; readonly image: Float32Array }
  /** The test image of that place, modulo how many there are. */
  | { readonly do: "sample"; readonly place: number };

export interface Progress {
  readonly step: number;
  readonly epoch: number;
  /** The losses of the steps since the last progress. */
  readonly losses: readonly number[];
  /** Steps in a second. */
  readonly speed: number;
  /** Accuracy on the test images, and on as many training images, when they were looked at. */
  readonly accuracy: { readonly step: number; readonly train: number; readonly test: number } | null;
  /** Of each hidden unit its 784 weights. */
  readonly weights: Float32Array;
  readonly hidden: number;
}

export type Event =
  | { readonly say: "ready" }
  | ({ readonly say: "progress" } & Progress)
  | { readonly say: "classified"; readonly id: number; readonly probabilities: readonly number[] }
  | { readonly say: "sample"; readonly image: Float32Array; readonly label: number }
  | { readonly say: "ended" }
  | { readonly say: "failed"; readonly message: string };
