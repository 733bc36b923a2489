import fc from "fast-check";
import type { Shape, Tensor } from "../../src/index.js";
import * as current from "../../src/index.js";
import { type Engine, type Move, makers } from "./walk-ops.js";

/*
 * Random programs for the walk backward: ops that move, cut, join, repeat and add up the elements of several variables,
 * each value used any number of times and read in parts, with hooks on the values in between and one or two losses over
 * one graph. `checkWalk` runs a program in all the ways in which gradients are made, and at the end looks again at all that
 * it was given on the way.
 *
 * What is not drawn: ops with kinks or ties (max, abs, relu, sort), windows (convolution, pooling), prod, norm and
 * variance, integers and bools as operands, indices that depend on values, infinities and NaN, tensors of more than 200
 * elements, programs of more than 14 ops, variables that change between the uses of a graph, transforms inside the
 * program (but `checkpoint`), hooks that throw or come and go during a walk.
 */

interface Gene {
  readonly op: number;
  /** Which of the values so far. */
  readonly x: number;
  readonly y: number;
  /** Settings, as the op reads them. */
  readonly a: number;
  readonly b: number;
}

interface Hook {
  /** Which of all values. */
  readonly at: number;
  /** Look and keep the gradient, give one twice as large, give the same, or its numbers in a tensor that all such hooks use. */
  readonly kind: "look" | "double" | "same" | "reuse";
}

interface Drawn {
  readonly shapes: readonly Shape[];
  readonly genes: readonly Gene[];
  readonly hooks: readonly Hook[];
  /** Values that go into the losses although ops use them. */
  readonly extra: readonly number[];
  readonly losses: number;
  readonly dtype: "float64" | "float32";
}

const MOST_ELEMENTS = 200;

/** One way through a program: all its values, the losses, and how it is written. */
interface Run {
  readonly values: readonly Tensor[];
  readonly losses: readonly Tensor[];
  readonly lines: readonly string[];
}

export class WalkProgram {
  readonly drawn: Drawn;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
  }

  /** The variables' values, each element another one. */
  inputs(e: Engine): Tensor[] {
    return this.drawn.shapes.map((shape, v) =>
      numbers(e, shape, (i) => ((5 * i + 3 * v + ((i * i) % 7)) % 13) / 8 - 0.7),
    );
  }

  /** A direction in which to look at derivatives. */
  direction(e: Engine): Tensor[] {
    return this.drawn.shapes.map((shape, v) => numbers(e, shape, (i) => ((3 * i + 5 * v) % 7) / 4 - 0.6));
  }

  /** Runs the program on tensors of an engine. `made` is told of each value. */
  run(e: Engine, inputs: readonly Tensor[], made: (value: Tensor, at: number) => void = () => {}): Run {
    const { genes, extra, losses: count } = this.drawn;
    const values = [...inputs];
    const lines: string[] = [];
    const used = new Set<number>();
    inputs.forEach(made);
    for (const { op, x, y, a, b } of genes) {
      const [i, j] = [x % values.length, y % values.length];
      const [p, q] = [values[i] as Tensor, values[j] as Tensor];
      const move = nextMove(op, p.shape, q.shape, a, b);
      const given = move.run(e, p, q);
      const results = (Array.isArray(given) ? given : [given]) as Tensor[];
      if (results.some(({ size, rank }) => size > MOST_ELEMENTS || rank > 4)) continue;
      used.add(i);
      if (/\by\b/.test(move.text)) used.add(j);
      lines.push(
        `${results.map((_, k) => `t${values.length + k}`).join(", ")} = ` +
          move.text.replaceAll(/\b[xy]\b/g, (name) => `t${name === "x" ? i : j}`),
      );
      for (const result of results) {
        made(result, values.length);
        values.push(result);
      }
    }
    const ends = values.flatMap((_, i) => (used.has(i) ? [] : [i]));
    for (const at of extra) ends.push(at % values.length);
    // Where the last op gave a list of no tensors.
    if (ends.length === 0) ends.push(0);
    const losses = Array.from({ length: count }, (_, loss) => {
      const order = loss === 0 ? ends : ends.toReversed();
      const parts = order.map((at, i) => {
        const end = (values[at] as Tensor).cast("float64");
        if ((at + i + loss) % 3 === 0) return { text: `t${at}.sum()`, sum: end.sum() };
        return {
          text: `t${at}.mul(w).sum()`,
          sum: end.mul(numbers(e, end.shape, (k) => ((7 * k + i) % 9) - 2.5)).sum(),
        };
      });
      lines.push(`loss${loss} = ${parts.map(({ text }) => text).join(" + ")}`);
      return parts.map(({ sum }) => sum).reduce((sum, next) => sum.add(next));
    });
    return { values, losses, lines };
  }

  /** Whether the gradient is meant to be the derivative. */
  get isDifferentiable(): boolean {
    const { lines } = this.run(current, this.inputs(current));
    return (
      !this.drawn.hooks.some(({ kind }) => kind === "double") && !lines.some((line) => line.includes("stopGradient"))
    );
  }

  toString(): string {
    const { shapes, hooks, dtype } = this.drawn;
    const run = this.run(current, this.inputs(current));
    const variables = shapes.map((shape, i) => `t${i} = variable of [${shape.join(", ")}], ${dtype}`);
    const notes = hooks.map(({ at, kind }) => `t${at % run.values.length}.onGradient: ${kind}`);
    return [...variables, ...run.lines, ...notes].join("\n");
  }

  [fc.toStringMethod](): string {
    return `\n${this.toString()}\n`;
  }
}

