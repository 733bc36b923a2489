import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { customOp, type GradcheckKind, gradcheck, mod, pow, type Tensor, tensor } from "../src/index.js";
import { table } from "./op-table.js";
import type { Case } from "./support/draw.js";
import { jacobianOf, mutant, mutations, steepest } from "./support/mutants.js";
import type { Row } from "./support/row.js";
import { constant, isDifferentiable, nameOf } from "./support/tensors.js";

// "wrong gradient" is said of no gradient that is right, and of each that is not: the ops of the table at points where
// differences are hard to take, as they are, and with mistakes put into their backward.
//
// GRADCHECK_POINTS=all takes every op to every point, alone and inside other functions, to order 2 as well: minutes instead
// of seconds.

const { GRADCHECK_POINTS } = process.env;
const isFull = GRADCHECK_POINTS === "all";

type Move = (value: number, element: number, operand: number) => number;

/** Where the numbers of the drawn cases, which are between -6 and 6, are moved to. */
const points: Readonly<Record<string, Move>> = {
  "as drawn": (v) => v,
  "times 1e5": (v) => v * 1e5,
  "times 1e9": (v) => v * 1e9,
  "times 20": (v) => v * 20,
  "times 1e-3": (v) => v * 1e-3,
  "times 1e-5, kinks and poles at a few eps": (v) => v * 1e-5,
  "times 1e-8, kinks and poles within eps": (v) => v * 1e-8,
  "whole numbers, steps and ties": (v) => Math.round(v),
  "beside whole numbers, within eps": (v) => Math.round(v) + 3e-7,
  "beside whole numbers, a few eps": (v, i) => Math.round(v) + (i % 2 === 0 ? -2.5e-6 : 5e-6),
  "beside whole numbers, a hundred eps": (v, i) => Math.round(v) + (i % 2 === 0 ? -1e-4 : 1e-4),
  zeros: () => 0,
  "all alike": () => 0.5,
  "all alike but for less than eps": (_, i) => 0.5 + 4e-7 * (i % 3),
  "a large first operand": (v, _, k) => (k === 0 ? v * 1e3 : v),
  "a small first operand": (v, _, k) => (k === 0 ? v * 1e-4 : v),
  "a large second operand": (v, _, k) => (k === 1 ? v * 1e3 : v),
  "a small second operand": (v, _, k) => (k === 1 ? v * 1e-4 : v),
  "100 and .01": (_, __, k) => (k === 0 ? 100 : 0.01),
};

/** Functions around an op. */
const around: Readonly<Record<string, (y: Tensor) => Tensor>> = {
  alone: (y) => y,
  ...(isFull && {
    "beside 1e8": (y: Tensor) => y.add(1e8).sub(1e8),
    "times 1e7": (y: Tensor) => y.mul(1e7),
    "times 1e-9": (y: Tensor) => y.mul(1e-9),
    exp: (y: Tensor) => y.exp(),
    "to the power 8": (y: Tensor) => y.square().square().square(),
  }),
};

interface Subject {
  readonly what: string;
  readonly f: (...inputs: readonly Tensor[]) => Tensor;
  readonly inputs: readonly Tensor[];
  /** A number that differs from subject to subject. */
  readonly choice: number;
}

function* subjects(): Generator<Subject> {
  const rows = table.filter(({ gradient }) => typeof gradient !== "string");
  for (const [at, row] of rows.entries()) {
    const [drawn] = fc.sample(row.cases, { seed: 7, numRuns: 200 }).filter((drawn) => isSmall(row, drawn));
    if (drawn === undefined) continue;
    for (const [k, [point, move]] of Object.entries(points).entries()) {
      if (!isFull && (at + k) % 19 !== 0) continue;
      for (const [outer, wrap] of Object.entries(around)) {
        yield { ...subjectOf(row, drawn, move, wrap), what: `${nameOf(row)}, ${point}, ${outer}`, choice: at + k };
      }
    }
  }
}

const floatsOf = ({ operands }: Case<unknown>) =>
  operands.reduce((n, { kind, values }) => n + (kind === "float" ? values.length : 0), 0);

const isSmall = (row: Row, drawn: Case<unknown>) =>
  isDifferentiable(row, drawn) && floatsOf(drawn) > 0 && floatsOf(drawn) <= 6;

