import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import { firstDifference, type Kind, made, type Tolerance } from "./kind.js";
import { type Control, engineControl, type Step, writtenOut } from "./loop-control.js";
import { bodyOf, type Gene, OPS, QUICK, type Scope, WIDTH } from "./loop-ops.js";
import type { Engine } from "./walk-ops.js";

/*
 * Random programs of loops, branches, calls, maps, checkpoints, solutions of equations and ops of one's own, one inside of another, with what
 * they close over (which may be given another value between the calls), draws and derivatives in their steps; loops of no and of one step, and
 * carries of all dtypes among them. Each is run as it
 * is, compiled, and written out in plain JavaScript over ops: values, gradients, gradients of these (of every third program), and the
 * derivative in a direction agree, and the last of these with differences of the values.
 *
 * What is not drawn: steps that carry integers alone, more than three levels, loops of more than 7 steps, `whileLoop` without a limit,
 * numbers of a program that gradients are wanted of, conditions and equations that draw, gradients of one's own that draw (in programs a part of these is refused), maps with
 * `randomness: "same"`, hooks, errors, assignments, another value for what a function with draws or a gradient of its own closes over (an error), convolutions and pools in steps, infinities and NaN that reach a result.
 */

interface Loop {
  readonly genes: readonly Gene[];
  readonly length: number;
  readonly reverse: boolean;
  readonly unroll: number;
  readonly checkpoint: number | undefined;
  /** Whether its elements are what the loop before gave, beside those of the program. */
  readonly feeds: boolean;
}

export interface LoopProgram {
  readonly loops: readonly Loop[];
  readonly dtype: "float64" | "float32";
  readonly seed: number;
}

function run({ loops }: LoopProgram, scope: Scope, [init, xs]: readonly Tensor[]): readonly Tensor[] {
  let fed = xs as Tensor;
  let carry = init as Tensor;
  const results: Tensor[] = [];
  for (const loop of loops) {
    const rows = (xs as Tensor).slice([[0, loop.length]]);
    const elements = loop.feeds ? fed.slice([[0, Math.min(loop.length, fed.shape[0] as number)]]) : rows;
    const step: Step<Tensor> = (h, x) => {
      const next = bodyOf(scope, loop.genes, [h, x], 2);
      return [next, next.mul(x).add(h) as Tensor];
    };
    const [last, ys] = scope.k.scan(step, carry, elements, loop);
    carry = last;
    fed = ys;
    results.push(last, ys);
  }
  return results;
}

const gene: fc.Memo<Gene> = fc.memo((n) =>
  fc.record({
    // Those without functions of their own as often as the others.
    op: fc.oneof(fc.nat(QUICK - 1), fc.nat(OPS - 1)),
    x: fc.nat(5),
    y: fc.nat(5),
    a: fc.nat(5),
    inner: n <= 1 ? fc.constant<readonly Gene[]>([]) : fc.array(gene(n - 1), { minLength: 1, maxLength: 2 }),
  }),
);

