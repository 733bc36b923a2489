import fc from "fast-check";
import type { Kind } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/** One program of a run: its kind, and the seed that it is drawn with. */
interface Case {
  readonly kind: Kind;
  readonly seed: number;
}

/** A program that fails, as small as it was made. */
export interface Finding {
  /** Its number in the run. */
  readonly at: number;
  readonly kind: string;
  readonly what: string;
  readonly program: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** The number of the first program, and how many there are. */
  readonly first: number;
  readonly runs: number;
  /** By kind. */
  readonly weights: ReadonlyMap<string, number>;
  /** Called for each program that fails; the run ends where this gives true. */
  readonly found: (finding: Finding) => boolean;
}

/** How long a failing program may be made smaller. */
const shrinkingMs = 10_000;

/** Two rounds of a hash of 32 bits (the finaliser of MurmurHash3). */
function hash(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x165667b1, 0xc2b2ae35);
  for (let round = 0; round < 2; round++) {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  }
  return (h ^ (h >>> 16)) >>> 0;
}

/** Program number `at` depends on it and the seed alone. */
export function caseOf(kinds: readonly Kind[], weights: ReadonlyMap<string, number>, seed: number, at: number): Case {
  const total = kinds.reduce((sum, { name }) => sum + (weights.get(name) ?? 0), 0);
  let left = (hash(seed, at) / 2 ** 32) * total;
  const kind = kinds.find(({ name }) => {
    left -= weights.get(name) ?? 0;
    return left < 0;
  });
  if (kind === undefined) throw new Error("fuzz: no kind of program has a weight");
  return { kind, seed: hash(at, seed) | 0 };
}

/** Runs random programs in an engine; gives how many of each kind. */
export function fuzz(engine: Engine, kinds: readonly Kind[], options: FuzzOptions): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let at = options.first; at < options.first + options.runs; at++) {
    const { kind, seed } = caseOf(kinds, options.weights, options.seed, at);
    counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
    const [program] = fc.sample(kind.programs, { seed, numRuns: 1, unbiased: true });
    const what = failureOf(engine, kind, program);
    if (what === undefined) continue;
    if (options.found({ at, kind: kind.name, ...shrunk(engine, kind, seed, { what, program: fc.stringify(program) }) }))
      break;
  }
  return counts;
}

function failureOf(engine: Engine, kind: Kind, program: unknown): string | undefined {
  try {
    return kind.check(engine, program);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function shrunk(
  engine: Engine,
  kind: Kind,
  seed: number,
  first: Pick<Finding, "what" | "program">,
): Pick<Finding, "what" | "program"> {
  const end = performance.now() + shrinkingMs;
  let smallest = first;
  const property = fc.property(kind.programs, (program) => {
    if (performance.now() > end) return;
    const what = failureOf(engine, kind, program);
    if (what === undefined) return;
    smallest = { what, program: fc.stringify(program) };
    throw new Error(what);
  });
  fc.check(property, { seed, numRuns: 1, unbiased: true });
  return smallest;
}
