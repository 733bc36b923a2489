import { checkFunction } from "../checks.js";
import { GraphError } from "../errors.js";
import { checkNoMore, isRecord } from "../options.js";

/** Whether ops record the graph that `backward` walks; a scope, not a flag to set. */
let on = true;

export function isRecording(): boolean {
  return on;
}

/** Runs `f` with the recording of graphs on or off, and puts back what was, also when `f` throws. */
export function withRecording<R>(value: boolean, f: () => R): R {
  const before = on;
  on = value;
  try {
    return f();
  } finally {
    on = before;
  }
}

/** Functions of which all runs when the scope is over. */
const laterFunctions: Readonly<Record<string, string>> = {
  AsyncFunction: "a promise",
  GeneratorFunction: "a generator",
  AsyncGeneratorFunction: "a generator",
};

/** What such a function gives; the function itself, as a method of what is made in the scope, may be called at any time. */
const laterObjects: Readonly<Record<string, string>> = {
  Generator: "a generator",
  AsyncGenerator: "a generator",
  "Iterator Helper": "an iterator that has not run yet",
};

/**
 * Runs a function in a scope, and refuses one whose work is not done when the scope ends: by its kind before it has run, else
 * by what it gave.
 */
export function inScope<R>(op: string, f: () => R, run: (f: () => R) => R): R {
  checkFunction(op, f);
  refuse(op, laterFunctions[tagOf(f)]);
  const result = run(f);
  refuse(op, laterWork(result));
  // Also in a list or a record, as `list.map(async ...)` gives promises: looked for one level deep.
  for (const part of partsOf(result)) refuse(op, laterWork(part));
  return result;
}

/** What stands in a list or a record, without running getters; nothing of what cannot be looked at. */
function partsOf(value: unknown): Iterable<unknown> {
  if (typeof value !== "object" || value === null) return [];
  try {
    if (Array.isArray(value)) return value;
    return isRecord(value) ? Object.values(Object.getOwnPropertyDescriptors(value)).map((field) => field.value) : [];
  } catch {
    return [];
  }
}

/** What has yet to be done of a value, if it is no value but that. */
function laterWork(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return isThenable(value) ? "a promise" : laterObjects[tagOf(value)];
}

function refuse(op: string, given: string | undefined): void {
  if (given === undefined) return;
  throw new GraphError(
    `${op}: the function gives ${given}, whose work is done when ${op} is over; use ${op} around each synchronous part instead`,
  );
}

/** What an object says that it is; nothing where it cannot be looked at. */
function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice("[object ".length, -1);
  } catch {
    return "";
  }
}

/** Whether a function has given what is to be awaited: a promise, of this realm or another, or what acts as one. */
export function isThenable(result: unknown): boolean {
  try {
    return typeof (result as { readonly then?: unknown } | null | undefined)?.then === "function";
  } catch {
    return false;
  }
}

/**
 * Runs `f` and records no graph: what it computes has no gradient and holds no memory but its values.
 *
 * @example
 * const w = variable(3);
 * noGrad(() => w.mul(2)).requiresGrad; // false
 *
 * @throws GraphError when `f` is asynchronous or a generator: the scope would end before its work does.
 */
export function noGrad<R>(f: () => R, ...none: []): R {
  checkNoMore("noGrad", none);
  return inScope("noGrad", f, (f) => withRecording(false, f));
}
