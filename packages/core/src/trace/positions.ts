import { withTracer } from "../graph/tracer.js";
import type { Moving } from "../random/draws.js";
import type { Generator } from "../random/generator.js";

// Where generators stand while a function is traced is no business of the function.

/** A generator from outside that a block draws from: where it stood, and by how much a run moves it on. */
export interface GeneratorUse {
  /** The number among the generators of the block's trace. */
  readonly index: number;
  readonly generator: Generator;
  readonly begin: number;
  readonly blocks: number;
}

interface Drawing {
  readonly draws: readonly GeneratorUse[];
}

export function positionOf(generator: Moving): number {
  return withTracer(null, () => generator.position);
}

export function moveTo(generator: Moving, position: number): void {
  withTracer(null, () => generator.moveTo(position));
}

/** The scopes in which generators stand elsewhere, and where they stood before each. */
const away: (readonly (readonly [Moving, number])[])[] = [];

/** Runs `f` with generators at other positions; nobody's generator is moved by that. */
export function standingAt<R>(places: Iterable<readonly [Moving, number]>, f: () => R): R {
  const all = [...places];
  const before = all.map(([generator]) => [generator, positionOf(generator)] as const);
  away.push(before);
  for (const [generator, position] of all) moveTo(generator, position);
  try {
    return f();
  } finally {
    away.pop();
    for (const [generator, position] of before) moveTo(generator, position);
  }
}

/** How many such scopes are open. */
export function scopesAway(): number {
  return away.length;
}

/** Where a generator stands but for the scopes behind the first so many. */
export function homeOf(generator: Moving, scopes: number): number {
  for (const before of away.slice(scopes)) {
    const own = before.find(([other]) => other === generator);
    if (own !== undefined) return own[1];
  }
  return positionOf(generator);
}

/** Where the generators of a block stand behind so many runs of it. */
function behind({ draws }: Drawing, runs: number): readonly (readonly [Moving, number])[] {
  return draws.map(({ generator, begin, blocks }) => [generator, begin + runs * blocks]);
}

/** What a block draws from goes on behind so many runs of it. */
export function movedBy(block: Drawing, runs: number): void {
  for (const [generator, position] of behind(block, runs)) moveTo(generator, position);
}

/** Runs what draws the numbers of a block again, from those of run number `run` on. */
export function replayed<R>(block: Drawing, run: number, f: () => R): R {
  return standingAt(behind(block, run), f);
}
