import { ChainruleError, fromArray, Random, type Shape, variable } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors, encodeSafetensors, type Layer, loadParameters, type NamedTensors } from "../src/index.js";
import { checkCompiled, checkDerivatives, checkFloat32, filled, settings, training } from "./support/layer-checks.js";
import { inputOf, type LayerRow, layerClasses, layerRows, makeLayer, nameOf, sizesOf } from "./support/layer-rows.js";
import { pytorchLayers } from "./support/pytorch-layers.js";
import { assertClose, assertThrows } from "./support.js";

/*
 * Every layer, in every row of the table: shapes, names, values, derivatives to second order, compiled, in float32, saved and
 * loaded, in training and in evaluation, and what it refuses. A layer that is exported and has no row fails.
 */

const all = (layer: Layer): NamedTensors => ({ ...layer.parameters(), ...layer.buffers() });
const shapesOf = (tensors: NamedTensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, [...shape]]));

/** Whether a call of training is another function. */
const isAnotherInTraining = (row: LayerRow) => row.training !== undefined || row.draws === true;

test("every layer that is exported has a row, and no other", () => {
  const [names, classes] = [layerRows.map(({ layer }) => layer), [...layerClasses().keys()]];
  const without = classes.filter((name) => !names.includes(name));
  assert.equal(without, [], "give it a row in support/*-rows.ts");
  assert.equal(
    names.filter((name) => !classes.includes(name)),
    [],
  );
  assert.is(new Set(layerRows.map(nameOf)).size, layerRows.length);
  const rowNames = new Set(layerRows.map(nameOf));
  assert.equal(
    Object.keys(pytorchLayers).filter((name) => !rowNames.has(name.replace(/: training$/, ""))),
    [],
  );
});

test("every layer has PyTorch's numbers in a row, but for those that PyTorch 1.13 does not have, or draws", () => {
  const others = ["Dropout", "Frozen", "RMSNorm", "Sequential"];
  const known = layerRows.filter((row) => pytorchLayers[nameOf(row)] !== undefined).map(({ layer }) => layer);
  const without = [...layerClasses().keys()].filter((name) => !known.includes(name) && !others.includes(name));
  assert.equal(without, [], "add it to support/pytorch-layers.py, which prints them");
});

