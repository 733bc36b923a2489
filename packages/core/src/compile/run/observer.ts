import type { Stages } from "./stages.js";

/** A program as it was made, stage by stage, and its memory. */
export interface ProgramMade extends Pick<Stages, "traced" | "simplified" | "schedules" | "plan" | "target"> {
  readonly memory: ArrayBuffer;
}

/**
 * Called before each run of a program, when its memory holds what it is given; what this gives is called after it, with
 * the failure that the run ended with, or 0.
 */
export type RunObserver = () => ((failure: number) => void) | null;

/** Sees each program that is made, and decides whether it wants to see its runs. */
export type ProgramObserver = (program: ProgramMade) => RunObserver | null;

let current: ProgramObserver | null = null;

/** Sets who sees the programs that are made from now on: the reference interpreter of the tests. */
export function observePrograms(observer: ProgramObserver | null): void {
  current = observer;
}

export function programObserver(): ProgramObserver | null {
  return current;
}
