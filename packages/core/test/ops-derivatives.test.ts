import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { grad, jvp, type Tensor, variable, vjp } from "../src/index.js";
import { table, tested } from "./op-table.js";
import type { Case, DrawnOperand } from "./support/draw.js";
import { indices, positionOf, sizeOf } from "./support/plain.js";
import { forAll, near } from "./support/property.js";
import type { Row } from "./support/row.js";
import { constant, dot, flatten, isDifferentiable, like, nameOf, weights } from "./support/tensors.js";

// The op table under the transforms: forward mode, forward against backward, grad of grad, and inputs that are themselves
// results (transposed, sliced, broadcast).

const list = (t: Tensor) => Array.from(t.data);

/** The op as a function of its float operands alone, in float64 whatever it casts to. */
function functionOf(row: Row, drawn: Case<unknown>): { f: (...floats: Tensor[]) => Tensor; inputs: Tensor[] } {
  const tensors = drawn.operands.map((operand) => constant(operand, "float64"));
  const isFloat = (i: number) => drawn.operands[i]?.kind === "float";
  const f = (...floats: Tensor[]) => {
    const rest = [...floats];
    const all = tensors.map((t, i) => (isFloat(i) ? (rest.shift() as Tensor) : t));
    return row.call(all, drawn.setting).cast("float64");
  };
  return { f, inputs: tensors.filter((_, i) => isFloat(i)) };
}

/** A direction: numbers for each input, in its shape. */
function directions(inputs: readonly Tensor[]): Tensor[] {
  const numbers = weights(inputs.reduce((n, t) => n + t.size, 1)).slice(1);
  return inputs.map((t) => like(t, numbers.splice(0, t.size)));
}

const h = 2 ** -10;

/** The derivative of f along v by central differences over five points. */
function along(f: (x: readonly number[]) => readonly number[], x: readonly number[], v: readonly number[]): number[] {
  const at = (k: number) => f(x.map((value, i) => value + k * h * (v[i] as number)));
  const [a, b, c, d] = [at(1), at(-1), at(2), at(-2)];
  return a.map((up, i) => {
    const [down, up2, down2] = [b[i], c[i], d[i]] as [number, number, number];
    return (8 * (up - down) - (up2 - down2)) / (12 * h);
  });
}

/** An input that is the result of another op: `from` says which element of the source each of its elements is. */
interface View {
  readonly sourceShape: readonly number[];
  readonly from: readonly number[];
  apply(source: Tensor): Tensor;
}

/** The source is laid out by `place`, which gives the index in it of each index of the operand. */
function view(
  shape: readonly number[],
  sourceShape: readonly number[],
  place: (index: readonly number[]) => number[],
  apply: (source: Tensor) => Tensor,
): View {
  return { sourceShape, from: indices(shape).map((index) => positionOf(sourceShape, place(index))), apply };
}

const views: Record<string, (shape: readonly number[]) => View> = {
  transposed: (shape) =>
    view(
      shape,
      shape.toReversed(),
      (index) => index.toReversed(),
      (source) => source.transpose(),
    ),
  // One element more in front and two behind, along each axis.
  sliced: (shape) =>
    view(
      shape,
      shape.map((n) => n + 3),
      (index) => index.map((i) => i + 1),
      (source) => source.slice(shape.map((n) => [1, n + 1] as const)),
    ),
  // The same elements again and again along the first axis.
  broadcast: (shape) =>
    view(
      shape,
      shape.map((n, axis) => (axis === 0 ? 1 : n)),
      (index) => index.map((i, axis) => (axis === 0 ? 0 : i)),
      (source) => source.broadcastTo(shape),
    ),
};

/** The source of a view on an operand, with the operand's numbers where the view looks, and others elsewhere. */
function sourceOf({ values, kind }: DrawnOperand, { sourceShape, from }: View): DrawnOperand {
  const filled: number[] = new Array(sizeOf(sourceShape)).fill(kind === "float" ? 0.375 : 0);
  from.forEach((position, i) => {
    filled[position] = values[i] as number;
  });
  return { shape: sourceShape, values: filled, kind };
}

/** What flows back to the source: the sums of what flows back to its appearances. */
function scatter({ sourceShape, from }: View, gradient: readonly number[]): number[] {
  const sums: number[] = new Array(sizeOf(sourceShape)).fill(0);
  from.forEach((position, i) => {
    sums[position] = (sums[position] as number) + (gradient[i] as number);
  });
  return sums;
}

