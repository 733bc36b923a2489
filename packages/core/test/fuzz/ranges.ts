import fc from "fast-check";
import type { Shape, Tensor } from "../../src/index.js";
import { difference, firstDifference, type Kind, list, made } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/*
 * One op, elementwise or a statistic, of rows of numbers anywhere in the range of float32 and float64: near both ends, far
 * from 0 beside their differences, equal ones, infinities and NaN; its value and its gradient times a factor. Compiled
 * against eager mode, each element of elementwise ops for itself, and eager float32 against the same in float64.
 *
 * What is not drawn: several ops in a row, integers, second derivatives, which are known to be less careful; convolutions.
 */

type Op = (e: Engine, x: Tensor, y: Tensor) => Tensor;

const unary = [
  "abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp expm1 floor log log1p logSigmoid neg reciprocal relu",
  "round sigmoid sign silu sin sinh softplus sqrt square tan tanh elu gelu",
]
  .join(" ")
  .split(" ");
const binary = "add sub mul div pow atan2 hypot mod maximum minimum".split(" ");
const statistics = "variance std mean norm sum logSumExp softmax logSoftmax max".split(" ");

/** Ops whose result at an argument that is not exact says nothing: eager float32 is compared with float64 at equal arguments. */
const call =
  (name: string): Op =>
  (_, x, y) => {
    const method = (x as unknown as Readonly<Record<string, (...given: unknown[]) => Tensor>>)[name];
    if (method === undefined) throw new Error(`there is no method ${name}`);
    if (binary.includes(name)) return method.call(x, y);
    if (name === "softmax" || name === "logSoftmax") return method.call(x, -1);
    return statistics.includes(name) ? method.call(x, { axis: -1, keepDims: true }) : method.call(x);
  };

interface Drawn {
  readonly op: string;
  readonly shape: Shape;
  readonly dtype: "float64" | "float32";
  readonly palette: number;
  readonly seed: number;
  readonly factor: number;
  readonly derivative: boolean;
}

/** Numbers that stand side by side; scaled by the seed where that matters. */
const palettes: readonly ((i: number, seed: number, isSingle: boolean) => number)[] = [
  // Anywhere.
  (i, seed, isSingle) => (i % 2 === 0 ? 1 : -1) * 10 ** ((((i * 7 + seed * 13) % 79) - 39) * (isSingle ? 0.97 : 7.8)),
  // Positive, anywhere.
  (i, seed, isSingle) => 10 ** ((((i * 11 + seed * 17) % 79) - 39) * (isSingle ? 0.97 : 7.8)),
  // Of one size.
  (i, seed, isSingle) => ((i % 5) - 2 || 3) * 10 ** (((seed * 17) % 77) - 38) * (isSingle ? 1 : 1),
  // Far from 0, and near each other.
  (i, seed) => 10 ** (4 + (seed % 5)) + (i % 4),
  (i, seed) => (seed % 2 === 0 ? 1 : -1) * (10 ** (5 + (seed % 3)) + (i % 3) / 2),
  // All equal.
  (_, seed) => 0.1 * (seed - 7),
  // Ordinary.
  (i, seed) => ((i * 5 + seed * 3) % 17) / 4 - 2,
  // Around 1 and the ends of domains.
  (i, seed) => (seed % 2 === 0 ? 1 : -1) * (1 + ((i % 5) - 2) * 2 ** -(20 + (seed % 5))),
  // At the very ends, and beyond.
  (i, seed, isSingle) =>
    [
      isSingle ? 3.4e38 : 1.79e308,
      isSingle ? -3.4e38 : -1.79e308,
      isSingle ? 1e-45 : 5e-324,
      isSingle ? 1.2e-38 : 2.3e-308,
      0,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      88.5,
      -104,
      709.5,
    ][(i + seed) % 12] as number,
];

const factors = [1, 1e-3, 1e3, -1];

