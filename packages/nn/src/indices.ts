import { DTypeError, show, type Tensor, tensor } from "@chainrule/core";

/** Positions as plain numbers: one, or a list. */
export type PlainIndices = number | readonly number[] | Int32Array;

/** Plain numbers as an int32 tensor: a scalar for one number. `what` and `hint` are of the error for what is no int32. */
export function indexTensor(op: string, what: string, indices: PlainIndices, hint: string): Tensor {
  if (typeof indices !== "number" && !Array.isArray(indices) && !ArrayBuffer.isView(indices)) {
    throw new DTypeError(`${op}: ${what}s are an int32 tensor, or plain numbers, got ${show(indices)}; ${hint}`);
  }
  const list = typeof indices === "number" ? [indices] : Array.from(indices as ArrayLike<number>);
  const bad = list.findIndex((index) => typeof index !== "number" || (index | 0) !== index);
  if (bad >= 0) {
    throw new DTypeError(
      `${op}: ${what} ${show(list[bad])} (element ${bad}) is no int32 (a whole number from -2147483648 to 2147483647); ${hint}`,
    );
  }
  return tensor(indices as number | Int32Array, { dtype: "int32" });
}