function numbers(e: Engine, shape: Shape, value: (i: number) => number): Tensor {
  const array = Float64Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => value(i));
  return e.fromArray(array, shape) as Tensor;
}

/** The first op, from number `at` on, that takes the operands. */
function nextMove(at: number, x: Shape, y: Shape, a: number, b: number): Move {
  for (let k = 0; k < makers.length; k++) {
    const move = makers[(at + k) % makers.length]?.(x, y, a, b);
    if (move != null) return move;
  }
  throw new Error("none of the ops takes the operands");
}

const sizes = fc.constantFrom<number[]>(3, 2, 1, 5, 0, 7, 17);

const variables: fc.Arbitrary<readonly Shape[]> = fc
  .array(sizes, { maxLength: 4 })
  .filter((shape) => shape.reduce((product, n) => product * n, 1) <= 60)
  .chain((shape) => {
    const whole = fc.constant<readonly number[]>(shape);
    const part = fc
      .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
      .map(([dropped, ones]) => shape.map((n, axis) => (ones[axis] === true ? 1 : n)).slice(dropped));
    return fc.array(fc.oneof({ weight: 2, arbitrary: whole }, part), { minLength: 1, maxLength: 3 });
  });

/** Random programs; they shrink to few ops on few and small variables. */
export const walkPrograms: fc.Arbitrary<WalkProgram> = fc
  .record({
    shapes: variables,
    genes: fc.array(fc.record({ op: fc.nat(10_000), x: fc.nat(30), y: fc.nat(30), a: fc.nat(60), b: fc.nat(3) }), {
      minLength: 1,
      maxLength: 14,
      size: "max",
    }),
    hooks: fc.array(
      fc.record({
        at: fc.nat(30),
        kind: fc.constantFrom("look" as const, "same" as const, "double" as const, "reuse" as const),
      }),
      { maxLength: 3 },
    ),
    extra: fc.array(fc.nat(30), { maxLength: 3 }),
    losses: fc.integer({ min: 1, max: 2 }),
    dtype: fc.constantFrom("float64" as const, "float64" as const, "float64" as const, "float32" as const),
  })
  .map((drawn) => new WalkProgram(drawn));

/** The program of a seed, for those who draw without fast-check. */
export function walkProgram(seed: number): WalkProgram {
  return fc.sample(walkPrograms, { seed, numRuns: 1 })[0] as WalkProgram;
}

/** A gradient as somebody was given it: the tensor, and what it held held. */
interface Seen {
  readonly what: string;
  readonly tensor: Tensor;
  readonly held: readonly number[];
}

