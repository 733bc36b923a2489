import type { DType, TypedArray } from "../dtype.js";
import type { Loop, LoopSet } from "../loops/loop.js";
import { arithmeticOf, type ElementwiseRule, numberArithmetic } from "./arithmetic.js";

type Expression = (...operands: number[]) => number;

/**
 * The loops of a rule for which none were printed, as that of a consumer's op: one call of the rule for each element,
 * over the numbers themselves. Right for all dtypes, and slower than a printed loop by the cost of those calls.
 */
export function interpret(rule: ElementwiseRule): LoopSet {
  const arity = rule.forward.length - 1;
  const forward = forAll((dtype) => loopOf(arity, (...inputs) => rule.forward(arithmeticOf(dtype), ...inputs)));
  if (typeof rule.backward === "string") return { forward };
  const backward = rule.backward.map((gradient) =>
    gradient === null
      ? null
      : forAll(() => loopOf(arity + 2, (dout, ...others) => gradient(numberArithmetic, dout as number, ...others))),
  );
  return { forward, backward };
}

function forAll(loop: (dtype: DType) => Loop): Record<DType, Loop> {
  return { float64: loop("float64"), float32: loop("float32"), int32: loop("int32"), bool: loop("bool") };
}

function loopOf(arity: number, expression: Expression): Loop {
  const operands = new Array<number>(arity).fill(0);
  return {
    uses: operands.map((_, i) => i),
    flat(out, n, ...arrays: TypedArray[]) {
      for (let at = 0; at < n; at++) {
        for (let i = 0; i < arity; i++) operands[i] = (arrays[i] as TypedArray)[at] as number;
        out[at] = expression(...operands);
      }
    },
    strided(out, at, rows, n, ...args: (TypedArray | number)[]) {
      const given = (at: number) => args[at] as number;
      for (let k = 0; k < rows * n; k++) {
        const row = Math.floor(k / n);
        for (let i = 0; i < arity; i++) {
          const from = given(4 * i + 1) + k * given(4 * i + 2) + row * given(4 * i + 3);
          operands[i] = (args[4 * i] as TypedArray)[from] as number;
        }
        out[at + k] = expression(...operands);
      }
    },
  };
}
