import type { Code, Local } from "./encoder.js";
import type { Vector, VectorWriter } from "./vector.js";

/** Locals of 128 bits that earlier formulas in the same code have done with. */
const freeLocals = new WeakMap<Code, Local[]>();

function freeLocalsOf(code: Code): Local[] {
  const known = freeLocals.get(code);
  if (known !== undefined) return known;
  const free: Local[] = [];
  freeLocals.set(code, free);
  return free;
}

/** Appends the instructions that replace the vectors on top of the stack, for which `inputs` stand, by the value. */
export function applyVector(code: Code, inputs: readonly Vector[], root: Vector, relaxed = false): void {
  const free = freeLocalsOf(code);
  const locals = new Map(inputs.map((input) => [input, free.pop() ?? code.local("v128")]));
  for (const local of [...locals.values()].reverse()) code.set(local);
  writeVector(code, root, locals, relaxed);
  free.push(...locals.values());
}

/**
 * Appends the instructions that leave the value on the stack; `inputs` are the locals that hold the placeholders. What
 * is used more than once is computed once and kept in a local; locals are taken again after the last use.
 */
export function writeVector(
  code: Code,
  root: Vector,
  inputs: ReadonlyMap<Vector, Local> = new Map(),
  relaxed = false,
): void {
  const free = freeLocalsOf(code);
  const left = usesOf(root);
  const kept = new Map<Vector, Local>(inputs);
  const writer: VectorWriter = {
    code,
    relaxed,
    push(value) {
      const uses = (left.get(value) ?? 1) - 1;
      left.set(value, uses);
      const local = kept.get(value);
      if (local !== undefined) {
        code.get(local);
        if (uses === 0 && !inputs.has(value)) free.push(local);
        return;
      }
      value.write(writer);
      // Constants are cheaper to write again than to keep.
      if (uses === 0 || value.operands.length === 0) return;
      const fresh = writer.take();
      code.tee(fresh);
      kept.set(value, fresh);
    },
    take: () => free.pop() ?? code.local("v128"),
    give: (local) => {
      free.push(local);
    },
  };
  writer.push(root);
}

/** How often each value is an operand; the root once more. */
function usesOf(root: Vector): Map<Vector, number> {
  const uses = new Map<Vector, number>();
  const visit = (value: Vector): void => {
    const known = uses.get(value) ?? 0;
    uses.set(value, known + 1);
    if (known === 0) for (const operand of value.operands) visit(operand);
  };
  visit(root);
  return uses;
}