function subjectOf(row: Row, drawn: Case<unknown>, move: Move, wrap: (y: Tensor) => Tensor) {
  const isFloat = (i: number) => drawn.operands[i]?.kind === "float";
  const tensors = drawn.operands.map((operand, k) => {
    const values = isFloat(k) ? operand.values.map((value, i) => move(value, i, k)) : operand.values;
    return constant({ ...operand, values }, "float64");
  });
  const f = (...floats: readonly Tensor[]) => {
    const rest = [...floats];
    const all = tensors.map((t, i) => (isFloat(i) ? (rest.shift() as Tensor) : t));
    return wrap(row.call(all, drawn.setting).cast("float64"));
  };
  return { f, inputs: tensors.filter((_, i) => isFloat(i)) };
}

/** What is said of a function; "refused" where a step vanishes beside a value, which is an error of its own. */
function verdict(f: Subject["f"], inputs: readonly Tensor[], order = 1): GradcheckKind | "refused" {
  try {
    return gradcheck(f, inputs, { order }).kind;
  } catch (error) {
    if (error instanceof Error && /give a larger eps/.test(error.message)) return "refused";
    throw error;
  }
}

const tally = new Map<string, number>();
const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
const counted = (what: string) => tally.get(what) ?? 0;

/** The largest change of a derivative, as a part of the derivative, among those that are more than the noise of values. */
function change(wrong: number[][][], right: number[][][], values: ArrayLike<number>): number {
  let most = 0;
  right.forEach((gradients, row) => {
    gradients.forEach((gradient, i) => {
      gradient.forEach((value, k) => {
        const by = Math.abs((wrong[row]?.[i]?.[k] as number) - value);
        if (by > 1e-9 * Math.abs(values[row] as number)) most = Math.max(most, by / Math.max(Math.abs(value), 1e-300));
      });
    });
  });
  return most;
}

test("no right gradient is called wrong, and each wrong one is, wherever the right one is called right", () => {
  const accused: string[] = [];
  const missed: string[] = [];
  for (const { what, f, inputs, choice } of subjects()) {
    const kind = verdict(f, inputs, isFull && choice % 2 === 0 ? 2 : 1);
    count(kind);
    if (kind === "wrong gradient") accused.push(what);
    if (kind !== "right") continue;
    const right = jacobianOf(f, inputs);
    for (const mutation of mutations) {
      const g = mutant(f, inputs, mutation, steepest(right, choice));
      const wrong = jacobianOf(g, inputs);
      // Such as a gradient of 0, whose sign cannot be turned; or one so small that no value shows it.
      if (!wrong.flat(2).every(Number.isFinite) || change(wrong, right, f(...inputs).data) < 5e-4) continue;
      count(mutation.name);
      const found = verdict(g, inputs);
      if (found === "wrong gradient") count(`${mutation.name}, found`);
      else missed.push(`${what}, ${mutation.name}: ${found}`);
    }
  }
  const kinds = ["right", "kink", "precision", "not finite", "refused", "wrong gradient"].map((kind) => counted(kind));
  const total = kinds.reduce((sum, n) => sum + n, 0);
  console.log(
    `${total} right gradients: ${kinds.join(", ")} are called right, kink, precision, not finite, refused, wrong`,
  );
  for (const { name } of mutations)
    console.log(`backward, ${name}: ${counted(`${name}, found`)} of ${counted(name)} found`);
  assert.equal(accused, []);
  // Inside other functions what is left of a mistake may be less than their noise.
  if (!isFull) assert.equal(missed, []);
  else console.log(missed.join("\n"));
  for (const { name } of mutations) assert.ok(counted(`${name}, found`) >= 0.99 * counted(name), name);
  assert.ok(total > 100 && counted("right") > total / 2, "most points can be judged");
  for (const { name } of mutations) assert.ok(counted(name) > 80, name);
});

/** An op whose rounding, kinks and waves are its own: nothing of them is seen in the graph. */
const hidden = (f: (x: number) => number, slope: number) =>
  customOp("Hidden", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(Array.from(x.data, f)),
    backward: [(dout) => dout.mul(slope)],
  });

