import { type Code, type Func, type Local, Module } from "../../wasm/encoder.js";
import { GemmEmitter } from "../../wasm/gemm-emit.js";
import type { Target } from "../../wasm/gemm-tile.js";
import { VectorMath } from "../../wasm/vector-math/index.js";
import type { Buffer } from "../ir/buffer.js";
import type { KernelCode, ModuleContext } from "../ir/context.js";
import { type Body, type Kernel, mayStop, type Schedule } from "../ir/kernel.js";
import type { Plan } from "../plan/plan.js";
import { type Call, callWith, emitBranch, emitCallKernel, emitRepeat } from "./bodies.js";
import { emitContraction } from "./contraction.js";
import { type Form, formsOf } from "./forms.js";
import { emitLoop } from "./loop.js";
import { emitScalars } from "./scalars.js";

interface Emission extends ModuleContext {
  /** The functions of schedules, each of which runs one once. */
  readonly bodies: Map<Schedule, Call>;
}

/** The bytes of the program's module: a function for each kernel or form of kernels, and `run`, which calls them one after the other. */
export function emitModule(schedule: Schedule, { addresses, bytes }: Plan, target: Target): Uint8Array<ArrayBuffer> {
  const module = new Module();
  const context: Emission = {
    module,
    bodies: new Map(),
    math: new VectorMath(module, target),
    gemm: new GemmEmitter(module, target),
    ...target,
    address: (buffer) => {
      const address = addresses.get(buffer);
      if (address === undefined) throw new Error(`buffer ${buffer.id} has no place in memory`);
      return address;
    },
  };
  const calls = emitKernels(schedule, context);
  module.func({ name: "run", params: [], results: ["i32"] }, (code) => callAll(calls, code));
  return module.encode(Math.ceil(bytes / 65536));
}

function emitKernels({ kernels }: Schedule, context: Emission): readonly Call[] {
  const forms = formsOf(kernels, context.address);
  const written = new Map<Form, Func>();
  return kernels.flatMap((kernel): readonly Call[] => {
    const form = forms.get(kernel);
    if (form === undefined) {
      return emitKernel(kernel, context).map((func) => ({ func, args: [], mayStop: mayStop(kernel) }));
    }
    const func = written.get(form) ?? emitForm(kernel, form, context);
    written.set(form, func);
    return [{ func, args: form.calls.get(kernel) ?? [], mayStop: false }];
  });
}

/** The function of a form, written as that of the first of its kernels. */
function emitForm(kernel: Kernel, { address, parameter, parameters }: Form, context: ModuleContext): Func {
  const params = Array.from({ length: parameters }, () => "i32" as const);
  return context.module.func({ params }, (code, ...locals) => {
    const base = (buffer: Buffer) => {
      const at = parameter(buffer);
      return at === undefined ? null : (locals[at] as Local);
    };
    const own = { ...context, code, address, base };
    if (kernel.kind === "loop") emitLoop(kernel, own);
    else if (kernel.kind === "contraction") emitContraction(kernel, own);
    else throw new Error(`${kernel.name}: ${kernel.kind} has no form`);
  });
}

/** Appends calls of all functions, up to the first that fails; leaves its failure on the stack, or 0. */
function callAll(calls: readonly Call[], code: Code): void {
  const failure = code.local("i32");
  for (const call of calls) {
    callWith(code, call);
    if (!call.mayStop) continue;
    code.tee(failure).if(() => code.get(failure).op("return"));
  }
  code.i32(0);
}

function emitKernel(kernel: Kernel, context: Emission): readonly Func[] {
  const func = (write: (context: KernelCode) => void) => [
    context.module.func({ params: [], results: mayStop(kernel) ? ["i32"] : [] }, (code) => {
      write({ ...context, code, base: () => null });
      if (mayStop(kernel)) code.i32(0);
    }),
  ];
  switch (kernel.kind) {
    case "loop":
      return func((own) => emitLoop(kernel, own));
    case "contraction":
      return func((own) => emitContraction(kernel, own));
    case "scalars":
      return emitScalars(kernel, context);
    case "routine":
      return func((own) => kernel.emit(own));
    case "repeat":
      return func((own) => {
        const { body, test } = kernel;
        emitRepeat(kernel, { body: emitBody(body, context), test: test && emitBody(test.body, context) }, own);
      });
    case "branch":
      return func((own) =>
        emitBranch(
          kernel,
          kernel.branches.map(({ body }) => emitBody(body, context)),
          own,
        ),
      );
    case "call":
      return func((own) => emitCallKernel(kernel, emitBody(kernel.body, context), own));
    default:
      return kernel satisfies never;
  }
}

function emitBody({ schedule }: Body, context: Emission): Call {
  const known = context.bodies.get(schedule);
  if (known !== undefined) return known;
  const calls = emitKernels(schedule, context);
  const stops = calls.some(({ mayStop }) => mayStop);
  const func = context.module.func({ params: [], results: stops ? ["i32"] : [] }, (code) => {
    if (stops) callAll(calls, code);
    else for (const call of calls) callWith(code, call);
  });
  const made = { func, args: [], mayStop: stops };
  context.bodies.set(schedule, made);
  return made;
}
