import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Elementwise } from "../src/graph/elementwise.js";
import * as core from "../src/index.js";
import { type DType, Node, Tensor, variable } from "../src/index.js";
import * as ops from "../src/ops/index.js";
import { table, tested } from "./op-table.js";
import type { Case } from "./support/draw.js";
import { sameNames } from "./support/names.js";
import { type Plain, sizeOf } from "./support/plain.js";
import { differences, forAll, near } from "./support/property.js";
import type { Row } from "./support/row.js";
import {
  arrays,
  constant,
  dot,
  flatten,
  gradients,
  isDifferentiable,
  leaves,
  like,
  nameOf,
  weights,
} from "./support/tensors.js";

// Every exported op against its row of the op table: values, gradients, gradients of gradients, and all of its forms.

/** Cases of a row, each in one of the dtypes that the op takes. */
function inAnyDType(row: Row): fc.Arbitrary<{ dtype: DType; drawn: Case<unknown> }> {
  return fc.record({ dtype: fc.constantFrom(...row.dtypes), drawn: row.cases });
}

const shown = (node: Node) => `${node.name} ${JSON.stringify(node.attributes())}`;

const dtypes: readonly DType[] = ["float64", "float32", "int32", "bool"];

const plain = (t: Tensor): Plain => ({ shape: t.shape, values: Array.from(t.data) });

/** Each tensor holds what its dtype can hold, also where it is a plain number. */
function checkValues(t: Tensor, what: string): void {
  assert.is(t.data.length, sizeOf(t.shape), `${what}: size`);
  assert.is(
    typeof t.values,
    t.shape.length === 0 ? "number" : "object",
    `${what}: a number for a scalar, an array for the rest`,
  );
  const values = typeof t.values === "number" ? [t.values] : t.values;
  const stored = arrays[t.dtype].from(values);
  assert.ok(
    Array.from(values).every((x, i) => Object.is(x, stored[i]) || (x === 0 && stored[i] === 0)),
    `${what}: ${values} is no ${t.dtype}`,
  );
  if (t.dtype === "bool")
    assert.ok(
      Array.from(values).every((x) => x === 0 || x === 1),
      `${what}: bools are 0 or 1`,
    );
}

