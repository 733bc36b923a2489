import { type Code, type Func, Module } from "../../wasm/encoder.js";
import { GemmEmitter } from "../../wasm/gemm-emit.js";
import { VectorMath } from "../../wasm/vector-math/index.js";
import type { KernelCode, ModuleContext } from "../ir/context.js";
import { type Body, type Kernel, mayStop, type Schedule } from "../ir/kernel.js";
import type { Plan } from "../plan/plan.js";
import { emitContraction } from "./contraction.js";
import { emitLoop } from "./loop.js";
import { emitRepeat } from "./repeat.js";
import { emitScalars } from "./scalars.js";

interface EmitOptions {
  /** Whether the engine has relaxed SIMD. */
  readonly relaxed: boolean;
}

/** The bytes of the program's module: a function for each kernel, and `run`, which calls them one after the other. */
export function emitModule(
  schedule: Schedule,
  { addresses, bytes }: Plan,
  { relaxed }: EmitOptions,
): Uint8Array<ArrayBuffer> {
  const module = new Module();
  const context: ModuleContext = {
    module,
    math: new VectorMath(module, { relaxed }),
    gemm: new GemmEmitter(module, { relaxed }),
    relaxed,
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

/** A function of a kernel, and whether it gives the number of a failure that the program stops with, or 0. */
interface Call {
  readonly func: Func;
  readonly mayStop: boolean;
}

function emitKernels({ kernels }: Schedule, context: ModuleContext): readonly Call[] {
  return kernels.flatMap((kernel) => emitKernel(kernel, context).map((func) => ({ func, mayStop: mayStop(kernel) })));
}

/** Appends calls of all functions, up to the first that fails; leaves its failure on the stack, or 0. */
function callAll(calls: readonly Call[], code: Code): void {
  const failure = code.local("i32");
  for (const { func, mayStop } of calls) {
    code.call(func);
    if (!mayStop) continue;
    code.tee(failure).if(() => code.get(failure).op("return"));
  }
  code.i32(0);
}

function emitKernel(kernel: Kernel, context: ModuleContext): readonly Func[] {
  const func = (write: (context: KernelCode) => void) => [
    context.module.func({ params: [], results: mayStop(kernel) ? ["i32"] : [] }, (code) => {
      write({ ...context, code });
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
      return func((own) => emitRepeat(kernel, emitBody(kernel.body, context), own));
    default:
      return kernel satisfies never;
  }
}

/** A function that runs a body once. */
function emitBody({ schedule }: Body, context: ModuleContext): Call {
  const calls = emitKernels(schedule, context);
  const stops = calls.some(({ mayStop }) => mayStop);
  const func = context.module.func({ params: [], results: stops ? ["i32"] : [] }, (code) => {
    if (stops) callAll(calls, code);
    else for (const { func } of calls) code.call(func);
  });
  return { func, mayStop: stops };
}
