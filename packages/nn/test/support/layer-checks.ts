import { assertGradcheck, compile, concat, Random, split, type Tensor, variable } from "@chainrule/core";
import * as assert from "uvu/assert";
import { type FloatDType, Layer } from "../../src/index.js";
import { assertClose, wave } from "../support.js";
import { inputOf, type LayerRow, makeLayer, nameOf } from "./layer-rows.js";

/** What is checked of a row of the table of layers, in a short and in a longer form. */

export const settings = (dtype: FloatDType = "float64", seed = 1) => ({ random: new Random(seed), dtype });

/** Parameters and buffers that repeat nothing; buffers, which may be variances, above 0. PyTorch was given the same. */
export function filled(row: LayerRow, dtype: FloatDType = "float64"): Layer {
  const layer = makeLayer(row, settings(dtype));
  Object.values(layer.parameters()).forEach((parameter, i) => {
    parameter.assign(wave(parameter.shape, 0.5, i + 1).cast(dtype));
  });
  Object.values(layer.buffers()).forEach((buffer, i) => {
    const values = wave(buffer.shape, 0.5, i + 10).square();
    buffer.assign(values.add(0.5).cast(dtype));
  });
  return layer;
}

/** How a call of training is told, with the same random numbers each time. */
export const training = () => ({ training: true, random: new Random(3).fork(5) });

/** The ways to call a layer that differ. */
const ways = (row: LayerRow): readonly (() => object | undefined)[] =>
  row.training !== undefined || row.draws === true ? [() => undefined, training] : [() => undefined];

/**
 * Compares the derivatives to second order, by the input and by the parameters, with numerical ones: each of them, or, which is
 * quicker, in random directions of all together.
 */
export function checkDerivatives(row: LayerRow, mode: "full" | "random"): void {
  const layer = filled(row);
  const x = inputOf(row, row.input);
  const parameters = Object.values(layer.parameters()).map((parameter) => parameter.detach() as Tensor);
  const inputs = row.below === undefined ? [x, ...parameters] : parameters;
  for (const how of ways(row)) {
    const f = (...given: readonly Tensor[]): Tensor => {
      const [input = x, ...own] = row.below === undefined ? given : [x, ...given];
      return withParameters(layer, own, () => layer.forward(input, how()));
    };
    if (mode === "full") assertGradcheck(f, inputs, { order: 2 });
    else {
      const sizes = inputs.map(({ size }) => size);
      const parts = (all: Tensor) => split(all, sizes).map((part, i) => part.reshape(inputs[i]?.shape ?? []) as Tensor);
      const all = concat(inputs.map((input) => input.reshape([-1]))) as Tensor;
      assertGradcheck((all) => f(...parts(all)), [all], { order: 2, mode, projections: 2 });
    }
  }
}

/** Runs something with other tensors in the place of the parameters of a layer and its parts. */
function withParameters<T>(layer: Layer, tensors: readonly Tensor[], run: () => T): T {
  const before = Object.values(layer.parameters());
  const replaced = new Map(before.map((parameter, i) => [parameter, tensors[i] as Tensor]));
  const undo: (() => void)[] = [];
  const visit = (of: object) => {
    for (const [key, value] of Object.entries(of)) {
      const other = replaced.get(value);
      if (other !== undefined) {
        Reflect.set(of, key, other);
        undo.push(() => Reflect.set(of, key, value));
      } else if (value instanceof Layer || Array.isArray(value)) visit(value);
    }
  };
  visit(layer);
  assert.is(undo.length, before.length);
  try {
    return run();
  } finally {
    for (const back of undo) back();
  }
}

export const double = (x: Tensor): Tensor => x.cast("float64") as Tensor;

/** Compares the output, its gradients by input and parameters, and the new buffers, with those of a compiled program. */
export function checkCompiled(row: LayerRow, dtype: FloatDType, tolerance: number): void {
  const x = inputOf(row, row.input, dtype);
  for (const how of ways(row)) {
    const [eager, traced] = [filled(row, dtype), filled(row, dtype)];
    const expected = [...derivatives(eager, how)(x), ...Object.values(eager.buffers())];
    const actual = [...compile(derivatives(traced, how))(x), ...Object.values(traced.buffers())];
    assertAlike(actual, expected, dtype, tolerance, `${nameOf(row)}, ${dtype}, compiled`);
  }
}

/** Compares the same of float32 with that of float64. */
export function checkFloat32(row: LayerRow, tolerance: number): void {
  for (const how of ways(row)) {
    const [single, exact] = (["float32", "float64"] as const).map((dtype) => {
      const layer = filled(row, dtype);
      return [...derivatives(layer, how)(inputOf(row, row.input, dtype)), ...Object.values(layer.buffers())];
    }) as [Tensor[], Tensor[]];
    assertAlike(single, exact, "float32", tolerance, `${nameOf(row)}, float32 and float64`);
  }
}

function assertAlike(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
  dtype: FloatDType,
  tolerance: number,
  what: string,
): void {
  assert.is(actual.length, expected.length);
  actual.forEach((value, i) => {
    assert.is(value.dtype, dtype);
    assertClose(double(value), double(expected[i] as Tensor), tolerance, `${what}, ${i}`);
  });
}

/** The output, and the gradients of a weighted sum of it, by the input and the parameters; they are left behind nowhere. */
function derivatives(layer: Layer, how: () => object | undefined): (x: Tensor) => Tensor[] {
  return (input) => {
    const x = input.dtype === "int32" ? input : variable(input);
    const y = layer.forward(x, how());
    y.mul(wave(y.shape, 1, 2).cast(y.dtype))
      .sum()
      .backward();
    const variables = [x, ...Object.values(layer.parameters())].filter(({ isVariable }) => isVariable);
    const gradients = variables.map(({ grad }) => grad as Tensor);
    for (const each of variables) each.zeroGrad();
    return [y.detach(), ...gradients];
  };
}
