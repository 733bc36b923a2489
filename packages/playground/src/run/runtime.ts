// Runs a program in its worker, and says what it printed, showed and plotted. It is one of the files of the engine.
import { print, Tensor } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { format, formatAll } from "./format.js";
import { checked, type Job, type Level, type Output, type StepsQuestion } from "./messages.js";
import { readPlot } from "./plot.js";
import { watchTimers } from "./timers.js";

/** What `boot.ts` needs of this file. */
export interface Runtime {
  run(job: Job, urls: ReadonlyMap<string, string>): Promise<void>;
  steps(question: StepsQuestion, urls: ReadonlyMap<string, string>): Promise<void>;
}

/** How many results of one run are shown, of how many characters and numbers in all, and how many graphs. */
const MOST_RESULTS = 1000;
const MOST_SIZE = 300_000;
const MOST_GRAPHS = 12;

// What the program says goes through here, where it is counted: it has no `postMessage` of its own, nor another clock for this.
const post = postMessage.bind(globalThis);
for (let object = globalThis; object !== null; object = Object.getPrototypeOf(object)) {
  Reflect.deleteProperty(object, "postMessage");
}
const clock = performance.now.bind(performance);

/** Milliseconds between two words about results that are dropped after a program has ended, by what its timers print. */
const PAUSE = 250;

let userUrl = "";
let said = 0;
let size = 0;
let dropped = 0;
/** Tensors that were shown and have a graph; with the line that showed them while no picture has been made of it. */
const shown = new Map<Tensor, { readonly line: number | null } | null>();
/** The graphs that the page was told of. */
const graphs: Tensor[] = [];
let isFinished = false;
let [begun, lastDone] = [0, 0];
const isWaiting = watchTimers(() => {
  if (isFinished) sayDone();
});
let width = 840;
/** What the program calls its tensors. */
let bindings: Readonly<Record<string, () => unknown>> = {};

function say(output: Output): void {
  if (output.kind !== "graph" && output.kind !== "steps" && output.kind !== "done") {
    said++;
    size += checked(output)?.size ?? 0;
    if (said > MOST_RESULTS || size > MOST_SIZE) {
      dropped++;
      if (isFinished && clock() - lastDone > PAUSE) sayDone();
      return;
    }
  }
  post(output);
}

/** Where in the program an error was made, or a function was called: the topmost of its lines. */
function placeIn(stack: string | undefined): { readonly line: number | null; readonly column: number | null } {
  const at = stack?.indexOf(`${userUrl}:`) ?? -1;
  const found = at < 0 ? null : /^:(\d+):(\d+)/.exec((stack as string).slice(at + userUrl.length));
  return found === null ? { line: null, column: null } : { line: Number(found[1]), column: Number(found[2]) };
}

function lineOfCaller(): number | null {
  return said > MOST_RESULTS ? null : placeIn(new Error().stack).line;
}

function note(values: readonly unknown[], line: number | null): void {
  for (const value of values) {
    if (!(value instanceof Tensor) || value.node === null || shown.has(value)) continue;
    // The gradients that are there now may be gone later; those that are not may come.
    const isComplete = isFinished || value.grad !== null;
    shown.set(value, isComplete ? null : { line });
    if (isComplete) sayGraph(value, line);
  }
}

function sayError(error: unknown, place = placeIn(error instanceof Error ? error.stack : undefined)): void {
  const isError = error instanceof Error;
  const causes: string[] = [];
  for (
    let cause = isError ? error.cause : undefined;
    cause instanceof Error && causes.length < 5;
    cause = cause.cause
  ) {
    causes.push(`\n${cause.name}: ${cause.message}`);
  }
  const message = isError ? error.message : `threw ${format(error)}`;
  say({
    kind: "error",
    name: isError ? error.name : "Error",
    message: message + causes.join(""),
    ...place,
  });
}

/** An import of what its package has not, in the words of the program: the engine's error has neither its name nor a line. */
function missingExport(error: unknown, linked: string, modules: Readonly<Record<string, string | undefined>>) {
  const [, url, name] =
    (error instanceof SyntaxError &&
      /^The requested module '([^']+)' does not provide an export named '([^']+)'/.exec(error.message)) ||
    [];
  const module = Object.keys(modules).find((key) => modules[key] === url);
  if (url === undefined || name === undefined || module === undefined) return null;
  const before = linked.slice(0, linked.indexOf(url));
  const lines = before.slice(0, name === "default" ? undefined : before.lastIndexOf(name)).split("\n");
  const place = { line: lines.length, column: (lines.at(-1) as string).length + 1 };
  const names = 'import { name } from "@chainrule/core"';
  const message = `"@chainrule/${module}" has no export named "${name}"${name === "default" ? `; write ${names}` : ""}`;
  return { error: Object.assign(new Error(message), { name: "ImportError" }), place };
}