for (const row of tested) {
  const name = nameOf(row);

  test(`${name}: values equal the naive reference in ${row.dtypes.join(", ")}`, () => {
    forAll(inAnyDType(row), 60 * row.dtypes.length, ({ dtype, drawn }) => {
      const inputs = drawn.operands.map((operand) => constant(operand, dtype));
      const output = row.call(inputs, drawn.setting);
      const expected = row.reference(inputs.map(plain), drawn.setting);
      assert.equal(output.shape, expected.shape);
      assert.is(output.dtype, row.result?.(drawn.setting) ?? dtype);
      checkValues(output, name);
      near(output.data, expected.values, output.dtype === "float32" ? 2e-6 : 1e-12, dtype);
      assert.not.ok(output.requiresGrad);
    });
  });

  test(`${name}: function, method and node alone agree`, () => {
    forAll(inAnyDType(row), 20 * row.dtypes.length, ({ dtype, drawn }) => {
      const inputs = leavesOrConstants(drawn, dtype);
      const expected = row.call(inputs, drawn.setting);
      const node = row.node?.(drawn.setting);
      for (const other of [row.method?.(inputs, drawn.setting), node?.forward(...inputs)]) {
        if (other === undefined) continue;
        assert.equal(other.shape, expected.shape);
        assert.is(other.dtype, expected.dtype);
        near(other.data, expected.data, 0, name);
      }
      if (node === undefined || !isDifferentiable(row, drawn) || dtype === "int32" || dtype === "bool") return;
      const local = node.backward(like(expected, weights(expected.size)));
      const inGraph = gradients(row, drawn, dtype);
      assert.is(local.length, inputs.length);
      inputs.forEach((input, i) => {
        assert.equal(local[i]?.shape, input.shape);
        assert.is(local[i]?.dtype, input.dtype);
      });
      const ofLeaves = local.filter((_, i) => inputs[i]?.isVariable);
      // The node computes its gradient in ops, the graph in one loop: in float32 these are rounded differently.
      const tolerance = dtype === "float32" ? 1e-5 : 0;
      for (const [i, g] of ofLeaves.entries())
        near(g.data, (inGraph[i] as Tensor).data, tolerance, `${name}.backward, leaf ${i}`);
    });
  });

  if (row.node !== undefined) {
    test(`${name}: nodes with other settings show other attributes`, () => {
      const { node } = row;
      // Of the options as they were given a pool uses one; a default that is written down is no other setting.
      const said = (key: string, value: unknown) =>
        key === "options" ? (value as { countIncludePad?: boolean }).countIncludePad !== false : value;
      const fields = (own: Node) => JSON.stringify({ ...own, name: own.name }, said);
      forAll(fc.tuple(row.cases, row.cases), 20, ([one, other]) => {
        const [a, b] = [node?.(one.setting), node?.(other.setting)] as [Node, Node];
        if (fields(a) === fields(b)) return;
        assert.is.not(shown(a), shown(b), `${fields(a)} and ${fields(b)}`);
      });
    });
  }

  test(`${name}: has a name, and refuses operands of other dtypes`, () => {
    forAll(row.cases, 3, (drawn) => {
      const own = row.dtypes[0] as DType;
      const inputs = drawn.operands.map((operand) => constant(operand, own));
      const node = row.node?.(drawn.setting);
      if (node !== undefined) assert.match(node.name, /^[A-Za-z]\w+$/);
      const refused = (others: readonly Tensor[], what: string) => {
        for (const call of [() => row.call(others, drawn.setting), () => row.node?.(drawn.setting).apply(...others)]) {
          if (call === undefined || (row.node === undefined && others !== inputs)) continue;
          assert.throws(call, (error: unknown) => error instanceof core.DTypeError, what);
        }
      };
      for (const dtype of dtypes) {
        if (row.dtypes.includes(dtype)) continue;
        const others = drawn.operands.map((operand) => constant(operand, dtype));
        if (others.some((other) => other.dtype === dtype)) refused(others, `${name} of ${dtype}`);
      }
      // Of several operands one, as it is and as scalars, which take another way.
      const alike = inputs.flatMap((_, i) => (drawn.operands[i]?.kind === "float" ? [i] : []));
      if (alike.length > 1) {
        const scalars = drawn.operands.every(({ values }) => values.length > 0)
          ? inputs.map((input) =>
              like(input, [...input.data])
                .reshape([input.size])
                .take(0),
            )
          : inputs;
        for (const form of row.Node?.prototype instanceof Elementwise ? [inputs, scalars] : [inputs]) {
          for (const i of alike) {
            for (const dtype of dtypes) {
              if (dtype === own) continue;
              refused(form.with(i, (form[i] as Tensor).cast(dtype)), `${name}, operand ${i} of several, in ${dtype}`);
            }
          }
        }
      }
      // Masks and indices, each for itself.
      for (const [i, input] of inputs.entries()) {
        if (drawn.operands[i]?.kind === "float") continue;
        for (const dtype of dtypes) {
          if (dtype === input.dtype) continue;
          refused(
            inputs.with(
              i,
              like(
                input,
                [...input.data].map(() => 0),
              ).cast(dtype),
            ),
            `${name}, operand ${i}, in ${dtype}`,
          );
        }
      }
    });
  });

  if (row.Node?.prototype instanceof Elementwise) {
    test(`${name}: a scalar gives what a tensor with one element gives`, () => {
      forAll(inAnyDType(row), 15 * row.dtypes.length, ({ dtype, drawn }) => {
        if (drawn.operands.some(({ values }) => values.length === 0)) return;
        const first = (shape: number[]): Case<unknown> => ({
          ...drawn,
          operands: drawn.operands.map(({ kind, values }) => ({ kind, shape, values: values.slice(0, 1) })),
        });
        const [scalar, one] = [first([]), first([1])].map((drawn) =>
          row.call(leavesOrConstants(drawn, dtype), drawn.setting),
        ) as [Tensor, Tensor];
        assert.is(scalar.item(), one.item());
        assert.is(scalar.dtype, one.dtype);
        if (!isDifferentiable(row, drawn) || dtype === "int32" || dtype === "bool") return;
        const [ofScalar, ofOne] = [first([]), first([1])].map((drawn) =>
          gradients(row, drawn, dtype).map((g) => g.item()),
        ) as [number[], number[]];
        assert.equal(ofScalar, ofOne);
      });
    });
  }

  if (typeof row.gradient === "string") {
    test(`${name}: not differentiable, and says why: ${row.gradient}`, () => {
      forAll(row.cases, 5, (drawn) => {
        const dtype = row.dtypes[0] as DType;
        assert.not.ok(row.call(leavesOrConstants(drawn, dtype), drawn.setting).requiresGrad);
        const node = row.node?.(drawn.setting);
        if (node === undefined) return;
        const inputs = drawn.operands.map((operand) => constant(operand, dtype));
        const output = node.forward(...inputs);
        assert.throws(
          () => node.localBackward(output, 0, output),
          (error: Error) =>
            error instanceof core.GraphError &&
            error.message.startsWith(`${node.name}: not differentiable: ${row.gradient}`),
        );
      });
    });
    continue;
  }

  test(`${name}: gradients equal numerical differences`, () => {
    forAll(row.cases, 25, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      const { x, withValues } = flatten(drawn);
      const value = (x: readonly number[]) => {
        const changed = withValues(x);
        const output = row.call(
          changed.operands.map((operand) => constant(operand, "float64")),
          changed.setting,
        );
        return dot(Array.from(output.data), weights(output.size));
      };
      const analytic = gradients(row, drawn, "float64").flatMap((g) => Array.from(g.data));
      near(analytic, differences(value, x), 1e-7, "gradient");
    });
  });

  test(`${name}: gradients of gradients equal numerical differences`, () => {
    forAll(row.cases, 12, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      const { x, withValues } = flatten(drawn);
      const outputSize = row.call(leaves(drawn, "float64"), drawn.setting).size;
      // The gradient depends on the inputs and, linearly, on the gradient of the output: both are varied.
      const at = [...x, ...weights(outputSize)];
      const project = (gradients: readonly Tensor[]) => {
        const flat = gradients.flatMap((g) => Array.from(g.data));
        return dot(flat, weights(flat.length + 1).slice(1));
      };
      const value = (at: readonly number[]) => {
        const inputs = leaves(withValues(at.slice(0, x.length)), "float64");
        const output = row.call(inputs, drawn.setting);
        output.backward({ seed: like(output, at.slice(x.length)) });
        return project(inputs.filter((input) => input.isVariable).map((input) => input.grad as Tensor));
      };
      near(secondOrder(row, drawn, project), differences(value, at), 1e-6, "second order");
    });
  });

  test(`${name}: gradients with graph, without, and in float32 agree`, () => {
    forAll(row.cases, 25, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      const fast = gradients(row, drawn, "float64");
      const graph = gradients(row, drawn, "float64", true);
      const [fast32, graph32] = [gradients(row, drawn, "float32"), gradients(row, drawn, "float32", true)];
      fast.forEach((g, i) => {
        const [a, b, c] = [graph[i], fast32[i], graph32[i]] as [Tensor, Tensor, Tensor];
        assert.equal([a.shape, b.shape, c.shape], [g.shape, g.shape, g.shape]);
        assert.equal([g.dtype, b.dtype, c.dtype], ["float64", "float32", "float32"]);
        for (const gradient of [g, a, b, c]) checkValues(gradient, `gradient of ${name}`);
        near(a.data, g.data, 1e-15, "with graph");
        near(b.data, g.data, 1e-5, "float32");
        near(c.data, g.data, 1e-5, "float32 with graph");
      });
    });
  });
}

