import fc from "fast-check";

/** The same cases in each run, unless FC_SEED names others; a failure prints the seed and the smallest case found. */
const { FC_SEED, FC_RUNS } = process.env;
const seed = Number(FC_SEED ?? 20260401);
/** FC_RUNS=100 tries a hundred times as many cases. */
const factor = Number(FC_RUNS ?? 1);

/** Runs `test` on `runs` drawn cases. */
export function forAll<T>(cases: fc.Arbitrary<T>, runs: number, test: (value: T) => void): void {
  fc.assert(fc.property(cases, test), { seed, numRuns: Math.ceil(runs * factor), includeErrorInReport: true });
}

/** Why two numbers are not equal to `relative` of the larger, or of 1; undefined when they are. NaN equals NaN. */
function difference(actual: number, expected: number, relative: number): string | undefined {
  if (Object.is(actual, expected) || actual === expected) return undefined;
  const allowed = relative * Math.max(1, Math.abs(actual), Math.abs(expected));
  if (Math.abs(actual - expected) <= allowed && Number.isFinite(allowed)) return undefined;
  return `${actual} is not ${expected} (to ${relative})`;
}

/** Throws where the numbers are not equal, element by element, to `relative` of the larger one, or of 1. */
export function near(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number, what: string): void {
  if (actual.length !== expected.length) throw new Error(`${what}: ${actual.length} elements, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const reason = difference(actual[i] as number, expected[i] as number, relative);
    if (reason !== undefined) throw new Error(`${what}, element ${i}: ${reason}`);
  }
}

/** A step that leaves the numbers of the drawn cases, multiples of 1/64, exact in float32 as well. */
const h = 2 ** -10;

/** The gradient of f at x, an element at a time, by central differences over five points: the error is h^4 f'''''/30. */
export function differences(f: (x: number[]) => number, x: readonly number[]): number[] {
  return x.map((value, i) => {
    const shifted = (k: number) => f(x.with(i, value + k * h));
    return (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * h);
  });
}
