// The training as the page sees it.
import { effect, signal } from "@preact/signals";
import type { Command, Event, Progress, Settings } from "./messages.js";

export type TrainingState =
  | { readonly kind: "loading" | "ready" | "running" | "ended" }
  | { readonly kind: "failed"; readonly message: string };

export interface Curves {
  readonly steps: readonly number[];
  readonly losses: readonly number[];
  readonly looks: readonly NonNullable<Progress["accuracy"]>[];
}

const none: Curves = { steps: [], losses: [], looks: [] };

export const state = signal<TrainingState>({ kind: "loading" });
export const settings = signal<Settings>({ lr: 0.1, batchSize: 100, isSlow: false });
export const progress = signal<Progress | null>(null);
export const curves = signal<Curves>(none);
/** What the network takes the drawing for. */
export const probabilities = signal<readonly number[] | null>(null);
/** A test image that was asked for. */
export const sample = signal<{ readonly image: Float32Array; readonly label: number } | null>(null);

/** So many points of the loss are kept: of a longer run each second one, again and again. */
const MOST_POINTS = 600;

let worker: Worker | null = null;
let drawing: Float32Array | null = null;
let asked = 0;
let stride = 1;
let waiting: number[] = [];

const tell = (command: Command) => worker?.postMessage(command);

export function open(): void {
  if (worker !== null) return;
  worker = new Worker(new URL("engine/mnist.js", document.baseURI), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Event>) => hear(data);
  worker.onerror = (event) => {
    state.value = { kind: "failed", message: event.message || "engine/mnist.js" };
  };
}

function hear(event: Event): void {
  switch (event.say) {
    case "ready":
    case "ended":
      state.value = { kind: event.say };
      break;
    case "progress":
      // A new network: what the one before it said on the way is not of its curves.
      if (event.step === 0) forget();
      progress.value = event;
      add(event);
      if (drawing !== null) classify(drawing);
      break;
    case "classified":
      if (event.id === asked && drawing !== null) probabilities.value = event.probabilities;
      break;
    case "sample":
      sample.value = event;
      break;
    case "failed":
      state.value = { kind: "failed", message: event.message };
      break;
  }
}

function add({ losses, accuracy }: Progress): void {
  let { steps, losses: kept, looks } = curves.value;
  waiting.push(...losses);
  const [newSteps, newLosses]: [number[], number[]] = [[...steps], [...kept]];
  while (waiting.length >= stride) {
    const some = waiting.splice(0, stride);
    newLosses.push(some.reduce((a, b) => a + b) / some.length);
    newSteps.push((newSteps.at(-1) ?? 0) + stride);
  }
  [steps, kept] = [newSteps, newLosses];
  if (kept.length > MOST_POINTS) {
    stride *= 2;
    steps = steps.filter((_, i) => i % 2 === 1);
    kept = Array.from(steps, (_, i) => ((newLosses[2 * i] as number) + (newLosses[2 * i + 1] as number)) / 2);
  }
  if (accuracy !== null) looks = [...looks, accuracy];
  if (looks.length > MOST_POINTS) looks = looks.filter((_, i) => i % 2 === 1);
  curves.value = { steps, losses: kept, looks };
}

export function train(): void {
  state.value = { kind: "running" };
  tell({ do: "start", settings: settings.value });
}

export function pause(): void {
  state.value = { kind: "ready" };
  tell({ do: "pause" });
}

function forget(): void {
  [curves.value, stride, waiting] = [none, 1, []];
}

/** A new network; where something failed in a new worker, which loads the digits again. */
export function reset(): void {
  forget();
  if (state.value.kind === "failed") {
    worker?.terminate();
    worker = null;
    state.value = { kind: "loading" };
    open();
    return;
  }
  state.value = { kind: "ready" };
  tell({ do: "reset" });
}

export function classify(image: Float32Array | null): void {
  drawing = image;
  asked++;
  if (image === null) probabilities.value = null;
  else tell({ do: "classify", id: asked, image });
}

let place = 0;
export function askSample(): void {
  // Far enough apart that neighbours differ.
  place += 37;
  tell({ do: "sample", place });
}

effect(() => tell({ do: "settings", settings: settings.value }));