/** Leaves where the dtype has gradients, constants where it has none. */
function leavesOrConstants(drawn: Case<unknown>, dtype: DType): Tensor[] {
  return dtype === "float64" || dtype === "float32"
    ? leaves(drawn, dtype)
    : drawn.operands.map((operand) => constant(operand, dtype));
}

/** The gradient of the projected gradients, by the inputs and by the gradient of the output, by backward twice. */
function secondOrder(row: Row, drawn: Case<unknown>, project: (gradients: readonly Tensor[]) => number): number[] {
  const inputs = leaves(drawn, "float64");
  const output = row.call(inputs, drawn.setting);
  const seed = variable(like(output, weights(output.size)));
  output.backward({ seed, createGraph: true });
  const variables = inputs.filter((input) => input.isVariable);
  const first = variables.map((input) => input.grad as Tensor);
  const n = first.reduce((sum, g) => sum + g.size, 0);
  let total: Tensor = core.tensor(0);
  let from = 1;
  for (const g of first) {
    total = total.add(g.mul(like(g, weights(n + 1).slice(from, from + g.size))).sum());
    from += g.size;
  }
  near([total.item()], [project(first)], 1e-12, "projection");
  for (const t of [...variables, seed]) t.zeroGrad();
  // A gradient that depends on nothing (that of sign) has no graph.
  if (total.requiresGrad) total.backward();
  return [...variables, seed].flatMap((t) => Array.from(t.grad?.data ?? new Float64Array(t.size)));
}