test("what is rounding, a kink or a wave is called so", () => {
  const noisy = hidden((x) => x + 1e-7 * Math.sin(1e13 * x * (1 + x)), 1);
  const teeth = hidden((x) => (1e12 * x) % 1, 1e12);
  const stairs = (slope: number) => hidden((x) => Math.round(x * 1e9) / 1e9, slope);
  const tiny = (x: Tensor) => x.cast("float32").cast("float64").square().square().square();
  const far = (x: Tensor) => x.add(1e8).sub(1e8);
  const slightly = hidden((x) => x + 3, 1.001);
  const cases: [string, GradcheckKind, () => { readonly kind: GradcheckKind }][] = [
    ["8^8 and its slopes", "precision", () => gradcheck((x, y) => pow(x, y), [8, tensor([0.1, 8])], { order: 2 })],
    ["a remainder at a multiple", "kink", () => gradcheck((x, y) => mod(x, y), [100, 0.01])],
    ["teeth finer than eps", "precision", () => gradcheck((y) => mod(tensor(1.9), y), [0.00021])],
    ["a wave finer than eps", "precision", () => gradcheck((x) => x.mul(1e9).sin(), [1])],
    ["a wave as fine as x has digits", "precision", () => gradcheck((x) => x.mul(1e14).sin(), [1])],
    ["three equal bounds", "kink", () => gradcheck((x, a, b) => x.clamp(a, b), [0, 0, 0])],
    [
      "three equal numbers, of which the middle is taken",
      "kink",
      () => gradcheck((x) => x.sort(), [tensor([1, 1, 1])]),
    ],
    ["two numbers that are equal", "kink", () => gradcheck((x, y) => x.maximum(y), [1, 1])],
    ["|x| at 0, whose slopes have the mean of the gradient", "kink", () => gradcheck((x) => x.abs(), [0])],
    ["a jump", "kink", () => gradcheck((x) => x.floor().add(x), [2])],
    ["digits lost in a constant", "precision", () => gradcheck((x) => x.add(1e11).sub(1e11), [1])],
    ["bounds within a thousandth of eps", "precision", () => gradcheck((x) => x.clamp(-1.7e-9, 1.6e-9), [1.25e-9])],
    ["teeth of an op as fine as x has digits", "precision", () => gradcheck((x) => teeth(x), [1.2345678912])],
    ["noise in an op", "precision", () => gradcheck((x) => noisy(x), [1])],
    ["stairs finer than eps", "right", () => gradcheck((x) => stairs(1)(x), [0.3])],
    ["stairs finer than eps, and the gradient wrong", "wrong gradient", () => gradcheck((x) => stairs(2)(x), [0.3])],
    ["a slight mistake less than noise at eps", "wrong gradient", () => gradcheck((x) => slightly(x), [1e9])],
    ["kinks on both sides of a step", "kink", () => gradcheck((x, y) => x.maximum(y), [1.5e-8, 1.96875e-8])],
    ["digits lost in a node", "right", () => gradcheck((x) => x.logSoftmax().mul(1e7), [tensor([34.4, 1.9, 1.9])])],
    ["equal numbers beside 1e8", "kink", () => gradcheck((x) => x.sort().add(1e8).sub(1e8), [tensor([1, 1, 1])])],
    ["derivatives that float32 has no digits for", "right", () => gradcheck((x) => tiny(x), [3e-7])],
    ["kinks within the noise of 1e8", "kink", () => gradcheck((x, y) => far(mod(x, y)), [1.90625e-8, -5e-9])],
    ["log beside 0", "not finite", () => gradcheck((x) => x.log(), [1e-7])],
  ];
  for (const [what, kind, check] of cases) assert.is(check().kind, kind, what);
});

test("the verdict precision states the noise that it estimates, in the report and in its text", () => {
  for (const offset of [1e9, 1e11, 1e13]) {
    const report = gradcheck((x) => x.add(offset).sub(offset), [tensor([0.3, 1.7])]);
    const noise = report.inputs[0]?.worst?.noise ?? Number.NaN;
    const error = report.inputs[0]?.worst?.error ?? Number.NaN;
    assert.is(report.kind, "precision");
    // Half a unit in the last place of the offset, divided by eps, and some.
    const unit = (offset * 2 ** -53) / 1e-6;
    assert.ok(noise > unit / 4 && noise < 100 * unit, `${offset}: ${noise}, ${unit}`);
    assert.ok(error < 4 * noise, `${error}, ${noise}`);
    assert.match(report.toString(), `estimated at ${Number(noise.toPrecision(2))};`);
  }
});

test.run();