for (const row of layerRows) {
  const name = nameOf(row);

  test(`${name}: shapes and names, values of the naive form and of PyTorch`, () => {
    const layer = filled(row);
    assert.equal(shapesOf(layer.parameters()), shapesOfRow(row.parameters));
    assert.equal(shapesOf(layer.buffers()), shapesOfRow(row.buffers ?? {}));
    assert.ok(Object.values(layer.parameters()).every(({ isVariable }) => isVariable));
    assert.equal([...layer.forward(inputOf(row, row.input)).shape], [...row.output]);
    for (const shape of [row.input, ...(row.others ?? [])]) {
      const x = inputOf(row, shape);
      const y = layer.forward(x);
      assert.is(y.dtype, "float64");
      assertClose(y, row.naive(x, all(layer)), 1e-13, `${name} of [${shape}]`);
      if (isAnotherInTraining(row)) {
        if (row.training !== undefined && x.size > 0) {
          assertClose(
            filled(row).forward(x, training()),
            row.training(x, all(layer)),
            1e-11,
            `${name} of [${shape}] in training`,
          );
        }
      } else assertClose(layer.forward(x, training()), y, 0, `${name} of [${shape}] in training`);
    }
    const x = inputOf(row, row.input);
    const known = pytorchLayers[name];
    if (known !== undefined)
      assertClose(
        layer.forward(x).reshape([-1]),
        fromArray(Float64Array.from(known), [known.length]),
        1e-13,
        `${name}: PyTorch`,
      );
    const inTraining = pytorchLayers[`${name}: training`];
    if (inTraining !== undefined) {
      const y = layer.forward(x, training());
      const found = [y, ...Object.values(layer.buffers())].flatMap(({ data }) => [...data]);
      assertClose(
        fromArray(Float64Array.from(found), [found.length]),
        fromArray(Float64Array.from(inTraining), [inTraining.length]),
        1e-13,
        `${name}: PyTorch in training`,
      );
    }
  });

  if (row.isLong !== true) {
    test(`${name}: derivatives of second order, by the input and the parameters`, () => {
      checkDerivatives(row, "random");
    });

    test(`${name}: compiled as eagerly, with gradients and buffers; float32 as float64`, () => {
      checkCompiled(row, "float64", 1e-12);
      checkFloat32(row, 1e-4);
    });
  }

  test(`${name}: saved, and loaded into another`, () => {
    const from = filled(row);
    const { tensors } = decodeSafetensors(encodeSafetensors(from.state()));
    const to = makeLayer(row, settings("float64", 2));
    if (Object.keys(tensors).length > 0) loadParameters(to, tensors);
    const x = inputOf(row, row.input);
    assertClose(to.forward(x), from.forward(x), 0, name);
  });

  test(`${name}: a batch of no rows has no output, and gradients of 0`, () => {
    const empty = row.others?.find((shape) => shape[0] === 0 && shape.slice(1).every((size) => size > 0));
    if (empty === undefined) return;
    const layer = filled(row);
    const rows = inputOf(row, empty);
    const y = layer.forward(row.below === undefined ? variable(rows) : rows);
    assert.is(y.size, 0);
    y.sum().backward();
    for (const parameter of Object.values(layer.parameters()))
      assert.ok(parameter.grad?.data.every((value) => value === 0));
  });

  test(`${name}: what it was made with may be changed afterwards`, () => {
    if (typeof row.sizes === "function") return;
    const given = { ...row, ...structuredClone({ sizes: row.sizes, options: row.options }) } as LayerRow;
    const layer = filled(given);
    disturb([given.sizes, given.options]);
    const x = inputOf(row, row.input);
    assertClose(layer.forward(x), filled(row).forward(x), 0, name);
  });

  test(`${name}: what it refuses`, () => {
    const layer = filled(row);
    const x = inputOf(row, row.input);
    const loose = layer as unknown as { forward(...args: unknown[]): unknown };
    assertThrows(
      () => loose.forward(x, { train: true }),
      ChainruleError,
      "unknown option train; did you mean training?",
    );
    assertThrows(() => loose.forward(x, { training: 1 }), ChainruleError, "training");
    assertThrows(() => loose.forward(x, { training: true, random: 5 }), ChainruleError, "random");
    assertThrows(() => loose.forward(x, {}, 1), ChainruleError, "behind the arguments");
    for (const other of [undefined, null, "x", structuredClone(x)])
      assertThrows(() => loose.forward(other), ChainruleError);
    for (const [shape, ...parts] of row.refuses ?? []) {
      assertThrows(() => layer.forward(inputOf(row, shape)), ChainruleError, ...parts);
    }
    if (Object.keys(row.parameters).length > 0 && row.below === undefined) {
      assertThrows(() => layer.forward(x.cast("float32")), ChainruleError, "float32");
    }
    const LayerClass = layerClasses().get(row.layer) as new (...args: unknown[]) => Layer;
    const sizes = sizesOf(row, settings());
    assertThrows(() => new LayerClass(...sizes, row.options ?? 5, 5), ChainruleError, "behind the arguments");
    if (row.options !== undefined)
      assertThrows(() => new LayerClass(...sizes, { zzzzz: 1 }), ChainruleError, `${row.layer}: unknown option zzzzz`);
    const own = row.settings?.includes("random") ? { random: new Random(1) } : {};
    for (const [args, ...parts] of row.wrong ?? []) {
      const last = args.at(-1);
      const whole =
        typeof last === "object" && last !== null && !Array.isArray(last)
          ? [...args.slice(0, -1), { ...own, ...last }]
          : [...args, own];
      assertThrows(() => new LayerClass(...(row.options === undefined ? args : whole)), ChainruleError, ...parts);
    }
  });
}

/** Gives other values to all numbers in arrays, and to those in records. */
function disturb(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const entries = value as Record<string, unknown>;
  for (const [key, entry] of Object.entries(entries)) {
    if (typeof entry === "number") entries[key] = entry + 1;
    else disturb(entry);
  }
}

const shapesOfRow = (shapes: Readonly<Record<string, Shape>>) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]));

test.run();