test("every exported op has a row, and every row an export", () => {
  const isNode = (value: unknown) => typeof value === "function" && value.prototype instanceof Node;
  const nodes = Object.entries(core).flatMap(([name, value]) => (isNode(value) ? [name] : []));
  // One node may have several functions, as that of a convolution along one axis or two.
  sameNames(
    table.flatMap((row) => row.Node?.name ?? []),
    nodes,
    { missing: "has no row: give it one in test/support/*-rows.ts", excess: "has a row, and is not exported" },
  );
  const functions = Object.entries(ops).flatMap(([name, value]) => (isNode(value) ? [] : [{ name, value }]));
  for (const { name, value } of functions) {
    assert.ok(
      table.some((row) => row.fn === value),
      `${name} has no row in the op table`,
    );
  }
  assert.is(functions.length, table.filter((row) => row.fn !== null).length);
});

test("every op on one tensor is a method as well, and every method has a row", () => {
  const withoutMethod = table.flatMap((row) => (row.fn !== null && row.method === undefined ? [nameOf(row)] : []));
  const onNone = ["arange", "eye", "linspace"];
  const onLists = ["concat", "einsum", "stack"];
  // Functions of images, as in PyTorch.
  const onImages = ["avgPool1d", "avgPool2d", "col2im", "conv1d", "conv2d", "convTranspose1d", "convTranspose2d"];
  onImages.push("im2col", "maxPool1d", "maxPool2d", "globalAvgPool", "globalMaxPool");
  onImages.push("adaptiveAvgPool1d", "adaptiveAvgPool2d", "adaptiveMaxPool1d", "adaptiveMaxPool2d");
  // For those who write ops that take indices.
  const forOps = ["inRange"];
  sameNames([...onNone, ...onLists, ...onImages, ...forOps], withoutMethod, {
    missing: "is no method in its row: it has one, unless it stands in one of these lists",
    excess: "has a method in its row, and stands in one of these lists",
  });
  const methods = Object.keys(ops).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(Tensor.prototype, name)?.value === "function",
  );
  sameNames(
    table.flatMap((row) => (row.method ? [nameOf(row)] : [])),
    methods,
    { missing: "is a method without a row", excess: "has a method in its row that tensors do not have" },
  );
});

test.run();
