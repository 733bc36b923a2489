import type { Code, Func, Local, Module } from "../../wasm/encoder.js";
import { type Expression, type NumberKind, operandsOf } from "../expression.js";
import { type Buffer, elementBytes, type ScalarKernel } from "../kernel.js";
import type { ModuleContext } from "./context.js";
import { isCommutative, ScalarOperations, stackOrder, typeOf } from "./scalar-operations.js";
import { planScalars, type ScalarFunction, type ScalarPlan } from "./scalar-plan.js";

/** Operations that are functions are written once a module, also for several kernels. */
const operationsOf = new WeakMap<Module, ScalarOperations>();

/**
 * Writes the functions that compute a scalar kernel, without parameters and results, to be called in this order.
 *
 * @param context of the module; `address` is asked for the buffers of the kernel
 */
export function emitScalars(kernel: ScalarKernel, context: ModuleContext, limit?: number): readonly Func[] {
  const plan = planScalars(kernel.stores, limit);
  let operations = operationsOf.get(context.module);
  if (operations === undefined) {
    operations = new ScalarOperations(context);
    operationsOf.set(context.module, operations);
  }
  const emitter = new ScalarEmitter(
    plan,
    operations,
    context,
    kernel.scratch === null ? 0 : context.address(kernel.scratch),
  );
  return plan.functions.map((f) => context.module.func({ params: [] }, (code) => emitter.write(f, code)));
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
  private readonly free: Record<Local["type"], Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };

  constructor(plan: ScalarPlan, operations: ScalarOperations, { address }: ModuleContext, scratch: number) {
    this.plan = plan;
    this.operations = operations;
    this.address = address;
    this.scratch = scratch;
    this.uses = new Int32Array(plan.slots.length);
    this.locals = new Array<Local | undefined>(plan.slots.length).fill(undefined);
  }

  write({ values, copies }: ScalarFunction, code: Code): void {
    for (const value of values) for (const { id } of operandsOf(value)) this.uses[id] = (this.uses[id] as number) + 1;
    /** The value that is on the stack and nowhere else. */
    let top: Expression | null = null;
    values.forEach((value, i) => {
      this.compute(code, value, top);
      const next = values[i + 1];
      const stays =
        next !== undefined && this.uses[value.id] === 1 && !this.isStored(value) && firstOperand(next, value);
      top = stays ? value : null;
      if (!stays) this.keep(code, value);
    });
    for (const copy of copies) this.store(code, copy, () => this.push(code, copy));
    for (const locals of Object.values(this.free)) locals.length = 0;
  }

  /** Appends the code of a value; `top` is its operand that is on the stack. */
  private compute(code: Code, value: Expression, top: Expression | null): void {
    if (value.op === "load" && value.index !== null) {
      const { buffer, at, index } = value;
      const bytes = elementBytes[buffer.dtype];
      if (top === null) this.push(code, index.value);
      else this.uses[top.id] = 0;
      // A sum and not an offset of the load: that one would not wrap around where the index is negative.
      code
        .i32(index.stride * bytes)
        .op("i32.mul")
        .i32(this.address(buffer) + at.offset * bytes)
        .op("i32.add");
      code.memory(loads[buffer.dtype]);
    } else if (value.op === "apply") {
      // The operand on the stack is the only use of its value; an operation whose operands may change places has it first.
      const operands = stackOrder(value);
      if (top !== null) this.uses[top.id] = 0;
      for (const operand of operands) if (operand !== top) this.push(code, operand);
      this.operations.emit(code, value);
    } else throw new Error(`${value.op} is written where it is used`);
  }

  /** Takes a value from the stack to where it is needed later. */
  private keep(code: Code, value: Expression): void {
    const local = this.local(code, typeOf[value.kind]);
    code.set(local);
    this.store(code, value, () => code.get(local));
    if (this.uses[value.id] === 0) this.free[local.type].push(local);
    else this.locals[value.id] = local;
  }

  private isStored({ id }: Expression): boolean {
    return (this.plan.slots[id] as number) >= 0 || this.plan.targets.has(id);
  }

  private store(code: Code, { id, kind }: Expression, push: () => void): void {
    const slot = this.plan.slots[id] as number;
    if (slot >= 0) {
      code.i32(0);
      push();
      code.memory(`${typeOf[kind]}.store`, this.scratch + 8 * slot);
    }
    for (const target of this.plan.targets.get(id) ?? []) {
      code.i32(0);
      push();
      code.memory(stores[target.dtype], this.address(target));
    }
  }

  /** Pushes an operand. */
  private push(code: Code, e: Expression): void {
    switch (e.op) {
      case "constant":
        code[e.kind as NumberKind](e.value);
        return;
      case "index":
        code.i32(e.at.offset);
        return;
      case "load":
        if (e.index !== null) break;
        code.i32(0).memory(loads[e.buffer.dtype], this.address(e.buffer) + e.at.offset * elementBytes[e.buffer.dtype]);
        return;
      case "apply":
        break;
      default:
        e satisfies never;
    }
    const left = (this.uses[e.id] as number) - 1;
    this.uses[e.id] = left;
    const type = typeOf[e.kind];
    let local = this.locals[e.id];
    if (local !== undefined) code.get(local);
    else {
      code.i32(0).memory(`${type}.load`, this.scratch + 8 * (this.plan.slots[e.id] as number));
      if (left > 0) {
        local = this.local(code, type);
        this.locals[e.id] = local;
        code.tee(local);
      }
    }
    if (left === 0 && local !== undefined) {
      this.locals[e.id] = undefined;
      this.free[type].push(local);
    }
  }

  private local(code: Code, type: Local["type"]): Local {
    return this.free[type].pop() ?? code.local(type);
  }
}

const loads = { float64: "f64.load", float32: "f32.load", int32: "i32.load", bool: "i32.load8_u" } as const;
const stores = { float64: "f64.store", float32: "f32.store", int32: "i32.store", bool: "i32.store8" } as const;

/** Whether a value's code can begin with an operand on the stack. */
function firstOperand(value: Expression, operand: Expression): boolean {
  if (value.op === "load") return value.index?.value === operand;
  if (value.op !== "apply") return false;
  const [first, second] = stackOrder(value);
  return first === operand || (isCommutative(value) && second === operand);
}
