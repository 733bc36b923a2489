import type { Code, Func, Local, MemoryOp } from "../../wasm/encoder.js";
import { type Buffer, elementBytes } from "../ir/buffer.js";
import type { ModuleContext } from "../ir/context.js";
import { loads, stores } from "../ir/elements.js";
import { type Expression, type Load, type NumberKind, operandsOf } from "../ir/expression.js";
import type { ScalarKernel } from "../ir/kernel.js";
import { isLeaf, type ScalarFunction, type ScalarPlan } from "../ir/scalar-plan.js";
import { isCommutative, ScalarOperations, stackOrder, typeOf } from "./scalar-operations.js";

/**
 * Writes the functions that compute a scalar kernel, which have neither parameters nor results, and are to be called in
 * this order.
 */
export function emitScalars(kernel: ScalarKernel, context: ModuleContext): readonly Func[] {
  const emitter = new ScalarEmitter(kernel, new ScalarOperations(context), context);
  return kernel.plan.functions.map((values) =>
    context.module.func({ params: [] }, (code) => emitter.write(values, code)),
  );
}

/** Writes one function after the other; between them only the slots of the plan hold values. */
class ScalarEmitter {
  private readonly plan: ScalarPlan;
  private readonly operations: ScalarOperations;
  private readonly address: (buffer: Buffer) => number;
  private readonly scratch: number;
  /** By the id of an expression: how often the rest of the function uses it, and the local that it is in. */
  private readonly uses: Int32Array;
  private readonly locals: (Local | undefined)[];
  private readonly free: Record<NumberKind, Local[]> = { f64: [], f32: [], i32: [] };

  constructor({ plan, scratch }: ScalarKernel, operations: ScalarOperations, { address }: ModuleContext) {
    this.plan = plan;
    this.operations = operations;
    this.address = address;
    this.scratch = scratch === null ? 0 : address(scratch);
    this.uses = new Int32Array(plan.slots.length);
    this.locals = new Array<Local | undefined>(plan.slots.length).fill(undefined);
  }

  write(values: ScalarFunction, code: Code): void {
    for (const value of values) for (const { id } of operandsOf(value)) this.uses[id] = (this.uses[id] as number) + 1;
    /** The value that is on the stack and nowhere else. */
    let top: Expression | null = null;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as Expression;
      if (isLeaf(value)) {
        this.store(code, value, null);
        continue;
      }
      this.compute(code, value, top);
      const next = values[i + 1];
      const isStored = (this.plan.slots[value.id] as number) >= 0 || this.plan.targets.has(value.id);
      const stays = next !== undefined && !isStored && this.uses[value.id] === 1 && beginsWith(next, value);
      top = stays ? value : null;
      if (!stays) this.keep(code, value, isStored);
    }
    for (const locals of Object.values(this.free)) locals.length = 0;
  }

  /** Appends the code of a value; `top` is its operand that is on the stack. */
  private compute(code: Code, value: Expression, top: Expression | null): void {
    // The use on the stack is the only one of its value.
    if (top !== null) this.uses[top.id] = 0;
    if (value.op === "load" && value.index !== null) {
      if (top === null) this.push(code, value.index.value);
      const step = value.index.stride * elementBytes[value.buffer.dtype];
      // A sum and not an offset of the load: that one would not wrap around where the index is negative.
      code.i32(step).op("i32.mul").i32(this.addressOf(value)).op("i32.add").memory(loads[value.buffer.dtype]);
    } else if (value.op === "apply") {
      // Operands that may change places are the only ones of which the second one is on the stack.
      for (const operand of stackOrder(value)) if (operand !== top) this.push(code, operand);
      this.operations.emit(code, value);
    } else throw new Error(`${value.op} is a leaf`);
  }

  /** Takes a value from the stack to where it is needed later. */
  private keep(code: Code, value: Expression, isStored: boolean): void {
    const type = typeOf[value.kind];
    const local = this.local(code, type);
    code.set(local);
    if (isStored) this.store(code, value, local);
    if (this.uses[value.id] === 0) this.free[type].push(local);
    else this.locals[value.id] = local;
  }

  /** Writes a value to where others find it: from its local, or as a leaf once more. */
  private store(code: Code, value: Expression, local: Local | null): void {
    const slot = this.plan.slots[value.id] as number;
    if (slot >= 0) this.storeAt(code, value, local, slotStores[typeOf[value.kind]], this.scratch + 8 * slot);
    for (const target of this.plan.targets.get(value.id) ?? []) {
      this.storeAt(code, value, local, stores[target.dtype], this.address(target));
    }
  }

  private storeAt(code: Code, value: Expression, local: Local | null, memory: MemoryOp, address: number): void {
    code.i32(0);
    if (local === null) this.pushLeaf(code, value);
    else code.get(local);
    code.memory(memory, address);
  }

  private pushLeaf(code: Code, e: Expression): void {
    if (e.op === "constant") code[e.kind as NumberKind](e.value);
    else if (e.op === "index") code.i32(e.at.offset);
    else if (e.op === "load") code.i32(0).memory(loads[e.buffer.dtype], this.addressOf(e));
    else throw new Error(`${e.op} is no leaf`);
  }

  private addressOf({ buffer, at }: Load): number {
    return this.address(buffer) + at.offset * elementBytes[buffer.dtype];
  }

  /** Pushes an operand: a leaf, or a value that is in a local, or in memory until its first use here. */
  private push(code: Code, e: Expression): void {
    if (isLeaf(e)) {
      this.pushLeaf(code, e);
      return;
    }
    const left = (this.uses[e.id] as number) - 1;
    this.uses[e.id] = left;
    const type = typeOf[e.kind];
    let local = this.locals[e.id];
    if (local !== undefined) code.get(local);
    else {
      code.i32(0).memory(slotLoads[type], this.scratch + 8 * (this.plan.slots[e.id] as number));
      if (left === 0) return;
      local = this.local(code, type);
      this.locals[e.id] = local;
      code.tee(local);
    }
    if (left > 0) return;
    this.locals[e.id] = undefined;
    this.free[type].push(local);
  }

  private local(code: Code, type: NumberKind): Local {
    return this.free[type].pop() ?? code.local(type);
  }
}

const slotLoads = { f64: "f64.load", f32: "f32.load", i32: "i32.load" } as const;
const slotStores = { f64: "f64.store", f32: "f32.store", i32: "i32.store" } as const;

/** Whether a value's code can begin with an operand on the stack. */
function beginsWith(value: Expression, operand: Expression): boolean {
  if (value.op === "load") return value.index?.value === operand;
  if (value.op !== "apply") return false;
  const [first, second] = stackOrder(value);
  return first === operand || (isCommutative(value) && second === operand);
}
