import fc from "fast-check";
import type { Shape, Tensor } from "../../src/index.js";
import { firstDifference, type Kind, list, made, range, sizeOf } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/*
 * Programs with state: two to four variables that take each other's old values, and values made of them before, in any order;
 * one or two functions over the same variables, called in any order, with a tensor and a number; between calls a variable may
 * be read or assigned outside; a loss and a step down its gradient. Results and variables are compared after every call with
 * those of the same functions on variables of their own in eager mode.
 *
 * What is not drawn: variables of different shapes or dtypes, bool ones, gradients that stay in `.grad` after
 * a call, hooks, random numbers, optimizers (nn has tests of its steps), programs that stop, more than two functions.
 */

type Move =
  /** An op on two of the variables and values. */
  | { readonly kind: "op"; readonly op: number; readonly x: number; readonly y: number }
  | { readonly kind: "assign"; readonly target: number; readonly value: number }
  /** One takes the old value of another, and that a new one made of both before: Fibonacci, a swap, a step with momentum. */
  | { readonly kind: "recur"; readonly op: number; readonly x: number; readonly y: number; readonly late: boolean }
  /** A step down the gradient of a loss of two of them. */
  | { readonly kind: "descend"; readonly op: number; readonly x: number; readonly y: number };

/** What happens outside, between two calls. */
type Between = "nothing" | "read" | "assign";

interface Drawn {
  readonly shape: Shape;
  readonly dtype: "float64" | "float32" | "int32";
  readonly variables: number;
  readonly functions: readonly (readonly Move[])[];
  /** The results, counted from the last value. */
  readonly results: readonly number[];
  readonly calls: readonly {
    readonly f: number;
    readonly k: number;
    readonly between: Between;
    readonly target: number;
  }[];
}

interface Op {
  readonly text: string;
  readonly run: (x: Tensor, y: Tensor, k: Tensor | number) => Tensor;
}

/** All of them keep the shape, and values of floats about as large as they were; these take integers as well. */
const wholeOps: readonly Op[] = [
  { text: "x.mul(2).sub(y)", run: (x, y) => x.mul(2).sub(y) },
  { text: "x.mul(2)", run: (x) => x.mul(2) },
  { text: "x.add(1)", run: (x) => x.add(1) },
  { text: "x.neg()", run: (x) => x.neg() },
  { text: "x.sub(y)", run: (x, y) => x.sub(y) },
  { text: "x.mul(k)", run: (x, _, k) => x.mul(k) },
  { text: "x.maximum(y)", run: (x, y) => x.maximum(y) },
  { text: "x.greater(y).where(y, x)", run: (x, y) => x.greater(y).where(y, x) },
  { text: "x.flip()", run: (x) => x.flip() },
  { text: "x.mul(1)", run: (x) => x.mul(1) },
  { text: "x.reshape([-1]).reshape(x.shape)", run: (x) => x.reshape([-1]).reshape(x.shape) },
  { text: "x.roll(1, 0)", run: (x) => (x.rank === 0 ? x : x.roll(1, 0)) },
  {
    text: "x.take([last, ..., 0]).abs()",
    run: (x) => (x.rank === 0 ? x : x.take(range(x.shape[0] as number).toReversed(), 0).abs()),
  },
];

const floatOps: readonly Op[] = [
  ...wholeOps,
  { text: "x.add(y).mul(0.5)", run: (x, y) => x.add(y).mul(0.5) },
  { text: "x.mul(0.5)", run: (x) => x.mul(0.5) },
  { text: "x.sum().mul(0.125).broadcastTo(x.shape)", run: (x) => x.sum().mul(0.125).broadcastTo(x.shape) },
  {
    text: "x.sum({ axis: 0, keepDims: true }).mul(0.25).add(y)",
    run: (x, y) => (x.rank === 0 ? x : x.sum({ axis: 0, keepDims: true }).mul(0.25).add(y)),
  },
  { text: "x.cumsum(0).mul(0.25)", run: (x) => (x.rank === 0 ? x : x.cumsum(0).mul(0.25)) },
  { text: "x.tanh()", run: (x) => x.tanh() },
  { text: "x.mul(y).sin()", run: (x, y) => x.mul(y).sin() },
  { text: "x.softmax()", run: (x) => (x.rank === 0 || x.size === 0 ? x : x.softmax()) },
];