/** Walks backward from each loss, and then through the gradients once more; all that can be seen on the way. */
function backward(e: Engine, program: WalkProgram, createGraph: boolean): Seen[] {
  const seen: Seen[] = [];
  const see = (what: string, tensor: Tensor) => seen.push({ what, tensor, held: [...tensor.data] });
  const inputs = program.inputs(e).map((input) => e.variable(input.cast(program.drawn.dtype)));
  const { values, losses } = program.run(e, inputs);
  const reused = new Map<string, Tensor>();
  const given = {
    look: () => undefined,
    same: (gradient: Tensor) => gradient,
    double: (gradient: Tensor) => gradient.mul(2),
    reuse: (gradient: Tensor) => {
      const key = `${gradient.dtype} ${gradient.shape}`;
      const own = reused.get(key) ?? e.zeros(gradient.shape, { dtype: gradient.dtype as "float64" });
      reused.set(key, own);
      return own.assign(gradient.detach());
    },
  };
  for (const { at, kind } of program.drawn.hooks) {
    const i = at % values.length;
    const value = values[i] as Tensor;
    if (!value.requiresGrad) continue;
    value.onGradient((gradient) => {
      see(`dout of t${i} in a hook`, gradient);
      return given[kind](gradient);
    });
  }
  const seeAll = (when: string) => {
    values.forEach((value, i) => {
      if (value.grad !== null) see(`t${i}.grad ${when}`, value.grad);
    });
  };
  losses.forEach((loss, k) => {
    if (!loss.requiresGrad) return;
    loss.backward({ createGraph });
    seeAll(`after loss${k}`);
  });
  return seen;
}

/** The derivative of the slope in a direction, by a walk through the gradients of another walk. */
function second(e: Engine, program: WalkProgram, createGraph: boolean): Seen[] {
  const inputs = program.inputs(e).map((input) => e.variable(input.cast(program.drawn.dtype)));
  const loss = program.run(e, inputs).losses[0] as Tensor;
  if (!loss.requiresGrad) return [];
  loss.backward({ createGraph: true });
  const direction = program.direction(e);
  const slope = inputs
    .map(({ grad }, i) =>
      (grad ?? e.tensor(0))
        .cast("float64")
        .mul(direction[i] as Tensor)
        .sum(),
    )
    .reduce((sum: Tensor, next) => sum.add(next), e.tensor(0));
  for (const input of inputs) input.zeroGrad();
  if (!slope.requiresGrad) return [];
  slope.backward({ createGraph });
  return inputs.flatMap(({ grad }, i) =>
    grad === null ? [] : [{ what: `second derivative by t${i}`, tensor: grad, held: [...grad.data] }],
  );
}

const TOLERANCE = { float64: 1e-11, float32: 2e-5 };

/** How two lists of what was seen differ; undefined where they agree but for rounding. */
function difference(a: readonly Seen[], b: readonly Seen[], tolerance: number): string | undefined {
  const [names, others] = [a, b].map((list) => list.map(({ what }) => what).sort());
  if (String(names) !== String(others)) return `seen: ${names?.join(", ")}; and: ${others?.join(", ")}`;
  const left = new Map<string, Seen[]>();
  for (const seen of b) left.set(seen.what, [...(left.get(seen.what) ?? []), seen]);
  for (const { what, held } of a) {
    const other = left.get(what)?.shift()?.held ?? [];
    if (!near(held, other, tolerance)) return `${what}: [${held.join(", ")}] and [${other.join(", ")}]`;
  }
  return undefined;
}

/** Equal to within the tolerance of the largest element, or of 1; to the bit where the tolerance is 0. */
function near(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  if (tolerance === 0) return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
  const scale = Math.max(1, ...a.map(Math.abs), ...b.map(Math.abs));
  return a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] as number)) <= tolerance * scale);
}

function changed(seen: readonly Seen[]): string | undefined {
  for (const { what, tensor, held } of seen) {
    const now = [...tensor.data];
    if (!now.every((x, i) => Object.is(x, held[i]))) return `${what} was [${held.join(", ")}], is [${now.join(", ")}]`;
  }
  return undefined;
}

/** Which of the ways to make gradients differ, and in what; undefined where all agree. */
export interface WalkFinding {
  readonly kind: "changed" | "graph" | "second" | "transform" | "numerical" | "compiled";
  readonly text: string;
}

/**
 * Runs a program in an engine: `backward()` without graph, with graph, `valueAndGrad`, its compiled form, and differences.
 *
 * @param compiled whether to compile as well; default true
 * @param exact whether float64 gradients with and without graph are to be equal to the bit; default true
 */
