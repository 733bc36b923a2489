import type { Apply, Kind } from "../../../src/compile/ir/expression.js";
import type { ReductionOp } from "../../../src/compile/ir/kernel.js";
import { arithmeticOf } from "../../../src/graph/arithmetic.js";

/** A number as a kind holds it: float32 rounds after each operation, int32 keeps the last 32 bits. */
export function asKind(kind: Kind, value: number): number {
  switch (kind) {
    case "f64":
      return value;
    case "f32":
      return Math.fround(value);
    case "i32":
      return value | 0;
    case "mask":
      return value;
    default:
      return kind satisfies never;
  }
}

type Operation = (x: number, y: number, w: number) => number;

/** What an operation does to numbers; those that are not given are ignored. */
export function operationOf({ name, kind, args }: Apply): Operation {
  switch (name) {
    case "select":
      return (condition, x, y) => (condition !== 0 ? x : y);
    case "convert":
      return (x) => asKind(kind, x);
    case "toMask":
      return (x) => (x !== 0 ? 1 : 0);
    case "either":
      return (x, y) => (x !== 0 || y !== 0 ? 1 : 0);
    case "fromMask":
      return (x) => x;
    default: {
      const operand = args[0]?.kind;
      const operation = arithmeticOf(operand === "i32" ? "int32" : "float64")[name] as Operation;
      return kind === "f64" || kind === "mask" ? operation : (x, y, w) => asKind(kind, operation(x, y, w));
    }
  }
}

interface Reducing {
  readonly identity: number;
  readonly combine: (sum: number, x: number) => number;
}

/** Sums and products of float32 are kept in doubles. */
export function reducingOf(reduction: ReductionOp, kind: Kind): Reducing {
  const isInteger = kind === "i32";
  switch (reduction) {
    case "sum":
      return { identity: 0, combine: isInteger ? (sum, x) => (sum + x) | 0 : (sum, x) => sum + x };
    case "prod":
      return { identity: 1, combine: isInteger ? Math.imul : (sum, x) => sum * x };
    case "max":
      return { identity: isInteger ? -(2 ** 31) : -Infinity, combine: Math.max };
    case "min":
      return { identity: isInteger ? 2 ** 31 - 1 : Infinity, combine: Math.min };
    default:
      return reduction satisfies never;
  }
}
