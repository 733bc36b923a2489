import type { DType } from "../dtype.js";
import { isRecording } from "../graph/recording.js";
import { Tensor } from "../graph/tensor.js";
import { isRecord } from "../options.js";
import type { Generator } from "../random/generator.js";
import { Random } from "../random/random.js";
import { sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import type { Placed } from "../trace/trace.js";
import { CompiledResult } from "./run/result.js";

/** What the arguments of a call have to be like for a program to be theirs. */
export type Form =
  | { readonly kind: "tensor"; readonly shape: Shape; readonly dtype: DType }
  /** Number `index` of the generators among the arguments. */
  | { readonly kind: "random"; readonly index: number }
  | { readonly kind: "constant"; readonly value: unknown }
  | { readonly kind: "list"; readonly entries: readonly Form[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly entries: readonly Form[] };

/** The form of what `leavesOf` has looked at. */
export function formOf(x: unknown, generators: readonly Generator[]): Form {
  if (x instanceof Tensor) return { kind: "tensor", shape: x.shape, dtype: x.dtype };
  if (x instanceof Random) return { kind: "random", index: generators.indexOf(x.generator) };
  // Not by `map`, which leaves holes out: they are entries that are undefined.
  if (Array.isArray(x)) return { kind: "list", entries: Array.from(x, (entry) => formOf(entry, generators)) };
  if (!isRecord(x)) return { kind: "constant", value: x };
  return { kind: "record", keys: Object.keys(x), entries: Object.values(x).map((entry) => formOf(entry, generators)) };
}

/** The tensors and generators among arguments of a form; `null` for others, and for what no program takes. */
export function placedIn(form: Form, args: readonly unknown[]): Placed | null {
  const tensors: Tensor[] = [];
  const generators: Generator[] = [];
  return hasForm(form, args, tensors, generators) ? { tensors, generators } : null;
}

/** Compares leaf by leaf, which takes a small part of the time that it would take to spell them out. */
function hasForm(form: Form, x: unknown, tensors: Tensor[], generators: Generator[]): boolean {
  switch (form.kind) {
    case "tensor":
      if (!(x instanceof Tensor) || x.dtype !== form.dtype || !sameShape(x.shape, form.shape)) return false;
      tensors.push(x);
      return !x.isVariable && !isGraphPart(x);
    case "random": {
      if (!(x instanceof Random)) return false;
      const known = generators.indexOf(x.generator);
      if (known !== -1) return known === form.index;
      return generators.push(x.generator) - 1 === form.index;
    }
    case "constant":
      return Object.is(x, form.value);
    case "list":
      return Array.isArray(x) && x.length === form.entries.length && haveForms(form.entries, x, tensors, generators);
    case "record": {
      if (Array.isArray(x) || !isRecord(x)) return false;
      const keys = Object.keys(x);
      if (keys.length !== form.keys.length) return false;
      for (let i = 0; i < keys.length; i++) {
        if (keys[i] !== form.keys[i]) return false;
        if (!hasForm(form.entries[i] as Form, x[keys[i] as string], tensors, generators)) return false;
      }
      return true;
    }
    default:
      return form satisfies never;
  }
}

function haveForms(
  forms: readonly Form[],
  list: readonly unknown[],
  tensors: Tensor[],
  generators: Generator[],
): boolean {
  for (let i = 0; i < forms.length; i++) if (!hasForm(forms[i] as Form, list[i], tensors, generators)) return false;
  return true;
}

/** Whether a gradient would be lost: a graph leads to a tensor, and the results of a program belong to none. */
export function isGraphPart({ node }: Tensor): boolean {
  return node !== null && !(node instanceof CompiledResult) && isRecording();
}
