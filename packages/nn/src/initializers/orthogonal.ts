import { checkNoMore, checkOptions, fromArray, type Random, type Shape, sizeOf, type Tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { checkWeights, drawn, type Initializer } from "./initializer.js";

/**
 * A random orthogonal matrix times `gain` (1 unless said otherwise): the rows of a wide one are orthonormal, the columns of a
 * tall one. Filters, [out, in / groups, height, width], are one row for each that is taken out. For recurrent and for deep
 * networks: A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR
 * 2014. PyTorch's orthogonal_. All such matrices are equally likely. It is computed when it is called, and so not in a function
 * that is compiled.
 *
 * @example
 * const w = orthogonal()([3, 3], { random: new Random(1) });
 * w.matmul(w.transpose()).sub(eye(3)).abs().max().item() < 1e-9; // true
 *
 * @throws ShapeError when it is called with a shape of less than two axes
 */
export function orthogonal(options: { readonly gain?: number | undefined } = {}, ...none: []): Initializer {
  checkNoMore("orthogonal", none);
  checkOptions("orthogonal", options, ["gain"]);
  const { gain = 1 } = options;
  checkSetting("orthogonal", "gain", gain, Number.isFinite, "a finite number");
  return drawn("orthogonal", (random, shape, dtype) => {
    checkWeights("orthogonal", shape, "is no matrix");
    return orthonormal(random, shape).mul(gain).cast(dtype) as Tensor;
  });
}

/** Of rows and columns, the fewer, made orthonormal one after the other. */
function orthonormal(random: Random, shape: Shape): Tensor {
  const [rows, columns] = [shape[0] as number, sizeOf(shape.slice(1))];
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors = Float64Array.from(random.normal([count, length]).data);
  for (let i = 0; i < count; i++) {
    const vector = vectors.subarray(i * length, (i + 1) * length);
    // What one pass leaves of the others is rounding; a second one takes it out (W. Kahan: "twice is enough").
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * length, (j + 1) * length);
        const part = dot(vector, other);
        for (let k = 0; k < length; k++) vector[k] = (vector[k] as number) - part * (other[k] as number);
      }
    }
    const size = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < length; k++) vector[k] = (vector[k] as number) / size;
  }
  const matrix = fromArray(vectors, [count, length]) as Tensor;
  return (rows <= columns ? matrix : matrix.transpose()).reshape(shape);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
