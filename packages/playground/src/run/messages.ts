// What a program that runs in the sandbox says, and what of it is believed.

/** One message of a running program. Lines are those of its code, from 1. */
export type Output =
  | { readonly kind: "text"; readonly level: Level; readonly text: string; readonly line: number | null }
  | { readonly kind: "value"; readonly text: string; readonly line: number | null }
  | ({ readonly kind: "graph" } & GraphOutput)
  | ({ readonly kind: "plot" } & PlotOutput)
  | ({ readonly kind: "error" } & ErrorOutput)
  /** Its statements have run; again when the last of its timers has. */
  | { readonly kind: "done"; readonly milliseconds: number; readonly dropped: number; readonly isWaiting: boolean }
  | ({ readonly kind: "steps" } & StepsOutput);

export type Level = "log" | "info" | "warn" | "error";

export interface GraphOutput {
  /** Which graph of the run it is. */
  readonly place: number;
  readonly label: string;
  readonly line: number | null;
  /** The picture; null where there is none, and `why`. */
  readonly svg: string | null;
  readonly why: string;
  readonly text: string;
}

/** What the stepper's page reads of the graph of that place, as JSON; null where it cannot be stepped through, and `why`. */
export interface StepsOutput {
  readonly place: number;
  readonly data: string | null;
  readonly why: string;
}

export interface PlotOutput {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly xs: readonly number[];
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly ys: readonly number[];
}

export interface ErrorOutput {
  readonly name: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** How many messages, and how many characters and numbers, one run may send: what is more has no reader. */
export const MOST_MESSAGES = 3000;
export const MOST_SIZE = 1e7;

/**
 * A message as it should be, made anew out of what came, with its size; null for anything else. Whatever runs in the worker can post what
 * it likes: only plain texts and numbers go on from here.
 */
export function checked(message: unknown): { readonly output: Output; readonly size: number } | null {
  let size = 0;
  const text = (value: unknown): string => {
    if (typeof value !== "string") throw new TypeError();
    size += value.length;
    return value;
  };
  const number = (value: unknown): number => {
    if (typeof value !== "number") throw new TypeError();
    return value;
  };
  const perhaps = <T>(read: (value: unknown) => T, value: unknown): T | null => (value === null ? null : read(value));
  const numbers = (value: unknown): number[] => {
    if (!Array.isArray(value)) throw new TypeError();
    size += value.length;
    return value.map(number);
  };
  const list = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new TypeError();
    return value;
  };
  const read = (of: Readonly<Record<string, unknown>>): Output => {
    const { kind } = of;
    switch (kind) {
      case "text": {
        const { level } = of;
        if (level !== "log" && level !== "info" && level !== "warn" && level !== "error") throw new TypeError();
        return { kind, level, text: text(of["text"]), line: perhaps(number, of["line"]) };
      }
      case "value":
        return { kind, text: text(of["text"]), line: perhaps(number, of["line"]) };
      case "graph": {
        const svg = perhaps(text, of["svg"]);
        const line = perhaps(number, of["line"]);
        const [label, why] = [text(of["label"]), text(of["why"])];
        return { kind, place: number(of["place"]), label, line, svg, why, text: text(of["text"]) };
      }
      case "plot": {
        const series = list(of["series"]).map((one) => {
          const { name, ys } = one as Readonly<Record<string, unknown>>;
          return { name: text(name), ys: numbers(ys) };
        });
        return { kind, title: text(of["title"]), x: text(of["x"]), y: text(of["y"]), xs: numbers(of["xs"]), series };
      }
      case "error": {
        const [line, column] = [perhaps(number, of["line"]), perhaps(number, of["column"])];
        return { kind, name: text(of["name"]), message: text(of["message"]), line, column };
      }
      case "done":
        return {
          kind,
          milliseconds: number(of["milliseconds"]),
          dropped: number(of["dropped"]),
          isWaiting: of["isWaiting"] === true,
        };
      case "steps":
        return { kind, place: number(of["place"]), data: perhaps(text, of["data"]), why: text(of["why"]) };
      default:
        throw new TypeError();
    }
  };
  try {
    const output = read(message as Readonly<Record<string, unknown>>);
    return { output, size };
  } catch {
    return null;
  }
}

/** A file of the engine as the worker gets it. */
export interface EngineFile {
  readonly name: string;
  readonly text: string;
}

/** What the page asks of the frame. */
export type Request =
  | { readonly ask: "files"; readonly files: readonly EngineFile[] }
  | { readonly ask: "prepare"; readonly names: readonly string[] }
  | ({ readonly ask: "run"; readonly id: number; readonly names: readonly string[] } & Job)
  /** The answer goes the way of what the run says. */
  | ({ readonly ask: "steps"; readonly names: readonly string[] } & StepsQuestion);

/** What the frame answers: a message of run `id`, or that it was stopped because it said too much. */
export type Answer = { readonly id: number; readonly output: Output } | { readonly id: number; readonly tooMuch: true };

/** A program, and what its results are for. */
export interface Job {
  readonly code: string;
  /** How wide pictures may be, in pixels. */
  readonly width: number;
}

/** A question to the worker of the last run, about the graph of that place; in which language the page is to be. */
export interface StepsQuestion {
  readonly place: number;
  readonly language: "en" | "ko" | "ja";
}
