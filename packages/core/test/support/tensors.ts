import { type DType, fromArray, type Tensor, variable } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import type { Case, DrawnOperand } from "./draw.js";
import type { Row } from "./row.js";

// The cases of the op table as tensors.

export const arrays = { float64: Float64Array, float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** What a drawn operand is in a dtype: the same numbers, whole ones or truth values. */
function inDType({ kind, values }: DrawnOperand, dtype: DType): { dtype: DType; values: readonly number[] } {
  if (kind !== "float") return { dtype: kind, values };
  if (dtype === "int32") return { dtype, values: values.map((x) => Math.round(x * 4)) };
  if (dtype === "bool") return { dtype, values: values.map((x) => (x > 0 ? 1 : 0)) };
  return { dtype, values };
}

export function constant(operand: DrawnOperand, dtype: DType): Tensor {
  const { values, dtype: own } = inDType(operand, dtype);
  return fromArray(arrays[own].from(values), operand.shape, { dtype: own });
}

/** Leaves for the float operands, constants for the rest. */
export function leaves({ operands }: Case<unknown>, dtype: DType): Tensor[] {
  return operands.map((operand) =>
    operand.kind === "float" ? variable(constant(operand, dtype)) : constant(operand, dtype),
  );
}

/** Numbers that stand for any gradient: none is 0 or like another nearby, all are exact in float32. */
export function weights(n: number): number[] {
  return Array.from({ length: n }, (_, i) => (((i * 7 + 3) % 16) + 1) / 8 - 1.0625);
}

export function like(t: Tensor, values: readonly number[]): Tensor {
  return fromArray(arrays[t.dtype].from(values), t.shape, { dtype: t.dtype });
}

/** The gradients of all leaves, given one for the output. */
export function gradients(row: Row, drawn: Case<unknown>, dtype: DType, createGraph = false): Tensor[] {
  const inputs = leaves(drawn, dtype);
  const output = row.call(inputs, drawn.setting);
  output.backward({ seed: like(output, weights(output.size)), createGraph });
  return inputs.filter((input) => input.isVariable).map((input) => input.grad as Tensor);
}

export function isDifferentiable(row: Row, { setting }: Case<unknown>): boolean {
  return typeof row.gradient === "function" ? row.gradient(setting) : row.gradient === true;
}

/** The sum of products that `backward` with these weights as its seed is the gradient of. */
export const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** The float operands of a case as one list of numbers, and the case with other numbers in their places. */
export function flatten(drawn: Case<unknown>): { x: number[]; withValues: (x: readonly number[]) => Case<unknown> } {
  const x = drawn.operands.flatMap(({ kind, values }) => (kind === "float" ? values : []));
  const withValues = (x: readonly number[]) => {
    let from = 0;
    const operands = drawn.operands.map((operand) => {
      if (operand.kind !== "float") return operand;
      const values = x.slice(from, from + operand.values.length);
      from += values.length;
      return { ...operand, values };
    });
    return { ...drawn, operands };
  };
  return { x, withValues };
}

const names = new Map<unknown, string>(Object.entries(ops).map(([name, value]) => [value, name]));

/** The name under which the function of a row is exported; that of the class, where it has none. */
export const nameOf = ({ fn, Node }: Row): string => names.get(fn) ?? Node?.name ?? "";
