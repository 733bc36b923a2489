import { writeSync as write } from "node:fs";
import { type Callable, callablesOf } from "./argument-calls.js";
import { type Engine, Hostile, hostile, plausible } from "./argument-values.js";

/*
 * The process in which `fuzzArguments` makes its calls: it says which one it begins, so that one that kills the process, or
 * does not come back, has a name. Arguments: the seed, the first case, the number of cases, and the modules.
 */

/** A pipe whose reader is slow is full at times. */
function say(line: string): void {
  for (let at = 0; at < line.length; ) {
    try {
      at += write(1, line.slice(at));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
    }
  }
}

const [seedText = "0", fromText = "0", countText = "1", ...urls] = process.argv.slice(2);
const [seed, from, count] = [Number(seedText), Number(fromText), Number(countText)];

const modules = (await Promise.all(urls.map((url) => import(url)))) as Record<string, unknown>[];
const engine = modules[0] as unknown as Engine;
const calls = callablesOf(modules, engine);
const right = plausible(engine);
const wrong = hostile(engine);

/**
 * Mulberry32: a stream of numbers for each case, whatever came before. By name, so that what is exported anew does not draw
 * other cases for all that follows.
 */
function numbersOf(stream: string): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  for (let i = 0; i < stream.length; i++) state = Math.imul(state ^ stream.charCodeAt(i), 0x01000193);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Draw = (below: number) => number;
type Make = () => unknown;

const pick = (list: readonly Make[], draw: Draw): Make => list[draw(list.length)] as Make;

/** How often combinations of plausible values are tried for a call that succeeds. */
const TRIES = 80;
const templates = new Map<number, readonly Make[]>();

/** Arguments with which a call succeeds, if some are found; of no case, so that a process that starts later has the same. */
function templateOf(at: number): readonly Make[] {
  const known = templates.get(at);
  if (known !== undefined) return known;
  const draw = numbersOf((calls[at] as Callable).name);
  let found: readonly Make[] = [pick(right, draw), pick(right, draw)];
  for (let i = 0; i < TRIES; i++) {
    const args = Array.from({ length: 1 + draw(4) }, () => pick(right, draw));
    try {
      (calls[at] as Callable).call(args.map((make) => make()));
    } catch {
      continue;
    }
    found = args;
    break;
  }
  templates.set(at, found);
  return found;
}

/** Right arguments with something wrong in one place or in several, left out, or in excess. */
function argumentsOf(at: number, draw: Draw): { readonly args: unknown[]; readonly text: string } {
  const makes: Make[] = [...templateOf(at)];
  const changes = 1 + Number(draw(4) === 0);
  const marks: string[] = [];
  for (let i = 0; i < changes; i++) {
    const place = draw(makes.length + 1);
    const make = pick(wrong, draw);
    switch (draw(6)) {
      case 0:
        makes.length = Math.min(place, makes.length);
        marks.push(`only ${makes.length} arguments`);
        break;
      case 1: {
        // Inside of a list or a record.
        const outer = makes[place];
        if (outer === undefined) break;
        makes[place] = () => inside(outer(), make(), draw);
        marks.push(`argument ${place} holds ${text(make)}`);
        break;
      }
      default:
        makes[place] = make;
        marks.push(`argument ${place} is ${text(make)}`);
    }
  }
  return { args: makes.map((make) => make()), text: `(${makes.map(text).join(", ")}): ${marks.join(", ")}` };
}

function inside(outer: unknown, value: unknown, draw: Draw): unknown {
  if (Array.isArray(outer) && outer.length > 0) return outer.with(draw(outer.length), value);
  if (typeof outer !== "object" || outer === null || Object.getPrototypeOf(outer) !== Object.prototype) return [value];
  const keys = Object.keys(outer);
  return { ...outer, [keys[draw(keys.length + 1)] ?? "other"]: value };
}

const text = (make: Make) =>
  String(make)
    .replaceAll(/\s+/g, " ")
    .replace(/^\(\) => /, "")
    .slice(0, 60);

/** What a call gives may be a function, or hold some: they are called as well. */
function follow(result: unknown, args: unknown[]): void {
  if (typeof result === "function") {
    (result as (...args: unknown[]) => unknown)(...args);
    return;
  }
  if (typeof result !== "object" || result === null) return;
  if ("pullback" in result && typeof result.pullback === "function") result.pullback(args[0]);
  if ("next" in result && typeof result.next === "function") result.next();
}

function judge(error: unknown): string | null {
  if (error instanceof engine.ChainruleError) {
    // What is longer than 2000 is cut, and says how much is left out.
    if (error.message.length > 2100)
      return `an error of ${error.message.length} characters: ${error.message.slice(0, 200)}`;
    return null;
  }
  if (error instanceof Hostile) return null;
  return error instanceof Error
    ? (error.stack ?? error.message).split("\n").slice(0, 4).join("\n    ")
    : `threw ${typeof error}`;
}

for (let i = from; i < from + count; i++) {
  const at = i % calls.length;
  const { name, call } = calls[at] as Callable;
  say(`case ${i} ${name}\n`);
  const draw = numbersOf(`${name} ${Math.floor(i / calls.length)}`);
  let what = "";
  try {
    const { args, text } = argumentsOf(at, draw);
    what = text;
    say(`with ${text}\n`);
    const traced = draw(4) === 0;
    const result = traced ? inTrace(() => call(args)) : call(args);
    follow(result, argumentsOf(at, draw).args);
  } catch (error) {
    const failure = judge(error);
    if (failure !== null) say(`failed ${JSON.stringify({ i, name, what, failure })}\n`);
  }
}
say(`done ${calls.length}\n`);

/** The call in a function that is being compiled. */
function inTrace(f: () => unknown): unknown {
  let result: unknown;
  engine.compile(() => {
    result = f();
    return engine.tensor(0);
  })();
  return result;
}