/** Of a variable, if the program has come to where it is declared. */
function readVariable(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The names of the program's variables, for tensors that have none of their own. */
function namesFor(): Record<string, Tensor> {
  const names: Record<string, Tensor> = {};
  for (const [name, read] of Object.entries(bindings)) {
    const value = readVariable(read);
    if (value instanceof Tensor && value.name === undefined && !Object.values(names).includes(value))
      names[name] = value;
  }
  return names;
}

function sayGraph(output: Tensor, line: number | null): void {
  if (graphs.length >= MOST_GRAPHS) return;
  const place = graphs.push(output) - 1;
  const names = namesFor();
  const label = output.name ?? Object.keys(names).find((name) => names[name] === output) ?? "";
  let [svg, why]: [string | null, string] = [null, ""];
  try {
    svg = toSvg(output, { names, maxWidth: width });
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  say({ kind: "graph", place, label, line, svg, why, text: print(output, { names }) });
}

/** Of a program that showed no graph, the one that its last result has. */
function lastResult(): Tensor | undefined {
  const results = Object.values(bindings)
    .map(readVariable)
    .filter((value): value is Tensor => value instanceof Tensor && value.node !== null);
  return results.findLast((result) => result.grad !== null) ?? results.at(-1);
}

function sayDone(): void {
  lastDone = clock();
  say({ kind: "done", milliseconds: lastDone - begun, dropped, isWaiting: isWaiting() });
}

function finish(): void {
  isFinished = true;
  if (shown.size === 0) {
    const result = lastResult();
    if (result !== undefined) shown.set(result, { line: null });
  }
  for (const [output, waiting] of shown) if (waiting !== null) sayGraph(output, waiting.line);
  sayDone();
}

const printer =
  (level: Level) =>
  (...values: unknown[]) => {
    const line = lineOfCaller();
    say({ kind: "text", level, text: formatAll(values), line });
    note(values, line);
  };

/** What a program finds besides the engine: the same as `globals.d.ts` declares. */
const globals = {
  console: Object.assign(Object.create(console), {
    log: printer("log"),
    info: printer("info"),
    debug: printer("info"),
    warn: printer("warn"),
    error: printer("error"),
  }),
  show(...values: unknown[]): void {
    const line = lineOfCaller();
    for (const value of values) say({ kind: "value", text: format(value), line });
    note(values, line);
  },
  plot(...given: unknown[]): void {
    say({ kind: "plot", ...readPlot(given) });
  },
  /** What `prepare` puts around the statements of a program and behind them. */
  $playground: {
    value<T>(line: number, value: T): T {
      if (value === undefined) return value;
      say({ kind: "value", text: format(value), line });
      note([value], line);
      return value;
    },
    bindings(of: typeof bindings): void {
      bindings = of;
    },
  },
};

export async function run({ code, width: given }: Job, urls: ReadonlyMap<string, string>): Promise<void> {
  width = given;
  Object.assign(globalThis, globals);
  (Error as { stackTraceLimit?: number }).stackTraceLimit = 100;
  addEventListener("error", (event) => {
    event.preventDefault();
    sayError(event.error ?? new Error(event.message));
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    sayError(event.reason);
  });
  const modules = {
    core: urls.get("core.js") ?? urls.get("light.js"),
    nn: urls.get("nn.js"),
    pictures: urls.get("pictures.js"),
  };
  const linked = code.replace(/"playground:(core|nn|pictures)"/g, (_whole, name: keyof typeof modules) =>
    JSON.stringify(modules[name]),
  );
  userUrl = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  begun = clock();
  try {
    await import(/* @vite-ignore */ userUrl);
  } catch (error) {
    const missing = missingExport(error, linked, modules);
    if (missing === null) sayError(error);
    else sayError(missing.error, missing.place);
  }
  finish();
}

/** Of the page that `stepper` makes only its data: the page has the code of that page itself. */
export async function steps({ place, language }: StepsQuestion, urls: ReadonlyMap<string, string>): Promise<void> {
  const output = graphs[place];
  if (output === undefined) return;
  let [data, why]: [string | null, string] = [null, ""];
  try {
    const { stepper } = (await import(
      /* @vite-ignore */ urls.get("pages.js") as string
    )) as typeof import("@chainrule/pages");
    const page = stepper(output, { names: namesFor(), lang: language });
    data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? null;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  say({ kind: "steps", place, data, why });
}
