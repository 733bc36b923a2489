import fc from "fast-check";
import type { Random, Tensor } from "../../src/index.js";
import { firstDifference, type Kind, made, type Tolerance } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/*
 * Random programs of loops, branches, calls and maps, one inside of another, with what they close over, draws and gradients in their
 * steps. Each is run as it is, compiled, and written out in plain JavaScript over ops: values, gradients, gradients of these, and the
 * derivative in a direction agree.
 *
 * What is not drawn: steps that carry integers alone, results that nobody reads, more than three levels, loops of more than 7 steps,
 * `whileLoop` without a limit, `rootOf`, `fixedPoint`, hooks, errors, assignments, convolutions and pools in steps, branches that draw.
 */

/** One value of a body, out of those before it. */
interface Gene {
  readonly op: number;
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly inner: readonly Gene[];
}

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

/** Products of as many terms are worth handing from loop to loop. */
const WIDTH = 5;

type Step = (carry: Tensor, x: Tensor) => readonly [Tensor, Tensor];

/** Control flow as the engine has it, or written out. */
interface Control {
  scan(
    step: Step,
    init: Tensor,
    xs: Tensor,
    options: Omit<Loop, "genes" | "feeds" | "length">,
  ): readonly [Tensor, Tensor];
  cond(predicate: Tensor, onTrue: (x: Tensor) => Tensor, onFalse: (x: Tensor) => Tensor, x: Tensor): Tensor;
  whileLoop(condition: (x: Tensor) => Tensor, body: (x: Tensor) => Tensor, x: Tensor): Tensor;
  fn(f: (x: Tensor) => Tensor): (x: Tensor) => Tensor;
  vmap(f: (x: Tensor) => Tensor, xs: Tensor): Tensor;
}

function engineControl(e: Engine): Control {
  return {
    scan: (step, init, xs, { reverse, unroll, checkpoint }) =>
      e.scan(step, init, xs, { reverse, unroll, ...(checkpoint === undefined ? {} : { checkpoint }) }) as [
        Tensor,
        Tensor,
      ],
    cond: (predicate, onTrue, onFalse, x) => e.cond(predicate, onTrue, onFalse, x),
    whileLoop: (condition, body, x) => e.whileLoop(condition, body, x, { limit: 20 }) as Tensor,
    fn: (f) => e.fn(f) as (x: Tensor) => Tensor,
    vmap: (f, xs) => e.vmap(f as never)(xs as never) as Tensor,
  };
}

function writtenOut(e: Engine): Control {
  return {
    scan: (step, init, xs, { reverse }) => {
      const length = xs.shape[0] as number;
      const ys: Tensor[] = [];
      let carry = init;
      for (let k = 0; k < length; k++) {
        const i = reverse ? length - 1 - k : k;
        const [next, y] = step(carry, xs.slice([i]));
        carry = next;
        ys[i] = y;
      }
      return [carry, e.stack(ys) as Tensor];
    },
    cond: (predicate, onTrue, onFalse, x) =>
      // The value decides what is computed, and is no part of it.
      e.stopGradient(x).data.length > 0 && known(predicate) ? onTrue(x) : onFalse(x),
    whileLoop: (condition, body, x) => {
      let carry = x;
      while (known(condition(carry))) carry = body(carry);
      return carry;
    },
    fn: (f) => f,
    vmap: (f, xs) => e.stack(xs.unstack().map((x) => f(x as Tensor))) as Tensor,
  };
}

const known = (predicate: Tensor): boolean => predicate.detach().item() !== 0;

interface Scope {
  readonly e: Engine;
  readonly k: Control;
  readonly w: Tensor;
  readonly random: Random;
}

const OPS = 18;
/** What is compared is not made equal but for rounding, which a program may do in another order. */
const APART = 0.0123456789;
const plainLoop = { reverse: false, unroll: 1, checkpoint: undefined };
const DRAW = 9;

/** The same without draws, as branches have none. */
function withoutDraws(genes: readonly Gene[]): readonly Gene[] {
  return genes.filter(({ op }) => op % OPS !== DRAW).map((gene) => ({ ...gene, inner: withoutDraws(gene.inner) }));
}

