import fc from "fast-check";
import type { DType, Shape, Tensor } from "../../src/index.js";
import * as current from "../../src/index.js";
import { firstDifference, type Kind, list, made, sizeOf } from "./kind.js";
import { partMakers, reductionMakers, structureMakers } from "./structure-ops.js";
import { type Engine, type Maker, type Move, makers } from "./walk-ops.js";

/*
 * Random functions of one to four tensors that broadcast along any axes, of every dtype: ops that move, cut, join, repeat,
 * index, compare, cast, sort and reduce over any axes; all values that no op uses, and some others, are results. Eager values,
 * and first gradients, against those of the compiled function. Numbers are small integers, in some programs infinities and NaN,
 * so that a wrong element is seen and rounding is not.
 *
 * What is not drawn: state (see states.ts), windows (convolutions.ts), numbers near the ends of the range (ranges.ts), variance
 * and norms, random numbers, second derivatives, customOp, tensors of more than 400 elements, programs of more than 12 ops,
 * several programs of one function. An op that eager mode refuses is left out, so a wrong refusal in eager mode is not seen.
 */

interface Gene {
  readonly op: number;
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
}

interface Input {
  /** Axes left out in front, and by axis whether the input is repeated along it. */
  readonly dropped: number;
  readonly repeated: readonly boolean[];
  readonly dtype: DType;
  readonly seed: number;
}

interface Drawn {
  readonly shape: Shape;
  readonly inputs: readonly Input[];
  readonly genes: readonly Gene[];
  readonly extra: readonly number[];
  readonly derivative: boolean;
  /** Infinities and NaN among the numbers, where there is no derivative. */
  readonly special: boolean;
}

const mostElements = 400;
const mostValue = 4096;
const specials = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0];
/** A third of the ops reduce what is broadcast or taken. */
const allMakers: readonly Maker[] = [
  ...Array.from({ length: 12 }, () => reductionMakers).flat(),
  ...structureMakers,
  ...structureMakers,
  ...makers,
];

/** An op that has been taken, and the values that it is applied to. */
interface Step {
  readonly move: Move;
  readonly i: number;
  readonly j: number;
}

export class StructureProgram {
  readonly drawn: Drawn;
  private readonly makers: readonly Maker[];

  constructor(drawn: Drawn, makers: readonly Maker[]) {
    this.drawn = drawn;
    this.makers = makers;
  }

  inputs(e: Engine): Tensor[] {
    const { shape, inputs, special, derivative } = this.drawn;
    return inputs.map(({ dropped, repeated, dtype, seed }, at) => {
      // The first one is whole.
      const own =
        at === 0 ? shape : shape.map((n, axis) => (repeated[axis] ? 1 : n)).slice(dropped % (shape.length + 1));
      return made(e, own, dtype, (i) => {
        const k = (7 * i + 3 * seed + ((i * i) % 5)) % 11;
        return special && !derivative && k < specials.length && dtype !== "int32" ? (specials[k] as number) : k - 4;
      });
    });
  }

  /** The ops that eager mode takes, in an engine, and whose results are small. */
  steps(e: Engine, inputs: readonly Tensor[]): { readonly steps: readonly Step[]; readonly values: readonly Tensor[] } {
    const values = [...inputs];
    const steps: Step[] = [];
    for (const { op, x, y, a, b } of this.drawn.genes) {
      // From the last value back: chains are what is fused.
      const i = x === -1 ? 0 : values.length - 1 - (x % values.length);
      // Another value, as a rule.
      const j = (y % values.length === i && y < values.length ? y + 1 : y) % values.length;
      const [p, q] = [values[i] as Tensor, values[j] as Tensor];
      const move = this.makers[op % this.makers.length]?.(p.shape, q.shape, a, b);
      if (move == null) continue;
      const results = attempt(e, move, p, q);
      if (results === undefined || !results.every((result) => fits(result))) continue;
      steps.push({ move, i, j });
      values.push(...results);
    }
    return { steps, values };
  }

  /** The function of the steps, with the values that it gives. */
  run(e: Engine, steps: readonly Step[], inputs: readonly Tensor[]): Tensor[] {
    const values = [...inputs];
    const used = new Set<number>();
    for (const { move, i, j } of steps) {
      values.push(...apply(e, move, values[i] as Tensor, values[j] as Tensor));
      used.add(i);
      if (/\by\b/.test(move.text)) used.add(j);
    }
    const ends = values.flatMap((_, i) => (used.has(i) || i < inputs.length ? [] : [i]));
    const extra = this.drawn.extra.map((at) => at % values.length).filter((at) => !ends.includes(at));
    return [...ends, ...new Set(extra)].map((at) => values[at] as Tensor);
  }

  toString(): string {
    const inputs = this.inputs(current);
    const { steps } = this.steps(current, inputs);
    const lines = inputs.map(
      ({ shape, dtype, data }, i) => `t${i} = ${dtype} ${list(shape)}: ${list([...data].slice(0, 24))}`,
    );
    let next = inputs.length;
    const values = [...inputs];
    for (const { move, i, j } of steps) {
      const results = apply(current, move, values[i] as Tensor, values[j] as Tensor);
      const names = results.map(() => `t${next++}`).join(", ");
      lines.push(`${names} = ${move.text.replaceAll(/\b[xy]\b/g, (name) => `t${name === "x" ? i : j}`)}`);
      values.push(...results);
    }
    lines.push(`results besides the last ones: ${list(this.drawn.extra.map((at) => `t${at % values.length}`))}`);
    if (this.drawn.derivative) lines.push("and the gradients of the sum of all results times weights");
    return lines.join("\n");
  }

