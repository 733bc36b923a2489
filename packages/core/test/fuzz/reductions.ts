import fc from "fast-check";
import type { DType, Shape, Tensor } from "../../src/index.js";
import * as current from "../../src/index.js";
import { difference, type Kind, list, made, sizeOf } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/*
 * One reduction over any axes of two or three operands that are combined element by element, each broadcast along any of
 * the axes, of numbers or through an index, in any order of the axes: compiled against eager. Numbers are small integers, so
 * that results are equal to the bit in every order of summation.
 *
 * What is not drawn: what comes before or after the reduction (see structures.ts), numbers that round, more than one
 * reduction, tensors of more than 2000 elements.
 */

interface Reduced {
  readonly repeated: readonly boolean[];
  readonly seed: number;
  /** Along which axis its elements are taken by an index, -1 for none. */
  readonly taken: number;
}

interface Drawn {
  readonly shape: Shape;
  readonly operands: readonly Reduced[];
  readonly combine: readonly number[];
  readonly reduced: readonly boolean[];
  readonly reduction: "sum" | "max" | "min" | "prod" | "mean";
  readonly order: number;
  readonly dtype: DType;
}

const combinations: readonly (readonly [string, (x: Tensor, y: Tensor) => Tensor])[] = [
  ["mul", (x, y) => x.mul(y)],
  ["add", (x, y) => x.add(y)],
  ["sub", (x, y) => x.sub(y)],
  ["maximum", (x, y) => x.maximum(y)],
];

const mostElements = 2000;

export class ReductionProgram {
  readonly drawn: Drawn;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
  }

  private shapeOf({ repeated }: Reduced): Shape {
    return this.drawn.shape.map((n, axis) => (repeated[axis] ? 1 : n));
  }

  inputs(e: Engine): Tensor[] {
    const { operands, dtype, reduction } = this.drawn;
    return operands.map((operand) =>
      made(e, this.shapeOf(operand), dtype, (i) =>
        reduction === "prod" ? ((i * 7 + operand.seed) % 3) - 1 : ((i * 7 + operand.seed * 3 + ((i * i) % 5)) % 11) - 5,
      ),
    );
  }

  private get axes(): number[] {
    return this.drawn.shape.flatMap((_, axis) => (this.drawn.reduced[axis] ? [axis] : []));
  }

  f(e: Engine): (...given: Tensor[]) => Tensor {
    const { operands, combine, reduction, order, shape } = this.drawn;
    return (...given) => {
      const parts = given.map((x, i) => {
        const { taken, seed } = operands[i] as Reduced;
        const n = x.shape[taken] ?? 0;
        if (taken < 0 || n === 0) return x;
        return x.take(
          made(e, [n], "int32", (k) => (5 * k + seed) % n),
          taken,
        );
      });
      const whole = parts.reduce((x, y, i) =>
        (combinations[combine[i] as number] as (typeof combinations)[number])[1](x, y),
      );
      if (order === 0 || whole.rank !== shape.length) return whole[reduction]({ axis: this.axes });
      // The same axes, in another order.
      const turned = whole.shape.map((_, axis) => (axis + order) % whole.rank);
      const axis = this.axes.map((own) => turned.indexOf(own));
      return whole.transpose(turned)[reduction]({ axis });
    };
  }

  toString(): string {
    const { operands, combine, reduction, order, dtype } = this.drawn;
    const parts = operands.map((operand, i) => {
      const how = i === 0 ? "" : `${combinations[combine[i] as number]?.[0]} `;
      return `${how}${list(this.shapeOf(operand))}${operand.taken < 0 ? "" : ` taken along ${operand.taken}`}`;
    });
    const values = this.inputs(current).map(({ data }) => list([...data].slice(0, 12)));
    return `${reduction} over ${list(this.axes)} of ${parts.join(" ")}, ${dtype}, order ${order}\n${values.join("\n")}`;
  }

  [fc.toStringMethod](): string {
    return `\n${this.toString()}\n`;
  }
}

const size = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(3, 2, 5, 7) }, fc.constantFrom(1, 0, 17));
/** Rows that are no multiple of a vector, as a rule. */
const row = fc.constantFrom(5, 7, 3, 17, 1, 6);
const flag = fc.boolean();
const flags = fc.array(flag, { minLength: 4, maxLength: 4 });
/** Several outer axes and not the last, as a rule. */
const reduced = fc.oneof(
  { weight: 2, arbitrary: flags },
  { weight: 1, arbitrary: fc.constant([true, true, false, false]) },
  { weight: 1, arbitrary: fc.constant([true, true, true, false]) },
  { weight: 1, arbitrary: flag.map((first) => [first, true, true, false]) },
);

const drawn: fc.Arbitrary<Drawn> = fc.record({
  shape: fc
    .tuple(
      fc.oneof(
        { weight: 1, arbitrary: fc.array(size, { maxLength: 1 }) },
        { weight: 4, arbitrary: fc.array(size, { minLength: 2, maxLength: 3 }) },
      ),
      fc.array(row, { maxLength: 1, minLength: 1 }),
    )
    .map((axes) => axes.flat())
    .filter((shape) => sizeOf(shape) <= mostElements),
  operands: fc.array(
    fc.record({
      repeated: flags,
      seed: fc.nat(20),
      taken: fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, fc.nat(3)),
    }),
    { minLength: 2, maxLength: 3, size: "max" },
  ),
  combine: fc.array(fc.nat(combinations.length - 1), { minLength: 3, maxLength: 3 }),
  reduced,
  reduction: fc.constantFrom<Drawn["reduction"][]>("sum", "sum", "max", "min", "prod", "mean"),
  order: fc.oneof(fc.constant(0), fc.nat(3)),
  dtype: fc.constantFrom<DType[]>("float64", "float32", "int32"),
});

export const reductions: Kind<ReductionProgram> = {
  name: "reductions",
  weight: 2,
  programs: drawn.map((each) => new ReductionProgram(each)),
  check: (e, program) => {
    const inputs = program.inputs(e);
    const f = program.f(e);
    let expected: Tensor;
    try {
      expected = f(...inputs);
    } catch {
      // The largest element of nothing, the mean of integers.
      return undefined;
    }
    const compiled = e.compile(f) as typeof f;
    // A mean divides.
    const rounding = program.drawn.reduction === "mean" ? 1 : 0;
    return difference(compiled(...inputs), expected, { float64: rounding * 1e-14, float32: rounding * 1e-6 });
  },
};
