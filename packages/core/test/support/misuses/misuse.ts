import {
  type ChainruleError,
  type CompileError,
  customOp,
  type DType,
  type DTypeError,
  type GraphError,
  type Literal,
  type OpRule,
  type ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../../../src/index.js";

// What the families of the table of misuses have in common.

export const z = (...shape: number[]): Tensor => zeros(shape);
export const t = (values: Literal, dtype?: DType): Tensor => tensor(values, { dtype }) as Tensor;
export const f32 = (values: Literal) => t(values, "float32");
export const int = (values: Literal) => t(values, "int32");
/** Calls a function with what its types forbid. */
export const wrong = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);

/** An op of one's own with nothing wrong. */
export const copy: OpRule<1> = {
  arity: 1,
  shape: (x) => x,
  forward: (out, x) => out.set(x.data),
  backward: [(dout) => dout],
};
export const rounded = customOp("Rounded", { ...copy, backward: "it is a step" });

export type Case = readonly [
  misuse: () => unknown,
  error: typeof ChainruleError | typeof ShapeError | typeof DTypeError | typeof GraphError | typeof CompileError,
  message: string,
];

export interface Misuse {
  readonly kind: string;
  /** What to do about it, for ERRORS.md. */
  readonly advice: string;
  readonly cases: readonly Case[];
}
