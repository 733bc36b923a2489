import { checkNoMore, checkOptions, formatShape, fromArray, type Shape, ShapeError, sizeOf } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { checked, checkWeights, type Initializer, type InitializerOptions } from "./initializer.js";

/**
 * A matrix that leaves its input as it is: ones on the diagonal, zeros elsewhere. PyTorch's eye_; for filters there is `dirac`.
 *
 * @example
 * identity()([2, 3], {}).toArray(); // [[1, 0, 0], [0, 1, 0]]
 *
 * @throws ShapeError when it is called with a shape of other than two axes
 */
export function identity(...none: []): Initializer {
  checkNoMore("identity", none);
  return placed("identity", (shape, put) => {
    if (shape.length !== 2) {
      throw new ShapeError(
        `identity: ${formatShape(shape)} is no matrix; filters that leave images as they are, are dirac()`,
      );
    }
    const [rows, columns] = shape as readonly [number, number];
    for (let i = 0; i < Math.min(rows, columns); i++) put(i * columns + i);
  });
}

/**
 * Filters, [out, in / groups, height, width], that leave their input as it is, as far as there are outputs: channel i of each
 * group goes to its output i. PyTorch's dirac_. The middle of a window of even size is the element behind it.
 *
 * @example
 * dirac()([1, 1, 3, 3], {}).toArray(); // [[[[0, 0, 0], [0, 1, 0], [0, 0, 0]]]]
 *
 * @throws ShapeError when it is called with a shape that is not of filters, or whose outputs the groups do not divide
 */
export function dirac(options: { readonly groups?: number | undefined } = {}, ...none: []): Initializer {
  checkNoMore("dirac", none);
  checkOptions("dirac", options, ["groups"]);
  const { groups = 1 } = options;
  checkSetting(
    "dirac",
    "groups",
    groups,
    () => Number.isInteger(groups) && groups >= 1,
    "a whole number of at least 1",
  );
  return placed("dirac", (shape, put) => {
    const [outputs, inputs, ...kernel] = shape as readonly [number, number, ...number[]];
    if (kernel.length === 0 || outputs % groups !== 0) {
      throw new ShapeError(
        `dirac: ${formatShape(shape)} with ${groups} groups: takes filters, [out, in / groups, height, width], and groups that ` +
          "divide the outputs; for a matrix there is identity()",
      );
    }
    const size = sizeOf(kernel);
    const middle = kernel.reduce((at, n) => at * n + Math.floor(n / 2), 0);
    for (let output = 0; output < outputs; output++) {
      const channel = output % (outputs / groups);
      if (channel < inputs && size > 0) put((output * inputs + channel) * size + middle);
    }
  });
}

/** Zeros, and ones where `place` puts them. */
function placed(name: string, place: (shape: Shape, put: (at: number) => void) => void): Initializer {
  return (shape, options: InitializerOptions = {}) => {
    const { dtype = "float64" } = checked(name, options);
    checkWeights(name, shape, "is no matrix");
    const values = new Float64Array(sizeOf(shape));
    place(shape, (at) => {
      values[at] = 1;
    });
    return fromArray(values, shape, { dtype });
  };
}
