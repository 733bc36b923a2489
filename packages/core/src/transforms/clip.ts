import { GraphError } from "../errors.js";
import { noGrad } from "../graph/recording.js";
import { asTensor, type Tensor } from "../graph/tensor.js";
import { tracer, valuesOf } from "../graph/tracer.js";
import { stack } from "../ops/concat.js";
import { checkNoMore } from "../options.js";
import { show } from "../show.js";
import { leavesOf, mapLeaves, type Tensors } from "./structure.js";

/**
 * The Euclidean norm of all elements of all tensors in a structure, as if they were one vector. A float64 scalar.
 *
 * @example
 * globalNorm({ w: tensor([3]), b: tensor([4]) }).item(); // 5
 */
export function globalNorm(gradients: unknown, ...none: []): Tensor<[]> {
  checkNoMore("globalNorm", none);
  return normOf("globalNorm", gradients);
}

/**
 * Gradients scaled down by one factor, so that their global norm is `maxNorm`; as they are if it is no more than that.
 * With a NaN or an infinity among them, or where the norm itself is beyond 1.8e308, it is no number to scale to: all come out
 * NaN or 0, so check it before.
 *
 * @param gradients a tensor, or arrays and records of tensors, as `grad` gives them
 * @param maxNorm above 0 and finite
 *
 * @example
 * clipByNorm([tensor([3]), tensor([4])], 1)[0].toArray(); // about [0.6]
 */
export function clipByNorm<const G>(gradients: G, maxNorm: number, ...none: []): Tensors<G> {
  checkNoMore("clipByNorm", none);
  checkLimit("clipByNorm", maxNorm);
  return scaled("clipByNorm", gradients, normOf("clipByNorm", gradients), maxNorm);
}

/**
 * Gradients with each element moved into the range from -limit to limit.
 *
 * @param gradients a tensor, or arrays and records of tensors, as `grad` gives them
 * @param limit above 0 and finite
 *
 * @example
 * clipByValue({ w: tensor([-3, 0.5]) }, 1).w.toArray(); // [-1, 0.5]
 */
export function clipByValue<const G>(gradients: G, limit: number, ...none: []): Tensors<G> {
  checkNoMore("clipByValue", none);
  checkLimit("clipByValue", limit);
  return mapLeaves("clipByValue", gradients, "the gradients", (leaf) =>
    asTensor(leaf).clamp(-limit, limit),
  ) as Tensors<G>;
}

/**
 * Clips the gradients, `.grad`, of parameters by their global norm (see `clipByNorm`), after `backward` and before the step
 * of an optimizer. Parameters without a gradient are left out.
 *
 * @param parameters variables, in arrays and records as one likes
 * @returns the norm before; in a compiled function it is not known, and using it is an error
 *
 * @example
 * const w = variable(3);
 * w.square().backward();
 * clipGradNorm([w], 2); // 6
 * w.grad?.item(); // 2
 */
export function clipGradNorm(parameters: unknown, maxNorm: number, ...none: []): number {
  checkNoMore("clipGradNorm", none);
  checkLimit("clipGradNorm", maxNorm);
  const withGradient = parametersIn("clipGradNorm", parameters);
  return noGrad(() => {
    const gradients = withGradient.map((parameter) => parameter.grad as Tensor);
    const norm = normOf("clipGradNorm", gradients);
    const clipped = scaled("clipGradNorm", gradients, norm, maxNorm);
    withGradient.forEach((parameter, i) => {
      parameter.grad = clipped[i] as Tensor;
    });
    // In a compiled function there is no number: using it as one is the error that explains that.
    return tracer() === null ? norm.item() : (valuesOf(norm) as number);
  });
}

/**
 * Clips the gradients, `.grad`, of parameters element by element (see `clipByValue`). Parameters without a gradient are left
 * out.
 *
 * @example
 * const w = variable([1, 2]);
 * w.mul(tensor([10, 0.1])).sum().backward();
 * clipGradValue({ w }, 1);
 * w.grad?.toArray(); // [1, 0.1]
 */
export function clipGradValue(parameters: unknown, limit: number, ...none: []): void {
  checkNoMore("clipGradValue", none);
  checkLimit("clipGradValue", limit);
  noGrad(() => {
    for (const parameter of parametersIn("clipGradValue", parameters)) {
      parameter.grad = clipByValue(parameter.grad as Tensor, limit) as Tensor;
    }
  });
}

function parametersIn(op: string, parameters: unknown): Tensor[] {
  const found = new Set<Tensor>();
  for (const { leaf, path } of leavesOf(op, parameters, "the parameters")) {
    if (typeof leaf === "number")
      throw new GraphError(`${op}: ${path} is the number ${leaf}; parameters are variables`);
    if (leaf.grad !== null) found.add(leaf);
  }
  return [...found];
}

/** The norm of the norms: `norm` squares nothing that overflows, and has the derivative 0 at 0. */
function normOf(op: string, gradients: unknown): Tensor<[]> {
  const norms = leavesOf(op, gradients, "the gradients").map(({ leaf }) => asTensor(leaf).cast("float64").norm());
  return norms.length === 0 ? (asTensor(0) as Tensor<[]>) : (stack(norms).norm() as Tensor<[]>);
}

/** Gradients with the global norm `norm`, scaled so that it is `maxNorm` at most. */
function scaled<const G>(op: string, gradients: G, norm: Tensor<[]>, maxNorm: number): Tensors<G> {
  const scale = asTensor(maxNorm).div(norm.maximum(maxNorm));
  return mapLeaves(op, gradients, "the gradients", (leaf) => {
    const gradient = asTensor(leaf);
    return gradient.mul(scale.cast(gradient.dtype));
  }) as Tensors<G>;
}

function checkLimit(op: string, limit: number): void {
  if (!(Number.isFinite(limit) && limit > 0)) {
    throw new GraphError(`${op}: the limit is a finite number above 0, got ${show(limit)}`);
  }
}