export function checkWalk(
  e: Engine,
  program: WalkProgram,
  { compiled = true, exact = true } = {},
): WalkFinding | undefined {
  const { dtype } = program.drawn;
  const tolerance = TOLERANCE[dtype];
  const plain = backward(e, program, false);
  const late = changed(plain);
  if (late !== undefined) return { kind: "changed", text: `without graph: ${late}` };
  const graph = backward(e, program, true);
  const lateGraph = changed(graph);
  if (lateGraph !== undefined) return { kind: "changed", text: `with graph: ${lateGraph}` };
  const differs = difference(plain, graph, exact && dtype === "float64" ? 0 : tolerance);
  if (differs !== undefined) return { kind: "graph", text: `without and with graph: ${differs}` };
  const further = difference(
    second(e, program, false),
    second(e, program, true),
    exact && dtype === "float64" ? 0 : tolerance,
  );
  if (further !== undefined) return { kind: "second", text: `without and with graph: ${further}` };

  // The hooks that replace a gradient are part of what a transform differentiates.
  const inputs = program.inputs(e).map((input) => input.cast(dtype));
  const f = (...given: Tensor[]): Tensor => {
    const { values, losses } = program.run(e, given);
    for (const { at, kind } of program.drawn.hooks) {
      const value = values[at % values.length] as Tensor;
      // A transform stops at its arguments.
      if (kind === "double" && at % values.length >= given.length && value.requiresGrad)
        value.onGradient((gradient) => gradient.mul(2));
    }
    return losses[0] as Tensor;
  };
  const doubled = program.drawn.hooks.filter(({ kind }) => kind === "double");
  const gradients = (run: (...given: Tensor[]) => { readonly gradient: unknown }) =>
    (run(...inputs).gradient as Tensor[]).map((gradient, i) => ({
      what: `t${i}.grad after loss0`,
      tensor: gradient,
      held: [...gradient.data],
    }));
  const derivative = e.valueAndGrad(f, { argument: inputs.map((_, i) => i) }) as (...given: Tensor[]) => {
    readonly gradient: unknown;
  };
  const transformed = gradients(derivative);
  const values = program.run(e, inputs).values.length;
  if (!doubled.some(({ at }) => at % values < inputs.length)) {
    const leaves = new Map(plain.map((seen) => [seen.what, seen]));
    const walked = transformed.map((seen) => leaves.get(seen.what) ?? { ...seen, held: seen.held.map(() => 0) });
    const other = difference(transformed, walked, tolerance);
    if (other !== undefined) return { kind: "transform", text: `valueAndGrad and backward(): ${other}` };
  }
  if (program.isDifferentiable && dtype === "float64") {
    const slope = numerically(e, program, transformed);
    if (slope !== undefined) return { kind: "numerical", text: slope };
  }
  if (compiled) {
    const other = difference(gradients(e.compile(derivative) as typeof derivative), transformed, 4 * tolerance);
    if (other !== undefined) return { kind: "compiled", text: `compiled and eager: ${other}` };
  }
  return undefined;
}

/** The slope in a direction against differences over five points, where two steps agree on them. */
function numerically(e: Engine, program: WalkProgram, gradients: readonly Seen[]): string | undefined {
  const direction = program.direction(e);
  const [base, along] = [program.inputs(e), direction];
  const at = (t: number) =>
    e.noGrad(() =>
      (
        program.run(
          e,
          base.map((x, i) => x.add((along[i] as Tensor).mul(t))),
        ).losses[0] as Tensor
      ).item(),
    );
  const slope = (h: number) => (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  const [coarse, fine] = [slope(2 ** -8), slope(2 ** -10)];
  const terms = gradients.flatMap(({ held }, i) =>
    held.map((g, k) => g * ((direction[i] as Tensor).data[k] as number)),
  );
  const exact = terms.reduce((sum, term) => sum + term, 0);
  const scale = terms.reduce((sum, term) => sum + Math.abs(term), 1);
  if (Math.abs(coarse - fine) > 1e-7 * scale || Math.abs(exact - fine) <= 1e-5 * scale) return undefined;
  return `slope in a direction: ${exact} by the gradient, ${fine} by differences`;
}
