import { type Tensor, tensor, variable } from "@chainrule/core";
import type { FloatDType, Optimizer } from "../../src/index.js";

/** Where the six numbers begin that an optimizer changes in a hundred steps: four of them are a matrix, two a vector. */
export const start: readonly number[] = [1, -2, 0.5, 3, -0.25, 0.75];

const curvature = [1, 0.05, 4, 0.3, 2, 1];

/** The gradient of number `i` with the value `w` at step `t`, from 1 on: noisy, at number 4 mostly and at number 5 always 0. */
export function gradientAt(t: number, i: number, w: number): number {
  if (i === 5 || (i === 4 && t % 3 !== 0)) return 0;
  return (curvature[i] as number) * w + (((7 * t + 3 * i) % 11) - 5) / 20;
}

export function parametersAt(values: readonly number[], dtype: FloatDType = "float64") {
  const [a, b, c, d, e, f] = values as [number, number, number, number, number, number];
  return { w: variable([[a, b], [c, d]], { dtype }), b: variable([e, f], { dtype }) } as { w: Tensor; b: Tensor }; // biome-ignore format: a matrix
}

export type Parameters = ReturnType<typeof parametersAt>;

export function valuesOf({ w, b }: Parameters): number[] {
  return [...w.data, ...b.data];
}

/** The gradients of step `t` as tensors. */
export function gradientsAt(t: number, parameters: Parameters): Parameters {
  const all = valuesOf(parameters).map((value, i) => gradientAt(t, i, value));
  const { dtype } = parameters.w;
  const [a, b, c, d, e, f] = all as [number, number, number, number, number, number];
  return { w: tensor([[a, b], [c, d]], { dtype }), b: tensor([e, f], { dtype }) } as Parameters; // biome-ignore format: a matrix
}

/** Takes the steps from `from` to `to`, both included; after step 60 the learning rate is half of what it was. */
export function takeSteps(
  optimizer: Optimizer,
  parameters: Parameters,
  [from, to]: readonly [number, number],
  step: (gradients: Parameters) => void,
  seen: (t: number, values: readonly number[]) => void = () => {},
): void {
  for (let t = from; t <= to; t++) {
    step(gradientsAt(t, parameters));
    if (t === 60) optimizer.lr /= 2;
    seen(t, valuesOf(parameters));
  }
}

/** A step of eager mode. */
export function eagerStep(optimizer: Optimizer, parameters: Parameters): (gradients: Parameters) => void {
  return (gradients) => {
    parameters.w.grad = gradients.w;
    parameters.b.grad = gradients.b;
    optimizer.step();
  };
}
