import type { GraphJSON, NodeFormula, TensorJSON } from "@chainrule/core";
import type { Language } from "../language.js";

/** What the page of a stepper is made of. */
export interface StepperData {
  readonly title: string;
  readonly lang: Language;
  readonly graph: GraphJSON;
  /** What the page cannot compute itself, by the places of the nodes. */
  readonly closures: Readonly<Record<number, ClosureData>>;
}

/** A node that JSON cannot hold: what its backward gave. */
export interface ClosureData {
  readonly formula?: NodeFormula;
  /** The gradient of its result. */
  readonly seed?: TensorJSON;
  /** The gradients of its inputs for it; null where there is none. */
  readonly gradients?: readonly (TensorJSON | null)[];
}