export class StateProgram {
  readonly drawn: Drawn;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
  }

  /** Integers have no gradient: they are no variables, and keep state all the same. */
  variables(e: Engine): Tensor[] {
    const { shape, dtype, variables } = this.drawn;
    return Array.from({ length: variables }, (_, v) => {
      const values = made(e, shape, dtype, (i) => ((5 * i + 3 * v) % 7) - 2 + v / 4);
      return dtype === "int32" ? values : e.variable(values, { name: "abcd"[v] as string });
    });
  }

  private opOf(op: number): Op {
    const ops = this.drawn.dtype === "int32" ? wholeOps : floatOps;
    return ops[op % ops.length] as Op;
  }

  /** The number that the functions are given at a call. */
  number(k: number): number {
    return (this.drawn.dtype === "int32" ? [1, 2, 3] : [1, 2, 0.5])[k % 3] as number;
  }

  /** One of the functions, over some variables. */
  f(at: number, variables: readonly Tensor[]): (given: Tensor, k: Tensor | number) => Tensor[] {
    return (given, k) => {
      const values: Tensor[] = [...variables, given];
      const pick = (i: number) => values[i % values.length] as Tensor;
      for (const move of this.drawn.functions[at] ?? []) {
        if (move.kind === "op") values.push(this.opOf(move.op).run(pick(move.x), pick(move.y), k));
        else if (move.kind === "recur") {
          const [x, y] = pairOf(move, variables.length).map((i) => variables[i]) as [Tensor, Tensor];
          const made = this.opOf(move.op).run(x, y, k);
          if (move.late) y.assign(made);
          x.assign(y);
          if (!move.late) y.assign(made);
        } else if (move.kind === "assign") {
          const target = move.target % variables.length;
          (variables[target] as Tensor).assign(pick(otherThan(target, move.value, values.length)));
        } else if (this.drawn.dtype !== "int32")
          descend(this.opOf(move.op).run(pick(move.x), pick(move.y), k), variables);
      }
      const made = values.length;
      return this.drawn.results.map((back) => (values[made - 1 - (back % made)] as Tensor).mul(1));
    };
  }

  toString(): string {
    const { shape, dtype, variables, functions, results, calls } = this.drawn;
    const names = (count: number) => ["a", "b", "c", "d"].slice(0, count);
    const texts = functions.map((moves, at) => {
      const values = [...names(variables), "given"];
      const pick = (i: number) => values[i % values.length] as string;
      const lines = moves.map((move) => {
        if (move.kind === "assign") {
          const target = move.target % variables;
          return `${pick(target)}.assign(${pick(otherThan(target, move.value, values.length))})`;
        }
        const text = this.opOf(move.op).text.replaceAll(/\b[xy]\b/g, (name) => pick(name === "x" ? move.x : move.y));
        if (move.kind === "descend") return `descend(${text})`;
        if (move.kind === "recur") {
          const [x, y] = pairOf(move, variables).map(pick) as [string, string];
          const made = this.opOf(move.op).text.replaceAll(/\b[xy]\b/g, (name) => (name === "x" ? x : y));
          const moves = [`${x}.assign(${y})`, `${y}.assign(new)`];
          return `new = ${made}; ${(move.late ? moves.toReversed() : moves).join("; ")}`;
        }
        values.push(`t${values.length}`);
        return `t${values.length - 1} = ${text}`;
      });
      const given = results.map((back) => values[values.length - 1 - (back % values.length)]);
      return `f${at}: ${lines.join("; ")}; gives ${list(given)}`;
    });
    const called = calls.map(({ f, k, between, target }) => {
      const outside = between === "nothing" ? "" : `, then outside ${between} ${names(variables)[target % variables]}`;
      return `f${f % functions.length}(given, ${this.number(k)})${outside}`;
    });
    return `${names(variables).join(", ")} = variables of ${list(shape)}, ${dtype}\n${texts.join("\n")}\n${called.join("\n")}`;
  }

  [fc.toStringMethod](): string {
    return `\n${this.toString()}\n`;
  }
}

/** Number `value` of so many, or the next one where that is the target itself. */
function otherThan(target: number, value: number, count: number): number {
  return value % count === target ? value + 1 : value;
}

/** Two of the variables. */
function pairOf({ x, y }: { readonly x: number; readonly y: number }, count: number): readonly [number, number] {
  return [x % count, count === 1 ? 0 : (x + 1 + (y % (count - 1))) % count];
}

