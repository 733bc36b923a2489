import { test } from "uvu";
import { checkCompiled, checkDerivatives, checkFloat32 } from "./support/layer-checks.js";
import { layerRows, nameOf } from "./support/layer-rows.js";

/*
 * The longer form of layer-table.test: every derivative of second order of every layer, in evaluation and in training, and all of
 * it compiled in both dtypes.
 */

for (const row of layerRows) {
  test(`${nameOf(row)}: each derivative to second order`, () => {
    checkDerivatives(row, "full");
  });
  test(`${nameOf(row)}: compiled`, () => {
    checkCompiled(row, "float64", 1e-12);
    checkCompiled(row, "float32", 1e-4);
    checkFloat32(row, 1e-4);
  });
}

test.run();
