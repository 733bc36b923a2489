import { allocate, isFloat } from "../dtype.js";
import { ChainruleError, DTypeError, GraphError, ShapeError } from "../errors.js";
import { walk } from "../graph/backward.js";
import { variable } from "../graph/factory.js";
import { withRecording } from "../graph/recording.js";
import { asTensor, Tensor } from "../graph/tensor.js";
import { formatShape, sameShape, sizeOf, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { type GradcheckDerivative, type GradcheckInput, GradcheckReport } from "./gradcheck-report.js";

export interface GradcheckOptions {
  /** The step to either side of each element. Default 1e-6; 1e-2 where float32 takes part. */
  readonly eps?: number;
  /** The absolute part of the tolerance. Default 1e-5; 1e-3 where float32 takes part. */
  readonly atol?: number;
  /** The part of the tolerance that grows with the derivative. Default 1e-3; 1e-2 where float32 takes part. */
  readonly rtol?: number;
  /** Checks float32 too, as well as it can be. Default false. */
  readonly allowFloat32?: boolean;
}

/** The inputs as the function gets them: tensors of their shapes, numbers as scalars. */
export type GradcheckArguments<T extends readonly (Tensor | number)[]> = {
  readonly [K in keyof T]: T[K] extends Tensor ? T[K] : Tensor<readonly []>;
};

type Settings = Required<Omit<GradcheckOptions, "allowFloat32">>;

/** A central difference is off by about eps^2, and by the rounding of f divided by eps: float32 needs a wide step. */
const DEFAULTS: Readonly<Record<"float64" | "float32", Settings>> = {
  float64: { eps: 1e-6, atol: 1e-5, rtol: 1e-3 },
  float32: { eps: 1e-2, atol: 1e-3, rtol: 1e-2 },
};

/**
 * Compares the gradients of the graph with central differences, (f(x + eps) - f(x - eps)) / 2 eps: every derivative of an
 * element of the result by an element of an input. One is right if |analytic - numerical| <= atol + rtol |numerical|; NaN
 * is never right.
 *
 * `f` gets variables of its own, made of the inputs: neither the inputs nor the `.grad` of any tensor change, and other
 * variables that `f` reads count as constants. It is called 2 + 2n times for n elements, and has to give the same each time.
 *
 * @param f from tensors like the inputs to a float tensor of any shape
 * @param inputs tensors or numbers; float64, or float32 with `allowFloat32`
 * @returns a report: `ok`, and for each input the worst derivative, where it stands, and its value both ways
 *
 * @example
 * gradcheck((x, y) => x.mul(y).sin(), [tensor([1, 2, 3]), 0.5]).ok; // true
 * gradcheck((x) => x.detach().square(), [3]).inputs[0]?.worst?.analytic; // 0
 *
 * @throws DTypeError for integer inputs or results, and for float32 unless it is allowed; GraphError when `f` gives no
 * tensor, or different ones for the same inputs; ChainruleError for impossible options or a step too small for a value
 */
export function gradcheck<const T extends readonly (Tensor | number)[]>(
  f: (...inputs: GradcheckArguments<T>) => Tensor,
  inputs: T,
  options: GradcheckOptions = {},
): GradcheckReport {
  const given = inputs.map(asTensor);
  const names = given.map((input, i) => input.name ?? `input${i}`);
  given.forEach((input, i) => {
    checkDType(names[i] as string, input, options);
  });
  const variables = given.map(copyOf);
  const call = (of: readonly Tensor[]) => resultOf(f as unknown as (...inputs: readonly Tensor[]) => Tensor, of);
  const output = call(variables);
  checkDType("the result", output, options);
  checkRepeatable(output, call(given.map(copyOf)));
  const settings = settingsOf([...given, output], options);

  const jacobians = analyticJacobians(output, variables);
  const reports = given.map((input, i) => {
    const columns = differences(input, names[i] as string, output, settings.eps, (moved) =>
      call(given.map((other, k) => (k === i ? moved : copyOf(other)))),
    );
    return compare(names[i] as string, input.shape, output.shape, jacobians[i] as Float64Array, columns, settings);
  });
  return new GradcheckReport(output.shape, reports, settings.eps);
}

/**
 * `gradcheck` for tests: throws the report where a gradient is wrong.
 *
 * @example
 * assertGradcheck((x) => x.exp().sum(), [tensor([0, 1])]);
 *
 * @throws ChainruleError with the report as its message; and all that `gradcheck` throws
 */
export function assertGradcheck<const T extends readonly (Tensor | number)[]>(
  f: (...inputs: GradcheckArguments<T>) => Tensor,
  inputs: T,
  options: GradcheckOptions = {},
): void {
  const report = gradcheck(f, inputs, options);
  if (!report.ok) throw new ChainruleError(report.toString());
}

// --- the two ways to a derivative ------------------------------------------------------------------------------------

/** For each variable the Jacobian, a row for each element of the output: one walk a row, seeded with 1 in its place. */
function analyticJacobians(output: Tensor, variables: readonly Tensor[]): Float64Array[] {
  const jacobians = variables.map((input) => new Float64Array(output.size * input.size));
  // A result that depends on no variable has derivatives of 0, as far as the graph knows: that is compared, too.
  if (!output.requiresGrad) return jacobians;
  for (let row = 0; row < output.size; row++) {
    const seed = allocate(output.dtype, output.size);
    seed[row] = 1;
    const trace = walk(output, likewise(output, seed), false);
    variables.forEach((input, i) => {
      const gradient = trace.gradient(input);
      if (gradient !== undefined) (jacobians[i] as Float64Array).set(gradient.array, row * input.size);
    });
  }
  return jacobians;
}

/** A column of the Jacobian, an entry for each element of the output: the central difference and the one-sided ones. */
interface Column {
  readonly central: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

function* differences(
  input: Tensor,
  name: string,
  output: Tensor,
  eps: number,
  f: (moved: Tensor) => Tensor,
): Generator<Column, void> {
  const here = output.array;
  const at = (element: number, value: number) => {
    // An array of its own for each call: a result may share it.
    const array = input.array.slice();
    array[element] = value;
    const x = array[element] as number;
    const y = f(copyOf(likewise(input, array)));
    checkSameKind(output, y);
    return { x, y: y.array };
  };
  for (let element = 0; element < input.size; element++) {
    const x = input.array[element] as number;
    const [up, down] = [at(element, x + eps), at(element, x - eps)];
    if (up.x === x || down.x === x) {
      throw new ChainruleError(`gradcheck: ${name} has the value ${x}, which ${eps} more or less does not change; give a larger eps`);
    }
    // Divided by the step that was taken, not by the one that was asked for: x + eps has been rounded.
    const slopes = (a: typeof up, b: typeof up) => Float64Array.from(here, (_, k) => ((a.y[k] as number) - (b.y[k] as number)) / (a.x - b.x));
    const still = { x, y: here };
    yield { central: slopes(up, down), left: slopes(still, down), right: slopes(up, still) };
  }
}

function compare(
  name: string,
  shape: Shape,
  outputShape: Shape,
  jacobian: Float64Array,
  columns: Iterable<Column>,
  { atol, rtol }: Settings,
): GradcheckInput {
  let [checked, wrong, worstPart] = [0, 0, -1];
  let worst: GradcheckDerivative | null = null;
  const size = sizeOf(shape);
  let element = 0;
  for (const { central, left, right } of columns) {
    central.forEach((numerical, row) => {
      const analytic = jacobian[row * size + element] as number;
      const error = Math.abs(analytic - numerical);
      const tolerance = atol + rtol * Math.abs(numerical);
      const isRight = error <= tolerance;
      checked++;
      if (!isRight) wrong++;
      const part = partOf(error, tolerance);
      if (part <= worstPart) return;
      worstPart = part;
      const slopes = [left[row] as number, right[row] as number] as const;
      worst = { output: indexOf(row, outputShape), index: indexOf(element, shape), analytic, numerical, error, tolerance, slopes };
    });
    element++;
  }
  return { name, shape, ok: wrong === 0, checked, wrong, worst };
}

// --- small parts -----------------------------------------------------------------------------------------------------

/** How much of its tolerance an error takes up: NaN is the worst there is, and no error is none, also of no tolerance. */
function partOf(error: number, tolerance: number): number {
  if (error === 0) return 0;
  return error / tolerance >= 0 ? error / tolerance : Number.POSITIVE_INFINITY;
}

/** A tensor of the shape and dtype of `t`. */
function likewise(t: Tensor, array: Tensor["array"]): Tensor {
  return t.derive(t.shape, t.dtype, t.rank === 0 ? (array[0] as number) : array, null);
}

function copyOf(input: Tensor): Tensor {
  return variable(input, input.name === undefined ? {} : { name: input.name });
}

/** The graph is recorded for differences as well: f may differentiate something inside. */
function resultOf(f: (...inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const result: unknown = withRecording(true, () => f(...inputs));
  if (result instanceof Tensor) return result;
  throw new GraphError(`gradcheck: the function gave ${result === null ? "null" : `a ${typeof result}`}, not a tensor; return the result of ops on its arguments`);
}

function indexOf(element: number, shape: Shape): number[] {
  const strides = stridesOf(shape);
  return shape.map((size, axis) => Math.floor(element / (strides[axis] as number)) % size);
}

function settingsOf(tensors: readonly Tensor[], options: GradcheckOptions): Settings {
  const defaults = DEFAULTS[tensors.some((t) => t.dtype === "float32") ? "float32" : "float64"];
  const { eps = defaults.eps, atol = defaults.atol, rtol = defaults.rtol } = options;
  if (!(eps > 0 && Number.isFinite(eps))) throw new ChainruleError(`gradcheck: eps ${eps} is no step: a number above 0 is needed`);
  if (!(atol >= 0 && rtol >= 0)) throw new ChainruleError(`gradcheck: atol ${atol}, rtol ${rtol}: numbers of at least 0 are needed`);
  return { eps, atol, rtol };
}

function checkDType(what: string, t: Tensor, { allowFloat32 = false }: GradcheckOptions): void {
  if (!isFloat(t.dtype)) {
    throw new DTypeError(
      `gradcheck: ${what} is ${t.dtype}: integers and bools have no gradient and no small changes; let f read them from ` +
        'outside instead of as an argument, or convert with cast("float64")',
    );
  }
  if (t.dtype === "float32" && !allowFloat32) {
    throw new DTypeError(
      `gradcheck: ${what} is float32, whose seven digits do not tell a wrong derivative from rounding; convert with ` +
        'cast("float64"), or pass { allowFloat32: true } for a coarse check',
    );
  }
}

function checkSameKind(output: Tensor, other: Tensor): void {
  if (sameShape(output.shape, other.shape) && output.dtype === other.dtype) return;
  throw new ShapeError(
    `gradcheck: the function gave ${output.dtype} ${formatShape(output.shape)} and then ${other.dtype} ${formatShape(other.shape)}; ` +
      "what it gives must not depend on the values of its arguments, or on how often it is called",
  );
}

function checkRepeatable(output: Tensor, again: Tensor): void {
  checkSameKind(output, again);
  const [first, second] = [output.array, again.array];
  const at = first.findIndex((value, k) => !Object.is(value, second[k]));
  if (at === -1) return;
  throw new GraphError(
    `gradcheck: the function gave ${first[at]} and then ${second[at]} (element [${indexOf(at, output.shape).join(", ")}]) for the ` +
      "same inputs, so differences mean nothing; draw random numbers (a dropout mask) once, outside of it",
  );
}