function descend(value: Tensor, variables: readonly Tensor[]): void {
  for (const variable of variables) variable.zeroGrad();
  const loss = value.square().sum().mul(0.5);
  if (!loss.requiresGrad) return;
  loss.backward();
  for (const variable of variables) {
    if (variable.grad !== null) variable.assign(variable.sub(variable.grad.mul(0.125)));
    variable.zeroGrad();
  }
}

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("op" as const),
      op: fc.nat(1000),
      x: fc.oneof(fc.nat(3), fc.nat(12)),
      y: fc.oneof(fc.nat(3), fc.nat(12)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("assign" as const),
      target: fc.nat(3),
      value: fc.oneof(fc.nat(3), fc.nat(12)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("recur" as const),
      op: fc.oneof({ weight: 2, arbitrary: fc.nat(9) }, fc.nat(1000)),
      x: fc.nat(3),
      y: fc.nat(3),
      late: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("descend" as const), op: fc.nat(1000), x: fc.nat(12), y: fc.nat(12) }),
  },
);

const size = fc.constantFrom(2, 3, 1, 5, 0, 7, 17);

const drawn: fc.Arbitrary<Drawn> = fc.record({
  shape: fc.oneof(
    { weight: 3, arbitrary: fc.tuple(size) },
    { weight: 2, arbitrary: fc.array(size, { maxLength: 3, size: "max" }).filter((shape) => sizeOf(shape) <= 120) },
  ),
  dtype: fc.constantFrom<Drawn["dtype"][]>("float64", "float32", "float64", "float32", "int32"),
  variables: fc.constantFrom(2, 3, 1, 4, 2),
  functions: fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.array(move, { minLength: 1, maxLength: 4, size: "max" }) },
      { weight: 1, arbitrary: fc.array(move, { minLength: 1, maxLength: 10, size: "max" }) },
    ),
    { minLength: 1, maxLength: 2 },
  ),
  results: fc.array(fc.nat(8), { maxLength: 2 }),
  calls: fc.array(
    fc.record({
      f: fc.nat(1),
      k: fc.nat(2),
      between: fc.constantFrom<Between[]>("nothing", "nothing", "read", "assign"),
      target: fc.nat(3),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** The results, or the text of an error. */
function outcome(f: () => Tensor[]): Tensor[] | string {
  try {
    return f();
  } catch (error) {
    return String(error);
  }
}

const tolerance = { float64: 1e-9, float32: 1e-3 };

export const states: Kind<StateProgram> = {
  name: "states",
  weight: 4,
  programs: drawn.map((each) => new StateProgram(each)),
  check: (e, program) => {
    const { shape, dtype, functions, calls } = program.drawn;
    const [eager, compiled] = [program.variables(e), program.variables(e)];
    const run = functions.map((_, at) => ({
      eager: program.f(at, eager),
      compiled: e.compile(program.f(at, compiled)) as (given: Tensor, k: number) => Tensor[],
    }));
    for (const [call, { f, k, between, target }] of calls.entries()) {
      const given = made(e, shape, dtype, (i) => ((3 * i + call) % 5) - 1.5);
      const [own, number] = [run[f % run.length] as (typeof run)[number], program.number(k)];
      const expected = outcome(() => own.eager(given, number).map((value) => value.detach() as Tensor));
      const actual = outcome(() => own.compiled(given, number));
      // What eager mode refuses is refused while tracing, for the same reason.
      if (!Array.isArray(expected))
        return Array.isArray(actual) ? `call ${call}: eager mode throws ${expected}` : undefined;
      if (!Array.isArray(actual)) return `call ${call}: ${actual}`;
      const found = firstDifference(actual, expected, tolerance);
      if (found !== undefined) return `call ${call}: ${found}`;
      const at = target % eager.length;
      // A variable that nobody reads stays in the memory of its program.
      if (between === "read" || call === calls.length - 1) {
        const wrong = firstDifference(compiled, eager, tolerance);
        if (wrong !== undefined) return `after call ${call}: variable, ${wrong}`;
      }
      if (between === "assign") {
        for (const all of [eager, compiled]) (all[at] as Tensor).assign(made(e, shape, dtype, (i) => i % 3));
      }
      // Rounding grows with the values; those of integers go round.
      if (dtype !== "int32" && !eager.every(({ data }) => data.every((value) => Math.abs(value) < 1e6)))
        return undefined;
    }
    return undefined;
  },
};
