import { fromArray, type Shape, type Tensor, variable } from "@chainrule/core";
import * as assert from "uvu/assert";

/** Asserts that two tensors have the same shape, and elements that differ by at most `tolerance`. */
export function assertClose(actual: Tensor, expected: Tensor, tolerance: number, what = "tensor"): void {
  assert.equal([...actual.shape], [...expected.shape], `${what}: shape`);
  const values = [...expected.data];
  [...actual.data].forEach((value, i) => {
    const other = values[i] as number;
    assert.ok(
      Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other)),
      `${what}: element ${i}: ${value}, expected ${other} within ${tolerance}`,
    );
  });
}

export function assertFinite(actual: Tensor, what: string): void {
  [...actual.data].forEach((value, i) => {
    assert.ok(Number.isFinite(value), `${what}: element ${i} is ${value}`);
  });
}

/** Asserts that a call throws an error of a class, whose message has all the parts in it. */
export function assertThrows(f: () => unknown, kind: new (...args: never[]) => Error, ...parts: string[]): void {
  try {
    f();
  } catch (error) {
    assert.instance(error, kind);
    for (const part of parts)
      assert.ok((error as Error).message.includes(part), `"${part}" is not in: ${(error as Error).message}`);
    return;
  }
  assert.unreachable(`nothing was thrown; expected ${kind.name} with ${parts.join(", ")}`);
}

export interface Derivatives {
  readonly value: Tensor;
  readonly gradient: Tensor;
  /** The Hessian times `direction`. */
  readonly second: Tensor;
}

/**
 * A function of one tensor, weighted to a scalar by `weights`, with its first derivatives and its second in a
 * direction.
 */
export function derivatives(f: (x: Tensor) => Tensor, at: Tensor, weights: Tensor, direction: Tensor): Derivatives {
  const x = variable(at);
  const value = f(x);
  value.mul(weights).sum().backward({ createGraph: true });
  const gradient = x.grad as Tensor;
  x.zeroGrad();
  const along = gradient.mul(direction).sum();
  if (along.requiresGrad) along.backward();
  return { value: value.detach(), gradient: gradient.detach(), second: x.grad ?? x.constant(0).broadcastTo(x.shape) };
}

/** Numbers that repeat nothing and need no generator: they are what the tests feed to layers. */
export function wave(shape: Shape, scale = 1, shift = 0): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return fromArray(
    Float64Array.from({ length: size }, (_, i) => scale * Math.sin(1.7 * i + 0.3 + shift)),
    shape,
  );
}
