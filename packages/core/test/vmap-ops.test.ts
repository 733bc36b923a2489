import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, type DType, grad, stack, type Tensor, vmap } from "../src/index.js";
import { batchRuleOf } from "../src/transforms/batching/rules.js";
import { table } from "./op-table.js";
import { gradientsOf, tolerance } from "./support/compiled.js";
import type { Case } from "./support/draw.js";
import { forAll, near } from "./support/property.js";
import type { Row } from "./support/row.js";
import { constant, isDifferentiable, nameOf } from "./support/tensors.js";

/*
 * For each op of the table, on the random cases of its row: what vmap makes of it is the stack of its calls. Values and gradients, in eager
 * mode and in a program, each input batched or the same for all; vmap of the gradient, and vmap in vmap. FC_RUNS=100 tries more cases.
 */

interface Drawn {
  readonly dtype: DType;
  readonly drawn: Case<unknown>;
  readonly size: number;
  /** Which inputs are batched, by the bits; at least one is. */
  readonly which: number;
}

function drawnOf(row: Row): fc.Arbitrary<Drawn> {
  return fc.record({
    dtype: fc.constantFrom(...row.dtypes),
    drawn: row.cases,
    size: fc.constantFrom(1, 2, 3),
    which: fc.integer({ min: 0, max: 15 }),
  });
}

/** The elements of a batch: the operand that was drawn, and others like it. */
function elements(operand: Case<unknown>["operands"][number], dtype: DType, size: number): Tensor[] {
  return Array.from({ length: size }, (_, i) => {
    const { values } = operand;
    // Its own numbers in another order: what an op can take, it can take in any place.
    const turned = values.map((_, at) => values[(at + i) % values.length] as number);
    return constant({ ...operand, values: turned }, dtype);
  });
}

const units = { float64: 1e-12, float32: 1e-5, int32: 0, bool: 0 } as const;

function same(actual: Tensor, expected: Tensor, what: string, most: number = units[expected.dtype]): void {
  assert.equal([actual.dtype, actual.shape], [expected.dtype, expected.shape], what);
  near(actual.data, expected.data, most, what);
}

/** A case as a batch: the inputs, which of them are batched, and the op for one element. */
function batchOf(row: Row, { dtype, drawn, size, which }: Drawn) {
  const { operands, setting } = drawn;
  const bits = which % (1 << operands.length) || 1;
  const isBatched = operands.map((_, i) => (bits & (1 << i)) !== 0);
  const lists = operands.map((operand, i) => elements(operand, dtype, isBatched[i] ? size : 1));
  const inputs = lists.map((list, i) => (isBatched[i] ? stack(list) : list[0]) as Tensor);
  const inAxes = isBatched.map((batched) => (batched ? 0 : null));
  const f: F = (...x) => row.call(x, setting);
  const floats = operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
  const hasGradient = isDifferentiable(row, drawn) && dtype.startsWith("float");
  return { f, inputs, isBatched, inAxes, floats: hasGradient ? floats : [] };
}

type F = (...inputs: Tensor[]) => Tensor;

const mappedOver = (f: F, inAxes: readonly (number | null)[]): F => vmap(f as never, { inAxes }) as F;

/** The calls of `f`, one for each element, stacked. */
function looped(f: F, isBatched: readonly boolean[], size: number): F {
  return (...x) => {
    const calls = Array.from({ length: size }, (_, i) => {
      return f(...x.map((t, k) => (isBatched[k] ? (t.slice([i]) as Tensor) : t)));
    });
    return stack(calls) as Tensor;
  };
}

/** What vmap makes is compared in these ways, each on cases of its own. */
const ways: Readonly<Record<string, (row: Row, drawn: Drawn) => void>> = {
  "values and gradients": (row, drawn) => {
    const { f, inputs, isBatched, inAxes, floats } = batchOf(row, drawn);
    const [mapped, loop] = [mappedOver(f, inAxes), looped(f, isBatched, drawn.size)];
    same(mapped(...inputs), loop(...inputs), "values");
    const slopes = gradientsOf(loop, inputs, floats);
    gradientsOf(mapped, inputs, floats).forEach((slope, i) => {
      same(slope, slopes[i] as Tensor, `gradient ${i}`, tolerance[drawn.dtype as "float64"]);
    });
  },
  "in a program": (row, drawn) => {
    const { f, inputs, isBatched, inAxes } = batchOf(row, drawn);
    const expected = looped(f, isBatched, drawn.size)(...inputs);
    same(compile(mappedOver(f, inAxes))(...inputs), expected, "compiled", 4 * units[expected.dtype]);
  },
  "the gradient of each, and vmap in vmap": (row, drawn) => {
    const { f, inputs, isBatched, inAxes, floats } = batchOf(row, drawn);
    const twice = inputs.map((x, i) => (isBatched[i] ? (stack([x, x]) as Tensor) : x));
    const once = mappedOver(f, inAxes);
    same(mappedOver(once, inAxes)(...twice), stack([once(...inputs), once(...inputs)]) as Tensor, "vmap in vmap");
    floats.forEach((argument) => {
      const slope = (...x: Tensor[]) => grad((...at: Tensor[]) => f(...at).sum(), { argument })(...x) as Tensor;
      const expected = looped(slope, isBatched, drawn.size)(...inputs);
      const most = tolerance[drawn.dtype as "float64"];
      same(mappedOver(slope, inAxes)(...inputs), expected, `gradient of each by input ${argument}`, most);
    });
  },
};

for (const row of table) {
  for (const [way, check] of Object.entries(ways)) {
    test(`${nameOf(row)}: a batch is the stack of calls: ${way}`, () => {
      forAll(drawnOf(row), 1, (drawn) => {
        if (drawn.drawn.operands.length > 0) check(row, drawn);
      });
    });
  }
}

test("all ops of the table have a rule, so that none is done for one element after the other", () => {
  const without = table.filter(({ node, cases }) => {
    const [drawn] = fc.sample(cases, { numRuns: 1, seed: 1 }) as [Case<unknown>];
    return node !== undefined && batchRuleOf(node(drawn.setting)) === null;
  });
  assert.equal(without.map(nameOf), []);
});

test.run();