export class RangeProgram {
  readonly drawn: Drawn;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
  }

  inputs(e: Engine): [Tensor, Tensor] {
    const { shape, dtype, palette, seed } = this.drawn;
    const of = (at: number, shift: number) => {
      const numbers = palettes[at % palettes.length] as (typeof palettes)[number];
      return made(e, shape, dtype, (i) => numbers(i + shift, seed, dtype === "float32"));
    };
    return [of(palette, 0), of(Math.floor(palette / palettes.length), 1)];
  }

  get isBinary(): boolean {
    return binary.includes(this.drawn.op);
  }

  get isStatistic(): boolean {
    return statistics.includes(this.drawn.op);
  }

  /** The value, or the gradients of its sum times a factor. */
  f(e: Engine): (x: Tensor, y: Tensor) => Tensor[] {
    const { op, derivative, factor } = this.drawn;
    const run = call(op);
    if (!derivative) return (x, y) => [run(e, x, y)];
    const by = factors[factor % factors.length] as number;
    const loss = (x: Tensor, y: Tensor): Tensor => {
      const value = run(e, x, y);
      const weights = made(e, value.shape, value.dtype, (i) => (this.isStatistic && i % 3 === 0 ? 2 : 1));
      return value.mul(by).mul(weights).sum();
    };
    const gradients = e.grad(loss, { argument: this.isBinary ? [0, 1] : [0] }) as unknown as (
      x: Tensor,
      y: Tensor,
    ) => readonly Tensor[];
    return (x, y) => [...gradients(x, y)];
  }

  toString(): string {
    const { op, dtype, derivative, factor } = this.drawn;
    return `${derivative ? `gradient of ${factors[factor % factors.length]} times ` : ""}${op} of ${dtype}`;
  }

  [fc.toStringMethod](): string {
    return `${this.toString()}, ${JSON.stringify(this.drawn)}`;
  }
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  op: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...unary) },
    { weight: 1, arbitrary: fc.constantFrom(...binary) },
    { weight: 2, arbitrary: fc.constantFrom(...statistics) },
    { weight: 1, arbitrary: fc.constantFrom("variance", "std", "norm") },
  ),
  shape: fc.constantFrom<Shape[]>([4], [2], [1], [3, 5], [2, 7], [17]),
  dtype: fc.constantFrom("float32" as const, "float32" as const, "float64" as const),
  palette: fc.nat(palettes.length ** 2 - 1),
  seed: fc.nat(40),
  factor: fc.nat(factors.length - 1),
  derivative: fc.boolean(),
});

const perElement = { float64: 1e-9, float32: 1e-4, perElement: true };
const ofLargest = { float64: 1e-9, float32: 1e-4 };

/** With the largest finite element being 1, or that of what was added up: a tolerance of the largest is one of the row. */
function scaled(e: Engine, actual: Tensor, expected: Tensor, terms: Tensor | null): readonly [Tensor, Tensor] {
  const all = [...expected.data, ...(terms?.data ?? [])];
  const largest = Math.max(0, ...all.map(Math.abs).filter(Number.isFinite));
  if (largest === 0 || largest >= 1) return [actual, expected];
  const { shape } = expected;
  const by = (x: Tensor) => made(e, shape, "float64", (i) => (x.data[i] as number) / largest);
  return [by(actual), by(expected)];
}

export const ranges: Kind<RangeProgram> = {
  name: "ranges",
  weight: 3,
  programs: drawn.map((each) => new RangeProgram(each)),
  check: (e, program) => {
    const inputs = program.inputs(e);
    const f = program.f(e);
    const expected = f(...inputs);
    const actual = (e.compile(f) as typeof f)(...inputs);
    if (!program.isStatistic) return firstDifference(actual, expected, perElement);
    for (const [i, own] of expected.entries()) {
      const isSum = !program.drawn.derivative && (program.drawn.op === "sum" || program.drawn.op === "mean");
      const [a, b] = scaled(e, actual[i] as Tensor, own, isSum ? inputs[0] : null);
      const tolerance = program.drawn.dtype === "float32" ? { ...ofLargest, float64: ofLargest.float32 } : ofLargest;
      const found = difference(a, b, tolerance);
      if (found !== undefined)
        return `compiled and eager: result ${i}, of the largest: ${found}; ${list([...own.data])}`;
    }
    return undefined;
  },
};