const programs: fc.Arbitrary<LoopProgram> = fc.record({
  loops: fc.array(
    fc.record({
      genes: fc.array(gene(3), { minLength: 1, maxLength: 4 }),
      length: fc.integer({ min: 0, max: 5 }),
      reverse: fc.boolean(),
      unroll: fc.integer({ min: 1, max: 3 }),
      checkpoint: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      feeds: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  dtype: fc.constantFrom("float64", "float64", "float32"),
  seed: fc.nat(1000),
});

/** By the dtype of the program: scalars of float32 programs are float64. */
const allowed: Readonly<Record<LoopProgram["dtype"], Tolerance>> = {
  float64: { float64: 1e-9, float32: 0 },
  float32: { float64: 2e-3, float32: 2e-3 },
};

function check(e: Engine, program: LoopProgram): string | undefined {
  const numbers = (shape: readonly number[], k: number) =>
    made(e, shape, program.dtype, (i) => ((5 * i + 3 * k + ((i * i) % 7)) % 13) / 8 - 0.7);
  const args = [numbers([WIDTH], 1), numbers([5, WIDTH], 2), numbers([WIDTH, WIDTH], 3)];
  const scalar = (results: readonly Tensor[]) =>
    results
      .map(
        (y, k) =>
          y
            .mul(numbers(y.shape, k + 4))
            .sum()
            .cast("float64") as Tensor,
      )
      .reduce((sum, next) => sum.add(next) as Tensor);
  const ends = program.seed % 2 === 1;
  const end = (x: Tensor) => (ends ? e.stopGradient(x) : x);
  const withControl = (k: Control) => {
    const values = (...given: Tensor[]) => {
      const w = given[2] as Tensor;
      // Of every other program two tensors with equal values, which its functions close over.
      const [one, other] = program.seed % 4 < 2 ? [w, w] : [w.mul(0.5) as Tensor, w.mul(0.5) as Tensor];
      const scope = { e, k, w: one, twin: other, random: new e.Random(program.seed), end };
      return run(program, scope, given);
    };
    const argument = [0, 1, 2];
    const slopes = (...given: Tensor[]) =>
      e.grad((...own: Tensor[]) => scalar(values(...own)), { argument })(...given) as Tensor[];
    const second = (...given: Tensor[]) =>
      e.grad(
        (...own: Tensor[]) =>
          slopes(...own)
            .map((g) => g.square().sum().cast("float64") as Tensor)
            .reduce((a, b) => a.add(b) as Tensor),
        { argument },
      )(...given) as Tensor[];
    const along = (...given: Tensor[]) => [
      e.jvp(
        (...own: Tensor[]) => scalar(values(...own)),
        given,
        given.map((x) => x.cos() as Tensor),
      ).tangent as Tensor,
    ];
    return { values, slopes, second, along };
  };
  const [plain, own] = [withControl(writtenOut(e)), withControl(engineControl(e))];
  const exact = allowed[program.dtype];
  for (const name of ["values", "slopes", "second", "along"] as const) {
    // Rounding of float32 is as large as what is looked for; and second derivatives take the longest.
    if (name === "second" && (program.dtype === "float32" || program.seed % 3 > 0)) continue;
    const expected = plain[name](...args);
    const eager = firstDifference(own[name](...args), expected, exact);
    if (eager !== undefined) return `${name}, eager: ${eager}`;
    const compiled = firstDifference(
      e.compile(own[name] as (...given: Tensor[]) => readonly Tensor[])(...args) as Tensor[],
      expected,
      exact,
    );
    if (compiled !== undefined) return `${name}, compiled: ${compiled}`;
  }
  return program.dtype === "float64" && !ends
    ? unlikeDifferences(args, {
        values: (...given) => scalar(plain.values(...given)),
        along: (...given) => plain.along(...given)[0] as Tensor,
      })
    : undefined;
}

/**
 * Whether the derivative in a direction is that of the values: of steps of three sizes one suffices, as there may be a jump, or rounding, in
 * the others.
 */
function unlikeDifferences(
  args: readonly Tensor[],
  {
    values,
    along,
  }: { readonly values: (...given: Tensor[]) => Tensor; readonly along: (...given: Tensor[]) => Tensor },
): string | undefined {
  const slope = along(...args).item();
  const at = (step: number) => values(...args.map((x) => x.add(x.cos().mul(step)) as Tensor)).item();
  const differences = [1e-4, 1e-5, 1e-6].map((step) => (at(step) - at(-step)) / (2 * step));
  const isNear = (each: number) => Math.abs(each - slope) <= 1e-4 * Math.max(1, Math.abs(slope));
  if (differences.some((each) => isNear(each) || !Number.isFinite(each)) || !Number.isFinite(slope)) return undefined;
  return `along a direction ${slope}, by differences ${differences.join(", ")}`;
}

export const loops: Kind<LoopProgram> = { name: "loops", weight: 1, programs, check };
