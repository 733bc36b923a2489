import { DTypeError, type Tensor, tensor } from "@chainrule/core";

/** Positions as plain numbers: one, or a list. */
export type PlainIndices = number | readonly number[] | Int32Array;

/** Plain numbers as an int32 tensor: a scalar for one number. `what` and `hint` are of the error for what is no int32. */
export function indexTensor(op: string, what: string, indices: PlainIndices, hint: string): Tensor {
  const list = typeof indices === "number" ? [indices] : Array.from(indices);
  const bad = list.findIndex((index) => (index | 0) !== index);
  if (bad >= 0) {
    throw new DTypeError(
      `${op}: ${what} ${String(list[bad])} (element ${bad}) is no int32 (a whole number from -2147483648 to 2147483647); ${hint}`,
    );
  }
  return tensor(indices as number | Int32Array, { dtype: "int32" });
}
