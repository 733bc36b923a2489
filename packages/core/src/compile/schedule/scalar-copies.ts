import type { Buffer } from "../ir/buffer.js";
import { ExpressionBuilder, type Load } from "../ir/expression.js";
import type { Kernel, ScalarStore, Store } from "../ir/kernel.js";
import { planScalars } from "./plan-scalars.js";

interface Copy {
  readonly from: Load;
  readonly target: Buffer;
}

/**
 * The same kernels, with neighbouring copies of single elements as one scalar kernel: a program that updates a thousand
 * scalar variables would else have a function for each of them.
 */
export function mergeScalarCopies(kernels: readonly Kernel[]): readonly Kernel[] {
  const merged: Kernel[] = [];
  let run: { readonly kernel: Kernel; readonly copy: Copy }[] = [];
  const used = new Set<Buffer>();
  const written = new Set<Buffer>();
  const flush = () => {
    const [first] = run;
    if (first !== undefined) merged.push(run.length === 1 ? first.kernel : together(run.map(({ copy }) => copy)));
    run = [];
    used.clear();
    written.clear();
  };
  for (const kernel of kernels) {
    const copy = copyOf(kernel);
    // Within a scalar kernel nothing is read that it writes, and nothing is written twice.
    if (copy === null || written.has(copy.from.buffer) || used.has(copy.target)) flush();
    if (copy === null) {
      merged.push(kernel);
      continue;
    }
    run.push({ kernel, copy });
    used.add(copy.from.buffer).add(copy.target);
    written.add(copy.target);
  }
  flush();
  return merged;
}

/** What a kernel copies if that is all that it does, and a single element. */
function copyOf(kernel: Kernel): Copy | null {
  if (kernel.kind !== "loop" || kernel.reduction !== null || kernel.stores.length > 1) return null;
  const [{ value, target }] = kernel.stores as readonly [Store];
  // A loop over nothing writes nothing, whatever the size of its target.
  if (target.size !== 1 || kernel.sizes.includes(0)) return null;
  return value.op === "load" && value.index === null && value.buffer !== target ? { from: value, target } : null;
}

function together(copies: readonly Copy[]): Kernel {
  const builder = new ExpressionBuilder();
  const stores = copies.map(({ from, target }): ScalarStore => {
    return { value: builder.load(from.buffer, { offset: from.at.offset, strides: [] }), target };
  });
  return { kind: "scalars", name: "copies", stores, plan: planScalars(stores), scratch: null };
}