for (const row of tested) {
  const name = nameOf(row);

  test(`${name}: a transposed, sliced or broadcast input gives what a copied one gives`, () => {
    forAll(fc.record({ drawn: row.cases, kind: fc.constantFrom(...Object.keys(views)) }), 16, ({ drawn, kind }) => {
      const [dtype] = row.dtypes;
      if (dtype === undefined) return;
      const seen = drawn.operands.map(({ shape }) => (views[kind] as (typeof views)[string])(shape));
      const sources = drawn.operands.map((operand, i) => sourceOf(operand, seen[i] as View));
      const copies = sources.map(({ values, kind }, i) => {
        const { from } = seen[i] as View;
        const { shape } = drawn.operands[i] as DrawnOperand;
        return { shape, kind, values: from.map((position) => values[position] as number) };
      });
      const differentiable = isDifferentiable(row, drawn) && dtype === "float64";
      const leaf = (operand: DrawnOperand) => {
        const t = constant(operand, dtype);
        return operand.kind === "float" && differentiable ? variable(t) : t;
      };
      const [viewed, copied] = [sources.map(leaf), copies.map(leaf)];
      const output = row.call(
        viewed.map((source, i) => (seen[i] as View).apply(source)),
        drawn.setting,
      );
      const expected = row.call(copied, drawn.setting);
      assert.equal(output.shape, expected.shape);
      assert.is(output.dtype, expected.dtype);
      near(output.data, expected.data, 0, `${kind}: value`);
      if (!differentiable || !expected.requiresGrad) return;
      for (const t of [output, expected]) t.backward({ seed: like(t, weights(t.size)) });
      viewed.forEach((source, i) => {
        if (!source.isVariable) return;
        const gradient = list(copied[i]?.grad as Tensor);
        near(source.grad?.data ?? [], scatter(seen[i] as View, gradient), 1e-14, `${kind}: gradient ${i}`);
      });
    });
  });

  if (typeof row.gradient === "string") continue;

  test(`${name}: forward mode equals numerical derivatives along a direction, and backward mode`, () => {
    forAll(row.cases, 20, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      const { f, inputs } = functionOf(row, drawn);
      const u = directions(inputs);
      const { value, tangent } = jvp(f, inputs, u);
      assert.equal(tangent.shape, value.shape);
      const { x, withValues } = flatten(drawn);
      const valueAt = (x: readonly number[]) => {
        const at = functionOf(row, withValues(x));
        return list(at.f(...at.inputs));
      };
      near(tangent.data, along(valueAt, x, u.flatMap(list)), 1e-7, "forward mode");

      const v = weights(value.size);
      const pulled = vjp(f, inputs).pullback(like(value, v));
      const backward = dot(pulled.flatMap(list), u.flatMap(list));
      near([dot(v, list(tangent))], [backward], 1e-12, "<v, J u>, forward and backward");
    });
  });

  test(`${name}: grad of grad equals numerical derivatives of grad`, () => {
    forAll(row.cases, 12, (drawn) => {
      if (!isDifferentiable(row, drawn) || !drawn.operands.some(({ kind }) => kind === "float")) return;
      const scalarised = (drawn: Case<unknown>) => {
        const { f, inputs } = functionOf(row, drawn);
        const argument = inputs.map((_, i) => i);
        const total = (...inputs: Tensor[]) => {
          const output = f(...inputs);
          return output.mul(like(output, weights(output.size))).sum();
        };
        return { inputs, argument, first: grad(total, { argument }) };
      };
      const { inputs, argument, first } = scalarised(drawn);
      const v = directions(inputs);
      const slope = (...inputs: Tensor[]) =>
        first(...(inputs as [Tensor]))
          .map((g, i) => g.mul(v[i] as Tensor).sum())
          .reduce((sum, next) => sum.add(next));
      const second = grad(slope, { argument })(...(inputs as [Tensor]));
      const { x, withValues } = flatten(drawn);
      const firstAt = (x: readonly number[]) => {
        const at = scalarised(withValues(x));
        return at.first(...(at.inputs as [Tensor])).flatMap(list);
      };
      near(second.flatMap(list), along(firstAt, x, v.flatMap(list)), 1e-6, "grad of grad");
    });
  });
}

test("at least 100 ops are in the table", () => {
  const names = new Set(table.map(nameOf));
  const differentiable = new Set(table.filter((row) => typeof row.gradient !== "string").map(nameOf));
  console.log(`${names.size} ops in the table, ${differentiable.size} of them differentiable, ${table.length} rows`);
  assert.ok(names.size >= 100, `${names.size} ops`);
  assert.is(names.has(""), false);
});

test.run();
