import type fc from "fast-check";
import type { DType, Node, Tensor } from "../../src/index.js";
import type { Case } from "./draw.js";
import type { Plain } from "./plain.js";

/** An op as the table sees it: how its inputs are drawn, and what its result is, said once more and without the library. */
export interface Row<S = unknown> {
  /** The class of the node; null for a function that is composed of other ops. */
  readonly Node: (abstract new (...args: never[]) => Node) | null;
  /** The exported function; null for a node that is only the derivative of another. */
  readonly fn: ((...args: never[]) => unknown) | null;
  readonly dtypes: readonly DType[];
  readonly cases: fc.Arbitrary<Case<S>>;
  /** Whether gradients are compared, first and second derivatives (all ops have those of any order), or why not. */
  readonly gradient: true | string | ((setting: S) => boolean);
  /** The node on its own; absent for a composed function. */
  node?(setting: S): Node;
  call(inputs: readonly Tensor[], setting: S): Tensor;
  /** The form `x.op(...)`; absent for ops on a list of tensors, or on none. */
  method?(inputs: readonly Tensor[], setting: S): Tensor;
  reference(inputs: readonly Plain[], setting: S): Plain;
  /** The dtype of the result where it is not that of the inputs. */
  result?(setting: S): DType | undefined;
}

export const floats = ["float64", "float32"] as const;
export const numbers = ["float64", "float32", "int32"] as const;
export const all = ["float64", "float32", "int32", "bool"] as const;

export type Anywhere = (...inputs: readonly Tensor[]) => Tensor;

/** The name of the function and of the method follow from that of the class. */
export function methodName(Class: { readonly name: string }): string {
  return Class.name.charAt(0).toLowerCase() + Class.name.slice(1);
}

export function callMethod(x: Tensor | undefined, method: string, ...args: unknown[]): Tensor {
  return (x as unknown as Record<string, (...args: unknown[]) => Tensor>)[method]?.apply(x, args) as Tensor;
}
