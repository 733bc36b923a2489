// The program, and what came of it.
import { batch, effect, signal } from "@preact/signals";
import { CodeError, prepare } from "./code/prepare.js";
import { type Example, exampleCalled, examples, programOf } from "./examples/list.js";
import { addressWith, codeOf, packed, readFragment } from "./fragment.js";
import type { ErrorOutput, GraphOutput, Output, StepsOutput } from "./run/messages.js";
import { askSteps, runProgram, stopProgram, warmUp } from "./run/sandbox.js";
import { isEmbedded, type Language, language, settingsForAddress, takeSettings } from "./settings.js";
import { stepperPage } from "./stepper.js";

export type Status =
  | { readonly kind: "loading" | "running" | "waiting" | "failed" | "stopped" | "tooMuch" }
  | { readonly kind: "done"; readonly milliseconds: number }
  | { readonly kind: "engineMissing"; readonly message: string };

/** What stands in the list of results. */
export type Shown = Extract<Output, { kind: "text" | "value" | "error" | "plot" }>;

export interface Results {
  readonly shown: readonly Shown[];
  readonly graphs: readonly GraphOutput[];
  readonly dropped: number;
}

const nothing: Results = { shown: [], graphs: [], dropped: 0 };

/** The example that the program is, unchanged; null for a program of one's own. */
export const example = signal<Example | null>(examples[0] as Example);
export const code = signal(programOf(examples[0] as Example, language.peek()));
/** Whether the address names a program that cannot be had: a link that was cut off, an example that is not here. */
export const isLinkBroken = signal(false);
export const results = signal<Results>(nothing);
export const status = signal<Status>({ kind: "loading" });
/** Whether there may be something to stop: a program that runs, or waits for timers. */
export const isAlive = signal(false);
/** Which run, from 1, the status is of. */
export const runs = signal(0);
/** The line of the last error. */
export const errorLine = signal<number | null>(null);
/** How wide a picture of a graph may be. */
export const pictureWidth = signal(640);

export function choose(chosen: Example): void {
  isLinkBroken.value = false;
  example.value = chosen;
  code.value = programOf(chosen, language.value);
}

function edit(text: string): void {
  isLinkBroken.value = false;
  if (text === code.peek()) return;
  code.value = text;
  example.value = examples.find((one) => programOf(one, language.peek()) === text) ?? null;
}

// An example that is unchanged is in the language of the page.
effect(() => {
  const lang = language.value;
  const unchanged = example.peek();
  if (unchanged !== null) code.value = programOf(unchanged, lang);
});

/** The address at which this program is found. */
export function linkTo(extra: Readonly<Record<string, string>> = {}): string {
  const chosen = example.value;
  const program = chosen === null ? { code: packed(code.value) } : { example: chosen.id };
  return addressWith({ ...program, ...extra });
}

/** Reloading the page finds the program again. */
export function keepInAddress(): void {
  if (!isEmbedded) history.replaceState(null, "", linkTo(settingsForAddress()));
}

/** Takes the program that an address names, if it names one. */
function takeProgram(fragment: Readonly<Record<string, string>>): void {
  const text = codeOf(fragment);
  const chosen = exampleCalled(fragment["example"]);
  if (text !== null) edit(text);
  else if (chosen !== undefined) choose(chosen);
  else isLinkBroken.value = "code" in fragment || "example" in fragment;
}
takeProgram(readFragment());

// A link that is opened in the place of this page does what it does in a new one.
addEventListener("hashchange", () => {
  const fragment = readFragment();
  batch(() => {
    takeSettings(fragment);
    takeProgram(fragment);
  });
  start();
});

/** How long after the last change a program runs by itself, in milliseconds. */
const PAUSE = 500;
let pause = 0;

/** A change in the editor. */
export function typed(text: string): void {
  edit(text);
  clearTimeout(pause);
  pause = setTimeout(run, PAUSE);
}

/** Runs the program, which the address then has. */
export function run(): void {
  keepInAddress();
  start();
}

let attempt = 0;

export async function start(): Promise<void> {
  clearTimeout(pause);
  attempt++;
  const own = attempt;
  batch(() => {
    runs.value = own;
    isAlive.value = true;
    status.value = { kind: status.peek().kind === "loading" ? "loading" : "running" };
  });
  let collected: Results = nothing;
  let now: Status = { kind: "running" };
  let isGoingOn = true;
  // What the last run showed stays until there is something new, so that nothing flickers; results and status change together.
  const show = (change: Partial<Results>, next = now) => {
    collected = { ...collected, ...change };
    now = next;
    schedule(() => {
      if (own !== attempt) return;
      const failed = collected.shown.findLast((one) => one.kind === "error");
      batch(() => {
        results.value = collected;
        errorLine.value = failed?.line ?? null;
        status.value = now;
        isAlive.value = isGoingOn;
      });
    });
  };
  const fail = (error: ErrorOutput) => {
    show({ shown: [...collected.shown, { kind: "error", ...error }] }, { kind: "failed" });
  };
  try {
    const prepared = await prepare(code.peek());
    if (own !== attempt) return;
    await runProgram(prepared, pictureWidth.peek(), {
      output(output) {
        switch (output.kind) {
          case "graph":
            return show({ graphs: [...collected.graphs, output] });
          case "error":
            return fail(output);
          case "done": {
            const { milliseconds, dropped, isWaiting } = output;
            isGoingOn = isWaiting;
            const ended: Status = isWaiting ? { kind: "waiting" } : { kind: "done", milliseconds };
            return show({ dropped }, now.kind === "failed" ? now : ended);
          }
          case "steps":
            return hearSteps(output);
          default:
            return show({ shown: [...collected.shown, output] });
        }
      },
      tooMuch() {
        isGoingOn = false;
        show({}, { kind: "tooMuch" });
      },
    });
    if (own === attempt && status.peek().kind === "loading") status.value = now;
  } catch (error) {
    if (own !== attempt) return;
    stopProgram();
    isGoingOn = false;
    if (error instanceof CodeError) {
      const { name, message, line, column } = error;
      fail({ name, message, line, column });
    } else show({}, { kind: "engineMissing", message: (error as Error).message });
  }
}

export function stop(): void {
  clearTimeout(pause);
  keepInAddress();
  attempt++;
  batch(() => {
    status.value = { kind: "stopped" };
    isAlive.value = false;
  });
  stopProgram();
  warmUp().catch(() => {});
}

export type Steps = { readonly page: string } | { readonly why: string };

/** The stepper's page of the graph that was last asked for. */
export const steps = signal<Steps | null>(null);
let wantedSteps = -1;

/** Asks for the stepper's page of a graph, which the worker of its run still has. */
export async function openSteps({ place }: GraphOutput, language: Language): Promise<void> {
  wantedSteps = place;
  steps.value = null;
  try {
    await askSteps({ place, language });
  } catch (error) {
    steps.value = { why: (error as Error).message };
  }
}

async function hearSteps({ place, data, why }: StepsOutput): Promise<void> {
  if (place !== wantedSteps) return;
  try {
    steps.value = data === null ? { why } : { page: await stepperPage(data) };
  } catch (error) {
    steps.value = { why: (error as Error).message };
  }
}

let scheduled: (() => void) | null = null;

/** At most once a frame: a program may print a thousand lines. */
function schedule(work: () => void): void {
  if (scheduled === null)
    setTimeout(() => {
      const last = scheduled;
      scheduled = null;
      last?.();
    }, 16);
  scheduled = work;
}