  [fc.toStringMethod](): string {
    return `\n${this.toString()}\n`;
  }
}

function apply(e: Engine, { text, run }: Move, x: Tensor, y: Tensor): readonly Tensor[] {
  const isMixed = x.dtype !== y.dtype && /\by\b/.test(text);
  const given = run(e, x, isMixed ? y.cast(x.dtype) : y);
  return (Array.isArray(given) ? given : [given]) as readonly Tensor[];
}

function attempt(e: Engine, move: Move, x: Tensor, y: Tensor): readonly Tensor[] | undefined {
  try {
    return apply(e, move, x, y);
  } catch {
    return undefined;
  }
}

function fits({ size, rank, data }: Tensor): boolean {
  return (
    size <= mostElements && rank <= 5 && data.every((value) => !Number.isFinite(value) || Math.abs(value) <= mostValue)
  );
}

/** The results, and where it is asked for the gradients by the float inputs. */
function functionOf(e: Engine, program: StructureProgram, steps: readonly Step[], inputs: readonly Tensor[]) {
  const values = (...given: Tensor[]) => program.run(e, steps, given);
  const floats = inputs.flatMap(({ dtype }, i) => (dtype.startsWith("float") ? [i] : []));
  if (!program.drawn.derivative || floats.length === 0) return values;
  const loss = (...given: Tensor[]): Tensor =>
    values(...given)
      .map((value, r) => {
        const weights = made(e, value.shape, "float64", (i) => ((5 * i + r) % 7) - 3);
        return value.cast("float64").mul(weights).sum();
      })
      .reduce((sum, next) => sum.add(next), e.tensor(0) as Tensor);
  const derivative = e.valueAndGrad(loss, { argument: floats }) as (...given: Tensor[]) => {
    readonly value: Tensor;
    readonly gradient: readonly Tensor[];
  };
  return (...given: Tensor[]) => {
    const { value, gradient } = derivative(...given);
    return [value, ...gradient];
  };
}

const size = fc.constantFrom(3, 2, 5, 3, 2, 7, 5, 1, 17, 0);

const shapeOf = (rank: number, sizes: fc.Arbitrary<number>) =>
  fc.array(sizes, { minLength: rank, maxLength: rank }).filter((shape) => sizeOf(shape) <= mostElements);

const anyShape = fc.oneof(
  { weight: 1, arbitrary: shapeOf(0, size) },
  { weight: 2, arbitrary: shapeOf(1, size) },
  { weight: 3, arbitrary: shapeOf(2, size) },
  { weight: 6, arbitrary: shapeOf(3, size) },
  { weight: 4, arbitrary: shapeOf(4, size) },
);

/** Single elements, and nothing. */
const tinyShape = fc.integer({ min: 1, max: 2 }).chain((rank) => shapeOf(rank, fc.constantFrom(1, 1, 1, 0, 2)));

const dtypes = fc.constantFrom<DType[]>("float64", "float32", "float64", "float32", "float32", "int32", "bool");

const programs = (shapes: fc.Arbitrary<number[]>, dtype: fc.Arbitrary<DType>, results: number): fc.Arbitrary<Drawn> =>
  fc.record({
    shape: shapes,
    inputs: fc.array(
      fc.record({
        dropped: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(4)),
        repeated: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        dtype,
        seed: fc.nat(10),
      }),
      { minLength: 1, maxLength: 4, size: "max" },
    ),
    genes: fc.array(
      fc.record({
        op: fc.nat(10_000),
        // The last value, the first input, any.
        x: fc.oneof(fc.constant(0), fc.constant(-1), fc.nat(12)),
        // The inputs come first.
        y: fc.oneof(fc.nat(3), fc.nat(12)),
        a: fc.nat(60),
        b: fc.nat(3),
      }),
      { minLength: 1, maxLength: 12, size: "max" },
    ),
    extra: fc.array(fc.nat(12), { maxLength: results, size: "max" }),
    derivative: fc.boolean(),
    special: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  });

/** What is made of float32 numbers is as exact as they are. */
function toleranceOf(inputs: readonly Tensor[], steps: readonly Step[]) {
  const isSingle =
    inputs.some(({ dtype }) => dtype === "float32") || steps.some(({ move: { text } }) => text.includes("float32"));
  return { float64: isSingle ? 5e-5 : 1e-10, float32: 5e-5 };
}

function check(e: Engine, program: StructureProgram): string | undefined {
  const inputs = program.inputs(e);
  const { steps } = program.steps(e, inputs);
  const f = functionOf(e, program, steps, inputs);
  const expected = f(...inputs);
  const compiled = e.compile(f) as typeof f;
  return firstDifference(compiled(...inputs), expected, toleranceOf(inputs, steps));
}

export const structures: Kind<StructureProgram> = {
  name: "structures",
  weight: 4,
  programs: programs(anyShape, dtypes, 3).map((each) => new StructureProgram(each, allMakers)),
  check,
};

/** The same, of single elements and nothing, which are joined and cut: what is a copy, a fill or no loop at all. */
export const parts: Kind<StructureProgram> = {
  name: "parts",
  weight: 2,
  programs: programs(tinyShape, fc.constant("float64"), 6).map((each) => new StructureProgram(each, partMakers)),
  check,
};