/** The last value of a body, bounded, so that loops do not run away. */
function bodyOf(scope: Scope, genes: readonly Gene[], given: readonly Tensor[], depth: number): Tensor {
  const { e, k, w, random } = scope;
  const values = [...given];
  const pick = (at: number) => values[at % values.length] as Tensor;
  const inside = (gene: Gene, own: readonly Tensor[]) =>
    bodyOf(scope, depth > 0 ? gene.inner : [], [...own, ...values.slice(0, 2)], depth - 1);
  for (const gene of genes) {
    const drawless: Gene = { ...gene, inner: withoutDraws(gene.inner) };
    const [x, y, a] = [pick(gene.x), pick(gene.y), gene.a];
    const plainOps: (() => Tensor)[] = [
      () => x.add(y) as Tensor,
      () => x.mul(y) as Tensor,
      () => x.sub(y.mul(0.5)).sin() as Tensor,
      () => w.matmul(x),
      () => x.matmul(w.mul(y.sum().sin())) as Tensor,
      () => x.cumsum() as Tensor,
      () => x.softmax() as Tensor,
      () =>
        x
          .slice([[1, WIDTH]])
          .pad([[0, 1]])
          .add(y.slice([0])) as Tensor,
      () => x.less(y.add(APART)).where(x.square(), y) as Tensor,
      () => x.add(random.normal([WIDTH], { dtype: x.dtype === "float32" ? "float32" : "float64" }).mul(0.1)) as Tensor,
      () =>
        k.cond(
          x.sum().less(y.sum().mul(0.3).add(APART)),
          (x) => inside(drawless, [x]),
          (x) => x.cos().mul(y) as Tensor,
          x,
        ),
      () =>
        k
          .scan((c, z) => [inside(gene, [c, z]), c.mul(z) as Tensor], x, y.mul(w), {
            reverse: a % 2 === 1,
            unroll: 1 + (a % 3),
            checkpoint: undefined,
          })
          [a % 2 === 0 ? 0 : 1].reshape([-1, WIDTH])
          .sum({ axis: 0 }) as Tensor,
      () =>
        k.whileLoop(
          (z) => z.square().sum().less(4),
          (z) => z.mul(1.5).add(y.square().add(0.1)) as Tensor,
          x,
        ),
      () => k.fn((z) => inside(gene, [z]))(x),
      () => k.vmap((z) => inside(gene, [z]).mul(y) as Tensor, w).sum({ axis: 0 }) as Tensor,
      () =>
        e.grad(
          (z: Tensor) =>
            inside({ ...gene, inner: gene.inner.filter(({ op }) => op % OPS < 9) }, [z])
              .mul(y)
              .sum() as Tensor,
        )(x) as Tensor,
      // What is pulled back in the steps of one loop goes back through another one.
      () => {
        const { pullback } = e.vjp((z: Tensor) => k.scan((c, q) => [inside(gene, [c, q]), c], z, w, plainLoop)[0])(x);
        return k.scan((c, q) => [c.add(pullback(q)[0] as Tensor) as Tensor, c], y, w, plainLoop)[0].tanh() as Tensor;
      },
      () =>
        e
          .jacobian((z: Tensor) => k.scan((c, q) => [inside(gene, [c, q]), c], z, w, plainLoop)[0])(x)
          .matmul(y)
          .tanh() as Tensor,
    ];
    const made = (plainOps[gene.op % (depth > 1 ? OPS : OPS - 2)] as () => Tensor)();
    values.push(made.mul(0.9) as Tensor);
  }
  const last = values[values.length - 1] as Tensor;
  return last.add(values[0] as Tensor).tanh() as Tensor;
}

function run({ loops }: LoopProgram, scope: Scope, [init, xs]: readonly Tensor[]): readonly Tensor[] {
  let fed = xs as Tensor;
  let carry = init as Tensor;
  const results: Tensor[] = [];
  for (const loop of loops) {
    const rows = (xs as Tensor).slice([[0, loop.length]]);
    const elements = loop.feeds ? fed.slice([[0, Math.min(loop.length, fed.shape[0] as number)]]) : rows;
    const step: Step = (h, x) => {
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
    op: fc.nat(OPS - 1),
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
      length: fc.integer({ min: 1, max: 5 }),
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
  const withControl = (k: Control) => {
    const values = (...given: Tensor[]) =>
      run(program, { e, k, w: given[2] as Tensor, random: new e.Random(program.seed) }, given);
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
    // Rounding of float32 is as large as what is looked for.
    if (program.dtype === "float32" && name === "second") continue;
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
  return undefined;
}

export const loops: Kind<LoopProgram> = { name: "loops", weight: 1, programs, check };
